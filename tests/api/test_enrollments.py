"""Enrolments over the API: the plan, the whole or nothing, and what becomes of it later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from scheduling.models import Booking, Enrollment
from tests.groups import founded
from tests.programs import four_weeks, program
from tests.web.desk import audited, booked
from tests.world import LA, NOW, at


@pytest.fixture
def days(world):
    """Four weeks of the group on Tuesdays at four and of CBT on Thursdays at ten."""
    return four_weeks(world, founded(world))


@pytest.fixture
def single(days) -> int:
    """The id of the weekly session."""
    return days.parts.get(service__isnull=False).pk


@pytest.fixture
def words(world, days, single) -> dict[str, Any]:
    return {
        "program": str(days.uuid),
        "patient": world.nora.reference,
        "first_day": "2027-03-08",
        "place": "CA",
        "zone": LA,
        "choices": [{"part": single, "therapist": str(world.alma.uuid)}],
    }


@pytest.fixture
def made(world, caller, words) -> dict[str, Any]:
    answer = caller(world.dana).post("enrollments/", words)
    assert answer.status_code == 201, answer.content
    return answer.json()


def mine(world) -> int:
    return Booking.objects.filter(patient=world.nora, live=True).count()


def test_look_then_enrol(world, caller, words):
    dana = caller(world.dana)
    plan = dana.post("enrollments/check/", words)
    assert plan.status_code == 200, plan.content
    plan = plan.json()
    assert plan["fits"] and plan["missing"] == [] and plan["last_day"] == "2027-04-04"
    assert [week["hours"]["planned"] for week in plan["weeks"]] == [140] * 4
    assert plan["weeks"][0]["band"]["least"] == 120
    group, single = plan["parts"]
    assert [one["start"] for one in group["dates"]][:1] == ["2027-03-09T16:00:00-08:00"]
    assert len(single["dates"]) == 4 and all(one["free"] for one in single["dates"])
    assert mine(world) == 0 and Enrollment.objects.count() == 0
    told = dana.post("enrollments/", words)
    assert told.status_code == 201, told.content
    told = told.json()
    assert (told["state"], told["name"], len(told["dates"])) == ("ahead", "Days", 8)
    assert told["patient"]["reference"] == world.nora.reference
    assert dana.get(f"enrollments/{told['id']}/").json() == told
    assert [one.subject_id for one in audited("enrollment.plan")] == [str(world.nora.pk)]


def test_what_is_open_is_refused_with_its_dates_and_settled(world, caller, words, single):
    booked(world, world.omar, at("2027-03-18", 10))
    dana = caller(world.dana)
    refused = dana.post("enrollments/", words)
    assert (refused.status_code, refused.json()["code"]) == (409, "enrollment_refused")
    slot = "2027-03-18T10:00:00-07:00"
    assert refused.json()["parts"] == [{"part": single, "dates": [{"start": slot, "why": "busy"}]}]
    assert mine(world) == 0
    one = next(day for day in dana.post("enrollments/check/", words).json()["parts"][1]["dates"]
               if day["slot"] == slot)  # fmt: skip
    assert (one["open"], one["therapists"]) == (True, [str(world.ben.uuid)])
    choice = words["choices"][0] | {"dates": [{"slot": slot, "therapist": str(world.ben.uuid)}]}
    plan = dana.post("enrollments/check/", words | {"choices": [choice]}).json()
    assert plan["fits"]
    assert dana.post("enrollments/", words | {"choices": [choice]}).status_code == 201
    assert mine(world) == 8


def test_a_date_that_is_left_out(world, caller, words):
    booked(world, world.omar, at("2027-03-18", 10))
    choice = words["choices"][0] | {"dates": [{"slot": "2027-03-18T10:00-07:00"}]}
    answer = caller(world.dana).post("enrollments/", words | {"choices": [choice]})
    assert answer.status_code == 201
    assert mine(world) == 7


def test_pause_resume_and_discharge(world, caller, made):
    dana, one = caller(world.dana), f"enrollments/{made['id']}/"
    away = dana.post(f"{one}pause/", {"first_day": "2027-03-15", "last_day": "2027-03-21"})
    assert away.status_code == 200, away.content
    assert away.json()["pauses"] == [{"first_day": "2027-03-15", "last_day": "2027-03-21"}]
    assert len(away.json()["dates"]) == 6
    said = {"first_day": "2027-03-15"}
    seen = dana.post(f"{one}resume/check/", said).json()
    assert seen["fits"] and [day["name"] for day in seen["dates"]] == ["Evenings", "CBT session"]
    assert seen["weeks"][0]["hours"]["planned"] == 140 and len(seen["weeks"]) == 3
    assert mine(world) == 6
    back = dana.post(f"{one}resume/", said).json()
    assert len(back["dates"]) == 8 and back["pauses"] == []
    over = dana.post(f"{one}discharge/", {"first_day": "2027-03-22"}).json()
    assert (over["last_day"], over["end_reason"], len(over["dates"])) == (
        "2027-03-21", "discharged", 4,
    )  # fmt: skip


def test_what_cannot_come_back_is_refused_with_its_dates_and_left_out(world, caller, made):
    """resume_refused: everything or nothing."""
    dana, one = caller(world.dana), f"enrollments/{made['id']}/"
    dana.post(f"{one}pause/", {"first_day": "2027-03-15"})
    booked(world, world.omar, at("2027-03-18", 10))
    said = {"first_day": "2027-03-15"}
    refused = dana.post(f"{one}resume/", said)
    assert (refused.status_code, refused.json()["code"]) == (409, "resume_refused")
    slot = "2027-03-18T10:00:00-07:00"
    assert refused.json()["dates"] == [{"start": slot, "why": "busy"}]
    assert mine(world) == 2
    seen = dana.post(f"{one}resume/check/", said).json()
    (date,) = [day for day in seen["dates"] if day["open"]]
    assert (date["start"], date["why"], seen["fits"]) == (slot, "busy", False)
    said["leave_out"] = [date["session"]]
    assert dana.post(f"{one}resume/check/", said).json()["fits"]
    assert len(dana.post(f"{one}resume/", said).json()["dates"]) == 7


def test_a_step_and_an_end_are_undone(world, caller, days, made, clock):
    """taken_meanwhile, undo_too_late, illegal_change: a refusal changes nothing."""
    dana, one = caller(world.dana), f"enrollments/{made['id']}/"
    assert dana.post(f"{one}undo/").json()["code"] == "illegal_change"
    after = program(world, days.level, name="Aftercare", weeks=4)
    dana.post(f"{one}step/", {"program": str(after.uuid), "first_day": "2027-03-22"})
    undone = dana.post(f"{one}undo/")
    assert undone.status_code == 200, undone.content
    assert undone.json() == made
    dana.post(f"{one}discharge/", {"first_day": "2027-03-22"})
    taken = booked(world, world.omar, at("2027-03-25", 10))
    refused = dana.post(f"{one}undo/")
    assert (refused.status_code, refused.json()["code"]) == (409, "taken_meanwhile")
    assert refused.json()["dates"] == [{"start": "2027-03-25T10:00:00-07:00", "why": "busy"}]
    assert mine(world) == 4
    dana.post(f"bookings/{taken.uuid}/cancel/", {"reason": "other"})
    clock.move_to(NOW + timedelta(minutes=6))
    assert dana.post(f"{one}undo/").json()["code"] == "undo_too_late"
    clock.move_to(NOW + timedelta(minutes=5))
    assert dana.post(f"{one}undo/").json() == made


def test_a_session_of_it_is_not_moved_past_its_end(world, caller, made):
    """outside_program: by the patient never, by staff with a reason."""
    one = Booking.objects.get(patient=world.nora, start=at("2027-04-01", 10))
    path, there = f"bookings/{one.uuid}/reschedule/", {"start": "2027-04-06T14:00-07:00"}
    refused = caller(world.nora).post(path, there)
    assert (refused.status_code, refused.json()["code"]) == (409, "outside_program")
    dana = caller(world.dana)
    there["reason"] = "patient"
    assert dana.post(path, there).json()["code"] == "outside_program"
    moved = dana.post(path, there | {"override": "A last look"})
    assert moved.status_code == 200, moved.content
    assert moved.json()["start"] == "2027-04-06T14:00:00-07:00"


def test_step_down(world, caller, days, made):
    after = program(world, days.level, name="Aftercare", weeks=4)
    dana, one = caller(world.dana), f"enrollments/{made['id']}/"
    said = {"program": str(after.uuid), "first_day": "2027-03-22"}
    plan = dana.post(f"{one}step/check/", said).json()
    assert plan["falling"] == ["2027-03-23T16:00:00-07:00", "2027-03-30T16:00:00-07:00"]
    assert [day["kept"] for day in plan["parts"][0]["dates"]] == [True, True, False, False]
    new = dana.post(f"{one}step/", said)
    assert new.status_code == 201, new.content
    assert (new.json()["follows"], len(new.json()["dates"])) == (made["id"], 4)
    assert dana.get(one).json()["end_reason"] == "stepped"


def test_patients_read_their_own_and_change_nothing(world, caller, made):
    """AC2, AC4: without what is for staff."""
    nora, one = caller(world.nora), f"enrollments/{made['id']}/"
    told = nora.get(one).json()
    assert "patient" not in told
    assert [place["name"] for place in told["week"]] == ["Evenings", "CBT session"]
    assert [row["id"] for row in nora.get("enrollments/").json()["results"]] == [made["id"]]
    for verb in ("pause", "resume", "resume/check", "discharge", "step", "step/check", "undo"):
        assert nora.post(f"{one}{verb}/", {"first_day": "2027-03-22"}).status_code == 404
    assert mine(world) == 8


def test_what_is_not_theirs_is_not_there(world, caller, words, made):
    """AC2; LG1: asking leaves a record."""
    for who in (world.omar, world.ada, world.pia, world.mallory):
        other = caller(who)
        assert other.get(f"enrollments/{made['id']}/").status_code == 404
        assert audited("enrollment.view")[-1].code == "not_found"
        assert other.get("enrollments/").json()["results"] == []
        assert other.post("enrollments/check/", words).status_code == 404


def test_one_program_at_a_time(world, caller, words, made):
    again = caller(world.dana).post("enrollments/", words)
    assert (again.status_code, again.json()["code"]) == (409, "enrolled_already")


def test_the_same_key_enrols_once(world, caller, words):
    dana = caller(world.dana)
    first = dana.post("enrollments/", words, Idempotency_Key="k1")
    again = dana.post("enrollments/", words, Idempotency_Key="k1")
    assert again.json() == first.json() and again["Idempotency-Replayed"] == "true"
    assert Enrollment.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"first_day": "2027-02-31"}, "no_such_date"),
        ({"first_day": "2027-02-01"}, "in_the_past"),
        ({"surprise": 1}, "unknown_field"),
        ({"choices": [{"part": 0}]}, "invalid"),
        ({"choices": [{"part": 1, "dates": [{"slot": None, "start": "2027-03-18T10:00Z"}]}]},
         "bad_input"),
        ({"place": "XX"}, "invalid"),
    ],
)  # fmt: skip
def test_refusals_have_codes(world, caller, words, change, code):
    for path in ("enrollments/check/", "enrollments/"):
        answer = caller(world.dana).post(path, words | change)
        assert (answer.json()["code"], mine(world)) == (code, 0)
