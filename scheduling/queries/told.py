"""A utilization report as its reader may have it; the one place that hides small counts (PR5).

Counts of people and what became of their sessions are told for whole months that are over, and for
years of them: for weeks as well, a week could be found by subtracting. Of one month they are told
by one thing at a time, a breakdown or a filter. Minutes are therapists' time and always told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.engine.periods import Length, Period, beginning
from scheduling.engine.small_cells import kept_back, of_few, small
from scheduling.engine.told import Told, everything, kept_counts, minutes, table, total
from scheduling.engine.utilization import Sums
from scheduling.errors import NotFound
from scheduling.models import Kind, Modality, Service
from scheduling.queries.access import access
from scheduling.queries.utilization import Asked, By, Report, Row, report

COARSE = {By.MODALITY: "modality__code", By.KIND: "kind"}  # made of services


@dataclass(frozen=True)
class Wish:
    """A report as an address names it."""

    period: Period
    by: By | None = None
    therapist: UUID | None = None
    service: UUID | None = None
    modality: str = ""
    kind: str = ""
    medium: str = ""

    @property
    def filters(self) -> dict[By, str]:
        """What narrows it, by the table in which it is a row."""
        said = {
            By.THERAPIST: self.therapist,
            By.SERVICE: self.service,
            By.MODALITY: self.modality,
            By.KIND: self.kind,
            By.MEDIUM: self.medium,
        }
        return {by: str(value) for by, value in said.items() if value}


class Line(NamedTuple):
    key: str
    label: str
    told: Told


class Access(NamedTuple):
    """How one comes to a service: minutes to the third next available time, and the line.

    `waiting` None: not told, and then `waited` neither. `joined`: a group, which has no free times.
    """

    key: str
    label: str
    third_next: int | None
    waiting: int | None
    waited: int | None
    joined: bool


@dataclass(frozen=True)
class Telling:
    report: Report
    total: Told
    before: Told
    lines: list[Line]
    series: list[Line]
    access: list[Access] = field(default_factory=list)


def tell(actor: Actor, wish: Wish, today: date) -> Telling:
    """To the clinic's admin."""
    if not actor.has(policy.ADMIN):
        raise NotFound
    months = wish.period.length in (Length.MONTH, Length.YEAR)  # of which some are over
    found = report(replace(_asked(actor, wish), people=months))
    past = replace(wish, period=wish.period.before)
    asked = replace(found.asked, period=past.period)
    return Telling(
        report=found,
        total=_total(wish, found.asked, found.total, found.series, today),
        before=_total(past, asked, found.before, None, today),
        lines=_lines(found.rows, _table(wish, found, today)),
        series=_lines(found.series, _series(wish, found.series, today)),
        access=[] if wish.filters else _access(found.asked),
    )


def tell_own(actor: Actor, wish: Wish, today: date) -> Telling:
    """To a therapist, their own numbers: nothing in them is news to them."""
    if actor.therapist is None:
        raise NotFound
    who = policy.find(Therapist, actor, pk=actor.therapist)
    found = report(_asked(actor, replace(wish, therapist=who.uuid)))
    return Telling(
        report=found,
        total=everything(found.total),
        before=everything(found.before),
        lines=_lines(found.rows, [everything(row.sums) for row in found.rows]),
        series=_lines(found.series, [everything(row.sums) for row in found.series]),
    )


class Mean(NamedTuple):
    """What a therapist of the clinic comes to on average; `show_rate` is all of theirs together."""

    therapists: int
    offered: int
    booked: int
    delivered: int
    show_rate: float | None


def mean(actor: Actor, own: Telling, today: date) -> Mean | None:
    """None where nobody else worked. The others' rate is told as the clinic's would be."""
    asked = own.report.asked
    whole = report(Asked(asked.clinic, asked.period, by=By.THERAPIST))
    count = sum(1 for row in whole.rows if row.sums.offered or row.sums.booked)
    if count < 2:
        return None
    mine, all_of_them = own.report.total, whole.total
    rest = (all_of_them.attended - mine.attended, all_of_them.no_show - mine.no_show)
    told = _total(Wish(asked.period), whole.asked, all_of_them, whole.series, today)
    return Mean(
        count,
        (all_of_them.offered or 0) // count,
        all_of_them.booked // count,
        all_of_them.delivered // count,
        None if any(small(one) for one in rest) else told.people.get("show_rate"),
    )


