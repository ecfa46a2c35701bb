"""Every route, for every role, with every method: as `tests/house/routes.py` says (AC1, AC2)."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
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
        self.browser = Client(raise_request_exception=False)
        self.writes: set[str] = set()
        people = (
            world.mallory,
            world.nora.user,
            world.omar.user,
            world.alma.user,
            world.ben.user,
            world.dana,
            world.ada,
            world.pia,
        )
        both = zip(ROLES[1:], people, strict=True)
        self.keys = {letter: self.comes_in(who, letter not in "spq") for letter, who in both}
        dora = member(world.clinic, "Dora", "desk")  # without a second factor
        self.keys["x"] = self.comes_in(dora, False)

    def comes_in(self, person: User, mfa: bool) -> str:
        self.browser.cookies.clear()
        sign_in(self.browser, person, mfa=mfa)
        self.browser.get("/sign-in/")  # from now on the session is known: no request writes it anew
        return self.browser.cookies[settings.SESSION_COOKIE_NAME].value

    def ask(self, letter: str, method: str, path: str, row: Row | None = None) -> HttpResponse:
        self.browser.cookies.clear()
        if letter in self.keys:
            self.browser.cookies[settings.SESSION_COOKIE_NAME] = self.keys[letter]
        said: dict[str, Any] = {}
        if method not in ("GET", "HEAD") and row is not None:
            said = {"data": row.data}
            if row.json:
                said["content_type"] = "application/json"
        self.writes.clear()
        with transaction.atomic(), connection.execute_wrapper(self.note):
            response = getattr(self.browser, method.lower())(path, **said)
            self.look(response)
            transaction.set_rollback(True)
        return response

    def look(self, response: HttpResponse) -> None:
        """For walks that need to know: what a request has left is still there."""

    def note(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Which tables a request writes, the audit, web sessions and counts excepted."""
        if (found := WRITE.match(sql)) and found[1] not in KEPT_APART:
            self.writes.add(found[1])
        return execute(sql, params, many, context)


def refused(answer: str) -> bool:
    return answer in ("login", "401", "403", "404", "405")


class Watched(Site):
    """Knows whether a request for what is Nora's has left a record."""

    watches = recorded = False

    def newest(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(id) FROM accounts_auditrow")
            return int(cursor.fetchone()[0] or 0)

    def begin(self) -> None:
        self.last = self.newest()

    def look(self, response: HttpResponse) -> None:
        self.recorded = self.watches and self.newest() > self.last


HERS = ("booking", "session", "patient", "enrollment", "join_token", "action_token")
NO_LOOK = (405, 422)  # no such method; a form that lacked what it asks for


def is_hers(route: str, row: Row) -> bool:
    """Whether what this route opens is Nora's own."""
    return any(f":{name}>" in route or name in row.use.values() for name in HERS)


def named(row: Row, method: str) -> dict[str, str]:
    """As the row says; nothing where it does not name the method."""
    return row.expected(method) if method != "HEAD" else {}


def let_in(row: Row, method: str) -> list[str]:
    """Whom the row does not refuse this method."""
    said = named(row, method)
    return [one for one in ROLES if not all(map(refused, said.get(one, "404").split("|")))]


def turns(letters: Sequence[str], number: int) -> list[str]:
    """One of them, another one from row to row."""
    return [letters[number % len(letters)]] if letters else []


def who_asks(row: Row, method: str, number: int) -> Sequence[str]:
    """All roles, where the row lets some of them in by this method and others not. A method that
    nobody has is tried by one who may come here by another, and by one who may not."""
    if row.below:
        return turns(ROLES, number)
    inside = let_in(row, "GET") or let_in(row, "POST")
    if let_in(row, method) or (not inside and named(row, method)):
        return ROLES
    outside = [one for one in ROLES if one not in inside]
    if method in ASKED_OF_ALL:
        return [*turns(inside, number), *turns(outside, number)]
    return turns(inside, number) or turns(outside, number)


class Walk:
    """Goes along the table, and keeps what it finds wrong."""

    def __init__(self) -> None:
        world = build()
        self.known = things(world)
        self.site = Watched(world)
        self.site.begin()
        self.faults: list[str] = []
        self.nowhere: dict[tuple[str, str], tuple[Any, ...]] = {}

    def fault(self, *what: object) -> None:
        self.faults.append(" ".join(map(str, what)))

    def of(self, number: int, route: str, row: Row) -> None:
        for turn, method in enumerate(ASKED_OF_ALL if row.below else METHODS):
            for letter in who_asks(row, method, number + turn):
                self.check(route, row, letter, method)
            if has_object(route) and not row.below:
                self.check_missing(route, row, method, number)

    def check(self, route: str, row: Row, letter: str, method: str) -> None:
        self.site.watches = is_hers(route, row)
        here = self.site.ask(letter, method, address(route, row, self.known), row)
        if method in ("GET", "HEAD") and self.site.writes:
            self.fault(route, method, letter, "writes", self.site.writes)
        self.as_the_row_says(route, row, letter, method, answer_of(here))
        if letter == "a" or method not in ASKED_OF_ALL:
            return
        led = here.status_code in (302, 303) and not self.site.writes
        looked = not led and here.status_code not in NO_LOOK
        if self.site.watches and looked and not self.site.recorded:
            self.fault(route, method, letter, "left no record of", answer_of(here))
        if here.status_code != 404 or not has_object(route) or row.below:
            return
        if seen(here) != self.nothing(route, row, letter, method):
            self.fault(route, method, letter, "tells that it is there")

    def check_missing(self, route: str, row: Row, method: str, number: int) -> None:
        """What is not there is not found by whom the row lets in, as by all others."""
        for letter in turns([one for one in let_in(row, method) if one != "a"], number):
            gone = self.missing(route, row, letter, method)
            if gone.status_code == 404 and seen(gone) != self.nothing(route, row, letter, method):
                self.fault(route, method, letter, "tells that it is not there")
            if gone.status_code == 200:
                self.fault(route, method, letter, "got 200 for what is not there")

    def missing(self, route: str, row: Row, letter: str, method: str) -> HttpResponse:
        return self.site.ask(letter, method, address(route, row, self.known, missing=True), row)

    def nothing(self, route: str, row: Row, letter: str, method: str) -> tuple[Any, ...]:
        """The one 404 of this door, whoever asks: the first of an object that is not there.
        (The API says with each which methods its address has.)"""
        door = route if row.json or route.startswith("api/") else route.partition("/")[0]
        if (door, method) not in self.nowhere:
            gone = self.missing(route, row, letter, method)
            if gone.status_code != 404:
                return seen(gone)
            self.nowhere[door, method] = seen(gone)
        return self.nowhere[door, method]

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

    def without_second_factor(self, route: str, row: Row) -> None:
        method = main_method(row)
        answer = self.site.ask("x", method, address(route, row, self.known), row)
        led = answer.get("Location") == "/accounts/2fa/totp/activate/"
        if not led and answer.status_code not in (403, 404):
            self.fault(route, method, "without a second factor:", answer_of(answer))

    def at_no_clinic(self, route: str, row: Row, nothing: tuple[Any, ...]) -> None:
        path = address(route, row, self.known | {"slug": "nowhere"})
        answer = self.site.ask("d", main_method(row), path, row)
        if seen(answer) != nothing:
            self.fault(route, main_method(row), "for a missing clinic:", answer_of(answer))


def main_method(row: Row) -> str:
    """What the route is for: POST where the row names it."""
    return "POST" if row.post else "GET"


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Walk]:
    """Once for all sections; at the end nothing is left."""
    logging.disable(logging.CRITICAL)  # thousands of requests, most of them refused
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
        yield Walk()
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)


