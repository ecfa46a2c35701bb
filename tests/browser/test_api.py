"""The API's interactive page and the token pages, in a real browser."""

import re

import pytest
from django.test import Client
from playwright.sync_api import expect

from tests.doors import remember, sign_in
from tests.world import build


@pytest.fixture
def nora(page, live_server, settings):
    """Nora's browser, just signed in; the real clock."""
    world = build()
    client = sign_in(Client(), world.nora.user, mfa=False)
    remember(client, world.nora.user, "code", email="nora@example.org", reauthenticated=True)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    return page


def test_what_stands_in_the_reference_can_be_tried(nora):
    """BR2, BR3: nothing from elsewhere, nothing inline; BR7: nothing stays in the browser; it fits
    a small telephone."""
    nora.goto("/api/v1/reference/")
    schema = nora.request.get("/api/v1/schema/", headers={"Accept": "application/json"})
    paths = schema.json()["paths"]
    expect(nora.locator(".opblock")).to_have_count(sum(len(path) for path in paths.values()))
    me = nora.locator(".opblock-get").filter(has=nora.locator("[data-path$='/me/']"))
    me.locator(".opblock-summary-control").click()
    me.get_by_role("button", name="Try it out").click()
    me.get_by_placeholder("slug").fill("harbor")
    me.get_by_role("button", name="Execute").click()
    expect(me.locator(".live-responses-table")).to_contain_text("nora@example.org")
    assert nora.evaluate("localStorage.length + sessionStorage.length") == 0
    nora.set_viewport_size({"width": 320, "height": 700})
    assert nora.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_making_and_revoking_a_token(nora, sound):
    nora.goto("/account/tokens/")
    nora.get_by_role("link", name="Make a token").click()
    nora.wait_for_url("**/account/tokens/new/")
    nora.get_by_label("What it is for").fill("Calendar at home")
    nora.get_by_role("button", name="Make a token").click()
    expect(nora.get_by_label("Calendar at home")).to_have_value(re.compile("^ths_"))
    sound(nora)
    nora.get_by_role("link", name="I have copied it").click()
    nora.wait_for_url("**/account/tokens/")
    sound(nora)
    nora.get_by_role("button", name="Revoke the token Calendar at home").click()
    expect(nora.locator("main")).to_contain_text("No program can act in your name.")
