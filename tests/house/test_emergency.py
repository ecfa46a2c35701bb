"""The clinic's emergency text stands, once, on every page that offers or opens a session."""

from __future__ import annotations

import logging
from datetime import timedelta

import time_machine
from django.test import Client, TestCase

from scheduling.models import Booking
from tests.house.routes import things
from tests.house.test_routes import Site, address, routes_in
from tests.web.patient import HOME, filters, held, take, text_of
from tests.world import NOW, at, build

WORDS = "Call 911, or walk to the harbor master."
PATIENTS_PAGES = ("booking", "join")
OFFERED_TO_STAFF = ("c/<slug:slug>/sessions/<uuid:session>/",)


class TestEmergency(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        with time_machine.travel(NOW, tick=False):
            cls.world = build()
            cls.world.clinic.emergency_text = WORDS
            cls.world.clinic.save()
            cls.known = things(cls.world)

    def setUp(self) -> None:
        travel = time_machine.travel(NOW, tick=False)
        travel.start()
        self.addCleanup(travel.stop)
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def once(self, page, where: str) -> None:
        assert page["Content-Type"].startswith("text/html"), where
        assert text_of(page).count(WORDS) == 1, (where, page.status_code, text_of(page))

    def test_every_page_of_patients(self) -> None:
        """And the therapist's page of a session, where the way in is."""
        site, tried = Site(self.world), 0
        for section in (*PATIENTS_PAGES, "therapist"):
            for route, row in routes_in(section):
                if section == "therapist" and route not in OFFERED_TO_STAFF:
                    continue
                who = "t" if section == "therapist" else "p"
                page = site.ask(who, "GET", address(route, row, self.known), row)
                if page.status_code == 200 and page["Content-Type"].startswith("text/html"):
                    self.once(page, route)
                    tried += 1
        assert tried > 8, tried

    def test_while_a_time_is_kept_lost_or_moved(self) -> None:
        nora, start = Client(), at("2027-03-05", 10)
        nora.force_login(self.world.nora.user)
        stranger = Client()
        kept = held(stranger, start, therapist=self.world.alma.uuid)
        self.once(stranger.get(kept), "kept")
        self.once(take(nora, start, therapist=self.world.alma.uuid), "gone")
        check = held(nora, start, therapist=self.world.ben.uuid)
        self.once(nora.get(check), "check")
        self.once(nora.get(HOME, filters(place="TX")), "nobody")
        self.once(nora.get(HOME, filters(zone="Mars/Base")), "wrong")

    def test_on_the_way_in(self) -> None:
        """Before it opens, asked who one is, checking in, and at the end."""
        booking = Booking.objects.get(uuid=self.known["booking"])
        for minutes in (-60, -5, 20, 55):
            with time_machine.travel(booking.starts_at + timedelta(minutes=minutes), tick=False):
                client = Client()
                page = client.get(f"/j/{self.known['join_token']}/", follow=True)
                self.once(page, f"{minutes} minutes after the start")
                client.force_login(self.world.nora.user)
                self.once(client.get("/join/"), f"{minutes} minutes after the start, known")
