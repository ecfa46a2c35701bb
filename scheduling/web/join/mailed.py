"""The page behind a link in mail that cancels or moves one booking (TK3).

GET shows what it would do and changes nothing, whoever fetches it (BR1); POST does it once.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import audit, limits
from accounts.actor import Actor
from accounts.web.who import actor_of
from scheduling.actions.action_links import (
    CANCEL,
    MOVE,
    OFFER,
    answer_by_link,
    cancel_by_link,
    find_action_link,
    holder,
    move_by_link,
)
from scheduling.actions.way_in import identify
from scheduling.engine.interval import DAY, to_minute
from scheduling.errors import Refusal, SlotGone, TooManyTries, WrongBirthDate
from scheduling.models import ActionLink
from scheduling.queries import find, times
from scheduling.queries.slots import Wanted
from scheduling.web.booking.words import day_groups
from scheduling.web.door import PageRequest
from scheduling.web.join.door import gone, too_many
from scheduling.web.join.forms import IdentifyForm

MISS = "link.miss"


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: PageRequest, token: str) -> HttpResponse:
    """Unknown, expired and used links are one page (TK10)."""
    now, where = timezone.now(), limits.address(request)
    if limits.spent(MISS, where, limits.MISSES, now):
        return too_many(request)
    link = find_action_link(token, now)
    if link is None:
        limits.count(MISS, where, now)
        audit.record(Actor.anonymous(where=where), "link.open", outcome="denied")
        return gone(request)
    request.now = now
    request.actor = actor_of(request, link.booking.session.clinic, now)
    if request.method == "POST":
        return _do(request, link)
    audit.record(request.actor, "link.open", subject=link.booking.patient_id, obj=link)
    return _page(request, link, form=None if _signed_in(request, link) else IdentifyForm())


def _signed_in(request: PageRequest, link: ActionLink) -> bool:
    return request.actor.patient is not None and request.actor.patient == link.booking.patient_id


def _do(request: PageRequest, link: ActionLink) -> HttpResponse:
    """Who is it, then do it."""
    form, actor = None, request.actor
    if not _signed_in(request, link):
        form, actor = IdentifyForm(request.POST), holder(link, limits.address(request))
        if not form.is_valid():
            return _page(request, link, 422, form=form)
        try:
            identify(
                link,
                form.cleaned_data["birth_date"].isoformat(),
                actor=request.actor,
                now=request.now,
            )
        except WrongBirthDate as refusal:
            form.add_error("birth_date", str(refusal))
            return _page(request, link, refusal.status, form=form)
        except TooManyTries as refusal:
            return _page(request, link, refusal.status, locked=True)
    try:
        return _done(request, link, actor)
    except Refusal as refusal:
        return _page(request, link, refusal.status, form=form, refusal=refusal)


def _done(request: PageRequest, link: ActionLink, actor: Actor) -> HttpResponse:
    take = "take" in request.POST
    if link.action == OFFER:
        booking = answer_by_link(link=link, take=take, actor=actor, now=request.now)
    elif link.action == CANCEL:
        booking = cancel_by_link(link=link, actor=actor, now=request.now)
    else:
        booking = move_by_link(link=link, start=_chosen(request), actor=actor, now=request.now)
    shown = {
        "clinic": booking.clinic,
        "cancelled": link.action == CANCEL,
        "offer": link.action == OFFER,
        "taken": take,
        "when": times.when(booking.start, booking.end, booking.zone),
    }
    return render(request, "join/action_done.html", shown)


def _chosen(request: PageRequest) -> int:
    """The start that was chosen, in minutes; what cannot be one is gone."""
    try:
        return int(request.POST.get("slot", "")[:12])
    except ValueError:
        raise SlotGone from None


def _page(request: PageRequest, link: ActionLink, status: int = 200, **more: Any) -> HttpResponse:
    booking = link.booking
    shown = {
        "clinic": booking.session.clinic,
        "cancelling": link.action == CANCEL,
        "offer": link.action == OFFER,
        "until": times.starting(to_minute(link.expires_at), booking.zone),
        "when": times.when(booking.start, booking.end, booking.zone),
        "days": _days(request, link) if link.action == MOVE else [],
        "chosen": request.POST.get("slot", ""),
        **more,
    }
    return render(request, "join/action.html", shown, status=status)


def _days(request: PageRequest, link: ActionLink) -> list[dict[str, Any]]:
    """The next free times with the same therapist."""
    booking, session = link.booking, link.booking.session
    wanted = Wanted(
        service=session.service_id,
        place=booking.place,
        zone=booking.zone,
        medium=session.medium,
        first=to_minute(request.now),
        until=to_minute(request.now) + 366 * DAY,
        therapist=session.occupancies.order_by("pk").values_list("therapist_id", flat=True)[0],
        without_session=session.pk,
        accepting=False,
    )
    free = find.without(find.free_times(wanted, "", request.now), booking.start)
    return day_groups(free.days, booking.zone)
