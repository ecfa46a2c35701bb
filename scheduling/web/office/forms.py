"""What a clinic's admin fills in. Empty terms are those of the floor above."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import STATES, Clinic, Form, LicenceKind, Newcomers, Role, Therapist
from accounts.web.forms import PhoneInput, ZoneField
from scheduling.actions.clinic import BOUNDS
from scheduling.engine.slots import STEPS
from scheduling.errors import BadInput
from scheduling.models import Modality, Service
from scheduling.outbox.words import sender_name
from scheduling.video.addresses import allowed_hosts
from scheduling.video.contract import Misconfigured
from scheduling.video.platforms import ADAPTERS
from scheduling.video.signing import keys
from scheduling.web.fields import DayField
from scheduling.web.series.forms import WEEKDAYS

TERMS = {
    "grid": gettext_lazy("Sessions start every … minutes"),
    "buffer_before": gettext_lazy("Minutes free before"),
    "buffer_after": gettext_lazy("Minutes free after"),
    "min_notice": gettext_lazy("Booked at least … minutes ahead"),
    "horizon_days": gettext_lazy("Booked at most … days ahead"),
    "max_per_day": gettext_lazy("Most sessions a day"),
}
ORDINARY = gettext_lazy("as by default")


def whole(name: str, label: Any, **more: Any) -> forms.IntegerField:
    """A number within the bounds that the action knows."""
    low, high = BOUNDS[name]
    return forms.IntegerField(label=label, min_value=low, max_value=high, **more)


def zone_field() -> ZoneField:
    """Somebody else's zone: never guessed from this browser."""
    return ZoneField(widget=_zones(), label=gettext_lazy("Time zone"))


def _zones() -> forms.Widget:
    widget: forms.Widget = ZoneField().widget
    widget.attrs.pop("data-guess-zone", None)
    return widget


def note(form: forms.Form, refusal: BadInput) -> None:
    """Put what an action refused beside the field that it names."""
    name = refusal.extra.get("field")
    form.add_error(name if name in form.fields else None, str(refusal))


Group = tuple[str, list[forms.BoundField]]


def grouped(form: forms.Form, *parts: tuple[str, Iterable[str]]) -> list[Group]:
    """The fields by what they are about: those that no part names come first, without a legend."""
    named = {name for _legend, names in parts for name in names}
    rest = [name for name in form.fields if name not in named]
    return [(legend, [form[name] for name in names]) for legend, names in [("", rest), *parts]]


class InviteForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)


class ProfileForm(forms.Form):
    """What patients read of a therapist, and the zone of the hours."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    credentials = forms.CharField(
        label=gettext_lazy("Credentials"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("As after the name: LMFT, PhD."),
    )
    about = forms.CharField(
        label=gettext_lazy("About"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    time_zone = zone_field()
    languages = forms.CharField(
        label=gettext_lazy("Languages"), max_length=60, help_text=gettext_lazy("Codes: en, es")
    )
    accepting = forms.BooleanField(label=gettext_lazy("Takes new bookings"), required=False)
    active = forms.BooleanField(label=gettext_lazy("Active: can be booked at all"), required=False)


class TermsForm(forms.Form):
    """NULL, shown as an empty field, is the floor above's."""

    grid = forms.TypedChoiceField(
        label=TERMS["grid"],
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", ORDINARY), *((step, str(step)) for step in STEPS)],
    )
    buffer_before = whole("buffer_before", TERMS["buffer_before"], required=False)
    buffer_after = whole("buffer_after", TERMS["buffer_after"], required=False)
    min_notice = whole("min_notice", TERMS["min_notice"], required=False)
    horizon_days = whole("horizon_days", TERMS["horizon_days"], required=False)
    max_per_day = whole("max_per_day", TERMS["max_per_day"], required=False)

    def groups(self) -> list[Group]:
        return grouped(self, (_("Terms"), TERMS))

    def above(self, *floors: Any) -> None:
        """Say what an empty field would mean: the first of the floors above that says something."""
        for name in TERMS:
            said = next((v for row in floors if (v := getattr(row, name)) is not None), None)
            value = _("none") if said is None else said
            self.fields[name].help_text = _("Left empty: %(value)s") % {"value": value}


