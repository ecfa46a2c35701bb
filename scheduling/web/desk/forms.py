"""What the front desk fills in for a patient."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import STATES, Form, Patient
from accounts.web.forms import BirthDateField, PhoneField, ZoneField
from scheduling.engine.hours import NonexistentTime, wall_to_minute
from scheduling.errors import ConsentMissing, SpringGap
from scheduling.web.fields import DayField
from scheduling.web.therapist.words import reasons

PAPER = {
    Form.TELEHEALTH.value: gettext_lazy("The patient has signed the consent to telehealth."),
    Form.MAIL.value: gettext_lazy(
        "The patient accepts date, time and calendar entry by unencrypted e-mail, at the address "
        "that was read back."
    ),
    Form.GROUP.value: gettext_lazy("The patient has signed the agreement on groups."),
    Form.DISCLOSURE.value: gettext_lazy("The patient has signed the consent to disclosure."),
}
ALOUD = {
    Form.TELEHEALTH.value: gettext_lazy(
        "Read out to the patient, who agrees to treatment by telehealth."
    ),
    Form.MAIL.value: PAPER[Form.MAIL.value],
}


class SearchForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Name or telephone number"),
        max_length=80,
        help_text=gettext_lazy("At least three letters of the name, or the whole number."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class PatientForm(forms.Form):
    """Who somebody is and how the clinic reaches them."""

    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=60)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=60)
    called = forms.CharField(
        label=gettext_lazy("Wishes to be called"), max_length=60, required=False
    )
    birth_date = BirthDateField()
    phone = PhoneField(autocomplete="off")
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        max_length=254,
        help_text=gettext_lazy("Leave it empty if there is none: the clinic then calls."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    no_mail = forms.BooleanField(label=gettext_lazy("Wants no mail"), required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("State where they usually are"),
        choices=[("", gettext_lazy("Please choose")), *STATES],
    )
    time_zone = ZoneField(label=gettext_lazy("Time zone of the patient"))

    def __init__(self, data: Any, *, patient: Patient | None = None, zone: str = "") -> None:
        """`patient`: whose values stand in it; `zone`: the clinic's, for a new one."""
        initial: dict[str, Any] = {"time_zone": zone}
        if patient is not None:
            initial = {name: getattr(patient, name) for name in self.base_fields}
            initial["time_zone"] = initial["time_zone"] or zone
        super().__init__(data, initial=initial)
        self.fields["time_zone"].widget.attrs.pop("data-guess-zone", None)  # not the desk's own


class NewPatientForm(PatientForm):
    """With what was signed on paper, as far as the clinic has such forms."""

    telehealth = forms.BooleanField(label=PAPER[Form.TELEHEALTH.value], required=False)
    mail = forms.BooleanField(label=PAPER[Form.MAIL.value], required=False)
    group = forms.BooleanField(label=PAPER[Form.GROUP.value], required=False)
    disclosure = forms.BooleanField(label=PAPER[Form.DISCLOSURE.value], required=False)

    def __init__(self, data: Any, *, zone: str, versions: dict[str, int]) -> None:
        super().__init__(data, zone=zone)
        self.versions = versions
        for name in Form.values:
            if name not in versions:
                del self.fields[name]

    def said(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in PatientForm.base_fields}

    def accepted(self) -> dict[str, int]:
        ticked = self.cleaned_data
        return {name: version for name, version in self.versions.items() if ticked.get(name)}


class AloudForm(forms.Form):
    """The consents that are still missing, read out on the telephone; nothing is ticked before."""

    telehealth = forms.BooleanField(
        label=ALOUD[Form.TELEHEALTH.value],
        error_messages={"required": ConsentMissing.sentence},
    )
    mail = forms.BooleanField(label=ALOUD[Form.MAIL.value], required=False)

    def __init__(self, data: Any, versions: dict[str, int], signed: set[str], *, mail: bool):
        """`versions`: the newest of each form of the clinic; `mail`: there is an address."""
        super().__init__(data)
        self.versions = versions
        for name in ALOUD:
            if name in signed or name not in versions:
                del self.fields[name]
        if not mail:
            self.fields.pop("mail", None)

    def accepted(self) -> dict[str, int]:
        """Form -> version for what was agreed to now."""
        return {name: self.versions[name] for name, ticked in self.cleaned_data.items() if ticked}


class TypedForm(forms.Form):
    """A time that is not on the list, whose it is, and why it is taken all the same."""

    therapist = forms.ChoiceField(
        label=gettext_lazy("Whose time"),
        error_messages={"required": gettext_lazy("Choose whose time is taken.")},
    )
    date = DayField(gettext_lazy("Date"))
    time = forms.TimeField(
        label=gettext_lazy("Time"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    why = forms.CharField(
        label=gettext_lazy("Why this time"),
        max_length=300,
        help_text=gettext_lazy(
            "Sets notice, hours and daily limit aside; never another session or a licence. "
            "Nothing about health here."
        ),
    )

    def __init__(
        self, data: Any, zone: str, whose: Sequence[tuple[str, str]] = (), chosen: str = ""
    ) -> None:
        """`whose`: the therapists to choose from; without any the time is not asked for whose."""
        super().__init__(data, prefix="typed", initial={"therapist": chosen})
        self.zone = zone
        if whose:
            names = [("", _("Please choose")), *whose]
            self.fields["therapist"].choices = names  # type: ignore[attr-defined]
        else:
            del self.fields["therapist"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        day: date | None = said.get("date")
        if day and said.get("time"):
            minute = said["time"].hour * 60 + said["time"].minute
            try:
                said["start"] = wall_to_minute(self.zone, day, minute)
            except NonexistentTime:
                self.add_error("time", SpringGap.sentence)
        return said


class ReasonForm(forms.Form):
    """Why staff move or cancel."""

    reason = forms.ChoiceField(label=gettext_lazy("Reason"))

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["reason"].choices = [("", _("Please choose")), *reasons()]  # type: ignore[attr-defined]


class CancelForm(ReasonForm):
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("For the clinic alone. Nothing about health here."),
    )
