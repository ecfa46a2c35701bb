"""One of the processes of tests/ways_in/test_races.py: PART FILE.

Acts once for each booking whose id comes in, and says how it was answered: who writes the same id
to several of them at once has them act on the same booking at the same moment.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import django


def main(part: str, file: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
    django.setup()
    from tests.ways_in import race_parts

    if part == "set_up":
        Path(file).write_text(json.dumps(race_parts.set_up()))
        return
    if part == "rooms":
        print(json.dumps(race_parts.rooms()))
        return
    act = race_parts.PARTS[part](json.loads(Path(file).read_text()))
    for line in sys.stdin:
        print(act(line.strip()), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
