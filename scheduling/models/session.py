from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Clinic, Therapist
from scheduling.engine.interval import from_minute
from scheduling.engine.lifecycle import SessionState
from scheduling.models.catalogue import Medium, Service
from scheduling.models.guard import NoOverlap
from scheduling.models.series import Series

LONGEST = 720  # minutes that one session may take, buffers included; bounds the guard's probe


class Session(models.Model):
    """The calendar's event. It names no therapist itself: its occupancies do.

    `start` and `end` are minutes since the epoch, UTC; `zone` is the therapist's when it was made.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="sessions")
    service = models.ForeignKey(Service, models.PROTECT, related_name="sessions", db_index=False)
    start = models.BigIntegerField()
    end = models.BigIntegerField()
    zone = models.CharField(max_length=64)
    medium = models.CharField(max_length=10, choices=Medium.choices)
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in SessionState],
    )  # fmt: skip
    revision = models.PositiveIntegerField(default=0)  # raised by every visible change
    series = models.ForeignKey(Series, models.PROTECT, null=True, related_name="sessions")
    slot = models.BigIntegerField(null=True)  # the start that the series gave it; never moves
    present = models.PositiveSmallIntegerField(null=True)  # how many came to a group
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "slot"], name="session_of_series_once"),
            models.CheckConstraint(
                condition=Q(series__isnull=True, slot__isnull=True)
                | Q(series__isnull=False, slot__isnull=False),
                name="session_of_series_has_slot",
            ),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="session_in_order"),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in SessionState]), name="session_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "start"], name="session_by_start"),
            models.Index(fields=["service", "start"], name="session_of_service"),
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"

    @property
    def starts_at(self) -> datetime:
        return from_minute(self.start)

    @property
    def ends_at(self) -> datetime:
        return from_minute(self.end)


class Occupancy(models.Model):
    """A therapist's time taken by a session. The guard and the slot search know only this table.

    Keyed by the therapist's *user*, so that two clinics cannot double-book one person.
    `busy_from` and `busy_until` are start and end widened by the buffers (minutes, UTC).
    `held_until` (seconds, UTC) is set while the session is held: past it the time is free for
    whoever looks, and `actions.hold.release_expired` clears it for whoever takes.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="occupancies", db_index=False)
    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="occupancies", db_index=False
    )
    profile = models.ForeignKey(Therapist, models.PROTECT, related_name="occupancies")
    start = models.BigIntegerField()
    end = models.BigIntegerField()
    buffer_before = models.PositiveSmallIntegerField()
    buffer_after = models.PositiveSmallIntegerField()
    busy_from = models.BigIntegerField()
    busy_until = models.BigIntegerField()
    live = models.BooleanField(default=True)
    held_until = models.BigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "occupancies"
        constraints = [
            NoOverlap(
                name="occupancy_no_overlap",
                owner="therapist_id",
                start="busy_from",
                end="busy_until",
                live="live",
                longest=LONGEST,
            ),
            models.CheckConstraint(
                condition=Q(
                    busy_from=F("start") - F("buffer_before"),
                    busy_until=F("end") + F("buffer_after"),
                ),
                name="occupancy_buffers_tied",
            ),
            models.UniqueConstraint(fields=["session", "therapist"], name="occupancy_once"),
        ]
        indexes = [
            # Covers the slot search; never partial (SQLite cannot use one with a bound value).
            models.Index(
                fields=["therapist", "live", "busy_from", "busy_until", "held_until"],
                name="occupancy_busy",
            ),
            models.Index(fields=["session", "live", "profile"], name="occupancy_of_session"),
        ]

    def __str__(self) -> str:
        return f"occupancy {self.pk}"
