from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Patient
from accounts.models.people import new_reference
from accounts.sealed import SealedCharField, SealedTextField
from scheduling.engine.interval import from_minute
from scheduling.engine.lifecycle import Attendance, BookingState, CancelReason
from scheduling.models.guard import NoOverlap
from scheduling.models.session import LONGEST, Session


class Booking(models.Model):
    """One patient's seat in a session, with its own copy of the times for its own guard.

    While it is held it has no patient: whoever knows the secret behind `owner_hash` owns it.
    `attendance` is apart from `state`, so that it can be undone. No clinical text lives here.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=8, default=new_reference, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="bookings")
    session = models.ForeignKey(Session, models.PROTECT, related_name="bookings")
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="bookings", db_index=False
    )
    owner_hash = models.CharField(max_length=64, blank=True, db_index=True)
    start = models.BigIntegerField()
    end = models.BigIntegerField()
    live = models.BooleanField(default=True)
    seat = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in BookingState])
    held_until = models.BigIntegerField(null=True)  # seconds, UTC
    extended = models.BooleanField(default=False)
    place = models.CharField(_("state of the patient"), max_length=2)  # where the patient will be
    zone = models.CharField(max_length=64)  # the zone in which the patient chose the time
    override = models.TextField(blank=True)  # why staff set a rule aside
    created_at = models.DateTimeField()
    booked_at = models.DateTimeField(null=True)

    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(
        max_length=20, blank=True, choices=[(r.value, r.value) for r in CancelReason]
    )
    cancelled_by = models.CharField(max_length=60, blank=True)  # Actor.name
    late = models.BooleanField(default=False)

    attendance = models.CharField(
        max_length=20, blank=True, choices=[(a.value, a.value) for a in Attendance]
    )
    attendance_at = models.DateTimeField(null=True)
    late_by = models.PositiveSmallIntegerField(null=True)  # minutes, of who attended
    left_early_by = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            NoOverlap(
                name="booking_no_overlap",
                owner="patient_id",
                start="start",
                end="end",
                live="live",
                longest=LONGEST,
            ),
            models.UniqueConstraint(
                fields=["session", "seat"], condition=Q(live=True), name="booking_seat_once"
            ),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="booking_in_order"),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in BookingState]), name="booking_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=BookingState.BOOKED.value) | Q(patient__isnull=False),
                name="booking_has_patient",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "live", "start", "end"], name="booking_of_patient"),
            # These two cover what a utilization report reads of a booking.
            models.Index(
                fields=[
                    "clinic",
                    "start",
                    "session",
                    "state",
                    "attendance",
                    "cancel_reason",
                    "late_by",
                    "left_early_by",
                    "patient",
                    "booked_at",
                    "cancelled_at",
                ],
                name="booking_by_start",
            ),
            models.Index(fields=["patient", "booked_at", "session"], name="booking_by_request"),
        ]

    def __str__(self) -> str:
        return f"booking {self.reference}"

    @property
    def starts_at(self) -> datetime:
        return from_minute(self.start)

    @property
    def ends_at(self) -> datetime:
        return from_minute(self.end)


class CheckIn(models.Model):
    """What a patient said at the door: who, where now, and where to call back (TH1, TH4).

    16 CCR 1815.5(d)(1): full name and present address at the start of each session.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    booking = models.ForeignKey(Booking, models.CASCADE, related_name="check_ins")
    at = models.DateTimeField()
    identity = models.CharField(max_length=20)  # "signed_in" or "birth_date"
    full_name = SealedCharField(blank=True)
    state = models.CharField(max_length=2)
    address = SealedTextField()
    call_back = SealedCharField()
    emergency_contact = SealedTextField(blank=True)
    licensed = models.BooleanField()  # the therapist may treat there today
    override = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["booking", "at"], name="check_in_by")]

    def __str__(self) -> str:
        return f"check-in {self.pk}"
