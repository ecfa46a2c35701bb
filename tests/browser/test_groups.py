"""Groups in a real browser: find one, join it, one's own place; judged by axe, at both widths."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import expect

from accounts.models import ConsentForm
from scheduling.engine.recurrence import weekly
from scheduling.models import Member
from scheduling.queries.repeat import Pattern
from tests.browser.test_booking import fits
from tests.browser.test_series import picture
from tests.groups import comes_in, founded
from tests.web.patient import HOME
from tests.world import LA, World, build

pytestmark = pytest.mark.usefixtures("clock")
ABOUT = (
    "We learn one skill each time: being mindful, getting through a crisis, dealing with strong "
    "feelings, talking with others. Each session begins with a short exercise.\n\nYou need no "
    "experience. You say as much or as little as you like."
)


@pytest.fixture
def world() -> World:
    made = build()
    founded(made, name="DBT skills, evenings", about=ABOUT, entry="rolling")
    founded(
        made,
        name="Alumni drop-in",
        about="Come by when you want to stay in touch.",
        entry="open",
        facilitators=[made.ben.uuid],
        pattern=Pattern(weekly((3,)), LA, 12 * 60, date(2027, 3, 11)),
    )
    full = founded(
        made,
        name="CBT for panic",
        about="Twelve weeks together.",
        capacity=1,
        facilitators=[made.alma.uuid],
        pattern=Pattern(weekly((4,)), LA, 10 * 60, date(2027, 3, 12), date(2027, 5, 28)),
    )
    comes_in(made, full, made.omar)
    ConsentForm.objects.create(
        clinic=made.clinic, form="group", version=1, text="What is said in the group stays there."
    )
    return made


@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, False), (320, True)])
def test_find_join_and_give_up_a_date(world, new_page, sign_in_page, axe, width, dark):
    name = f"{width}{'-dark' if dark else ''}"
    page = sign_in_page(new_page(width=width, dark=dark), world.nora.user, second_factor=False)
    page.goto(HOME)
    page.get_by_role("link", name="Or find a group.").click()
    expect(page.get_by_role("heading", name="DBT skills, evenings")).to_be_visible()
    look(page, axe, "find", name)
    page.get_by_role("link", name="DBT skills, evenings").click()
    look(page, axe, "group", name)
    page.get_by_role("link", name="Join this group").click()
    look(page, axe, "join", name)
    page.get_by_label("I keep to myself what others say").check()
    page.get_by_role("button", name="Join this group").click()
    expect(page.get_by_text("You have a place in this group.")).to_be_visible()
    look(page, axe, "place", name)
    page.get_by_role("link", name="My sessions").click()
    look(page, axe, "mine", name)
    page.goto(f"{HOME}my/groups/{Member.objects.get(patient=world.nora).uuid}/leave/")
    look(page, axe, "leave", name)
    page.goto(f"{HOME}groups/?entry=open&day=5")
    expect(page.get_by_role("heading", name="No group fits all of this")).to_be_visible()
    look(page, axe, "none", name)
    page.goto(f"{HOME}groups/")
    page.get_by_role("link", name="Alumni drop-in").click()
    look(page, axe, "open", name)


def look(page, axe, name: str, width: str) -> None:
    axe(page)
    fits(page)
    picture(page, f"groups-{name}", width)
