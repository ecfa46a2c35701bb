"""What goes out: plain dicts by audience, and the same as serializers for the schema (AC4).

Nothing of a row goes out unless it is named here. The room's address is named nowhere.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from rest_framework import serializers

from accounts.actor import Actor
from accounts.models import Patient, Therapist
from scheduling.api.fields import told
from scheduling.engine.lifecycle import Attendance, BookingState, CancelReason
from scheduling.models import Booking, Medium, Service

BOOKED = BookingState.BOOKED.value
BOOKING_STATES = [BOOKED, BookingState.CANCELLED.value]
HOLD_STATES = ["held", "expired", "confirmed", "released"]


class ServiceShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    about = serializers.CharField()
    modality = serializers.CharField(help_text="Its code, as cbt.")
    modality_name = serializers.CharField()
    kind = serializers.CharField()
    minutes = serializers.IntegerField(help_text="Length of a session.")
    media = serializers.ListField(child=serializers.ChoiceField(choices=Medium.choices))
    price = serializers.CharField()


def service(row: Service) -> dict[str, Any]:
    return {
        "id": str(row.uuid),
        "slug": row.slug,
        "name": row.name,
        "about": row.about,
        "modality": row.modality.code,
        "modality_name": row.modality.name,
        "kind": row.kind,
        "minutes": row.minutes,
        "media": row.media,
        "price": row.price,
    }


class LicenceShape(serializers.Serializer[Any]):
    state = serializers.CharField()
    kind = serializers.CharField()
    number = serializers.CharField()
    valid_until = serializers.DateField()


class TherapistShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    credentials = serializers.CharField()
    about = serializers.CharField()
    time_zone = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    accepting = serializers.BooleanField(help_text="Takes new patients.")
    services = serializers.ListField(child=serializers.UUIDField())
    licences = LicenceShape(many=True)


def therapist(row: Therapist, today: Any) -> dict[str, Any]:
    """With offerings and licences prefetched."""
    return {
        "id": str(row.uuid),
        "name": row.name,
        "credentials": row.credentials,
        "about": row.about,
        "time_zone": row.time_zone,
        "languages": [code for code in row.languages.split(",") if code],
        "accepting": row.accepting,
        "services": [
            str(one.service.uuid)
            for one in row.offerings.all()
            if one.active and one.service.active
        ],
        "licences": [
            {
                "state": one.state,
                "kind": one.kind,
                "number": one.number,
                "valid_until": one.valid_until.isoformat(),
            }
            for one in row.licences.all()
            if one.revoked_at is None and one.valid_from <= today <= one.valid_until
        ],
    }


class ConsentFormShape(serializers.Serializer[Any]):
    form = serializers.CharField()
    version = serializers.IntegerField()
    text = serializers.CharField()


class BriefService(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    minutes = serializers.IntegerField()


class BriefTherapist(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    credentials = serializers.CharField()


class Times(serializers.Serializer[Any]):
    """On the wall clock of `zone`, with offset."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    zone = serializers.CharField(help_text="In which the patient chose the time.")
    medium = serializers.ChoiceField(choices=Medium.choices)
    place = serializers.CharField(help_text="The state where the patient will be.")
    service = BriefService()
    therapist = BriefTherapist()


def times(row: Booking, zone: str = "") -> dict[str, Any]:
    zone = zone or row.zone
    host = min(row.session.occupancies.all(), key=lambda one: (not one.live, one.pk)).profile
    what = row.session.service
    return {
        "start": told(row.start, zone),
        "end": told(row.end, zone),
        "zone": zone,
        "medium": row.session.medium,
        "place": row.place,
        "service": {"id": str(what.uuid), "name": what.name, "minutes": what.minutes},
        "therapist": {
            "id": str(host.uuid),
            "name": host.name,
            "credentials": host.credentials,
        },
    }


class HoldShape(Times):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=HOLD_STATES)
    held_until = serializers.DateTimeField(allow_null=True, help_text="UTC")
    extended = serializers.BooleanField(help_text="It can be extended once.")
    consents = ConsentFormShape(many=True, help_text="To be accepted when it is confirmed.")


class NewHoldShape(HoldShape):
    secret = serializers.CharField(help_text="Owns the hold; told here alone. Keep it.")


def hold(row: Booking, now: datetime) -> dict[str, Any]:
    until = row.held_until
    return {
        "id": str(row.uuid),
        "state": hold_state(row, now),
        "held_until": instant(datetime.fromtimestamp(until, UTC)) if until else None,
        "extended": row.extended,
        **times(row),
    }


def hold_state(row: Booking, now: datetime) -> str:
    if row.state == BookingState.RELEASED.value:
        return "released"
    if row.state != BookingState.HELD.value:
        return "confirmed"
    return "held" if (row.held_until or 0) > now.timestamp() else "expired"


class BriefPatient(serializers.Serializer[Any]):
    reference = serializers.CharField()
    name = serializers.CharField()
    called = serializers.CharField()


class BookingShape(Times):
    """What a patient reads of an own booking; staff read `patient` and the rest as well."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    state = serializers.ChoiceField(choices=BOOKING_STATES)
    booked_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    late = serializers.BooleanField(help_text="Cancelled later than the clinic asks.")
    join_page = serializers.CharField(
        allow_null=True,
        required=False,
        help_text="Our own page, for whoever is signed in. Not the room.",
    )
    patient = BriefPatient(required=False, help_text="Staff only.")
    cancel_reason = serializers.ChoiceField(
        choices=[("", ""), *((r.value, r.value) for r in CancelReason)],
        required=False,
        help_text="Staff only.",
    )
    attendance = serializers.ChoiceField(
        choices=[(a.value, a.value) for a in Attendance], required=False, help_text="Staff only."
    )
    override = serializers.CharField(required=False, help_text="Staff only.")


def booking(row: Booking, actor: Actor) -> dict[str, Any]:
    shown = {
        "id": str(row.uuid),
        "reference": row.reference,
        "state": row.state,
        "booked_at": instant(row.booked_at),
        "cancelled_at": instant(row.cancelled_at),
        "late": row.late,
        **times(row),
    }
    if actor.patient is not None and row.patient_id == actor.patient:
        return shown | {"join_page": join_page(row)}
    return shown | for_staff(row)


def for_staff(row: Booking) -> dict[str, Any]:
    assert row.patient is not None
    return {
        "patient": brief_patient(row.patient),
        "cancel_reason": row.cancel_reason,
        "attendance": row.attendance,
        "override": row.override,
    }


def brief_patient(row: Patient) -> dict[str, Any]:
    return {"reference": row.reference, "name": row.name, "called": row.called}


def join_page(row: Booking) -> str | None:
    """The page where the signed-in patient comes in; holds no token (TK1)."""
    if row.state != BOOKED:
        return None
    return reverse("booking_one", args=[row.clinic.slug, row.uuid])


def instant(moment: datetime | None) -> str | None:
    """UTC with a Z, seconds kept."""
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def with_times(rows: Any) -> Any:
    """What `times` reads, in two queries for any number of bookings."""
    return rows.select_related("session__service", "patient", "clinic").prefetch_related(
        "session__occupancies__profile"
    )
