"""Staff take a patient into a program: every date and each week's hours first, then the whole."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.models import Booking, Enrollment, LevelRule, Member, Program, Waiting
from tests.groups import comes_in, founded
from tests.programs import four_weeks
from tests.web.desk import DESK, at_work, audited, booked
from tests.web.patient import text_of
from tests.web.visitor import Visitor
from tests.world import World, at, build, patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
C = "/c/harbor/"


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def days(world) -> Program:
    """Four weeks of the group on Tuesdays at four and of CBT on Thursdays at ten."""
    return four_weeks(world, founded(world))


@pytest.fixture
def dana(world) -> Visitor:
    return Visitor(at_work(world.dana))


def plans(visitor: Visitor, world: World, **said: str) -> Visitor:
    """Staff look at the plan of Nora's, from Monday, March 8."""
    visitor.goes(f"{C}enroll/{world.nora.uuid}/")
    what = {"program": str(Program.objects.get().uuid), "first": "2027-03-08"} | said
    return visitor.presses("Check the dates", **what)


def starts() -> list[int]:
    rows = Booking.objects.filter(live=True, session__series__isnull=False)
    return list(rows.order_by("start").values_list("start", flat=True))


def test_from_the_patients_page_to_the_whole_program(world, days, dana):
    """Issue 4: the week is laid on the calendar, looked at, and booked whole."""
    dana.goes(f"{DESK}patients/{world.nora.uuid}/").follows("Enrol in a program")
    plans(dana, world)
    assert "8 dates can be booked. Nothing stands against it." in dana.reads
    assert Enrollment.objects.count() == 0, "looking books nothing"
    dana.presses("Enrol")
    assert "8 sessions are booked, and the patient is told once." in dana.reads
    row = Enrollment.objects.get()
    assert (row.patient, row.program, row.first_day) == (world.nora, days, date(2027, 3, 8))
    assert len(starts()) == 8
    assert Member.objects.get(patient=world.nora).enrollment == row
    assert "in the program" not in dana.reads and "begins later" in dana.reads
    assert "Every Thursday at 10:00 AM (Los Angeles)" in dana.reads
    assert "Days" in dana.goes(f"{DESK}patients/{world.nora.uuid}/").reads
    assert [one.code for one in audited("enrollment.enroll")] == [""]


def test_each_weeks_hours_stand_against_the_band(world, days, dana):
    """Before anything is saved: 90 and 50 minutes a week are 2:20."""
    assert "Mar 8 2:20 within" in plans(dana, world).reads
    LevelRule.objects.update(min_minutes=180, max_minutes=240)
    assert "Mar 8 2:20 40 min below" in plans(dana, world).reads
    LevelRule.objects.update(min_minutes=0, max_minutes=120)
    assert "Mar 8 2:20 20 min above" in plans(dana, world).reads


def test_a_conflict_is_told_and_settled_by_another_time(world, days, dana):
    """The therapist is busy on one Thursday; Ben is free then, Alma an hour later."""
    booked(world, world.omar, at("2027-03-18", 10))
    plans(dana, world)
    assert "1 thing is to be decided." in dana.reads
    assert "Thursday, March 18, 2027, 10:00 AM PDT The therapist has another session" in dana.reads
    assert "At this time with Ben" in dana.reads
    fields = dana.fields("Enrol")
    name = next(one for one in fields if one.startswith("date-"))
    dana.presses("Count again", **{name: f"with:{world.ben.uuid}"})
    assert "8 dates can be booked" in dana.reads
    dana.presses("Enrol", **{name: f"with:{world.ben.uuid}"})
    assert len(starts()) == 8
    seat = Booking.objects.get(start=at("2027-03-18", 10), patient=world.nora)
    assert seat.session.occupancies.get().profile == world.ben


def test_what_nobody_settles_is_left_out(world, days, dana):
    booked(world, world.omar, at("2027-03-18", 10))
    plans(dana, world).presses("Enrol")
    assert at("2027-03-18", 10) not in starts()
    assert len(starts()) == 7


def test_nothing_is_booked_when_a_time_is_gone_meanwhile(world, days, dana):
    """Whole or not at all: what was taken after the look is told, and nothing was changed."""
    plans(dana, world)
    booked(world, world.omar, at("2027-03-18", 10))
    dana.presses("Enrol")
    assert dana.response.status_code == 409
    assert "Please decide about them." in dana.reads
    assert "CBT session: Thursday, March 18, 2027, 10:00 AM PDT" in dana.reads
    assert Enrollment.objects.count() == 0
    assert starts() == []
    dana.presses("Enrol")
    assert len(starts()) == 7, "now it was seen, and left out"


