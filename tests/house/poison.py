"""A clinic whose people type what does harm elsewhere, through the forms that the site has."""

from __future__ import annotations

from typing import Any

from django.test import Client

from accounts.models import Patient
from scheduling.models import Booking, CheckIn, JoinLink, Service
from tests.doors import sign_in
from tests.house.canaries import MOMENT, soon
from tests.house.payloads import LONG, PAYLOADS, short
from tests.world import LA, World, build

HOME = "/c/harbor/"


def send(client: Client, path: str, **said: Any) -> None:
    """The form is taken: an answer that is not a page with errors."""
    answer = client.post(path, said)
    assert answer.status_code in (302, 303), f"{path}: {answer.status_code} {answer.content!r}"


def by_patients(world: World) -> None:
    """A newcomer says who they are; a patient writes the profile; all by their forms."""
    for number, person in enumerate((world.nora, world.omar)):
        client = sign_in(Client(), person.user, mfa=False)
        send(
            client,
            f"{HOME}my/profile/",
            called=short(number, 60),
            time_zone=LA,
            phone="+13105550771",
            address=PAYLOADS[number + 1],
            emergency_contact=PAYLOADS[number + 11 - 2 * number],
            reminders="default",
        )


def newcomer(world: World) -> Patient:
    client = sign_in(Client(), world.mallory, mfa=False)
    who = {"birth_date": "1990-05-17", "phone": "+13105550772", "state": "CA", "time_zone": LA}
    names = {"first_name": short(9, 60), "last_name": short(4, 60), "called": short(8, 60)}
    send(client, f"{HOME}who/new/", **names, **who)
    return Patient.objects.get(user=world.mallory)


def by_the_desk(world: World) -> None:
    """The names of patients are the desk's to write."""
    client = sign_in(Client(), world.dana)
    for number, row in enumerate((world.nora, world.omar)):
        send(
            client,
            f"{HOME}desk/patients/{row.uuid}/edit/",
            first_name=short(number * 2, 60),
            last_name=short(number * 3 + 1, 60),
            called=short(number + 5, 60),
            birth_date="1990-05-17",
            phone="+13105550771",
            email=row.email,
            state="CA",
            time_zone=LA,
        )


def by_the_office(world: World) -> None:
    from tests.web.test_office_clinic import policies

    client, office = sign_in(Client(), world.ada), f"{HOME}office/"
    terms = dict.fromkeys(
        ("grid", "buffer_before", "buffer_after", "min_notice", "horizon_days", "max_per_day"), ""
    )
    words = {"name": PAYLOADS[0], "about": PAYLOADS[11], "price": PAYLOADS[1]}
    flags = {"video": "on", "telephone": "on", "active": "on", "minutes": "50"}
    service = {"modality": world.cbt.modality_id, **words, **flags, **terms}
    send(client, f"{office}services/{world.cbt.uuid}/", **service)
    send(client, f"{office}modalities/{world.cbt.modality_id}/", name=PAYLOADS[9])
    send(
        client,
        f"{office}therapists/{world.alma.uuid}/",
        name=short(10, 120),
        credentials=short(2, 60),
        about=PAYLOADS[5],
        time_zone=LA,
        languages="en",
        accepting="on",
        active="on",
    )
    send(client, f"{office}holidays/new/", day="2027-04-02", name=short(1, 80))
    send(client, f"{office}consent-forms/new/", form="mail", text=PAYLOADS[11])
    said = {"name": PAYLOADS[2], "sender_name": short(7, 60), "phone": "+13105550774"}
    text = {"emergency_text": PAYLOADS[9] + PAYLOADS[6] + LONG, "time_zone": LA}
    send(client, f"{office}policies/", **policies(**said, **text, grid="15", newcomers="open"))


def by_therapists(world: World) -> None:
    client = sign_in(Client(), world.alma.user)
    days = {"first_day": "2027-07-20", "last_day": "2027-07-20"}
    send(client, f"{HOME}hours/time-off/", **days, note=short(9, 80), do="save")


def at_the_door(booking: Booking) -> None:
    said = {"full_name": PAYLOADS[0], "address": PAYLOADS[1], "emergency_contact": PAYLOADS[9]}
    CheckIn.objects.create(
        booking=booking,
        at=MOMENT,
        identity="birth_date",
        state="CA",
        call_back="+13105550773",
        licensed=True,
        **said,
    )


def poisoned() -> tuple[World, dict[str, Any]]:
    """The world and what stands for the parameters of routes; doors were used at NOW."""
    from tests.house.routes import things

    world = build()
    known = things(world)
    near = soon(world, world.nora, world.alma)
    soon(world, world.omar, world.ben)
    by_patients(world)
    newcomer(world)
    by_the_desk(world)
    by_therapists(world)
    by_the_office(world)
    at_the_door(near)
    Service.objects.filter(pk=world.cbt.pk).update(slug="poison")
    known |= {"booking": near.uuid, "session": near.session.uuid}
    known |= {"join_token": JoinLink.objects.get(booking=near).token}
    for row in (world.clinic, world.alma, world.nora, world.omar):
        row.refresh_from_db()
    return world, known
