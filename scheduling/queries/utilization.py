"""Utilization: what was offered, booked, delivered and lost in whole weeks or months of a clinic.

Days, weeks and hours are those of the clinic's zone, found by adding an offset to whole minutes.
What each sum means: docs/utilization.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from accounts.models import Clinic, Therapist
from scheduling.engine.hours import day_span
from scheduling.engine.interval import DAY, day_date
from scheduling.engine.periods import Length, Period
from scheduling.engine.utilization import LEAD_DAYS, Offers, Sums, by_hour, offers, steps
from scheduling.models import Kind, Level, Medium, Service
from scheduling.queries import facts
from scheduling.queries.facts import Tally
from scheduling.queries.offered import hours_of


class By(StrEnum):
    """What a report is broken down by."""

    THERAPIST = "therapist"
    SERVICE = "service"
    MODALITY = "modality"
    KIND = "kind"
    MEDIUM = "medium"
    LEVEL = "level"
    WEEKDAY_HOUR = "weekday_hour"
    PERIOD = "period"  # each week or month


HOURS = [f"{weekday}-{hour}" for weekday in range(7) for hour in range(24)]


@dataclass(frozen=True)
class Asked:
    """What a report is to be about. Filters are ids, `therapist` that of a profile. Without
    `people` neither they nor what became of their sessions is counted, minutes alone: quicker.
    """

    clinic: Clinic
    period: Period
    by: By | None = None
    therapist: int | None = None
    service: int | None = None
    modality: int | None = None
    kind: str = ""
    medium: str = ""
    people: bool = True

    @property
    def filtered(self) -> bool:
        """Whether only a part of what therapists do is asked for."""
        return bool(self.service or self.modality or self.kind or self.medium)

    def includes(self, service: Service) -> bool:
        return (
            self.service in (None, service.pk)
            and self.modality in (None, service.modality_id)
            and self.kind in ("", service.kind)
        )


class Row(NamedTuple):
    """`key` names it in an address: a uuid, a code, a day, or "0-9" (weekday, Monday 0, and hour).

    Of levels of care "" is no programme, "several" a group's session whose patients differ.
    """

    key: str
    label: str
    sums: Sums


class Cell(NamedTuple):
    """Minutes in one hour of the week."""

    offered: int | None
    booked: int
    delivered: int


@dataclass(frozen=True)
class Report:
    asked: Asked
    total: Sums
    before: Sums  # of asked.period.before
    rows: list[Row]  # by what was asked; none if nothing
    series: list[Row]  # every week or month of the period, in order; key: its first day
    heat: list[list[Cell]]  # seven days, Monday first, of 24 hours


def report(asked: Asked) -> Report:
    """All that the page shows: one statement for what was booked, some small ones for the rest."""
    days = [*steps(asked.period.before), *steps(asked.period)]
    half, zone = len(days) // 2, asked.clinic.time_zone
    bounds = [day_span(zone, day, day)[0] for day in [*days, asked.period.until]]
    names = Names(asked)
    found = facts.find(names.look(bounds))
    opened = None
    if not asked.filtered:
        first, last = day_date(bounds[0] // DAY - 1), day_date(bounds[-1] // DAY + 1)
        opened = offers(hours_of(asked.clinic, first, last, asked.therapist), zone, bounds, half)
    by_step, by_key = _tallies(asked, found)
    hours = _by_hour(found.times)

    def of_steps(low: int, high: int, patients: tuple[int, int]) -> Sums:
        tally = sum((by_step[step] for step in range(low, high)), Tally())
        offered = sum(opened.by_step[low:high]) if opened else None
        return _sums(tally, offered, found.patients.get(patients, 0))

    series = [
        Row(days[step].isoformat(), "", of_steps(step, step + 1, (facts.BY_STEP, step)))
        for step in range(half, len(days))
    ]
    offered_by: Mapping[int, int] | None = None
    if opened and asked.by is By.THERAPIST:
        offered_by = opened.by_therapist
    if asked.by is By.WEEKDAY_HOUR:
        offered_by = dict(enumerate(opened.by_hour)) if opened else None
        for cell in range(len(HOURS)):
            by_key[cell].update({name: cells[cell] for name, cells in hours.items()})
    rows = []
    for one, (key, label) in names.rows().items():
        offered = offered_by.get(one, 0) if offered_by is not None else None
        if offered or any(by_key[one].values()):
            sums = _sums(by_key[one], offered, found.patients.get((facts.BY_KEY, one), 0))
            rows.append(Row(key, label, sums))
    return Report(
        asked,
        total=of_steps(half, len(days), (facts.BY_PERIOD, 1)),
        before=of_steps(0, half, (facts.BY_PERIOD, 0)),
        rows=series if asked.by is By.PERIOD else rows,
        series=series,
        heat=_heat(opened, hours),
    )


def _tallies(asked: Asked, found: facts.Found) -> tuple[dict[int, Tally], dict[int, Tally]]:
    """By step and by key. What a second giver adds is the giver's own alone; the time, everybody's.

    By the hour only seats are counted here: a session's time lies in several.
    """
    by_step: dict[int, Tally] = defaultdict(Tally)
    by_key: dict[int, Tally] = defaultdict(Tally)
    for fact in found.steps:
        fact.tally(by_step[fact.at], seats=asked.people and not fact.again)
    own, time = asked.by is By.THERAPIST, asked.by is not By.WEEKDAY_HOUR
    for fact in found.rows:
        seats = asked.people and (own or not fact.again)
        fact.tally(by_key[fact.at], time=time, seats=seats)
    return by_step, by_key


def _by_hour(times: Iterable[tuple[int, int, int, int, int]]) -> dict[str, list[int]]:
    """Minutes in each hour of the week, by field."""
    pieces: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for at, minutes, delivered, outcome, count in times:
        for field, length in facts.minutes_of(outcome, minutes, delivered).items():
            pieces[field].append((at, length, count))
    return {field: by_hour(some) for field, some in pieces.items()}


def _heat(opened: Offers | None, hours: Mapping[str, list[int]]) -> list[list[Cell]]:
    none = [0] * len(HOURS)
    offered = opened.by_hour if opened else [None] * len(HOURS)
    booked, delivered = hours.get("booked", none), hours.get("delivered", none)
    cells = [Cell(*one) for one in zip(offered, booked, delivered, strict=True)]
    return [cells[start : start + 24] for start in range(0, len(cells), 24)]


def _sums(tally: Tally, offered: int | None, patients: int) -> Sums:
    lead = tuple(tally[place] for place in range(len(LEAD_DAYS) + 1))
    counted = {name: number for name, number in tally.items() if isinstance(name, str)}
    return Sums(offered=offered, lead=lead, patients=patients, **counted)


class Names:
    """What the keys of the facts stand for: (key, label) in the order of the rows."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        rows = Service.objects.filter(clinic=asked.clinic).select_related("modality")
        self.services = list(rows.order_by("name", "pk"))

    def look(self, bounds: Sequence[int]) -> facts.Look:
        asked = self.asked
        wanted = [one for one in self.services if asked.includes(one)]
        return facts.Look(
            clinic=asked.clinic.pk,
            zone=asked.clinic.time_zone,
            steps=bounds[:-1],
            until=bounds[-1],
            weekly=asked.period.length in (Length.WEEK, Length.FOUR_WEEKS),
            individual=[one.pk for one in wanted if one.kind == Kind.INDIVIDUAL.value],
            groups=[one.pk for one in wanted if one.kind == Kind.GROUP.value],
            all_individual=[s.pk for s in self.services if s.kind == Kind.INDIVIDUAL.value],
            medium=Medium(asked.medium).value if asked.medium else "",
            therapist=asked.therapist,
            by=None if asked.by is By.PERIOD else asked.by,
            people=asked.people,
            of_service={one.pk: self._of(one) for one in wanted},
        )

    def _of(self, service: Service) -> int:
        if self.asked.by is By.MODALITY:
            return service.modality_id
        if self.asked.by is By.KIND:
            return list(Kind).index(Kind(service.kind))
        return service.pk

    def rows(self) -> dict[int, tuple[str, str]]:
        clinic = self.asked.clinic
        match self.asked.by:
            case By.THERAPIST:
                people = Therapist.objects.filter(clinic=clinic).order_by("name", "pk")
                return {
                    pk: (str(uuid), name)
                    for pk, uuid, name in people.values_list("pk", "uuid", "name")
                }
            case By.SERVICE:
                return {one.pk: (str(one.uuid), one.name) for one in self.services}
            case By.MODALITY:
                kinds = sorted({one.modality for one in self.services}, key=lambda one: one.name)
                return {one.pk: (one.code, one.name) for one in kinds}
            case By.KIND:
                return {place: (one.value, str(one.label)) for place, one in enumerate(Kind)}
            case By.MEDIUM:
                return {place: (one.value, str(one.label)) for place, one in enumerate(Medium)}
            case By.LEVEL:
                levels = Level.objects.filter(clinic=clinic).order_by("-rank", "code")
                named = {one.pk: (one.code, one.name) for one in levels}
                return named | {-1: ("several", ""), 0: ("", "")}
            case By.WEEKDAY_HOUR:
                return {place: (key, "") for place, key in enumerate(HOURS)}
        return {}
