"""The parts that pages are built from (docs/pages.md), and what app.js adds to them."""

from __future__ import annotations

import re

import pytest


@pytest.fixture(autouse=True)
def routes(settings):
    settings.ROOT_URLCONF = "tests.browser.parts"


@pytest.mark.parametrize("frame", ["patients", "staff"])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_part_is_readable(new_page, axe, frame: str, width: int, dark: bool):
    """WCAG 2.2 AA in both frames; nothing scrolls sideways at 320 px."""
    page = new_page(width=width, dark=dark)
    page.goto(f"/{frame}/")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(page)


def test_a_free_time_says_its_whole_date_and_answers_to_arrows(page):
    page.goto("/patients/")
    chosen = page.get_by_role("radio", name="Tuesday, December 1, 2:00 PM PST").first
    assert chosen.is_checked()
    chosen.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("input[name=slot]:checked").get_attribute("value") == "3"


def test_what_can_be_pressed_is_44_pixels_high(new_page):
    page = new_page(width=320)
    page.goto("/patients/")
    for box in page.locator(".button, .slot, select, summary, .site-nav a").all():
        assert box.bounding_box()["height"] >= 44, box.evaluate("e => e.outerHTML")


def test_the_error_summary_takes_the_focus_and_leads_to_the_field(page):
    page.goto("/patients/")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    page.get_by_role("link", name=re.compile("Your name")).click()
    assert page.evaluate("document.activeElement.id") == "id_name"
    page.get_by_role("link", name=re.compile("Reminder")).click()
    assert page.evaluate("document.activeElement.id") == "id_remind_0"
    described = page.locator("#id_name").get_attribute("aria-describedby")
    assert "This field is required." in page.locator(f"#{described}").inner_text()


def test_the_countdown_runs_warns_and_ends(page):
    page.goto("/patients/")
    assert re.search(r"2:45 PM PST \(9:\d\d left\)", page.locator(".countdown").inner_text())
    page.goto("/patients/?left=90")
    assert "Two minutes" in page.locator("#announce").inner_text()
    page.goto("/patients/?left=-1")
    assert "no longer kept" in page.locator(".countdown").inner_text()
    assert "no longer kept" in page.locator("#announce").inner_text()


def test_the_countdown_does_not_trust_the_clock_of_the_browser(page):
    page.clock.set_fixed_time("2031-01-01T00:00:00Z")
    page.goto("/patients/")
    assert re.search(r"\(9:\d\d left\)", page.locator(".countdown").inner_text())


def test_without_a_script_the_clock_time_stays(new_page):
    page = new_page(javascript=False)
    page.goto("/patients/")
    assert "until 2:45 PM PST" in page.locator(".countdown").inner_text()
    assert page.get_by_label("Time zone").input_value() == "America/New_York"


def test_the_zone_is_guessed_from_the_browser(page):
    page.goto("/patients/")
    assert page.get_by_label("Time zone").input_value() == "America/Los_Angeles"
    assert "Los Angeles" in page.get_by_label("Time zone").inner_text()


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
    page.goto("/patients/")
    page.get_by_text("The room is ready").wait_for(timeout=8_000)
    assert page.evaluate("document.activeElement.className") == "error-summary"  # not disturbed


def test_after_a_swap_the_focus_is_on_the_new_heading(page):
    """A refusal (422) is shown too; no copy of the page is kept in the browser."""
    page.goto("/patients/")
    page.get_by_role("link", name="Later days").click()
    page.get_by_role("heading", name="Thursday, December 3").wait_for()
    page.wait_for_function("document.activeElement.tagName === 'H2'")
    assert page.evaluate("document.activeElement.textContent") == "Thursday, December 3"
    assert page.evaluate("Object.keys(localStorage).concat(Object.keys(sessionStorage))") == []


def test_a_passkey_that_fails_is_told(page):
    page.goto("/patients/")
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('allauth.error', {cancelable: true, detail: {}}))"
    )
    assert "passkey did not work" in page.locator("#messages").inner_text()
