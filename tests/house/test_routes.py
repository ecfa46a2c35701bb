"""Every route, for every role, with every method: as `tests/house/routes.py` says (AC1, AC2)."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client, TestCase
from django.urls import URLPattern, URLResolver, get_resolver

from tests.doors import sign_in
from tests.house.routes import BEFORE_SECOND_FACTOR, PUBLIC, ROLES, SECTIONS, Row, things
from tests.world import NOW, World, build, member

ASKED_OF_ALL = ("GET", "POST")
OTHERS = ("HEAD", "PUT", "PATCH", "DELETE")
METHODS = (*ASKED_OF_ALL, *OTHERS)
SIGN_IN = re.compile(r"^(/c/[-\w]+)?/sign-in/|^/admin/login/")
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)
KEPT_APART = {"accounts_auditrow", "django_session", "shared_cache", "usersessions_usersession"}
GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")
ROWS = [row for rows in SECTIONS.values() for row in rows]


def walk(patterns: Any, prefix: str = "") -> Iterator[str]:
    """Every route as it is written, `c/<slug:slug>/who/`."""
    for pattern in patterns:
        here = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern):
            yield here


def tidy(route: str) -> str:
    return route.replace("^", "").replace("$", "").replace("\\Z", "")


ROUTES = sorted({tidy(route) for route in walk(get_resolver().url_patterns)})


def row_of(route: str) -> Row | None:
    exact = next((row for row in ROWS if row.route == route and not row.below), None)
    return exact or next((row for row in ROWS if row.below and route.startswith(row.route)), None)


def routes_in(section: str) -> list[tuple[str, Row]]:
    found = [(route, row_of(route)) for route in ROUTES]
    return [(route, row) for route, row in found if row in SECTIONS[section]]


def address(route: str, row: Row, known: dict[str, Any], missing: bool = False) -> str:
    """A path of this route; with `missing`, of something that is not there."""

    def fill(kind: str, name: str) -> str:
        if missing and name != "slug":
            return {"uuid": str(uuid4()), "int": "987654"}.get(kind, "x" * 43)
        return str(known.get(row.use.get(name, name), "1"))

    path = PARAMETER.sub(lambda found: fill(found[1] or "str", found[2]), route)
    return "/" + GROUP.sub(lambda found: fill("str", found[1]), path).replace("\\.", ".")


def has_object(route: str) -> bool:
    return any(name != "slug" for _kind, name in PARAMETER.findall(route))


def answer_of(response: HttpResponse) -> str:
    """`login`, `go`, or the status."""
    if response.status_code == 401:
        return "login"
    if response.status_code in (301, 302, 303, 307):
        return "login" if SIGN_IN.match(response["Location"]) else "go"
    return str(response.status_code)


def seen(response: HttpResponse) -> tuple[Any, ...]:
    """All that a caller can tell two answers apart by, save what differs from call to call."""
    body = re.sub(rb'(csrfmiddlewaretoken" value=)"[^"]*"', rb"\1", response.content)
    headers = {k: v for k, v in response.items() if k not in ("X-Request-ID", "Content-Length")}
    return response.status_code, body, sorted(headers.items()), sorted(response.cookies)


class Site:
    """Nine people at their browsers; each request starts anew, nothing of it is kept."""

    def __init__(self, world: World) -> None:
        self.world = world
        people = dict(
            zip(
                ROLES[1:],
                (
                    world.mallory,
                    world.nora.user,
                    world.omar.user,
                    world.alma.user,
                    world.ben.user,
                    world.dana,
                    world.ada,
                    world.pia,
                ),
                strict=True,
            )
        )
        self.clients = {"a": Client(raise_request_exception=False)}
        for letter, person in people.items():
            client = Client(raise_request_exception=False)
            self.clients[letter] = sign_in(client, person, mfa=letter not in "spq")
        dora = Client(raise_request_exception=False)  # at the desk, without a second factor
        self.clients["x"] = sign_in(dora, member(world.clinic, "Dora", "desk"), mfa=False)
        self.writes: set[str] = set()
        self.keys = {
            letter: client.cookies[settings.SESSION_COOKIE_NAME].value
            for letter, client in self.clients.items()
            if letter != "a"
        }
        for client in self.clients.values():
            client.get("/sign-in/")  # from now on the session is known: no request writes it anew

    def ask(self, letter: str, method: str, path: str, row: Row | None = None) -> HttpResponse:
        client = self.clients[letter]
        client.cookies.clear()
        if letter in self.keys:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.keys[letter]
        said: dict[str, Any] = {}
        if method not in ("GET", "HEAD") and row is not None:
            said = {"data": row.data}
            if row.json:
                said["content_type"] = "application/json"
        self.writes.clear()
        with transaction.atomic(), connection.execute_wrapper(self.note):
            response = getattr(client, method.lower())(path, **said)
            self.look(response)
            transaction.set_rollback(True)
        return response

    def look(self, response: HttpResponse) -> None:
        """For other walks: what a request has left is still there."""

    def note(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Which tables a request writes, the audit, web sessions and counts excepted."""
        if (found := WRITE.match(sql)) and found[1] not in KEPT_APART:
            self.writes.add(found[1])
        return execute(sql, params, many, context)


def refused(answer: str) -> bool:
    return answer in ("login", "401", "403", "404", "405")


def speakers(row: Row) -> set[str]:
    """One role for all to whom the row answers alike. Only these try the methods that it does not
    name, and look for what is not there, for time's sake."""
    alike = {(row.expected("GET").get(one), row.expected("POST").get(one)): one for one in ROLES}
    return set(alike.values())


