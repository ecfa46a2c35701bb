"""What people type about themselves."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models.licence import STATES
from accounts.phone import grouped
from accounts.sealed import normal_phone
from scheduling.engine.hours import require_zone

ZONES = [
    ("America/New_York", gettext_lazy("Eastern (New York)")),
    ("America/Chicago", gettext_lazy("Central (Chicago)")),
    ("America/Denver", gettext_lazy("Mountain (Denver)")),
    ("America/Phoenix", gettext_lazy("Mountain, no daylight saving (Phoenix)")),
    ("America/Los_Angeles", gettext_lazy("Pacific (Los Angeles)")),
    ("America/Anchorage", gettext_lazy("Alaska (Anchorage)")),
    ("Pacific/Honolulu", gettext_lazy("Hawaii (Honolulu)")),
    ("America/Puerto_Rico", gettext_lazy("Atlantic (Puerto Rico)")),
    ("Pacific/Guam", gettext_lazy("Chamorro (Guam)")),
]


class PhoneInput(forms.TextInput):
    """A number that is kept already stands there as people write it."""

    input_type = "tel"

    def format_value(self, value: Any) -> str | None:
        shown = super().format_value(value)
        return grouped(shown) if shown else shown


class PhoneField(forms.CharField):
    """A number that can be dialled, given back as it was typed."""

    def __init__(self, *, autocomplete: str = "tel", **kwargs: Any) -> None:
        widget = PhoneInput(attrs={"autocomplete": autocomplete})
        super().__init__(
            **{"label": gettext_lazy("Telephone"), "max_length": 32, **kwargs}, widget=widget
        )

    def clean(self, value: Any) -> str:
        number = str(super().clean(value))
        if number and not 8 <= len(normal_phone(number)) <= 16:
            raise forms.ValidationError(_("Please give the number with its area code."))
        return number


class BirthDateField(forms.DateField):
    """A date of birth, typed or picked; never in the future."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "bday"})
        said = {"label": gettext_lazy("Date of birth"), "widget": widget, **kwargs}
        wrong = {"invalid": gettext_lazy("Please check the date of birth.")}
        super().__init__(**said, error_messages=wrong)

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and not date(1900, 1, 1) <= day <= timezone.now().date():
            raise forms.ValidationError(_("Please check the date of birth."))
        return day


class ZoneField(forms.CharField):
    """An IANA zone; a list of those of the states, and any other that the browser knows."""

    def __init__(self, **kwargs: Any) -> None:
        widget = ZoneSelect(choices=ZONES, attrs={"data-guess-zone": ""})
        said = {"label": gettext_lazy("Time zone"), "max_length": 64, "widget": widget, **kwargs}
        super().__init__(**said)

    def clean(self, value: Any) -> str:
        name = str(super().clean(value))
        try:
            return require_zone(name)
        except ValueError as error:
            raise forms.ValidationError(_("We do not know this time zone.")) from error


class ZoneSelect(forms.Select):
    """Shows a zone that is not on the list, once it was chosen."""

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        given = [one for one in value if one and one not in {key for key, _label in ZONES}]
        self.choices = [*ZONES, *((one, one) for one in given)]
        return super().optgroups(name, value, attrs)


class NewcomerForm(forms.Form):
    """Who a newcomer is."""

    first_name = forms.CharField(
        label=gettext_lazy("First name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        label=gettext_lazy("Last name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    called = forms.CharField(
        label=gettext_lazy("What we should call you"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )
    birth_date = BirthDateField()
    phone = PhoneField(help_text=gettext_lazy("The clinic calls it if a session is interrupted."))
    state = forms.ChoiceField(
        label=gettext_lazy("State where you will usually be"),
        choices=[("", gettext_lazy("Choose")), *STATES],
    )
    time_zone = ZoneField()


class KnownForm(forms.Form):
    """What the clinic told a patient whom its front desk entered."""

    birth_date = BirthDateField()
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=16,
        help_text=gettext_lazy("Eight letters and figures that the clinic gave you."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class WhoForm(forms.Form):
    birth_date = BirthDateField()
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=16,
        required=False,
        help_text=gettext_lazy("Only if somebody who uses this account has the same birthday."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
