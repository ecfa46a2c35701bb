"""What happens round every view: log line, private headers, log-off, second factor, refusals."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPMethod
from secrets import token_hex
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from accounts.errors import AuditFailed, Refusal
from accounts.models import MembershipState
from telehealth import logs, views

Next = Callable[[HttpRequest], HttpResponseBase]
log = logs.get("telehealth.request")
METHODS = frozenset(HTTPMethod)


class RequestLogMiddleware:
    """One line per request: the route's pattern, never the path, which may hold a token (LG4)."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        request_id = token_hex(8)  # ours; a caller's own id would be text from outside
        request.META["REQUEST_ID"] = request_id
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        log.info(
            "request",
            request_id=request_id,
            method=request.method if request.method in METHODS else "other",
            route=request.resolver_match.route if request.resolver_match else "none",
            status=response.status_code,
            ms=round((time.perf_counter() - began) * 1000, 1),
            actor=actor_kind(request),
        )
        return response


def actor_kind(request: HttpRequest) -> str:
    """What a door found out about the caller; costs no query."""
    if kind := getattr(request, "actor_kind", None):
        return str(kind)
    user = getattr(request, "_cached_user", None)
    return "user" if user is not None and user.is_authenticated else "anonymous"


class PrivateResponseMiddleware:
    """No page, file or answer is kept by anybody; static files never come through here (SE6)."""

    HEADERS = {
        "Cache-Control": "no-store, private",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        "Permissions-Policy": (
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
            "display-capture=(), browsing-topics=(), interest-cohort=()"
        ),
        "Cross-Origin-Resource-Policy": "same-origin",
    }

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in self.HEADERS.items():
            response[name] = value
        if "Expires" in response:
            del response["Expires"]
        if signed_out(request):
            response["Clear-Site-Data"] = '"cache", "storage"'
        return response


def signed_out(request: HttpRequest) -> bool:
    if getattr(request, "logged_off", False):
        return True
    match = request.resolver_match
    return bool(match and match.url_name == "account_logout" and request.method == "POST")


def says(view: Any, word: str) -> bool:
    """Whether a view, or the class it was made of, carries this mark."""
    cls = getattr(view, "view_class", None) or getattr(view, "cls", None)
    return bool(getattr(view, word, False) or getattr(cls, word, False))


class IdleLogoffMiddleware:
    """Ends a session after minutes without its person (SE1), and after hours in any case.

    What pages ask for by themselves does not count as the person (SE2): such a view says
    `polling = True`, and no header or parameter can say it or deny it. The session is written at
    most once a minute while somebody works; it may therefore end up to a minute early, never late.
    """

    STARTED, SEEN = "signed_in_at", "seen_at"  # seconds since the epoch
    WRITE_EVERY = 60

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        now = int(timezone.now().timestamp())
        if self.over(request, now):
            request.session.flush()
            request.user = AnonymousUser()
            request.logged_off = True  # type: ignore[attr-defined]
        response = self.get_response(request)
        if request.user.is_authenticated and not request.session.is_empty():
            self.note(request, now)
        return response

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any) -> None:
        request.polling = says(view, "polling")  # type: ignore[attr-defined]

    def over(self, request: HttpRequest, now: int) -> bool:
        started, seen = request.session.get(self.STARTED), request.session.get(self.SEEN)
        if started is None or seen is None or not request.user.is_authenticated:
            return False
        idle = now - seen
        if now - started >= settings.SESSION_HOURS * 3600:
            return True
        if idle < settings.STAFF_IDLE_MINUTES * 60:
            return False  # before anybody's limit, so nobody needs to be looked up
        return idle >= settings.PATIENT_IDLE_MINUTES * 60 or is_staff(request)

    def note(self, request: HttpRequest, now: int) -> None:
        """A view that was found and is no poll is the person at work."""
        session = request.session
        session_is_new = self.STARTED not in session or self.SEEN not in session
        if session_is_new:
            session[self.STARTED] = session[self.SEEN] = now
        elif not getattr(request, "polling", True) and now - session[self.SEEN] >= self.WRITE_EVERY:
            session[self.SEEN] = now
            UserSession.objects.filter(session_key=session.session_key).update(
                last_seen_at=timezone.now()
            )


def is_staff(request: HttpRequest) -> bool:
    """Operators, and whoever works in any clinic now; read once per request (AC6)."""
    known = getattr(request, "is_clinic_staff", None)
    if known is None:
        user: Any = request.user
        known = user.is_authenticated and (user.is_staff or works_anywhere(user.pk))
        request.is_clinic_staff = known  # type: ignore[attr-defined]
    return bool(known)


def works_anywhere(user: int) -> bool:
    with connection.cursor() as cursor:  # asked by every request of a patient, so written out
        sql = "SELECT 1 FROM accounts_membership WHERE user_id = %s AND state = %s LIMIT 1"
        cursor.execute(sql, [user, MembershipState.ACTIVE.value])
        return cursor.fetchone() is not None


class SecondFactorMiddleware:
    """Staff go nowhere without a second factor in this session (AU2, AU3, AC10).

    Who has none is led to make one; who has one but signed in without it is asked for it first,
    and meanwhile can neither remove it nor add another. A view that must be open to both says
    `before_second_factor = True`.
    """

    ASK = frozenset(
        {"mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_authenticate", "account_logout"}
    )
    ENROL = ASK | {
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "account_reauthenticate",
        "account_reauthenticate_by_code",
    }
    KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        before = getattr(request, "authenticators_before", None)
        if before is not None and request.user.is_authenticated:
            self.count_new(request, before)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        if says(view, "before_second_factor") or self.verified(request):
            return None
        if not is_staff(request):
            return None
        owned = self.owned(request)
        name = request.resolver_match.url_name if request.resolver_match else None
        if name in (self.ASK if owned else self.ENROL):
            if not owned and request.method == "POST":
                request.authenticators_before = owned  # type: ignore[attr-defined]
            return None
        if views.wants_problem(request):
            return views.problem(request, 403, "second_factor_required", views.SECOND_FACTOR)
        if owned:
            asked: HttpResponseBase = suspend_request(request, reverse("mfa_reauthenticate"))
            return asked
        return HttpResponseRedirect(reverse("mfa_activate_totp"))

    def verified(self, request: HttpRequest) -> bool:
        user: Any = request.user
        if not user.is_authenticated:
            return True
        return any(
            record.get("method") == "mfa" for record in get_authentication_records(request, user)
        )

    def owned(self, request: HttpRequest) -> set[int]:
        found = Authenticator.objects.filter(user_id=request.user.pk, type__in=self.KINDS)
        return set(found.values_list("pk", flat=True))

    def count_new(self, request: HttpRequest, before: set[int]) -> None:
        """A first authenticator was made with its own code or key: that is a proof of it."""
        for pk in self.owned(request) - before:
            said = {"id": pk, "type": "enrolled", "reauthenticated": True}
            record_authentication(request, request.user, "mfa", **said)


class RefusalMiddleware:
    """Answers a refusal that a view let through: one place for every page."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        if isinstance(error, Refusal):
            return views.refused(request, error)
        if isinstance(error, AuditFailed):
            log.error("audit failed", exc_info=error)
            return views.unavailable(request)
        return None
