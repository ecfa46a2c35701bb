"""Hours of programs over the API: one's own, those whom staff know, and numbers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import AuditRow
from scheduling.models import Booking
from tests import courses
from tests.enrolled import MONDAY, enrolled, program, seat
from tests.world import LA, at, patient


@pytest.fixture
def row(world):
    """Nora: three hours attended on Monday, three to come on Thursday; alone with Alma before."""
    seat(world, world.nora, "2027-02-24", minutes=50)
    seat(world, world.nora, "2027-03-01", hour=5, attendance="attended", late_by=15)
    seat(world, world.nora, "2027-03-04")
    return enrolled(program(world), world.nora, weeks=2)


def hours_of(row) -> str:
    return f"enrollments/{row.uuid}/hours/"


def test_a_patient_reads_the_own_hours_and_nothing_of_what_staff_note(world, caller, row):
    told = caller(world.nora).get(hours_of(row)).json()
    assert set(told) == {
        "enrollment", "program", "level", "first_day", "last_day", "paused", "weeks",
    }  # fmt: skip
    first, second = told["weeks"]
    assert (first["first"], first["last"]) == ("2027-03-01", "2027-03-07")
    assert first["hours"] == {
        "planned": 360, "booked": 360, "attended": 165, "excused": 0, "missed": 15,
        "cancelled": 0, "unmarked": 0, "ahead": 180,
    }  # fmt: skip
    assert first["band"] == {"least": 540, "most": 1140, "day_least": None, "days": None}
    assert (first["missing"], second["missing"]) == (195, 540)
    assert first["on_calendar"] and second["on_calendar"]
    assert [one["day"] for one in first["days"]] == ["2027-03-01", "2027-03-04"]


def test_staff_read_what_would_make_up_for_it_and_can_book_that(world, caller, row):
    dana = caller(world.dana)
    told = dana.get(hours_of(row)).json()
    assert (told["patient"]["name"], told["absent"]) == ("Nora Quill", 0)
    one = next(one for one in told["make_ups"] if one["start"] == "2027-03-02T09:00:00-08:00")
    assert (one["therapist"], one["service"]) == (str(world.alma.uuid), str(world.cbt.uuid))
    wanted = {name: one[name] for name in ("start", "medium", "service", "therapist")}
    more = {"place": "CA", "zone": LA, "patient": world.nora.reference}
    assert dana.post("bookings/", wanted | more).status_code == 201
    assert Booking.objects.filter(patient=world.nora, start=at("2027-03-02", 9)).exists()
    assert dana.get(hours_of(row)).json()["weeks"][0]["missing"] == 145


@pytest.mark.parametrize("who", ["omar", "ben", "ada", "mallory"])
def test_to_anybody_else_it_is_not_there(world, caller, row, who):
    """AC2, AC12; LG1: it leaves a record."""
    assert caller(getattr(world, who)).get(hours_of(row)).status_code == 404
    said = AuditRow.objects.filter(object_id=str(row.uuid)).values_list("outcome", flat=True)
    assert list(said) == ["refused"]


def test_who_is_in_a_program_now_with_this_week(world, caller, row):
    other = enrolled(program(world, "Evenings"), world.omar)
    told = caller(world.dana).get("staff/hours/").json()["results"]
    assert [(one["patient"]["name"], one["program"]) for one in told] == [
        ("Nora Quill", "IOP mornings"), ("Omar Quill", "Evenings"),
    ]  # fmt: skip
    assert (told[0]["week"]["missing"], told[0]["ends_soon"]) == (195, True)
    asked = {"program": str(other.program.uuid)}
    some = caller(world.dana).get("staff/hours/", asked).json()["results"]
    assert [one["enrollment"] for one in some] == [str(other.uuid)]
    own = caller(world.alma).get("staff/hours/").json()["results"]
    assert [one["patient"]["name"] for one in own] == ["Nora Quill"]


def test_what_is_not_on_the_calendar_yet_is_not_missing(world, caller):
    group = courses.mornings(world, entry="rolling", module_sessions=1, cycle_sessions=90)
    made = courses.enrolled(world, courses.program(world, group, weeks=14), choices=[])
    weeks = caller(world.nora).get(hours_of(made)).json()["weeks"]
    assert [one["on_calendar"] for one in weeks] == [True] * 12 + [False] * 2
    assert {one["missing"] for one in weeks} == {0}


def test_the_caseload(world, caller, row):
    seat(world, world.omar, "2027-03-02")
    told = caller(world.alma).get("staff/caseload/").json()["results"]
    assert [(one["patient"]["name"], one["next_session"]) for one in told] == [
        ("Nora Quill", "2027-03-04T09:00:00-08:00"),
        ("Omar Quill", "2027-03-02T09:00:00-08:00"),
    ]
    assert (told[0]["program"]["week"]["missing"], told[1]["program"]) == (195, None)
    assert caller(world.ben).get("staff/caseload/").json() == {"results": []}


def test_an_admin_reads_numbers_and_no_small_one(world, caller, row):
    """PR5"""
    told = caller(world.ada).get("staff/hours/numbers/").json()
    assert told == {
        "week": "2027-03-01", "levels": [{"level": "IOP", "people": None}],
        "short": None, "absent": None, "ending": None,
    }  # fmt: skip
    for n in range(9):
        who = patient(world.clinic, f"Person{n}", user=None, consent=False)
        enrolled(row.program, who, MONDAY - timedelta(days=1))
    told = caller(world.ada).get("staff/hours/numbers/").json()
    assert (told["levels"][0]["people"], told["short"]) == (None, None)
    enrolled(row.program, world.omar)
    told = caller(world.ada).get("staff/hours/numbers/").json()
    assert (told["levels"][0]["people"], told["short"]) == (11, None)


def test_every_look_is_audited(world, caller, row):
    """LG1"""
    caller(world.nora).get(hours_of(row))
    caller(world.dana).get("staff/hours/")
    caller(world.alma).get("staff/caseload/")
    rows = AuditRow.objects.filter(subject_kind="patient", subject_id=str(world.nora.pk))
    assert set(rows.values_list("action", flat=True)) >= {
        "enrollment.hours", "enrollment.list", "caseload.view",
    }  # fmt: skip
