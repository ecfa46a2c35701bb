"""The waiting list: enter and leave it, answer an offer; staff steer all of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.models import Patient
from scheduling import policy
from scheduling.actions import wait_offers, waitlist
from scheduling.actions.reply import Reply
from scheduling.api import shapes
from scheduling.api.bookings import Accept, BookingDoor
from scheduling.api.fields import Body, Empty, MediumField, PlaceField, StartBody, ZoneField
from scheduling.api.holds import KEY
from scheduling.engine.lifecycle import OfferState, WaitState
from scheduling.engine.slots import PartOfDay
from scheduling.errors import NotAPatient, PatientBusy
from scheduling.models import Booking, Medium, Waiting, WaitOffer
from scheduling.queries.waitlist import line, open_offers

DAYS = "Weekdays that suit, Monday is 0; without it, any."
PARTS = "Parts of the day that suit; without it, any."


GOES_WITH = {  # what is waited for -> what is needed, what may be said beside it
    "service": (("medium", "place", "zone"), ("therapist", "patient")),
    "group": (("place", "zone"), ("patient",)),
    "booking": ((), ("anyone",)),
}


class OfferShape(shapes.Times):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=[state.value for state in OfferState])
    until = serializers.DateTimeField(help_text="Kept for an answer until then, UTC.")


class WaitingShape(serializers.Serializer[Any]):
    """What staff are told beside it: patient, priority, priority_reason, entered_at."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=[state.value for state in WaitState])
    service = shapes.BriefService()
    therapist = shapes.BriefTherapist(allow_null=True, help_text="null: any.")
    group = serializers.UUIDField(allow_null=True)
    booking = serializers.UUIDField(allow_null=True, help_text="Waits for an earlier time.")
    medium = serializers.ChoiceField(choices=Medium.choices)
    place = serializers.CharField()
    zone = serializers.CharField()
    days = serializers.ListField(child=serializers.IntegerField())
    parts = serializers.ListField(child=serializers.CharField())
    offer = OfferShape(allow_null=True)
    patient = shapes.BriefPatient(required=False)
    priority = serializers.IntegerField(required=False)
    priority_reason = serializers.CharField(required=False)
    entered_at = serializers.DateTimeField(required=False)


class WaitingListShape(serializers.Serializer[Any]):
    results = WaitingShape(many=True, help_text="To staff, in the order of their turn.")


class WaitBody(Body):
    """For a service, a group, or with `booking` for an earlier time than that one's."""

    service = serializers.UUIDField(required=False)
    group = serializers.UUIDField(required=False)
    booking = serializers.UUIDField(required=False)
    therapist = serializers.UUIDField(required=False, help_text="Without it, any.")
    anyone = serializers.BooleanField(
        required=False, help_text="With `booking`: another therapist too."
    )
    medium = MediumField(required=False)
    place = PlaceField(required=False)
    zone = ZoneField(required=False, help_text="The patient's.")
    days = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), required=False, help_text=DAYS
    )
    parts = serializers.ListField(
        child=serializers.ChoiceField(choices=[part.value for part in PartOfDay]),
        required=False,
        help_text=PARTS,
    )
    patient = serializers.CharField(
        required=False, max_length=8, help_text="Staff: whose, by the patient's reference."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in GOES_WITH if name in attrs]
        if len(given) != 1:
            raise serializers.ValidationError({"service": "Give service, group or booking."})
        needed, allowed = GOES_WITH[given[0]]
        if missing := [name for name in needed if name not in attrs]:
            raise serializers.ValidationError({missing[0]: "This field is required."}, "required")
        if more := sorted(set(attrs) - {given[0], "days", "parts", *needed, *allowed}):
            raise serializers.ValidationError({more[0]: f"Does not go with {given[0]}."})
        for name in ("days", "parts"):
            attrs[name] = ",".join(str(one) for one in attrs.pop(name, []))
        return attrs


