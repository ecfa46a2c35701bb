"""The weekly hours as a form: from-until rows for each day, as many as somebody adds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.engine.hours import format_pattern, parse_pattern
from scheduling.engine.interval import Span
from scheduling.models import Service
from scheduling.queries.weeks import Weeks
from scheduling.web.fields import DayField
from scheduling.web.therapist.clock import TimeOfDay, spans_said, text_of

MOST_ROWS = 8  # a day
NAMED = re.compile(r"d([0-6])_([0-7])_(from|until)")
Typed = list[list[tuple[str, str]]]
"""By day, Monday first: the texts of each from-until row."""


def typed_of(pattern: str) -> Typed:
    """A stored pattern as somebody would type it; every day has a row to type in."""
    return [
        [(text_of(start), text_of(end)) for start, end in spans] or [("", "")]
        for spans in parse_pattern(pattern)
    ]


def typed_in(data: Mapping[str, str]) -> Typed:
    """What was typed, whatever it is; nothing of it is lost."""
    days: list[dict[int, dict[str, str]]] = [{} for _day in range(7)]
    for name, text in data.items():
        if found := NAMED.fullmatch(name):
            days[int(found[1])].setdefault(int(found[2]), {})[found[3]] = text
    return [
        [(rows[n].get("from", ""), rows[n].get("until", "")) for n in sorted(rows)] or [("", "")]
        for rows in days
    ]


def copied(typed: Typed, source: int, targets: list[int]) -> Typed:
    """The rows of one day on other days too."""
    return [list(typed[source]) if day in targets else rows for day, rows in enumerate(typed)]


def with_row(typed: Typed, day: int) -> Typed:
    """One more empty row for a day."""
    more = [*typed[day], ("", "")][:MOST_ROWS]
    return [more if number == day else rows for number, rows in enumerate(typed)]


class WeekForm(forms.Form):
    """Bound with `said` (what is to be checked), else filled with it."""

    valid_from = DayField(gettext_lazy("From"))
    valid_until = DayField(
        gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("The last day. Leave it empty if these hours hold for good."),
    )
    service = forms.ChoiceField(label=gettext_lazy("Preview for"), required=False)

    def __init__(
        self,
        typed: Typed,
        said: Mapping[str, Any],
        *,
        services: list[Service],
        today: date,
        check: bool,
    ) -> None:
        texts = {
            f"d{day}_{n}_{part}": text
            for day, rows in enumerate(typed)
            for n, row in enumerate(rows)
            for part, text in zip(("from", "until"), row, strict=True)
        }
        values = {name: said.get(name, "") for name in ("valid_from", "valid_until", "service")}
        super().__init__(values | texts if check else None, initial=values | texts)
        self.typed, self.today = typed, today
        self.services = {str(one.uuid): one for one in services}
        choices = [(uuid, one.name) for uuid, one in self.services.items()]
        self.fields["service"].choices = choices  # type: ignore[attr-defined]
        for day in range(7):
            for first, last in self.names(day):
                self.fields[first] = TimeOfDay(label=_("%(day)s, from") % {"day": WEEKDAYS[day]})
                self.fields[last] = TimeOfDay(label=_("%(day)s, until") % {"day": WEEKDAYS[day]})

    def names(self, day: int) -> list[tuple[str, str]]:
        return [(f"d{day}_{n}_from", f"d{day}_{n}_until") for n in range(len(self.typed[day]))]

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        first, last = said.get("valid_from"), said.get("valid_until")
        if first and first < self.today:
            self.add_error("valid_from", _("Hours that are past stay as they were."))
        if first and last and last < first:
            self.add_error("valid_until", _("The last day is before the first."))
        self.week: list[list[Span]] = [spans_said(self, self.names(day), said) for day in range(7)]
        return said

    @property
    def weeks(self) -> Weeks:
        """What was asked for; of a valid form."""
        said = self.cleaned_data
        return Weeks(said["valid_from"], said["valid_until"], format_pattern(self.week))

    @property
    def chosen(self) -> Service | None:
        """The service that the preview is for."""
        first = next(iter(self.services.values()), None)
        return self.services.get(self.cleaned_data.get("service") or "", first)

    @property
    def days(self) -> list[dict[str, Any]]:
        """For the template: each day with its rows of fields."""
        return [
            {
                "number": day,
                "name": WEEKDAYS[day],
                "rows": [(self[first], self[last]) for first, last in self.names(day)],
                "full": len(self.typed[day]) >= MOST_ROWS,
            }
            for day in range(7)
        ]
