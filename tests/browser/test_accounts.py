"""Coming in and saying who one is, in a real browser."""

from __future__ import annotations

import pytest
from django.core import mail
from playwright.sync_api import expect

from accounts.models import Patient
from tests import world
from tests.doors import code_mailed_to

NEW = "ines@example.org"


@pytest.fixture
def harbor():
    return world.clinic()


@pytest.mark.parametrize(("width", "javascript"), [(320, False), (1280, True)])
def test_a_newcomer_comes_in(harbor, new_page, sound, width, javascript):
    """From the door to the account, without a script as well as with one."""
    page = new_page(width=width, javascript=javascript)
    judge = sound if javascript else lambda page: None

    page.goto("/c/harbor/sign-in/?next=/c/harbor/who/")
    page.get_by_label("Your e-mail").fill(NEW)
    page.get_by_role("button", name="Send me a code").click()
    page.wait_for_url("**/accounts/login/code/confirm/**")
    judge(page)
    page.locator("input[name=code]").fill(code_mailed_to(NEW))
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/who/new/**")
    judge(page)
    page.get_by_label("First name").fill("Ines")
    page.get_by_label("Last name").fill("Marsh")
    page.get_by_label("Date of birth").fill("1988-02-29")
    page.get_by_label("Telephone").fill("310 555 0188")
    page.get_by_label("State where").select_option("CA")
    if not javascript:
        page.get_by_label("Time zone").select_option("America/Los_Angeles")
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(lambda url: "/who/new/" not in url)
    made = Patient.objects.get()
    assert (made.name, made.time_zone) == ("Ines Marsh", "America/Los_Angeles")

    page.goto("/account/")
    judge(page)
    expect(page.get_by_role("heading", name="Passkeys")).to_be_visible()
    assert len(mail.outbox) == 1


def test_a_wrong_reference_loses_nothing(harbor, new_page, axe, client):
    """The summary takes the focus; what was typed is still there."""
    page = new_page(width=320)
    page.goto("/c/harbor/sign-in/?next=/c/harbor/who/known/")
    page.get_by_label("Your e-mail").fill(NEW)
    page.get_by_role("button", name="Send me a code").click()
    page.wait_for_url("**/accounts/login/code/confirm/**")
    page.locator("input[name=code]").fill(code_mailed_to(NEW))
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/who/known/**")
    page.get_by_label("Date of birth").fill("1988-02-29")
    page.get_by_label("Reference").fill("AAAAAAAA")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("alert").wait_for()
    axe(page)
    expect(page.get_by_label("Reference")).to_have_value("AAAAAAAA")
    expect(page.get_by_label("Date of birth")).to_have_value("1988-02-29")
