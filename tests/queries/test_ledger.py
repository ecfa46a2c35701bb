"""The hours of enrolments out of the rows: whose, which, and at what cost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scheduling.actions.group_dates import cancel_date
from scheduling.actions.group_life import pause as pause_group
from scheduling.models import Enrollment, LevelRule, Session
from scheduling.outbox.group_window import fill_windows
from scheduling.queries import ledger
from tests import courses
from tests.enrolled import MONDAY, enrolled, paused, program, seat
from tests.world import NOW, at, build, patient

pytestmark = pytest.mark.django_db
FRIDAY = NOW + timedelta(days=4, hours=6)


def kept(now=NOW, **which):
    return ledger.ledgers(Enrollment.objects.filter(**which), now)


def test_the_week_counts_what_was_attended_and_what_is_booked() -> None:
    world = build()
    enrolled(program(world), world.nora)
    seat(world, world.nora, "2027-03-01", attendance="attended", late_by=10, left_early_by=5)
    seat(world, world.nora, "2027-03-03", attendance="no_show")
    seat(world, world.nora, "2027-03-05", hour=16)
    (one,) = kept(FRIDAY)
    assert one.week is not None
    hours = one.week.hours
    assert (hours.planned, hours.attended, hours.missed, hours.ahead) == (540, 165, 195, 180)
    assert (one.week.missing, one.short, one.days_left) == (195, True, 3)


def test_every_seat_in_the_clinic_counts_a_drop_in_too() -> None:
    """Hours are hours: what makes up for a missed group is no part of the program's own week."""
    world = build()
    enrolled(program(world), world.nora)
    seat(world, world.nora, "2027-03-02", host=world.ben)
    assert kept()[0].week.hours.ahead == 180


def test_nobody_elses_seat_counts() -> None:
    world = build()
    enrolled(program(world), world.nora)
    seat(world, world.omar, "2027-03-02")
    assert kept()[0].week.hours.planned == 0


@pytest.fixture
def far():
    """A clinic that books a year ahead."""
    world = build()
    world.clinic.horizon_days = 400
    world.clinic.save()
    return world


def planned(row) -> list[int]:
    (found,) = kept(pk=row.pk)
    return [one.hours.planned for one in found.weeks]


def test_what_the_plan_promised_is_what_is_planned(far) -> None:
    made = courses.iop(far, weeks=4)
    plan = courses.laid(far, made)
    row = courses.enrolled(far, made)
    assert planned(row) == [590] * 4 == [one.hours.planned for one in plan.weeks]
    assert not kept(pk=row.pk)[0].short


def test_what_a_pause_took_back_was_never_planned_what_does_not_return_was(far) -> None:
    row = courses.enrolled(far, courses.iop(far, weeks=4))
    second, third = courses.FIRST + timedelta(weeks=1), courses.FIRST + timedelta(weeks=2)
    courses.paused(far, row, second, third + timedelta(days=6))
    assert planned(row) == [590, 0, 0, 590]
    seat(far, far.nora, third + timedelta(days=1), hour=10, minutes=50, host=far.ben)
    out = Session.objects.get(
        start=at(third + timedelta(days=1), 10), service=far.cbt, state="cancelled"
    )
    courses.resumed(far, row, third, leave_out=[out.uuid])
    assert planned(row) == [590, 0, 640, 590]


def test_what_another_level_of_care_took_back_was_never_planned(far) -> None:
    less = courses.program(far, of=courses.level(far, "op", 0, 540), weeks=8)
    courses.alone(far, less, weekday=3)
    row = courses.enrolled(far, courses.iop(far, weeks=4))
    third = courses.FIRST + timedelta(weeks=2)
    after = courses.stepped(far, row, less, third)
    assert (planned(row), planned(after)) == ([590] * 2, [50] * 8)


def test_what_a_step_that_was_taken_back_had_brought_was_never_planned(far) -> None:
    less = courses.program(far, of=courses.level(far, "op", 0, 540), weeks=8)
    courses.alone(far, less, weekday=3)
    row = courses.enrolled(far, courses.iop(far, weeks=4))
    courses.stepped(far, row, less, courses.FIRST)
    courses.undone(far, row)
    assert planned(row) == [590] * 4


def test_what_a_program_that_never_began_took_back_was_never_planned(far) -> None:
    less = courses.program(far, of=courses.level(far, "op", 0, 540), weeks=8)
    courses.alone(far, less, weekday=3)
    row = courses.enrolled(far, courses.iop(far, weeks=4))
    after = courses.stepped(far, row, less, courses.FIRST)
    assert planned(after) == [50] * 8


def test_what_the_clinic_cancelled_was_planned(far) -> None:
    row = courses.enrolled(far, courses.iop(far, weeks=4))
    cancel_date(
        session=Session.objects.filter(series__group__isnull=False).order_by("start")[0].uuid,
        reason="therapist_ill",
        actor=far.actor(far.dana),
        now=NOW,
    )
    (found,) = kept(pk=row.pk)
    first = found.weeks[0].hours
    assert (first.planned, first.booked, first.cancelled) == (590, 410, 180)


