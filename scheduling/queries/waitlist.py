"""Who waits, in order, and which free times suit them.

Times are minutes since the epoch, UTC; weekdays and parts of a day are those of the zone of whoever
waits. Nothing is offered that starts within an hour, nor what somebody gave up and can still take
back, unless it would be too late after that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.engine.hours import local_day
from scheduling.engine.interval import DAY, to_minute
from scheduling.engine.lifecycle import UNDO, BookingState, OfferState, SessionState, WaitState
from scheduling.engine.slots import PartOfDay, in_part_of_day
from scheduling.models import (
    Booking,
    Entry,
    Event,
    EventKind,
    Group,
    Occupancy,
    Service,
    Session,
    Waiting,
    WaitOffer,
)
from scheduling.queries import find_group, groups
from scheduling.queries.seats import seats_left
from scheduling.queries.slots import Found, Wanted, search

CLOSED = 60  # minutes before a start within which it is offered to nobody
AHEAD = 56 * DAY  # how far ahead is looked for those who wait


class Time(NamedTuple):
    """A free time that suits: `therapist` is a user's id, `profile` a therapist's."""

    start: int
    therapist: int
    profile: int


def is_open(now: datetime) -> Q:
    """The offers that can be answered."""
    return Q(state=OfferState.OPEN.value, until__gt=now)


def line(rows: QuerySet[Waiting]) -> QuerySet[Waiting]:
    """Of these, who waits at present, whose turn it is first (GR1: told to staff alone)."""
    rows = rows.filter(state=WaitState.WAITING.value, patient__active=True)
    rows = rows.select_related("service", "patient", "therapist", "group", "booking__session")
    return rows.order_by("-priority", "entered_at", "pk")


def unoffered(rows: QuerySet[Waiting]) -> QuerySet[Waiting]:
    """Of these, who has no offer open."""
    offers = WaitOffer.objects.filter(waiting=OuterRef("pk"), state=OfferState.OPEN.value)
    return rows.filter(~Exists(offers))


def own(actor: Actor) -> QuerySet[Waiting]:
    """What the patient waits for as whom the actor acts; of staff too, only their own."""
    rows = policy.visible(Waiting, actor)
    return rows.filter(patient=actor.patient) if actor.patient else rows.none()


def open_offers(rows: Iterable[Waiting], now: datetime) -> dict[int, WaitOffer]:
    """The offer that each of them can answer now, by who waits. One query."""
    offers = WaitOffer.objects.filter(is_open(now), waiting__in=[row.pk for row in rows])
    offers = offers.select_related("booking__session__service")
    return {one.waiting_id: one for one in offers}


@dataclass
class Look:
    """One look at a clinic's free times for several who wait; equal searches are made once."""

    clinic: int
    now: datetime
    found: dict[Wanted, list[Found]] = field(default_factory=dict)
    buffers: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def times(self, row: Waiting, *, again: bool = False) -> Iterator[Time]:
        """The free times that suit, the earliest first. `again`: also what was offered before."""
        wanted, passed = self._wanted(row), set() if again else self._passed(row)
        taken = self._taken(row.patient_id)
        minutes = row.service.minutes
        for one in suiting(row, self._search(wanted), self._span(row)):
            meets = any(one.start < end and one.start + minutes > start for start, end in taken)
            if meets or (one.start, one.therapist) in passed:
                continue
            if again or not self._can_be_taken_back(one, row.service):
                yield one

    def seats(self, row: Waiting, *, again: bool = False) -> list[int]:
        """The starts of the ways into the group that have a place and suit, the next one first."""
        assert row.group is not None
        passed = set() if again else {start for start, _host in self._passed(row)}
        ways = [way.sessions for way in find_group.one(row.group, self.now).free]
        fit = [
            sessions[0].start
            for sessions in ways
            if sessions[0].start > to_minute(self.now) + CLOSED
            and sessions[0].start not in passed
            and not groups.clashes(row.patient_id, sessions, self.now)
        ]
        if row.group.entry != Entry.OPEN.value:
            return fit  # members keep their places: nothing is offered that one of them gave up
        return on_days(
            row, fit if again else [one for one in fit if self._has_seat(row.group, one)]
        )

    def _can_be_taken_back(self, time: Time, service: Service) -> bool:
        """Whether somebody who cancelled a moment ago would find it taken."""
        if self._is_near(time.start) or not (given_up := self._given_up[time.therapist]):
            return False
        before, after = self._buffers(service, time.profile)
        start, end = time.start - before, time.start + service.minutes + after
        return any(start < busy_until and end > busy_from for busy_from, busy_until in given_up)

    def _buffers(self, service: Service, profile: int) -> tuple[int, int]:
        if (service.pk, profile) not in self.buffers:
            self.buffers[service.pk, profile] = groups.buffers(service, [profile])[profile]
        return self.buffers[service.pk, profile]

    @cached_property
    def _given_up(self) -> dict[int, list[tuple[int, int]]]:
        """Of each therapist, from when to when sessions were that were cancelled a moment ago."""
        just = Event.objects.filter(session=OuterRef("session"), **self._just_cancelled())
        gone = Occupancy.objects.filter(
            therapist__in=Therapist.objects.filter(clinic=self.clinic).values("user"),
            live=False,
            busy_until__gt=to_minute(self.now),
            session__state=SessionState.CANCELLED.value,
        )
        found: dict[int, list[tuple[int, int]]] = defaultdict(list)
        rows = gone.filter(Exists(just)).values_list("therapist", "busy_from", "busy_until")
        for therapist, busy_from, busy_until in rows:
            found[therapist].append((busy_from, busy_until))
        return found

    def _has_seat(self, group: Group, start: int) -> bool:
        """Beside those that were given up a moment ago."""
        if self._is_near(start):
            return True
        session = Session.objects.get(series__group=group, start=start)
        given_up = session.events.filter(booking__live=False, **self._just_cancelled())
        return seats_left([session.pk], self.now)[session.pk] > given_up.count()

    def _just_cancelled(self) -> dict[str, Any]:
        return {"kind": EventKind.CANCELLED.value, "at__gt": self.now - UNDO}

    def _is_near(self, start: int) -> bool:
        """It cannot be offered any more when a cancellation can no longer be taken back."""
        return start <= to_minute(self.now + UNDO) + CLOSED

    def forget(self) -> None:
        """A time was taken: what was found may no longer be free."""
        self.found.clear()

    def _search(self, wanted: Wanted) -> list[Found]:
        if wanted not in self.found:
            self.found[wanted] = search(wanted, self.now)
        return self.found[wanted]

    def _wanted(self, row: Waiting) -> Wanted:
        this = to_minute(self.now)
        return Wanted(
            service=row.service_id,
            place=row.place,
            zone=row.zone,
            medium=row.medium,
            first=this + CLOSED + 1,
            until=this + AHEAD,
            own=tuple(sorted(self._closed & treated(row.patient_id))) if self._closed else (),
        )

    def _span(self, row: Waiting) -> tuple[int, int]:
        """Between these the start may be: before one's present session, where there is one."""
        if row.booking is None:
            return 0, to_minute(self.now) + AHEAD
        return 0, row.booking.start - row.service.minutes + 1

    @cached_property
    def _closed(self) -> frozenset[int]:
        """The therapists who take no new patients, but their own."""
        rows = Therapist.objects.filter(clinic=self.clinic, accepting=False)
        return frozenset(rows.values_list("pk", flat=True))

    def _passed(self, row: Waiting) -> set[tuple[int, int]]:
        """What this one was offered already and did not take."""
        rows = WaitOffer.objects.filter(waiting=row).exclude(state=OfferState.OPEN.value)
        found = rows.values_list("booking__start", "booking__session__occupancies__therapist")
        return set(found)

    def _taken(self, patient: int) -> list[tuple[int, int]]:
        rows = Booking.objects.filter(patient=patient, live=True, end__gt=to_minute(self.now))
        rows = rows.exclude(held_until__lte=int(self.now.timestamp()))
        return list(rows.values_list("start", "end"))


