"""Who sits in a group's session, and what staff need to run it. Never shown to a patient (GR1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from accounts.actor import Actor
from scheduling import policy
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import Attendance, BookingState, SessionState
from scheduling.errors import NotFound
from scheduling.models import Booking, Facilitator, Group, Member, Occupancy, Session
from scheduling.queries import groups
from scheduling.queries.agenda import called

MISSES = 4
"""So many in a row are a notice to staff, and nothing more."""


class Seat(NamedTuple):
    """One line of a roster. `missed`: absences in a row up to this session."""

    booking: Booking
    name: str
    attended: int
    missed: int

    @property
    def away(self) -> bool:
        """Said beforehand that they would not come."""
        return self.booking.state == BookingState.CANCELLED.value

    @property
    def notice(self) -> bool:
        return self.missed >= MISSES


def session_of(actor: Actor, session: UUID) -> Session:
    """A group's session that the actor gives (or covers), or that the desk looks after."""
    row = policy.find(Session, actor, uuid=session, series__group__isnull=False)
    if not (actor.has(policy.DESK) or gives(actor, row)):
        raise NotFound
    return Session.objects.select_related("series__group", "service", "clinic").get(pk=row.pk)


def gives(actor: Actor, session: Session) -> bool:
    load = policy.caseload(actor)
    return Occupancy.objects.filter(session=session, profile__in=load).exists()


def roster(actor: Actor, session: Session) -> list[Seat]:
    """Who has a seat, and who said that they cannot come, by name. Two queries."""
    rows = policy.visible(Booking, actor).filter(session=session).select_related("patient")
    rows = rows.exclude(state=BookingState.RELEASED.value).exclude(patient__user=actor.user)
    latest = {one.patient_id: one for one in rows.order_by("live", "pk")}
    assert session.series is not None and session.series.group_id is not None
    past = records(session.series.group_id, session.start, [*latest])
    seats = [
        Seat(
            one,
            name_of(one),
            sum(mark is True for mark in past[one.patient_id or 0]),
            in_a_row(past[one.patient_id or 0]),
        )
        for one in latest.values()
    ]
    return sorted(seats, key=lambda seat: (seat.away, seat.name.casefold()))


def name_of(booking: Booking) -> str:
    """As they wish to be called, with the last name."""
    who = booking.patient
    return called(who.called, who.first_name, who.last_name) if who else ""


def records(
    group: int, until: int, patients: Iterable[int | None]
) -> defaultdict[int, list[bool | None]]:
    """By patient, in order of time up to the session that starts at `until`: came, did not, or
    None where nothing is to be counted (nobody has said, the call failed, the date was off)."""
    rows = Booking.objects.filter(
        session__series__group=group,
        patient__in=list(patients),
        start__lte=until,
        state__in=[BookingState.BOOKED.value, BookingState.CANCELLED.value],
    ).order_by("start", "live", "pk")
    by_session: dict[tuple[int, int], bool | None] = {}
    for who, session, state, mark, on in rows.values_list(
        "patient_id", "session_id", "state", "attendance", "session__state"
    ):
        if who is not None:
            by_session[(who, session)] = came(state, mark, on)
    found: defaultdict[int, list[bool | None]] = defaultdict(list)
    for (who, _session), is_there in by_session.items():
        found[who].append(is_there)
    return found


def came(state: str, mark: str, session: str) -> bool | None:
    if session != SessionState.SCHEDULED.value:
        return None
    if state == BookingState.CANCELLED.value:
        return False
    return {
        Attendance.ATTENDED.value: True,
        Attendance.NO_SHOW.value: False,
        Attendance.EXCUSED.value: False,
    }.get(mark)


def in_a_row(marks: list[bool | None]) -> int:
    """Misses since they last came."""
    count = 0
    for mark in reversed(marks):
        if mark is True:
            break
        count += mark is False
    return count


class Notice(NamedTuple):
    """Somebody who missed a group several times in a row."""

    group: Group
    patient: int
    name: str
    missed: int


def notices(actor: Actor, now: datetime, group: Group | None = None) -> list[Notice]:
    """Of one group, or of those that the actor gives today. Three queries or fewer."""
    rows = policy.visible(Member, actor).filter(left_at__isnull=True)
    if group is not None:
        rows = rows.filter(group=group)
    else:
        day = now.date()
        mine = Facilitator.objects.filter(
            therapist__in=policy.caseload(actor), from_day__lte=day
        ).exclude(until_day__lt=day)
        rows = rows.filter(group__in=mine.values("group_id"))
    found = []
    by_group: dict[Group, list[Member]] = defaultdict(list)
    for one in rows.exclude(patient__user=actor.user).select_related("patient", "group"):
        by_group[one.group].append(one)
    for each, some in by_group.items():
        past = records(each.pk, to_minute(now), [one.patient_id for one in some])
        for one in some:
            missed = in_a_row(past[one.patient_id])
            if missed >= MISSES:
                who = one.patient
                name = called(who.called, who.first_name, who.last_name)
                found.append(Notice(each, who.pk, name, missed))
    return sorted(found, key=lambda one: one.name.casefold())


class Seatless(NamedTuple):
    """A member without a seat on a date of their stretch."""

    member: Member
    session: Session


def seatless(actor: Actor, group: Group, now: datetime) -> list[Seatless]:
    """Members who sit elsewhere then, or whom the lead may not treat: staff look after them."""
    people = list(
        policy.visible(Member, actor)
        .filter(group=group, left_at__isnull=True)
        .select_related("patient")
    )
    sessions = groups.coming(group, now)
    known = set(
        Booking.objects.filter(session__in=sessions, patient__isnull=False).values_list(
            "patient_id", "session_id"
        )
    )
    return [
        Seatless(member, one)
        for member in people
        for one in sessions
        if covers(member, one) and (member.patient_id, one.pk) not in known
    ]


def covers(member: Member, session: Session) -> bool:
    slot, until = session.slot or 0, member.until_start
    return member.from_start <= slot and (until is None or slot <= until)
