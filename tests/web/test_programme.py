"""Who is in a program: who needs a look, one's hours week by week, and one click that helps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import AuditRow, Consent, Membership
from scheduling.engine.recurrence import weekly
from scheduling.models import Booking
from scheduling.queries.repeat import Pattern
from tests import courses
from tests.doors import sign_in
from tests.enrolled import MONDAY, enrolled, paused, program, seat
from tests.groups import founded
from tests.web.patient import HOME, text_of
from tests.world import LA, World, at, build, patient

pytestmark = pytest.mark.django_db
NOW_IN = f"{HOME}programs/"


@pytest.fixture
def world(clock) -> World:
    return build()


@pytest.fixture
def dana(world) -> Client:
    return sign_in(Client(), world.dana)


@pytest.fixture
def alma(world) -> Client:
    return sign_in(Client(), world.alma.user)


def hours_of(row, what: str = "") -> str:
    return f"{HOME}enrollments/{row.uuid}/hours/{what}"


def php(world):
    return program(world, "PHP days", "php", min_minutes=1200, max_minutes=2400)


def names(page, what: str) -> list[str]:
    return [one["name"] for one in page.context[what]]


# Everybody


def test_how_many_are_in_each_program_by_level(world, dana):
    mornings, days = (
        program(world),
        php(world),
    )
    days.level.rank = 40
    days.level.save()
    for what, who in ((mornings, world.nora), (mornings, world.omar)):
        enrolled(what, who)
    enrolled(days, patient(world.clinic, "Zoe"))
    enrolled(days, patient(world.clinic, "Yan"), MONDAY + timedelta(weeks=1))
    page = dana.get(NOW_IN)
    assert page.context["census"] == [("PHP", "PHP days", 1), ("IOP", "IOP mornings", 2)]


def test_who_is_short_before_the_week_is_lost(world, dana):
    row = enrolled(program(world), world.nora)
    for day in ("2027-03-02", "2027-03-04"):
        seat(world, world.nora, day)
    page = dana.get(NOW_IN)
    assert names(page, "short") == ["Nora Quill"]
    shown = text_of(page)
    assert "3 hours short by Sunday, March 7, 2027; 7 days are left" in shown
    assert "Find make-up hours" in shown
    assert f"{hours_of(row)}#make-up" in page.content.decode()
    seat(world, world.nora, "2027-03-05")
    assert names(dana.get(NOW_IN), "short") == []


def test_who_missed_four_in_a_row(world, dana):
    enrolled(program(world), world.nora, MONDAY - timedelta(weeks=1))
    for day in ("2027-02-23", "2027-02-24", "2027-02-25"):
        seat(world, world.nora, day, attendance="no_show")
    assert names(dana.get(NOW_IN), "misses") == []
    seat(world, world.nora, "2027-02-26", attendance="excused")
    page = dana.get(NOW_IN)
    assert names(page, "misses") == ["Nora Quill"]
    assert "4 absences in a row" in text_of(page)
    call = page.context["misses"][0]
    assert (call["do"], call["url"]) == (
        "Call them", f"{HOME}desk/patients/{world.nora.uuid}/",
    )  # fmt: skip


@pytest.mark.parametrize(("weeks", "soon"), [(3, ["Nora Quill"]), (4, [])])
def test_whose_enrolment_ends_within_three_weeks(world, dana, weeks, soon):
    row = enrolled(program(world), world.nora, weeks=weeks)
    page = dana.get(NOW_IN)
    assert names(page, "ending") == soon
    assert (f'href="{HOME}enrollments/{row.uuid}/"' in page.content.decode()) == bool(soon)


def test_whoever_pauses_is_not_short(world, dana):
    paused(enrolled(program(world), world.nora), MONDAY)
    page = dana.get(NOW_IN)
    assert (names(page, "short"), names(page, "everybody")) == ([], ["Nora Quill"])
    assert "Paused" in text_of(page)


def test_a_therapist_finds_the_own_caseload_alone(world, alma):
    """AC12"""
    what = program(world)
    enrolled(what, world.nora)
    enrolled(what, world.omar)
    seat(world, world.nora, "2027-03-03")
    page = alma.get(NOW_IN)
    assert names(page, "everybody") == ["Nora Quill"]
    assert "Omar" not in text_of(page)


def test_an_admin_reads_numbers_and_no_name_and_no_small_one(world):
    """PR5, house rule: an admin sees numbers; what is under eleven is not told."""
    what, few = (
        program(world),
        php(world),
    )
    people = [patient(world.clinic, f"Person{n}", user=None, consent=False) for n in range(33)]
    for who in people[:30]:
        enrolled(what, who)
    for who in people[30:]:
        enrolled(few, who)
    ada = sign_in(Client(), world.ada)
    page = ada.get(NOW_IN)
    shown = text_of(page)
    assert "Person" not in shown and "Quill" not in shown
    assert "Nobody is in a program" not in shown
    numbers = page.context["numbers"]
    assert dict(numbers.levels) == {"IOP": None, "PHP": None}
    assert (numbers.short, numbers.misses, numbers.ending) == (None, None, None)
    assert "when the week of Monday, March 1, 2027 began" in shown
    assert "not told" in shown


def test_numbers_that_are_large_enough_are_told(world):
    """PR5"""
    what = program(world)
    for n in range(24):
        who = patient(world.clinic, f"Person{n}", user=None, consent=False)
        enrolled(what, who, weeks=3 if n < 12 else 12)
    numbers = sign_in(Client(), world.ada).get(NOW_IN).context["numbers"]
    assert (dict(numbers.levels), numbers.ending, numbers.short) == ({"IOP": 24}, 12, None)


def test_an_admin_who_is_at_the_desk_too_reads_names(world):
    enrolled(program(world), world.nora)
    Membership.objects.create(clinic=world.clinic, user=world.ada, role="desk")
    page = sign_in(Client(), world.ada).get(NOW_IN)
    assert names(page, "everybody") == ["Nora Quill"]


def test_a_look_is_audited_for_everybody_shown(world, dana):
    """LG1"""
    row = enrolled(program(world), world.nora)
    enrolled(program(world, "Evenings"), world.omar)
    dana.get(NOW_IN)
    rows = AuditRow.objects.filter(action="enrollment.list").values_list("subject_id", flat=True)
    assert set(rows) == {str(world.nora.pk), str(world.omar.pk)}
    dana.get(hours_of(row))
    assert AuditRow.objects.get(action="enrollment.hours").subject_id == str(world.nora.pk)


def test_it_costs_the_same_however_many_are_in_it(world, dana, django_assert_num_queries):
    what = program(world)
    dana.get(NOW_IN)
    for n in range(3):
        who = patient(world.clinic, f"Person{n}")
        enrolled(what, who)
        seat(world, who, "2027-03-03", hour=6 + 3 * n)
        with django_assert_num_queries(10):
            assert len(dana.get(NOW_IN).context["everybody"]) == n + 1


# One


def test_week_by_week_against_the_band(world, dana):
    row = enrolled(program(world), world.nora, MONDAY - timedelta(weeks=1), weeks=4)
    seat(world, world.nora, "2027-02-23", attendance="attended", late_by=30)
    seat(world, world.nora, "2027-02-24", attendance="excused")
    seat(world, world.nora, "2027-02-25", state="cancelled", cancel_reason="patient")
    page = dana.get(hours_of(row))
    first = page.context["lines"][0]
    figures = [first[name] for name in ("planned", "booked", "attended", "excused", "lost")]
    assert figures == ["9:00", "6:00", "2:30", "3:00", "3:30"]
    assert (first["short"], first["band"]) == ("6 h 30 min short", "9 to 19 hours a week")
    assert len(page.context["lines"]) == 4
    assert "IOP mornings (IOP), Monday, February 22, 2027 to Sunday, March 21, 2027" in text_of(
        page
    )


def test_days_where_a_payer_asks_for_hours_on_them(world, dana):
    row = enrolled(program(world, day_minutes=180, days=3), world.nora)
    for day in ("2027-03-02", "2027-03-04"):
        seat(world, world.nora, day, minutes=300)
    shown = text_of(dana.get(hours_of(row)))
    assert "at least 3 hours on each of 3 days" in shown
    assert "1 day short" in shown


def test_a_make_up_time_with_the_own_therapist_in_one_click(world, dana):
    row = enrolled(program(world), world.nora)
    seat(world, world.nora, "2027-02-24", minutes=50)
    page = dana.get(hours_of(row))
    wanted = next(
        one for one in page.context["make_ups"] if "Tuesday, March 2, 2027, 9:00 AM" in one["when"]
    )
    done = dana.post(hours_of(row, "make-up/"), {"time": wanted["key"]}, follow=True)
    assert done.redirect_chain == [(hours_of(row), 302)]
    assert "The session is booked, and the patient is told." in text_of(done)
    made = Booking.objects.get(start=at("2027-03-02", 9))
    assert (made.patient, made.state, made.place) == (world.nora, "booked", "CA")
    assert made.session.occupancies.get().profile == world.alma


def test_a_make_up_date_of_a_drop_in_group_in_one_click(world, alma):
    row = enrolled(program(world), world.nora)
    seat(world, world.nora, "2027-02-24", minutes=50)
    founded(
        world, entry="open", entry_sessions=None, pattern=Pattern(weekly((3,)), LA, 600, MONDAY)
    )
    wanted = next(one for one in alma.get(hours_of(row)).context["make_ups"] if not one["with"])
    assert wanted["what"] == "Evenings"
    alma.post(hours_of(row, "make-up/"), {"time": wanted["key"]})
    assert Booking.objects.filter(patient=world.nora, start=at("2027-03-04", 10)).exists()


def test_what_is_gone_in_between_is_told_on_the_page(world, dana):
    row = enrolled(program(world), world.nora)
    seat(world, world.nora, "2027-02-24", minutes=50)
    wanted = dana.get(hours_of(row)).context["make_ups"][0]
    seat(world, world.omar, "2027-03-01", hour=10, minutes=240)
    page = dana.post(hours_of(row, "make-up/"), {"time": wanted["key"]})
    assert page.status_code == 409
    assert "This time is not free any more." in text_of(page)


def test_nothing_is_offered_to_whom_nothing_is_missing(world, dana):
    row = enrolled(program(world), world.nora)
    for day in ("2027-03-02", "2027-03-03", "2027-03-04"):
        seat(world, world.nora, day)
    page = dana.get(hours_of(row))
    assert page.context["make_ups"] == []
    assert "Make-up hours" not in text_of(page)


def test_without_consent_it_says_that_nothing_fits(world, dana):
    row = enrolled(program(world), world.nora)
    seat(world, world.nora, "2027-02-24", minutes=50)
    Consent.objects.all().delete()
    assert "no therapist of theirs is free" in text_of(dana.get(hours_of(row)))


def test_staff_who_are_patients_do_not_meet_themselves(world, dana):
    """AC12"""
    row = enrolled(program(world), patient(world.clinic, "Dana", user=world.dana))
    assert names(dana.get(NOW_IN), "everybody") == []
    assert dana.get(hours_of(row)).status_code == 404


@pytest.mark.parametrize("who", ["ben", "ada", "nora", "mallory", "pia"])
def test_hours_are_there_for_the_desk_and_who_treats_alone(world, who):
    """AC2, AC12"""
    row = enrolled(program(world), world.nora)
    seat(world, world.nora, "2027-03-03")
    person = getattr(world, who)
    client = sign_in(Client(), getattr(person, "user", person))
    assert client.get(hours_of(row)).status_code == 404
    assert client.post(hours_of(row, "make-up/")).status_code == 404


def test_weeks_that_are_not_made_yet_say_so_and_warn_of_nothing(world, dana):
    """Groups make their sessions thirteen weeks ahead; the program is longer than that."""
    group = courses.mornings(world, entry="rolling", module_sessions=1, cycle_sessions=90)
    row = courses.enrolled(world, courses.program(world, group, weeks=16), choices=[])
    page = text_of(dana.get(hours_of(row)))
    assert page.count("not all on the calendar yet") == 4
    assert "short" not in page
