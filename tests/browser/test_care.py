"""Caseload, programs and hours in a real browser, judged by axe, at both widths."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from scheduling.engine.recurrence import weekly
from scheduling.models import Booking
from scheduling.queries.repeat import Pattern
from tests.enrolled import MONDAY, enrolled, program, seat
from tests.groups import founded
from tests.web.patient import HOME
from tests.world import LA, World, at, build, patient

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def world() -> World:
    """Nora is short of hours, Omar has them, Zoe stays away, Yan is near the end."""
    world = build()
    what = program(world)
    zoe, yan = patient(world.clinic, "Zoe"), patient(world.clinic, "Yan")
    for who, weeks in ((world.nora, 12), (world.omar, 12), (zoe, 12), (yan, 3)):
        enrolled(what, who, MONDAY - timedelta(weeks=1), weeks=weeks)
    seat(world, world.nora, "2027-02-24", minutes=50, attendance="attended")
    seat(world, world.nora, "2027-03-01", hour=5, attendance="attended", late_by=15)
    seat(world, world.nora, "2027-03-04", hour=13)
    seat(world, world.omar, "2027-02-25", hour=8, minutes=600, attendance="attended")
    seat(world, world.omar, "2027-03-01", hour=1, minutes=240)
    for day in ("2027-03-02", "2027-03-03"):
        seat(world, world.omar, day, hour=17, minutes=240)
    for day in (22, 23, 24, 25):
        seat(world, zoe, f"2027-02-{day}", hour=18, minutes=90, attendance="no_show")
    seat(world, yan, "2027-03-05", hour=17, minutes=600)
    pattern = Pattern(weekly((3,)), LA, 660, MONDAY)
    said = {"entry": "open", "entry_sessions": None, "facilitators": [world.alma.uuid]}
    founded(world, name="Drop-in support", pattern=pattern, **said)
    return world


def test_from_who_is_short_to_what_makes_up_for_it(world, new_page, sign_in_page, sound):
    page = sign_in_page(new_page(width=320), world.dana)
    page.goto(f"{HOME}programs/")
    sound(page)
    page.get_by_role("link", name="Find make-up hours Nora Quill").click()
    expect(page.get_by_role("heading", name="Nora Quill")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="Book Drop-in support").click()
    expect(page.get_by_text("The session is booked")).to_be_visible()
    assert Booking.objects.filter(patient=world.nora, start=at("2027-03-04", 11)).exists()


def test_the_caseload(world, new_page, sign_in_page, sound):
    page = sign_in_page(new_page(), world.alma.user)
    page.goto(f"{HOME}caseload/")
    sound(page)
    page.get_by_role("link", name="Hours Omar Quill").click()
    expect(page.get_by_role("heading", name="Omar Quill")).to_be_visible()
