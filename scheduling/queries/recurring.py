"""How a rule is told to a person: "every Monday and Wednesday at 3:00 PM PST (Los Angeles)"."""

from __future__ import annotations

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.engine.recurrence import parse_rule
from scheduling.queries import times

NTH = {
    1: gettext_lazy("first"),
    2: gettext_lazy("second"),
    3: gettext_lazy("third"),
    4: gettext_lazy("fourth"),
    -1: gettext_lazy("last"),
}


def every(rule: str) -> str:
    """ "Every Monday and Wednesday", "Every other Friday", "Every second Tuesday of a month" """
    one = parse_rule(rule)
    names = [str(WEEKDAYS[day]) for day in one.weekdays]
    if one.freq == "MONTHLY":
        said = {"nth": NTH[one.nth], "day": names[0], "months": one.interval}
        if one.interval == 1:
            return _("Every %(nth)s %(day)s of a month") % said
        return _("Every %(nth)s %(day)s of every %(months)d months") % said
    days = names[0] if len(names) == 1 else _(" and ").join([", ".join(names[:-1]), names[-1]])
    if one.interval == 1:
        return _("Every %(days)s") % {"days": days}
    if one.interval == 2:
        return _("Every other %(days)s") % {"days": days}
    return _("Every %(weeks)d weeks on %(days)s") % {"weeks": one.interval, "days": days}


def every_at(rule: str, start: int, zone: str) -> str:
    """With the time of day of a date, as the wall clock of `zone` shows it."""
    begins = times.local(start, zone)
    return _("%(every)s at %(time)s %(zone)s (%(city)s)") % {
        "every": every(rule),
        "time": times.clock(begins),
        "zone": times.abbreviation(begins),
        "city": times.city(zone),
    }