def test_a_session_left_and_joined_again_is_one_seat() -> None:
    world = build()
    enrolled(program(world), world.nora)
    last = seat(world, world.nora, "2027-03-02")
    gone = seat(world, world.nora, "2027-03-02", host=world.ben, state="cancelled", live=False)
    type(gone).objects.filter(pk=gone.pk).update(session=last.session)
    hours = kept()[0].week.hours
    assert (hours.planned, hours.booked) == (180, 180)


def test_weeks_that_the_groups_have_not_made_yet_are_not_short(far) -> None:
    """Thirteen weeks are made; one more is not looked at, until the worker has made it."""
    group = courses.mornings(far, entry="rolling", module_sessions=1, cycle_sessions=90)
    made = courses.program(far, group, weeks=20)
    row = courses.enrolled(far, made, choices=[])
    (found,) = kept(pk=row.pk)
    assert [one.made for one in found.weeks] == [True] * 12 + [False] * 8
    assert not [one for one in found.weeks if one.missing or one.short]
    assert all(one.rule.least == 540 for one in found.weeks)
    later = NOW + timedelta(weeks=8)
    fill_windows(later)
    (found,) = kept(later, pk=row.pk)
    assert [one.made for one in found.weeks] == [True] * 20
    assert [one.hours.planned for one in found.weeks] == [540] * 20


def test_what_no_group_will_make_is_short_however_far_ahead(far) -> None:
    """A session alone is booked to the end, and a group that pauses makes nothing."""
    group = courses.mornings(far, entry="rolling", module_sessions=1, cycle_sessions=90)
    alone = courses.program(far, of=courses.level(far), weeks=20)
    courses.alone(far, alone)
    row = courses.enrolled(far, alone)
    assert all(one.made and one.missing == 490 for one in kept(pk=row.pk)[0].weeks)
    both = courses.program(far, group, of=alone.level, weeks=20)
    row = courses.enrolled(far, both, far.omar, choices=[])
    pause_group(group=group.uuid, reason="clinic", actor=far.actor(far.dana), now=NOW)
    assert all(one.made and one.short for one in kept(pk=row.pk)[0].weeks)


def test_the_rule_of_the_age_band() -> None:
    """A birth date is sealed; who has none is taken for a grown-up."""
    world = build()
    what = program(world, age_from=18)
    LevelRule.objects.create(
        level=what.level, valid_from=date(2020, 1, 1), age_from=12, age_until=18, min_minutes=360
    )
    young = patient(world.clinic, "Yuri", birth_date="2012-01-01")
    blank = patient(world.clinic, "Xia", birth_date="")
    for who in (world.nora, young, blank):
        enrolled(what, who)
    least = {one.name: one.week.rule.least for one in kept()}
    assert least == {"Nora Quill": 540, "Yuri Quill": 360, "Xia Quill": 540}


def test_a_pause_asks_for_nothing() -> None:
    world = build()
    paused(enrolled(program(world), world.nora), MONDAY)
    (one,) = kept()
    assert (one.paused, one.short) == (True, False)


def test_absences_in_a_row_over_all_sessions() -> None:
    world = build()
    enrolled(program(world), world.nora, MONDAY - timedelta(weeks=2))
    seat(world, world.nora, "2027-02-15", attendance="no_show")
    seat(world, world.nora, "2027-02-16", attendance="attended")
    for day in ("2027-02-17", "2027-02-18", "2027-02-19"):
        seat(world, world.nora, day, attendance="no_show")
    assert (kept()[0].absent, kept()[0].misses) == (3, False)
    seat(world, world.nora, "2027-02-22", attendance="excused")
    assert (kept()[0].absent, kept()[0].misses) == (4, True)


def test_a_whole_program_costs_a_fixed_number_of_queries(django_assert_num_queries) -> None:
    world = build()
    what = program(world)
    people = [world.nora, world.omar, *(patient(world.clinic, f"P{n}") for n in range(3))]
    for number, who in enumerate(people):
        enrolled(what, who)
        for day in range(3):
            seat(world, who, MONDAY + timedelta(days=day), hour=number * 3 + 8)
        with django_assert_num_queries(5):
            assert len(kept()) == number + 1


def test_who_is_in_a_program_now_as_far_as_staff_know_them() -> None:
    """AC12: a therapist knows of the caseload alone, and nobody meets their own file."""
    world = build()
    what = program(world)
    enrolled(what, world.nora)
    enrolled(what, world.omar, MONDAY + timedelta(weeks=1))
    seat(world, world.nora, "2027-03-02")
    seen = {who: list(ledger.enrolled(world.actor(person), NOW).values_list("patient", flat=True))
            for who, person in (("alma", world.alma), ("ben", world.ben), ("dana", world.dana),
                                ("ada", world.ada), ("nora", world.nora))}  # fmt: skip
    assert seen == {"alma": [world.nora.pk], "ben": [], "dana": [world.nora.pk], "ada": [],
                    "nora": []}  # fmt: skip
