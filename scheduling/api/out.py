"""A therapist cannot come: what could become of each session, what everybody would read, do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.models import Patient, Therapist
from scheduling import policy
from scheduling.actions.out import DateDecision, Decision, What, settle_out
from scheduling.actions.reply import Reply
from scheduling.api import shapes
from scheduling.api.bookings import REASONS
from scheduling.api.fields import Body, DayField, PlaceField, told
from scheduling.api.holds import KEY
from scheduling.api.kept_groups import KeepDoor
from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import to_minute
from scheduling.errors import NoSuchDate, NotFound, Refusal
from scheduling.models import Medium
from scheduling.outbox.preview import Letter, would_read
from scheduling.queries import out as query
from scheduling.queries.out import Concerned, GroupDate

LONGEST = timedelta(days=2 * 366)
OF_SESSIONS = [What.KEEP, What.MOVE, What.OFFER, What.TELEPHONE, What.CANCEL]
OF_DATES = [What.KEEP, What.WITHOUT, What.SUBSTITUTE, What.CANCEL]
SESSION_CHOICES = [one.value for one in OF_SESSIONS]
DATE_CHOICES = [one.value for one in OF_DATES]
MOST = 500


class SpanQuery(Body):
    """Days on the therapist's calendar, `until` with it."""

    first = DayField()
    until = DayField(required=False, help_text="Without it, one day.")
    place = PlaceField(required=False, help_text="Only people in this state: a licence that ends.")


class SessionChoice(Body):
    booking = serializers.UUIDField()
    what = serializers.ChoiceField(choices=SESSION_CHOICES)
    therapist = serializers.UUIDField(required=False, help_text="Of `move`: a colleague.")


class DateChoice(Body):
    session = serializers.UUIDField()
    what = serializers.ChoiceField(choices=DATE_CHOICES)
    therapist = serializers.UUIDField(required=False, help_text="Of `substitute`.")


class OutBody(Body):
    """What is not named stays as it is."""

    first = DayField()
    until = DayField(required=False)
    reason = serializers.ChoiceField(choices=REASONS)
    block = serializers.BooleanField(
        required=False, help_text="Nothing more can be booked on these days."
    )
    sessions = serializers.ListField(child=SessionChoice(), required=False, max_length=MOST)
    group_dates = serializers.ListField(child=DateChoice(), required=False, max_length=MOST)


class ConcernedShape(serializers.Serializer[Any]):
    booking = serializers.UUIDField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    medium = serializers.ChoiceField(choices=Medium.choices)
    patient = shapes.BriefPatient()
    colleagues = shapes.BriefTherapist(
        many=True, help_text="Licensed there, and free at the very time."
    )
    others = serializers.ListField(
        child=serializers.DateTimeField(), help_text="Starts that `offer` names."
    )
    telephone = serializers.BooleanField(help_text="It can be turned to telephone.")


class ConcernedDateShape(serializers.Serializer[Any]):
    session = serializers.UUIDField()
    group = serializers.UUIDField()
    name = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    members = serializers.IntegerField()
    others = shapes.BriefTherapist(many=True, help_text="Who gives it too.")
    over = serializers.BooleanField(help_text="More members than these should look after.")
    substitutes = shapes.BriefTherapist(many=True, help_text="Free, and licensed for every member.")


class OutShape(serializers.Serializer[Any]):
    sessions = ConcernedShape(many=True)
    group_dates = ConcernedDateShape(many=True)


class LetterShape(serializers.Serializer[Any]):
    patient = serializers.CharField(help_text="The reference.")
    subject = serializers.CharField()
    text = serializers.CharField()
    why = serializers.CharField(help_text="Why no mail goes out; else empty.")


class PreviewShape(serializers.Serializer[Any]):
    letters = LetterShape(many=True, help_text="To patients; as they would be sent.")


class DoneShape(serializers.Serializer[Any]):
    changed = serializers.IntegerField(help_text="Sessions.")


def brief(who: Therapist) -> dict[str, Any]:
    return {"id": str(who.uuid), "name": who.name, "credentials": who.credentials}


def concerned(one: Concerned, zone: str) -> dict[str, Any]:
    row, session = one.booking, one.booking.session
    assert row.patient is not None
    return {
        "booking": str(row.uuid),
        "start": told(row.start, zone),
        "end": told(row.end, zone),
        "medium": session.medium,
        "patient": shapes.brief_patient(row.patient),
        "colleagues": [brief(who) for who in one.colleagues],
        "others": [told(start, zone) for start in one.others],
        "telephone": session.service.telephone and session.medium == Medium.VIDEO.value,
    }


