"""Filling a room against cancelling, moving and filling it (video.md 2.8.4), by real processes.

Whoever comes first: no address outlives a cancellation or a move, and no message counts twice.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.databases import PATIENCE, Database, fresh_database
from tests.ways_in.race_parts import ROUNDS

pytestmark = pytest.mark.django_db
RACE = ("-m", "tests.ways_in.race")


@pytest.fixture
def database(tmp_path):
    with fresh_database(tmp_path) as made:
        yield made


def race(database: Database, folder: Path, *parts: str) -> tuple[list[Counter[str]], dict]:
    """What each part was answered, and how the rooms stand afterwards. Booking by booking, all
    parts are told at once and wait for one another."""
    file = folder / "story.json"
    database.run(*RACE, "set_up", str(file))
    running = [database.start(*RACE, part, str(file)) for part in parts]
    seen: list[Counter[str]] = [Counter() for _ in parts]
    for booking in json.loads(file.read_text())["bookings"]:
        for process in running:
            process.stdin.write(f"{booking}\n")
            process.stdin.flush()
        for process, answers in zip(running, seen, strict=True):
            answers[process.stdout.readline().strip()] += 1
    for process in running:
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err[-3000:]
    return seen, json.loads(database.run(*RACE, "rooms", str(file)))


def test_fill_against_cancel(database, tmp_path):
    (filled, cancelled), after = race(database, tmp_path, "fill", "cancel")
    assert cancelled == {"done": ROUNDS}
    assert set(filled) <= {"accepted", "cancelled"}
    assert after["rooms"] == [["revoked", 1, ""]] * ROUNDS


def test_fill_against_move(database, tmp_path):
    """The old generation is ignored, or was wiped."""
    (filled, moved), after = race(database, tmp_path, "fill", "move")
    assert moved == {"done": ROUNDS}
    assert set(filled) <= {"accepted", "stale_generation"}
    assert after["rooms"] == [["pending", 2, ""]] * ROUNDS


def test_the_same_message_twice_and_another(database, tmp_path):
    (one, again, other), after = race(database, tmp_path, "fill", "fill_again", "fill_other")
    accepted = one["accepted"] + again["accepted"]
    duplicates = one["duplicate"] + again["duplicate"]
    assert (accepted, duplicates) == (ROUNDS, ROUNDS)
    assert other == {"accepted": ROUNDS}
    assert (after["receipts"], after["filled"]) == (2 * ROUNDS, 2 * ROUNDS)
    assert {state for state, _, _ in after["rooms"]} == {"ready"}
