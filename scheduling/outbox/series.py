"""How things stand now between one recipient and a series: the dates to come that are theirs.

The sessions of a group are made some weeks ahead. Those that are not made yet, but that the rule
gives and the recipient has a place in, are told like the others: so nobody is told anew each week
that it goes on. They are called promised here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from itertools import islice, takewhile
from typing import Any, NamedTuple
from zlib import crc32

from django.db.models import Max, QuerySet

from accounts.actions.consent import signed_forms
from accounts.models import Form, Patient, Therapist
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState, GroupState, SessionState
from scheduling.engine.recurrence import MOST
from scheduling.models import (
    Booking,
    Entry,
    Event,
    Facilitator,
    Medium,
    Member,
    Occupancy,
    Series,
    Session,
)
from scheduling.outbox.standing import BY_PATIENT, unreachable
from scheduling.queries import groups
from scheduling.queries.groups import rule_slots, slots_after


class Held(NamedTuple):
    """One date as it is held, in minutes, UTC. `hosts`: who gives it (profile ids), of which a
    patient is told a change."""

    start: int
    end: int
    medium: str
    hosts: tuple[int, ...] = ()


Dates = Mapping[int, Held]
"""By slot: the start that the rule gave."""


@dataclass(frozen=True, kw_only=True)
class SeriesStanding:
    """`dates` are to come. `goes_on`: more are promised than are told. `full`: details may be
    mailed (PR2)."""

    series: Series
    dates: Dates
    goes_on: bool
    full: bool
    address: str
    zone: str
    language: str = "en"
    gone: Booking | None = None  # the patient's seat that was cancelled last
    patient: Patient | None = None
    therapist: Therapist | None = None

    @property
    def on(self) -> bool:
        return bool(self.dates)

    @property
    def by_clinic(self) -> bool:
        """Who cancelled what was cancelled last."""
        return self.gone is not None and self.gone.cancel_reason not in BY_PATIENT

    @property
    def told(self) -> str:
        """What an Invite's `told` becomes by telling this; the dates are kept beside it."""
        if not self.on:
            return "off"
        one = self.series
        facts = [one.rule, one.zone, one.at, one.medium, self.goes_on, self.full]
        return f"on:{sha256(json.dumps(facts).encode()).hexdigest()[:40]}"

    @property
    def by_telephone(self) -> bool:
        """As a rule."""
        return self.series.medium == Medium.TELEPHONE.value

    @property
    def minutes(self) -> int:
        """How long one is, as a rule."""
        lengths = Counter(one.end - one.start for one in self.dates.values())
        return lengths.most_common(1)[0][0] if lengths else self.series.service.minutes

    def usual(self, slot: int) -> Held:
        """As the rule has it, by whoever gives it now."""
        hosts = self.dates[slot].hosts if slot in self.dates else ()
        return Held(slot, slot + self.minutes, self.series.medium, hosts)


def told_as_series(series: Series) -> bool:
    """Whether its patients are told of it as a whole; those who drop in are told of each date."""
    return series.group is None or series.group.entry != Entry.OPEN.value


def of_patient(patient: Patient, series: Series, now: datetime) -> SeriesStanding | str:
    """Where the patient stands, or the code of why no mail goes out (PR3)."""
    if why := unreachable(patient.user, patient.email, patient.active):
        return why
    return "not_wanted" if patient.no_mail else stand(patient, series, now)


def stand(patient: Patient, series: Series, now: datetime) -> SeriesStanding:
    """The same, whether mail goes out or not."""
    seats = Booking.objects.filter(session__series=series, patient=patient)
    booked = seats.filter(
        state=BookingState.BOOKED.value,
        end__gt=to_minute(now),
        session__state=SessionState.SCHEDULED.value,
    )
    slots, goes_on = promised(series, member_of(series, patient), now)
    dates = _made(booked) | _usual(series, slots)
    hosts = hosts_of(series, dates, now)
    gone = (
        seats.exclude(cancelled_at=None)
        .order_by("-cancelled_at", "-pk")
        .select_related("session")
        .first()
    )
    return SeriesStanding(
        series=series,
        dates={slot: one._replace(hosts=hosts[slot]) for slot, one in dates.items()},
        goes_on=goes_on,
        full=Form.MAIL.value in signed_forms(patient, now),
        address=patient.email,
        zone=patient.time_zone or series.zone,
        language=patient.language,
        gone=gone,
        patient=patient,
    )


