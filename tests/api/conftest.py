"""Who calls the API in these tests, and what they say."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.test import Client

from accounts.models import Clinic, Patient, Therapist, User
from tests.api.caller import Caller, hold_body, token
from tests.world import World, build


@pytest.fixture
def world(db, clock) -> World:
    return build()


@pytest.fixture
def caller(world):
    """`caller(world.nora)` with a token; `caller()` is nobody."""

    def made(who: User | Patient | Therapist | None = None, clinic: Clinic | None = None):
        home = clinic or world.clinic
        account = getattr(who, "user", who)
        headers = {"Authorization": f"Bearer {token(account, home)}"} if account else {}
        return Caller(Client(), home, headers)

    return made


@pytest.fixture
def slot(world):
    """`slot(start, place="NY")`: the body of a hold."""
    return partial(hold_body, world)


@pytest.fixture
def book(slot):
    """`book(caller, start)`: hold and confirm; answers the booking as told."""

    def booked(who: Caller, start: str = "2027-03-02T10:00-08:00", **said: Any) -> dict[str, Any]:
        held = who.post("holds/", slot(start, **said))
        assert held.status_code == 201, held.content
        hold = {"hold": held.json()["id"], "secret": held.json()["secret"]}
        answer = who.post("bookings/", hold)
        assert answer.status_code == 201, answer.content
        return answer.json()

    return booked
