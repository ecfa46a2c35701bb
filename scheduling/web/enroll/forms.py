"""Which program, from when and where; and with whom its individual sessions are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import STATES, Therapist
from scheduling.engine.lifecycle import EndReason
from scheduling.models import Medium, Program, ProgramPart
from scheduling.queries.plan import Choice
from scheduling.web.booking.forms import full_name
from scheduling.web.fields import DayField
from scheduling.web.series.forms import WEEKDAYS


def override_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Reason to set hours, notice or daily limit aside"),
        required=False,
        max_length=200,
    )


class PlanForm(forms.Form):
    """Read from the address, so that the plan can be looked at again."""

    program = forms.ChoiceField(label=gettext_lazy("Program"))
    first = DayField(gettext_lazy("First day"))
    place = forms.ChoiceField(
        label=gettext_lazy("State where the patient will be"),
        choices=[("", gettext_lazy("Please choose")), *STATES],
    )
    medium = forms.ChoiceField(label=gettext_lazy("Individual sessions"), choices=Medium.choices)
    override = override_field()

    def __init__(
        self, data: Any, programs: Iterable[Program], start: dict[str, Any], first: date
    ) -> None:
        """`first`: no program begins before this day."""
        super().__init__(data, initial=start, auto_id="id_%s")
        self.earliest = first
        named = [(str(one.uuid), f"{one.name} ({one.level.name})") for one in programs]
        self.fields["program"].choices = [("", _("Please choose")), *named]  # type: ignore[attr-defined]

    def clean_first(self) -> date:
        first: date = self.cleaned_data["first"]
        if first < self.earliest:
            raise forms.ValidationError(_("This day has passed. Please choose a later one."))
        return first


class PartForm(forms.Form):
    """An individual part: with whom, and when in the week."""

    therapist = forms.ChoiceField(label=gettext_lazy("With"), required=False)
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Weekday"), choices=WEEKDAYS, coerce=int, empty_value=None
    )
    at = forms.TimeField(
        label=gettext_lazy("Time"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )

    def __init__(
        self, data: Any, part: ProgramPart, hosts: list[Therapist], guess: Therapist | None
    ) -> None:
        """`guess`: who is taken before anybody has said."""
        prefix = f"part{part.pk}"
        self.part = part
        minutes = part.at or 0
        start = {
            "therapist": str(guess.uuid) if guess else "",
            "weekday": part.weekday,
            "at": time(*divmod(minutes, 60)),
        }
        bound = data if f"{prefix}-at" in data else None
        super().__init__(bound, initial=start, prefix=prefix, auto_id="id_%s")
        named = [(str(one.uuid), full_name(one)) for one in hosts]
        self.fields["therapist"].required = bool(named)
        self.fields["therapist"].choices = named or [("", _("Nobody gives it"))]  # type: ignore[attr-defined]

    def choice(self) -> Choice:
        """As it was said, or as the program has it."""
        said = self.cleaned_data if self.is_bound and self.is_valid() else self.initial
        at: time = said["at"]
        return Choice(
            part=self.part.pk,
            therapist=UUID(said["therapist"]) if said["therapist"] else None,
            weekday=said["weekday"],
            at=at.hour * 60 + at.minute,
        )


class PauseForm(forms.Form):
    """Both days are away; without a last one, until somebody says when it goes on."""

    first = DayField(gettext_lazy("First day away"))
    last = DayField(
        gettext_lazy("Last day away"),
        required=False,
        help_text=gettext_lazy("Empty: until you say when it goes on."),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("last") and said.get("first") and said["last"] < said["first"]:
            self.add_error("last", _("The last day comes before the first."))
        return said


class ResumeForm(forms.Form):
    first = DayField(gettext_lazy("First day back"))
    override = override_field()


class DischargeForm(forms.Form):
    first = DayField(
        gettext_lazy("From"),
        help_text=gettext_lazy("The first day without the program."),
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Why"),
        choices=[
            (EndReason.DISCHARGED.value, gettext_lazy("Discharged by the clinic")),
            (EndReason.COMPLETED.value, gettext_lazy("The program is completed")),
            (EndReason.LEFT.value, gettext_lazy("The patient leaves")),
        ],
    )