def of_therapist(therapist: Therapist, series: Series, now: datetime) -> SeriesStanding | str:
    """Where a therapist stands: also one who was told of it and no longer gives it."""
    if why := unreachable(therapist.user, therapist.user.email, therapist.active):
        return why
    given = Occupancy.objects.filter(
        session__series=series,
        profile=therapist,
        live=True,
        end__gt=to_minute(now),
        session__state=SessionState.SCHEDULED.value,
    )
    slots, goes_on = promised(series, facilitator_of(series, therapist), now)
    return SeriesStanding(
        series=series,
        dates=_made(given) | _usual(series, slots),
        goes_on=goes_on,
        full=True,
        address=therapist.user.email,
        zone=therapist.time_zone,
        therapist=therapist,
    )


def hosts_of(series: Series, slots: Iterable[int], now: datetime) -> dict[int, tuple[int, ...]]:
    """Who gives each date: as its session says or, before there is one, as the group does."""
    taken = Occupancy.objects.filter(session__series=series, live=True, end__gt=to_minute(now))
    made: dict[int, list[int]] = {}
    for slot, who in taken.order_by("profile_id").values_list("session__slot", "profile_id"):
        made.setdefault(slot or 0, []).append(who)
    spans = Facilitator.objects.filter(group=series.group_id or 0).order_by("therapist_id")
    given = list(spans.values_list("therapist_id", "from_day", "until_day"))
    return {slot: tuple(made.get(slot) or on_duty(given, day_of(series, slot))) for slot in slots}


def on_duty(given: Iterable[tuple[int, date, date | None]], day: date) -> Iterator[int]:
    return (who for who, since, until in given if since <= day and (not until or day <= until))


def _made(rows: QuerySet[Any]) -> dict[int, Held]:
    found = rows.values_list("session__slot", "start", "end", "session__medium")
    return {slot: Held(start, end, medium) for slot, start, end, medium in found}


def _usual(series: Series, slots: list[int]) -> dict[int, Held]:
    return {slot: Held(slot, slot + series.service.minutes, series.medium) for slot in slots}


# What is promised

Theirs = Callable[[date, int], bool]
"""Whether a recipient has a place on a day (of the series' zone) that begins at a slot."""


def member_of(series: Series, patient: Patient) -> Theirs | None:
    """None: the patient has no place in what is to come."""
    members = Member.objects.filter(group=series.group_id or 0, patient=patient)
    mine = members.filter(left_at__isnull=True).first()
    if mine is None:
        return None
    until, away = mine.until_start, groups.away(mine.enrollment_id)
    return lambda _day, slot: (
        slot >= mine.from_start
        and (until is None or slot <= until)
        and not any(low <= slot < high for low, high in away)
    )


def facilitator_of(series: Series, therapist: Therapist) -> Theirs | None:
    spans = Facilitator.objects.filter(group=series.group_id or 0, therapist=therapist)
    given = list(spans.values_list("therapist_id", "from_day", "until_day"))
    return (lambda day, _slot: any(on_duty(given, day))) if given else None


def promised(series: Series, theirs: Theirs | None, now: datetime) -> tuple[list[int], bool]:
    """The slots of dates that are not made yet and will be theirs; True: there are still more.

    None where the group pauses or has ended.
    """
    group = series.group
    if theirs is None or group is None or series.ended_at is not None:
        return [], False
    if group.state != GroupState.RUNNING.value:
        return [], False
    made = Session.objects.filter(series=series).aggregate(last=Max("slot"))["last"] or 0
    ahead = list(islice(slots_after(series, max(made, to_minute(now))), MOST + 1))
    mine = [slot for slot in ahead if theirs(day_of(series, slot), slot)]
    goes_on = len(ahead) > MOST and ahead[MOST] in mine
    return (mine[:-1] if goes_on else mine), goes_on


def told_so_far(told: Dates, standing: SeriesStanding) -> dict[int, Held]:
    """With what a rule without end has said of the dates behind those that were written down."""
    if not (told and standing.goes_on and standing.on):
        return dict(told)
    last, behind = max(standing.dates), rule_slots(standing.series, max(told))
    said = takewhile(lambda slot: slot <= last, behind)
    return {**told, **{slot: standing.usual(slot) for slot in said}}


def day_of(series: Series, slot: int) -> date:
    """The day that the rule gave."""
    return local_day(series.zone, slot)


def revision_of(series: int) -> int:
    """Another number after every change of a date or a seat. A seat of a group that is given up
    leaves its session as it is; an event there always is."""
    sessions = Session.objects.filter(series=series).order_by("pk").values_list("pk", "revision")
    events = Event.objects.filter(session__series=series).count()
    return crc32(repr((list(sessions), events)).encode()) & 0x7FFFFFFF
