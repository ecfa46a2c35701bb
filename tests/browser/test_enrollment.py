"""A program resumed and an end undone in a real browser, judged by axe, at both widths."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import expect

from scheduling.actions.enroll_life import pause
from scheduling.models import Booking
from tests import courses
from tests.outbox.acts import booked
from tests.web.patient import HOME
from tests.world import NOW, at, build

pytestmark = pytest.mark.usefixtures("clock")


def test_back_from_a_pause_then_ended_and_that_undone(new_page, sign_in_page, sound):
    """The therapist has another session at one of the times, so that one is left out."""
    world = build()
    row = courses.enrolled(world, courses.iop(world, weeks=4))
    said = {"enrollment": row.uuid, "from_day": date(2027, 3, 15), "actor": world.actor(world.dana)}
    pause(**said, now=NOW)
    booked(world, world.omar, start=at("2027-03-23", 10))
    page = sign_in_page(new_page(width=320), world.dana)
    page.goto(f"{HOME}enrollments/{row.uuid}/resume/?first=2027-03-15")
    expect(page.get_by_role("heading", name="11 dates come back")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="Resume it").click()
    expect(page.get_by_role("alert")).to_contain_text("Please decide about them.")
    page.get_by_label("Leave this date out").check()
    page.get_by_role("button", name="Resume it").click()
    expect(page.get_by_text("11 sessions stand again.")).to_be_visible()
    page.goto(f"{HOME}enrollments/{row.uuid}/discharge/?first=2027-03-22&reason=discharged")
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_role("heading", name="Discharged by the clinic")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The program goes on as before.")).to_be_visible()
    assert Booking.objects.filter(patient=world.nora, state="booked").count() == 15
