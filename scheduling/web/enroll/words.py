"""How levels, programs and enrolments are told to a person."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from scheduling.engine.hours import local_day
from scheduling.engine.lifecycle import EndReason
from scheduling.models import Booking, LevelRule, Pause, Session
from scheduling.queries import recurring, times
from scheduling.queries.enrollments import Standing
from scheduling.queries.programs import Meeting
from scheduling.queries.times import hours
from scheduling.web.series import words as series_words


def short_day(day: date) -> str:
    """ "Mar 1" """
    return date_format(day, pgettext("a short date, Django's format", "M j"))


def range_of(minutes: list[int]) -> str:
    """ "9 hours", or "9 to 12 hours" where the weeks differ."""
    least, most = min(minutes), max(minutes)
    return hours(least) if least == most else _span(least, most)


def _span(least: int, most: int) -> str:
    """ "9 to 12 hours", "9 hours to 11 h 30 min" """
    first = hours(least) if least % 60 or most % 60 else str(least // 60)
    return _("%(least)s to %(most)s") % {"least": first, "most": hours(most)}


def band(least: int, most: int | None) -> str:
    """ "9 to 19 hours a week", "under 9 hours a week" """
    if most is None:
        if not least:
            return _("no hours are asked for")
        return _("at least %(hours)s a week") % {"hours": hours(least)}
    if least:
        return _("%(hours)s a week") % {"hours": _span(least, most)}
    if (most + 1) % 60:
        return _("up to %(hours)s a week") % {"hours": hours(most)}
    return _("under %(hours)s a week") % {"hours": hours(most + 1)}


def day_rule(minutes: int | None, days: int | None) -> str:
    """ "at least 3 hours on each of 5 days", or nothing."""
    if days is None or minutes is None:
        return ""
    said = {"hours": hours(minutes), "days": days}
    return (
        ngettext(
            "at least %(hours)s on %(days)d day",
            "at least %(hours)s on each of %(days)d days",
            days,
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


WHY = {
    "group_full": gettext_lazy("No place is open in this group."),
    "group_closed": gettext_lazy("It cannot be joined now, or has no dates in these weeks."),
    "nobody": gettext_lazy("No therapist is chosen, or nobody gives it."),
    "own_plan": gettext_lazy("Another part of this plan is at that time."),
    "outside_program": gettext_lazy("This is not within the program's days."),
    "before_entry": gettext_lazy("Before the group takes new members in."),
    "after_cycle": gettext_lazy("After the group's cycle ends."),
    "cancelled": gettext_lazy("The group does not meet that day."),
    "away": gettext_lazy("The patient has given up this seat."),
}


def why(code: str) -> str:
    """Why a date, or a part as a whole, cannot be; as it is said to staff."""
    return str(WHY[code]) if code in WHY else series_words.why(code, own=False)


def meets(one: Meeting) -> str:
    return recurs(one.rule, one.at, one.zone) if one.rule else _("It does not meet at present.")


def recurs(rule: str, at: int, zone: str) -> str:
    """ "Every Monday at 9:00 AM (Los Angeles)" """
    said = {
        "every": recurring.every(rule),
        "time": times.clock(datetime(2000, 1, 1, *divmod(at, 60), tzinfo=UTC)),
        "city": times.city(zone),
    }
    return _("%(every)s at %(time)s (%(city)s)") % said


def meeting(seat: Booking) -> str:
    return what_meets(seat.session)


def what_meets(session: Session) -> str:
    """The group, or the service."""
    group = session.series.group if session.series else None
    return group.name if group else session.service.name


def standing_chip(how: Standing) -> tuple[str, str]:
    """The word and the kind of its chip."""
    return {
        Standing.AHEAD: (_("begins later"), ""),
        Standing.RUNNING: (_("in the program"), "success"),
        Standing.PAUSED: (_("paused"), "warn"),
        Standing.OVER: (_("over"), "off"),
        Standing.NEVER: (_("never began"), "off"),
    }[how]


def end_reason(code: str) -> str:
    said = {
        EndReason.COMPLETED.value: _("The program came to its end"),
        EndReason.STEPPED.value: _("Another level of care goes on"),
        EndReason.DISCHARGED.value: _("Discharged by the clinic"),
        EndReason.LEFT.value: _("The patient left"),
        EndReason.UNDONE.value: _("The step was taken back"),
    }
    return said.get(code, "")


def pause(one: Pause, zone: str) -> str:
    """ "Paused from Monday, March 1, 2027 to Friday, March 5, 2027." """
    first = times.day(local_day(zone, one.start))
    if one.end is None:
        return _("Paused from %(first)s until further notice.") % {"first": first}
    last = times.day(local_day(zone, one.end - 1))
    return _("Paused from %(first)s to %(last)s.") % {"first": first, "last": last}
