"""Every page of the table of routes, as the first role that may read it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error

from tests.house.routes import things
from tests.house.test_routes import ROUTES, address, row_of
from tests.world import World, build

pytestmark = pytest.mark.usefixtures("clock")
ORDER = "apqtdco"


def people(world: World) -> dict[str, object]:
    return {
        "p": world.nora.user,
        "q": world.omar.user,
        "t": world.alma.user,
        "d": world.dana,
        "c": world.ada,
        "o": world.pia,
    }


def pages(world: World, letter: str) -> list[str]:
    """Addresses; those of the API and what is below a prefix are no pages of ours."""
    known, found = things(world), []
    for route in ROUTES:
        row = row_of(route)
        if row is None or row.below or route.startswith(("api/", "hooks/")):
            continue
        readers = [one for one, answer in row.expected("GET").items() if "200" in answer]
        asked = [one for one in ORDER if one in readers]
        assert asked or not readers, route
        if asked[:1] == [letter]:
            found.append(address(route, row, known))
    return found


@pytest.mark.parametrize("letter", ORDER)
def test_every_page_is_sound(new_page, sign_in_page, sound, letter):
    """WCAG 2.2 AA as far as a machine sees it; nothing scrolls sideways; narrow and dark, wide and
    light."""
    world = build()
    addresses, page = pages(world, letter), new_page()
    if letter != "a":
        sign_in_page(page, people(world)[letter], second_factor=letter not in "pq")
    faults: list[str] = []
    for path in addresses:
        try:
            answer = page.goto(path)
        except Error as told:
            assert "Download is starting" in str(told), path  # a file to keep
            continue
        assert answer and answer.status == 200, path
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        try:
            sound(page)
        except AssertionError as told:
            faults.append(str(told))
    assert addresses and not faults, "\n".join(faults)
