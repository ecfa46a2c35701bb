"""How often one person or address may do a thing: one count for pages and API (TK10, BL3)."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

MINUTES = 5
MISSES, KNOCKS = 30, 600  # in MINUTES, from one address; and to one connection


def address(request: HttpRequest) -> str:
    """The client as our own proxy saw it, never what a client says of itself (AU8)."""
    return str(get_adapter().get_client_ip(request))


def spent(what: str, who: str, most: int, now: datetime) -> bool:
    """Whether `who` has had its share; reads only."""
    return bool(cache.get(_key(what, who, now), 0) >= most)


def count(what: str, who: str, now: datetime) -> None:
    """One more. Two at once may count as one: a limit on guessing needs no exact figure."""
    key = _key(what, who, now)
    cache.set(key, cache.get(key, 0) + 1, 60 * MINUTES)


def _key(what: str, who: str, now: datetime) -> str:
    part = int(now.timestamp()) // (60 * MINUTES)
    return f"{what}:" + sha256(f"{who}:{part}".encode()).hexdigest()
