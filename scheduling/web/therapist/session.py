"""A session's page: who comes, from where, the room, who came, and what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import Patient, Therapist
from accounts.phone import grouped
from scheduling import policy
from scheduling.actions import check_in, rooms
from scheduling.actions.attend import mark
from scheduling.actions.notice import note_emergency_contact
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import UNDO, BookingState
from scheduling.errors import NotFound, Refusal, RoomInUse
from scheduling.models import Booking, CheckIn, Medium, Session
from scheduling.queries import agenda, times, way_in
from scheduling.queries.way_in import HostStage
from scheduling.video import links
from scheduling.web.door import PageRequest, staff
from scheduling.web.therapist import words
from scheduling.web.therapist.frame import here, me, page


@staff("therapist")
@require_safe
def show(request: PageRequest, session: UUID) -> HttpResponse:
    """What is said here is told to those who treat the patient alone, and each look is audited."""
    several = policy.visible(Session, request.actor).filter(series__group__isnull=False)
    if several.filter(uuid=session).exists():
        return redirect(here(request, "group_session", session))
    return session_page(request, session)


@staff("therapist")
@require_POST
def attend(request: PageRequest, session: UUID) -> HttpResponse:
    """Who came; without a value the mark is taken back."""
    booking = agenda.case(request.actor, session)
    said = request.POST.get("attendance", "")

    def act() -> None:
        mark(booking=booking.uuid, attendance=said, actor=request.actor, now=request.now)

    return attempt(request, session, act, _("Noted.") if said else _("The mark is taken back."))


@staff("therapist")
@require_POST
def contact(request: PageRequest, session: UUID) -> HttpResponse:
    """What the patient says whom to call in an emergency, where nothing is on file (TH4)."""
    booking, said = agenda.case(request.actor, session), request.POST.get("contact", "")

    def act() -> None:
        note_emergency_contact(
            booking=booking.uuid, contact=said, actor=request.actor, now=request.now
        )

    return attempt(request, session, act, _("The emergency contact is on file."))


@staff("therapist")
@require_POST
def room(request: PageRequest, session: UUID) -> HttpResponse:
    """Paste the room's address; it is never shown again."""
    agenda.case(request.actor, session)
    url, sure = request.POST.get("url", ""), bool(request.POST.get("confirmed"))

    def act() -> None:
        links.paste(session=session, url=url, confirmed=sure, actor=request.actor, now=request.now)

    done = _("The room is ready. Everybody comes in by their own link.")
    return attempt(request, session, act, done, url=url)


@staff("therapist")
@require_POST
def accept_room(request: PageRequest, session: UUID) -> HttpResponse:
    """Agree that everybody changes to the room which the platform offered."""
    agenda.case(request.actor, session)

    def act() -> None:
        rooms.accept_proposal(session=session, actor=request.actor, now=request.now)

    return attempt(request, session, act, _("Everybody is sent to the new room from now on."))


@staff("therapist")
@require_POST
def let_in(request: PageRequest, session: UUID) -> HttpResponse:
    """Treat where one is not licensed, with a reason that is kept (TH2)."""
    booking = agenda.case(request.actor, session)
    done = way_in.last_check_in(booking, booking.session)
    if done is None or done.licensed:
        raise NotFound

    def act() -> None:
        reason = request.POST.get("reason", "")
        check_in.let_in(check_in=done.uuid, reason=reason, actor=request.actor, now=request.now)

    return attempt(request, session, act, _("The patient may come in. Your reason is kept."))


def attempt(
    request: PageRequest,
    session: UUID,
    act: Callable[[], None],
    done: str,
    *,
    refused: Callable[[Refusal], HttpResponse] | None = None,
    **typed: Any,
) -> HttpResponse:
    """Do it and go back to the session's page; a refusal is told there, and nothing typed lost.

    `refused` answers it where the page that asked is another one.
    """
    try:
        act()
    except NotFound:
        raise
    except Refusal as refusal:
        if refused is not None:
            return refused(refusal)
        return session_page(
            request,
            session,
            status=refusal.status,
            refusal=refusal,
            why=words.why(refusal),
            typed=typed,
        )
    messages.success(request, done)
    return redirect(here(request, "therapist_session", session))


def session_page(
    request: PageRequest, session: UUID, *, status: int = 200, **extra: Any
) -> HttpResponse:
    """The page; `extra` says what was just refused. The look at the patient is audited (LG1)."""
    booking = agenda.case(request.actor, session)
    said, zone = way_in.last_check_in(booking, booking.session), me(request).time_zone
    audit.record(request.actor, "session.view", subject=booking.patient_id, obj=booking.session)
    context = {
        "booking": booking,
        "session": booking.session,
        "address": here(request, "therapist_session", session),
        **told(request, booking, said, zone),
        **at_the_door(booking, said),
        **room_state(request, booking, zone, extra.get("refusal")),
        **moves(request, booking),
        **extra,
    }
    return page(request, "session", context, status=status)


