from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Patient, Therapist
from scheduling.engine.lifecycle import OfferState, WaitState
from scheduling.models.booking import Booking
from scheduling.models.catalogue import Medium, Service
from scheduling.models.group import Group


class Waiting(models.Model):
    """A patient who waits: for a group, for a service (with one therapist or any), or for an
    earlier time than the one of `booking`.

    `days` and `parts` are what suits, on the wall clock of `zone` ("" is anything): weekdays as
    "0,2,4", parts of the day as "morning,evening". In order of `priority`, highest first, then of
    `entered_at`; nobody is ever told a rank (GR1).
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="waiting")
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="waiting")
    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="waiting")
    service = models.ForeignKey(Service, models.CASCADE, related_name="waiting")
    therapist = models.ForeignKey(Therapist, models.CASCADE, null=True, related_name="+")
    booking = models.ForeignKey(Booking, models.CASCADE, null=True, related_name="waiting")
    medium = models.CharField(max_length=10, choices=Medium.choices)
    place = models.CharField(_("state of the patient"), max_length=2)
    zone = models.CharField(max_length=64)
    days = models.CharField(max_length=20, blank=True)
    parts = models.CharField(max_length=40, blank=True)
    priority = models.SmallIntegerField(default=0)
    priority_reason = models.CharField(max_length=200, blank=True)
    entered_at = models.DateTimeField()
    state = models.CharField(
        max_length=10,
        choices=[(s.value, s.value) for s in WaitState],
        default=WaitState.WAITING.value,
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "waiting"
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "group"],
                condition=Q(state=WaitState.WAITING.value, group__isnull=False),
                name="waiting_for_group_once",
            ),
            models.UniqueConstraint(
                fields=["patient", "service"],
                condition=Q(
                    state=WaitState.WAITING.value, group__isnull=True, booking__isnull=True
                ),
                name="waiting_for_service_once",
            ),
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(state=WaitState.WAITING.value, booking__isnull=False),
                name="waiting_for_earlier_once",
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "state", "-priority", "entered_at"], name="waiting_line")
        ]

    def __str__(self) -> str:
        return f"waiting {self.pk}"


class WaitOffer(models.Model):
    """A time or seat held for one who waits, until `until`: `booking` is that hold.

    One open offer for each who waits, and one for each hold.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    waiting = models.ForeignKey(Waiting, models.CASCADE, related_name="offers")
    booking = models.OneToOneField(Booking, models.CASCADE, related_name="offer")
    state = models.CharField(
        max_length=10,
        choices=[(s.value, s.value) for s in OfferState],
        default=OfferState.OPEN.value,
    )
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["waiting"],
                condition=Q(state=OfferState.OPEN.value),
                name="offer_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"offer {self.pk}"
