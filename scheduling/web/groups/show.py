"""All groups, and one with its dates, facilitators and members."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts import audit
from scheduling import policy
from scheduling.engine.lifecycle import GroupState
from scheduling.models import Entry, Facilitator, Group, Member, Series
from scheduling.queries import groups, kept_groups, roster, times
from scheduling.queries.kept_groups import name_of
from scheduling.queries.recurring import every_at
from scheduling.web.door import PageRequest, staff
from scheduling.web.groups.forms import MemberForm, ReasonForm, ResumeForm
from scheduling.web.groups.frame import ROLES, find_group, page
from scheduling.web.groups.words import state_chip
from scheduling.web.therapist import words as staff_words


@staff(*ROLES)
@require_safe
def every(request: PageRequest) -> HttpResponse:
    today = kept_groups.today_of(request.clinic.time_zone, request.now)
    rows = kept_groups.lines(request.actor, today, request.now)
    audit.record(request.actor, "groups.list")
    return page(request, "every", {"groups": [line(one) for one in rows]})


def line(one: kept_groups.Line) -> dict[str, Any]:
    return {
        "group": one.group,
        "when": when_of(one.series, one.near),
        "chip": state_chip(one.group.state),
        "entry": Entry(one.group.entry).label,
        "given": ", ".join(who.name for who in one.given),
    }


def when_of(series: Series | None, near: int | None) -> str:
    return every_at(series.rule, near, series.zone) if series and near is not None else ""


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
    people = kept_groups.members(request.actor, group)
    missing = roster.seatless(request.actor, group, request.now) if named else []
    absent = roster.notices(request.actor, request.now, group) if named else []
    seen = {one.patient_id for one in people} | {one.member.patient_id for one in missing}
    audit.record(request.actor, "group.view", subject=sorted(seen), obj=group)
    series = groups.running_series(group)
    near = kept_groups.near_slots([series], request.now).get(series.pk) if series else None
    context = {
        "group": group,
        "when": when_of(series, near),
        "entry": Entry(group.entry).label,
        "chip": state_chip(group.state),
        "running": group.state == GroupState.RUNNING.value,
        "paused": group.state == GroupState.PAUSED.value,
        "ended": group.state == GroupState.ENDED.value,
        "open": group.entry == Entry.OPEN.value,
        "facilitators": [duty(one) for one in groups.facilitators(group)],
        "dates": [date_line(one, zone) for one in kept_groups.dates(group, request.now)],
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
        "gaps": [times.starting(slot, zone) for slot in kept_groups.gaps(group, request.now)],
        "member_form": MemberForm(None, starts(group, request, zone)),
        "reason_form": ReasonForm(auto_id="id_stop_%s"),
        "resume_form": ResumeForm(auto_id="id_resume_%s"),
        "leave_reasons": staff_words.reasons(),
    }
    return page(request, "one", context | extra, status=status)


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


def date_line(one: kept_groups.Date, zone: str) -> dict[str, Any]:
    row = one.session
    return {
        "session": row,
        "when": times.when(row.start, row.end, zone),
        "cancelled": one.cancelled,
        "moved": one.moved,
        "seats": one.seats,
        "over_limit": one.over_limit,
        "present": row.present,
    }


def starts(group: Group, request: PageRequest, zone: str) -> list[tuple[int, str]]:
    found = kept_groups.starts(group, request.now)
    return [(start, times.starting(start, zone)) for start in found]
