"""A number is read "(310) 555-0123" wherever it stands; a link calls +13105550123."""

import logging
import re

import pytest
import time_machine
from django.test import TestCase

from accounts.phone import grouped
from tests.house.canaries import MOMENT, made
from tests.house.test_routes import ROUTES, Site, address, row_of
from tests.web.patient import text_of
from tests.world import NOW

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


class OnEveryPage(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        with time_machine.travel(NOW, tick=False):
            cls.world, cls.known, _ = made()
            cls.world.clinic.phone = "310.555.0100"
            cls.world.clinic.save()

    def test_read_typed_and_called(self) -> None:
        """As the patient, the therapist, the front desk and the clinic's admin see them."""
        self.addCleanup(logging.disable, logging.NOTSET)
        logging.disable(logging.CRITICAL)
        read: set[str] = set()
        with time_machine.travel(MOMENT, tick=False):
            site = Site(self.world)
            for letter in "ptdc":
                for route in ROUTES:
                    row = row_of(route)
                    if row is None or row.below or route.startswith("api/"):
                        continue
                    if "200" not in row.expected("GET").get(letter, ""):
                        continue
                    answer = site.ask(letter, "GET", address(route, row, self.known))
                    text, page = text_of(answer), answer.content.decode()
                    assert not re.search(r"\+1\d{10}|310\.555", text), (letter, route)
                    assert not TYPED.search(page), (letter, route)
                    called = [one for one in CALLS.findall(page) if one != "988"]
                    assert all(re.fullmatch(r"\+1\d{10}", one) for one in called), (letter, route)
                    read |= set(re.findall(r"\(310\) 555-\d{4}", page))
        assert {"(310) 555-0100", "(310) 555-0771"} <= read
