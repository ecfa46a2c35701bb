"""One of the processes of tests/ways_in/test_races.py: `race.py <part> <t0> <file>`.

All parts act on the same booking at the same moment, one booking after another.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import django

STEP = 0.12  # seconds between two bookings


def main(part: str, begin: str, file: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
    django.setup()
    from tests.ways_in import race_parts

    if part == "set_up":
        Path(file).write_text(json.dumps(race_parts.set_up()))
        return
    story = json.loads(Path(file).read_text())
    act = race_parts.PARTS[part](story)
    seen: dict[str, int] = {}
    for n, booking in enumerate(story["bookings"]):
        while time.time() < float(begin) + n * STEP:
            time.sleep(0.0005)
        answer = act(booking)
        seen[answer] = seen.get(answer, 0) + 1
    print(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
