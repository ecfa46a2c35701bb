"""Sums as a report may tell them: therapists' minutes always, what people did unless it is small.

Each count is a column of a table whose sum is known elsewhere; different patients do not add up,
and so their number in all is. A rate gives away the two counts
that it is made of, and lost minutes the number of sessions; so they are told where these may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .small_cells import kept_back, may_tell_sum, of_few
from .utilization import Sums

Count = Callable[[Sums], int]
LONG = 60  # minutes: in a table of lost hours each stands for one session at least

OF_SEATS: dict[str, Count] = {  # there are none where nothing was booked
    "patients": lambda sums: sums.patients,
    "attended": lambda sums: sums.attended,
    "no_show": lambda sums: sums.no_show,
    "technical": lambda sums: sums.technical + sums.cancelled_technical,
}
OF_GROUPS: dict[str, Count] = {
    "present": lambda sums: sums.group_present,
    "absent": lambda sums: sums.group_taken - sums.group_present,
}
OF_OTHERS: dict[str, Count] = {"alone": lambda sums: sums.attended - sums.group_present}
OF_ALL: dict[str, Count] = {
    "cancelled": lambda sums: sums.cancelled,
    "cancelled_late": lambda sums: sums.cancelled_late,
    "cancelled_clinic": lambda sums: sums.cancelled_clinic,
    "rebooked": lambda sums: sums.rebooked,
    "not_rebooked": lambda sums: sums.individual_cancels - sums.rebooked,
    "ahead": lambda sums: sum(sums.lead),
    "lost_no_show": lambda sums: sums.lost_no_show // LONG,
    "lost_technical": lambda sums: sums.lost_technical // LONG,
    "lost_late": lambda sums: sums.lost_late // LONG,
    "lost_clinic": lambda sums: sums.lost_clinic // LONG,
}
COUNTS = OF_SEATS | OF_GROUPS | OF_OTHERS | OF_ALL


@dataclass(frozen=True)
class Measure:
    """What is told about people, and the counts that must not be small for it."""

    value: Callable[[Sums], float | int | None]
    needs: tuple[str, ...]


MEASURES: dict[str, Measure] = {
    "patients": Measure(OF_SEATS["patients"], ("patients",)),
    "attended": Measure(OF_SEATS["attended"], ("attended",)),
    "no_show": Measure(OF_SEATS["no_show"], ("no_show",)),
    "technical": Measure(OF_SEATS["technical"], ("technical",)),
    "cancelled": Measure(OF_ALL["cancelled"], ("cancelled",)),
    "cancelled_late": Measure(OF_ALL["cancelled_late"], ("cancelled_late",)),
    "cancelled_clinic": Measure(OF_ALL["cancelled_clinic"], ("cancelled_clinic",)),
    "lost_no_show": Measure(lambda sums: sums.lost_no_show, ("no_show", "lost_no_show")),
    "lost_late": Measure(lambda sums: sums.lost_late, ("cancelled_late", "lost_late")),
    "lost_clinic": Measure(lambda sums: sums.lost_clinic, ("cancelled_clinic", "lost_clinic")),
    "lost_technical": Measure(lambda sums: sums.lost_technical, ("technical", "lost_technical")),
    "show_rate": Measure(lambda sums: sums.show_rate, ("attended", "no_show")),
    "present": Measure(lambda sums: sums.group_present, ("present", "alone")),
    "fill": Measure(lambda sums: sums.fill, ("present", "absent")),
    "lead_median": Measure(lambda sums: sums.lead_within(0.5), ("ahead",)),
    "lead_90": Measure(lambda sums: sums.lead_within(0.9), ("ahead",)),
    "rebooking": Measure(lambda sums: sums.rebooking, ("rebooked", "not_rebooked")),
}


@dataclass(frozen=True)
class Told:
    """`people`: the measures that may be told, None where there is nothing to measure."""

    offered: int | None
    booked: int
    delivered: int
    utilization: float | None
    people: Mapping[str, float | int | None] = field(default_factory=dict)


def minutes(sums: Sums) -> Told:
    return Told(sums.offered, sums.booked, sums.delivered, sums.utilization)


def everything(sums: Sums) -> Told:
    """To who was there."""
    return _told(sums, ())


def table(rows: Sequence[Sums], patients: int, back: Sequence[Iterable[str]] = ()) -> list[Told]:
    """The rows of one table; `patients`: different ones in all of it; `back`: the counts that are
    kept back in each row for another reason."""
    kept = kept_counts(rows, patients, back)
    return [_told(row, names) for row, names in zip(rows, kept, strict=True)]


def total(sums: Sums, parts: Sequence[Sums] = ()) -> Told:
    """The sum of parts that other reports tell, each unless it is small."""
    kept = kept_counts([sums], sums.patients)[0]
    if parts:
        kept |= {
            name for name, count in COUNTS.items() if not may_tell_sum([count(p) for p in parts])
        }
    if of_few([part.patients for part in parts if part.seats], sums.patients):
        kept.add("patients")
    return _told(sums, kept)


def kept_counts(
    rows: Sequence[Sums], patients: int, back: Sequence[Iterable[str]] = ()
) -> list[set[str]]:
    """The counts of each row that are not told."""
    kept: list[set[str]] = [set() for _ in rows]
    before = [set(names) for names in back] or kept
    for name, count in COUNTS.items():
        of = [place for place, row in enumerate(rows) if _has(row, name)]
        counts = [count(rows[place]) for place in of]
        also = {at for at, place in enumerate(of) if name in before[place]}
        if name == "patients":
            also |= of_few(counts, patients)
        for at in kept_back(counts, also):
            kept[of[at]].add(name)
    return kept


def _has(sums: Sums, name: str) -> bool:
    """Whether there was anything to count; where nothing was booked is told by the minutes."""
    if name in OF_SEATS:
        return sums.seats > 0
    if name in OF_GROUPS:
        return sums.group_sessions > 0
    return name not in OF_OTHERS or sums.seats > sums.group_taken


def _told(sums: Sums, kept: Iterable[str]) -> Told:
    hidden = set(kept)
    people = {
        name: one.value(sums) if all(_has(sums, need) for need in one.needs[:1]) else None
        for name, one in MEASURES.items()
        if hidden.isdisjoint(one.needs)
    }
    return Told(sums.offered, sums.booked, sums.delivered, sums.utilization, people)
