"""Bodies are read strictly: what two readers could read in two ways is refused."""

import json

import pytest

from scheduling.models import Booking


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"17",
        b"\xff\xfe{}",
        b'{"service": NaN}',
        b'{"service": Infinity}',
        b'{"service": 1e999}',
        b'{"zone": "UTC", "zone": "America/New_York"}',
        b'{"accept": {"mail": 1, "mail": 2}}',
        b'{"zone": "\\ud800"}',
        b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_not_a_json_object(caller, body: bytes):
    answer = caller().post("holds/", body)
    wanted = (422, "invalid") if body == b"" else (400, "not_json")
    assert (answer.status_code, answer.json()["code"]) == wanted


def test_another_media_type(caller, slot):
    stranger = caller()
    answer = stranger.client.post(stranger.url("holds/"), slot())  # a form
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_too_large(caller, slot):
    answer = caller().post("holds/", slot(place="C" * 300_000))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_no_null_characters(world, caller):
    answer = caller(world.nora).patch("me/", {"called": "N\0ra"})
    assert answer.status_code == 422


def test_another_answer_than_json_is_not_to_be_had(caller):
    answer = caller().get("services/", Accept="text/html")
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


@pytest.mark.parametrize("method", ["put", "trace", "options"])
def test_other_methods(world, caller, method: str):
    nora = caller(world.nora)
    answer = getattr(nora.client, method)(nora.url("me/"), headers=nora.headers)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_nobody_sets_what_is_not_theirs(world, caller, book):
    """AC5: every field of the rows behind, at every address that writes; nothing changes."""
    nora = caller(world.nora)
    hers = book(nora, "2027-03-08T10:00-08:00")["id"]
    names = {field.name for field in Booking._meta.get_fields()}
    names |= {
        "owner",
        "clinic",
        "therapist_id",
        "patient_id",
        "role",
        "status",
        "join_url",
        "email",
    }
    before = json.dumps(Booking.objects.values().get(), default=str)
    known = {
        f"bookings/{hers}/cancel/": {"note", "reason"},
        f"bookings/{hers}/undo-cancel/": set(),
        f"bookings/{hers}/reschedule/": {
            "start", "date", "time", "therapist", "medium", "place", "zone", "override",
        },
        "bookings/": {"hold", "secret", "accept", "patient"},
    }  # fmt: skip
    for path, fields in known.items():
        for name in sorted(names - fields):
            answer = nora.post(path, {name: 1})
            assert (answer.status_code, answer.json()["code"]) == (422, "unknown_field"), name
    for name in sorted(names | {"roles", "reference", "user", "birth_date"}):
        if name != "zone":
            assert nora.patch("me/", {name: "x"}).status_code == 422, name
    assert json.dumps(Booking.objects.values().get(), default=str) == before
