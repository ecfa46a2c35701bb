"""What is known of a patient before the first part of a program is laid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from accounts.models import Therapist
from scheduling.engine.interval import Span, to_minute
from scheduling.engine.lifecycle import BookingState
from scheduling.engine.recurrence import weekly
from scheduling.models import Booking, Enrollment, Holiday, Member, Occupancy, ProgramPart, Series
from scheduling.queries import groups
from scheduling.queries.plan import Choice, Wanted


class Known:
    """What is known about the patient before the first part is laid; `planned`, and the time that
    therapists have `given` it, grow with each."""

    def __init__(self, wanted: Wanted, parts: Sequence[ProgramPart], now: datetime) -> None:
        self.wanted, self.now = wanted, now
        self.low, self.high = wanted.span
        self.after = max(self.low - 1, to_minute(now))
        self.planned: list[Span] = []
        self.given: defaultdict[UUID, list[Span]] = defaultdict(list)
        clinic = wanted.program.clinic_id
        closed = Holiday.objects.filter(clinic=clinic).values_list("day", flat=True)
        self.holidays = frozenset(closed)
        places = Member.objects.filter(patient=wanted.patient, left_at__isnull=True)
        places = places.exclude(until_start__lte=self.after)
        self.members = {one.group_id: one for one in places}
        self.paused = [one for one in groups.away(pk_of(wanted.follows)) if one[1] > self.after]
        self.seats = self._seats()
        self.hosts = self._hosts()
        self.series = self._series_before(parts)
        self.going = self._going(parts)
        self.busy = [(one.start, one.end) for one in self.seats if one.pk not in self.going]
        self.seat_in = {one.session_id: one for one in self.seats if one.pk not in self.going}

    def _seats(self) -> list[Booking]:
        """The patient's live ones from the first day on."""
        until = max(self.high, self.wanted.follows.end if self.wanted.follows else 0)
        rows = Booking.objects.filter(
            patient=self.wanted.patient, live=True, end__gt=self.low, start__lt=until
        ).exclude(held_until__lte=int(self.now.timestamp()))
        return list(rows.select_related("session__series", "clinic").order_by("start"))

    def _hosts(self) -> dict[UUID, Therapist]:
        wanted = {one.therapist for one in self.wanted.choices if one.therapist}
        for choice in self.wanted.choices:
            wanted |= {one.therapist for one in choice.dates.values() if one is not None}
        rows = Therapist.objects.filter(
            clinic=self.wanted.program.clinic_id, uuid__in=wanted, active=True
        )
        return {one.uuid: one for one in rows}

    # The program before

    def _series_before(self, parts: Sequence[ProgramPart]) -> dict[int, tuple[Series, Therapist]]:
        """By part (id) the series of the enrolment before that simply goes on, and by whom. Out of
        a pause none does: what it had cancelled is booked anew."""
        if self.wanted.follows is None or self.paused:
            return {}
        rows = list(Series.objects.filter(enrollment=self.wanted.follows, ended_at__isnull=True))
        given = Occupancy.objects.filter(
            session__series__in=rows, live=True, start__gt=self.after
        ).select_related("profile", "session")
        hosts: dict[int, Therapist] = {}
        for taken in given.order_by("-start"):
            hosts[taken.session.series_id or 0] = taken.profile
        found: dict[int, tuple[Series, Therapist]] = {}
        for part in parts:
            choice = self.wanted.choice(part)
            for one in rows:
                host = hosts.get(one.pk)
                claimed = any(one == series for series, _ in found.values())
                if host and not claimed and not choice.off and _goes_on(one, host, part, choice):
                    found[part.pk] = (one, host)
                    break
        return found

    def _going(self, parts: Sequence[ProgramPart]) -> frozenset[int]:
        """The seats (ids) of the program before that fall away."""
        follows = self.wanted.follows
        if follows is None:
            return frozenset()
        stay = {one.group_id for one in parts if one.group_id and not self.wanted.choice(one).off}
        series = {one.pk for one, _ in self.series.values()}
        theirs = {one.group_id for one in self.members.values() if one.enrollment_id == follows.pk}
        going = set()
        for seat in self.seats:
            one = seat.session.series
            if one is None or seat.start <= self.after or seat.state != BookingState.BOOKED.value:
                continue
            old = one.enrollment_id == follows.pk or one.group_id in theirs
            shared = one.pk in series or one.group_id in stay
            if old and not (shared and seat.start < self.high):
                going.add(seat.pk)
        return frozenset(going)

    def falling(self) -> list[Booking]:
        return [one for one in self.seats if one.pk in self.going]


def _goes_on(series: Series, host: Therapist, part: ProgramPart, choice: Choice) -> bool:
    """Whether the part is what the patient has had in the program before."""
    rule = weekly((choice.weekday,)) if choice.weekday is not None else series.rule
    return (
        series.service_id == part.service_id
        and series.rule == rule
        and (choice.at is None or choice.at == series.at)
        and (choice.therapist is None or choice.therapist == host.uuid)
    )


def meets(span: Span, spans: Iterable[Span]) -> bool:
    return any(low < span[1] and high > span[0] for low, high in spans)


def pk_of(row: Enrollment | None) -> int | None:
    return row.pk if row else None
