"""How often, on which days, at what time, how many times."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.engine.recurrence import monthly, weekly
from scheduling.queries.repeat import Pattern
from scheduling.web.fields import DayField

EVERY = [
    ("1", gettext_lazy("Every week")),
    ("2", gettext_lazy("Every other week")),
    ("4", gettext_lazy("Every four weeks")),
    ("month", gettext_lazy("Every month, on the same weekday")),
]
WEEKDAYS = [
    ("0", gettext_lazy("Monday")),
    ("1", gettext_lazy("Tuesday")),
    ("2", gettext_lazy("Wednesday")),
    ("3", gettext_lazy("Thursday")),
    ("4", gettext_lazy("Friday")),
    ("5", gettext_lazy("Saturday")),
    ("6", gettext_lazy("Sunday")),
]
MOST = 52


def pattern_of(said: dict[str, Any], zone: str, **end: Any) -> Pattern:
    """A fifth weekday of a month is its last one."""
    first: date = said["first"]
    at: time = said["at"]
    if said["every"] == "month":
        nth = (first.day - 1) // 7 + 1
        rule = monthly(nth if nth < 5 else -1, first.weekday())
    else:
        weekdays = tuple(int(day) for day in said["days"]) or (first.weekday(),)
        rule = weekly(weekdays, int(said["every"]))
    return Pattern(rule, zone, at.hour * 60 + at.minute, first, **end)


class RepeatForm(forms.Form):
    """Read from the address, so that the report can be looked at again."""

    every = forms.ChoiceField(label=gettext_lazy("How often"), choices=EVERY)
    first = DayField(gettext_lazy("From"))
    at = forms.TimeField(
        label=gettext_lazy("Time"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    count = forms.IntegerField(label=gettext_lazy("How many sessions"), min_value=1, max_value=MOST)
    days = forms.MultipleChoiceField(
        label=gettext_lazy("On these weekdays"),
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("If you choose none, it is the weekday of the first date."),
    )
    review_after = forms.IntegerField(
        label=gettext_lazy("Look back together after so many sessions"),
        required=False,
        min_value=1,
        max_value=MOST,
    )
    therapist = forms.ChoiceField(label=gettext_lazy("With"), required=False)
    override = forms.CharField(
        label=gettext_lazy("Reason to set hours, notice or daily limit aside"),
        required=False,
        max_length=200,
    )

    def __init__(
        self,
        data: Any,
        start: dict[str, Any],
        *,
        staff: bool,
        hosts: list[tuple[str, str]],
        latest: date,
        most: int = MOST,
    ) -> None:
        """`start`: what stands there at first; `hosts`: therapists who offer the service; `latest`:
        no first date is later. Patients keep their therapist and set no rule aside."""
        super().__init__(data, initial=start, auto_id="id_%s")
        self.latest = latest
        self.fields["count"].max_value = most  # type: ignore[attr-defined]
        self.fields["therapist"].choices = hosts  # type: ignore[attr-defined]
        if not staff:
            del self.fields["therapist"], self.fields["override"]

    def clean_first(self) -> date:
        first: date = self.cleaned_data["first"]
        if not date(2000, 1, 1) < first <= self.latest:
            raise ValidationError(_("This date is too far ahead. Please choose an earlier one."))
        return first

    def pattern(self, zone: str) -> Pattern:
        return pattern_of(self.cleaned_data, zone, count=self.cleaned_data["count"])
