"""Made at the desk, met at the first sign-in: one person, then two who share a mailbox."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Patient
from tests.doors import code_mailed_to
from tests.web.desk import DESK, at_work, booked
from tests.web.patient import HOME
from tests.web.visitor import Visitor
from tests.world import LA, World, at, build

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
MAILBOX = "delgado@example.org"
ROSA, RAVI = {"birth_date": "1979-11-02"}, {"birth_date": "2001-06-30"}
ROSAS, RAVIS = "Wednesday, March 3, 2027, 10:00 AM", "Thursday, March 4, 2027, 11:00 AM"


@pytest.fixture
def world() -> World:
    return build()


def made(world: World, name: str, phone: str, **said: str) -> Patient:
    """Dana types what she is told on the telephone; the e-mail is the family's."""
    typed = {"first_name": name, "last_name": "Delgado", "phone": phone, "email": MAILBOX}
    typed |= {"state": "CA", "time_zone": LA, "telehealth": "on"} | said
    done = at_work(world.dana).post(f"{DESK}patients/new/", typed)
    assert done.status_code == 302, done.content.decode()
    return Patient.objects.get(first_name=name)


def family(world: World) -> tuple[Patient, Patient]:
    rosa = made(world, "Rosa", "415 555 0188", **ROSA)
    return rosa, made(world, "Ravi", "415 555 0199", **RAVI)


def comes_in(to: str) -> Visitor:
    """By the clinic's door, with the code that the mailbox got."""
    person = Visitor(Client()).goes(f"{HOME}sign-in/?next={to}")
    person.presses("Send", email=MAILBOX)
    return person.presses("Confirm", code=code_mailed_to(MAILBOX)).goes(to)


def test_one_person(world):
    rosa = made(world, "Rosa", "415 555 0188", **ROSA)
    booked(world, rosa, at("2027-03-03", 10))
    person = comes_in(HOME + "my/").follows("The clinic already knows me")
    person.presses("Go on", reference=rosa.reference.lower(), **ROSA)
    assert ROSAS in person.reads
    rosa.refresh_from_db()
    assert rosa.user is not None and rosa.user.email == MAILBOX


def test_two_who_share_a_mailbox(world):
    """The second is not taken for the first, and says so by a link; then the account asks."""
    rosa, ravi = (
        made(world, "Rosa", "415 555 0188", **ROSA),
        made(world, "Ravi", "415 555 0199", **RAVI),
    )
    booked(world, rosa, at("2027-03-03", 10))
    booked(world, ravi, at("2027-03-04", 11))
    first = comes_in(HOME + "my/").follows("The clinic already knows me")
    first.presses("Go on", reference=rosa.reference, **ROSA)

    second = comes_in(HOME + "my/").follows("I am somebody else who uses this account")
    assert "I am new here" not in second.reads
    second.presses("Go on", reference=ravi.reference, **ROSA)  # not his birth date
    assert "This does not match what we have." in second.reads
    second.presses("Go on", reference=ravi.reference, **RAVI)
    assert RAVIS in second.reads and ROSAS not in second.reads

    later = comes_in(HOME + "my/")
    assert "Your date of birth tells you apart." in later.reads
    assert "Rosa" not in later.reads and "Ravi" not in later.reads
    later.presses("Go on", **ROSA)
    assert ROSAS in later.reads and RAVIS not in later.reads
    later.follows("I am somebody else who uses this account")
    later.presses("Go on", reference=ravi.reference, **RAVI)
    assert RAVIS in later.reads and ROSAS not in later.reads


def test_a_kept_time_is_confirmed_for_the_right_one(world):
    """On the check page it says for whom; who is somebody else goes on with the same time."""
    rosa, ravi = (
        made(world, "Rosa", "415 555 0188", **ROSA),
        made(world, "Ravi", "415 555 0199", **RAVI),
    )
    first = comes_in(HOME + "my/").follows("The clinic already knows me")
    first.presses("Go on", reference=rosa.reference, **ROSA)
    person = comes_in(HOME).presses("Take this time")
    assert "For Rosa Delgado" in person.reads
    person.follows("I am somebody else who uses this account")
    person.presses("Go on", reference=ravi.reference, **RAVI)
    assert "For Ravi Delgado" in person.reads
    person.presses("Confirm booking")
    assert ravi.bookings.get().state == "booked" and not rosa.bookings.exists()
