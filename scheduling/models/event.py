from __future__ import annotations

from django.db import models

from accounts.models import Clinic
from scheduling.models.booking import Booking
from scheduling.models.session import Session


class EventKind(models.TextChoices):
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    RESTORED = "restored"  # a cancellation was undone
    ATTENDANCE = "attendance"
    ROOM = "room"  # filled, withdrawn, pasted
    CHECKED_IN = "checked_in"
    PROGRAM = "program"  # the days of the program that brought the seat; of dates not made yet
    SEATS = "seats"  # a group has more of them
    OFFER = "offer"  # a held time was offered to one who waits, or answered, or ran out


class Event(models.Model):
    """One row per change: what, who, when (`at` is the caller's `now`).

    History, lead times, and what the worker has still to plan (`planned_at` is NULL).
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="events", db_index=False)
    session = models.ForeignKey(Session, models.PROTECT, related_name="events")
    booking = models.ForeignKey(
        Booking, models.PROTECT, null=True, related_name="events", db_index=False
    )
    kind = models.CharField(max_length=12, choices=EventKind.choices)
    actor = models.CharField(max_length=60)  # Actor.name
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)  # old and new minutes, reason codes; nothing personal
    planned_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(planned_at__isnull=True), name="event_unplanned"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
