"""A race: one process loads everything, forks one that fills the database, then all the racers at
once, then one that looks at what came of it.

A part is a module of this folder, one of its functions, and what that is given; what it answers
is told as JSON. Tests call `raced`; the process is python -m tests.races.at_once PARTS.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import Any

import django

from tests.databases import PATIENCE, Database

Part = Sequence[Any]


def raced(database: Database, *, fill: Part, racers: Sequence[Part], found: Part) -> list[Any]:
    """What each racer said, and what `found` found. If any raises, this fails."""
    settings = {"DJANGO_SETTINGS_MODULE": "telehealth.settings"}
    parts = json.dumps([[fill], racers, [found]])
    _, said, (after,) = json.loads(database.run("-m", "tests.races.at_once", parts, **settings))
    return [said, after]


def at_once(parts: Sequence[Part]) -> list[Any]:
    """Each in a process of its own; they begin together."""
    fork = multiprocessing.get_context("fork")
    together = fork.Barrier(len(parts))
    ends = [fork.Pipe(duplex=False) for _ in parts]
    running = [
        fork.Process(target=run, args=(loaded(*part), together, writing))
        for part, (_, writing) in zip(parts, ends, strict=True)
    ]
    for process in running:
        process.start()
    for _, writing in ends:
        writing.close()
    said = [reading.recv() for reading, _ in ends]
    for process in running:
        process.join(PATIENCE)
    return said


def loaded(module: str, function: str, *given: Any) -> partial[Any]:
    return partial(getattr(import_module(f"tests.races.{module}"), function), *given)


def run(part: partial[Any], together: Any, answer: Any) -> None:
    together.wait(PATIENCE)
    try:
        answer.send(part())
    except BaseException:
        traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps([at_once(parts) for parts in json.loads(sys.argv[1])]))
