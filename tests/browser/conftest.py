"""A real browser. Whatever a test does, its pages load nothing from elsewhere (BR3) and the
browser finds nothing that the content security policy forbids (BR2)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright runs a loop of its own
HERE = Path(__file__).parent
PATIENCE = 60_000  # milliseconds: nothing is given up because the machine is busy
expect.set_options(timeout=PATIENCE)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
JUDGE = """async options => ({
  wide: document.documentElement.scrollWidth - innerWidth,
  violations: (await axe.run(options)).violations,
})"""
LOOKS = ((320, "dark"), (1280, "light"))
NO_HASTE = "--js-flags=--no-opt,--no-maglev"  # a page lives for a second: compiling it is dearer
NO_STRANGERS = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--disable-dev-shm-usage", NO_STRANGERS, NO_HASTE]
        )
        yield browser
        browser.close()


class Watch:
    """Collects what must not happen in any page of a test."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.found: list[str] = []

    def request(self, request: Request) -> None:
        """Where somebody goes is another matter: the way in ends on the platform's own page."""
        if request.is_navigation_request():
            return
        if not request.url.startswith((self.home, "data:")):
            self.found.append(f"asked {request.url}")

    def console(self, message: ConsoleMessage) -> None:
        # "Failed to load resource" is how Chromium tells of a 4xx, which a test may want.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.found.append(f"console: {message.text}")

    def over(self, context: BrowserContext) -> None:
        context.on("request", self.request)
        context.on("console", self.console)
        context.on("weberror", lambda error: self.found.append(f"script: {error.error}"))


@pytest.fixture
def new_page(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """`new_page(width=320, javascript=False, dark=True)`: a person's browser, in Los Angeles."""
    contexts: list[BrowserContext] = []
    watch = Watch(live_server.url)

    def make(width: int = 1280, javascript: bool = True, dark: bool = False, **more) -> Page:
        options = {"locale": "en-US", "timezone_id": "America/Los_Angeles", **more}
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 800},
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        watch.over(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()
    assert not watch.found, watch.found


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


@pytest.fixture
def sign_in_page(sign_in, live_server) -> Callable[[Page, object], Page]:
    """`sign_in_page(page, user)`: the browser of somebody who has signed in."""

    def signed_in(page: Page, user, **how) -> Page:
        client = sign_in(Client(), user, **how)
        cookie = client.cookies[django_settings.SESSION_COOKIE_NAME]
        page.context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
        )
        return page

    return signed_in


def faults(page: Page) -> list[str]:
    """What is wrong with the page as it stands: WCAG 2.2 AA and best practice, as far as a machine
    can judge, and no part of it wider than the screen (1.4.10)."""
    page.wait_for_load_state()
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(JUDGE, {"runOnly": RULES, "resultTypes": ["violations"]})
    wide = [f"{found['wide']} px too wide"] if found["wide"] > 0 else []
    return wide + [
        f"{fault['id']}: {node['target']} {node.get('failureSummary', '')}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """`axe(page)`: nothing is wrong with the page as it stands."""

    def judge(page: Page) -> None:
        found = faults(page)
        assert not found, "\n".join(found)

    return judge


@pytest.fixture
def sound(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`sound(page)`: nothing is wrong with it on a small telephone in the dark, nor on a wide
    screen in the light. For who wants to look at them: PICTURES names a folder."""
    pictures, taken = os.environ.get("PICTURES"), count(1)

    def judge(page: Page, looks: Sequence[tuple[int, str]] = LOOKS) -> None:
        before, found, nth = page.viewport_size, [], next(taken)
        assert before is not None
        for width, scheme in looks:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            found += [f"{page.url} at {width}, {scheme}: {fault}" for fault in faults(page)]
            if pictures:
                name = f"{request.node.name}-{nth}-{width}-{scheme}.png"
                page.screenshot(path=Path(pictures) / name, full_page=True)
        page.set_viewport_size(before)
        assert not found, "\n".join(found)

    return judge
