"""A group's session: its roster, who came (one screen, by the keyboard), and its room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from scheduling.actions.attend import Mark, mark_group
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import UNDO, Attendance, BookingState, SessionState
from scheduling.errors import NotFound, Refusal, RoomInUse
from scheduling.models import EventKind, Medium, Occupancy, Session
from scheduling.queries import agenda, roster, times, way_in
from scheduling.queries.roster import Seat
from scheduling.queries.way_in import HostStage
from scheduling.video import links
from scheduling.web.desk.frame import here
from scheduling.web.door import PageRequest, staff
from scheduling.web.groups.frame import page, reasons
from scheduling.web.therapist import words
from scheduling.web.therapist.words import marks


@staff("desk", "therapist")
@require_safe
def session(request: PageRequest, session: UUID) -> HttpResponse:
    return session_page(request, roster.session_of(request.actor, session))


def session_page(
    request: PageRequest,
    row: Session,
    *,
    status: int = 200,
    said: Mapping[str, str] | None = None,
    **extra: Any,
) -> HttpResponse:
    """Each who is shown by name is audited (LG1). `said`: marks that were refused, as typed."""
    seats = roster.roster(request.actor, row)
    audit.record(
        request.actor,
        "roster.view",
        subject=sorted(one.booking.patient_id or 0 for one in seats),
        obj=row,
    )
    assert row.series is not None and row.series.group is not None
    zone, group = row.series.zone, row.series.group
    minute = to_minute(request.now)
    stands = row.state == SessionState.SCHEDULED.value
    here_are = [one for one in seats if not one.away]
    context = {
        "session": row,
        "group": group,
        "when": times.when(row.start, row.end, zone),
        "address": here(request, "group_session", row.uuid),
        "medium": words.medium(row.medium),
        "given": ", ".join(givers(row)),
        "seats": [line(one, said) for one in here_are],
        "present": row.present if said is None else said.get("present", ""),
        "away": [one.name for one in seats if one.away],
        "notices": [one for one in here_are if one.notice],
        "marks": marks(),
        "unmarked": any(not one.booking.attendance for one in here_are),
        "stands": stands,
        "can_mark": stands and row.start <= minute,
        "can_change": stands and row.start > minute,
        "can_undo": can_undo(row, request),
        "reasons": reasons(),
        "chip": words.chip(standing(row, here_are, minute)),
        **room_state(request, row),
    }
    return page(request, "session", context | extra, status=status)


def givers(row: Session) -> list[str]:
    rows = Occupancy.objects.filter(session=row).select_related("profile").order_by("pk")
    return [one.profile.name for one in rows]


def line(seat: Seat, said: Mapping[str, str] | None) -> dict[str, Any]:
    one, key = seat.booking, seat.booking.uuid
    noted = {"mark": one.attendance, "late": one.late_by, "early": one.left_early_by}
    if said is not None:
        noted = {name: said.get(f"{name}-{key}", "") for name in noted}
    return noted | {
        "seat": seat,
        "key": key,
        "name": seat.name,
        "attended": seat.attended,
        "missed": seat.missed,
    }


def standing(row: Session, seats: list[Seat], minute: int) -> agenda.Standing:
    unmarked = any(
        not one.booking.attendance
        for one in seats
        if one.booking.state == BookingState.BOOKED.value
    )
    row.unmarked = unmarked  # type: ignore[attr-defined]
    return agenda.group_standing(row, minute)


def can_undo(row: Session, request: PageRequest) -> bool:
    if row.state != SessionState.CANCELLED.value or row.start <= to_minute(request.now):
        return False
    gone = row.events.filter(kind=EventKind.CANCELLED.value, booking=None).order_by("pk").last()
    return gone is not None and request.now - gone.at <= UNDO


def room_state(request: PageRequest, row: Session) -> dict[str, Any]:
    """For who gives it: whether there is a room, and can still be filled in."""
    if not roster.gives(request.actor, row) or row.medium != Medium.VIDEO.value:
        return {"hosts": False}
    found, live = way_in.room_of(row), row.state == SessionState.SCHEDULED.value
    opens, closes = way_in.opens_at(row), way_in.closes_at(row)
    return {
        "hosts": True,
        "has_room": way_in.is_filled(found),
        "can_paste": live and found is not None and request.now < closes,
        "may_go_in": live and way_in.host_stage(row, request.now) is HostStage.READY,
        "opens": times.clock_in(to_minute(opens), row.zone),
        "enter_url": here(request, "session_enter", row.uuid),
    }


@staff("desk", "therapist")
@require_POST
def note_all(request: PageRequest, session: UUID) -> HttpResponse:
    """Everybody's mark in one go; `rest` is said of all who have none. A mark that is taken away
    again is undone; what is refused stands there as it was typed."""
    row = roster.session_of(request.actor, session)
    seats = [one for one in roster.roster(request.actor, row) if not one.away]
    try:
        said = {one.booking.uuid: read_mark(request, str(one.booking.uuid)) for one in seats}
        present = number(request.POST.get("present", ""))
    except ValueError:
        return session_page(request, row, status=422, said=request.POST, wrong=True)
    try:
        mark_group(
            session=session, marks=said, present=present, actor=request.actor, now=request.now
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return session_page(request, row, status=refusal.status, said=request.POST, refusal=refusal)
    messages.success(request, _("Noted."))
    return redirect(here(request, "group_session", session))


def read_mark(request: PageRequest, key: str) -> Mark:
    """Minutes count for who attended; of others they are passed over."""
    mark = request.POST.get(f"mark-{key}") or request.POST.get("rest", "")
    if mark != Attendance.ATTENDED.value:
        return Mark(mark)
    late, early = (request.POST.get(f"{name}-{key}", "") for name in ("late", "early"))
    return Mark(mark, number(late) or None, number(early) or None)


def number(text: str) -> int | None:
    """ValueError where it is none."""
    if not text.strip():
        return None
    found = int(text)
    if not 0 <= found <= 480:
        raise ValueError(text)
    return found


@staff("therapist")
@require_POST
def room(request: PageRequest, session: UUID) -> HttpResponse:
    """Paste the room's address; it is never shown again."""
    row = roster.session_of(request.actor, session)
    url, sure = request.POST.get("url", ""), bool(request.POST.get("confirmed"))
    try:
        links.paste(session=session, url=url, confirmed=sure, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except Refusal as refusal:
        return session_page(
            request,
            row,
            status=refusal.status,
            refusal=refusal,
            url=url,
            in_use=isinstance(refusal, RoomInUse),
        )
    messages.success(request, _("The room is ready. Everybody comes in by their own link."))
    return redirect(here(request, "group_session", session))
