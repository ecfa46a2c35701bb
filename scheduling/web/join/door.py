"""How the way in is opened: by a short cookie that a join link has left behind.

The link's token stands in an address once. What follows is at /join/, so that no history, log or
Referer has it. The cookie is signed; it names the link, and until when its holder has proven to be
the person of the link.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from accounts import limits
from accounts.actor import Actor
from accounts.web.who import actor_of
from scheduling.models import JoinLink
from scheduling.queries import way_in
from scheduling.web.door import PageRequest

HOURS = 12  # then the link in the mail is opened again
SALT = "join"


class JoinRequest(PageRequest):
    """What a view of the way in is given."""

    link: JoinLink


class SeeOther(HttpResponseRedirect):
    """303: go there by GET, whatever this was."""

    status_code = HTTPStatus.SEE_OTHER


def cookie_name() -> str:
    """`__Host-`: no other host, path or plain connection can set it (SE5)."""
    return "__Host-join" if settings.SESSION_COOKIE_SECURE else "join"


def keep(response: HttpResponse, link: JoinLink, known_until: datetime | None = None) -> None:
    """Leave the cookie; `known_until`: until then no birth date is asked again."""
    known = int(known_until.timestamp()) if known_until else 0
    response.set_cookie(
        cookie_name(),
        signing.dumps({"link": link.uuid.hex, "known": known}, salt=SALT),
        max_age=HOURS * 3600,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        path="/",
    )


def read(request: HttpRequest) -> tuple[str, int]:
    """The link's uuid and until when (seconds) its holder is known; ("", 0) without a cookie."""
    try:
        said = signing.loads(
            request.COOKIES.get(cookie_name(), ""), salt=SALT, max_age=HOURS * 3600
        )
        return str(said["link"]), int(said["known"])
    except signing.BadSignature:
        return "", 0


def with_link(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page behind a live link; without one, the page for links that do not work."""

    @wraps(view)
    def run(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        request.now = timezone.now()
        uuid, known = read(request)
        link = way_in.find_link(request.now, uuid=uuid) if uuid else None
        if link is None:
            return gone(request)
        request.link, request.clinic = link, link.session.clinic
        request.actor = _actor(request, link, known)
        return view(request, *args, **kwargs)

    return login_not_required(run)


def _actor(request: JoinRequest, link: JoinLink, known: int) -> Actor:
    """Signed in as the person of the link, else known by birth date, else whoever it is."""
    who = actor_of(request, link.session.clinic, request.now)
    if way_in.identity(link, who) or link.booking is None or known <= request.now.timestamp():
        return who
    patient = link.booking.patient_id
    where = limits.address(request)
    return Actor.link(link.pk, link.session.clinic, patient=patient, where=where)


def gone(request: HttpRequest) -> HttpResponse:
    """Unknown, expired, revoked, used: one page for all, byte for byte."""
    return render(request, "join/gone.html", status=404)


def too_many(request: HttpRequest) -> HttpResponse:
    response = render(request, "join/too_many.html", status=429)
    response["Retry-After"] = str(60 * limits.MINUTES)
    return response
