"""What groups as staff keep them are asked with and told as, over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from scheduling.actions.cancel import BY_STAFF
from scheduling.api import shapes
from scheduling.api.fields import Body, ClockField, DayField, MediumField, MomentField, ZoneField
from scheduling.api.series import RuleField
from scheduling.engine.lifecycle import CancelReason, GroupState, SessionState
from scheduling.models import Entry, Medium

MOST_SKIPPED = 60
STATES = [state.value for state in GroupState]
DATE_STATES = [state.value for state in SessionState]
REASONS = [one.value for one in BY_STAFF if one is not CancelReason.PATIENT]
LEFT_OUT = "Dates of the rule that are left out, as a refusal named them."
DROP = "Members who sit elsewhere then lose these seats."


class GroupReason(serializers.ChoiceField):
    """Why what is everybody's is cancelled or moved."""

    def __init__(self) -> None:
        super().__init__(choices=REASONS)


def moments(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=MomentField(), required=False, max_length=MOST_SKIPPED, help_text=help_text
    )


class RuleBody(Body):
    """When it meets, on the wall clock of `zone`."""

    rule = RuleField()
    zone = ZoneField(help_text="On whose wall clock.")
    time = ClockField(help_text="HH:MM, kept over changes of the clock.")
    first = DayField(help_text="It begins with the rule's first date from here on.")
    last = DayField(required=False)
    skip = moments(LEFT_OUT)


class FoundBody(RuleBody):
    service = serializers.UUIDField()
    name = serializers.CharField(max_length=80, help_text="On our pages, never in mail.")
    about = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    entry = serializers.ChoiceField(choices=Entry.choices)
    capacity = serializers.IntegerField(min_value=1, max_value=200)
    per_facilitator = serializers.IntegerField(required=False, min_value=1, max_value=200)
    entry_sessions = serializers.IntegerField(
        required=False, min_value=1, max_value=99, help_text="Closed: joined until this session."
    )
    module_sessions = serializers.IntegerField(
        required=False, min_value=1, max_value=99, help_text="Rolling: sessions in a module."
    )
    cycle_sessions = serializers.IntegerField(
        required=False, min_value=1, max_value=208, help_text="Rolling: sessions in a cycle."
    )
    listed = serializers.BooleanField(required=False, help_text="Patients can find it.")
    medium = MediumField()
    facilitators = serializers.ListField(
        child=serializers.UUIDField(), max_length=20, help_text="Therapists, the lead first."
    )


class GroupChange(Body):
    name = serializers.CharField(max_length=80, required=False, help_text="On our pages, no mail.")
    about = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    capacity = serializers.IntegerField(required=False, min_value=1, max_value=200)
    per_facilitator = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=200, help_text="null: no bound."
    )
    listed = serializers.BooleanField(required=False, help_text="Patients can find it.")


class TimesBody(RuleBody):
    since = MomentField(help_text="From the date on that the rule gave for then, or next.")
    reason = GroupReason()
    drop = serializers.BooleanField(required=False, help_text=DROP)


class FacilitatorBody(Body):
    """Who stops, who begins, or who follows whom."""

    leaving = serializers.UUIDField(required=False)
    coming = serializers.UUIDField(required=False)
    first = DayField()
    until = DayField(required=False, help_text="Left out: for good.")


class StopBody(Body):
    reason = GroupReason()


class ResumeBody(Body):
    first = DayField()
    skip = moments(LEFT_OUT)


class FacilitatorShape(serializers.Serializer[Any]):
    therapist = shapes.BriefTherapist()
    lead = serializers.BooleanField(help_text="Whose licence counts for every member.")
    since = serializers.DateField()
    until = serializers.DateField(allow_null=True)


class KeptDateShape(serializers.Serializer[Any]):
    """Numbers alone; names stand in its roster."""

    id = serializers.UUIDField()
    group = serializers.UUIDField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    zone = serializers.CharField()
    slot = serializers.DateTimeField(help_text="When the rule would have it.")
    medium = serializers.ChoiceField(choices=Medium.choices)
    state = serializers.ChoiceField(choices=DATE_STATES)
    seats = serializers.IntegerField(help_text="Taken.")
    limit = serializers.IntegerField(help_text="As many as its facilitators can look after.")
    present = serializers.IntegerField(allow_null=True)


class KeptGroupShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    entry = serializers.ChoiceField(choices=Entry.choices)
    service = shapes.BriefService()
    rule = serializers.CharField(help_text="RFC 5545; empty where it does not meet at present.")
    zone = serializers.CharField()
    time = serializers.CharField()
    last = serializers.DateField(allow_null=True)
    facilitators = serializers.ListField(child=serializers.CharField(), help_text="Now, by name.")


class OneKeptGroupShape(KeptGroupShape):
    about = serializers.CharField()
    listed = serializers.BooleanField()
    capacity = serializers.IntegerField()
    per_facilitator = serializers.IntegerField(allow_null=True)
    entry_sessions = serializers.IntegerField(allow_null=True)
    module_sessions = serializers.IntegerField(allow_null=True)
    cycle_sessions = serializers.IntegerField(allow_null=True)
    duty = FacilitatorShape(many=True, help_text="Who gives it, from when to when.")
    dates = KeptDateShape(many=True, help_text="Those to come, and the last few that are over.")
    gaps = serializers.ListField(
        child=serializers.DateTimeField(), help_text="Dates that nobody who gives it is free for."
    )


class PlaceShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient = shapes.BriefPatient()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)
    place = serializers.CharField()
    missed = serializers.IntegerField(help_text="In a row; told from four on, else 0.")
    without_seat = serializers.ListField(
        child=serializers.DateTimeField(),
        help_text="Dates at which they sit elsewhere, or the lead may not treat them.",
    )
