"""Free times over the API: open to everybody, on the wall clock of the patient."""

from datetime import UTC, datetime

import pytest

from scheduling.models import WeeklyHours
from tests.world import LA, NY, World


@pytest.fixture
def asked(world: World):
    def query(**said: str) -> dict[str, str]:
        return {
            "service": str(world.cbt.uuid),
            "place": "CA",
            "zone": LA,
            "from": "2027-03-02T00:00-08:00",
            "until": "2027-03-03T00:00-08:00",
        } | said

    return query


def starts(answer, name: str = "Alma") -> list[str]:
    assert answer.status_code == 200, answer.content
    return next((o["starts"] for o in answer.json()["therapists"] if o["name"] == name), [])


def test_times_stand_on_the_patients_wall_clock(caller, asked):
    told = starts(caller().get("slots/", asked()))
    assert told[0] == "2027-03-02T09:00:00-08:00"
    assert told[-1] == "2027-03-02T16:00:00-08:00"
    there = starts(caller().get("slots/", asked(zone=NY)))
    assert there[0] == "2027-03-02T12:00:00-05:00"
    assert len(there) == len(told) == 29


def test_over_the_change_of_the_clock(caller, asked):
    """Sunday night, March 14, 2027: Monday's nine o'clock has another offset."""
    query = asked(**{"from": "2027-03-12T00:00-08:00", "until": "2027-03-16T00:00-07:00"})
    told = starts(caller().get("slots/", query))
    assert "2027-03-12T09:00:00-08:00" in told and "2027-03-15T09:00:00-07:00" in told


def test_the_plus_of_an_offset_is_read(caller, asked):
    told = starts(caller().get("slots/", asked(**{"from": "2027-03-02T18:00+00:00"})))
    assert told[0] == "2027-03-02T10:00:00-08:00"


def test_a_week_from_now_by_default(caller, asked):
    query = asked()
    del query["from"], query["until"]
    told = starts(caller().get("slots/", query))
    assert told[0] == "2027-03-01T11:00:00-08:00"  # two hours' notice
    assert told[-1] < "2027-03-08T09:00:00-08:00"


@pytest.mark.parametrize(("part", "first"), [("morning", "09:00"), ("afternoon", "12:00")])
def test_a_part_of_the_patients_day(caller, asked, part: str, first: str):
    told = starts(caller().get("slots/", asked(part=part)))
    assert told[0] == f"2027-03-02T{first}:00-08:00"
    assert all((start[11:16] < "12:00") == (part == "morning") for start in told)


def test_one_therapist_or_a_language(world, caller, asked):
    world.ben.languages = "en,es"
    world.ben.save()
    for query in (asked(therapist=str(world.ben.uuid)), asked(language="es")):
        told = caller().get("slots/", query).json()["therapists"]
        assert [one["name"] for one in told] == ["Ben"]


def test_only_who_is_licensed_where_the_patient_will_be(caller, asked):
    """TH2."""
    told = caller().get("slots/", asked(place="NY")).json()["therapists"]
    assert [one["name"] for one in told] == ["Ben"]
    assert caller().get("slots/", asked(place="TX")).json()["therapists"] == []


def test_what_is_booked_is_not_offered(world, caller, asked, book):
    book(caller(world.nora))
    told = starts(caller().get("slots/", asked()))
    assert "2027-03-02T10:00:00-08:00" not in told
    assert "2027-03-02T11:00:00-08:00" in told


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"zone": "Mars/Olympus"}, 422, "no_such_zone"),
        ({"from": "2027-02-30T10:00-08:00"}, 422, "no_such_date"),
        ({"from": "2027-03-02T10:00"}, 422, "invalid"),
        ({"from": "9999-12-31T23:59Z"}, 409, "too_far_ahead"),
        ({"until": "2027-06-01T00:00Z"}, 422, "bad_input"),
        ({"place": "XX"}, 422, "invalid"),
        ({"medium": "letter"}, 422, "invalid"),
        ({"service": "1"}, 422, "invalid"),
        ({"service": "00000000-0000-4000-8000-000000000000"}, 404, "not_found"),
        ({"ordering": "id"}, 400, "bad_parameter"),
    ],
)
def test_what_cannot_be_asked(caller, asked, said, status: int, code: str):
    answer = caller().get("slots/", asked(**said))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_same_parameter_twice(world, caller, asked):
    answer = caller().get("slots/?zone=UTC&zone=UTC")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")


def test_a_fixed_number_of_queries(world, caller, asked, django_assert_num_queries):
    """The clinic, the service, the search's three, whose they are."""
    stranger, query = caller(), asked()
    with django_assert_num_queries(6):
        stranger.get("slots/", query)


def test_next_available_jumps_over_empty_weeks(world, caller, asked):
    query = asked(place="CA", therapist=str(world.alma.uuid))
    del query["until"]
    WeeklyHours.objects.filter(therapist=world.alma).update(valid_from="2027-04-05")
    told = caller().get("next-available/", query).json()
    assert told == {
        "start": "2027-04-05T09:00:00-07:00",
        "therapist": str(world.alma.uuid),
        "name": "Alma",
    }


def test_next_available_may_be_none(caller, asked):
    query = asked(place="TX")
    del query["until"]
    assert caller().get("next-available/", query).json() == {
        "start": None,
        "therapist": None,
        "name": None,
    }


def test_the_past_is_cut_off(caller, asked, clock):
    clock.move_to(datetime(2027, 3, 2, 20, 0, tzinfo=UTC))  # noon in Los Angeles
    told = starts(caller().get("slots/", asked()))
    assert told[0] == "2027-03-02T14:00:00-08:00"