def treated(patient: int) -> frozenset[int]:
    """The therapists (profiles) who treat this patient."""
    mine = Booking.objects.filter(patient=patient, state=BookingState.BOOKED.value)
    rows = Occupancy.objects.filter(session__in=mine.values("session"))
    return frozenset(rows.values_list("profile", flat=True))


def suiting(row: Waiting, found: Iterable[Found], span: tuple[int, int]) -> list[Time]:
    """The times that are with the right therapist, on the right days, in the right parts."""
    by_start: dict[int, list[Time]] = defaultdict(list)
    for one in found:
        if row.therapist_id in (None, one.profile):
            for start in one.starts:
                by_start[start].append(Time(start, one.therapist, one.profile))
    starts = sorted(start for start in by_start if span[0] <= start < span[1])
    return [time for start in on_days(row, starts) for time in sorted(by_start[start])]


def on_days(row: Waiting, starts: list[int]) -> list[int]:
    """Of these starts, in order, those on the days and in the parts that suit."""
    starts = in_parts(row.zone, starts, row.parts)
    if not row.days:
        return starts
    days = {int(day) for day in row.days.split(",")}
    return [start for start in starts if local_day(row.zone, start).weekday() in days]


def in_parts(zone: str, starts: list[int], parts: str) -> list[int]:
    if not parts:
        return starts
    kept = [in_part_of_day(zone, starts, PartOfDay(part)) for part in parts.split(",")]
    return sorted(start for some in kept for start in some)
