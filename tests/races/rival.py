"""One rival for the same slots: every full hour of Alma's day, and a quarter of an hour later, for
a patient of its own."""

from __future__ import annotations

from scheduling.actions.book import book
from scheduling.errors import Refusal
from tests.races.racer import DAY, Racer
from tests.world import LA, NOW, at


def race(number: int) -> list[int]:
    """The starts that it got."""
    racer, won = Racer(number), []
    for hour in range(9, 17):
        for late in (0, 15):
            try:
                made = book(
                    service=racer.service.uuid,
                    therapist=racer.therapists[0].uuid,
                    start=at(DAY, hour, late),
                    medium="video",
                    place="CA",
                    zone=LA,
                    patient=racer.patients[number].pk,
                    actor=racer.desk,
                    now=NOW,
                )
            except Refusal:
                continue
            won.append(made.start)
    return won