class ServiceForm(TermsForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    about = forms.CharField(
        label=gettext_lazy("About"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    modality: Any = forms.ModelChoiceField(label=gettext_lazy("Modality"), queryset=None)
    minutes = forms.IntegerField(
        label=gettext_lazy("Length in minutes"), min_value=5, max_value=480
    )
    video = forms.BooleanField(label=gettext_lazy("By video"), required=False)
    telephone = forms.BooleanField(label=gettext_lazy("By telephone"), required=False)
    price = forms.CharField(label=gettext_lazy("Price or cover"), max_length=120, required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("For"),
        choices=[("individual", gettext_lazy("One patient")), ("group", gettext_lazy("A group"))],
        help_text=gettext_lazy("It stays what it was made for."),
    )
    repeatable = forms.BooleanField(
        label=gettext_lazy("Patients may book a series of it"), required=False
    )
    active = forms.BooleanField(label=gettext_lazy("Can be booked"), required=False)
    field_order = [
        "name", "about", "kind", "modality", "minutes", "video", "telephone", "price",
        "repeatable", "active",
    ]  # fmt: skip

    def __init__(self, data: Any, clinic: Clinic, service: Service | None) -> None:
        kept = service or Service(clinic=clinic, active=True, video=True)
        names = [name for name in self.base_fields if name != "modality"]
        initial = {name: getattr(kept, name) for name in names}
        super().__init__(data, initial=initial | {"modality": kept.modality_id})
        if service is not None:
            del self.fields["kind"]
        rows = Modality.objects.filter(clinic=clinic).order_by("name")
        self.fields["modality"].queryset = rows  # type: ignore[attr-defined]
        self.above(clinic)


class OfferingForm(TermsForm):
    active = forms.BooleanField(label=gettext_lazy("Offers this"), required=False)
    field_order = ["active"]


class ModalityForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)


class LicenceForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("State"), choices=[("", gettext_lazy("Please choose")), *STATES]
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=LicenceKind.choices)
    number = forms.CharField(label=gettext_lazy("Number"), max_length=40)
    valid_from = DayField(gettext_lazy("Valid from"))
    valid_until = DayField(
        gettext_lazy("Valid until"), help_text=gettext_lazy("The last day on which it counts.")
    )
    source = forms.CharField(
        label=gettext_lazy("Seen where"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("The board's register, a certificate, and when."),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("valid_from"), said.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", _("The last day comes before the first."))
        return said


class PoliciesForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the clinic"), max_length=120)
    time_zone = zone_field()
    week_starts = forms.TypedChoiceField(
        label=gettext_lazy("The week begins on"),
        coerce=int,
        choices=WEEKDAYS,
        help_text=gettext_lazy("Hours of programs and reports are counted by it."),
    )
    phone = forms.CharField(
        label=gettext_lazy("Telephone"), max_length=32, required=False, widget=PhoneInput
    )
    sender_name = forms.CharField(
        label=gettext_lazy("Sender of mail"),
        max_length=60,
        help_text=gettext_lazy("Neutral: whoever sees it must not learn what the clinic treats."),
    )
    emergency_text = forms.CharField(
        label=gettext_lazy("Emergency text"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("On every page that offers or opens a session."),
    )
    newcomers = forms.ChoiceField(label=gettext_lazy("Newcomers"), choices=Newcomers.choices)
    grid = forms.TypedChoiceField(
        label=TERMS["grid"], coerce=int, choices=[(step, str(step)) for step in STEPS]
    )
    buffer_before = whole("buffer_before", TERMS["buffer_before"])
    buffer_after = whole("buffer_after", TERMS["buffer_after"])
    min_notice = whole("min_notice", TERMS["min_notice"])
    horizon_days = whole("horizon_days", TERMS["horizon_days"])
    max_per_day = whole("max_per_day", TERMS["max_per_day"], required=False)
    hold_minutes = whole("hold_minutes", gettext_lazy("Minutes that a chosen time is kept"))
    max_holds = whole("max_holds", gettext_lazy("Times that one person may keep at once"))
    change_notice = whole(
        "change_notice", gettext_lazy("Patients may change until … minutes before")
    )
    late_notice = whole("late_notice", gettext_lazy("A cancellation is late within … minutes"))
    reminders = forms.CharField(
        label=gettext_lazy("Reminders, minutes before"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("With commas: 1440,60 is a day and an hour before. Empty: none."),
    )

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if phone and not 7 <= sum(sign.isdecimal() for sign in phone) <= 20:
            raise forms.ValidationError(_("Please check the telephone number: area code first."))
        return phone

    def clean_sender_name(self) -> str:
        name: str = self.cleaned_data["sender_name"]
        if (said := sender_name(name)) != name:
            wrong = _("Mail cannot say this of itself: it would come from “%(name)s”.")
            raise forms.ValidationError(wrong % {"name": said})
        return name

    def groups(self) -> list[Group]:
        booking = [*TERMS, "hold_minutes", "max_holds"]
        changes = ["change_notice", "late_notice", "reminders"]
        return grouped(self, (_("Booking"), booking), (_("Changes and reminders"), changes))


class ConsentTextForm(forms.Form):
    form = forms.ChoiceField(label=gettext_lazy("Form"), choices=Form.choices)
    text = forms.CharField(
        label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 12}), max_length=20_000
    )


class HolidayForm(forms.Form):
    day = DayField(gettext_lazy("Day"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)


class CoverForm(forms.Form):
    covering: Any = forms.ModelChoiceField(
        label=gettext_lazy("Stands in"), queryset=None, to_field_name="uuid"
    )
    covered: Any = forms.ModelChoiceField(
        label=gettext_lazy("For"), queryset=None, to_field_name="uuid"
    )
    first_day = DayField(gettext_lazy("First day"))
    last_day = DayField(gettext_lazy("Last day"))

    def __init__(self, data: Any, clinic: Clinic) -> None:
        super().__init__(data)
        rows = Therapist.objects.filter(clinic=clinic, active=True).order_by("name")
        for name in ("covering", "covered"):
            self.fields[name].queryset = rows  # type: ignore[attr-defined]


class ConnectionForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=())
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    hosts = forms.CharField(
        label=gettext_lazy("Allowed hosts"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line: meet.example.org, or .example.org for all below it."),
    )
    outgoing_url = forms.URLField(
        label=gettext_lazy("Address for requests"), required=False, assume_scheme="https"
    )
    outgoing_secret = forms.CharField(
        label=gettext_lazy("Their secret for requests"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("whsec_…; empty keeps the one that is stored."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    baa_on_file = DayField(
        gettext_lazy("Agreement (BAA) signed on"),
        required=False,
        help_text=gettext_lazy("Without one it gets no rooms, and nobody is sent there."),
    )
    enabled = forms.BooleanField(label=gettext_lazy("In use"), required=False)

    def __init__(self, data: Any, initial: dict[str, Any] | None, *, new: bool) -> None:
        super().__init__(data, initial=initial)
        names = {"paste": _("The therapist pastes an address"), "standard": _("Signed callbacks")}
        kinds = [(kind, names.get(kind, kind)) for kind in ADAPTERS]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        if not new:
            del self.fields["kind"]

    def clean_hosts(self) -> str:
        text: str = self.cleaned_data["hosts"]
        try:
            hosts = allowed_hosts(text)
        except Misconfigured as error:
            raise forms.ValidationError(_("One of these is no host name.")) from error
        return "\n".join(hosts)

    def clean_outgoing_url(self) -> str:
        url: str = self.cleaned_data["outgoing_url"]
        if url and not url.startswith("https://"):
            raise forms.ValidationError(_("The address must begin with https://."))
        return url

    def clean_outgoing_secret(self) -> str:
        text: str = self.cleaned_data["outgoing_secret"]
        try:
            keys(text)
        except Misconfigured as error:
            raise forms.ValidationError(_("This is no secret of the form whsec_….")) from error
        return text


class AuditForm(forms.Form):
    reference = forms.CharField(
        label=gettext_lazy("Reference of the patient"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    first = DayField(gettext_lazy("From"), required=False)
    last = DayField(gettext_lazy("Until, this day included"), required=False)
