"""Groups in a real browser: find one, join it, one's own place; judged by axe, at both widths."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import expect

from accounts.models import ConsentForm
from scheduling.engine.recurrence import weekly
from scheduling.models import Member
from scheduling.queries.repeat import Pattern
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


def test_find_and_join(world, new_page, sign_in_page, sound):
    page = sign_in_page(new_page(width=320), world.nora.user, second_factor=False)
    page.goto(HOME)
    page.get_by_role("link", name="Or find a group.").click()
    expect(page.get_by_role("heading", name="DBT skills, evenings")).to_be_visible()
    sound(page)
    page.get_by_role("link", name="DBT skills, evenings").click()
    page.get_by_role("link", name="Join this group").click()
    sound(page)
    page.get_by_label("I keep to myself what others say").check()
    page.get_by_role("button", name="Join this group").click()
    expect(page.get_by_text("You have a place in this group.")).to_be_visible()
    sound(page)
    page.get_by_role("link", name="My sessions").click()
    sound(page)
    assert Member.objects.filter(patient=world.nora).exists()
    page.goto(f"{HOME}groups/?entry=open&day=5")
    expect(page.get_by_role("heading", name="No group fits all of this")).to_be_visible()
    sound(page)
    page.goto(f"{HOME}groups/")
    page.get_by_role("link", name="Alumni drop-in").click()
    sound(page)
