"""A clinic in which every text of every row is one of a kind, so that it is known where it shows,
and would do harm where it is not shown as text.

`Canaries` keeps name -> texts; where one of the texts stands, that field has been told. Nora is
treated by Alma, Omar by Ben: their fields are told apart.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from django.db.models import Model

from accounts.models import Clinic, Consent, ConsentForm, Invitation, Patient
from scheduling.models import (
    Booking,
    CheckIn,
    Connection,
    Group,
    Holiday,
    JoinLink,
    Member,
    Modality,
    Room,
    SeriesLink,
    Service,
    Task,
    TimeOff,
    Waiting,
)
from tests.house.payloads import TINY, short
from tests.ways_in.story import booked
from tests.world import NOW, World, at, build

SOON = at("2027-03-01", 9, 15)  # a quarter of an hour after NOW
MOMENT = NOW + timedelta(minutes=10)  # the way in is open, five minutes before
PEOPLE = ("nora", "omar")
BORN = {"nora": "1971-02-03", "omar": "1982-11-27"}
OWN = ("first_name", "last_name", "called", "email", "address", "emergency_contact")
SAID = ("full_name", "address", "emergency_contact", "override")
ROOM = ("external_id", "join_url", "host_url")
PHONE = "310.555.0100"  # the clinic's, as somebody typed it
TYPED = {"name", "about", "price", "credentials", "text", "emergency_text", "note"}
TYPED |= {*OWN, *SAID, "sender_name", "priority_reason", "signed_by"}
STAFF = {
    "clinic": (Clinic, ("name", "sender_name", "emergency_text")),
    "service": (Service, ("name", "about", "price")),
    "modality": (Modality, ("name",)),
    "group": (Group, ("name", "about")),
    "consent_form": (ConsentForm, ("text",)),
    "time_off": (TimeOff, ("note",)),
    "holiday": (Holiday, ("name",)),
    "connection": (Connection, ("name", "hosts", "outgoing_url", "secret", "outgoing_secret")),
    "invitation": (Invitation, ("email", "name")),
    "task": (Task, ("recipient", "message", "message_id", "outcome")),
}


class Canaries:
    """Names of fields, each with what it would be told by."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}

    def put(self, row: Model, name: str, fields: tuple[str, ...]) -> None:
        """Another text in each of these fields."""
        for field in fields:
            text = f"zq-{name}-{field}".replace("_", "-").replace(".", "-")
            harm = ""
            if field == "email" or field == "recipient":
                text = f"{text}@x.example"
            elif field.endswith("url"):
                text = f"https://{text}.example"
            elif field == "hosts":
                text = f"{text}.example\nzq-nora-room-join-url.example"
            elif field in TYPED:
                harm = self.harm(row, field, len(text))
            self.texts[f"{name}.{field}"] = [text]
            setattr(row, field, text + harm)
        row.save()

    def harm(self, row: Model, field: str, taken: int) -> str:
        """What a person might write after it (BR6); where there is room, another thing in each."""
        limit = row._meta.get_field(field).max_length or 500
        more = limit - taken - len(TINY) - 2
        return f" {TINY} {short(len(self.texts), more)}" if more > 20 else f" {TINY}"

    def note(self, name: str, *texts: str) -> None:
        self.texts[name] = [text for text in texts if text]

    def told(self, body: str) -> set[str]:
        return {name for name, texts in self.texts.items() if any(text in body for text in texts)}


def phone_forms(number: str) -> list[str]:
    """+13105550123 as pages may write it."""
    area, first, last = number[-10:-7], number[-7:-4], number[-4:]
    return [number, f"{area}-{first}-{last}", f"({area}) {first}-{last}", f"{area} {first} {last}"]


def day_forms(text: str) -> list[str]:
    day = date.fromisoformat(text)
    return [text, f"{day:%B} {day.day}, {day.year}", f"{day:%b} {day.day}, {day.year}"]


def patient(seen: Canaries, name: str, row: Patient, number: str) -> None:
    row.phone, row.birth_date = number, BORN[name]
    row.reminders = {"nora": "1439,59", "omar": "1438,58"}[name]
    seen.put(row, f"{name}.patient", OWN)
    seen.note(f"{name}.patient.phone", *phone_forms(number))
    seen.note(f"{name}.patient.birth_date", *day_forms(row.birth_date))
    seen.note(f"{name}.patient.reference", row.reference)
    seen.note(f"{name}.patient.reminders", row.reminders, row.reminders.replace(",", ", "))
    seen.note(f"{name}.patient.uuid", str(row.uuid))
    seen.put(row.user, f"{name}.account", ("name", "email"))
    for consent in Consent.objects.filter(patient=row):
        seen.put(consent, f"{name}.consent", ("signed_by",))


