"""A date of a group, for staff: its roster, who came, cancel it, take that back, move it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from scheduling.actions import attend, group_dates
from scheduling.actions.attend import Mark
from scheduling.actions.reply import Reply
from scheduling.api import shapes
from scheduling.api.fields import Body, Empty, StartBody, ZoneField
from scheduling.api.holds import KEY
from scheduling.api.kept_group_shapes import DROP, GroupReason, KeptDateShape, StopBody
from scheduling.api.kept_groups import KeepDoor, a_date
from scheduling.engine.lifecycle import Attendance
from scheduling.errors import NotFound
from scheduling.models import Session
from scheduling.queries import kept_groups, roster

MARKS = [(one.value, one.value) for one in Attendance]


class MarkBody(Body):
    """Of one seat."""

    booking = serializers.UUIDField()
    attendance = serializers.ChoiceField(
        choices=MARKS, allow_blank=True, help_text="Empty: a mark is taken back."
    )
    late_by = serializers.IntegerField(
        required=False, min_value=1, max_value=480, help_text="Minutes, of who attended."
    )
    left_early_by = serializers.IntegerField(required=False, min_value=1, max_value=480)


class AttendanceBody(Body):
    marks = serializers.ListField(child=MarkBody(), required=False, max_length=200)
    present = serializers.IntegerField(
        min_value=0, max_value=999, allow_null=True, help_text="How many were there in all."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        seats = [one["booking"] for one in attrs.get("marks", [])]
        if len(set(seats)) < len(seats):
            raise serializers.ValidationError({"marks": "One mark for each booking."})
        return attrs


class MoveDateBody(StartBody):
    zone = ZoneField(required=False, help_text="Of `date` and `time`.")
    reason = GroupReason()
    drop = serializers.BooleanField(required=False, help_text=DROP)


class SeatShape(serializers.Serializer[Any]):
    booking = serializers.UUIDField()
    patient = shapes.BriefPatient()
    away = serializers.BooleanField(help_text="Said beforehand that they would not come.")
    attendance = serializers.ChoiceField(choices=MARKS)
    late_by = serializers.IntegerField(allow_null=True)
    left_early_by = serializers.IntegerField(allow_null=True)
    attended = serializers.IntegerField(help_text="Sessions so far.")
    missed = serializers.IntegerField(help_text="Absences in a row, up to this session.")


class RosterShape(KeptDateShape):
    roster = SeatShape(many=True)


class DateDoor(KeepDoor):
    def found_date(self, session: UUID) -> Session:
        """By who gives it, or the desk. Who asks for what is not theirs leaves a record (LG1)."""
        try:
            return roster.session_of(self.actor, session)
        except NotFound:
            said: dict[str, Any] = {"outcome": "refused", "code": NotFound.code}
            audit.record(self.actor, "session.view", obj=session, **said)
            raise

    def shown_date(self, session: UUID) -> dict[str, Any]:
        row = self.found_date(session)
        assert row.series is not None and row.series.group is not None
        return a_date(kept_groups.seated([row])[0], row.series.group.uuid)

    def reply_date(self, session: UUID) -> Reply:
        return Reply(200, self.shown_date(session))


class GroupDate(DateDoor):
    @extend_schema(operation_id="group_date", responses=RosterShape)
    def get(self, request: Request, session: UUID) -> Response:
        row = self.found_date(session)
        seats = roster.roster(self.actor, row)
        whose = sorted(one.booking.patient_id or 0 for one in seats)
        audit.record(self.actor, "roster.view", subject=whose, obj=row)
        return Response(self.shown_date(session) | {"roster": [seat(one) for one in seats]})


def seat(one: roster.Seat) -> dict[str, Any]:
    row = one.booking
    assert row.patient is not None
    return {
        "booking": str(row.uuid),
        "patient": shapes.brief_patient(row.patient),
        "away": one.away,
        "attendance": row.attendance,
        "late_by": row.late_by,
        "left_early_by": row.left_early_by,
        "attended": one.attended,
        "missed": one.missed,
    }


class GroupAttendance(DateDoor):
    @extend_schema(
        operation_id="group_date_attend",
        parameters=[KEY],
        request=AttendanceBody,
        responses=KeptDateShape,
        description="Marks in one go. Seats that are not named stay as they are.",
    )
    def post(self, request: Request, session: UUID) -> Response:
        self.found_date(session)
        said = self.said(AttendanceBody)
        return self.write(lambda: self.note(session, said))

    def note(self, session: UUID, said: dict[str, Any]) -> Reply:
        marks = {
            one["booking"]: Mark(one["attendance"], one.get("late_by"), one.get("left_early_by"))
            for one in said.get("marks", [])
        }
        attend.mark_group(
            session=session,
            marks=marks,
            present=said["present"],
            actor=self.actor,
            now=self.now,
        )
        return self.reply_date(session)


class CancelDate(DateDoor):
    @extend_schema(
        operation_id="group_date_cancel",
        parameters=[KEY],
        request=StopBody,
        responses=KeptDateShape,
        description="It does not take place; all who have a seat are told, each alone.",
    )
    def post(self, request: Request, session: UUID) -> Response:
        self.found_date(session)
        said = self.said(StopBody)
        return self.write(lambda: self.cancel(session, said))

    def cancel(self, session: UUID, said: dict[str, Any]) -> Reply:
        group_dates.cancel_date(session=session, **said, actor=self.actor, now=self.now)
        return self.reply_date(session)


class UndoCancelDate(DateDoor):
    @extend_schema(
        operation_id="group_date_undo_cancel",
        parameters=[KEY],
        request=None,
        responses=KeptDateShape,
        description="Within five minutes, with the seats that went with it.",
    )
    def post(self, request: Request, session: UUID) -> Response:
        self.found_date(session)
        self.said(Empty)
        return self.write(lambda: self.undo(session))

    def undo(self, session: UUID) -> Reply:
        group_dates.undo_cancel_date(session=session, actor=self.actor, now=self.now)
        return self.reply_date(session)


class MoveDate(DateDoor):
    @extend_schema(
        operation_id="group_date_move",
        parameters=[KEY],
        request=MoveDateBody,
        responses=KeptDateShape,
        description="This date alone. A refusal names the members who sit elsewhere then.",
    )
    def post(self, request: Request, session: UUID) -> Response:
        row = self.found_date(session)
        said = self.said(MoveDateBody)
        said.pop("zone", None)
        assert row.series is not None
        return self.attempt(lambda: self.move(session, said), row.series.zone)

    def move(self, session: UUID, said: dict[str, Any]) -> Reply:
        group_dates.move_date(session=session, **said, actor=self.actor, now=self.now)
        return self.reply_date(session)
