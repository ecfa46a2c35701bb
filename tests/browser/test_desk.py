"""The front desk and the office in a real browser: by keyboard, without a script, for everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Membership, Role
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.models import Booking, Task
from tests.web.desk import DESK, OFFICE, booked
from tests.world import LA, World, at, build, patient

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def world() -> World:
    return build()


def ahead(days: int, hour: int) -> int:
    """A weekday that many days ahead, at a full hour in Los Angeles."""
    now = timezone.now()
    day = local_day(LA, to_minute(now)) + timedelta(days=days)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return at(day, hour)


def press(page, *names: str) -> None:
    for name in names:
        page.keyboard.press(name)


def reach(page, role: str, name: str, *, limit: int = 80) -> None:
    """Tab to a control; it is reached, and it can be seen that it has the focus."""
    page.wait_for_load_state()
    wanted = page.get_by_role(role, name=name).first
    for _ in range(limit):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{role} {name} is not reached by Tab")


def test_book_by_keyboard_alone(world, new_page, sign_in_page, axe):
    """Search, open, choose a time, book: no pointer."""
    page = sign_in_page(new_page(1280), world.dana)
    page.goto(f"{DESK}patients/")
    reach(page, "textbox", "Name or telephone number")
    page.keyboard.type("omar")
    press(page, "Enter")
    page.wait_for_selector("#hits-head")
    assert "omar" not in page.url
    axe(page)
    reach(page, "link", "Book for Omar Quill")
    press(page, "Enter")
    page.wait_for_selector("h1:has-text('Book for Omar Quill')")
    axe(page)
    slot = page.locator("input[name=start]").first
    for _ in range(80):
        if slot.evaluate("element => element === document.activeElement"):
            break
        press(page, "Tab")
    press(page, "Space", "ArrowRight")
    chosen = page.locator("input[name=start]:checked").get_attribute("value")
    reach(page, "button", "Book the chosen time")
    press(page, "Enter")
    page.wait_for_selector("h1:has-text('Session of Omar Quill')")
    booking = Booking.objects.get()
    assert (booking.patient, str(booking.start)) == (world.omar, chosen)
    axe(page)


def test_a_whole_call_without_javascript(world, new_page, sign_in_page):
    """Book with a reason, move, cancel, take it back."""
    page = sign_in_page(new_page(320, javascript=False), world.dana)
    page.goto(f"{DESK}patients/{world.nora.uuid}/book/?therapist={world.alma.uuid}")
    page.get_by_text("Another time, with a reason").click()
    late = ahead(3, 19)
    day = local_day(LA, late)
    page.get_by_label("Date").fill(day.isoformat())
    page.get_by_label("Time", exact=True).fill("19:00")
    page.get_by_label("Why this time").fill("Works late")
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("link", name="Choose another time")).to_be_visible()
    assert Booking.objects.get().start == late
    page.get_by_role("link", name="Choose another time").click()
    page.locator("label.slot").first.click()
    page.locator("#id_reason").select_option("patient")
    page.get_by_role("button", name="Move to the chosen time").click()
    expect(page.get_by_role("button", name="Cancel the session")).to_be_visible()
    assert Booking.objects.get().start != late
    page.get_by_label("Reason").select_option("clinic")
    page.get_by_role("button", name="Cancel the session").click()
    expect(page.get_by_role("button", name="Take the cancellation back")).to_be_visible()
    assert Booking.objects.get().state == "cancelled"
    page.get_by_role("button", name="Take the cancellation back").click()
    expect(page.get_by_role("button", name="Cancel the session")).to_be_visible()
    assert Booking.objects.get().state == "booked"


def test_what_only_some_days_show_is_sound(world, page, sign_in_page, sound):
    """A message that gave up, a patient without an account, a licence about to lapse. All other
    pages of desk and office are in test_every_page."""
    now = timezone.now()
    first = booked(world, world.nora, ahead(2, 10), now=now)
    Task.objects.create(
        kind="tell_patient", clinic=world.clinic, session=first.session, patient=world.nora,
        created_at=now, due_at=now, gave_up_at=now, outcome="bounced:5.1.10", attempts=9,
        recipient="nora@example.org",
    )  # fmt: skip
    nina = patient(world.clinic, "Nina", user=None, consent=False)
    world.alma.licences.update(valid_until=now.date() + timedelta(days=1))
    Membership.objects.create(clinic=world.clinic, user=world.dana, role=Role.ADMIN.value)
    sign_in_page(page, world.dana)
    for path in (
        f"{DESK}patients/{nina.uuid}/",
        f"{DESK}patients/{nina.uuid}/book/",
        OFFICE,
        f"{OFFICE}licences/",
        f"{OFFICE}messages/",
    ):
        answer = page.goto(path)
        assert answer and answer.status == 200, path
        sound(page)


def test_a_therapists_hours_without_javascript(world, new_page, sign_in_page):
    """From the day sheet: typed, looked at, saved; a day taken off."""
    page = sign_in_page(new_page(320, javascript=False), world.dana)
    page.goto(DESK)
    page.get_by_role("link", name="Ben", exact=True).click()
    page.get_by_label("Saturday, from").fill("10")
    page.get_by_label("Saturday, until").fill("noon")
    page.locator("button.button", has_text="Preview").click()
    expect(page.get_by_text("Nothing is saved yet.")).to_be_visible()
    page.get_by_role("button", name="Save these hours").click()
    expect(page.get_by_text("The weekly hours are saved.")).to_be_visible()
    assert world.ben.weekly_hours.latest("valid_from").pattern.endswith("5:600-720")
    page.get_by_role("link", name="Time off").click()
    off = local_day(LA, ahead(9, 9)).isoformat()
    page.get_by_label("First day off").fill(off)
    page.get_by_label("Last day off").fill(off)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Take these days off").click()
    expect(page.get_by_text("The time off is saved.")).to_be_visible()
    assert world.ben.time_off.get().first_day.isoformat() == off
