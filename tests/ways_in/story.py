"""What the tests of the ways in share: a booking, its links, a platform, a person at the door."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

from django.db import connection

from accounts.actor import Actor
from scheduling.actions.book import book
from scheduling.engine.interval import from_minute, to_minute
from scheduling.models import Booking, Connection, JoinLink, WeeklyHours
from scheduling.video import links, signing
from tests.world import LA, NOW, World, at

TUESDAY_10 = at("2027-03-02", 10)
ROOM = "https://meet.example/r/77?pwd=q8Zr2mLw"
PLACE = {
    "full_name": "Nora Quill",
    "state": "CA",
    "address": "12 Canary Lane, Fresno",
    "call_back": "(310) 555-0188",
    "emergency_contact": "Sam Quill, 310 555 0199",
}
BIRTHDAY = {"birth_date": "1990-05-17"}


def platform(world: World, **fields) -> Connection:
    """The clinic's platform, with a secret of its own."""
    return Connection.objects.create(
        **{
            "clinic": world.clinic,
            "kind": "standard",
            "name": "Rooms",
            "hosts": "meet.example\n.meet.example",
            "secret": signing.new_secret(),
            "baa_on_file": date(2026, 1, 5),
        }
        | fields
    )


def booked(world: World, who=None, start: int = TUESDAY_10, now: datetime = NOW, **said) -> Booking:
    return book(
        **{
            "service": world.cbt.uuid,
            "therapist": world.alma.uuid,
            "start": start,
            "medium": "video",
            "place": "CA",
            "zone": LA,
            "patient": (who or world.nora).pk,
            "actor": Actor.worker(world.clinic),
            "now": now,
        }
        | said
    )


def booked_now(world: World, *, in_minutes: int = 0) -> Booking:
    """For tests in real time: begun within the last quarter of an hour, or later."""
    WeeklyHours.objects.update(pattern=";".join(f"{day}:0-1440" for day in range(7)))
    now = datetime.now(UTC)
    start = to_minute(now) // 15 * 15 + in_minutes
    return booked(world, start=start, now=now - timedelta(days=1))


def contact_on_file(booking: Booking) -> None:
    """Somebody to call in an emergency, without whom no therapist goes in (TH4)."""
    booking.patient.emergency_contact = PLACE["emergency_contact"]
    booking.patient.save(update_fields=["emergency_contact"])


def link_of(booking: Booking) -> JoinLink:
    return JoinLink.objects.get(booking=booking)


def host_link(booking: Booking) -> JoinLink:
    return JoinLink.objects.get(session=booking.session, therapist__isnull=False)


def pasted(world: World, booking: Booking, url: str = ROOM, now: datetime = NOW, **said):
    return links.paste(
        session=booking.session.uuid, url=url, actor=world.actor(world.alma, now), now=now, **said
    )


def minutes(booking: Booking, before_start: float) -> datetime:
    """So many minutes before the start."""
    return from_minute(booking.start) - timedelta(minutes=before_start)


def opened(client, booking: Booking):
    """The person follows the link of the mail."""
    return client.get(f"/j/{link_of(booking).token}/", follow=True)


def at_the_door(client, booking: Booking):
    """Follow the link, say who it is."""
    opened(client, booking)
    answer = client.post("/join/identify/", BIRTHDAY)
    assert answer.status_code == 303, answer.content
    return client.get("/join/")


def checked_in(client, booking: Booking, **place):
    at_the_door(client, booking)
    answer = client.post("/join/check-in/", PLACE | place)
    assert answer.status_code == 303, answer.content
    return client.get("/join/")


def filled(booking: Booking, **data) -> dict:
    """What a platform says when it has made the room."""
    room = booking.session.room
    return {
        "type": "room.filled",
        "data": {
            "binding": links.binding_of(room),
            "generation": room.generation,
            "external_id": "room-77",
            "join_url": ROOM,
        }
        | data,
    }


def signed(connection: Connection, message, now: datetime, message_id: str = "msg_1"):
    """The bytes, and Django's names of the headers that prove them."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    headers = signing.sign(signing.keys(connection.secret), message_id, body, now)
    return body, {f"HTTP_{name.upper().replace('-', '_')}": v for name, v in headers.items()}


def told(client, connection: Connection, message, now: datetime, message_id="msg_1", **headers):
    """A signed callback through the door."""
    body, proof = signed(connection, message, now, message_id)
    return client.post(
        f"/hooks/v1/{connection.uuid}/", body, content_type="application/json", **proof | headers
    )


def rows_of_everything() -> dict[str, list[tuple]]:
    """Every row of every table but those that a look may write: audit, web sessions, limits."""
    tables = set(connection.introspection.table_names()) - {
        "accounts_auditrow",
        "accounts_auditseal",
        "django_session",
        "shared_cache",
        "usersessions_usersession",
    }
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found
