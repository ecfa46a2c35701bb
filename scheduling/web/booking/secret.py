"""The cookie that owns what this browser holds: anonymous people have no session."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse

NAME = "__Host-hold" if settings.SESSION_COOKIE_SECURE else "hold"


def held_secret(request: HttpRequest) -> str:
    """The browser's secret, or "" which owns nothing."""
    return request.COOKIES.get(NAME, "")[:100]


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def keep_secret(response: HttpResponse, secret: str) -> None:
    response.set_cookie(
        NAME,
        secret,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        path="/",
    )
