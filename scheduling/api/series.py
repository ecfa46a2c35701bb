"""Series: look at every date, book the whole, change or cancel from a date on."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.models import Patient, Therapist
from scheduling import policy
from scheduling.actions import repeat as acts
from scheduling.actions import series_life as later
from scheduling.actions.repeat import Chosen
from scheduling.actions.reply import Reply
from scheduling.api import shapes
from scheduling.api.bookings import Accept, BookingDoor, ReasonField
from scheduling.api.fields import (
    Body,
    ClockField,
    DayField,
    Empty,
    MediumField,
    PlaceField,
    ZoneField,
    clock,
    told,
)
from scheduling.api.holds import KEY
from scheduling.engine.hours import NonexistentTime, local_day, wall_to_minute
from scheduling.engine.recurrence import parse_rule
from scheduling.errors import NotFound, SeriesRefused, SpringGap
from scheduling.models import Booking, Kind, Medium, Series, Service
from scheduling.queries.repeat import Asked, Checked, Pattern, check

MOST = 52


class RuleField(serializers.CharField):
    """RFC 5545, as far as a clinic needs it: weekly on weekdays, or monthly on one nth weekday."""

    default_error_messages = {"rule": "A rule looks like FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE."}

    def __init__(self) -> None:
        super().__init__(
            max_length=80,
            help_text="FREQ=WEEKLY or FREQ=MONTHLY, with BYDAY and INTERVAL (RFC 5545 3.3.10).",
        )

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            parse_rule(text)
        except ValueError:
            self.fail("rule")
        return text


class PatternBody(Body):
    """A rule on the wall clock of `zone`."""

    rule = RuleField()
    first = DayField(help_text="The series begins with the rule's first date from here on.")
    time = ClockField(help_text="HH:MM, kept over changes of the clock.")
    zone = ZoneField(help_text="The patient's.")
    count = serializers.IntegerField(min_value=1, max_value=MOST)
    therapist = serializers.UUIDField()
    override = serializers.CharField(
        required=False,
        max_length=500,
        help_text="Staff: why notice, hours, grid or daily limit are set aside.",
    )


class SeriesBody(PatternBody):
    service = serializers.UUIDField()
    medium = MediumField()
    place = PlaceField()
    patient = serializers.CharField(
        required=False, max_length=8, help_text="Staff: whose, by the patient's reference."
    )


class ChosenDate(Body):
    """One date that is to be booked; other than the rule says, where time or therapist is given."""

    date = DayField()
    time = ClockField(required=False)
    therapist = serializers.UUIDField(required=False)


class NewSeries(SeriesBody):
    dates = ChosenDate(many=True, required=False, help_text="Without it, all dates.")
    review_after = serializers.IntegerField(required=False, min_value=1, max_value=MOST)
    accept = Accept(required=False)


class ChangedSeries(PatternBody):
    dates = ChosenDate(many=True, required=False)
    since = DayField(required=False, help_text="This date and all following; else all to come.")
    reason = ReasonField()


class CancelSeries(Body):
    since = DayField(required=False, help_text="This date and all following; else all to come.")
    reason = ReasonField()
    note = serializers.CharField(required=False, max_length=500, help_text="Staff only.")


class CheckedShape(serializers.Serializer[Any]):
    date = serializers.DateField()
    start = serializers.DateTimeField(allow_null=True, help_text="null: the clock skips it.")
    free = serializers.BooleanField()
    why = serializers.CharField(help_text="A code; empty where it is free.")
    near = serializers.DateTimeField(
        allow_null=True, help_text="Another free start on that day with the same therapist."
    )
    therapists = serializers.ListField(
        child=serializers.UUIDField(), help_text="Others who are free at the very time."
    )


class ReportShape(serializers.Serializer[Any]):
    dates = CheckedShape(many=True)


class SeriesShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    rule = serializers.CharField()
    zone = serializers.CharField()
    time = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField(allow_null=True)
    medium = serializers.ChoiceField(choices=Medium.choices)
    review_after = serializers.IntegerField(allow_null=True)
    follows = serializers.UUIDField(allow_null=True, help_text="The series it goes on from.")
    bookings = shapes.BookingShape(many=True)


def pattern_of(said: dict[str, Any]) -> Pattern:
    """Takes the words of a rule out of what was said."""
    rule, zone, at, first = (said.pop(name) for name in ("rule", "zone", "time", "first"))
    return Pattern(rule, zone, at, first, count=said.pop("count"))


def chosen_of(
    pattern: Pattern, therapist: UUID, wanted: list[dict[str, Any]] | None
) -> list[Chosen]:
    """All dates of the rule, or those that were named, each as it was asked for."""
    slots = {one.day: one.start for one in pattern.dates() if one.start is not None}
    if wanted is None:
        return [Chosen(start, start, therapist) for start in slots.values()]
    return [
        Chosen(
            slots.get(one["date"], -1),
            _start(pattern.zone, one["date"], one.get("time"), slots),
            one.get("therapist", therapist),
        )
        for one in wanted
    ]


def _start(zone: str, day: date, at: int | None, slots: dict[date, int]) -> int:
    if at is None:
        return slots.get(day, -1)
    try:
        return wall_to_minute(zone, day, at)
    except NonexistentTime as error:
        raise SpringGap from error


class SeriesDoor(BookingDoor):
    def patient_of(self, said: dict[str, Any]) -> int:
        """Whose series: one's own, or by staff that of a patient they may see."""
        reference = said.pop("patient", None)
        if reference:
            return policy.find(Patient, self.actor, reference=reference.upper()).pk
        if self.actor.patient is None:
            raise NotFound
        return self.actor.patient

    def shown_series(self, row: Series) -> dict[str, Any]:
        seats = policy.visible(Booking, self.actor).filter(session__series=row)
        seats = shapes.with_times(seats).order_by("session__slot")
        return {
            "id": str(row.uuid),
            "rule": row.rule,
            "zone": row.zone,
            "time": clock(row.at),
            "first": row.first_day.isoformat(),
            "last": row.last_day.isoformat() if row.last_day else None,
            "medium": row.medium,
            "review_after": row.review_after,
            "follows": str(row.follows.uuid) if row.follows else None,
            "bookings": [shapes.booking(seat, self.actor) for seat in seats],
        }

    def slot_since(self, row: Series, since: date | None) -> int:
        """The slot from which on a change counts; 0 is all to come."""
        if since is None:
            return 0
        slots = row.sessions.order_by("slot").values_list("slot", flat=True)
        return next((s for s in slots if s and local_day(row.zone, s) >= since), 1 << 40)

    def told_dates(self, refused: SeriesRefused, zone: str) -> SeriesRefused:
        """As answers say it: the local start, and why."""
        against = refused.extra["dates"]
        refused.extra["dates"] = [
            {"start": told(slot, zone), "why": code} for slot, code in against.items()
        ]
        return refused


