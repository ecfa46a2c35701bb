"""What a patient says while looking for a group and joining it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import STATES, Form
from accounts.web.forms import ZoneField
from scheduling.models import Entry, Group, Medium
from scheduling.queries.find_group import Sought
from scheduling.web.booking.forms import PARTS, CheckForm, Options
from scheduling.web.series.forms import WEEKDAYS

KINDS = {
    Entry.OPEN.value: gettext_lazy("Drop-in: come when you like"),
    Entry.ROLLING.value: gettext_lazy("New members now and then"),
    Entry.CLOSED.value: gettext_lazy("Everybody begins together"),
}
MORE = ("day", "part", "medium", "entry")
FIELDS = ("entry", "modality", "medium", "day", "part", "place")


class GroupFindForm(forms.Form):
    """The filters, in the address; an empty choice is anything."""

    entry = forms.ChoiceField(label=gettext_lazy("How one joins"), required=False)
    modality = forms.ChoiceField(label=gettext_lazy("What for"), required=False)
    medium = forms.ChoiceField(label=gettext_lazy("How"), required=False)
    day = forms.ChoiceField(label=gettext_lazy("Day"), required=False)
    part = forms.ChoiceField(label=gettext_lazy("Time of day"), required=False)
    place = forms.ChoiceField(label=gettext_lazy("State where you will be"), required=False)

    def __init__(self, data: Any, rows: Iterable[Group], start: dict[str, str]) -> None:
        """`start`: what is taken for fields that `data` does not have."""
        super().__init__(start | {name: data[name] for name in FIELDS if name in data})
        about = {one.service.modality.code: one.service.modality.name for one in rows}
        self.offer("entry", _("Any kind"), list(KINDS.items()))
        self.offer("modality", _("Anything"), sorted(about.items(), key=lambda one: one[1]))
        self.offer("medium", _("Video or telephone"), list(Medium.choices))
        self.offer("day", _("Any day"), list(WEEKDAYS))
        self.offer("part", _("Any time"), [(part.value, label) for part, label in PARTS.items()])
        self.offer("place", _("Any state"), list(STATES))

    def offer(self, name: str, anything: str, options: Options) -> None:
        self.fields[name].choices = [("", anything), *options]  # type: ignore[attr-defined]

    def usual_choices(self) -> list[forms.BoundField]:
        return [self[name] for name in ("place", "modality")]

    def more_choices(self) -> list[forms.BoundField]:
        """Folded away, so that the groups are near on a telephone."""
        return [self[name] for name in MORE]

    def more_is_said(self) -> bool:
        return any(self.data.get(name) for name in MORE)

    def sought(self, zone: str) -> Sought:
        return Sought(zone=zone, **self.cleaned_data)


class JoinForm(CheckForm):
    """Where one will be, and what has still to be agreed to."""

    place = forms.ChoiceField(label=gettext_lazy("State where you will be"))
    zone = ZoneField()
    group = forms.BooleanField(
        label=gettext_lazy("I keep to myself what others say in the group, and who they are."),
        error_messages={
            "required": gettext_lazy("Please read and accept the confidentiality in groups first.")
        },
    )
    field_order = ("place", "zone", "telehealth", "group", "mail")

    def __init__(
        self,
        data: Any,
        *,
        versions: dict[str, int],
        signed: set[str],
        places: list[str],
        start: dict[str, str],
    ) -> None:
        """`places`: where the therapist may treat; `start`: what stands there at first."""
        super().__init__(data, versions=versions, signed=signed, ticked=[])
        self.initial.update(start)
        if Form.GROUP.value in signed or Form.GROUP.value not in versions:
            del self.fields["group"]
        here = [(code, name) for code, name in STATES if code in places]
        rest = [(code, name) for code, name in STATES if code not in places]
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            (label, some)
            for label, some in (
                (_("Where this group may treat you"), here),
                (_("Other states"), rest),
            )
            if some
        ]

    def signatures(self) -> list[forms.BoundField]:
        return [self[name] for name in Form.values if name in self.fields]
