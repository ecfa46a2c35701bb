"""Weeks with their planned hours against the band, as a picture and as figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.engine.ledger import Rule, Week
from scheduling.queries import times
from scheduling.web.enroll import words

WIDE = 1000  # the units of a bar


def week_lines(weeks: Sequence[Week]) -> list[dict[str, Any]]:
    """A line for each week; all bars have one scale."""
    most = max([60, *(top(one) for one in weeks)])
    return [line(one, most) for one in weeks]


def top(week: Week) -> int:
    rule = week.rule or Rule()
    return max(week.hours.planned, rule.least, rule.most or 0)


def line(week: Week, most: int) -> dict[str, Any]:
    minutes, rule = week.hours.planned, week.rule
    word, kind = verdict(week)
    return {
        "first": words.short_day(week.first),
        "hours": times.h_mm(minutes),
        "width": minutes * WIDE // most,
        "least": rule.least * WIDE // most if rule else 0,
        "band": (band_end(rule, most) - rule.least * WIDE // most) if rule else 0,
        "word": word,
        "kind": kind,
    }


def band_end(rule: Rule, most: int) -> int:
    return WIDE if rule.most is None else rule.most * WIDE // most


def verdict(week: Week) -> tuple[str, str]:
    """The word and the kind of its chip."""
    if week.rule is None:
        return _("nothing is asked"), "off"
    if not week.made:
        return _("not on the calendar yet"), "off"
    if week.missing:
        return _("%(hours)s below") % {"hours": times.hours(week.missing)}, "warn"
    if week.days_missing:
        days = week.days_missing
        said = ngettext("%(days)d day too short", "%(days)d days too short", days)
        return said % {"days": days}, "warn"
    if week.over:
        return _("%(hours)s above") % {"hours": times.hours(week.over)}, "warn"
    return _("within"), "success"
