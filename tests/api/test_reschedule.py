"""Move a booking over the API: the same booking at another time."""

from datetime import UTC, datetime

import pytest

from scheduling.models import Booking, JoinLink
from tests.world import NY


@pytest.fixture
def hers(world, caller, book):
    return book(caller(world.nora))


def test_it_stays_the_same_booking(world, caller, hers):
    nora = caller(world.nora)
    links = set(JoinLink.objects.values_list("token_hash", flat=True))
    moved = nora.post(f"bookings/{hers['id']}/reschedule/", {"start": "2027-03-03T11:00-08:00"})
    assert moved.status_code == 200
    told = moved.json()
    assert (told["id"], told["reference"]) == (hers["id"], hers["reference"])
    assert told["start"] == "2027-03-03T11:00:00-08:00"
    assert set(JoinLink.objects.values_list("token_hash", flat=True)) == links


def test_therapist_medium_and_zone_may_change_with_it(world, caller, hers):
    told = (
        caller(world.nora)
        .post(
            f"bookings/{hers['id']}/reschedule/",
            {
                "date": "2027-03-03",
                "time": "13:00",
                "zone": NY,
                "therapist": str(world.ben.uuid),
                "medium": "telephone",
                "place": "NY",
            },
        )
        .json()
    )
    assert told["therapist"]["name"] == "Ben"
    assert (told["medium"], told["place"]) == ("telephone", "NY")
    assert told["start"] == "2027-03-03T13:00:00-05:00"


def test_who_loses_keeps_the_old_time_and_gets_three_others(world, caller, hers, book):
    book(caller(world.omar), "2027-03-03T11:00-08:00")
    lost = caller(world.nora).post(
        f"bookings/{hers['id']}/reschedule/", {"start": "2027-03-03T11:00-08:00"}
    )
    assert (lost.status_code, lost.json()["code"]) == (409, "slot_gone")
    near = lost.json()["nearest"]
    assert [one["start"] for one in near] == [
        "2027-03-03T10:00:00-08:00",
        "2027-03-03T12:00:00-08:00",
        "2027-03-03T09:45:00-08:00",
    ]
    assert {one["therapist"] for one in near} == {str(world.alma.uuid)}
    assert Booking.objects.get(uuid=hers["id"]).starts_at == datetime(2027, 3, 2, 18, tzinfo=UTC)


def test_the_desk_moves_with_a_reason(world, caller, hers):
    six = {"start": "2027-03-03T18:00-08:00"}
    assert caller(world.dana).post(f"bookings/{hers['id']}/reschedule/", six).status_code == 422
    six |= {"reason": "patient"}
    path = f"bookings/{hers['id']}/reschedule/"
    assert caller(world.dana).post(path, six).json()["code"] == "outside_hours"
    assert caller(world.dana).post(path, six | {"override": "Asked for"}).status_code == 200


def test_patients_set_no_rule_aside(world, caller, hers):
    answer = caller(world.nora).post(
        f"bookings/{hers['id']}/reschedule/",
        {"start": "2027-03-03T18:00-08:00", "override": "I want to"},
    )
    assert answer.status_code == 404


def test_it_needs_a_start(world, caller, hers):
    answer = caller(world.nora).post(f"bookings/{hers['id']}/reschedule/", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
