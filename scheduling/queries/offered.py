"""The hours that therapists offered, as they were valid then: the rows, for the engine to read."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from accounts.models import Clinic, Departure, Therapist
from scheduling.engine.hours import Hours, Period
from scheduling.models import DayHours, Holiday, TimeOff, WeeklyHours

Days = tuple[date, date]
DAY = timedelta(days=1)


def hours_of(clinic: Clinic, first: date, last: date, profile: int | None) -> dict[int, Hours]:
    """Of each therapist with weekly hours or single days in that time, by profile. Six queries.

    `first` and `last` are days in any zone: look a day wider.
    """
    whose: dict[str, Any] = {"therapist__clinic": clinic}
    if profile is not None:
        whose["therapist"] = profile
    zones = dict(Therapist.objects.filter(clinic=clinic).values_list("pk", "time_zone"))
    periods: dict[int, list[Period]] = defaultdict(list)
    weeks = WeeklyHours.objects.filter(**whose, valid_from__lte=last)
    weeks = weeks.exclude(valid_until__lt=first).order_by("valid_from")
    for who, since, until, pattern in weeks.values_list(
        "therapist", "valid_from", "valid_until", "pattern"
    ):
        periods[who].append((since, until, pattern))
    single: dict[int, list[tuple[date, str]]] = defaultdict(list)
    days = DayHours.objects.filter(**whose, day__range=(first, last)).order_by("day")
    for who, day, spans in days.values_list("therapist", "day", "spans"):
        single[who].append((day, spans))
    holidays = Holiday.objects.filter(clinic=clinic, day__range=(first, last)).order_by("day")
    closed: list[Days] = [(day, day) for day in holidays.values_list("day", flat=True)]
    off: dict[int, list[Days]] = defaultdict(list)
    away = TimeOff.objects.filter(**whose, first_day__lte=last, last_day__gte=first)
    for who, first_day, last_day in away.values_list("therapist", "first_day", "last_day"):
        off[who].append((first_day, last_day))
    gone = Departure.objects.filter(**whose, last_day__lt=last)
    for who, last_day, back in gone.values_list("therapist", "last_day", "back"):
        until = back - DAY if back else last
        if last_day < until:
            off[who].append((last_day + DAY, until))
    return {
        who: Hours(
            zones[who],
            tuple(periods[who]),
            tuple(single[who]),
            (*closed, *off[who]),
        )
        for who in sorted({*periods, *single})
    }
