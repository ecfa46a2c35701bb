"""A therapist at the pages: sessions that stand in the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import time_machine
from django.test import Client

from accounts.models import Cover, Therapist, User
from scheduling.actions.book import book
from scheduling.models import Booking, CheckIn, Connection
from tests.doors import sign_in
from tests.world import LA, NOW, World

HOME = "/c/harbor/"


def booked(world: World, start: int, who: Any = None, **said: Any) -> Booking:
    """Alma's, by Dana at the desk; `therapist=` for somebody else's."""
    return book(
        **{
            "service": world.cbt.uuid,
            "therapist": said.pop("therapist", world.alma).uuid,
            "start": start,
            "medium": "video",
            "place": "CA",
            "zone": LA,
            "patient": (who or world.nora).pk,
            "override": "agreed by telephone",
            "actor": world.actor(world.dana),
            "now": NOW,
        }
        | said
    )


def at_session(booking: Booking, what: str = "") -> str:
    return f"{HOME}sessions/{booking.session.uuid}/{what}"


def cover(covering: Therapist, covered: Therapist, first: str, last: str) -> Cover:
    return Cover.objects.create(
        covering=covering,
        covered=covered,
        first_day=date.fromisoformat(first),
        last_day=date.fromisoformat(last),
    )


def later(clock: time_machine.Traveller, seconds: int, client: Client, user: User) -> Client:
    """The clock goes on; the person signs in again, as after any long pause."""
    clock.shift(seconds)
    client.logout()
    return sign_in(client, user)


def checked_in(booking: Booking, **said: Any) -> CheckIn:
    """What the patient said at the door, five minutes before the start."""
    return CheckIn.objects.create(
        **{
            "booking": booking,
            "at": booking.starts_at - timedelta(minutes=5),
            "identity": "birth_date",
            "full_name": "Nora Anne Quill",
            "state": "CA",
            "address": "12 Orchard Lane, Fresno",
            "call_back": "+15595550199",
            "emergency_contact": "Sam Quill, brother, +15595550142",
            "licensed": True,
        }
        | said
    )


def platform(world: World) -> Connection:
    return Connection.objects.create(
        clinic=world.clinic,
        kind="paste",
        name="Rooms",
        hosts="video.example.org",
        baa_on_file=date(2026, 1, 5),
    )
