"""A series in a real browser: the report and its choices, judged by axe."""

from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import expect

from scheduling.models import Booking
from tests.web.patient import HOME, booked
from tests.web.test_series import dates, taken
from tests.world import World, at, build

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def world() -> World:
    made = build()
    made.clinic.horizon_days = 200
    made.clinic.save()
    return made


@pytest.fixture
def first(world: World) -> str:
    client = Client()
    client.force_login(world.nora.user)
    return booked(client, world, at("2027-03-08", 10), therapist=world.alma.uuid)


def test_plan_settle_and_book(world, first, new_page, sign_in_page, sound):
    taken(world, "2027-03-22")
    page = sign_in_page(new_page(width=320), world.nora.user, second_factor=False)
    page.goto(f"{HOME}repeat/{first}/")
    page.get_by_label("How many sessions").fill("4")
    page.get_by_role("button", name="Check the dates").click()
    expect(page.get_by_role("heading", name="Every Monday")).to_be_visible()
    sound(page)
    page.get_by_label("At this time with").check()
    page.get_by_role("button", name="Book the series").click()
    expect(page.get_by_text("4 sessions are booked.")).to_be_visible()
    assert len(dates()) == 4
    page.get_by_role("link", name="Cancel all to come").click()
    expect(page.get_by_role("heading", name="Cancel these 4 sessions?")).to_be_visible()
    assert Booking.objects.filter(state="cancelled").count() == 0
