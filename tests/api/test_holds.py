"""Keep a time over the API, with or without an account."""

from datetime import timedelta

import pytest

from scheduling.models import Booking


@pytest.fixture
def held(caller, slot):
    answer = caller().post("holds/", slot())
    assert answer.status_code == 201, answer.content
    return answer.json()


def own(held) -> dict[str, str]:
    return {"X_Hold_Secret": held["secret"]}


def test_anybody_may_hold_a_time(world, held):
    assert held["state"] == "held"
    assert (held["start"], held["end"]) == (
        "2027-03-02T10:00:00-08:00",
        "2027-03-02T10:50:00-08:00",
    )
    assert held["therapist"]["name"] == "Alma"
    assert {one["form"] for one in held["consents"]} == {"telehealth", "mail"}
    assert held["secret"] not in str(Booking.objects.values().get())


def test_it_is_shown_to_whoever_has_its_secret(caller, held):
    """AC2: a wrong secret, none, and no such hold are one answer."""
    shown = caller().get(f"holds/{held['id']}/", **{"X-Hold-Secret": held["secret"]})
    assert shown.json() == {name: held[name] for name in held if name != "secret"}
    answers = [
        caller().get(f"holds/{held['id']}/", **{"X-Hold-Secret": "guess"}),
        caller().get(f"holds/{held['id']}/"),
        caller().get("holds/00000000-0000-4000-8000-000000000000/"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_it_can_be_extended_once(caller, held, clock):
    clock.shift(timedelta(minutes=9))
    longer = caller().post(f"holds/{held['id']}/extend/", **own(held))
    assert longer.json()["held_until"] == "2027-03-01T17:19:00Z"
    again = caller().post(f"holds/{held['id']}/extend/", **own(held))
    assert (again.status_code, again.json()["code"]) == (409, "extended_already")


def test_it_ends_by_itself(caller, held, clock):
    clock.shift(timedelta(minutes=10))
    shown = caller().get(f"holds/{held['id']}/", **{"X-Hold-Secret": held["secret"]})
    assert shown.json()["state"] == "expired"
    late = caller().post(f"holds/{held['id']}/extend/", **own(held))
    assert (late.status_code, late.json()["code"]) == (409, "hold_expired")


def test_given_back_it_is_free_again(world, caller, held, slot):
    for _ in range(2):  # doing it twice is no error
        assert caller().delete(f"holds/{held['id']}/", **own(held)).status_code == 204
    assert caller().post("holds/", slot()).status_code == 201


def test_nobody_elses_can_be_given_back(caller, held, slot):
    assert caller().delete(f"holds/{held['id']}/", X_Hold_Secret="guess").status_code == 404
    assert caller().post("holds/", slot()).json()["code"] == "slot_gone"


def test_a_start_may_be_said_on_the_wall_clock(caller, slot):
    body = slot(date="2027-03-02", time="10:00")
    del body["start"]
    assert caller().post("holds/", body).json()["start"] == "2027-03-02T10:00:00-08:00"


@pytest.mark.parametrize(
    "said",
    [
        {"date": "2027-03-02", "time": "10:00"},  # both ways at once
        {"start": None, "date": "2027-03-02"},
        {"start": None},
    ],
)
def test_a_start_is_said_in_one_way(caller, slot, said):
    body = {name: value for name, value in (slot() | said).items() if value is not None}
    answer = caller().post("holds/", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "start"


def test_a_persons_holds_are_counted_together(world, caller, slot):
    """BL3: two at a time; the third is refused, other people's are not."""
    nora = caller(world.nora)
    assert nora.post("holds/", slot()).status_code == 201
    assert nora.post("holds/", slot("2027-03-02T13:00-08:00")).status_code == 201
    third = nora.post("holds/", slot("2027-03-02T15:00-08:00"))
    assert (third.status_code, third.json()["code"]) == (429, "too_many_holds")
    assert caller(world.omar).post("holds/", slot("2027-03-02T15:00-08:00")).status_code == 201


def test_a_strangers_holds_have_one_owner_if_told_so(caller, slot):
    first = caller().post("holds/", slot()).json()
    with_it = {"X_Hold_Secret": first["secret"]}
    second = caller().post("holds/", slot("2027-03-02T13:00-08:00"), **with_it)
    assert second.json()["secret"] == first["secret"]
    third = caller().post("holds/", slot("2027-03-02T15:00-08:00"), **with_it)
    assert third.json()["code"] == "too_many_holds"
