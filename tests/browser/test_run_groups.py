"""Groups in a real browser: who came, by the keyboard alone; every page narrow and wide."""

from __future__ import annotations

import pytest

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


def test_a_full_group_is_sound(world, page, sign_in_page, sound, clock):
    """With six members, and a session whose people can be marked. All other pages of groups are in
    test_every_page."""
    first = met(world, clock)
    assert first.series is not None and first.series.group is not None
    sign_in_page(page, world.dana)
    for path in (f"{GROUPS}{first.series.group.uuid}/", f"{GROUPS}sessions/{first.uuid}/"):
        page.goto(path)
        sound(page)