class CheckSeries(SeriesDoor):
    @extend_schema(
        operation_id="series_check",
        request=SeriesBody,
        responses=ReportShape,
        description="Looks at every date and books nothing. Four queries beside the door's.",
    )
    def post(self, request: Request) -> Response:
        said = self.said(SeriesBody)
        patient = self.patient_of(said)
        what = policy.find(
            Service, self.actor, uuid=said["service"], active=True, kind=Kind.INDIVIDUAL.value
        )
        acts.require_allowed(what, patient, said.get("override", ""), said["medium"], self.actor)
        host = policy.find(Therapist, self.actor, uuid=said["therapist"], active=True)
        pattern = pattern_of(said)
        asked = Asked(
            clinic=self.clinic.pk,
            service=what.pk,
            therapist=host.user_id,
            patient=patient,
            medium=said["medium"],
            place=said["place"],
            minutes=what.minutes,
            override=bool(said.get("override")),
        )
        found = check(asked, pattern, self.now)
        audit.record(self.actor, "series.plan", subject=patient)
        return Response({"dates": self.lines(found, pattern.zone)})

    def lines(self, found: list[Checked], zone: str) -> list[dict[str, Any]]:
        wanted = {profile for one in found for profile in one.others}
        rows = policy.visible(Therapist, self.actor).filter(pk__in=wanted)
        uuids = dict(rows.values_list("pk", "uuid"))
        return [
            {
                "date": one.day.isoformat(),
                "start": told(one.start, zone) if one.start is not None else None,
                "free": not one.why,
                "why": one.why,
                "near": told(one.near, zone) if one.near is not None else None,
                "therapists": [str(uuids[pk]) for pk in one.others if pk in uuids],
            }
            for one in found
        ]