class PreferBody(Body):
    priority = serializers.IntegerField(min_value=0, max_value=waitlist.HIGHEST)
    reason = serializers.CharField(required=False, max_length=200, help_text="Needed above 0.")


class OfferBody(StartBody):
    therapist = serializers.UUIDField(required=False, help_text="Not of a group.")
    zone = ZoneField(required=False, help_text="Of `date` and `time`.")


class AcceptBody(Body):
    accept = Accept(required=False)


class WaitingDoor(BookingDoor):
    def told(self, rows: list[Waiting]) -> list[dict[str, Any]]:
        """Three queries for all of them."""
        offers = open_offers(rows, self.now)
        held = shapes.with_times(Booking.objects.filter(offer__in=offers.values()))
        seats = {row.pk: row for row in held}
        return [self.one(row, offers.get(row.pk), seats) for row in rows]

    def one(
        self, row: Waiting, offer: WaitOffer | None, seats: dict[int, Booking]
    ) -> dict[str, Any]:
        what, host = row.service, row.therapist
        told: dict[str, Any] = {
            "id": str(row.uuid),
            "state": row.state,
            "service": {"id": str(what.uuid), "name": what.name, "minutes": what.minutes},
            "therapist": host
            and {"id": str(host.uuid), "name": host.name, "credentials": host.credentials},
            "group": row.group and str(row.group.uuid),
            "booking": row.booking and str(row.booking.uuid),
            "medium": row.medium,
            "place": row.place,
            "zone": row.zone,
            "days": [int(day) for day in row.days.split(",") if day],
            "parts": [part for part in row.parts.split(",") if part],
            "offer": offer and offer_told(offer, seats[offer.booking_id], row.zone),
        }
        if self.actor.is_staff and row.patient_id != self.actor.patient:
            told |= {
                "patient": shapes.brief_patient(row.patient),
                "priority": row.priority,
                "priority_reason": row.priority_reason,
                "entered_at": shapes.instant(row.entered_at),
            }
        return told

    def shown(self, row: Any) -> dict[str, Any]:
        rows = policy.visible(Waiting, self.actor).filter(pk=row.pk)
        found = rows.select_related("service", "patient", "therapist", "group", "booking").get()
        audit.record(self.actor, "waiting.view", subject=found.patient_id, obj=found)
        return self.told([found])[0]


def offer_told(offer: WaitOffer, held: Booking, zone: str) -> dict[str, Any]:
    return {
        "id": str(offer.uuid),
        "state": offer.state,
        "until": shapes.instant(offer.until),
        **shapes.times(held, zone),
    }


class WaitingList(WaitingDoor):
    @extend_schema(operation_id="waiting", responses=WaitingListShape)
    def get(self, request: Request) -> Response:
        """Who waits at present; of a patient, only what is the patient's own (GR1)."""
        rows = line(policy.visible(Waiting, self.actor))
        if not self.actor.is_staff:
            rows = rows.order_by("entered_at", "pk")
        found = list(rows)
        audit.record(self.actor, "waiting.list", subject=[row.patient_id for row in found])
        return Response({"results": self.told(found)})

    @extend_schema(
        operation_id="waiting_enter",
        parameters=[KEY],
        request=WaitBody,
        responses={201: WaitingShape},
    )
    def post(self, request: Request) -> Response:
        said = self.said(WaitBody)
        return self.write(lambda: self.enter(said))

    def enter(self, said: dict[str, Any]) -> Reply:
        if "booking" in said:
            row = waitlist.wait_for_earlier(**said, actor=self.actor, now=self.now)
            return Reply(201, self.shown(row))
        reference = said.pop("patient", None)
        patient = self.whose(reference) if reference else self.actor.patient
        if patient is None:
            raise NotAPatient
        wait = waitlist.wait_for_group if "group" in said else waitlist.wait_for_service
        row = wait(**said, patient=patient, actor=self.actor, now=self.now)
        return Reply(201, self.shown(row))

    def whose(self, reference: str) -> int:
        return policy.find(Patient, self.actor, reference=reference.upper()).pk


