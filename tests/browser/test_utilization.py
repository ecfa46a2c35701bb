"""The report on paper: every number that a chart stands for, and what it is about."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.web.desk import OFFICE
from tests.world import build

pytestmark = pytest.mark.usefixtures("clock")


def test_what_is_folded_on_the_screen_is_open_on_paper(new_page, sign_in_page):
    world = build()
    page = sign_in_page(new_page(), world.ada)
    page.goto(f"{OFFICE}utilization/?period=4weeks&from=2027-02-01&therapist={world.alma.uuid}")
    about = page.get_by_text("Therapist: Alma")
    hours = page.get_by_text("Booked of offered, in hours and minutes")
    charts = page.get_by_role("img", include_hidden=False)
    filters, fold = page.locator("form.filters"), page.get_by_text("The same as numbers")
    expect(hours).to_be_hidden()
    expect(filters).to_be_visible()
    expect(charts).to_have_count(2)  # each has its table
    page.emulate_media(media="print")
    for seen in (about, hours, page.locator("#steps-head ~ .table-scroll table")):
        expect(seen).to_be_visible()
    for hidden in (filters, fold, page.get_by_role("navigation", name="Periods")):
        expect(hidden).to_be_hidden()
