"""The pages of last resort, as a person meets them."""

from __future__ import annotations


def test_a_page_that_is_not_there_can_be_read(page, sound):
    """WCAG 2.2 AA; nothing scrolls sideways at 320 px; a way back."""
    answer = page.goto("/nothing/here/")
    assert answer and answer.status == 404
    assert page.get_by_role("heading", level=1).inner_text()
    assert page.get_by_role("link").first.is_visible()
    sound(page)


def test_it_needs_no_javascript(new_page):
    page = new_page(javascript=False)
    page.goto("/nothing/here/")
    assert page.get_by_role("heading", level=1).is_visible()
