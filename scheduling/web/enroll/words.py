"""How levels, programs and enrolments are told to a person."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.models import LevelRule
from scheduling.queries import recurring, times
from scheduling.queries.programs import Meeting


def hours(minutes: int) -> str:
    """ "9 hours", "1.5 hours", "50 minutes" where it is less than an hour."""
    if 0 < minutes < 60:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    if minutes == 60:
        return _("1 hour")
    return _("%(hours)s hours") % {"hours": number(minutes)}


def number(minutes: int) -> str:
    """Hours as a figure: "9", "9.5", "0.83"."""
    return number_format(f"{round(minutes / 60, 2):g}")


def range_of(minutes: list[int]) -> str:
    """ "9 hours", or "9 to 12 hours" where the weeks differ."""
    least, most = min(minutes), max(minutes)
    if least == most:
        return hours(least)
    return _("%(least)s to %(most)s hours") % {"least": number(least), "most": number(most)}


def band(rule: LevelRule) -> str:
    """ "9 to 19 hours a week" """
    least, most = rule.min_minutes, rule.max_minutes
    if most is None:
        if not least:
            return _("no hours are asked for")
        return _("at least %(hours)s a week") % {"hours": hours(least)}
    if not least:
        return _("up to %(hours)s a week") % {"hours": hours(most)}
    return _("%(least)s to %(most)s a week") % {"least": number(least), "most": hours(most)}


def day_rule(rule: LevelRule) -> str:
    """ "at least 3 hours on 5 days", or nothing."""
    if rule.days is None or rule.day_minutes is None:
        return ""
    said = {"hours": hours(rule.day_minutes), "days": rule.days}
    return (
        ngettext(
            "at least %(hours)s on %(days)d day",
            "at least %(hours)s on each of %(days)d days",
            rule.days,
        )
        % said
    )


def ages(rule: LevelRule) -> str:
    """ "All ages", "12 to 17 years", "18 years and over" """
    young, old = rule.age_from, rule.age_until
    if old is None:
        return _("%(age)d years and over") % {"age": young} if young else _("All ages")
    if not young:
        return _("Below %(age)d years") % {"age": old}
    return _("%(first)d to %(last)d years") % {"first": young, "last": old - 1}


def verdict(code: str) -> tuple[str, str]:
    """The word and the kind of its chip."""
    return {
        "under": (_("below the band"), "warn"),
        "over": (_("above the band"), "warn"),
        "within": (_("within the band"), "success"),
    }[code]


def meets(one: Meeting) -> str:
    """ "Every Monday at 9:00 AM (Los Angeles)" """
    if not one.rule:
        return _("It does not meet at present.")
    said = {
        "every": recurring.every(one.rule),
        "time": times.clock(datetime(2000, 1, 1, *divmod(one.at, 60), tzinfo=UTC)),
        "city": times.city(one.zone),
    }
    return _("%(every)s at %(time)s (%(city)s)") % said
