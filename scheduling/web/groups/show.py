"""All groups, and one with its dates, facilitators and members."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts import audit
from scheduling import policy
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState, GroupState
from scheduling.models import Booking, Entry, Facilitator, Group, Member, Session
from scheduling.queries import agenda, groups, roster, times
from scheduling.queries.recurring import every_at
from scheduling.queries.seats import seat_limits
from scheduling.web.door import PageRequest, staff
from scheduling.web.groups.forms import MemberForm, ReasonForm, ResumeForm
from scheduling.web.groups.frame import ROLES, find_group, page
from scheduling.web.groups.words import state_chip
from scheduling.web.therapist import words as staff_words

PAST = 6  # dates that are over and still shown


@staff(*ROLES)
@require_safe
def every(request: PageRequest) -> HttpResponse:
    """Desk and office see all; a therapist those that are theirs."""
    rows = policy.visible(Group, request.actor).select_related("service")
    if not policy.keeps_groups(request.actor):
        rows = rows.filter(groups.facilitates(policy.caseload(request.actor)))
    lines = [line(one, request) for one in rows.order_by("name", "pk")]
    audit.record(request.actor, "groups.list")
    return page(request, "every", {"groups": lines})


def line(group: Group, request: PageRequest) -> dict[str, Any]:
    series = groups.running_series(group)
    return {
        "group": group,
        "when": when_of(series, request.now),
        "chip": state_chip(group.state),
        "entry": Entry(group.entry).label,
        "given": ", ".join(one.therapist.name for one in today_duty(group, request)),
    }


def when_of(series: Any, now: datetime) -> str:
    """By the next date, so that the zone's letters are those of the season."""
    if series is None:
        return ""
    dates = Session.objects.filter(series=series)
    one = dates.filter(slot__gte=to_minute(now)).order_by("slot").first()
    one = one or dates.order_by("-slot").first()
    return every_at(series.rule, one.slot or 0, series.zone) if one else ""


def today_duty(group: Group, request: PageRequest) -> list[Facilitator]:
    """Who gives it now, or first."""
    rows = groups.facilitators(group)
    today = local_day(request.clinic.time_zone, to_minute(request.now))
    begins = min((one.from_day for one in rows), default=today)
    return groups.on_duty(rows, max(today, begins))


@staff(*ROLES)
@require_safe
def one(request: PageRequest, group: UUID) -> HttpResponse:
    return group_page(request, find_group(request, uuid=group))


def group_page(
    request: PageRequest, group: Group, *, status: int = 200, **extra: Any
) -> HttpResponse:
    """Names stand here for those who treat or schedule alone."""
    zone = request.clinic.time_zone
    named = policy.runs_group(request.actor, group.pk)
    people = members(request, group) if named else []
    missing = roster.seatless(request.actor, group, request.now) if named else []
    absent = roster.notices(request.actor, request.now, group) if named else []
    seen = {one.patient_id for one in people} | {one.member.patient_id for one in missing}
    audit.record(request.actor, "group.view", subject=sorted(seen), obj=group)
    series = groups.running_series(group)
    context = {
        "group": group,
        "when": when_of(series, request.now),
        "entry": Entry(group.entry).label,
        "chip": state_chip(group.state),
        "running": group.state == GroupState.RUNNING.value,
        "paused": group.state == GroupState.PAUSED.value,
        "ended": group.state == GroupState.ENDED.value,
        "open": group.entry == Entry.OPEN.value,
        "facilitators": [duty(one) for one in groups.facilitators(group)],
        "dates": dates(request, group, zone),
        "named": named,
        "members": [member_line(one, zone) for one in people],
        "seatless": [
            {
                "name": name_of(one.member),
                "when": times.starting(one.session.start, zone),
                "session": one.session.uuid,
            }
            for one in missing
        ],
        "notices": absent,
        "gaps": [times.starting(slot, zone) for slot in gaps(group, request)],
        "member_form": MemberForm(None, starts(group, request, zone)),
        "reason_form": ReasonForm(auto_id="id_stop_%s"),
        "resume_form": ResumeForm(auto_id="id_resume_%s"),
        "leave_reasons": staff_words.reasons(),
    }
    return page(request, "one", context | extra, status=status)


def members(request: PageRequest, group: Group) -> list[Member]:
    rows = policy.visible(Member, request.actor).filter(group=group, left_at__isnull=True)
    rows = rows.exclude(patient__user=request.actor.user).select_related("patient")
    return sorted(rows, key=lambda one: name_of(one).casefold())


def name_of(member: Member) -> str:
    who = member.patient
    return agenda.called(who.called, who.first_name, who.last_name)


def member_line(member: Member, zone: str) -> dict[str, Any]:
    return {
        "member": member,
        "name": name_of(member),
        "since": times.day(times.local(member.from_start, zone)),
        "until": times.day(times.local(member.until_start, zone)) if member.until_start else "",
    }


def duty(one: Facilitator) -> dict[str, Any]:
    return {
        "name": one.therapist.name,
        "lead": one.lead,
        "since": times.day(one.from_day),
        "until": times.day(one.until_day) if one.until_day else "",
    }


def dates(request: PageRequest, group: Group, zone: str) -> list[dict[str, Any]]:
    """Those to come, and the last few that are over."""
    rows = groups.counted(group)
    minute = to_minute(request.now)
    over = [one for one in rows if one.end <= minute][-PAST:]
    shown = [*over, *(one for one in rows if one.end > minute)]
    limits = seat_limits([one.pk for one in shown])
    taken = taken_by(shown)
    return [
        {
            "session": one,
            "when": times.when(one.start, one.end, zone),
            "cancelled": one.state == "cancelled",
            "moved": one.slot != one.start,
            "seats": taken.get(one.pk, 0),
            "over_limit": taken.get(one.pk, 0) > limits.get(one.pk, 0) and one.state != "cancelled",
            "present": one.present,
        }
        for one in shown
    ]


def taken_by(sessions: list[Session]) -> dict[int, int]:
    found: dict[int, int] = {}
    rows = Booking.objects.filter(session__in=sessions, state=BookingState.BOOKED.value)
    for pk in rows.values_list("session_id", flat=True):
        found[pk] = found.get(pk, 0) + 1
    return found


def gaps(group: Group, request: PageRequest) -> list[int]:
    """Dates that could not be made, because nobody who gives the group is free then."""
    series = groups.running_series(group)
    if series is None or group.state != GroupState.RUNNING.value:
        return []
    made = Session.objects.filter(series=series).order_by("-slot").first()
    due = groups.due_slots(series, request.now, request.now + groups.WINDOW)
    return [slot for slot in due if made is not None and slot < (made.slot or 0)]


def starts(group: Group, request: PageRequest, zone: str) -> list[tuple[int, str]]:
    """The ways in, where there is a choice."""
    if group.entry == Entry.OPEN.value:
        found = [one.start for one in groups.coming(group, request.now)]
    else:
        found = [one.sessions[0].start for one in groups.entries(group, request.now)]
    return [(start, times.starting(start, zone)) for start in found]