class AllSeries(SeriesDoor):
    @extend_schema(
        operation_id="series_book",
        parameters=[KEY],
        request=NewSeries,
        responses={201: SeriesShape},
        description="All dates or none. A refusal names the dates that cannot be.",
    )
    def post(self, request: Request) -> Response:
        said = self.said(NewSeries)
        return self.write(lambda: self.book(said))

    def book(self, said: dict[str, Any]) -> Reply:
        patient, pattern = self.patient_of(said), pattern_of(said)
        chosen = chosen_of(pattern, said.pop("therapist"), said.pop("dates", None))
        try:
            row = acts.repeat(
                pattern=pattern,
                chosen=chosen,
                patient=patient,
                actor=self.actor,
                now=self.now,
                **said,
            )
        except SeriesRefused as refused:
            raise self.told_dates(refused, pattern.zone) from refused
        return Reply(201, self.shown_series(row))


class OneSeries(SeriesDoor):
    @extend_schema(operation_id="series", responses=SeriesShape)
    def get(self, request: Request, series: UUID) -> Response:
        row = policy.find(Series, self.actor, uuid=series)
        audit.record(self.actor, "series.view", subject=row.patient_id, obj=row)
        return Response(self.shown_series(row))


class ChangeSeries(SeriesDoor):
    @extend_schema(
        operation_id="series_change",
        parameters=[KEY],
        request=ChangedSeries,
        responses=SeriesShape,
        description="Moves the same bookings into a series that follows, and answers that one.",
    )
    def post(self, request: Request, series: UUID) -> Response:
        said = self.said(ChangedSeries)
        return self.write(lambda: self.change(series, said))

    def change(self, series: UUID, said: dict[str, Any]) -> Reply:
        row = policy.find(Series, self.actor, uuid=series)
        pattern = pattern_of(said)
        chosen = chosen_of(pattern, said.pop("therapist"), said.pop("dates", None))
        slot = self.slot_since(row, said.pop("since", None))
        try:
            after = later.change_from(
                series=series,
                slot=slot,
                pattern=pattern,
                chosen=chosen,
                actor=self.actor,
                now=self.now,
                **said,
            )
        except SeriesRefused as refused:
            raise self.told_dates(refused, pattern.zone) from refused
        return Reply(200, self.shown_series(after))


class CancelOfSeries(SeriesDoor):
    @extend_schema(
        operation_id="series_cancel",
        parameters=[KEY],
        request=CancelSeries,
        responses=SeriesShape,
    )
    def post(self, request: Request, series: UUID) -> Response:
        said = self.said(CancelSeries)
        return self.write(lambda: self.cancel(series, said))

    def cancel(self, series: UUID, said: dict[str, Any]) -> Reply:
        row = policy.find(Series, self.actor, uuid=series)
        slot = self.slot_since(row, said.pop("since", None))
        later.cancel_from(series=series, slot=slot, **said, actor=self.actor, now=self.now)
        return Reply(200, self.shown_series(policy.find(Series, self.actor, uuid=series)))


class UndoCancelOfSeries(SeriesDoor):
    @extend_schema(
        operation_id="series_undo_cancel",
        parameters=[KEY],
        request=None,
        responses=SeriesShape,
        description="What was cancelled last, within five minutes, all of it or nothing.",
    )
    def post(self, request: Request, series: UUID) -> Response:
        self.said(Empty)
        return self.write(lambda: self.undo(series))

    def undo(self, series: UUID) -> Reply:
        later.undo_cancel_from(series=series, actor=self.actor, now=self.now)
        return Reply(200, self.shown_series(policy.find(Series, self.actor, uuid=series)))
