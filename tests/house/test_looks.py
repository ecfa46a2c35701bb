"""LG1: whoever asks for something of a patient's leaves a record, whatever the answer was.

Walks the table of `tests/house/routes.py`: every route whose object is Nora's, by those who may see
it and by those who may not; and every page and list of patient, therapist and desk, on which
whoever's name stands must be named in the record.
"""

from __future__ import annotations

import logging

import time_machine
from django.http import HttpResponse
from django.test import TestCase

from accounts.models import AuditRow
from tests.house.routes import SECTIONS, Row, things
from tests.house.test_routes import Site, address, routes_in
from tests.world import NOW, build

HERS = ("booking", "session", "patient", "enrollment", "join_token", "action_token")
SHE = "Quetzalli"  # stands on no page but for Nora
NO_LOOK = (405, 422)  # no such method; a form that lacked what it asks for


class Watched(Site):
    """Keeps the records of the last request."""

    rows: list[AuditRow]

    def look(self, response: HttpResponse) -> None:
        self.rows = list(AuditRow.objects.filter(pk__gt=self.newest))

    def begin(self) -> None:
        self.newest = max(AuditRow.objects.values_list("pk", flat=True), default=0)


class TestLooks(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        with time_machine.travel(NOW, tick=False):
            world = build()
            world.nora.last_name = world.nora.called = SHE
            world.nora.save()
            cls.known = things(world)
            cls.nora = str(world.nora.pk)
            cls.site = Watched(world)

    def setUp(self) -> None:
        travel = time_machine.travel(NOW, tick=False)
        travel.start()
        self.addCleanup(travel.stop)
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        self.site.begin()

    def ask(self, letter: str, method: str, route: str, row: Row) -> HttpResponse:
        return self.site.ask(letter, method, address(route, row, self.known), row)

    def test_what_is_hers_is_never_asked_for_without_a_record(self) -> None:
        """LG1: seen or refused, by her, her therapist, the desk, another therapist, the admin."""
        silent = []
        for section in SECTIONS:
            for route, row in routes_in(section):
                if not any(f":{name}>" in route or name in row.use.values() for name in HERS):
                    continue
                for letter, method in (*((one, "GET") for one in "ptduc"), ("u", "POST")):
                    answer = self.ask(letter, method, route, row)
                    led = answer.status_code == 302 and method == "GET"
                    if not self.site.rows and not led and answer.status_code not in NO_LOOK:
                        silent.append((route, method, letter, answer.status_code))
        assert not silent, silent

    def test_whoever_is_shown_is_named_in_the_record(self) -> None:
        """LG1: on every page and in every list of patients, therapists, desk and programs."""
        unnamed, shown = [], 0
        for section in ("booking", "therapist", "desk", "api"):
            for route, row in routes_in(section):
                for letter, answer in row.expected("GET").items():
                    if letter not in "ptd" or answer != "200":
                        continue
                    page = self.ask(letter, "GET", route, row).content.decode(errors="replace")
                    shown += SHE in page
                    if SHE in page and self.nora not in {r.subject_id for r in self.site.rows}:
                        unnamed.append((route, letter))
        assert not unnamed, unnamed
        assert shown > 15, shown
