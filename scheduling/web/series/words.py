"""How a series is said: its rule, and why a date cannot be."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.engine.recurrence import parse_rule
from scheduling.web.series.forms import WEEKDAYS

WHY = {
    "busy": gettext_lazy("The therapist has another session then."),
    "day_off": gettext_lazy("The therapist is off."),
    "holiday": gettext_lazy("The clinic is closed."),
    "outside_hours": gettext_lazy("The therapist does not work at this time."),
    "off_grid": gettext_lazy("Sessions do not start at this minute."),
    "daily_limit": gettext_lazy("This day is full."),
    "not_allowed": gettext_lazy("The therapist's licence does not cover this day."),
    "not_licensed": gettext_lazy("The therapist may not treat in this state."),
    "too_far": gettext_lazy("Too far ahead to be booked yet."),
    "too_soon": gettext_lazy("Too soon to be booked online."),
    "spring_gap": gettext_lazy("Clocks go forward: this time does not exist."),
}
MINE_BUSY = gettext_lazy("You have another appointment then.")
THEIRS_BUSY = gettext_lazy("This time cannot be booked for this patient.")
NTH = {
    1: gettext_lazy("first"),
    2: gettext_lazy("second"),
    3: gettext_lazy("third"),
    4: gettext_lazy("fourth"),
    -1: gettext_lazy("last"),
}


def why(code: str, own: bool) -> str:
    """Staff without sight of the patient's other booking learn nothing of it."""
    if code == "patient_busy":
        return str(MINE_BUSY if own else THEIRS_BUSY)
    return str(WHY[code])


def rule(text: str) -> str:
    """ "Every Monday and Wednesday", "Every other Friday", "Every second Tuesday of a month" """
    one = parse_rule(text)
    names = [str(WEEKDAYS[day][1]) for day in one.weekdays]
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
