"""What stands in the logs, and what can never stand there."""

from __future__ import annotations

import json
import logging

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from telehealth import logs

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.house.urls")]


def lines(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_one_line_a_request_with_the_route_and_not_the_path(client: Client, capsys):
    """LG4: the route's pattern stands for a path that holds a token."""
    answer = client.get("/join/sEcReT-tOkEn/?name=Canary")
    (line,) = lines(capsys)
    assert line["event"] == "request"
    assert (line["method"], line["route"], line["status"]) == ("GET", "join/<str:token>/", 200)
    assert line["request_id"] == answer["X-Request-ID"]
    assert line["actor"] == "anonymous"
    assert set(line) <= logs.FIELDS


def test_a_signed_in_person_is_a_kind_and_not_a_name(client: Client, capsys, sign_in):
    """LG4."""
    nora = get_user_model().objects.create_user("nora.canary@example.org", name="Nora Canary")
    sign_in(client, nora, second_factor=False)
    client.get("/page/")
    said = capsys.readouterr().err
    assert json.loads(said)["actor"] == "user"
    assert "anary" not in said


@pytest.mark.parametrize(
    "path",
    ["/nothing/Canary/", "/refuse/broken/?phone=Canary", "/refuse/audit/", "/refuse/hidden/"],
)
def test_errors_are_told_without_what_was_asked(client: Client, capsys, path: str):
    """LG4: neither a path, nor a message of an exception, which may quote a row."""
    client.raise_request_exception = False
    client.get(path, headers={"user-agent": "Canary/1.0", "referer": "https://x.test/Canary"})
    said = capsys.readouterr().err
    assert said and "Canary" not in said
    for line in said.splitlines():
        json.loads(line)


def test_a_failure_says_its_type_and_place(client: Client, capsys):
    client.raise_request_exception = False
    client.get("/refuse/broken/")
    (failure,) = [line for line in lines(capsys) if "exception" in line]
    assert failure["exception"] == "ValueError"
    assert any("tests/house/urls.py" in frame for frame in failure["frames"])


@pytest.mark.parametrize("text", ["a\r\nforged", "\x1b[31mred", '"}\n{"event": "forged"'])
def test_no_text_forges_a_line(client: Client, capsys, text: str):
    """LG5: line breaks and control characters in method, path, agent; one object a line."""
    client.generic("GET" + text, "/join/" + text + "/", headers={"user-agent": text})
    said = capsys.readouterr().err
    assert said.count("\n") == len(said.splitlines()) >= 1
    assert not any(line.get("event") == "forged" for line in map(json.loads, said.splitlines()))
    assert "\x1b" not in said and "forged" not in said


def test_unknown_fields_and_arguments_are_dropped(capsys):
    """LG4: fields are allowed, not forbidden."""
    logs.get("scheduling.test").info("sent", task=7, patient="Canary", email="c@x.test")
    logging.getLogger("library").warning("could not reach %s", "Canary")
    logging.getLogger("library").warning("Canary called")
    ours, template, plain = lines(capsys)
    assert ours["task"] == 7 and set(ours) == {"event", "level", "logger", "task", "timestamp"}
    assert template["event"] == "could not reach %s"
    assert plain["event"] == "message withheld" and plain["at"].startswith("library:")
