"""Utilization: what was offered, booked, delivered and lost in whole weeks or months of a clinic.

Days, weeks and hours are those of the clinic's zone, found by adding an offset to whole minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from accounts.models import Clinic
from scheduling.engine.periods import Period
from scheduling.engine.utilization import Sums


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


@dataclass(frozen=True)
class Asked:
    """What a report is to be about. Filters are ids, `therapist` that of a profile."""

    clinic: Clinic
    period: Period
    by: By | None = None
    therapist: int | None = None
    service: int | None = None
    modality: int | None = None
    kind: str = ""
    medium: str = ""


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
    raise NotImplementedError
