"""The levels of care that a clinic begins with: dated rows of its own, to be changed by it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from accounts.models import Clinic
from scheduling.models import Level, LevelRule

SINCE = date(2013, 10, 24)  # when the third edition of the ASAM Criteria came out
ADULT = 18


class Band(NamedTuple):
    """Minutes a week; `most` None is open."""

    least: int
    most: int | None
    age_from: int = 0
    age_until: int | None = None


class Shipped(NamedTuple):
    code: str
    name: str
    rank: int
    source: str
    bands: tuple[Band, ...]


# "Under nine hours" is up to the last minute before them.
UNDER_9, UNDER_6 = 9 * 60 - 1, 6 * 60 - 1
LEVELS = (
    Shipped(
        "php", "Partial hospitalization", 40, "ASAM Criteria, level 2.5", (Band(20 * 60, 40 * 60),)
    ),
    Shipped(
        "iop", "Intensive outpatient", 30, "ASAM Criteria, level 2.1",
        (Band(9 * 60, 19 * 60, ADULT), Band(6 * 60, 19 * 60, 0, ADULT)),
    ),
    Shipped(
        "outpatient", "Outpatient", 20, "ASAM Criteria, level 1",
        (Band(0, UNDER_9, ADULT), Band(0, UNDER_6, 0, ADULT)),
    ),
    Shipped("aftercare", "Aftercare", 10, "", (Band(0, None),)),
)  # fmt: skip


def ship_levels(clinic: Clinic) -> None:
    """Make the levels that the clinic does not have; what it has is its own."""
    there = set(Level.objects.filter(clinic=clinic).values_list("code", flat=True))
    for one in LEVELS:
        if one.code in there:
            continue
        level = Level.objects.create(clinic=clinic, code=one.code, name=one.name, rank=one.rank)
        LevelRule.objects.bulk_create(
            LevelRule(
                level=level,
                valid_from=SINCE,
                age_from=band.age_from,
                age_until=band.age_until,
                min_minutes=band.least,
                max_minutes=band.most,
                source=one.source,
            )
            for band in one.bands
        )
