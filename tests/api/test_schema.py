"""The description of the API is whole, valid, and for people who have signed in."""

import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

from accounts.errors import Refusal
from scheduling.api.problems import leaves
from scheduling.api.reference import Once


@pytest.fixture
def schema(world, caller):
    return caller(world.nora).get("/api/v1/schema/").json()


def test_it_is_valid_and_without_warnings():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=io.StringIO())


def test_two_who_ask_at_once_have_it_written_once(monkeypatch):
    """Two threads that write at a time break it."""
    both, writers = Barrier(2), []

    def write(generator: SchemaGenerator, *_: object) -> dict[str, str]:
        writers.append(generator)
        with suppress(BrokenBarrierError):
            both.wait(0.2)
        return {"openapi": "3.0.3"}

    monkeypatch.setattr(SchemaGenerator, "get_schema", write)
    monkeypatch.setattr(Once, "written", {})
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda _: Once().get_schema(), range(2)))
    assert told[0] is told[1] and len(writers) == 1


def test_it_is_not_public(caller):
    """EN5."""
    assert caller().get("/api/v1/schema/").status_code == 401
    page = caller().get("/api/v1/reference/")
    assert page.status_code == 302 and page["Location"].startswith("/sign-in/")


def test_every_refusal_stands_in_it(schema):
    """With status and sentence: a program's author need not read the source."""
    told = schema["components"]["schemas"]["Problem"]["description"]
    for leaf in leaves(Refusal):
        assert f"| {leaf.status} | `{leaf.code}` |" in told, leaf


def test_every_operation_tells_how_it_refuses(schema):
    problem = {"$ref": "#/components/schemas/Problem"}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            refusals = {s: r for s, r in operation["responses"].items() if s >= "400"}
            assert refusals.keys() >= {"400", "401", "404", "503"}, (method, path)
            for answer in refusals.values():
                assert answer["content"]["application/problem+json"]["schema"] == problem


def test_every_route_stands_in_it(schema):
    routes = {
        re.sub(r"<\w+:(\w+)>", r"{\1}", f"/api/{pattern.pattern}")
        for pattern in api_routes(get_resolver())
    }
    apart = {"/api/v1/schema/", "/api/v1/reference/"}
    assert set(schema["paths"]) == routes - apart


def api_routes(resolver: URLResolver) -> list[URLPattern]:
    found = next(one for one in resolver.url_patterns if str(one.pattern) == "api/")
    assert isinstance(found, URLResolver)
    return list(found.url_patterns)


def test_operations_are_named_once(schema):
    names = [o["operationId"] for path in schema["paths"].values() for o in path.values()]
    assert len(names) == len(set(names)) > 20


def test_the_rooms_address_is_nowhere(schema):
    """TK1."""
    text = json.dumps(schema).lower()
    for word in ("join_url", "host_url", "room_url", "join_token"):
        assert word not in text


def test_the_interactive_page(world, sign_in, client):
    sign_in(client, world.nora.user, second_factor=False)
    page = client.get("/api/v1/reference/").content.decode()
    assert 'data-schema="/api/v1/schema/"' in page
    assert "cdn" not in page and "https://" not in page
