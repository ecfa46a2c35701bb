"""Booking in a real browser: by keyboard, on a telephone, judged by axe."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import Consent
from scheduling.models import Booking
from tests.web.patient import HOME, booked, held
from tests.world import World, at, build

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def world() -> World:
    return build()


def fits(page: Page) -> None:
    """No part of the page is wider than the screen (1.4.10)."""
    page.wait_for_load_state()
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{page.url} is {over} px too wide"


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on what has this accessible name."""
    page.wait_for_load_state()
    for _ in range(60):
        page.keyboard.press("Tab")
        if name in page.evaluate(FOCUSED):
            return
    raise AssertionError(f"no way to {name!r} by keyboard")


FOCUSED = """(() => {
  const at = document.activeElement;
  return ((at.labels && at.labels[0] ? at.labels[0].textContent : at.textContent) || "").trim();
})()"""


def take_over(page: Page, client: Client) -> None:
    """The browser has the secret of what this client holds."""
    address = re.match(r"https?://[^/]+", page.url)
    assert address is not None
    secret = client.cookies["hold"].value
    page.context.add_cookies([{"name": "hold", "value": secret, "url": address[0]}])


def test_with_the_keyboard_alone_on_a_telephone(world, new_page, sign_in_page, axe):
    """2.1.1: find, choose with the arrow keys, take, agree, confirm; 320 pixels wide."""
    Consent.objects.all().delete()
    page = sign_in_page(new_page(width=320), world.nora.user, second_factor=False)
    page.goto(HOME)
    tab_to(page, "Take this time")
    tab_to(page, "Monday, March 1, 2027, 11:00 AM PST (Los Angeles)")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert "Monday, March 1, 2027, 11:30 AM PST" in page.evaluate(FOCUSED)
    fits(page)
    tab_to(page, "Take the chosen time")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your booking")
    fits(page)
    tab_to(page, "Confirm booking")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Please read and accept the consent")
    expect(page.get_by_role("alert")).to_be_focused()
    axe(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the summary leads to the box
    expect(page.get_by_label("I have read this")).to_be_focused()
    page.keyboard.press("Space")
    tab_to(page, "Confirm booking")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your session is booked")
    fits(page)
    seat = Booking.objects.get(state="booked")
    assert seat.start == at("2027-03-01", 11, 30)


def test_slots_are_large_enough_to_touch(world, new_page):
    """2.5.8 asks for 24 pixels; we give 44."""
    page = new_page(width=320)
    page.goto(HOME)
    small = page.evaluate(
        """Array.from(document.querySelectorAll("main .slot, main .button, main select"))
             .map((part) => part.getBoundingClientRect())
             .filter((box) => box.height < 44 || box.width < 44).length"""
    )
    assert small == 0


def test_the_button_waits_below_the_times_until_one_is_chosen(world, new_page):
    """2.4.11: it lies over nothing before it is of use; then it stays in sight."""
    page = new_page(width=320)
    page.goto(HOME)
    bar = page.locator(".actions.sticky")
    assert bar.evaluate("bar => getComputedStyle(bar).position") == "static"
    page.get_by_label("Monday, March 1, 2027, 11:30 AM PST").check()
    assert bar.evaluate("bar => getComputedStyle(bar).position") == "sticky"
    expect(bar).to_be_in_viewport()
    expect(page.get_by_label("Tuesday, March 2, 2027, 11:30 AM PST")).to_be_hidden()
    page.get_by_text("Tuesday, March 2, 2027", exact=True).click()
    expect(page.get_by_label("Tuesday, March 2, 2027, 11:30 AM PST")).to_be_visible()


def test_without_a_choice_the_first_day_unfolds_again(world, new_page):
    """What is missing can be seen, also where every day was folded away."""
    page = new_page(width=320)
    page.goto(HOME)
    first = page.get_by_label("Monday, March 1, 2027, 11:30 AM PST")
    page.get_by_text("Monday, March 1, 2027", exact=True).click()
    expect(first).to_be_hidden()
    page.get_by_role("button", name="Take the chosen time").click()
    expect(first).to_be_visible()
    expect(page.get_by_label("Tuesday, March 2, 2027, 11:30 AM PST")).to_be_hidden()


def test_the_zone_is_the_browsers_where_nobody_said_otherwise(world, new_page):
    page = new_page(timezone_id="America/New_York")
    page.goto(HOME)
    expect(page.get_by_label("Time zone")).to_have_value("America/New_York")
    expect(page.locator(".when")).to_contain_text("2:00 PM EST (New York)")
    page.get_by_role("link", name="Find a time").click()
    expect(page.locator(".when")).to_contain_text("2:00 PM EST (New York)")


def test_the_time_left_counts_down(world, page, live_server):
    client = Client()
    where = held(client, at("2027-03-02", 10))
    page.goto(HOME)
    take_over(page, client)
    page.goto(where)
    expect(page.get_by_role("timer")).to_contain_text("left")


def test_what_is_not_every_day_is_sound(world, page, sign_in_page, sound, clock):
    """Nothing free, nonsense asked for, a time that is kept, cancelled, moved, kept no more. All
    other pages of patients are in test_every_page."""
    client = Client()
    kept = held(client, at("2027-03-04", 10))
    page.goto(HOME)
    take_over(page, client)

    def judge(path: str) -> None:
        page.goto(path)
        sound(page)

    for path in (HOME + "?place=TX", HOME + "?zone=Mars&day=2027-02-30", kept):
        judge(path)
    client.force_login(world.nora.user)
    one = booked(client, world, at("2027-03-02", 10))
    gone = booked(client, world, at("2027-03-05", 10))
    client.post(f"{HOME}my/{gone}/cancel/")
    sign_in_page(page, world.nora.user, second_factor=False)
    for path in (
        kept,
        f"{HOME}my/",
        f"{HOME}my/{gone}/",
        f"{HOME}my/{one}/move/check/?start={at('2027-03-05', 14)}",
    ):
        judge(path)
    clock.shift(700)
    judge(kept)  # not kept any more
