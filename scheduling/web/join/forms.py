"""What is asked at the door of a session."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import STATES, Patient
from accounts.web.forms import PhoneField
from scheduling.actions.check_in import Said
from scheduling.errors import NoSuchDate


class BirthDateField(forms.DateField):
    """A date as browsers send it, or as people type it."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Your birth date"),
            input_formats=["%Y-%m-%d", "%m/%d/%Y"],
            widget=forms.DateInput(
                attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"
            ),
            error_messages={"invalid": NoSuchDate.sentence},
        )


class IdentifyForm(forms.Form):
    birth_date = BirthDateField()


class CheckInForm(forms.Form):
    """Who, where now, whom to call. What is on file already is not asked; a place always is."""

    full_name = forms.CharField(
        label=_("Your full name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    state = forms.ChoiceField(
        label=_("State where you are now"), choices=[("", _("Please choose")), *STATES]
    )
    address = forms.CharField(
        label=_("Address where you are now"),
        help_text=_("Street, number and city. We need it only to send help in an emergency."),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    call_back = PhoneField(
        label=_("Telephone number for this session"),
        help_text=_("We call it if the connection fails."),
        max_length=40,
    )
    emergency_contact = forms.CharField(
        label=_("Emergency contact"),
        help_text=_("Somebody we may call in an emergency: name and telephone number."),
        max_length=200,
    )
    telehealth = forms.BooleanField(
        label=_("I have read this and agree to treatment by telehealth."),
        error_messages={"required": _("Please read and accept the consent to telehealth first.")},
    )

    def __init__(
        self, data: Any, patient: Patient, known: dict[str, str], *, by_telephone: bool, sign: bool
    ) -> None:
        """`known`: what is shown of it to the person who is signed in, and to nobody else."""
        super().__init__(data, initial=known)
        if patient.emergency_contact:
            del self.fields["emergency_contact"]
        if not sign:
            del self.fields["telehealth"]
        if by_telephone:
            self.fields["call_back"].help_text = _("We call you at this number.")

    def said(self) -> Said:
        given = self.cleaned_data
        return Said(
            full_name=given["full_name"],
            state=given["state"],
            address=given["address"],
            call_back=given["call_back"],
            emergency_contact=given.get("emergency_contact", ""),
        )
