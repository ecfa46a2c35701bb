"""What somebody waits for: the days and parts of the day that suit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import STATES, Therapist
from accounts.web.forms import ZoneField
from scheduling.actions.waitlist import HIGHEST
from scheduling.models import Medium, Service
from scheduling.web.booking.forms import PARTS, full_name
from scheduling.web.series.forms import WEEKDAYS


class SuitForm(forms.Form):
    """Nothing ticked is anything: whoever waits for any time ticks nothing."""

    days = forms.MultipleChoiceField(
        label=gettext_lazy("Days that suit"),
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("If you choose none, any day."),
    )
    parts = forms.MultipleChoiceField(
        label=gettext_lazy("Times of day that suit"),
        choices=[(part.value, label) for part, label in PARTS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("If you choose none, any time."),
    )

    def said(self) -> dict[str, str]:
        return {name: ",".join(self.cleaned_data[name]) for name in ("days", "parts")}


class EarlierForm(SuitForm):
    anyone = forms.BooleanField(
        label=gettext_lazy("With another therapist too"),
        required=False,
    )


class PlaceForm(forms.Form):
    """A group has its own times: what counts is where the patient will be."""

    place = forms.ChoiceField(label=gettext_lazy("State where you will be"), choices=STATES)
    zone = ZoneField()

    def __init__(self, data: Any, **start: str) -> None:
        super().__init__(data, initial=start)


class AddForm(SuitForm):
    """Staff put somebody on the list, as the patient asks for it."""

    service = forms.ChoiceField(label=gettext_lazy("What for"))
    therapist = forms.ChoiceField(label=gettext_lazy("Therapist"), required=False)
    medium = forms.ChoiceField(label=gettext_lazy("How"), choices=Medium.choices)
    place = forms.ChoiceField(label=gettext_lazy("State where the patient will be"), choices=STATES)
    zone = ZoneField()
    field_order = ("service", "therapist", "medium", "place", "zone", "days", "parts")

    def __init__(
        self, data: Any, services: list[Service], therapists: list[Therapist], **start: str
    ) -> None:
        super().__init__(data, initial=start)
        self.fields["service"].choices = [(str(one.uuid), one.name) for one in services]  # type: ignore[attr-defined]
        self.fields["therapist"].choices = [  # type: ignore[attr-defined]
            ("", _("Any therapist")),
            *((str(one.uuid), full_name(one)) for one in therapists),
        ]


class PreferForm(forms.Form):
    priority = forms.IntegerField(
        label=gettext_lazy("Priority"),
        min_value=0,
        max_value=HIGHEST,
        help_text=gettext_lazy("0 is as everybody's; the highest comes first."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("In a few words; nothing clinical."),
    )