class OneWaiting(WaitingDoor):
    @extend_schema(operation_id="waiting_one", responses=WaitingShape)
    def get(self, request: Request, waiting: UUID) -> Response:
        return Response(self.shown(policy.find(Waiting, self.actor, uuid=waiting)))


class LeaveWaiting(WaitingDoor):
    @extend_schema(
        operation_id="waiting_leave", parameters=[KEY], request=None, responses=WaitingShape
    )
    def post(self, request: Request, waiting: UUID) -> Response:
        self.said(Empty)
        return self.write(lambda: self.leave(waiting))

    def leave(self, waiting: UUID) -> Reply:
        row = waitlist.leave(waiting=waiting, actor=self.actor, now=self.now)
        return Reply(200, self.shown(row))


class PreferWaiting(WaitingDoor):
    @extend_schema(
        operation_id="waiting_prefer",
        parameters=[KEY],
        request=PreferBody,
        responses=WaitingShape,
        description="Staff: let somebody's turn come earlier.",
    )
    def post(self, request: Request, waiting: UUID) -> Response:
        said = self.said(PreferBody)
        return self.write(lambda: self.prefer(waiting, said))

    def prefer(self, waiting: UUID, said: dict[str, Any]) -> Reply:
        row = waitlist.prefer(waiting=waiting, **said, actor=self.actor, now=self.now)
        return Reply(200, self.shown(row))


class OfferToWaiting(WaitingDoor):
    @extend_schema(
        operation_id="waiting_offer",
        parameters=[KEY],
        request=OfferBody,
        responses={201: WaitingShape},
        description="Staff: hold a free time for this one, until the deadline that fits.",
    )
    def post(self, request: Request, waiting: UUID) -> Response:
        said = self.said(OfferBody)
        said.pop("zone", None)
        return self.write(lambda: self.offer(waiting, said))

    def offer(self, waiting: UUID, said: dict[str, Any]) -> Reply:
        try:
            offer = wait_offers.offer_time if "therapist" in said else wait_offers.offer_place
            made = offer(waiting=waiting, **said, actor=self.actor, now=self.now)
        except PatientBusy as busy:
            raise self.kindly(busy) from busy
        return Reply(201, self.shown(made.waiting))


class AcceptOffer(BookingDoor):
    @extend_schema(
        operation_id="offer_accept",
        parameters=[KEY],
        request=AcceptBody,
        responses=shapes.BookingShape,
        description="What is kept becomes the booking or, for an earlier time, the booking moves.",
    )
    def post(self, request: Request, offer: UUID) -> Response:
        said = self.said(AcceptBody)
        return self.write(lambda: self.accept(offer, said))

    def accept(self, offer: UUID, said: dict[str, Any]) -> Reply:
        row = wait_offers.accept(offer=offer, **said, actor=self.actor, now=self.now)
        return self.reply(row)


class PassOffer(WaitingDoor):
    """Decline by the patient, or taken back by staff: both answer what is waited for."""

    def closed(self, found: WaitOffer) -> Reply:
        return Reply(200, self.shown(found.waiting))


class DeclineOffer(PassOffer):
    @extend_schema(
        operation_id="offer_decline", parameters=[KEY], request=None, responses=WaitingShape
    )
    def post(self, request: Request, offer: UUID) -> Response:
        self.said(Empty)
        return self.write(
            lambda: self.closed(wait_offers.decline(offer=offer, actor=self.actor, now=self.now))
        )


class WithdrawOffer(PassOffer):
    @extend_schema(
        operation_id="offer_withdraw", parameters=[KEY], request=None, responses=WaitingShape
    )
    def post(self, request: Request, offer: UUID) -> Response:
        self.said(Empty)
        return self.write(
            lambda: self.closed(wait_offers.withdraw(offer=offer, actor=self.actor, now=self.now))
        )
