"""What an admin fills in about levels of care and programs."""

from __future__ import annotations

import re
from datetime import time
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.actions.programs import LONGEST, OLDEST
from scheduling.models import Group, Level, Program, Service
from scheduling.web.fields import DayField
from scheduling.web.series.forms import WEEKDAYS

CLOCK = re.compile(r"(\d{1,3})(?::| ?h ?)([0-5]\d)(?: ?min)?", re.ASCII)
DECIMAL = re.compile(r"(\d{1,3}(?:[.,]\d{1,2})?)(?: ?h)?", re.ASCII)


class HoursField(forms.CharField):
    """Hours, kept as minutes and shown as on a clock: "8:30", "8 h 30" and "8.5" are 510."""

    def __init__(self, most: int, **more: Any) -> None:
        super().__init__(max_length=12, **{"help_text": gettext_lazy("Like 8:30."), **more})
        self.most = most
        self.widget.attrs["size"] = "8"

    def clean(self, value: Any) -> Any:
        if not (text := super().clean(value).lower()):
            return None
        minutes = minutes_in(text)
        if minutes is None:
            raise ValidationError(_("Please give hours and minutes, like 8:30."))
        if minutes > self.most * 60:
            raise ValidationError(
                _("Please give no more than %(hours)d hours.") % {"hours": self.most}
            )
        return minutes

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 60}:{value % 60:02}" if isinstance(value, int) else value


def minutes_in(text: str) -> int | None:
    if clock := CLOCK.fullmatch(text):
        return int(clock[1]) * 60 + int(clock[2])
    if hours := DECIMAL.fullmatch(text):
        return round(Decimal(hours[1].replace(",", ".")) * 60)
    return None


class LevelForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    rank = forms.IntegerField(
        label=gettext_lazy("Order"),
        min_value=0,
        max_value=99,
        help_text=gettext_lazy("More care has a higher number: stepping down goes to a lower one."),
    )
    active = forms.BooleanField(label=gettext_lazy("In use"), required=False)

    def __init__(self, data: Any, level: Level | None) -> None:
        kept = level or Level(rank=0)
        super().__init__(data, initial={name: getattr(kept, name) for name in self.base_fields})


class RuleForm(forms.Form):
    """What a level asks of an age band from a day on."""

    valid_from = DayField(gettext_lazy("From"))
    age_from = forms.IntegerField(
        label=gettext_lazy("From the age of"), min_value=0, max_value=OLDEST, initial=0
    )
    age_until = forms.IntegerField(
        label=gettext_lazy("Below the age of"),
        min_value=1,
        max_value=OLDEST,
        required=False,
        help_text=gettext_lazy("Empty: no bound."),
    )
    min_minutes = HoursField(168, label=gettext_lazy("Least hours a week"))
    max_minutes = HoursField(
        168,
        label=gettext_lazy("Most hours a week"),
        required=False,
        help_text=gettext_lazy("Like 19:30. Empty: no bound."),
    )
    day_minutes = HoursField(24, label=gettext_lazy("Least hours on a day"), required=False)
    days = forms.IntegerField(
        label=gettext_lazy("On at least so many days a week"),
        min_value=1,
        max_value=7,
        required=False,
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Who says so: a regulation, a payer's manual, and its date."),
    )

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        parts = (
            (_("For whom, and from when"), ("valid_from", "age_from", "age_until")),
            (_("Hours a week"), ("min_minutes", "max_minutes")),
            (_("Where a payer asks for days"), ("day_minutes", "days")),
        )
        named = [(legend, [self[name] for name in names]) for legend, names in parts]
        return [*named, ("", [self["source"]])]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        least, most = said.get("min_minutes"), said.get("max_minutes")
        if least is not None and most is not None and most < least:
            self.add_error("max_minutes", _("The most is less than the least."))
        younger, older = said.get("age_from"), said.get("age_until")
        if younger is not None and older is not None and older <= younger:
            self.add_error("age_until", _("No age lies between these two."))
        if (said.get("days") is None) != (said.get("day_minutes") is None):
            missing = "days" if said.get("days") is None else "day_minutes"
            self.add_error(missing, _("Hours on a day and the number of days go together."))
        return said


class RuleEndForm(forms.Form):
    last_day = DayField(gettext_lazy("The last day on which it holds"))


class ProgramForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("Patients read it on our pages, never in mail."),
    )
    level: Any = forms.ModelChoiceField(label=gettext_lazy("Level of care"), queryset=None)
    weeks = forms.IntegerField(
        label=gettext_lazy("Length in weeks"), min_value=1, max_value=LONGEST
    )
    active = forms.BooleanField(label=gettext_lazy("Takes people in"), required=False)

    def __init__(self, data: Any, levels: Any, program: Program | None) -> None:
        kept = program or Program(weeks=12)
        names = [name for name in self.base_fields if name != "level"]
        initial = {name: getattr(kept, name) for name in names} | {"level": kept.level_id}
        super().__init__(data, initial=initial)
        self.fields["level"].queryset = levels  # type: ignore[attr-defined]


class GroupPartForm(forms.Form):
    group = forms.ChoiceField(label=gettext_lazy("Group"))

    def __init__(self, data: Any, groups: list[Group]) -> None:
        super().__init__(data, auto_id="group_%s")
        self.fields["group"].choices = [(str(one.uuid), one.name) for one in groups]  # type: ignore[attr-defined]


class SessionPartForm(forms.Form):
    service = forms.ChoiceField(label=gettext_lazy("Service"))
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Weekday"), choices=WEEKDAYS, coerce=int, empty_value=None
    )
    at = forms.TimeField(
        label=gettext_lazy("Time"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("Each enrolment may choose another."),
    )

    def __init__(self, data: Any, services: list[Service]) -> None:
        super().__init__(data, auto_id="session_%s")
        self.fields["service"].choices = [(str(one.uuid), one.name) for one in services]  # type: ignore[attr-defined]

    def clean_at(self) -> int:
        at: time = self.cleaned_data["at"]
        return at.hour * 60 + at.minute
