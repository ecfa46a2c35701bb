"""AC4: each role receives its allow-listed fields and no others, at every address of the site."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client, TestCase

from tests.house.canaries import MOMENT, made
from tests.house.fields_by_role import API, AUDITED, DOOR, FIELDS, FOUND
from tests.house.routes import ROLES
from tests.house.test_routes import Site, row_of
from tests.house.walked import text, walked
from tests.world import NOW


def read(response: HttpResponse) -> str:
    return text(response) + str(sorted(response.items()))


def keys(told: Any, above: str = "") -> Iterator[str]:
    """Every key of an answer, with those above it: "results.patient.name"."""
    if isinstance(told, dict):
        for name, value in told.items():
            yield f"{above}{name}"
            yield from keys(value, f"{above}{name}.")
    elif isinstance(told, list):
        for one in told:
            yield from keys(one, above)


@pytest.mark.django_db
def test_what_each_role_reads():
    """AC4: exactly the list, in any page or answer. Nobody is told the address or the secrets of a
    room, or another patient's field; anonymous people are told what is open to all."""
    told: dict[str, dict[str, str]] = {letter: {} for letter in ROLES}
    for page in walked().pages:
        for name in walked().seen.told(page.body + str(page.headers)):
            told[page.letter].setdefault(name, page.route)
    more = {one: {name: told[one][name] for name in told[one].keys() - FIELDS[one]} for one in told}
    less = {one: FIELDS[one] - told[one].keys() for one in told}
    assert not any(more.values()), f"told more: {more}"
    assert not any(less.values()), f"not told: {less}"


@pytest.mark.django_db
def test_keys_of_the_api():
    """AC4: recursively, by route and role."""
    api = "api/v1/clinics/<slug:slug>/"
    asked = [page for page in walked().pages if page.route.startswith(api)]
    for page in asked:
        name = page.route.removeprefix(api)
        more = set(keys(json.loads(page.body))) - API[name](page.letter)
        assert not more, f"{page.letter} {name}: {more}"
    assert {page.route.removeprefix(api) for page in asked} == API.keys()


def test_the_list_keeps_the_promises():
    """AC4: whatever the pages do, these may never be allowed."""
    for letter, fields in FIELDS.items():
        rooms = {name for name in fields if ".room." in name or name.endswith("secret")}
        tokens = {name for name in fields if name.endswith((".token", ".ref", ".message"))}
        assert not rooms
        assert tokens <= {
            "p": {"nora.patient_link.token"},
            "q": {"omar.patient_link.token"},
        }.get(letter, set())
    assert not [name for letter in "asco" for name in FIELDS[letter] if "patient." in name]
    assert not [name for name in FIELDS["d"] if ".check_in." in name or "emergency_c" in name]
    for one, other in (("p", "omar"), ("t", "omar"), ("q", "nora"), ("u", "nora")):
        assert not [name for name in FIELDS[one] if name.startswith(other)]


class Asked(TestCase):
    """What is told to those who ask by a form, or come by a link."""

    @classmethod
    def setUpTestData(cls) -> None:
        with time_machine.travel(NOW, tick=False):
            cls.world, cls.known, cls.seen = made()
        with time_machine.travel(MOMENT, tick=False):
            cls.site = Site(cls.world)

    def setUp(self) -> None:
        travel = time_machine.travel(MOMENT, tick=False)
        travel.start()
        self.addCleanup(travel.stop)
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def test_what_the_desk_finds(self) -> None:
        """AC4: a search shows who it is, and no more."""
        path = f"/c/{self.world.clinic.slug}/desk/patients/"
        row = row_of("c/<slug:slug>/desk/patients/")
        answer = self.site.ask("d", "POST", path, replace(row, data={"text": "zq-nora"}))
        assert answer.status_code == 200
        assert self.seen.told(read(answer)) == FOUND

    def test_the_privacy_officer_reads_a_record_by_reference(self) -> None:
        """AC4: who did what to whom, without a name of the patient's."""
        self.site.ask("d", "GET", f"/c/harbor/desk/patients/{self.world.nora.uuid}/")
        path = f"/c/{self.world.clinic.slug}/office/audit/"
        row = row_of("c/<slug:slug>/office/audit/")
        said = {"reference": self.world.nora.reference, "first": "", "last": ""}
        answer = self.site.ask("o", "POST", path, replace(row, data=said))
        assert answer.status_code == 200
        assert self.seen.told(read(answer)) == AUDITED

    def test_at_the_door(self) -> None:
        """AC4, TK1: a link names nobody; one who is known by the birth date is told what they need;
        the room's address stands in the forward alone."""
        door = Client()
        door.get(f"/j/{self.known['join_token']}/")
        asked = door.get("/join/")
        assert self.seen.told(read(asked)) == DOOR["asked"]
        assert door.post("/join/identify/", {"birth_date": "1971-02-03"}).status_code == 303
        shown = read(door.get("/join/")) + read(door.get("/join/state/"))
        assert self.seen.told(shown) == DOOR["known"]
        going = door.post("/join/enter/")
        rooms = {name for name in self.seen.told(read(going)) if ".room." in name}
        assert rooms == {"nora.room.join_url"} and going.status_code in (302, 303)