def concerned_date(one: GroupDate, zone: str) -> dict[str, Any]:
    row = one.session
    assert row.series is not None and row.series.group is not None
    return {
        "session": str(row.uuid),
        "group": str(row.series.group.uuid),
        "name": row.series.group.name,
        "start": told(row.start, zone),
        "end": told(row.end, zone),
        "members": len(one.patients),
        "others": [brief(who) for who in one.others],
        "over": one.over,
        "substitutes": [brief(who) for who in one.substitutes],
    }


class OutDoor(KeepDoor):
    """For the desk, and the therapist about oneself."""

    def whose(self, therapist: UUID) -> Therapist:
        who = policy.find(Therapist, self.actor, uuid=therapist)
        if not (self.actor.has(policy.DESK) or self.actor.therapist == who.pk):
            raise NotFound
        return who

    def days(self, who: Therapist, said: dict[str, Any]) -> tuple[date, date]:
        first = max(said["first"], local_day(who.time_zone, to_minute(self.now)))
        last: date = said.get("until", first)
        if not first <= last <= first + LONGEST:
            raise NoSuchDate(field="until")
        return first, last

    def sessions(self, who: Therapist, days: tuple[date, date]) -> list[Concerned]:
        start, end = day_span(who.time_zone, *days)
        found = query.concerned(self.actor, who, start, end, self.now)
        audit.record(
            self.actor, "out.view", subject=[one.booking.patient_id or 0 for one in found], obj=who
        )
        return found

    def act(self, who: Therapist, said: dict[str, Any]) -> Callable[[], int]:
        """What was decided, about sessions of these days; for `offer` the times are looked up."""
        days = self.days(who, said)
        known = {one.booking.uuid: one for one in self.sessions(who, days)}
        chosen = said.get("sessions", [])
        if not {one["booking"] for one in chosen} <= known.keys():
            raise NotFound
        decisions = [
            Decision(
                one["booking"],
                What(one["what"]),
                one.get("therapist"),
                known[one["booking"]].others if one["what"] == What.OFFER.value else (),
            )
            for one in chosen
        ]
        dates = [
            DateDecision(one["session"], What(one["what"]), one.get("therapist"))
            for one in said.get("group_dates", [])
        ]
        return lambda: settle_out(
            therapist=who.uuid,
            decisions=decisions,
            dates=dates,
            reason=said["reason"],
            time_off=days if said.get("block") else None,
            actor=self.actor,
            now=self.now,
        )

    @contextmanager
    def explained(self, zone: str) -> Iterator[None]:
        """Which session it is about, too."""
        try:
            with super().explained(zone):
                yield
        except Refusal as refusal:
            if "booking" in refusal.extra:
                refusal.extra["booking"] = str(refusal.extra["booking"])
            raise


class TherapistOut(OutDoor):
    Query = SpanQuery

    @extend_schema(operation_id="therapist_out", parameters=[SpanQuery], responses=OutShape)
    def get(self, request: Request, therapist: UUID) -> Response:
        who = self.whose(therapist)
        asked = self.asked()
        days, zone = self.days(who, asked), who.time_zone
        found = self.sessions(who, days)
        dates = query.group_dates(self.actor, who, *day_span(zone, *days), self.now)
        if "place" in asked:
            found = [one for one in found if one.booking.place == asked["place"]]
            dates = []
        body = {
            "sessions": [concerned(one, zone) for one in found],
            "group_dates": [concerned_date(one, zone) for one in dates],
        }
        return Response(body)

    @extend_schema(
        operation_id="therapist_out_settle",
        parameters=[KEY],
        request=OutBody,
        responses=DoneShape,
        description="All of it or nothing; then everybody is told. A refusal names its `booking`.",
    )
    def post(self, request: Request, therapist: UUID) -> Response:
        who = self.whose(therapist)
        said = self.said(OutBody)
        return self.attempt(lambda: self.settle(who, said), who.time_zone)

    def settle(self, who: Therapist, said: dict[str, Any]) -> Reply:
        return Reply(200, {"changed": self.act(who, said)()})


class PreviewOut(OutDoor):
    @extend_schema(
        operation_id="therapist_out_preview",
        request=OutBody,
        responses=PreviewShape,
        description="What each patient would read; nothing is kept or sent.",
    )
    def post(self, request: Request, therapist: UUID) -> Response:
        who = self.whose(therapist)
        said = self.said(OutBody)
        with self.explained(who.time_zone):
            letters = would_read(self.act(who, said), self.now)
        return Response({"letters": self.lines(letters)})

    def lines(self, letters: list[Letter]) -> list[dict[str, str]]:
        whose = {one.patient for one in letters}
        names = dict(
            policy.visible(Patient, self.actor).filter(pk__in=whose).values_list("pk", "reference")
        )
        return [
            {
                "patient": names[one.patient],
                "subject": one.subject,
                "text": one.text,
                "why": one.why,
            }
            for one in letters
            if one.patient in names
        ]
