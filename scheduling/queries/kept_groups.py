"""Groups as staff keep them: the list, and one with its dates, members and what they lack.

Never shown to a patient (GR1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Max, Min, Q

from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState, GroupState, SessionState
from scheduling.errors import NotFound
from scheduling.models import Booking, Entry, Facilitator, Group, Member, Series, Session
from scheduling.queries import groups
from scheduling.queries.agenda import called
from scheduling.queries.seats import seat_limits

PAST = 6  # dates that are over and still shown


def find(actor: Actor, **lookup: Any) -> Group:
    """A group that the reader has to do with: who keeps groups, or gives this one."""
    found = policy.find(Group, actor, **lookup)
    if not (policy.keeps_groups(actor) or policy.runs_group(actor, found.pk)):
        raise NotFound
    return Group.objects.select_related("service", "clinic").get(pk=found.pk)


# The list


class Line(NamedTuple):
    """`series`: the one that goes on. `near`: the slot of its next date, or of its last one."""

    group: Group
    series: Series | None
    near: int | None
    given: list[Therapist]


def lines(actor: Actor, today: date, now: datetime) -> list[Line]:
    """Desk and office see all; a therapist those that are theirs. Four queries."""
    rows = policy.visible(Group, actor).select_related("service")
    if not policy.keeps_groups(actor):
        rows = rows.filter(groups.facilitates(policy.caseload(actor)))
    found = list(rows.order_by("name", "pk"))
    series = groups.running(found)
    near = near_slots(series.values(), now)
    duty = groups.facilitators_of(found)
    return [
        Line(
            one,
            series.get(one.pk),
            near.get(series[one.pk].pk) if one.pk in series else None,
            [each.therapist for each in given_now(duty[one.pk], today)],
        )
        for one in found
    ]


def near_slots(some: Iterable[Series], now: datetime) -> dict[int, int]:
    """By series: the zone's letters of its time are those of the next date's season."""
    rows = Session.objects.filter(series__in=list(some)).values_list("series_id")
    minute = to_minute(now)
    dates = rows.annotate(next=Min("slot", filter=Q(slot__gte=minute)), last=Max("slot"))
    return {pk: after if after is not None else last for pk, after, last in dates}


def given_now(rows: list[Facilitator], today: date) -> list[Facilitator]:
    """Who gives it now, or first."""
    begins = min((one.from_day for one in rows), default=today)
    return groups.on_duty(rows, max(today, begins))


def open_to_new(actor: Actor) -> list[Group]:
    """Those that the actor takes members into, or has them wait for."""
    rows = policy.visible(Group, actor).filter(state=GroupState.RUNNING.value)
    if not actor.has(policy.DESK):
        rows = rows.filter(groups.facilitates(policy.caseload(actor)))
    return list(rows.select_related("service", "clinic").order_by("name", "pk"))


# Its dates


class Date(NamedTuple):
    """`seats`: how many are taken; `limit`: how many its facilitators can look after."""

    session: Session
    seats: int
    limit: int

    @property
    def cancelled(self) -> bool:
        return self.session.state == SessionState.CANCELLED.value

    @property
    def moved(self) -> bool:
        return self.session.slot != self.session.start

    @property
    def over_limit(self) -> bool:
        return self.seats > self.limit and not self.cancelled


def dates(group: Group, now: datetime) -> list[Date]:
    """Those to come, and the last few that are over. Three queries."""
    rows = groups.counted(group)
    minute = to_minute(now)
    over = [one for one in rows if one.end <= minute][-PAST:]
    return seated([*over, *(one for one in rows if one.end > minute)])


def seated(sessions: list[Session]) -> list[Date]:
    limits = seat_limits([one.pk for one in sessions])
    rows = Booking.objects.filter(session__in=sessions, state=BookingState.BOOKED.value)
    taken = Counter(rows.values_list("session_id", flat=True))
    return [Date(one, taken[one.pk], limits.get(one.pk, 0)) for one in sessions]


def gaps(group: Group, now: datetime) -> list[int]:
    """Dates that could not be made, because nobody who gives the group is free then."""
    series = groups.running_series(group)
    if series is None or group.state != GroupState.RUNNING.value:
        return []
    made = Session.objects.filter(series=series).order_by("-slot").first()
    due = groups.due_slots(series, now, now + groups.WINDOW)
    return [slot for slot in due if made is not None and slot < (made.slot or 0)]


def starts(group: Group, now: datetime) -> list[int]:
    """The ways in, where there is a choice."""
    if group.entry == Entry.OPEN.value:
        return [one.start for one in groups.coming(group, now)]
    return [one.sessions[0].start for one in groups.entries(group, now)]


# Its members


def members(actor: Actor, group: Group) -> list[Member]:
    """For those who treat or schedule; by name."""
    if not policy.runs_group(actor, group.pk):
        return []
    rows = policy.visible(Member, actor).filter(group=group, left_at__isnull=True)
    rows = rows.exclude(patient__user=actor.user).select_related("patient")
    return sorted(rows, key=lambda one: name_of(one).casefold())


def name_of(member: Member) -> str:
    who = member.patient
    return called(who.called, who.first_name, who.last_name)


def today_of(zone: str, now: datetime) -> date:
    return local_day(zone, to_minute(now))