@pytest.fixture
def walk(built: Walk) -> Iterator[Walk]:
    built.faults.clear()
    yield built
    assert not built.faults, "\n" + "\n".join(built.faults)


@pytest.mark.django_db
@pytest.mark.parametrize("section", SECTIONS)
def test_every_role_and_method(walk: Walk, section: str):
    """AC1, AC2: as the row says; what it does not say is refused. Missing and not yours are one
    404, in body and headers. BR1: looking writes nothing, save records, sessions and counts.
    LG1: nobody asks for what is Nora's without a record, seen or refused."""
    for number, (route, row) in enumerate(routes_in(section)):
        walk.of(number, route, row)


@pytest.mark.django_db
def test_staff_without_a_second_factor_get_nowhere(walk: Walk):
    """AU2: by any route; they are led to make one, and programs get 403."""
    for route in ROUTES:
        if (row := row_of(route)) and route not in BEFORE_SECOND_FACTOR:
            walk.without_second_factor(route, row)


@pytest.mark.django_db
def test_a_clinic_that_is_not_there(walk: Walk):
    """AC2: the one 404 for everybody who is signed in."""
    nothing = seen(walk.site.ask("d", "GET", "/c/nowhere/no/such/page/"))
    for route in ROUTES:
        if (row := row_of(route)) and route.startswith("c/<slug"):
            walk.at_no_clinic(route, row, nothing)


def test_every_route_has_a_row():
    """AC1: a route without a row fails."""
    missing = [route for route in ROUTES if row_of(route) is None]
    assert not missing, "add rows to tests/house/routes.py for:\n" + "\n".join(missing)


def test_every_row_has_a_route():
    unused = [row.route for row in ROWS if not any(row_of(route) is row for route in ROUTES)]
    assert not unused, f"rows without a route: {unused}"


def test_what_is_open_is_on_the_list():
    """AC1: anonymous people are refused, unless the route is on the written list."""
    for row in ROWS:
        for method in METHODS:
            answers = row.expected(method).get("a", "405").split("|")
            open_to_all = not all(map(refused, answers))
            assert not open_to_all or row.route in PUBLIC, f"{method} {row.route}"


def test_the_list_names_what_is_there():
    assert set(PUBLIC) <= {row.route for row in ROWS}
