"""Series over the API: every date looked at, all or nothing, changed and cancelled from a date."""

from __future__ import annotations

import pytest

from scheduling.models import Booking

MONDAYS = "FREQ=WEEKLY;BYDAY=MO"


@pytest.fixture
def world(world):
    world.clinic.horizon_days = 200
    world.clinic.save()
    return world


@pytest.fixture
def words(world):
    return {
        "service": str(world.cbt.uuid),
        "therapist": str(world.alma.uuid),
        "rule": MONDAYS,
        "first": "2027-03-08",
        "time": "10:00",
        "count": 4,
        "zone": "America/Los_Angeles",
        "medium": "video",
        "place": "CA",
    }


def test_look_then_book(world, caller, words):
    nora = caller(world.nora)
    report = nora.post("series/check/", words).json()["dates"]
    assert [one["free"] for one in report] == [True] * 4
    assert report[1] == {
        "date": "2027-03-15", "start": "2027-03-15T10:00:00-07:00", "free": True, "why": "",
        "near": None, "therapists": [],
    }  # fmt: skip
    made = nora.post("series/", words)
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["rule"], told["time"], told["last"]) == (MONDAYS, "10:00", "2027-03-29")
    assert len(told["bookings"]) == 4
    assert nora.get(f"series/{told['id']}/").json() == told


def test_a_conflict_and_what_could_be_instead(world, caller, words, book):
    book(caller(world.omar), "2027-03-15T10:00-07:00")
    nora = caller(world.nora)
    one = nora.post("series/check/", words).json()["dates"][1]
    assert (one["free"], one["why"]) == (False, "busy")
    assert one["near"] == "2027-03-15T09:00:00-07:00"
    assert one["therapists"] == [str(world.ben.uuid)]
    refused = nora.post("series/", words)
    assert (refused.status_code, refused.json()["code"]) == (409, "series_refused")
    assert refused.json()["dates"] == [{"start": "2027-03-15T10:00:00-07:00", "why": "busy"}]
    assert not Booking.objects.filter(patient=world.nora).exists()
    settled = [
        {"date": "2027-03-08"},
        {"date": "2027-03-15", "therapist": str(world.ben.uuid)},
        {"date": "2027-03-22", "time": "11:00"},
    ]
    made = nora.post("series/", words | {"dates": settled}).json()
    assert [one["start"][:16] for one in made["bookings"]] == [
        "2027-03-08T10:00", "2027-03-15T10:00", "2027-03-22T11:00",
    ]  # fmt: skip


def test_from_a_date_on_it_changes_and_is_cancelled_and_taken_back(world, caller, words):
    nora = caller(world.nora)
    made = nora.post("series/", words).json()
    change = {name: words[name] for name in ("therapist", "zone")}
    change |= {"rule": "FREQ=WEEKLY;BYDAY=TH", "first": "2027-03-25", "time": "14:00", "count": 2}
    after = nora.post(f"series/{made['id']}/change/", change | {"since": "2027-03-22"})
    assert after.status_code == 200, after.content
    after = after.json()
    assert after["follows"] == made["id"] and len(after["bookings"]) == 2
    assert len(nora.get(f"series/{made['id']}/").json()["bookings"]) == 2
    gone = nora.post(f"series/{after['id']}/cancel/", {"since": "2027-04-01"}).json()
    assert [one["state"] for one in gone["bookings"]] == ["booked", "cancelled"]
    back = nora.post(f"series/{after['id']}/undo-cancel/").json()
    assert [one["state"] for one in back["bookings"]] == ["booked", "booked"]


def test_staff_name_the_patient_and_say_why(world, caller, words):
    dana = caller(world.dana)
    hers = words | {"patient": world.nora.reference}
    made = dana.post("series/", hers).json()
    assert made["bookings"][0]["patient"]["reference"] == world.nora.reference
    refused = dana.post(f"series/{made['id']}/cancel/", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "reason_missing")
    assert dana.post(f"series/{made['id']}/cancel/", {"reason": "clinic"}).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rule": "FREQ=DAILY"}, "rule"), ({"rule": "x" * 200}, "rule"), ({"count": 53}, "count"),
        ({"time": "25:00"}, "time"), ({"place": "XX"}, "place"), ({"medium": "fax"}, "medium"),
    ],
)  # fmt: skip
def test_bad_words_are_named(world, caller, words, change, field):
    for path in ("series/", "series/check/"):
        answer = caller(world.nora).post(path, words | change)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"first": "2027-02-31"}, "no_such_date"), ({"zone": "Mars/Base"}, "no_such_zone"),
        ({"surprise": 1}, "unknown_field"), ({"dates": [{"date": "2027-03-09"}]}, "bad_input"),
        ({"dates": []}, "bad_input"),
    ],
)  # fmt: skip
def test_refusals_have_codes(world, caller, words, change, code):
    answer = caller(world.nora).post("series/", words | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_what_is_not_theirs_is_not_there(world, caller, words):
    """AC2: on the series, and on "this and following"."""
    made = caller(world.nora).post("series/", words).json()
    for who in (world.omar, world.ben.user, world.ada, world.mallory):
        other = caller(who)
        for path in ("cancel/", "undo-cancel/"):
            assert other.post(f"series/{made['id']}/{path}").status_code == 404
        assert other.get(f"series/{made['id']}/").status_code == 404
    answer = caller(world.omar).post("series/", words | {"patient": world.nora.reference})
    assert answer.status_code == 404


def test_the_same_key_books_once(world, caller, words):
    nora = caller(world.nora)
    first = nora.post("series/", words, Idempotency_Key="k1")
    again = nora.post("series/", words, Idempotency_Key="k1")
    assert again.json() == first.json() and again["Idempotency-Replayed"] == "true"
    assert Booking.objects.filter(patient=world.nora).count() == 4


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_date_beyond_the_calendar(world, caller, words, day):
    nora, ada = caller(world.nora), caller(world.ada)
    answers = [
        nora.post("series/check/", words | {"first": day}),
        nora.post("series/", words | {"dates": [{"date": day, "time": "10:00"}]}),
        ada.get("utilization/", {"period": "year", "from": day}),
    ]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(422, "no_such_date")] * 3
