"""GR1, BL4, PR4, AC11: whatever others do in a group, nothing that Nora observes is different.

One story of hers, from finding the group to leaving it, told once with nobody else in it and again
with others: every page and answer that she gets, every message with its calendar object,
each header, size and number of statements. Random ids are numbered in the order in which she meets
them, so that they too must come in the same places. The clock stands still.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from accounts.actor import Actor
from accounts.models import Patient
from scheduling.actions import group_members as acts
from scheduling.actions.attend import Mark, mark_group
from scheduling.actions.cancel import cancel
from scheduling.actions.waitlist import wait_for_group
from scheduling.models import Booking, Group, JoinLink, Member, Session
from scheduling.outbox.worker import Worker
from tests.doors import sign_in
from tests.groups import comes_in, founded
from tests.house.routes import SECTIONS
from tests.house.test_routes import ROUTES, address, row_of, seen
from tests.ways_in.story import PLACE
from tests.world import LA, NOW, World, build, patient

PARAMETER = re.compile(r"<\w+:(\w+)>")
ONCE = re.compile(r"\b[A-Za-z0-9]{64}\b|\b[A-Za-z0-9]{32}\b(?=;| )")  # a form's token, a cookie's
IDS = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?<![0-9A-Za-z])[0-9a-f]{16,64}\b|(?:(?<=/[ja]/)|(?<=%2Fj%2F))[\w-]{20,}|\b[A-Z34679]{8}\b"
)
SAME_FOR_ALL = {"api/v1/schema/", "api/v1/reference/"}  # long, and written before anybody comes
SECTION_NAMES = ("booking", "series", "waiting", "api")
API = "/api/v1/clinics/harbor/"
HOME = "/c/harbor/"


class Story:
    """What Nora does and gets, step by step; `others` act between."""

    def __init__(self, world: World, group: Group, clock: Any, others: Others) -> None:
        self.world, self.group, self.clock, self.others = world, group, clock, others
        self.now = NOW
        self.client = Client()
        self.known: dict[str, Any] = {"slug": "harbor", "group": group.uuid}
        self.found: list[tuple[str, Any]] = []
        self.ids: dict[str, str] = {}
        self.read = 0

    def told(self, comes: bool) -> list[tuple[str, Any]]:
        self.at(NOW)
        self.others.before(self)
        self.looks("first")
        self.joins()
        seats = self.seats()
        self.known["booking"] = seats[0].uuid
        self.others.meanwhile(self)
        self.works()
        self.looks("a member")
        self.changes(seats[1])
        self.is_refused(seats[0])
        if comes:
            self.comes(seats[0])
            self.looks("after a session", SECTION_NAMES[:1])
        if "member" in self.known:
            self.asks("leaves", "post", f"{HOME}my/groups/{self.known['member']}/leave/")
        self.works()
        self.asks("has left", "get", f"{HOME}my/")
        self.asks("has left, API", "get", f"{API}bookings/")
        return self.found

    def joins(self) -> None:
        """As a member, or by taking two dates of an open group."""
        path, where = f"{HOME}groups/{self.group.uuid}/join/", {"place": "CA", "zone": LA}
        self.asks("join page", "get", path)
        if self.group.entry == "open":
            for date in Session.objects.filter(series__group=self.group).order_by("slot")[:2]:
                self.asks("takes a date", "post", path, start=date.start, **where)
        else:
            self.asks("joins", "post", path, **where)
            self.known["member"] = Member.objects.get(patient=self.world.nora).uuid

    def at(self, now: datetime) -> None:
        self.now = now
        self.clock.move_to(now)
        sign_in(self.client, self.world.nora.user, mfa=False)

    def seats(self, who: Patient | None = None) -> list[Booking]:
        who = who or self.world.nora
        rows = Booking.objects.filter(patient=who, session__series__group=self.group)
        return list(rows.order_by("start"))

    def changes(self, seat: Booking) -> None:
        """One date is given up, told, and taken back."""
        self.asks("cancels", "post", f"{HOME}my/{seat.uuid}/cancel/")
        self.works()
        self.asks("cancelled", "get", f"{HOME}my/{seat.uuid}/")
        self.asks("undoes", "post", f"{HOME}my/{seat.uuid}/undo/")
        self.works()

    def is_refused(self, seat: Booking) -> None:
        where = {"place": "CA", "zone": LA}
        self.asks("joins twice", "json", f"{API}groups/{self.group.uuid}/join/", **where)
        self.asks("joins twice, page", "post", f"{HOME}groups/{self.group.uuid}/join/", **where)
        body = {"start": "2027-03-05T13:00-08:00"}
        self.asks("moves", "json", f"{API}bookings/{seat.uuid}/reschedule/", **body)

    def comes(self, seat: Booking) -> None:
        """Is reminded, comes to the door, and is marked afterwards."""
        for before in (timedelta(hours=24), timedelta(hours=1)):
            self.at(seat.starts_at - before)
            self.works()
        self.at(seat.starts_at - timedelta(minutes=5))
        self.others.at_the_door(self)
        token = JoinLink.objects.get(booking=seat).token
        self.asks("my sessions", "get", f"{HOME}my/")
        self.asks("opens the link", "get", f"/j/{token}/")
        self.asks("the door", "get", "/join/")
        self.asks("checks in", "post", "/join/check-in/", **PLACE)
        self.asks("waits at the door", "get", "/join/")
        self.asks("the door's state", "get", "/join/state/")
        self.at(seat.ends_at + timedelta(minutes=5))
        live = Booking.objects.filter(session=seat.session, live=True)
        marks = {
            one.uuid: Mark("attended" if one.patient == self.world.nora else "no_show")
            for one in live
        }
        alma = self.world.actor(self.world.alma, self.now)
        mark_group(
            session=seat.session.uuid, marks=marks, present=len(marks), actor=alma, now=self.now
        )
        self.works()

    # What she observes

    def looks(self, when: str, sections: tuple[str, ...] = SECTION_NAMES) -> None:
        """Every page and list that is hers, of what she knows."""
        rows = [row for name in sections for row in SECTIONS.get(name, [])]
        for route in ROUTES:
            row = row_of(route)
            if row not in rows or not set(PARAMETER.findall(route)) <= set(self.known):
                continue
            if route in SAME_FOR_ALL:
                continue
            if set(row.expected("GET").get("p", "").split("|")) & {"200", "go"}:
                self.asks(f"{when}: {route}", "get", address(route, row, self.known))

    def asks(self, name: str, method: str, path: str, **said: Any) -> None:
        if method == "json":
            send = lambda: self.client.post(path, said, content_type="application/json")  # noqa: E731
        else:
            send = lambda: getattr(self.client, method)(path, said)  # noqa: E731
        statements: list[str] = []
        with connection.execute_wrapper(lambda do, *said: statements.append(said[0]) or do(*said)):
            response = send()
        self.notes(name, (*self.shown(response), len(statements)))

    def shown(self, response: HttpResponse) -> tuple[Any, ...]:
        status, body, headers, cookies = seen(response)
        return status, unfolded(body), str(headers), str(cookies), len(response.content)

    def works(self) -> None:
        """The worker does all that is due; what of it goes to her, in order."""
        Worker(lambda: self.now).drain()
        fresh, self.read = mail.outbox[self.read :], len(mail.outbox)
        for number, one in enumerate(m for m in fresh if m.to == [self.world.nora.email]):
            parsed = one.message()
            parts = [
                (part.get_content_type(), unfolded(part.get_payload(decode=True)))
                for part in parsed.walk()
                if not part.is_multipart()
            ]
            headers = [(name, str(value)) for name, value in parsed.items()]
            self.notes(f"mail {number} of {self.now}", (headers, parts, len(parsed.as_bytes())))

    def notes(self, name: str, value: Any) -> None:
        self.found.append((name, IDS.sub(self.numbered, ONCE.sub("", repr(value)))))

    def numbered(self, found: re.Match[str]) -> str:
        return self.ids.setdefault(found[0], f"#{len(self.ids)}")


def unfolded(payload: bytes) -> str:
    """Lines of a calendar object as they were before they were cut (RFC 5545 3.1)."""
    return payload.decode().replace("\r\n ", "")


class Others:
    """What the rest of the group does meanwhile: nothing."""

    def before(self, story: Story) -> None: ...

    def meanwhile(self, story: Story) -> None: ...

    def at_the_door(self, story: Story) -> None: ...


class Omar(Others):
    """Is in the group from before, comes to the door before her, and is marked as absent."""

    def before(self, story: Story) -> None:
        comes_in(story.world, story.group, story.world.omar)

    def at_the_door(self, story: Story) -> None:
        client = sign_in(Client(), story.world.omar.user, mfa=False)
        seat = story.seats(story.world.omar)[0]
        client.get(f"/j/{JoinLink.objects.get(booking=seat).token}/")
        answer = client.post("/join/check-in/", PLACE | {"full_name": "Omar Quill"})
        assert answer.status_code == 303, answer.content


class Many(Omar):
    """Others beside him: one cancels the dates that Nora looks at and cancels, one leaves, one is
    taken out by staff, one comes later, and one waits."""

    def before(self, story: Story) -> None:
        super().before(story)
        names = ("Theo", "Ida", "Uma", "Vic", "Eve")
        self.people = [patient(story.world.clinic, name) for name in names]
        for who in self.people[:3]:
            comes_in(story.world, story.group, who)

    def meanwhile(self, story: Story) -> None:
        theo, ida, uma, vic, eve = self.people
        for seat in story.seats(theo)[:2]:
            cancel(booking=seat.uuid, actor=story.world.actor(theo), now=story.now)
        self.gives_up(story, ida, story.world.actor(ida), "")
        self.gives_up(story, uma, story.world.actor(story.world.dana), "clinic")
        comes_in(story.world, story.group, vic)
        waits(story, eve)

    def gives_up(self, story: Story, who: Patient, actor: Actor, reason: str) -> None:
        member = Member.objects.get(patient=who).uuid
        acts.leave(member=member, reason=reason, actor=actor, now=story.now)


class SomeDropIn(Others):
    """On the dates of Nora, from before and since; one gives them up."""

    def before(self, story: Story) -> None:
        self.takes(story, story.world.omar)

    def meanwhile(self, story: Story) -> None:
        self.takes(story, patient(story.world.clinic, "Ida"))
        actor = story.world.actor(story.world.omar)
        for seat in story.seats(story.world.omar)[:2]:
            cancel(booking=seat.uuid, actor=actor, now=story.now)

    def takes(self, story: Story, who: Patient) -> None:
        for date in Session.objects.filter(series__group=story.group).order_by("slot")[:3]:
            comes_in(story.world, story.group, who, start=date.start, now=story.now)


class TwoWait(Others):
    """From before, and since."""

    def before(self, story: Story) -> None:
        waits(story, patient(story.world.clinic, "Uma"))

    def meanwhile(self, story: Story) -> None:
        waits(story, patient(story.world.clinic, "Ida"))


def waits(story: Story, who: Patient) -> None:
    wait_for_group(
        patient=who.pk, group=story.group.uuid, place="CA", zone=LA,
        actor=story.world.actor(who), now=story.now,
    )  # fmt: skip


@pytest.fixture
def world(db: None, clock: Any) -> Iterator[World]:
    logging.disable(logging.CRITICAL)
    yield build()
    logging.disable(logging.NOTSET)


def observed(
    world: World, clock: Any, others: Others, comes: bool = False, **kind: Any
) -> list[tuple[str, Any]]:
    """The whole story, or without coming to a date; nothing of it is left."""
    with transaction.atomic():
        mail.outbox.clear()
        clock.move_to(NOW)
        if kind.pop("nearly_full", False):
            group = founded(world, capacity=2)
            comes_in(world, group, patient(world.clinic, "Vera"))
        else:
            group = founded(world, **kind)
        found = Story(world, group, clock, others).told(comes)
        transaction.set_rollback(True)
    return found


def require_same(name: str, found: list[tuple[str, Any]], alone: list[tuple[str, Any]]) -> None:
    assert [what for what, _ in found] == [what for what, _ in alone], name
    for (what, told), (_, before) in zip(found, alone, strict=True):
        assert told == before, f"{name}: {what}: {difference(told, before)}"


def difference(told: str, before: str) -> tuple[str, str]:
    """Where the two part, with what stands about it."""
    place = next((n for n, pair in enumerate(zip(told, before)) if pair[0] != pair[1]), 0)  # noqa: B905
    return told[max(0, place - 60) : place + 60], before[max(0, place - 60) : place + 60]


def test_nothing_that_others_do_shows(world: World, clock: Any):
    """GR1, BL4, PR4, AC11: away from the last seat."""
    alone = observed(world, clock, Others(), comes=True)
    assert len(alone) > 50, [what for what, _ in alone]
    assert sum(what.startswith("mail") for what, _ in alone) >= 5
    require_same("many", observed(world, clock, Many(), comes=True), alone)


def test_nor_in_a_group_where_one_drops_in(world: World, clock: Any):
    """GR1, BL4, AC11: on the dates that Nora takes, and on others."""
    alone = observed(world, clock, Others(), entry="open")
    require_same("some drop in", observed(world, clock, SomeDropIn(), entry="open"), alone)


def test_nobody_learns_that_somebody_waits(world: World, clock: Any):
    """GR1, AC11: in a group that is full with Nora, whoever waits for a place in it."""
    alone = observed(world, clock, Others(), nearly_full=True)
    require_same("two wait", observed(world, clock, TwoWait(), nearly_full=True), alone)
