"""What enrolments are asked with and told as, over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from scheduling.actions import enroll_life as later
from scheduling.api import shapes
from scheduling.api.bookings import Accept
from scheduling.api.fields import (
    Body,
    ClockField,
    DayField,
    MediumField,
    MomentField,
    PlaceField,
    ZoneField,
)
from scheduling.api.hours import WeekShape
from scheduling.engine.lifecycle import EndReason
from scheduling.queries import enrollments as query

MOST_PARTS, MOST_DATES = 40, 200
REASONS = [one.value for one in later.BY_STAFF]
STATES = [one.value for one in query.Standing]
ENDS = [("", ""), *((one.value, one.value) for one in EndReason)]


class DateBody(Body):
    """What is decided about one date; with neither `start` nor `therapist` it is left out."""

    slot = MomentField(allow_null=True, help_text="As the plan has it.")
    start = MomentField(required=False, help_text="Another start.")
    therapist = serializers.UUIDField(required=False)


class ChoiceBody(Body):
    """What is decided about one part of the program."""

    part = serializers.IntegerField(min_value=1, help_text="Its id.")
    leave_out = serializers.BooleanField(required=False)
    wait = serializers.BooleanField(
        required=False, help_text="A group without a place: go on its waiting list."
    )
    therapist = serializers.UUIDField(required=False, help_text="Of an individual part: with whom.")
    weekday = serializers.IntegerField(required=False, min_value=0, max_value=6)
    time = ClockField(required=False, help_text="HH:MM, if not as the program has it.")
    dates = serializers.ListField(child=DateBody(), required=False, max_length=MOST_DATES)


class PlanBody(Body):
    program = serializers.UUIDField()
    first_day = DayField(help_text="On the clinic's calendar.")
    medium = MediumField(required=False)
    choices = serializers.ListField(child=ChoiceBody(), required=False, max_length=MOST_PARTS)
    override = serializers.CharField(
        required=False,
        max_length=500,
        help_text="Why notice, hours, grid or daily limit are set aside.",
    )


class NewPlanBody(PlanBody):
    patient = serializers.CharField(max_length=8, help_text="The patient's reference.")
    place = PlaceField()
    zone = ZoneField(help_text="The patient's.")


class EnrollBody(NewPlanBody):
    accept = Accept(required=False, help_text="What the patient agreed to just now.")


class StepBody(PlanBody):
    place = PlaceField(required=False)
    zone = ZoneField(required=False)


class ProgramPauseBody(Body):
    first_day = DayField(help_text="The first day away.")
    last_day = DayField(required=False, help_text="Left out: until somebody says when it goes on.")


class ProgramResumeBody(Body):
    first_day = DayField(help_text="The first day back.")
    leave_out = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MOST_DATES,
        help_text="Dates that are not to come back, by `session`.",
    )
    override = serializers.CharField(
        required=False,
        max_length=500,
        help_text="Why notice, hours, grid or daily limit are set aside.",
    )


class DischargeBody(Body):
    first_day = DayField(help_text="The first day without the program.")
    reason = serializers.ChoiceField(choices=REASONS, required=False)


class PlanDateShape(serializers.Serializer[Any]):
    date = serializers.DateField()
    slot = serializers.DateTimeField(allow_null=True, help_text="null: the clock skips it.")
    start = serializers.DateTimeField(allow_null=True)
    free = serializers.BooleanField()
    why = serializers.CharField(help_text="A code; empty where it is free.")
    open = serializers.BooleanField(help_text="Somebody has to decide about it.")
    kept = serializers.BooleanField(help_text="The patient's already.")
    near = serializers.DateTimeField(allow_null=True)
    therapists = serializers.ListField(child=serializers.UUIDField())


class PlanPartShape(serializers.Serializer[Any]):
    part = serializers.IntegerField()
    name = serializers.CharField()
    group = serializers.UUIDField(allow_null=True)
    service = serializers.UUIDField(allow_null=True)
    therapist = serializers.UUIDField(allow_null=True)
    why = serializers.CharField(help_text="Against the part as a whole; a code.")
    open = serializers.BooleanField()
    dates = PlanDateShape(many=True)


class PlanShape(serializers.Serializer[Any]):
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    fits = serializers.BooleanField(help_text="Nothing is to be decided or signed.")
    missing = serializers.ListField(child=serializers.CharField(), help_text="Forms to be signed.")
    weeks = WeekShape(many=True)
    parts = PlanPartShape(many=True)
    falling = serializers.ListField(
        child=serializers.DateTimeField(), help_text="Starts that the program before gives up."
    )


class WeekPartShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    rule = serializers.CharField()
    zone = serializers.CharField()
    time = serializers.CharField()
    group = serializers.UUIDField(allow_null=True)
    series = serializers.UUIDField(allow_null=True)
    membership = serializers.UUIDField(allow_null=True)
    therapists = shapes.BriefTherapist(many=True)


class ProgramPauseShape(serializers.Serializer[Any]):
    first_day = serializers.DateField()
    last_day = serializers.DateField(allow_null=True)


class ProgramSeatShape(serializers.Serializer[Any]):
    booking = serializers.UUIDField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class BriefEnrollment(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    reference = serializers.CharField()
    program = serializers.UUIDField()
    name = serializers.CharField(help_text="The program's.")
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    state = serializers.ChoiceField(choices=STATES)
    end_reason = serializers.ChoiceField(choices=ENDS)
    follows = serializers.UUIDField(allow_null=True)
    patient = shapes.BriefPatient(required=False, help_text="Staff only.")


class EnrollmentShape(BriefEnrollment):
    pauses = ProgramPauseShape(many=True)
    week = WeekPartShape(many=True)
    dates = ProgramSeatShape(many=True)


class BackShape(serializers.Serializer[Any]):
    session = serializers.UUIDField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    name = serializers.CharField(help_text="Of the group, or of the service.")
    why = serializers.CharField(help_text="A code; empty where it is free.")
    open = serializers.BooleanField(help_text="Somebody has to decide about it.")


class ReturnShape(serializers.Serializer[Any]):
    fits = serializers.BooleanField(help_text="Nothing is to be decided or signed.")
    missing = serializers.ListField(child=serializers.CharField(), help_text="Forms to be signed.")
    weeks = WeekShape(many=True)
    dates = BackShape(many=True)


class EnrollmentsShape(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True)
    results = BriefEnrollment(many=True)
