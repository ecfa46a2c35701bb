"""How often one address may hold a time, whatever cookies it throws away (BL3)."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from scheduling.errors import TooManyHolds
from scheduling.web.join import limits

MOST = 15  # in `limits.MINUTES`
TOO_OFTEN = _("Too many times were kept from here just now. Please try again in a few minutes.")


def require_few_holds(request: HttpRequest, now: datetime) -> None:
    """Count one more hold from this address; raise TooManyHolds where it had its share."""
    address = limits.address(request)
    if limits.spent("holds", address, MOST, now):
        raise TooManyHolds(TOO_OFTEN)
    limits.count("holds", address, now)
