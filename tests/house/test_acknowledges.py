"""P23, AC11, GR1: nothing acknowledges that somebody else is a patient, or comes to a session.

For groups and their waiting lists the same is told in `test_group_is_invisible.py`.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import time_machine
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, TestCase

from accounts.actor import Actor
from scheduling.actions.hold import hold
from tests.api.caller import hold_body, token
from tests.doors import sign_in
from tests.house.routes import things
from tests.house.test_routes import ROUTES, Site, address, row_of, seen
from tests.web.patient import filters
from tests.web.therapist import booked
from tests.world import LA, NOW, World, at, build, patient

TIME = at("2027-03-05", 13)  # Friday; Nora's own are on Wednesday
NAMES = ("patient", "ex-patient", "no patient", "nobody")
SEARCHES = {"c/<slug:slug>/", "api/v1/clinics/<slug:slug>/slots/"}


class Silent(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        with time_machine.travel(NOW, tick=False):
            cls.world = build()
            cls.known = things(cls.world)
            cls.gone = patient(cls.world.clinic, "Gwen", active=False)
            cls.site = Site(cls.world)

    def setUp(self) -> None:
        travel = time_machine.travel(NOW, tick=False)
        travel.start()
        self.addCleanup(travel.stop)
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def people(self) -> dict[str, tuple[str, str, str]]:
        """Address, reference and uuid of somebody of each kind."""
        omar, gone = self.world.omar, self.gone
        return {
            "patient": (omar.email, omar.reference, str(omar.uuid)),
            "ex-patient": (gone.email, gone.reference, str(gone.uuid)),
            "no patient": ("mallory@example.org", "AAAAAAAA", str(self.known["hold"])),
            "nobody": ("nobody@example.org", "CCCCCCCC", "4f2b3c7e-0f0e-4b52-9d0f-3f0e4b529d0f"),
        }

    def answers(self, ask: Any) -> set[Any]:
        """How many different answers there are, what was typed apart."""
        found = set()
        for person in NAMES:
            said = self.people()[person]
            with transaction.atomic():
                response = ask(*said)
                transaction.set_rollback(True)
            status, body, headers, cookies = seen(response)
            text = body.decode() + str(headers)
            for typed in said:
                text = text.replace(typed, "*")
            found.add((status, re.sub(r"csrftoken=\w+|sessionid=\w+", "", text), tuple(cookies)))
        return found

    def test_doors_and_lookups(self) -> None:
        """P23, AU9: one answer for a patient, a former one, somebody who is none, and nobody."""
        home, api = "/c/harbor/", "/api/v1/clinics/harbor/"
        alma, ada = (sign_in(Client(), who) for who in (self.world.alma.user, self.world.ada))
        known = {"birth_date": "1950-01-01"}
        key = {"HTTP_AUTHORIZATION": f"Bearer {token(self.world.ben.user, self.world.clinic)}"}
        body = hold_body(self.world, "2027-03-05T13:00-08:00")
        surfaces = {
            "sign in": lambda e, r, u: Client().post(f"{home}sign-in/", {"email": e}),
            "reset": lambda e, r, u: Client().post("/accounts/password/reset/", {"email": e}),
            "password": lambda e, r, u: Client().post(
                "/accounts/login/", {"login": e, "password": "wrong"}
            ),
            "desk search": lambda e, r, u: alma.post(f"{home}desk/patients/", {"text": e}),
            "desk search, admin": lambda e, r, u: ada.post(f"{home}desk/patients/", {"text": e}),
            "desk page": lambda e, r, u: alma.get(f"{home}desk/patients/{u}/"),
            "desk booking": lambda e, r, u: ada.get(f"{home}desk/patients/{u}/book/"),
            "who known": lambda e, r, u: self.stranger().post(
                f"{home}who/known/", known | {"reference": r}
            ),
            "audit": lambda e, r, u: alma.post(f"{home}office/audit/", {"reference": r}),
            "book for": lambda e, r, u: Client().post(
                f"{api}bookings/", body | {"patient": r}, content_type="application/json", **key
            ),
        }
        for name, ask in surfaces.items():
            with self.subTest(name):
                found = self.answers(ask)
                assert len(found) == 1, f"{name}: {found}"

    def stranger(self) -> Client:
        return sign_in(Client(), self.world.mallory, mfa=False)

    def test_who_took_a_time_shows_nowhere(self) -> None:
        """AC11, GR1: all that Nora can see, and is answered when she asks for the same time, is the
        same whether Omar booked it, somebody keeps it, or a third patient comes. Of pages that
        search for times apart, it is what it was before."""
        before = self.observed()
        ways = {name: self.observed(take) for name, take in TAKEN.items()}
        first = next(iter(ways.values()))
        for name, observed in ways.items():
            for what, told in observed.items():
                assert told == first[what], f"{name}: {what}"
                if what.partition(" ")[2] not in SEARCHES and not what.startswith("asks"):
                    assert told == before[what], f"{name}: {what} is not as before"

    def observed(self, take: Any = None) -> dict[str, Any]:
        """By GET at every address, and by asking for the time itself, as page and as API."""
        with transaction.atomic():
            if take:
                take(self.world)
            found = {f"GET {route}": self.page(route) for route in ROUTES if self.mine(route)}
            client = sign_in(Client(), self.world.nora.user, mfa=False)
            said = filters(therapist=self.world.alma.uuid) | {"start": TIME}
            body = hold_body(self.world, "2027-03-05T13:00-08:00")
            if take:
                found["asks the page"] = same(client.post("/c/harbor/hold/", said))
                answer = client.post(
                    "/api/v1/clinics/harbor/holds/", body, content_type="application/json"
                )
                found["asks the API"] = same(answer)
            transaction.set_rollback(True)
        return found

    def mine(self, route: str) -> bool:
        """Of a clinic: the pages about the account and the schema know of no session."""
        row = row_of(route)
        return bool(row and "<slug:slug>" in route and "200" in row.expected("GET").get("p", ""))

    def page(self, route: str) -> Any:
        path = address(route, row_of(route), self.known)
        if route in SEARCHES:
            path += f"?service=cbt-50&place=CA&medium=video&zone={LA}&day=2027-03-05"
        return same(self.site.ask("p", "GET", path))


def same(response: HttpResponse) -> Any:
    """What differs from call to call is left out: tokens of forms, stamps of calendars."""
    status, body, headers, cookies = seen(response)
    text = re.sub(r"\b[A-Za-z0-9]{64}\b|\b[0-9a-f]{16}\b", "", body.decode())
    return status, text, str(headers), str(cookies)


def omar_books(world: World) -> None:
    booked(world, TIME, world.omar)


def somebody_keeps_it(world: World) -> None:
    hold(
        service=world.cbt.uuid,
        therapist=world.alma.uuid,
        start=TIME,
        medium="video",
        place="CA",
        zone=LA,
        secret="t" * 43,
        actor=Actor.anonymous(world.clinic),
        now=NOW,
    )


def a_third_comes(world: World) -> None:
    booked(world, TIME, patient(world.clinic, "Theo", user=None), medium="telephone")


TAKEN = {"omar": omar_books, "a hold": somebody_keeps_it, "a third": a_third_comes}
