"""How the hours of a week are told, and drawn."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.engine.ledger import Hours, Rule, Week
from scheduling.queries import times
from scheduling.queries.ledger import Kept
from scheduling.queries.times import h_mm, hours
from scheduling.web.enroll import words

WIDE = 1000  # of a bar's own units


class Part(NamedTuple):
    """A piece of a bar."""

    kind: str
    start: int
    width: int


class Bar(NamedTuple):
    """A week's hours as a strip: what was attended, may have been, is to come; and the band."""

    parts: list[Part]
    least: int | None


def bar(week: Week) -> Bar:
    rule, found = week.rule or Rule(), week.hours
    full = max(rule.least, rule.most or 0, found.likely, 60)
    parts, at = [], 0
    for kind, minutes in (
        ("attended", found.attended),
        ("unmarked", found.unmarked),
        ("ahead", found.ahead),
    ):
        if minutes:
            parts.append(Part(kind, at * WIDE // full, minutes * WIDE // full))
            at += minutes
    return Bar(parts, rule.least * WIDE // full if rule.least else None)


def told(found: Hours) -> str:
    """ "3 hours attended, 6 hours to come" """
    pieces = [
        (found.attended, _("%(hours)s attended")),
        (found.unmarked, _("%(hours)s not marked yet")),
        (found.ahead, _("%(hours)s to come")),
    ]
    said = [text % {"hours": hours(minutes)} for minutes, text in pieces if minutes]
    return ", ".join(said) or _("nothing attended, nothing to come")


def band(rule: Rule | None) -> str:
    """ "9 to 19 hours a week" """
    if rule is None:
        return _("nothing is asked for this week")
    return words.band(rule.least, rule.most)


def short(week: Week) -> str:
    """ "4 hours short", or of days; "" where it is not."""
    if week.missing:
        return _("%(hours)s short") % {"hours": hours(week.missing)}
    if week.days_missing:
        days = week.days_missing
        return ngettext("%(days)d day short", "%(days)d days short", days) % {"days": days}
    return ""


def warning(kept: Kept) -> str:
    """ "4 hours short by Sunday, March 7, 2027; 3 days are left" """
    if kept.week is None or not kept.week.short:
        return ""
    said = {
        "short": short(kept.week),
        "day": times.day(kept.week.last),
        "left": ngettext("%(days)d day is left", "%(days)d days are left", kept.days_left)
        % {"days": kept.days_left},
    }
    return _("%(short)s by %(day)s; %(left)s") % said


def chips(kept: Kept | None, absent: int, soon: bool) -> list[tuple[str, str]]:
    """Words with their kinds, the gravest first."""
    found = []
    if kept and kept.week and kept.short:
        found.append((short(kept.week), "danger"))
    if missed := missed_in_a_row(absent):
        found.append((missed, "warn"))
    if kept and kept.paused:
        found.append((_("Paused"), "off"))
    if soon:
        found.append((_("Ends soon"), ""))
    return found


def missed_in_a_row(absent: int) -> str:
    """From two on: one is nothing."""
    if absent < 2:
        return ""
    return ngettext(
        "%(count)d absence in a row", "%(count)d absences in a row", absent
    ) % {"count": absent}  # fmt: skip


def last_day(kept: Kept) -> date:
    return times.local(kept.enrollment.end - 1, kept.enrollment.clinic.time_zone).date()


def week_line(week: Week, today: date) -> dict[str, Any]:
    """A row of the table of weeks."""
    found = week.hours
    return {
        "name": times.day(week.first),
        "current": week.first <= today <= week.last,
        "planned": h_mm(found.planned),
        "booked": h_mm(found.booked),
        "attended": h_mm(found.attended),
        "excused": h_mm(found.excused),
        "lost": h_mm(found.missed + found.cancelled),
        "band": band(week.rule) if week.made else _("not all on the calendar yet"),
        "short": short(week),
        "kind": "warn" if week.first > today else "danger",
        "over": _("%(hours)s over") % {"hours": hours(week.over)} if week.over else "",
        "bar": bar(week),
    }


def asks_days(rule: Rule | None) -> str:
    """ "at least 3 hours on each of 3 days", where a payer asks that."""
    return words.day_rule(rule.day_least, rule.days) if rule else ""


def days(week: Week) -> list[dict[str, Any]]:
    """The days of a week with what each can come to, where a rule asks for days."""
    if week.rule is None or not week.rule.day_least:
        return []
    return [
        {
            "name": times.day(day),
            "hours": told(found),
            "enough": found.likely >= week.rule.day_least,
        }
        for day, found in week.days.items()
    ]
