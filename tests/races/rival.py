"""One rival for the same slots: python -m tests.races.rival NUMBER

Tries every full hour of Alma's day, and a quarter of an hour later, each rival for a patient of
its own. Prints the starts that it got.
"""

from __future__ import annotations

import json
import sys

from tests.races.racer import DAY, Racer
from tests.world import LA, NOW, at

from scheduling.actions.book import book  # isort: skip
from scheduling.errors import Refusal  # isort: skip

if __name__ == "__main__":
    number = int(sys.argv[1])
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
    sys.stdout.write(json.dumps({str(start): 1 for start in won}))
