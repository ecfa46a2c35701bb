"""A sign of life of the workers, in the shared cache, for whoever watches the service."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.core.cache import cache
from django.db import DatabaseError

log = structlog.stdlib.get_logger("scheduling.outbox")

KEY = "worker:alive"
EVERY = 10  # seconds between two signs

_last: list[datetime] = []


def beat(now: datetime) -> None:
    """Note that a worker is at work; a write every EVERY seconds only."""
    if _last and abs((now - _last[0]).total_seconds()) < EVERY:
        return
    _last[:] = [now]
    try:
        cache.set(KEY, now, timeout=None)
    except DatabaseError as error:  # mail matters more than the sign that it is sent
        log.warning("no sign of life", exc_info=error)


def last_beat() -> datetime | None:
    """When a worker last gave a sign of life; None if none ever did."""
    found: datetime | None = cache.get(KEY)
    return found