def _asked(actor: Actor, wish: Wish) -> Asked:
    """NotFound for what is not this clinic's."""
    assert actor.clinic is not None
    who = policy.find(Therapist, actor, uuid=wish.therapist).pk if wish.therapist else None
    what = policy.find(Service, actor, uuid=wish.service).pk if wish.service else None
    kind = policy.find(Modality, actor, code=wish.modality).pk if wish.modality else None
    return Asked(
        clinic=actor.clinic,
        period=wish.period,
        by=wish.by,
        therapist=who,
        service=what,
        modality=kind,
        kind=wish.kind,
        medium=wish.medium,
    )


def _access(asked: Asked) -> list[Access]:
    rows = access(asked.clinic, asked.period)
    back = kept_back([row.waiting for row in rows])
    return [
        Access(
            str(row.service.uuid),
            row.service.name,
            row.wait_minutes,
            None if place in back else row.waiting,
            None if place in back else row.waited_minutes,
            row.service.kind == Kind.GROUP.value,
        )
        for place, row in enumerate(rows)
    ]


def _lines(rows: Iterable[Row], told: Iterable[Told]) -> list[Line]:
    return [Line(row.key, row.label, one) for row, one in zip(rows, told, strict=True)]


def _grid(period: Period, today: date) -> bool:
    """Whether people are counted in it at all."""
    return period.length in (Length.MONTH, Length.YEAR) and period.over(today)


def _total(wish: Wish, asked: Asked, sums: Sums, months: list[Row] | None, today: date) -> Told:
    """`months`: of a year, if they are read already."""
    narrowed = len(wish.filters)
    if not _grid(wish.period, today) or narrowed > 1 or (narrowed and wish.by):
        return minutes(sums)
    if narrowed:
        return _row(wish, asked, today) or minutes(sums)
    if wish.period.length is Length.MONTH:
        return total(sums)
    parts = months or report(replace(asked, by=None)).series
    return total(sums, [row.sums for row in parts])


def _row(wish: Wish, asked: Asked, today: date) -> Told | None:
    """What is filtered, as the table tells it in which it is one row."""
    [(by, key)] = wish.filters.items()
    found = report(Asked(asked.clinic, asked.period, by=by))
    lines = _lines(found.rows, _table(Wish(wish.period, by=by), found, today))
    return next((line.told for line in lines if line.key == key), None)


def _table(wish: Wish, found: Report, today: date) -> list[Told]:
    """The rows; those that are made of services tell no more than the services do."""
    if wish.by is By.PERIOD:
        return _series(wish, found.rows, today)
    sums, patients = [row.sums for row in found.rows], found.total.patients
    month = wish.period.length is Length.MONTH and wish.period.over(today)
    if not month or wish.filters or wish.by is By.WEEKDAY_HOUR:
        return [minutes(one) for one in sums]
    if wish.by in COARSE:
        back = _back_of_services(found, COARSE[wish.by])
        return table(sums, patients, [back[row.key] for row in found.rows])
    return table(sums, patients)


def _back_of_services(found: Report, path: str) -> dict[str, set[str]]:
    """What the table of services keeps back, by what they are part of."""
    asked = found.asked
    services = report(replace(asked, by=By.SERVICE)).rows
    above = dict(Service.objects.filter(clinic=asked.clinic).values_list("uuid", path))
    kept = kept_counts([row.sums for row in services], found.total.patients)
    back: defaultdict[str, set[str]] = defaultdict(set)
    parts: defaultdict[str, list[int]] = defaultdict(list)
    for row, names in zip(services, kept, strict=True):
        back[above[UUID(row.key)]].update(names)
        if row.sums.seats:
            parts[above[UUID(row.key)]].append(row.sums.patients)
    for row in found.rows:
        if of_few(parts[row.key], row.sums.patients):
            back[row.key].add("patients")
    return back


def _series(wish: Wish, rows: list[Row], today: date) -> list[Told]:
    """Each week, and each month as its own report tells it."""
    if wish.filters or wish.period.length in (Length.WEEK, Length.FOUR_WEEKS):
        return [minutes(row.sums) for row in rows]
    return [total(row.sums) if _month(row.key).over(today) else minutes(row.sums) for row in rows]


def _month(key: str) -> Period:
    return beginning(Length.MONTH, date.fromisoformat(key))
