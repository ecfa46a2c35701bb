"""What a patient fills in while finding and booking a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import get_language_info, gettext_lazy, override
from django.utils.translation import gettext as _

from accounts.models import Form, Patient
from accounts.models.licence import STATES
from accounts.web.forms import PhoneField, ZoneField
from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import DAY, to_minute
from scheduling.engine.slots import PartOfDay
from scheduling.models import Medium, Service
from scheduling.queries.find import Choices, media_of
from scheduling.queries.slots import Wanted
from scheduling.web.fields import DayField

PARTS = {
    PartOfDay.MORNING: gettext_lazy("Morning, until noon"),
    PartOfDay.AFTERNOON: gettext_lazy("Afternoon, noon to 5 PM"),
    PartOfDay.EVENING: gettext_lazy("Evening, from 5 PM"),
}
MORE = ("language", "zone", "day")
AHEAD = 2 * 366  # days that a search may begin ahead

Options = list[tuple[str, Any]]


class FindForm(forms.Form):
    """The filters of the search. Also what the POST of a chosen time carries along."""

    service = forms.ChoiceField(label=gettext_lazy("What for"))
    place = forms.ChoiceField(label=gettext_lazy("State where you will be"))
    medium = forms.ChoiceField(label=gettext_lazy("How"))
    therapist = forms.ChoiceField(label=gettext_lazy("Therapist"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    part = forms.ChoiceField(
        label=gettext_lazy("Time of day"),
        required=False,
        choices=[("", gettext_lazy("Any time")), *PARTS.items()],
    )
    zone = ZoneField()
    day = DayField(gettext_lazy("First day"), required=False)

    def __init__(self, data: Any, there: Choices, now: datetime, start: dict[str, str]) -> None:
        """`start`: what is taken for fields that `data` does not have."""
        filled = dict(start) | {name: data[name] for name in self.base_fields if name in data}
        super().__init__(filled)
        self.there, self.now = there, now
        self.fields["service"].choices = service_options(there.services)  # type: ignore[attr-defined]
        self.fields["place"].choices = place_options(there)  # type: ignore[attr-defined]
        self.fields["medium"].choices = [  # type: ignore[attr-defined]
            (m, Medium(m).label) for m in media_of(there.services) or Medium.values
        ]
        self.fields["therapist"].choices = [  # type: ignore[attr-defined]
            ("", _("Any therapist")),
            *((str(who.uuid), full_name(who)) for who in there.therapists),
        ]
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            ("", _("Any language")),
            *((code, language_name(code)) for code in there.languages),
        ]
        self.guess_zone(False)

    def guess_zone(self, wanted: bool) -> None:
        """Whether the browser fills in its zone and asks again: only where none is known."""
        attrs = self.fields["zone"].widget.attrs
        attrs.pop("data-guess-zone", None)
        if wanted:
            attrs["data-guess-zone"] = "submit"

    def clean_day(self) -> date | None:
        day: date | None = self.cleaned_data["day"]
        if day and day > (self.now + timedelta(days=AHEAD)).date():
            raise forms.ValidationError(_("This date is too far ahead."), code="too_far_ahead")
        return day

    def usual_choices(self) -> list[forms.BoundField]:
        """What nearly everybody looks at, beside the service."""
        return [self[name] for name in ("place", "medium", "therapist", "part")]

    def more_choices(self) -> list[forms.BoundField]:
        """What few change: folded away, so that the times are near on a telephone."""
        return [self[name] for name in MORE]

    def more_is_said(self) -> bool:
        """Something of it is chosen or wrong: then it is shown at once."""
        return any(self.errors.get(name) for name in MORE) or any(
            self.data.get(name) for name in ("language", "day")
        )

    @property
    def service_chosen(self) -> Service:
        slug = self.cleaned_data["service"]
        return next(one for one in self.there.services if one.slug == slug)

    def wanted(self) -> Wanted:
        """The search of a valid form."""
        said = self.cleaned_data
        who = {str(one.uuid): one.user_id for one in self.there.therapists}
        first = to_minute(self.now)
        if said["day"]:
            first = max(first, day_span(said["zone"], said["day"], said["day"])[0])
        return Wanted(
            service=self.service_chosen.pk,
            place=said["place"],
            zone=said["zone"],
            medium=said["medium"],
            first=first,
            until=first + 366 * DAY,
            therapist=who.get(said["therapist"]),
            language=said["language"],
            own=self.there.own,
        )

    def week_earlier(self) -> date | None:
        """Where "earlier days" leads, unless the search begins today already."""
        day: date | None = self.cleaned_data["day"]
        today = local_day(self.cleaned_data["zone"], to_minute(self.now))
        return max(today, day - timedelta(days=7)) if day and day > today else None

    def keep_service(self, service: Service) -> None:
        """Another time for the same service: there is nothing to choose."""
        self.there = replace(self.there, services=[service])
        self.fields["service"].choices = [(service.slug, service.name)]  # type: ignore[attr-defined]
        self.fields["service"].widget = forms.HiddenInput()


def service_options(services: list[Service]) -> Options:
    """The services below their modality."""
    groups: dict[str, Options] = {}
    for one in services:
        label = _("%(name)s, %(minutes)d minutes") % {"name": one.name, "minutes": one.minutes}
        groups.setdefault(one.modality.name, []).append((one.slug, label))
    return list(groups.items())


def place_options(there: Choices) -> Options:
    """Every state: where nobody may treat, the page says so and what else there is."""
    here = [(code, name) for code, name in STATES if code in there.places]
    rest = [(code, name) for code, name in STATES if code not in there.places]
    groups = [(_("Where our therapists may treat you"), here), (_("Other states"), rest)]
    return [(label, options) for label, options in groups if options]


def full_name(who: Any) -> str:
    return f"{who.name}, {who.credentials}" if who.credentials else str(who.name)


def language_name(code: str) -> str:
    try:
        with override(None):
            return str(get_language_info(code)["name_local"]).capitalize()
    except KeyError:
        return code


def minute_of(text: str) -> int | None:
    """Minutes since the epoch, or None if that is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


