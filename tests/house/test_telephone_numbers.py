"""A number is read "(310) 555-0123" wherever it stands; a link calls +13105550123."""

import re

import pytest
from django.http import HttpResponse

from accounts.phone import grouped
from tests.house.walked import walked
from tests.web.patient import text_of

SHOWN = "(310) 555-0123"
TYPED = re.compile(r'value="(\+1\d{10})"')
CALLS = re.compile(r'href="tel:([^"]*)"')


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("+13105550123", SHOWN),
        ("310-555-0123", SHOWN),
        ("1 310 555 0123", SHOWN),
        ("(310) 555-0123 ext. 2", "(310) 555-0123 ext. 2"),
        ("+442079460000", "+442079460000"),
        ("555-0100", "555-0100"),
        ("", ""),
    ],
)
def test_as_people_write_it(kept, shown):
    assert grouped(kept) == shown


@pytest.mark.django_db
def test_read_typed_and_called():
    """As the patient, the therapist, the front desk and the clinic's admin see them."""
    read: set[str] = set()
    for page in walked().pages:
        if page.letter not in "ptdc" or not page.is_of("text/html"):
            continue
        where, text = (page.letter, page.route), text_of(HttpResponse(page.body))
        assert not re.search(r"\+1\d{10}|310\.555", text), where
        assert not TYPED.search(page.body), where
        called = [one for one in CALLS.findall(page.body) if one != "988"]
        assert all(re.fullmatch(r"\+1\d{10}", one) for one in called), where
        read |= set(re.findall(r"\(310\) 555-\d{4}", page.body))
    assert {"(310) 555-0100", "(310) 555-0771"} <= read
