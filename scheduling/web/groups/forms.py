"""What staff fill in about groups."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import STATES, Therapist
from accounts.web.forms import ZoneField
from scheduling.models import Entry, Group, Medium, Service
from scheduling.queries.repeat import Pattern
from scheduling.web.booking.forms import minute_of
from scheduling.web.fields import DayField
from scheduling.web.groups.frame import reasons
from scheduling.web.series.forms import EVERY, WEEKDAYS, pattern_of

NAME = gettext_lazy("Name")
NAME_HELP = gettext_lazy("Patients read it on our pages, never in mail.")
ABOUT = gettext_lazy("What to expect")
LISTED = gettext_lazy("Patients can find it")
SEATS = gettext_lazy("Seats")
EACH = gettext_lazy("Most members for each facilitator")


def slots_in(text: str) -> list[int]:
    """Minutes with spaces between them; what is none is passed over."""
    return [slot for word in text.split() if (slot := minute_of(word)) is not None]


def number(label: Any, most: int = 99, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=most, **more)


def reason_field() -> forms.ChoiceField:
    field = forms.ChoiceField(label=gettext_lazy("Reason"))
    field.choices = reasons
    return field


class WhenForm(forms.Form):
    """How often, on which days, at what time. `skip`: slots that are left out."""

    every = forms.ChoiceField(label=gettext_lazy("How often"), choices=EVERY)
    days = forms.MultipleChoiceField(
        label=gettext_lazy("On these weekdays"),
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("If you choose none, it is the weekday of the first date."),
    )
    first = DayField(gettext_lazy("First date"))
    last = DayField(gettext_lazy("Last date"), required=False)
    at = forms.TimeField(
        label=gettext_lazy("Time"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    skip = forms.CharField(required=False, widget=forms.HiddenInput)

    def pattern(self, zone: str) -> Pattern:
        return pattern_of(self.cleaned_data, zone, last=self.cleaned_data["last"])

    def skipped(self) -> list[int]:
        return slots_in(self.cleaned_data["skip"])

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("last") and said.get("first") and said["last"] < said["first"]:
            self.add_error("last", _("The last date is before the first."))
        return said


class GroupForm(WhenForm):
    """A new group."""

    service = forms.ChoiceField(label=gettext_lazy("Service"))
    name = forms.CharField(label=NAME, max_length=80, help_text=NAME_HELP)
    about = forms.CharField(label=ABOUT, required=False, widget=forms.Textarea)
    listed = forms.BooleanField(label=LISTED, required=False, initial=True)
    entry = forms.ChoiceField(label=gettext_lazy("Joining"), choices=Entry.choices)
    capacity = number(SEATS, 200, initial=8)
    per_facilitator = number(EACH, 200, required=False)
    entry_sessions = number(
        gettext_lazy("Closed: may be joined until session"), required=False, initial=2
    )
    module_sessions = number(gettext_lazy("Rolling: sessions in a module"), required=False)
    cycle_sessions = number(gettext_lazy("Rolling: sessions in a cycle"), 208, required=False)
    medium = forms.ChoiceField(label=gettext_lazy("How"), choices=Medium.choices)
    lead = forms.ChoiceField(
        label=gettext_lazy("Lead facilitator"),
        help_text=gettext_lazy("Their licence counts for every member."),
    )
    others = forms.MultipleChoiceField(
        label=gettext_lazy("With"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any, services: list[Service], people: list[Therapist]) -> None:
        super().__init__(data, auto_id="id_%s")
        who = [(str(one.uuid), one.name) for one in people]
        self.fields["service"].choices = [(str(one.uuid), one.name) for one in services]  # type: ignore[attr-defined]
        self.fields["lead"].choices = who  # type: ignore[attr-defined]
        self.fields["others"].choices = who  # type: ignore[attr-defined]

    @property
    def parts(self) -> list[tuple[Any, list[Any], list[Any]]]:
        """Heading, the fields that stand side by side, and those below them."""
        parts = [
            (_("The group"), ("service", "name"), ("about", "listed")),
            (_("Who gives it"), ("lead", "medium"), ("others",)),
            (_("When"), ("every", "first", "last", "at"), ("days",)),
            (_("Joining"), ("entry", "capacity", "per_facilitator"), ()),
            (
                _("Rules of joining"),
                ("entry_sessions", "module_sessions", "cycle_sessions"),
                (),
            ),
        ]
        return [
            (legend, [self[name] for name in beside], [self[name] for name in below])
            for legend, beside, below in parts
        ]

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if said.get("entry") == Entry.ROLLING.value:
            module, cycle = said.get("module_sessions"), said.get("cycle_sessions")
            if not module:
                self.add_error("module_sessions", _("A rolling group has modules."))
            elif not cycle or cycle < module:
                self.add_error("cycle_sessions", _("A cycle is one module or more."))
        return said

    def terms(self, zone: str) -> dict[str, Any]:
        """As `actions.groups.found` takes it."""
        said = self.cleaned_data
        plain = (
            "name", "about", "entry", "capacity", "per_facilitator", "entry_sessions",
            "module_sessions", "cycle_sessions", "listed", "medium",
        )  # fmt: skip
        people = list(dict.fromkeys([said["lead"], *said["others"]]))
        return {
            **{name: said[name] for name in plain},
            "service": UUID(said["service"]),
            "facilitators": [UUID(one) for one in people],
            "pattern": self.pattern(zone),
            "skip": self.skipped(),
        }


class ChangeForm(forms.Form):
    """What may change of a group after its founding."""

    name = forms.CharField(label=NAME, max_length=80, help_text=NAME_HELP)
    about = forms.CharField(label=ABOUT, required=False, widget=forms.Textarea)
    listed = forms.BooleanField(label=LISTED, required=False)
    capacity = number(SEATS, 200)
    per_facilitator = number(EACH, 200, required=False)

    def __init__(self, data: Any, group: Group) -> None:
        start = {name: getattr(group, name) for name in self.base_fields}
        super().__init__(data, initial=start, auto_id="id_%s")


class TimesForm(WhenForm):
    """Another weekday or time from a date on."""

    slot = forms.TypedChoiceField(label=gettext_lazy("From the session on"), coerce=int)
    reason = reason_field()
    drop = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, dates: list[tuple[int, str]], start: dict[str, Any]) -> None:
        super().__init__(data, initial=start, auto_id="id_%s")
        self.fields["slot"].choices = dates  # type: ignore[attr-defined]
        self.order_fields(["slot", "every", "first", "last", "at", "days", "reason"])


class FacilitatorForm(forms.Form):
    """Who stops, who begins, from when, and for how long."""

    leaving = forms.ChoiceField(label=gettext_lazy("Who stops"), required=False)
    coming = forms.ChoiceField(label=gettext_lazy("Who begins"), required=False)
    from_day = DayField(gettext_lazy("From"))
    until_day = DayField(
        gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("Empty: for good."),
    )

    def __init__(self, data: Any, given: list[Therapist], people: list[Therapist]) -> None:
        super().__init__(data, auto_id="id_%s")
        nobody = [("", gettext_lazy("Nobody"))]
        self.fields["leaving"].choices = nobody + [(str(one.uuid), one.name) for one in given]  # type: ignore[attr-defined]
        self.fields["coming"].choices = nobody + [(str(one.uuid), one.name) for one in people]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not said.get("leaving") and not said.get("coming"):
            self.add_error("coming", _("Please choose somebody."))
        return said


class MoveForm(forms.Form):
    day = DayField(gettext_lazy("Day"))
    at = forms.TimeField(
        label=gettext_lazy("Time"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    reason = reason_field()


class ReasonForm(forms.Form):
    reason = reason_field()


class ResumeForm(forms.Form):
    first = DayField(gettext_lazy("From"))


class ChooseForm(forms.Form):
    group = forms.ChoiceField(label=gettext_lazy("Group"))

    def __init__(self, data: Any, some: list[Group]) -> None:
        super().__init__(data, auto_id="id_%s")
        self.fields["group"].choices = [(str(one.uuid), one.name) for one in some]  # type: ignore[attr-defined]


class PlaceForm(forms.Form):
    """From when, where there is a choice, and where the patient will be."""

    start = forms.TypedChoiceField(
        label=gettext_lazy("From"), coerce=int, required=False, empty_value=None
    )
    place = forms.ChoiceField(label=gettext_lazy("State where the patient will be"), choices=STATES)
    zone = ZoneField()

    def __init__(self, data: Any, starts: list[tuple[int, str]], **start: str) -> None:
        super().__init__(data, initial=start, auto_id="id_%s")
        self.fields["start"].choices = starts  # type: ignore[attr-defined]
        if not starts:
            del self.fields["start"]


class MemberForm(forms.Form):
    """A patient whom the desk takes in, by the reference on their page."""

    reference = forms.CharField(label=gettext_lazy("Reference of the patient"), max_length=9)
    start = forms.TypedChoiceField(
        label=gettext_lazy("From"), coerce=int, required=False, empty_value=None
    )

    def __init__(self, data: Any, starts: list[tuple[int, str]]) -> None:
        super().__init__(data, auto_id="id_%s")
        self.fields["start"].choices = starts  # type: ignore[attr-defined]
        if not starts:
            del self.fields["start"]