class CheckForm(forms.Form):
    """What is still to be signed before a booking. Nothing is ticked that was not ticked before."""

    telehealth = forms.BooleanField(
        label=gettext_lazy("I have read this and agree to treatment by telehealth."),
        error_messages={
            "required": gettext_lazy("Please read and accept the consent to telehealth first.")
        },
    )
    mail = forms.BooleanField(
        label=gettext_lazy("Send me date, time and the calendar entry by e-mail."), required=False
    )

    def __init__(
        self, data: Any, *, versions: dict[str, int], signed: set[str], ticked: list[str]
    ) -> None:
        """`versions`: the newest of each form of the clinic; `signed`: what is on file."""
        super().__init__(data, initial=dict.fromkeys(ticked, True))
        self.versions = versions
        for name in (Form.TELEHEALTH.value, Form.MAIL.value):
            if name in signed or name not in versions:
                del self.fields[name]

    def accepted(self) -> dict[str, int]:
        """Form -> version for what was ticked now."""
        return {name: v for name, v in self.versions.items() if self.cleaned_data.get(name)}


REMINDERS = [
    ("1440,60", gettext_lazy("24 hours and 1 hour before")),
    ("1440", gettext_lazy("24 hours before")),
    ("60", gettext_lazy("1 hour before")),
    ("", gettext_lazy("None")),
]


class ProfileForm(forms.Form):
    """What patients change about themselves. Sealed at rest: telephone, address, contact (EN2)."""

    called = forms.CharField(
        label=gettext_lazy("How you wish to be called"), required=False, max_length=60
    )
    time_zone = ZoneField()
    phone = PhoneField(
        required=False,
        help_text=gettext_lazy("We call it if a session is interrupted, or is by telephone."),
    )
    address = forms.CharField(
        label=gettext_lazy("Address where you usually are in sessions"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
    )
    emergency_contact = forms.CharField(
        label=gettext_lazy("Whom to call in an emergency"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Name and telephone number of somebody near you."),
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    reminders = forms.ChoiceField(
        label=gettext_lazy("Reminders"), required=False, choices=REMINDERS, widget=forms.RadioSelect
    )
    no_mail = forms.BooleanField(
        label=gettext_lazy("Send me no e-mail about my sessions."),
        required=False,
        help_text=gettext_lazy("Then look here for changes. Sign-in codes are still sent."),
    )

    def __init__(self, data: Any, patient: Patient) -> None:
        super().__init__(data, initial={name: getattr(patient, name) for name in self.base_fields})
        usual = _("As the clinic does: %(when)s") % {"when": before(patient.clinic.reminders)}
        choices = [("default", usual), *REMINDERS]
        if patient.reminders not in dict(choices):
            choices.append((patient.reminders, before(patient.reminders)))
        self.fields["reminders"].choices = choices  # type: ignore[attr-defined]


def before(minutes: str) -> Any:
    """Reminders in words: "1440,60" is 24 hours and 1 hour before."""
    said = _("%(minutes)s minutes before") % {"minutes": minutes.replace(",", ", ")}
    return dict(REMINDERS).get(minutes, said)
