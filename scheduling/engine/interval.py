"""Spans of time as whole numbers: minutes since 1970-01-01T00:00 UTC, half-open [start, end)."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

Span = tuple[int, int]

DAY = 1440
"""Minutes in a UTC day."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_MINUTE = timedelta(minutes=1)


def to_minute(moment: datetime) -> int:
    """The minute in which an aware `moment` lies (rounded down)."""
    if moment.utcoffset() is None:
        raise ValueError("a moment needs a time zone")
    return (moment - _EPOCH) // _MINUTE


def from_minute(minute: int) -> datetime:
    """The aware UTC datetime at which `minute` begins."""
    return _EPOCH + minute * _MINUTE


def day_number(day: date) -> int:
    """Days from 1970-01-01 to `day`; times DAY it is the date's first minute on any wall clock."""
    return day.toordinal() - _EPOCH_ORDINAL


def day_date(number: int) -> date:
    """The date of a day number."""
    return date.fromordinal(number + _EPOCH_ORDINAL)


def whole_days(start: int, end: int) -> Span:
    """The shortest span of whole UTC days around [start, end)."""
    return start // DAY * DAY, -(-end // DAY) * DAY


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same time in order, with overlapping and touching spans made one; empty ones dropped."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged
