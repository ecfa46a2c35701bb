"""What every role reads by GET, at every address of a clinic full of canaries: asked once a run,
and looked at by several tests. Nothing of it stays in the database."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import time_machine
from django.db import transaction
from django.http import HttpResponse

from accounts.models import AuditRow
from tests.house.canaries import MOMENT, Canaries, made
from tests.house.routes import ROLES, Row
from tests.house.test_routes import ROUTES, Site, address, row_of
from tests.world import LA, NOW, World

SEARCHED = "c/<slug:slug>/"
FREE = "api/v1/clinics/<slug:slug>/slots/"
NEXT = "api/v1/clinics/<slug:slug>/next-available/"


@dataclass(frozen=True)
class Page:
    letter: str
    route: str
    headers: dict[str, str]
    body: str
    named: frozenset[str]  # ids of those whom the record of this look names

    def is_of(self, kind: str) -> bool:
        return self.headers["Content-Type"].startswith(kind)


@dataclass(frozen=True)
class Walked:
    seen: Canaries
    nora: str
    pages: list[Page]


class Reader(Site):
    """Whom the record of the last request names."""

    def look(self, response: HttpResponse) -> None:
        rows = AuditRow.objects.filter(pk__gt=self.newest)
        self.named = frozenset(rows.values_list("subject_id", flat=True))

    def begin(self) -> None:
        self.newest = max(AuditRow.objects.values_list("pk", flat=True), default=0)


@cache
def walked() -> Walked:
    logging.disable(logging.CRITICAL)
    try:
        with transaction.atomic():
            found = walk()
            transaction.set_rollback(True)
    finally:
        logging.disable(logging.NOTSET)
    return found


def walk() -> Walked:
    with time_machine.travel(NOW, tick=False):
        world, known, seen = made()
    with time_machine.travel(MOMENT, tick=False):
        site = Reader(world)
        site.begin()
        pages = [
            read(site, letter, route, address(route, row, known) + question(world, route))
            for route, row in readable()
            for letter in ROLES
            if route in (FREE, NEXT) or "200" in row.expected("GET").get(letter, "")
        ]
    return Walked(seen, str(world.nora.pk), pages)


def readable() -> Iterator[tuple[str, Row]]:
    for route in ROUTES:
        if (row := row_of(route)) and not row.below:
            yield route, row


def question(world: World, route: str) -> str:
    """What a search needs; days on which there is something."""
    service = {SEARCHED: world.cbt.slug, FREE: world.cbt.uuid, NEXT: world.cbt.uuid}.get(route)
    return f"?service={service}&place=CA&medium=video&zone={LA}" if service else ""


def read(site: Reader, letter: str, route: str, path: str) -> Page:
    answer = site.ask(letter, "GET", path)
    return Page(letter, route, dict(answer.items()), text(answer), site.named)


def text(answer: HttpResponse) -> str:
    body = b"".join(answer) if answer.streaming else answer.content
    return body.decode(errors="replace")