class Walk:
    """One section of the table; the world is built once."""

    section = ""

    @classmethod
    def setUpTestData(cls) -> None:
        with time_machine.travel(NOW, tick=False):
            world = build()
            cls.known = things(world)
            cls.site = Site(world)

    def setUp(self) -> None:
        travel = time_machine.travel(NOW, tick=False)
        travel.start()
        self.addCleanup(travel.stop)
        logging.disable(logging.CRITICAL)  # thousands of requests, most of them refused
        self.addCleanup(logging.disable, logging.NOTSET)
        self.faults: list[str] = []
        self.nowhere: dict[tuple[str, str, str], tuple[Any, ...]] = {}

    def tearDown(self) -> None:
        assert not self.faults, "\n" + "\n".join(self.faults)

    def fault(self, *what: object) -> None:
        self.faults.append(" ".join(map(str, what)))

    def test_every_role_and_method(self) -> None:
        """AC1, AC2: as the row says; what it does not say is refused. Missing and not yours are one
        404, in body and headers. BR1: looking writes nothing, save records, sessions and counts."""
        for route, row in routes_in(self.section):
            for letter in "asd" if row.below else ROLES:
                for method in METHODS:
                    named = method in ASKED_OF_ALL or getattr(row, method.lower(), "")
                    if named or letter in speakers(row):
                        self.check(route, row, letter, method)

    def check(self, route: str, row: Row, letter: str, method: str) -> None:
        here = self.site.ask(letter, method, address(route, row, self.known), row)
        if method in ("GET", "HEAD") and self.site.writes:
            self.fault(route, method, letter, "writes", self.site.writes)
        self.as_the_row_says(route, row, letter, method, answer_of(here))
        if letter == "a" or method not in ASKED_OF_ALL or not has_object(route) or row.below:
            return
        if here.status_code == 404 and seen(here) != self.nothing(route, row, letter, method):
            self.fault(route, method, letter, "tells that it is there")
        if letter in speakers(row):
            gone = self.missing(route, row, letter, method)
            if gone.status_code == 404 and seen(gone) != self.nothing(route, row, letter, method):
                self.fault(route, method, letter, "tells that it is not there")
            if gone.status_code == 200:
                self.fault(route, method, letter, "got 200 for what is not there")

    def missing(self, route: str, row: Row, letter: str, method: str) -> HttpResponse:
        return self.site.ask(letter, method, address(route, row, self.known, missing=True), row)

    def nothing(self, route: str, row: Row, letter: str, method: str) -> tuple[Any, ...]:
        """The one 404 of this person at this door: the first of an object that is not there.
        (The API says with each which methods its address has.)"""
        door = route if row.json or route.startswith("api/") else route.partition("/")[0]
        door = door, letter, method
        if door not in self.nowhere:
            gone = self.missing(route, row, letter, method)
            if gone.status_code != 404:
                return seen(gone)
            self.nowhere[door] = seen(gone)
        return self.nowhere[door]

    def as_the_row_says(self, route: str, row: Row, letter: str, method: str, answer: str) -> None:
        expected = row.expected(method).get(letter)
        if expected is not None:
            if answer not in expected.split("|"):
                self.fault(route, method, letter, "expected", expected, "got", answer)
        elif not refused(answer) and answer not in self.like(row, letter):
            self.fault(route, method, letter, "is not in the row, but got", answer)

    def like(self, row: Row, letter: str) -> list[str]:
        """A form view takes PUT as POST; who is led away by GET is led away always."""
        led = row.expected("GET").get(letter, "")
        return row.expected("POST").get(letter, "").split("|") + (["go"] if "go" in led else [])

    def test_staff_without_a_second_factor_get_nowhere(self) -> None:
        """AU2: by any route; they are led to make one, and programs get 403."""
        for route, row in routes_in(self.section):
            if route in BEFORE_SECOND_FACTOR:
                continue
            for method in ASKED_OF_ALL:
                answer = self.site.ask("x", method, address(route, row, self.known), row)
                led = answer.get("Location") == "/accounts/2fa/totp/activate/"
                if not led and answer.status_code not in (403, 404):
                    self.fault(route, method, "without a second factor:", answer_of(answer))

    def test_a_clinic_that_is_not_there(self) -> None:
        """AC2: the one 404 for everybody who is signed in."""
        nothing = seen(self.site.ask("d", "GET", "/c/nowhere/no/such/page/"))
        for route, row in routes_in(self.section):
            if not route.startswith("c/<slug"):
                continue
            for method in ("GET", "POST"):
                path = address(route, row, self.known | {"slug": "nowhere"})
                answer = self.site.ask("d", method, path, row)
                if answer.status_code != 405 and seen(answer) != nothing:
                    self.fault(route, method, "for a missing clinic:", answer_of(answer))


for name in SECTIONS:
    title = f"Test{name.title()}"
    globals()[title] = type(
        title, (Walk, TestCase), {"section": name, "__module__": __name__, "__doc__": Walk.__doc__}
    )


def test_every_route_has_a_row():
    """AC1: a route without a row fails."""
    missing = [route for route in ROUTES if row_of(route) is None]
    assert not missing, "add rows to tests/house/routes.py for:\n" + "\n".join(missing)


def test_every_row_has_a_route():
    unused = [row.route for row in ROWS if not any(row_of(route) is row for route in ROUTES)]
    assert not unused, f"rows without a route: {unused}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.route)
def test_what_is_open_is_on_the_list(row: Row):
    """AC1: anonymous people are refused, unless the route is on the written list."""
    for method in METHODS:
        answers = row.expected(method).get("a", "405").split("|")
        open_to_all = not all(refused(answer) for answer in answers)
        assert not open_to_all or row.route in PUBLIC, f"{method} {row.route}"


def test_the_list_names_what_is_there():
    assert set(PUBLIC) <= {row.route for row in ROWS}
