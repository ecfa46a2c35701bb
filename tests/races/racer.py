"""One process of the race.

Wildly books, moves and cancels for a few patients with four therapists on one day, at overlapping
times, among holds that are let go or expire. Any exception that is not a refusal ends it.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

from accounts.actor import Actor
from accounts.models import Clinic, Membership, Patient, Role, Therapist
from accounts.policy import actor_for
from scheduling.actions.book import book, confirm
from scheduling.actions.cancel import cancel
from scheduling.actions.hold import hold, let_go
from scheduling.actions.reschedule import reschedule
from scheduling.errors import Refusal
from scheduling.models import Booking, Service
from tests.world import LA, NOW, at

DAY = "2027-03-02"


class Racer:
    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.name = f"racer-{seed}"
        self.clinic = Clinic.objects.get()
        desk = Membership.objects.select_related("user").get(role=Role.DESK.value)
        self.desk = actor_for(desk.user, self.clinic, today=NOW.date())
        self.visitor = Actor.anonymous(self.clinic)
        self.therapists = list(Therapist.objects.order_by("pk"))
        self.patients = list(Patient.objects.order_by("pk"))
        self.service = Service.objects.get()
        self.kept: dict = {}  # the hold that this racer has, if any

    def words(self) -> dict:
        """A time of the day, every quarter of an hour, so that most overlap others."""
        return {
            "service": self.service.uuid,
            "therapist": self.dice.choice(self.therapists).uuid,
            "start": at(DAY, 9) + 15 * self.dice.randrange(0, 28),
            "medium": "video",
            "place": "CA",
            "zone": LA,
        }

    def patient(self) -> Patient:
        return self.dice.choice(self.patients)

    def one(self) -> str:
        kinds = ["book", "hold", "let_go", "expire", "move", "cancel"]
        kind = self.dice.choices(kinds, [5, 2, 3, 1, 2, 3])[0]
        try:
            getattr(self, kind)()
        except Refusal as refusal:
            return f"{kind} {refusal.code}"
        return f"{kind} ok"

    def book(self) -> None:
        book(**self.words(), patient=self.patient().pk, actor=self.desk, now=NOW)

    def hold(self) -> None:
        """One at a time: holds for nobody must not fill the day and end the race."""
        if not self.kept:
            secret = self.secret()
            held = hold(**self.words(), secret=secret, actor=self.visitor, now=NOW)
            self.kept = {"hold": held.uuid, "secret": secret}

    def let_go(self) -> None:
        if self.kept:
            let_go(**self.kept, actor=self.visitor, now=NOW)
            self.kept = {}

    def secret(self) -> str:
        return f"{self.name}-{self.dice.random()}"

    def expire(self) -> None:
        """Hold in the past, so that the hold has run out for everybody who comes now."""
        earlier = NOW - timedelta(minutes=30)
        secret = self.secret()
        held = hold(**self.words(), secret=secret, actor=self.visitor, now=earlier)
        who = self.patient()
        actor = actor_for(who.user, self.clinic, today=NOW.date())
        if self.dice.random() < 0.5:
            confirm(hold=held.uuid, secret=secret, patient=who.pk, actor=actor, now=earlier)

    def move(self) -> None:
        if booking := self.any_booking():
            words = self.words()
            reschedule(
                booking=booking, start=words["start"], therapist=words["therapist"],
                reason="clinic", actor=self.desk, now=NOW,
            )  # fmt: skip

    def cancel(self) -> None:
        if booking := self.any_booking():
            cancel(booking=booking, reason="patient", actor=self.desk, now=NOW)

    def any_booking(self):
        uuids = list(Booking.objects.filter(state="booked").values_list("uuid", flat=True))
        return self.dice.choice(uuids) if uuids else None


def race(seed: int, attempts: int) -> Counter[str]:
    """How often what happened."""
    racer = Racer(seed)
    return Counter(racer.one() for _ in range(attempts))