def test_a_full_group_leads_to_its_waiting_list(world, days, dana):
    group = days.parts.get(group__isnull=False).group
    group.capacity = 1
    group.save()
    comes_in(world, group, world.omar)
    plans(dana, world)
    assert "No place is open in this group." in dana.reads
    part = days.parts.get(group=group).pk
    dana.presses("Enrol")
    assert "Please decide about them" in dana.reads
    assert Enrollment.objects.count() == 0
    dana.presses("Enrol", **{f"how-{part}": "wait"})
    assert Waiting.objects.get().group == group
    assert len(starts()) == 4 + 12, "four Thursdays, and Omar's Tuesdays"
    assert "On the waiting list" in dana.reads


def test_a_part_is_left_out(world, days, dana):
    part = days.parts.get(group__isnull=False).pk
    plans(dana, world).presses("Enrol", **{f"how-{part}": "leave"})
    assert len(starts()) == 4
    assert not Member.objects.exists()


def test_another_time_and_therapist_for_the_weekly_session(world, days, dana):
    part = days.parts.get(service__isnull=False).pk
    plans(dana, world)
    more = {f"part{part}-weekday": "4", f"part{part}-at": "11:00"}
    dana.presses("Check the dates", **more, **{f"part{part}-therapist": str(world.ben.uuid)})
    dana.presses("Enrol")
    assert at("2027-03-12", 11) in starts()
    seat = Booking.objects.get(start=at("2027-03-12", 11))
    assert seat.session.occupancies.get().profile == world.ben


def test_consent_is_asked_for_before(world, days, dana):
    """TH3: what is not signed is told with the way to sign it; there is no button to pass by."""
    owen = patient(world.clinic, "Owen", consent=False)
    dana.goes(f"{C}enroll/{owen.uuid}/")
    said = {"program": str(days.uuid), "first": "2027-03-08"}
    dana.presses("Check the dates", **said)
    assert "Still to be signed" in dana.reads
    answer = dana.client.post(dana.at)
    assert answer.status_code == 422
    assert "Please read and accept the consent" in text_of(answer)
    assert Enrollment.objects.count() == 0


def test_who_is_in_a_program_is_led_to_step(world, days, dana):
    plans(dana, world).presses("Enrol")
    plans(dana, world)
    assert "In Days from March 8, 2027 to April 4, 2027." in dana.reads
    dana.presses("Enrol")
    assert "This patient is in a program at that time already." in dana.reads
    assert Enrollment.objects.count() == 1


def test_a_day_that_has_passed(world, days, dana):
    plans(dana, world, first="2027-02-28")
    assert dana.response.status_code == 422
    assert "This day has passed" in dana.reads


def test_no_program_takes_people_in(world, dana):
    assert "No program takes people in" in dana.goes(f"{C}enroll/{world.nora.uuid}/").reads


def test_therapists_enrol_their_own_patients_alone(world, days):
    """AC3: a therapist whom the patient never saw does not find them."""
    booked(world, world.nora)
    page = f"{C}enroll/{world.nora.uuid}/"
    assert at_work(world.alma.user).get(page).status_code == 200
    assert at_work(world.ben.user).get(page).status_code == 404
    assert at_work(world.ada).get(page).status_code == 404


def test_nobody_enrols_themselves(world, days):
    """AC4: staff who are patients too are treated as patients."""
    world.nora.user = world.dana
    world.nora.save()
    assert at_work(world.dana).get(f"{C}enroll/{world.nora.uuid}/").status_code == 404


def test_looking_leaves_a_record(world, days, dana):
    """LG1."""
    plans(dana, world)
    assert {one.subject_id for one in audited("enrollment.plan")} == {str(world.nora.pk)}


def test_what_is_forged_is_left_out(world, days, dana):
    """A therapist who is not free, and a time that is none, book nothing for that date."""
    booked(world, world.omar, at("2027-03-18", 10))
    plans(dana, world)
    fields = dana.fields("Enrol")
    name = next(one for one in fields if one.startswith("date-"))
    dana.presses("Enrol", **{name: f"with:{world.alma.uuid}"})
    assert len(starts()) == 7


def test_the_page_of_a_plan_costs_the_same_for_a_few_weeks_and_many(world, days, dana):
    """However many weeks: every date is looked at, none is asked for by itself."""
    world.clinic.horizon_days = 400
    world.clinic.save()
    counts = []
    for weeks in (2, 2, 9):  # the first warms what the process keeps
        days.weeks = weeks
        days.save()
        asked = {"program": days.uuid, "first": "2027-03-08", "place": "CA", "medium": "video"}
        with CaptureQueriesContext(connection) as sent:
            page = dana.client.get(f"{C}enroll/{world.nora.uuid}/", asked)
        assert f"{2 * weeks} dates can be booked" in text_of(page)
        counts.append(len(sent))
    assert counts[1] == counts[2] <= 55
