"""Every page of the table of routes, as the first role that may read it: at 320 pixels, dark; those
of patients wide and light, too."""

from __future__ import annotations

from playwright.sync_api import Error

from tests.house.routes import ROLES, things
from tests.house.test_routes import ROUTES, address, row_of
from tests.world import World, build

ORDER = "aptdco"
LOOKS = ((320, "dark"), (1280, "light"))


def people(world: World) -> dict[str, object]:
    return {
        "p": world.nora.user,
        "t": world.alma.user,
        "d": world.dana,
        "c": world.ada,
        "o": world.pia,
    }


def pages(world: World) -> dict[str, list[str]]:
    """Letter -> addresses; those of the API and what is below a prefix are no pages of ours."""
    known = things(world)
    found: dict[str, list[str]] = {letter: [] for letter in ORDER}
    for route in ROUTES:
        row = row_of(route)
        if row is None or row.below or route.startswith(("api/", "hooks/")):
            continue
        readers = [one for one in ORDER if "200" in row.expected("GET").get(one, "")]
        if readers:
            found[readers[0]].append(address(route, row, known))
    return found


def test_every_page_is_sound(new_page, sign_in_page, axe):
    """WCAG 2.2 AA as far as a machine sees it; nothing scrolls sideways."""
    assert set(ORDER) <= set(ROLES)
    world = build()
    found, faults = people(world), []
    for letter, addresses in pages(world).items():
        page = new_page(width=320, dark=True)
        if letter != "a":
            sign_in_page(page, found[letter], second_factor=letter != "p")
        seen = 0
        for path in addresses:
            try:
                answer = page.goto(path)
            except Error:
                continue  # a file to keep
            assert answer is not None
            if answer.status != 200 or "text/html" not in answer.headers["content-type"]:
                continue  # of another day than the table's
            seen += 1
            for width, scheme in LOOKS if letter == "p" else LOOKS[:1]:
                page.set_viewport_size({"width": width, "height": 800})
                page.emulate_media(color_scheme=scheme)
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    faults.append(f"{path} is too wide at {width}")
                try:
                    axe(page)
                except AssertionError as told:
                    faults.append(f"{path} at {width}: {told}")
        assert seen > len(addresses) / 2, (letter, seen, addresses)
    assert not faults, "\n".join(faults)
