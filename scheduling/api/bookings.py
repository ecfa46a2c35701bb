"""Book, look, move, cancel. Patients their own, staff those of their patients."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.models import Patient
from scheduling import policy
from scheduling.actions import book as booking_actions
from scheduling.actions import cancel as cancelling
from scheduling.actions.reply import Reply
from scheduling.actions.reschedule import reschedule
from scheduling.api import shapes
from scheduling.api.door import Door
from scheduling.api.fields import (
    Body,
    Empty,
    MediumField,
    MomentField,
    PlaceField,
    StartBody,
    ZoneField,
)
from scheduling.api.holds import KEY, HoldBody
from scheduling.api.pages import PageQuery, next_address, page
from scheduling.api.slots import wanted_of, with_nearest
from scheduling.api.throttles import BookingLimit
from scheduling.engine.lifecycle import CancelReason
from scheduling.errors import NotFound, PatientBusy, SlotGone
from scheduling.models import Booking
from scheduling.queries.slots import Wanted

REASONS = [r.value for r in CancelReason if r is not CancelReason.PATIENT_LATE]
WANTED = ("service", "therapist", "medium", "place", "zone")  # what a search is told


class BookingsQuery(PageQuery):
    """`from` is reserved in Python: it is added below."""

    state = serializers.ChoiceField(choices=shapes.BOOKING_STATES, required=False)
    until = MomentField(required=False, help_text="Starts before.")

    def get_fields(self) -> dict[str, Any]:
        asks = "Starts at or after."
        return {**super().get_fields(), "from": MomentField(required=False, help_text=asks)}


class BookingsShape(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True, help_text="The address of the next page.")
    results = shapes.BookingShape(many=True)


class Accept(Body):
    """Forms that are signed now: which version of each was read."""

    telehealth = serializers.IntegerField(required=False, min_value=1, max_value=32767)
    mail = serializers.IntegerField(required=False, min_value=1, max_value=32767)


class ConfirmBody(Body):
    """Make a hold a booking."""

    hold = serializers.UUIDField()
    secret = serializers.CharField(max_length=200, help_text="The hold's.")
    accept = Accept(required=False)
    patient = serializers.CharField(
        required=False, max_length=8, help_text="Staff: whose, by the patient's reference."
    )


class DirectBody(HoldBody):
    """Staff: book in one step."""

    patient = serializers.CharField(max_length=8, help_text="The patient's reference.")
    accept = Accept(required=False, help_text="What the patient agreed to just now.")
    override = serializers.CharField(
        required=False,
        max_length=500,
        help_text="Why notice, hours, grid or daily limit are set aside.",
    )


class ReasonField(serializers.ChoiceField):
    """The coded reason of whoever acts for a patient."""

    def __init__(self) -> None:
        super().__init__(
            choices=REASONS,
            required=False,
            help_text="Staff give one; patients need none.",
        )


class MoveBody(StartBody):
    reason = ReasonField()
    therapist = serializers.UUIDField(required=False)
    medium = MediumField(required=False)
    place = PlaceField(required=False)
    zone = ZoneField(required=False, help_text="The patient's.")
    override = serializers.CharField(required=False, max_length=500, help_text="Staff: as above.")


class CancelBody(Body):
    reason = ReasonField()
    note = serializers.CharField(
        required=False, max_length=500, help_text="Staff only. No clinical text."
    )


class BookingDoor(Door):
    """What the views of bookings share. Every booking that is shown leaves an audit row (LG1)."""

    throttle_classes = [BookingLimit]

    def shown(self, row: Booking) -> dict[str, Any]:
        """Two queries."""
        full = shapes.with_times(Booking.objects.filter(pk=row.pk)).get()
        return shapes.booking(full, self.actor)

    def reply(self, row: Booking, status: int = 200) -> Reply:
        return Reply(status, self.shown(row), str(row.uuid))

    def kindly(self, refusal: PatientBusy) -> PatientBusy:
        """Staff who cannot see the other booking are not told that there is one."""
        if self.actor.is_staff and not self.actor.has(policy.DESK):
            refusal.sentence = PatientBusy.FOR_STAFF
        return refusal


class Bookings(BookingDoor):
    Query = BookingsQuery

    @extend_schema(operation_id="bookings", parameters=[BookingsQuery], responses=BookingsShape)
    def get(self, request: Request) -> Response:
        """Four queries beside the door's, one of them the audit's, whatever their number."""
        asked = self.asked()
        rows = shapes.with_times(policy.visible(Booking, self.actor))
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        if "from" in asked:
            rows = rows.filter(start__gte=asked["from"])
        if "until" in asked:
            rows = rows.filter(start__lt=asked["until"])
        found = page(rows, asked.get("cursor"), asked["limit"])
        whose = [row.patient_id for row in found.rows if row.patient_id]
        audit.record(self.actor, "booking.list", subject=whose)
        address = next_address(request.path, request.query_params, found.cursor)
        results = [shapes.booking(row, self.actor) for row in found.rows]
        return Response({"next": address, "results": results})

    @extend_schema(
        operation_id="booking_book",
        parameters=[KEY],
        request=PolymorphicProxySerializer(
            component_name="NewBooking",
            serializers=[ConfirmBody, DirectBody],
            resource_type_field_name=None,
        ),
        responses={201: shapes.BookingShape},
        description="Confirm a hold; or, by staff, book in one step.",
    )
    def post(self, request: Request) -> Response:
        if policy.acts_for_patients(self.actor) and "hold" not in request.data:
            direct = self.said(DirectBody)
            return self.write(lambda: self.book(direct))
        said = self.said(ConfirmBody)
        return self.write(lambda: self.confirm(said))

    def confirm(self, said: dict[str, Any]) -> Reply:
        reference = said.pop("patient", None)
        patient = self.patient(reference) if reference else self.actor.patient
        try:
            row = booking_actions.confirm(**said, patient=patient, actor=self.actor, now=self.now)
        except PatientBusy as busy:
            raise self.kindly(busy) from busy
        return self.reply(row, 201)

    def book(self, said: dict[str, Any]) -> Reply:
        said["patient"] = self.patient(said["patient"])
        try:
            row = booking_actions.book(**said, actor=self.actor, now=self.now)
        except PatientBusy as busy:
            raise self.kindly(busy) from busy
        except SlotGone as gone:
            wanted = {name: said[name] for name in WANTED}
            raise with_nearest(
                gone,
                lambda: wanted_of(wanted, self.actor, self.now),
                said["start"],
                self.actor,
                self.now,
            ) from gone
        return self.reply(row, 201)

    def patient(self, reference: str) -> int:
        """A patient that the actor may see; anybody else is not found."""
        return policy.find(Patient, self.actor, reference=reference.upper()).pk


class OneBooking(BookingDoor):
    @extend_schema(operation_id="booking", responses=shapes.BookingShape)
    def get(self, request: Request, booking: UUID) -> Response:
        """Four queries beside the door's, one of them the audit's."""
        rows = shapes.with_times(policy.visible(Booking, self.actor).filter(uuid=booking))
        row = rows.first()
        if row is None:
            audit.record(
                self.actor, "booking.view", obj=booking, outcome="refused", code=NotFound.code
            )
            raise NotFound
        audit.record(self.actor, "booking.view", subject=row.patient_id, obj=row.uuid)
        return Response(shapes.booking(row, self.actor))


class Reschedule(BookingDoor):
    @extend_schema(
        operation_id="booking_reschedule",
        parameters=[KEY],
        request=MoveBody,
        responses=shapes.BookingShape,
        description="The old time is kept until the new one is confirmed, in one step.",
    )
    def post(self, request: Request, booking: UUID) -> Response:
        said = self.said(MoveBody)
        return self.write(lambda: self.move(booking, said))

    def move(self, booking: UUID, said: dict[str, Any]) -> Reply:
        try:
            row = reschedule(booking=booking, **said, actor=self.actor, now=self.now)
        except PatientBusy as busy:
            raise self.kindly(busy) from busy
        except SlotGone as gone:
            raise with_nearest(
                gone, lambda: self.wanted(booking), said["start"], self.actor, self.now
            ) from gone
        return self.reply(row)

    def wanted(self, booking: UUID) -> Wanted:
        """As the booking is, for the rare case that the guard alone refused."""
        row = policy.find(Booking, self.actor, uuid=booking)
        return Wanted(
            service=row.session.service_id,
            place=row.place,
            zone=row.zone,
            medium=row.session.medium,
            first=row.start,
            until=row.end,
            therapist=row.session.occupancies.values_list("therapist_id", flat=True)[0],
            without_session=row.session_id,
            accepting=False,
        )


class Cancel(BookingDoor):
    @extend_schema(
        operation_id="booking_cancel",
        parameters=[KEY],
        request=CancelBody,
        responses=shapes.BookingShape,
    )
    def post(self, request: Request, booking: UUID) -> Response:
        said = self.said(CancelBody)
        return self.write(lambda: self.cancel(booking, said))

    def cancel(self, booking: UUID, said: dict[str, Any]) -> Reply:
        row = cancelling.cancel(booking=booking, **said, actor=self.actor, now=self.now)
        return self.reply(row)


class UndoCancel(BookingDoor):
    @extend_schema(
        operation_id="booking_undo_cancel",
        parameters=[KEY],
        request=None,
        responses=shapes.BookingShape,
        description="Within five minutes, while the time is still free.",
    )
    def post(self, request: Request, booking: UUID) -> Response:
        self.said(Empty)
        return self.write(lambda: self.undo(booking))

    def undo(self, booking: UUID) -> Reply:
        row = cancelling.undo_cancel(booking=booking, actor=self.actor, now=self.now)
        return self.reply(row)
