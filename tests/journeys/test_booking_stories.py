"""Whole stories without a script: what is refused on the way, and how people get on all the same.

Each goes from page to page by the links and buttons that stand there, and sends the fields that
the pages hold.
"""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Consent
from scheduling.models import Booking
from tests.doors import code_mailed_to
from tests.web.patient import HOME, booked
from tests.web.visitor import Visitor
from tests.world import World, at, build

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def world() -> World:
    return build()


def visitor(who=None, **extra) -> Visitor:
    client = Client(**extra)
    if who is not None:
        client.force_login(who)
    return Visitor(client)


def looks_for(world: World, person: Visitor, **filters: str) -> Visitor:
    """The clinic's page with a therapist and the evening's filters filled in."""
    return person.goes(HOME).presses("Show times", **filters)


def test_somebody_was_quicker(world):
    """Slot gone: three others stand there, with the same filters, and one of them is taken."""
    nora, omar = visitor(world.nora.user), visitor(world.omar.user)
    alma = str(world.alma.uuid)
    for person in (nora, omar):
        looks_for(world, person, therapist=alma, part="morning", day="2027-03-02")
    start = str(at("2027-03-02", 10))
    omar.presses("Take the chosen time", start=start).presses("Confirm booking")
    assert "Your session is booked" in omar.reads
    nora.presses("Take the chosen time", start=start)
    assert "Somebody else has just taken this time. Here are the nearest others." in nora.reads
    kept = nora.fields("Show times")
    assert (kept["therapist"], kept["part"], kept["day"]) == (alma, "morning", "2027-03-02")
    nora.presses("Tuesday, March 2, 2027, 11:00 AM PST").presses("Confirm booking")
    assert "Your session is booked" in nora.reads
    assert "11:00 AM to 11:50 AM PST (Los Angeles)" in nora.reads


def test_the_telephone_rang_meanwhile(world, clock):
    """Hold expired: the boxes that were ticked are ticked again at the next time."""
    Consent.objects.all().delete()
    nora = visitor(world.nora.user).goes(HOME).presses("Take this time")
    clock.shift(timedelta(minutes=12))
    nora.presses("Confirm booking", telehealth="on", mail="on")
    assert "We could not keep this time any longer." in nora.reads
    nora.presses("11:15 AM PST")
    assert nora.fields("Confirm booking")["telehealth"] == "on"
    nora.presses("Confirm booking")
    assert "Your session is booked" in nora.reads
    assert {one.form for one in world.nora.consents.all()} == {"telehealth", "mail"}


def test_already_somewhere_else_then(world):
    """Patient busy: another time of the three is booked instead."""
    client = Client()
    client.force_login(world.nora.user)
    booked(client, world, at("2027-03-02", 10), therapist=world.alma.uuid)
    nora = Visitor(client)
    looks_for(world, nora, therapist=str(world.ben.uuid), day="2027-03-02")
    nora.presses("Take the chosen time", start=str(at("2027-03-02", 10, 30)))
    nora.presses("Confirm booking")
    assert "You have another appointment at this time." in nora.reads
    nora.presses("Let it go and choose another time").presses("Take this time")
    nora.presses("Confirm booking")
    assert "Your session is booked" in nora.reads
    assert Booking.objects.filter(patient=world.nora, state="booked").count() == 2


def test_a_box_was_overlooked(world):
    """No consent: the sentence stands at the box, the other box stays ticked, the time is kept."""
    Consent.objects.all().delete()
    nora = visitor(world.nora.user).goes(HOME).presses("Take this time")
    nora.presses("Confirm booking", mail="on")
    assert nora.response.status_code == 422
    assert "Please read and accept the consent to telehealth first." in nora.reads
    assert nora.fields("Confirm booking")["mail"] == "on"
    nora.presses("Confirm booking", telehealth="on")
    assert "Your session is booked" in nora.reads


def test_the_page_lay_open_too_long(world, clock):
    """Too late: the time is inside the notice by now; the next one is taken."""
    nora = visitor(world.nora.user).goes(HOME)
    clock.shift(timedelta(minutes=20))
    nora.presses("Take this time")
    assert "It is too late for this online. Please call the clinic." in nora.reads
    assert "Next available Monday, March 1, 2027, 11:30 AM PST" in nora.reads
    nora.presses("Take this time").presses("Confirm booking")
    assert "Monday, March 1, 2027, 11:30 AM to 12:20 PM PST (Los Angeles)" in nora.reads


def test_travelling_where_nobody_has_a_licence(world):
    """Not licensed: the page says why and leads to a state where it is possible."""
    nora = visitor().goes(HOME).presses("Show times", place="TX", medium="telephone")
    assert "Nobody here may treat you in Texas" in nora.reads
    nora.follows("California").presses("Take this time")
    assert "Your time is kept" in nora.reads
    assert "You will be in California" in nora.reads
    assert "How Telephone" in nora.reads


def test_too_many_at_a_time(world):
    """Too many holds: what is kept stands there, one is let go, then it works."""
    nora = visitor().goes(HOME).presses("Take this time")
    nora.goes(HOME).presses("Take this time").goes(HOME).presses("Take this time")
    assert "Please confirm one, or let one go." in nora.reads
    nora.presses("Let it go").presses("Take this time")
    assert "Your time is kept" in nora.reads


def test_plans_change_twice(world):
    """Book, move, cancel, and take the cancellation back."""
    nora = visitor(world.nora.user).goes(HOME).presses("Take this time")
    nora.presses("Confirm booking").follows("My sessions")
    when = "Monday, March 1, 2027, 11:00 AM to 11:50 AM PST (Los Angeles)"
    nora.follows(f"Move: {when}")
    nora.presses("Compare with the old time", start=str(at("2027-03-10", 14)))
    assert "Nothing is moved yet." in nora.reads
    nora.presses("Move my session")
    assert "Wednesday, March 10, 2027, 2:00 PM to 2:50 PM PST (Los Angeles)" in nora.reads
    nora.follows("Cancel").presses("Cancel this session")
    assert "You can take that back until 9:05 AM PST" in nora.reads
    nora.presses("Keep my session after all")
    assert "Your session is booked again." in nora.reads
    assert Booking.objects.get().state == "booked"


def test_a_newcomer_books_within_a_minute(world):
    """Find, hold, sign in by a code, say who one is, agree, confirm: nobody is known before."""
    nell = visitor().goes(HOME).presses("Take this time").follows("Sign in to book")
    nell.presses("Send", email="nell@example.org")
    nell.presses("Confirm", code=code_mailed_to("nell@example.org"))
    nell.presses(
        "Go on",
        first_name="Nell",
        last_name="Reed",
        birth_date="1991-02-03",
        phone="310 555 0142",
        state="CA",
        time_zone="America/Los_Angeles",
    )
    assert "Check your booking" in nell.reads
    nell.presses("Confirm booking", telehealth="on")
    assert "Your session is booked" in nell.reads
    seat = Booking.objects.get()
    assert seat.patient is not None
    assert (seat.patient.name, seat.state) == ("Nell Reed", "booked")
