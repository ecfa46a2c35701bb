"""Limits by person or address, counted in the shared cache (AU8, BL3).

The address is the one that the trusted proxies name (`NUM_PROXIES`), never what a caller writes
into X-Forwarded-For. Only writes that take something are limited: each count is a write itself.
"""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class Limit(SimpleRateThrottle):
    """`rate` is a count for each `minute` or `hour`; reading costs nothing and is not counted."""

    methods: ClassVar[frozenset[str]] = frozenset({"POST"})

    def allow_request(self, request: Request, view: Any) -> bool:
        if request.method not in self.methods:
            return True
        return super().allow_request(request, view)

    def get_cache_key(self, request: Request, view: Any) -> str:
        user = request.user
        who = f"user:{user.pk}" if user.is_authenticated else f"from:{self.get_ident(request)}"
        return f"limit:{self.scope}:{who}"


class BookingLimit(Limit):
    """Staff on the telephone stay far below it."""

    scope, rate = "bookings", "240/hour"


class TokenFailures(SimpleRateThrottle):
    """Tokens that were not valid, by address."""

    scope, rate = "token-failures", "30/minute"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"limit:{self.scope}:{self.get_ident(request)}"
