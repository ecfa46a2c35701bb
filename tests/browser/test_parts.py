"""The parts that pages are built from (docs/pages.md), and what app.js adds to them."""

from __future__ import annotations

import re
from itertools import product

import pytest
from playwright.sync_api import expect


@pytest.fixture(autouse=True)
def routes(settings):
    settings.ROOT_URLCONF = "tests.browser.parts"


@pytest.mark.parametrize("frame", ["patients", "staff"])
def test_every_part_is_readable(page, sound, frame: str):
    """WCAG 2.2 AA in both frames, light and dark; nothing scrolls sideways at 320 px."""
    page.goto(f"/{frame}/")
    sound(page, product((320, 1280), ("light", "dark")))


def test_a_free_time_says_its_whole_date_and_answers_to_arrows(page):
    page.goto("/patients/")
    chosen = page.get_by_role("radio", name="Tuesday, December 1, 2:00 PM PST").first
    expect(chosen).to_be_checked()
    chosen.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("input[name=slot]:checked")).to_have_value("3")


def test_what_can_be_pressed_is_44_pixels_high(new_page):
    page = new_page(width=320)
    page.goto("/patients/")
    for box in page.locator(".button, .slot, select, summary, .site-nav a").all():
        assert box.bounding_box()["height"] >= 44, box.evaluate("e => e.outerHTML")


def test_the_error_summary_takes_the_focus_and_leads_to_the_field(page):
    page.goto("/patients/")
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_role("link", name=re.compile("Your name")).click()
    expect(page.locator("#id_name")).to_be_focused()
    page.get_by_role("link", name=re.compile("Reminder")).click()
    expect(page.locator("#id_remind_0")).to_be_focused()
    described = page.locator("#id_name").get_attribute("aria-describedby")
    assert "This field is required." in page.locator(f"#{described}").inner_text()


def test_the_countdown_runs_warns_and_ends(page):
    page.goto("/patients/")
    countdown, said = page.locator(".countdown"), page.locator("#announce")
    expect(countdown).to_contain_text(re.compile(r"2:45 PM PST \([89]:\d\d left\)"))
    page.goto("/patients/?left=90")
    expect(said).to_contain_text("Two minutes")
    page.goto("/patients/?left=-1")
    expect(countdown).to_contain_text("no longer kept")
    expect(said).to_contain_text("no longer kept")


def test_the_countdown_does_not_trust_the_clock_of_the_browser(page):
    page.clock.set_fixed_time("2031-01-01T00:00:00Z")
    page.goto("/patients/")
    expect(page.locator(".countdown")).to_contain_text(re.compile(r"\(9:\d\d left\)"))


def test_without_a_script_the_clock_time_stays(new_page):
    page = new_page(javascript=False)
    page.goto("/patients/")
    assert "until 2:45 PM PST" in page.locator(".countdown").inner_text()
    assert page.get_by_label("Time zone").input_value() == "America/New_York"


def test_the_zone_is_guessed_from_the_browser(page):
    page.goto("/patients/")
    expect(page.get_by_label("Time zone")).to_have_value("America/Los_Angeles")
    expect(page.get_by_label("Time zone")).to_contain_text("Los Angeles")


def test_a_form_is_sent_once(page):
    page.goto("/patients/")
    passed = page.evaluate(
        """() => { const form = document.getElementById("wrong"); let passed = 0;
        form.noValidate = true;
        form.addEventListener("submit", (event) => { passed += 1; event.preventDefault(); });
        for (let n = 0; n < 3; n += 1) form.querySelector("button").click();
        return passed; }"""
    )
    assert passed == 1
    assert page.locator("#wrong button[aria-disabled=true]").count() == 1


def test_a_waiting_part_asks_for_itself(page):
    """No copy of what it shows is kept in the browser."""
    page.goto("/patients/")
    page.get_by_text("The room is ready").wait_for()
    assert page.evaluate("Object.keys(localStorage).concat(Object.keys(sessionStorage))") == []
    expect(page.locator(".error-summary")).to_be_focused()  # not disturbed


def test_a_passkey_that_fails_is_told(page):
    page.goto("/patients/")
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('allauth.error', {cancelable: true, detail: {}}))"
    )
    expect(page.locator("#messages")).to_contain_text("passkey did not work")
