from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Clinic, Patient
from accounts.sealed import SealedTextField
from scheduling.models.catalogue import Medium, Service
from scheduling.models.group import Group


class Series(models.Model):
    """Sessions that recur on the wall clock of `zone`: one patient's, or a group's.

    `rule` is a text of `engine/recurrence.py`, `at` the minute of the wall-clock day. A change
    "from now on" ends one series and begins another that `follows` it, as calendars ask
    (RFC 5545 3.2.13 is understood by few).
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="series")
    service = models.ForeignKey(Service, models.PROTECT, related_name="series")
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="series")
    group = models.ForeignKey(Group, models.PROTECT, null=True, related_name="series")
    enrollment = models.ForeignKey(
        "scheduling.Enrollment", models.PROTECT, null=True, related_name="series"
    )
    follows = models.ForeignKey("self", models.PROTECT, null=True, related_name="followed_by")
    zone = models.CharField(max_length=64)
    rule = models.CharField(max_length=80)
    first_day = models.DateField()
    last_day = models.DateField(null=True)  # None: a group's goes on until it is ended
    at = models.PositiveSmallIntegerField()
    medium = models.CharField(max_length=10, choices=Medium.choices)
    review_after = models.PositiveSmallIntegerField(null=True)  # sessions until a look together
    revision = models.PositiveIntegerField(default=0)  # raised by every visible change
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "series"
        constraints = [
            models.CheckConstraint(
                condition=Q(patient__isnull=False) ^ Q(group__isnull=False),
                name="series_of_patient_or_group",
            ),
            models.CheckConstraint(condition=Q(at__lt=1440), name="series_within_the_day"),
        ]

    def __str__(self) -> str:
        return f"series {self.pk}"


class SeriesLink(models.Model):
    """One participant's one way in for a whole series: it leads to the session that is near.

    Kept like a JoinLink, to whose own gates it leads.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    series = models.ForeignKey(Series, models.CASCADE, related_name="links")
    patient = models.ForeignKey(Patient, models.CASCADE, null=True, related_name="+")
    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+"
    )
    token = SealedTextField()
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "patient"], name="series_link_patient_once"),
            models.UniqueConstraint(fields=["series", "therapist"], name="series_link_host_once"),
        ]

    def __str__(self) -> str:
        return f"series link {self.pk}"
