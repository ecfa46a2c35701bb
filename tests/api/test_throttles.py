"""Taking time is limited by person or address, in the cache that all processes share (BL3)."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import limits
from scheduling.api.throttles import BookingLimit
from tests.web.patient import take
from tests.world import at


@pytest.fixture(autouse=True)
def low(monkeypatch, db):
    cache.clear()
    monkeypatch.setattr("scheduling.actions.hold.MOST_HOLDS", 3)
    monkeypatch.setattr(BookingLimit, "rate", "2/hour")


def test_holds_are_limited_by_address(world, caller, slot):
    """AU8: whatever the caller says of itself."""
    world.clinic.max_holds = 99
    world.clinic.save()
    seen = []
    for n in range(4):
        answer = caller().post(
            "holds/", slot(f"2027-03-02T{10 + n}:00-08:00"), X_Forwarded_For=f"10.0.0.{n}"
        )
        seen.append(answer.status_code)
    assert seen == [201, 201, 201, 429]
    assert answer.json()["code"] == "too_many_holds"
    assert answer.json()["detail"].startswith("Too many times were kept from here just now.")


def test_holds_through_the_pages_and_the_api_are_one_count(world, client, caller, slot):
    """BL3: of an address, and of a person wherever that one is."""
    world.clinic.max_holds = 99
    world.clinic.save()
    for hour in (10, 11):
        assert take(Client(), at("2027-03-02", hour)).status_code == 302
    assert caller().post("holds/", slot("2027-03-02T12:00-08:00")).status_code == 201
    assert caller().post("holds/", slot("2027-03-02T13:00-08:00")).status_code == 429
    assert take(Client(), at("2027-03-02", 13)).status_code == 429
    client.force_login(world.nora.user)
    for hour in (13, 14):
        assert take(client, at("2027-03-02", hour)).status_code == 302
    assert caller(world.nora).post("holds/", slot("2027-03-02T15:00-08:00")).status_code == 201
    assert take(client, at("2027-03-02", 16)).status_code == 429


def test_a_person_is_counted_apart_from_the_address(world, caller, slot):
    for hour in (9, 10, 11, 12):
        caller().post("holds/", slot(f"2027-03-02T{hour:02}:00-08:00"))
    assert caller(world.nora).post("holds/", slot("2027-03-02T14:00-08:00")).status_code == 201


def test_the_limit_passes(world, caller, slot, clock):
    for _ in range(4):
        last = caller().post("holds/", slot())
    assert last.status_code == 429
    clock.shift(timedelta(minutes=limits.MINUTES, seconds=1))
    assert caller().post("holds/", slot("2027-03-02T14:00-08:00")).status_code == 201


def test_looking_and_giving_back_are_not_counted(world, caller, slot):
    held = caller().post("holds/", slot()).json()
    for _ in range(5):
        path, secret = f"holds/{held['id']}/", {"X-Hold-Secret": held["secret"]}
        assert caller().get(path, **secret).status_code == 200
        assert caller().delete(path, **secret).status_code == 204


def test_mass_cancelling_is_limited(world, caller):
    """BL3."""
    nora = caller(world.nora)
    absent = "bookings/00000000-0000-4000-8000-000000000000/cancel/"
    assert [nora.post(absent).status_code for _ in range(3)] == [404, 404, 429]
