"""How a page opens: the clinic of the address, who comes in, and what time it is.

Every page view is decorated with exactly one of `public`, `signed_in` or `staff`. It gets the
request with `request.actor` (an Actor of this clinic) and `request.now`; the clinic's slug is taken
off its arguments. A person who may not see a page gets the answer of a page that is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import update_wrapper, wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import audit
from accounts.actor import Actor
from accounts.models import Clinic
from accounts.web.who import actor_of
from scheduling.errors import NotFound

P = ParamSpec("P")


class PageRequest(HttpRequest):
    """What a decorated view is given."""

    actor: Actor
    now: datetime

    @property
    def clinic(self) -> Clinic:
        raise NotImplementedError  # for type checkers: set on the instance


Page = Callable[Concatenate[PageRequest, P], HttpResponse]
Routed = Callable[..., HttpResponse]


def public(view: Page[P]) -> Routed:
    """A page that needs no account; whoever is signed in is known all the same."""
    return login_not_required(_opened(view))


def signed_in(view: Page[P]) -> Routed:
    """A page for whoever has an account; what it shows, `policy.visible` decides."""
    return _opened(view)


def staff(*roles: str) -> Callable[[Page[P]], Routed]:
    """A page for active staff in one of `roles`; for anybody else it is not there."""

    def wrap(view: Page[P]) -> Routed:
        def guarded(request: PageRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.actor.has(*roles):
                raise NotFound
            return view(request, *args, **kwargs)

        update_wrapper(guarded, view)
        return _opened(guarded)

    return wrap


def _opened(view: Page[P]) -> Routed:
    @wraps(view)
    def run(request: Any, slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
        require_text(request)
        enter(request, slug)
        try:
            return view(request, *args, **kwargs)
        except NotFound:
            note_denied(request.actor, view.__name__, kwargs)
            raise

    return run


def require_text(request: HttpRequest) -> None:
    """BadRequest for a NUL, which no person types and PostgreSQL does not keep."""
    said = [*request.GET.lists(), *request.POST.lists()]
    if any("\0" in text for text in (request.path, *(text for _, many in said for text in many))):
        raise BadRequest


def note_denied(actor: Actor, page: str, asked: dict[str, Any]) -> None:
    """Who is signed in asked for what is not there, or not theirs: one row, alike for both, so
    that neither takes longer than the other (LG1, AC2)."""
    if actor.user is None:
        return
    what = next((audit.Ref(name, str(value)) for name, value in asked.items()), None)
    audit.record(actor, f"page.{page}", obj=what, outcome="denied", code=NotFound.code)


def enter(request: Any, slug: str) -> None:
    """Set `request.clinic`, `request.actor` and `request.now`, or raise NotFound."""
    clinic = Clinic.at(slug)
    if clinic is None:
        raise NotFound
    request.now = timezone.now()
    request.clinic = clinic
    request.actor = actor_of(request, clinic, request.now)
