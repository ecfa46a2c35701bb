"""The waiting list in a real browser, judged by axe where test_every_page does not."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from scheduling.models import Booking
from tests.outbox.acts import booked
from tests.waiting import earlier, offered, waiting
from tests.web.patient import HOME
from tests.world import World, at, build

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def world() -> World:
    return build()


def test_wait_and_take_what_is_offered(world, new_page, sign_in_page, sound):
    seat = booked(world, start=at("2027-03-10", 10))
    page = sign_in_page(new_page(width=320), world.nora.user, second_factor=False)
    page.goto(f"{HOME}my/{seat.uuid}/")
    page.get_by_role("link", name="Tell me of an earlier time").click()
    page.get_by_label("Wednesday").check()
    page.get_by_role("button", name="Tell me of an earlier time").click()
    expect(page.get_by_role("heading", name="Waiting list")).to_be_visible()
    offered(world, seat.waiting.get())
    page.goto(f"{HOME}my/waiting/")
    sound(page)
    page.get_by_role("link", name="Take it or let it go").click()
    page.get_by_role("button", name="Take this time").click()
    expect(page.get_by_text("Wednesday, March 3, 2027").first).to_be_visible()
    assert Booking.objects.get(pk=seat.pk).start == at("2027-03-03", 10)


def test_the_desk_offers_by_hand(world, new_page, sign_in_page, sound):
    row = waiting(world, world.nora, therapist=world.alma, by=world.dana)
    earlier(world, booked(world, world.omar, start=at("2027-03-10", 10)))
    page = sign_in_page(new_page(), world.dana)
    page.goto(f"{HOME}waiting/{row.uuid}/")
    sound(page)
    page.get_by_label("Alma").first.check()
    page.get_by_role("button", name="Keep it and write to the patient").click()
    expect(page.get_by_role("button", name="Take the offer back")).to_be_visible()
    sound(page)
