"""`Authorization: Bearer <token>`: a program, in the name of its user, in one clinic."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from accounts.actions.tokens import hash_token
from accounts.models import ApiToken, User
from scheduling.api.throttles import TokenFailures

NOTE_EVERY = timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    """One query, and a write at most once a minute.

    Unknown, revoked, expired, another clinic's, or a deactivated person's: one answer, 401 (AC7).
    Failures are counted by address; after the limit they are 429 (AU8, TK10).
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _space, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = self.find(token.strip(), self.slug(request))
        if found is None:
            raise self.failed(request)
        self.note_use(found)
        request._request.actor_kind = "token"  # type: ignore[attr-defined]
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def slug(self, request: Request) -> str | None:
        match = request._request.resolver_match
        slug: str | None = match.kwargs.get("slug") if match else None
        return slug

    def find(self, token: str, slug: str | None) -> ApiToken | None:
        now = timezone.now()
        alive = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
        rows = ApiToken.objects.filter(
            alive,
            token_hash=hash_token(token),
            revoked_at__isnull=True,
            user__is_active=True,
            clinic__active=True,
        )
        if slug is not None:
            rows = rows.filter(clinic__slug=slug)
        return rows.select_related("user", "clinic").first()

    def failed(self, request: Request) -> AuthenticationFailed | Throttled:
        limit = TokenFailures()
        view: Any = None  # counted by address alone
        if limit.allow_request(request, view):
            return AuthenticationFailed(_("This token is not valid here."))
        return Throttled(limit.wait())

    def note_use(self, token: ApiToken) -> None:
        now = timezone.now()
        if token.last_used_at is None or now - token.last_used_at >= NOTE_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
