"""Groups in a real browser: who came, by the keyboard alone; every page narrow and wide."""

from __future__ import annotations

import pytest

from accounts.models import Therapist
from scheduling.models import Booking, Session
from tests.actions.test_groups import a_group, joined
from tests.browser.test_desk import press, reach
from tests.web.desk import DESK
from tests.world import World, build, patient

pytestmark = pytest.mark.usefixtures("clock")
GROUPS = f"{DESK}groups/"


@pytest.fixture
def world() -> World:
    return build()


def met(world: World, clock) -> Session:
    """The first session of a group of six, two hours after its start."""
    group = a_group(world)
    for who in (world.nora, world.omar):
        joined(world, group, who)
    for name in ("Petra", "Quentin", "Rosa", "Sam"):
        joined(world, group, patient(world.clinic, name, user=None), by=world.dana)
    clock.shift(7 * 86400 + 7200)
    return Session.objects.filter(series__group=group).order_by("slot")[0]


def test_who_came_by_keyboard_alone(world, new_page, sign_in_page, clock):
    """A letter chooses a mark, Tab goes on, Enter saves."""
    first = met(world, clock)
    page = sign_in_page(new_page(1280), world.alma.user)
    page.goto(f"{GROUPS}sessions/{first.uuid}/")
    reach(page, "combobox", "Nora Quill came")
    press(page, "A", "Tab")
    page.keyboard.type("10")
    reach(page, "combobox", "Omar Quill came")
    press(page, "N")
    reach(page, "spinbutton", "Number present")
    page.keyboard.type("5")
    press(page, "Enter")
    page.get_by_text("Noted.").wait_for()
    nora = Booking.objects.get(session=first, patient=world.nora)
    assert (nora.attendance, nora.late_by) == ("attended", 10)
    assert Booking.objects.get(session=first, patient=world.omar).attendance == "no_show"
    first.refresh_from_db()
    assert first.present == 5


@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_is_sound(world, new_page, sign_in_page, axe, clock, width):
    """WCAG 2.2 AA as far as a machine sees it; nothing scrolls sideways."""
    first = met(world, clock)
    assert first.series is not None and first.series.group is not None
    group = f"{GROUPS}{first.series.group.uuid}/"
    last = Session.objects.order_by("slot").last()
    assert last is not None and Therapist.objects.exists()
    page = sign_in_page(new_page(width=width, dark=width == 320), world.dana)
    sessions = [f"{GROUPS}sessions/{one.uuid}/" for one in (first, last)]
    changes = [f"{group}{what}/" for what in ("change", "facilitators", "times")]
    pages = [GROUPS, f"{GROUPS}new/", group, *changes]
    for path in [*pages, *sessions, f"{sessions[1]}move/"]:
        page.goto(path)
        axe(page)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
