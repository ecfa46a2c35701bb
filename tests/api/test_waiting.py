"""The waiting list over the API, with the same refusals as at the pages."""

from __future__ import annotations

import pytest

from scheduling.models import Booking, Waiting, WaitOffer
from tests.groups import founded
from tests.outbox.acts import booked
from tests.waiting import offered, waiting
from tests.world import LA, NOW, at


@pytest.fixture
def words(world):
    return {"service": str(world.cbt.uuid), "medium": "video", "place": "CA", "zone": LA}


def test_enter_look_and_leave(world, caller, words):
    nora = caller(world.nora)
    done = nora.post("waiting/", words | {"days": [4, 2], "parts": ["evening"]})
    assert done.status_code == 201
    row = done.json()
    assert (row["state"], row["days"], row["parts"]) == ("waiting", [2, 4], ["evening"])
    assert (row["therapist"], row["offer"]) == (None, None)
    assert [one["id"] for one in nora.get("waiting/").json()["results"]] == [row["id"]]
    assert nora.post(f"waiting/{row['id']}/leave/", {}).json()["state"] == "left"
    assert nora.get("waiting/").json()["results"] == []


def test_waiting_for_the_same_again_is_refused(world, caller, words):
    nora = caller(world.nora)
    nora.post("waiting/", words)
    again = nora.post("waiting/", words)
    assert (again.status_code, again.json()["code"]) == (409, "waiting_already")


def test_an_offer_taken_and_one_let_go(world, caller):
    offer = offered(world, waiting(world, world.nora))
    nora = caller(world.nora)
    told = nora.get("waiting/").json()["results"][0]["offer"]
    assert told["start"] == "2027-03-03T10:00:00-08:00"
    assert told["until"] == "2027-03-02T17:00:00Z"
    done = nora.post(f"offers/{offer.uuid}/accept/", {})
    assert (done.status_code, done.json()["state"]) == (200, "booked")
    assert nora.post(f"offers/{offer.uuid}/accept/", {}).json()["id"] == done.json()["id"]
    second = offered(world, waiting(world, world.omar), start=at("2027-03-04", 10))
    omar = caller(world.omar)
    assert omar.post(f"offers/{second.uuid}/decline/", {}).json()["offer"] is None
    late = omar.post(f"offers/{second.uuid}/accept/", {})
    assert (late.status_code, late.json()["code"]) == (409, "offer_gone")


def test_an_earlier_time(world, caller):
    seat = booked(world, start=at("2027-03-10", 10))
    nora = caller(world.nora)
    row = nora.post("waiting/", {"booking": str(seat.uuid)}).json()
    assert row["booking"] == str(seat.uuid)
    offer = offered(world, Waiting.objects.get())
    done = nora.post(f"offers/{offer.uuid}/accept/", {}).json()
    assert (done["id"], done["start"]) == (str(seat.uuid), "2027-03-03T10:00:00-08:00")


def test_a_place_in_a_group(world, caller):
    group = founded(world, capacity=1)
    nora = caller(world.nora)
    said = {"group": str(group.uuid), "place": "CA", "zone": LA}
    row = nora.post("waiting/", said).json()
    assert row["group"] == str(group.uuid)
    assert nora.post("waiting/", said | {"medium": "video"}).status_code == 422
    made = caller(world.dana).post(
        f"waiting/{row['id']}/offer/", {"start": "2027-03-09T16:00-08:00"}
    )
    assert made.status_code == 201
    done = nora.post(f"offers/{made.json()['offer']['id']}/accept/", {})
    assert (done.status_code, done.json()["start"]) == (200, "2027-03-09T16:00:00-08:00")


def test_staff_steer(world, caller, words):
    dana = caller(world.dana)
    row = dana.post("waiting/", words | {"patient": world.nora.reference}).json()
    assert row["patient"]["name"] == "Nora Quill"
    said = {"therapist": str(world.alma.uuid), "start": "2027-03-03T10:00-08:00"}
    made = dana.post(f"waiting/{row['id']}/offer/", said)
    assert made.status_code == 201
    again = dana.post(f"waiting/{row['id']}/offer/", said | {"start": "2027-03-03T12:00-08:00"})
    assert (again.status_code, again.json()["code"]) == (409, "offer_open")
    taken_back = dana.post(f"offers/{made.json()['offer']['id']}/withdraw/", {})
    assert taken_back.json()["offer"] is None
    without = dana.post(f"waiting/{row['id']}/prefer/", {"priority": 3})
    assert without.json()["code"] == "reason_missing"
    first = dana.post(f"waiting/{row['id']}/prefer/", {"priority": 3, "reason": "discharged"})
    assert first.json()["priority"] == 3
    assert WaitOffer.objects.get().state == "withdrawn"


def test_patients_steer_nothing(world, caller):
    """AC2, GR1: not for themselves, and of others they find nothing, not even a number."""
    row = waiting(world, world.nora, therapist=world.alma)
    others = waiting(world, world.omar)
    nora = caller(world.nora)
    told = nora.get(f"waiting/{row.uuid}/").json()
    assert not {"priority", "entered_at", "patient"} & set(told)
    assert (
        nora.post(f"waiting/{row.uuid}/prefer/", {"priority": 1, "reason": "x"}).status_code == 404
    )
    said = {"therapist": str(world.alma.uuid), "start": "2027-03-03T10:00-08:00"}
    assert nora.post(f"waiting/{row.uuid}/offer/", said).status_code == 404
    assert nora.get(f"waiting/{others.uuid}/").status_code == 404
    offer = offered(world, others, now=NOW)
    for verb in ("accept", "decline", "withdraw"):
        assert nora.post(f"offers/{offer.uuid}/{verb}/", {}).status_code == 404
    assert Booking.objects.get(offer=offer).state == "held"
    assert len(nora.get("waiting/").json()["results"]) == 1


def test_one_or_the_other(world, caller, words):
    nora = caller(world.nora)
    assert nora.post("waiting/", {}).status_code == 422
    assert nora.post("waiting/", {"service": words["service"]}).status_code == 422
    seat = booked(world, start=at("2027-03-10", 10))
    assert nora.post("waiting/", words | {"booking": str(seat.uuid)}).status_code == 422