def told(request: PageRequest, booking: Booking, said: CheckIn | None, zone: str) -> dict[str, Any]:
    """When, what, who, with history and the patient's next sessions."""
    who = patient_of(booking)
    occupancy = agenda.therapist_of(booking)
    standing = agenda.standing(
        booking.state,
        booking.late,
        booking.attendance,
        said is not None,
        booking.start,
        booking.end,
        to_minute(request.now),
    )
    events = agenda.history(booking)
    names = agenda.names(event.actor for event in events)
    coming = agenda.to_come(request.actor, who.pk, booking.start, request.now)
    return {
        "name": agenda.called(who.called, who.first_name, who.last_name),
        "full_name": who.name if who.called else "",
        "when": times.when(booking.start, booking.end, zone),
        "day": times.day(times.local(booking.start, zone)),
        "day_url": day_url(request, occupancy.profile, local_day(zone, booking.start)),
        "facts": facts(booking, zone, occupancy.profile.name),
        "chip": words.chip(standing),
        "reason": words.reason(booking.cancel_reason),
        "history": words.history(events, names, booking, zone),
        "coming": [(one, times.when(one.start, one.end, zone)) for one in coming],
    }


def day_url(request: PageRequest, whose: Therapist, day: date) -> str:
    """The session's day in the calendar that it stands in: one's own, or a covered one."""
    said = {"day": day.isoformat()}
    if whose.pk != request.actor.therapist:
        said["of"] = str(whose.uuid)
    return f"{here(request, 'therapist_today')}?{urlencode(said)}"


def facts(booking: Booking, zone: str, therapist: str) -> list[dict[str, str]]:
    session = booking.session
    said = [
        (_("Service"), session.service.name),
        (_("How"), words.medium(session.medium)),
        (_("Therapist"), therapist),
        (_("Patient's time"), times.when(booking.start, booking.end, booking.zone))
        if booking.zone != zone
        else None,
        (_("Patient's state"), words.place(booking.place)),
        (_("Reference"), booking.reference),
    ]
    return [{"term": term, "value": value} for term, value in filter(None, said)]


def patient_of(booking: Booking) -> Patient:
    assert booking.patient is not None  # a case has one
    return booking.patient


def at_the_door(booking: Booking, said: CheckIn | None) -> dict[str, Any]:
    """What the patient said at check-in (TH1), and whom to call (TH4)."""
    who = patient_of(booking)
    emergency = (said.emergency_contact if said else "") or who.emergency_contact
    if said is None:
        return {"emergency_contact": emergency, "stopped": False, "phone": who.phone}
    place = f"{said.address}\n{words.place(said.state)}"
    lines = [
        (_("Name given"), said.full_name),
        (_("Where now"), place),
        (_("Call back at"), grouped(said.call_back)),
        (_("How we know"), words.identity(said.identity)),
    ]
    return {
        "check_in": said,
        "check_in_facts": [{"term": term, "value": value} for term, value in lines],
        "emergency_contact": emergency,
        "phone": said.call_back or who.phone,
        "stopped": way_in.is_stopped(said),
        "place_now": words.place(said.state),
    }


def room_state(
    request: PageRequest, booking: Booking, zone: str, refusal: Refusal | None
) -> dict[str, Any]:
    """Whether there is a room, may be entered, and can still be filled in."""
    session, now = booking.session, request.now
    room = way_in.room_of(session)
    live = booking.state == BookingState.BOOKED.value
    opens, closes = way_in.opens_at(session), way_in.closes_at(session)
    return {
        "video": session.medium == Medium.VIDEO.value,
        "has_room": way_in.is_filled(room),
        "proposed": bool(room and room.proposed),
        "can_paste": live and room is not None and now < closes,
        "in_use": isinstance(refusal, RoomInUse),
        "can_enter": live and opens <= now < closes,
        "may_go_in": live and way_in.host_stage(session, now) is HostStage.READY,
        "over": now >= closes,
        "opens": times.clock_in(to_minute(opens), zone),
        "enter_url": here(request, "session_enter", session.uuid),
    }


def moves(request: PageRequest, booking: Booking) -> dict[str, Any]:
    """What may still be done with the booking."""
    minute, booked = to_minute(request.now), booking.state == BookingState.BOOKED.value
    cancelled_at = booking.cancelled_at
    return {
        "can_mark": booked and booking.start <= minute,
        "marks": words.marks(),
        "can_change": booked and booking.start > minute,
        "can_undo": cancelled_at is not None
        and request.now - cancelled_at <= UNDO
        and booking.start > minute,
        "can_repeat": booked,
    }
