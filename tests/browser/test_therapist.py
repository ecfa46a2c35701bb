"""The therapist's pages in a browser: by keyboard, on a telephone, without a script, dark."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from scheduling.engine.interval import to_minute
from scheduling.models import Session, WeeklyHours
from tests.web.therapist import booked, checked_in, cover, platform
from tests.world import World, build

pytestmark = pytest.mark.usefixtures("clock")
HOME = "/c/harbor/"


@pytest.fixture
def world() -> World:
    """A session of Nora's that began half an hour ago, one of Omar's in an hour."""
    world = build()
    platform(world)
    now = timezone.now()
    start, earlier = to_minute(now) // 15 * 15 - 30, now - timedelta(days=3)
    checked_in(booked(world, start, now=earlier), state="NV", licensed=False)
    booked(world, start + 90, world.omar, now=earlier, medium="telephone")
    days = [(now + timedelta(days=n)).date().isoformat() for n in (-1, 3)]
    cover(world.alma, world.ben, *days)
    return world


def test_a_day_under_way_can_be_read(page, sign_in_page, sound, world):
    """A session that is on, another to come, a colleague who is covered. All other pages of
    therapists are in test_every_page."""
    now = Session.objects.earliest("start").uuid
    sign_in_page(page, world.alma.user)
    for path in ("today/", f"week/?of={world.ben.uuid}", f"sessions/{now}/"):
        answer = page.goto(HOME + path)
        assert answer and answer.status == 200, path
        sound(page)


def test_hours_are_edited_by_keyboard_on_a_telephone(new_page, sign_in_page, axe, world):
    """Type, be told of a slip, mend it, preview, save: no mouse, 320 px wide."""
    page = sign_in_page(new_page(width=320), world.alma.user)
    page.goto(HOME + "hours/")
    page.locator("#id_d0_0_from").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("8")
    page.keyboard.press("Tab")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator("#id_d0_0_until")).to_have_value("4")
    axe(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#id_d0_0_until")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("4 pm")
    page.keyboard.press("Enter")
    expect(page.locator("#preview-head")).to_be_focused()
    assert WeeklyHours.objects.filter(therapist=world.alma).count() == 1
    axe(page)
    save = page.get_by_role("button", name="Save these hours")
    for _step in range(12):
        page.keyboard.press("Tab")
        if save.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector(".notice.success")
    row = WeeklyHours.objects.filter(therapist=world.alma).latest("valid_from")
    assert row.pattern.startswith("0:480-960;")


def test_hours_are_copied_without_a_script(new_page, sign_in_page, world):
    page = sign_in_page(new_page(javascript=False), world.alma.user)
    page.goto(HOME + "hours/")
    page.get_by_label("Monday, from").fill("7")
    page.get_by_role("button", name="Add a span on Monday").click()
    page.locator("#id_d0_1_from").fill("6 PM")
    page.locator("#id_d0_1_until").fill("7 PM")
    page.get_by_role("checkbox", name="Sunday").check()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("#id_d6_0_from")).to_have_value("7")
    expect(page.locator("#id_d6_1_until")).to_have_value("7 PM")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".notice.success")).to_be_visible()
    row = WeeklyHours.objects.filter(therapist=world.alma).latest("valid_from")
    assert row.pattern.endswith("6:420-1020,1080-1140")


def test_a_session_is_marked_and_repeated_without_a_script(new_page, sign_in_page, world):
    page = sign_in_page(new_page(width=320, javascript=False), world.alma.user)
    page.goto(HOME + "today/")
    page.get_by_role("link", name="Nora Quill").first.click()
    expect(page.locator("main")).to_contain_text("You are not licensed in Nevada")
    page.get_by_role("button", name="Attended").click()
    expect(page.get_by_role("button", name="Undo the mark")).to_be_visible()
    page.get_by_role("button", name="Same time next week").click()
    expect(page.locator("main")).to_contain_text(re.compile("cannot be booked|Booked:"))
