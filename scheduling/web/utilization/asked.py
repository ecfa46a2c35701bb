"""The report that an address names, and the addresses of its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import QueryDict

from accounts.models import Clinic
from scheduling.engine.hours import in_reach
from scheduling.engine.periods import Length, Period, latest, period
from scheduling.models import Kind
from scheduling.models.catalogue import Medium
from scheduling.queries.told import Wish
from scheduling.queries.utilization import By

T = TypeVar("T")
NARROW = ("therapist", "service", "modality", "kind", "medium")
PERIOD = ("period", "from")
KNOWN = (*PERIOD, "by", *NARROW)


def wish_of(said: QueryDict, clinic: Clinic, today: date, only: Sequence[str] = KNOWN) -> Wish:
    """BadRequest for what is unknown, said twice or makes no sense (AC8); empty is not said.

    Nothing narrowed and no breakdown is said: by therapist.
    """
    if any(name not in only or len(values) > 1 for name, values in said.lists()):
        raise BadRequest
    length = _read(said, "period", Length) or Length.MONTH
    day = _read(said, "from", _day)
    starts = clinic.week_starts
    plain = "by" in only and not any(said.get(name) for name in NARROW)
    usual = By.THERAPIST if plain else None
    return Wish(
        period=period(length, day, starts) if day else latest(length, today, starts),
        by=_read(said, "by", By) or usual,
        therapist=_read(said, "therapist", UUID),
        service=_read(said, "service", UUID),
        modality=said.get("modality", "")[:60],
        kind=_read(said, "kind", lambda text: Kind(text).value) or "",
        medium=_read(said, "medium", lambda text: Medium(text).value) or "",
    )


def _read(said: QueryDict, name: str, read: Callable[[str], T]) -> T | None:
    text = said.get(name, "")
    try:
        return read(text) if text else None
    except ValueError as error:
        raise BadRequest from error


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if not in_reach(day):
        raise ValueError
    return day


def query(wish: Wish, **other: Any) -> str:
    """The part of the address after the "?", with something else in place of what it says."""
    said: dict[str, Any] = {
        "period": wish.period.length.value,
        "from": wish.period.first,
        "by": wish.by and wish.by.value,
        **{name: getattr(wish, name) for name in NARROW},
    }
    return urlencode({name: value for name, value in (said | other).items() if value})


def of_period(wish: Wish, other: Period) -> str:
    return query(wish, period=other.length.value, **{"from": other.first})
