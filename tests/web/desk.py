"""The desk and the office in tests: the people, their clients and what they book."""

from __future__ import annotations

from typing import Any

from django.test import Client

from accounts.models import AuditRow, Patient, User
from scheduling.actions.book import book
from scheduling.models import Booking
from tests.doors import sign_in
from tests.world import LA, NOW, World, at

DESK = "/c/harbor/desk/"
OFFICE = "/c/harbor/office/"


def at_work(user: User) -> Client:
    """A browser of their own, signed in with a second factor."""
    return sign_in(Client(), user)


def book_page(patient: Patient) -> str:
    return f"{DESK}patients/{patient.uuid}/book/"


def booking_page(booking: Booking) -> str:
    return f"{DESK}bookings/{booking.uuid}/"


def booked(world: World, patient: Patient, start: int | None = None, **more: Any) -> Booking:
    """Booked at the desk, by the action."""
    return book(
        **{
            "service": world.cbt.uuid,
            "therapist": world.alma.uuid,
            "start": start or at("2027-03-03", 10),
            "medium": "video",
            "place": "CA",
            "zone": LA,
            "patient": patient.pk,
            "actor": world.actor(world.dana),
            "now": NOW,
        }
        | more
    )


def audited(action: str) -> list[AuditRow]:
    return list(AuditRow.objects.filter(action=action).order_by("pk"))