def visit(seen: Canaries, name: str, row: Booking, call_back: str) -> None:
    """The booking, what was said at its door, its room and its links."""
    seen.put(row, f"{name}.booking", ("override",))
    seen.note(f"{name}.booking.reference", row.reference)
    seen.note(f"{name}.booking.uuid", str(row.uuid))
    seen.note(f"{name}.session.uuid", str(row.session.uuid))
    door = CheckIn(booking=row, at=MOMENT, identity="signed_in", state="CA", licensed=True)
    door.call_back = call_back
    seen.put(door, f"{name}.check_in", SAID)
    seen.note(f"{name}.check_in.call_back", *phone_forms(call_back))
    room = Room.objects.get(session=row.session)
    room.state, room.filled_at = "ready", NOW
    seen.put(room, f"{name}.room", ROOM)
    for field in ("personal", "proposed"):
        setattr(room, field, json.dumps({"ap_other": f"https://zq-{name}-{field}.example"}))
        seen.note(f"{name}.room.{field}", f"zq-{name}-{field}")
    room.save()
    for link in JoinLink.objects.filter(session=row.session):
        whose = "host" if link.therapist_id else "patient"
        seen.note(f"{name}.{whose}_link.token", link.token)
        seen.note(f"{name}.{whose}_link.ref", link.ref)


def places(seen: Canaries, name: str, row: Patient) -> None:
    """Places in groups, in the line of those who wait, and the links of series."""
    for member in Member.objects.filter(patient=row):
        seen.note(f"{name}.member.reference", member.reference)
        seen.note(f"{name}.member.uuid", str(member.uuid))
    for waiting in Waiting.objects.filter(patient=row):
        waiting.priority = 2
        seen.put(waiting, f"{name}.waiting", ("priority_reason",))
    for link in SeriesLink.objects.filter(patient=row):
        seen.note(f"{name}.series_link.token", link.token)


def staff(seen: Canaries, world: World) -> None:
    for name in ("alma", "ben"):
        therapist = getattr(world, name)
        seen.put(therapist, f"{name}.therapist", ("name", "credentials", "about"))
        seen.put(therapist.user, f"{name}.account", ("name", "email"))
        for licence in therapist.licences.all():
            seen.put(licence, f"{name}.licence", ("number", "source"))
    for name in ("dana", "ada", "pia"):
        seen.put(getattr(world, name), f"{name}.account", ("name", "email"))


def shared(seen: Canaries) -> None:
    """What belongs to the clinic; of several rows the last one counts."""
    for name, (model, fields) in STAFF.items():
        for row in model.objects.order_by("pk"):
            seen.put(row, name, fields)
    Clinic.objects.update(phone=PHONE)
    seen.note("clinic.phone", *phone_forms("+13105550100"))


def made() -> tuple[World, dict[str, Any], Canaries]:
    """The world, what stands for the parameters of routes, and the canaries; at MOMENT."""
    from tests.house.routes import things

    world, seen = build(), Canaries()
    known = things(world)
    seats = {
        "nora": soon(world, world.nora, world.alma),
        "omar": soon(world, world.omar, world.ben),
    }
    patient(seen, "nora", world.nora, "+13105550771")
    patient(seen, "omar", world.omar, "+13105550882")
    visit(seen, "nora", seats["nora"], "+13105550773")
    visit(seen, "omar", seats["omar"], "+13105550884")
    places(seen, "nora", world.nora)
    staff(seen, world)
    shared(seen)
    near = seats["nora"]
    known |= {"booking": near.uuid, "session": near.session.uuid}
    known |= {"join_token": JoinLink.objects.get(booking=near).token}
    world.clinic.refresh_from_db()
    return world, known, seen


def soon(world: World, who: Patient, therapist: Any) -> Booking:
    return booked(
        world,
        who,
        SOON,
        therapist=therapist.uuid,
        actor=world.actor(world.dana),
        override="agreed",
    )
