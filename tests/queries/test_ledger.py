"""The hours of enrolments out of the rows: whose, which, and at what cost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scheduling.models import Enrollment, LevelRule
from scheduling.queries import ledger
from tests.enrolled import MONDAY, enrolled, paused, program, seat
from tests.world import NOW, build, patient

pytestmark = pytest.mark.django_db
FRIDAY = NOW + timedelta(days=4, hours=6)
CHANGED = NOW - timedelta(days=2)


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


@pytest.mark.parametrize("by", ["pause", "step"])
def test_what_the_program_took_back_was_never_planned(by: str) -> None:
    world = build()
    what = program(world)
    row = enrolled(what, world.nora)
    said = {"state": "cancelled", "live": False, "cancel_reason": "clinic"}
    seat(world, world.nora, "2027-03-02", cancelled_at=NOW, **said)
    seat(world, world.nora, "2027-03-03", cancelled_at=CHANGED, **said)
    if by == "pause":
        paused(row, date(2027, 5, 3), date(2027, 5, 4), created_at=CHANGED)
    else:
        Enrollment.objects.filter(pk=row.pk).update(start=row.start + 1440)
        enrolled(what, world.nora, MONDAY - timedelta(weeks=1), weeks=1, ended_at=CHANGED)
    found = next(one for one in kept() if one.enrollment.pk == row.pk)
    assert (found.weeks[0].hours.planned, found.weeks[0].hours.booked) == (180, 0)


def test_a_session_left_and_joined_again_is_one_seat() -> None:
    world = build()
    enrolled(program(world), world.nora)
    last = seat(world, world.nora, "2027-03-02")
    gone = seat(world, world.nora, "2027-03-02", host=world.ben, state="cancelled", live=False)
    type(gone).objects.filter(pk=gone.pk).update(session=last.session)
    hours = kept()[0].week.hours
    assert (hours.planned, hours.booked) == (180, 180)


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
        with django_assert_num_queries(4):
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
