"""Fuzzed from its own schema, in process: whatever is sent is answered, never by a 5xx.

The cases are the same at every run, so that a red test can be read. Half of them are led to things
that exist, so that the fuzz gets past the door. The answers are compared with the schema, too.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
import time_machine
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from scheduling.actions.book import book
from scheduling.actions.hold import hold
from scheduling.api.reference import Once
from scheduling.api.throttles import BookingLimit
from scheduling.models import Member, Session
from tests.api.caller import token
from tests.groups import comes_in, founded
from tests.world import LA, NOW, World, at, build

CASES = 4  # of each operation
STARTS = ["2027-03-11T10:00-08:00", "2027-03-12T11:00-08:00", "2027-03-09T10:00-08:00"]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SCHEMA = Once().get_schema(public=True)
LOADED = schemathesis.openapi.from_dict(SCHEMA)  # once: it reads the whole service's source, too
LOADED.app = WSGIHandler()
OPERATIONS = sorted(
    (operation["operationId"], method, path)
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
)


@dataclass
class Known:
    """What is there, by the name that parameters and fields give it."""

    values: dict[str, Any]
    tokens: list[str]


@pytest.fixture(autouse=True)
def in_one_process(monkeypatch) -> Iterator[None]:
    """A real handler would close the connection of the test's transaction after each request; and
    nobody books as often."""
    monkeypatch.setattr("scheduling.actions.hold.MOST_HOLDS", 10_000)
    monkeypatch.setattr(BookingLimit, "rate", "10000/minute")
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def known(django_db_setup, django_db_blocker) -> Iterator[Known]:
    """Made once; what the cases of an operation change is undone after them."""
    with django_db_blocker.unblock(), transaction.atomic(), time_machine.travel(NOW, tick=False):
        yield everything(build())
        transaction.set_rollback(True)


def everything(world: World) -> Known:
    what = {
        "service": world.cbt.uuid,
        "therapist": world.alma.uuid,
        "medium": "video",
        "place": "CA",
        "zone": LA,
        "actor": world.actor(world.dana),
        "now": NOW,
    }
    booked = book(start=at("2027-03-09", 10), patient=world.nora.pk, **what)
    held = hold(start=at("2027-03-10", 10), secret="s" * 43, **what)
    group = founded(world, facilitators=[world.alma.uuid])
    comes_in(world, group, world.nora)
    values = {
        "group": str(group.uuid),
        "member": str(Member.objects.get().uuid),
        "booking": str(booked.uuid),
        "hold": str(held.uuid),
        "secret": "s" * 43,
        "X-Hold-Secret": "s" * 43,
        "service": str(world.cbt.uuid),
        "therapist": str(world.alma.uuid),
        "patient": world.nora.reference,
        "session": str(Session.objects.filter(series__group=group)[0].uuid),
        "facilitators": [str(world.ben.uuid)],
        "leaving": str(world.alma.uuid),
        "coming": str(world.ben.uuid),
        "rule": "FREQ=WEEKLY;BYDAY=MO",
        "zone": LA,
        "place": "CA",
    }
    people = (world.nora.user, world.alma.user, world.dana)
    return Known(values, [token(who, world.clinic) for who in people])


def lead(case: Any, known: Known, start: str | None) -> None:
    """To the clinic, always; with a `start`, to what exists in it as well."""
    case.path_parameters = dict(case.path_parameters or {}) | {"slug": "harbor"}
    if start is None:
        return
    for part in (case.path_parameters, case.query, case.headers, case.body):
        if isinstance(part, MutableMapping):
            for name in set(part) & set(known.values):
                part[name] = known.values[name]
    if isinstance(case.body, dict) and {"start", "date", "time"} & set(case.body):
        case.body = {n: v for n, v in case.body.items() if n not in ("date", "time")}
        case.body["start"] = start


def cases(operation: Any) -> st.SearchStrategy[Any]:
    """As the schema says, and, where it says anything, against it."""
    ways = [operation.as_strategy()]
    if operation.body or operation.query:
        ways.append(operation.as_strategy(GenerationMode.NEGATIVE))
    return st.one_of(ways)


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "method", "path"), OPERATIONS, ids=[o[0] for o in OPERATIONS])
def test_nothing_breaks_it(known: Known, name: str, method: str, path: str):
    operation = LOADED[path][method.upper()]
    seen: set[int] = set()

    @settings(
        max_examples=CASES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=cases(operation),
        who=st.sampled_from([None, *known.tokens]),
        start=st.sampled_from([None, *STARTS]),
    )
    def send(case: Any, who: str | None, start: str | None) -> None:
        lead(case, known, start)
        headers = {"Authorization": f"Bearer {who}"} if who else {}
        answer = case.call(headers=headers)
        seen.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    logging.disable(logging.CRITICAL)
    try:
        send()
    finally:
        logging.disable(logging.NOTSET)
    assert seen & {200, 201, 204, 401, 404, 409, 422}
