"""A therapist's caseload: whom they treat, and how the week of each stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import AuditRow
from tests.doors import sign_in
from tests.enrolled import MONDAY, enrolled, program, seat
from tests.web.patient import HOME, text_of
from tests.web.therapist import cover
from tests.world import World, build, patient

pytestmark = pytest.mark.django_db
CASELOAD = f"{HOME}caseload/"


@pytest.fixture
def world(clock) -> World:
    return build()


@pytest.fixture
def alma(world) -> Client:
    return sign_in(Client(), world.alma.user)


def lines(client: Client) -> dict:
    return {one["name"]: one for one in client.get(CASELOAD).context["lines"]}


def test_next_session_program_and_hours(world, alma):
    enrolled(program(world), world.nora)
    seat(world, world.nora, "2027-03-01", hour=6, attendance="attended")
    seat(world, world.nora, "2027-03-03", hour=10)
    seat(world, world.nora, "2027-03-05", hour=10, host=world.ben)
    page = alma.get(CASELOAD)
    shown = text_of(page)
    assert "Nora Quill" in shown
    assert "Wednesday, March 3, 2027, 10:00 AM PST (Los Angeles)" in shown
    assert "IOP mornings until Sunday, May 23, 2027" in shown
    assert "3 hours attended, 6 hours to come 9 to 19 hours a week" in shown
    assert "short" not in shown
    bar = page.context["lines"][0]["program"]["bar"]
    assert [tuple(part) for part in bar.parts] == [("attended", 0, 157), ("ahead", 157, 315)]
    assert bar.least == 473


def test_who_is_short_or_stays_away_stands_on_top(world, alma):
    enrolled(program(world), world.omar)
    seat(world, world.omar, "2027-03-03")
    zoe = patient(world.clinic, "Zoe")
    for day in ("2027-02-22", "2027-02-23", "2027-02-24", "2027-02-25"):
        seat(world, zoe, day, minutes=50, attendance="no_show")
    seat(world, world.nora, "2027-03-04")
    found = lines(alma)
    assert list(found) == ["Omar Quill", "Zoe Quill", "Nora Quill"]
    assert found["Omar Quill"]["chips"] == [("6 hours short", "danger")]
    assert found["Zoe Quill"]["chips"] == [("4 absences in a row", "warn")]
    shown = text_of(alma.get(CASELOAD))
    assert "None are asked for" in shown
    assert "6 hours short by Sunday, March 7, 2027; 7 days are left" in shown


def test_a_program_that_ends_within_three_weeks(world, alma):
    enrolled(program(world), world.nora, MONDAY - timedelta(weeks=9), weeks=12)
    seat(world, world.nora, "2027-03-04")
    assert ("Ends soon", "") in lines(alma)["Nora Quill"]["chips"]


def test_only_the_own_caseload_and_what_is_covered(world, alma):
    """AC12: a colleague's patients are not there, but for the days of a cover."""
    seat(world, world.nora, "2027-03-03")
    seat(world, world.omar, "2027-03-03", host=world.ben)
    assert set(lines(alma)) == {"Nora Quill"}
    cover(world.alma, world.ben, "2027-03-01", "2027-03-02")
    assert set(lines(alma)) == {"Nora Quill", "Omar Quill"}


def test_nobody_after_twelve_weeks_without_a_session(world, alma):
    seat(world, world.nora, "2026-12-01")
    assert "Nobody yet" in text_of(alma.get(CASELOAD))


def test_staff_who_are_patients_do_not_meet_themselves(world, alma):
    """AC12"""
    own = patient(world.clinic, "Alma", user=world.alma.user)
    seat(world, own, "2027-03-03", host=world.ben)
    cover(world.alma, world.ben, "2027-03-01", "2027-03-02")
    assert lines(alma) == {}


def test_a_look_is_audited_for_everybody_shown(world, alma):
    """LG1"""
    seat(world, world.nora, "2027-03-03")
    seat(world, world.omar, "2027-03-04")
    alma.get(CASELOAD)
    rows = AuditRow.objects.filter(action="caseload.view").values_list("subject_id", flat=True)
    assert set(rows) == {str(world.nora.pk), str(world.omar.pk)}


def test_it_costs_the_same_however_many_are_on_it(world, alma, django_assert_num_queries):
    what, people = program(world), [world.nora, world.omar, patient(world.clinic, "Zoe")]
    alma.get(CASELOAD)
    for day, who in enumerate(people):
        enrolled(what, who)
        seat(world, who, MONDAY + timedelta(days=day))
        with django_assert_num_queries(13):
            assert len(alma.get(CASELOAD).context["lines"]) == day + 1


@pytest.mark.parametrize("who", ["dana", "ada", "nora", "mallory"])
def test_it_is_there_for_therapists_alone(world, who):
    person = getattr(world, who)
    client = sign_in(Client(), getattr(person, "user", person))
    assert client.get(CASELOAD).status_code == 404
