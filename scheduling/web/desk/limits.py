"""How often one person may search: the desk looks people up, nobody harvests a list."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from scheduling.errors import TooManyTries

MOST, MINUTES = 60, 10
TOO_OFTEN = _("You have searched very often just now. Please wait a few minutes.")


def require_few_searches(actor: Actor, now: datetime) -> None:
    """Count one more search; raise TooManyTries above MOST in MINUTES.

    Two at once may count as one: no exact figure is needed here.
    """
    clinic = actor.clinic.pk if actor.clinic else 0
    part = int(now.timestamp()) // (60 * MINUTES)
    key = f"searches:{clinic}:{actor.id}:{part}"
    count = cache.get(key, 0) + 1
    if count > MOST:
        raise TooManyTries(TOO_OFTEN)
    cache.set(key, count, 60 * MINUTES)
