"""Enrolment: a program's weeks laid on the calendar, every date checked, all or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditRow, Consent, ConsentForm
from scheduling.engine.recurrence import weekly
from scheduling.errors import (
    ConsentMissing,
    EnrolledAlready,
    EnrollmentRefused,
    InThePast,
    NotFound,
)
from scheduling.models import (
    Booking,
    Enrollment,
    Event,
    Holiday,
    JoinLink,
    LevelRule,
    Member,
    Series,
    Session,
    TimeOff,
    Waiting,
)
from scheduling.queries.plan import Choice, Instead
from scheduling.queries.repeat import Pattern
from tests.courses import (
    FIRST,
    alone,
    enrolled,
    iop,
    laid,
    mornings,
    program,
    starts,
    with_alma,
)
from tests.groups import comes_in, founded
from tests.outbox.acts import booked
from tests.world import LA, NOW, World, at, build, patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = build()
    made.clinic.horizon_days = 400
    made.clinic.save()
    return made


def whys(plan) -> dict[str, str]:
    """By day, of all parts, what is said against it."""
    return {one.day.isoformat(): one.why for part in plan.parts for one in part.dates if one.why}


# The plan


def test_every_date_of_the_weeks_is_there_and_the_hours_of_each_week(world):
    plan = laid(world, iop(world))
    assert plan.fits and not whys(plan)
    assert [len(part.dates) for part in plan.parts] == [36, 12]
    assert [week.hours.planned for week in plan.weeks] == [590] * 12
    assert all(week.missing == week.over == 0 for week in plan.weeks)


def test_hours_are_held_against_the_rule_of_the_week_and_the_age(world):
    made = iop(world)
    LevelRule.objects.update(age_from=18, valid_until=date(2027, 4, 4))
    LevelRule.objects.create(
        level=made.level, valid_from=date(2027, 4, 5), age_from=18, min_minutes=600, days=4,
        day_minutes=180,
    )  # fmt: skip
    LevelRule.objects.create(
        level=made.level, valid_from=date(2020, 1, 1), age_until=18, min_minutes=360,
        max_minutes=500,
    )  # fmt: skip
    weeks = laid(world, made).weeks
    assert [week.missing for week in weeks] == [0] * 4 + [10] * 8
    assert [week.days_missing for week in weeks] == [0] * 4 + [1] * 8
    young = patient(world.clinic, "Yara", birth_date="2011-01-01")
    assert {week.over for week in laid(world, made, young).weeks} == {90}


def test_weeks_are_the_clinics_and_half_a_week_asks_for_nothing(world):
    world.clinic.week_starts = 6
    world.clinic.save()
    made = iop(world)
    made.refresh_from_db()
    weeks = laid(world, made, first_day=date(2027, 3, 10)).weeks
    assert weeks[0].first == date(2027, 3, 7) and weeks[0].rule is None
    assert weeks[1].first == date(2027, 3, 14) and weeks[1].rule is not None
    assert len(weeks) == 13 and weeks[-1].rule is None


def test_each_reason_is_named(world):
    for day, name in (("2027-03-30", "Cesar Chavez Day"), ("2027-05-26", "A day off")):
        Holiday.objects.create(clinic=world.clinic, day=date.fromisoformat(day), name=name)
    made = iop(world)
    booked(world, world.omar, start=at("2027-03-09", 10))
    booked(world, start=at("2027-03-15", 10), therapist=world.alma)
    TimeOff.objects.create(
        therapist=world.alma, first_day=date(2027, 3, 16), last_day=date(2027, 3, 16)
    )
    world.alma.licences.update(valid_until=date(2027, 5, 20))
    world.ben.licences.filter(state="CA").update(valid_until=date(2027, 5, 27))
    found = whys(laid(world, made))
    assert found == {
        "2027-03-09": "busy",
        "2027-03-15": "patient_busy",
        "2027-03-16": "day_off",
        "2027-03-30": "holiday",
        "2027-05-25": "not_allowed",
        "2027-05-26": "holiday",
        "2027-05-28": "not_licensed",
    }


def test_a_conflict_comes_with_another_time_and_who_else_is_free(world):
    made = iop(world)
    booked(world, world.omar, start=at("2027-03-09", 10))
    (one,) = [one for part in laid(world, made).parts for one in part.dates if one.open]
    assert one.near in (at("2027-03-09", 9), at("2027-03-09", 11))
    assert one.others == (world.ben.pk,)


def test_parts_that_clash_with_each_other_are_told(world):
    made = iop(world)
    alone(world, made, weekday=2, hour=11)
    other = founded(world, pattern=Pattern(weekly((4,)), LA, 10 * 60, FIRST),
                    facilitators=[world.alma.uuid])  # fmt: skip
    second = program(world, made.parts.first().group, other, of=made.level)
    found = laid(world, made).against
    assert set(found[made.parts.last().pk].values()) == {"own_plan"}
    (clash,) = laid(world, second, choices=[]).against.values()
    assert set(clash.values()) == {"own_plan"} and len(clash) == 12


def test_dates_beyond_the_window_are_counted_from_the_rule(world):
    made = program(world, mornings(world), weeks=20)
    plan = laid(world, made, choices=[])
    assert [week.hours.planned for week in plan.weeks] == [540] * 20
    assert any(one.session is None for one in plan.parts[0].dates)


def test_a_rolling_group_is_entered_at_its_module_and_left_at_its_cycles_end(world):
    group = mornings(world, days=(0,), entry="rolling")
    made = program(world, group)
    found = whys(laid(world, made, choices=[], first_day=date(2027, 3, 15)))
    assert found == {
        "2027-03-15": "before_entry", "2027-03-22": "before_entry", "2027-03-29": "before_entry",
        "2027-05-31": "after_cycle",
    }  # fmt: skip
    row = enrolled(world, made, choices=[], first_day=date(2027, 3, 15))
    assert len(starts(world.nora)) == 8
    assert row.members.get().from_start == at("2027-04-05", 9)


def test_a_closed_group_that_has_begun_is_not_open(world):
    made = program(world, founded(world))
    plan = laid(world, made, choices=[], first_day=date(2027, 3, 31))
    assert plan.parts[0].why == "group_closed" and not plan.fits


def test_a_plan_costs_the_same_for_a_few_weeks_and_many(world):
    few, many = iop(world, weeks=2), None
    many = program(world, few.parts.first().group, of=few.level)
    alone(world, many)
    counts = []
    for made in (few, many):
        with CaptureQueriesContext(connection) as sent:
            laid(world, made)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 32


# Enrolled whole, or not at all


def test_twelve_weeks_are_booked_in_one_step(world):
    row = enrolled(world, iop(world))
    assert len(starts(world.nora)) == 48
    assert row.first_day == FIRST and row.last_day == date(2027, 5, 30)
    series = row.series.get()
    assert series.patient == world.nora and series.sessions.count() == 12
    member = row.members.get()
    assert member.until_start == at("2027-05-28", 9)
    for seat in Booking.objects.filter(patient=world.nora):
        assert JoinLink.objects.filter(booking=seat).exists()
        assert Event.objects.filter(booking=seat, kind="booked").count() == 1
    assert AuditRow.objects.filter(action="enrollment.enroll", subject_id=world.nora.pk).exists()


def test_enrolling_costs_the_same_for_a_few_weeks_and_many(world):
    """But for rows of one INSERT: SQLite takes so many at a time."""
    few = iop(world, weeks=2)
    many = program(world, few.parts.first().group, of=few.level)
    alone(world, many)
    counts = []
    for made, who in ((few, world.nora), (many, world.omar)):
        dana = world.actor(world.dana)
        hour = 10 if who is world.nora else 11
        choices = [replace(one, at=hour * 60) for one in with_alma(world, made)]
        with CaptureQueriesContext(connection) as sent:
            enrolled(world, made, who, choices=choices, actor=dana)
        ours = [q["sql"] for q in sent if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        heads = [sql[:40] for sql in ours]
        inserts = [one for one in heads if one.startswith("INSERT")]
        counts.append(len(heads) - len(inserts) + len(set(inserts)))
    assert counts[0] == counts[1] <= 75, counts


def test_what_is_open_refuses_all_of_it(world):
    made = iop(world)
    booked(world, world.omar, start=at("2027-03-09", 10))
    before = Booking.objects.count()
    with pytest.raises(EnrollmentRefused) as refused:
        enrolled(world, made)
    part = made.parts.get(service__isnull=False)
    assert refused.value.extra["parts"] == {part.pk: {at("2027-03-09", 10): "busy"}}
    assert Booking.objects.count() == before
    assert not Enrollment.objects.exists() and not Member.objects.exists()
    assert not Series.objects.filter(patient=world.nora).exists()


def test_each_conflict_is_settled_by_hand(world):
    """Left out, at another time, with somebody else; a date of a group that is missed."""
    made = iop(world)
    for week, hour in ((9, 10), (16, 10), (23, 10)):
        booked(world, world.omar, start=at(f"2027-03-{week:02}", hour))
    booked(world, start=at("2027-03-15", 10), therapist=world.alma)
    group = made.parts.get(group__isnull=False)
    dates = {
        at("2027-03-09", 10): None,
        at("2027-03-16", 10): Instead(at("2027-03-16", 13), world.alma.uuid),
        at("2027-03-23", 10): Instead(at("2027-03-23", 10), world.ben.uuid),
    }
    choices = with_alma(world, made, dates=dates)
    choices.append(Choice(part=group.pk, dates={at("2027-03-15", 9): None}))
    row = enrolled(world, made, choices=choices)
    mine = Session.objects.filter(series=row.series.get())
    assert mine.count() == 11
    assert mine.get(slot=at("2027-03-16", 10)).start == at("2027-03-16", 13)
    assert mine.get(slot=at("2027-03-23", 10)).occupancies.get().profile == world.ben
    assert at("2027-03-15", 9) not in starts(world.nora)
    assert len(starts(world.nora)) == 47


def test_a_full_group_is_waited_for_or_left_out(world):
    group = mornings(world, entry="rolling", capacity=1, module_sessions=1, cycle_sessions=40)
    comes_in(world, group, world.omar)
    made = program(world, group)
    alone(world, made)
    plan = laid(world, made)
    assert plan.parts[0].why == "group_full" and not plan.fits
    part = made.parts.first()
    with pytest.raises(EnrollmentRefused) as refused:
        enrolled(world, made)
    assert refused.value.extra["parts"] == {part.pk: {0: "group_full"}}
    enrolled(world, made, choices=[*with_alma(world, made), Choice(part=part.pk, wait=True)])
    assert len(starts(world.nora)) == 12
    assert Waiting.objects.get().patient == world.nora
    assert not Member.objects.filter(patient=world.nora).exists()


def test_one_program_at_a_time(world):
    made = iop(world)
    enrolled(world, made)
    with pytest.raises(EnrolledAlready):
        enrolled(world, made, first_day=date(2027, 5, 24))
    second = program(world, made.parts.first().group, of=made.level)
    row = enrolled(world, second, first_day=date(2027, 5, 31), choices=[])
    assert row.members.get().from_start == at("2027-05-31", 9)


def test_consents_are_asked_for_as_everywhere(world):
    made = iop(world)
    ConsentForm.objects.create(clinic=world.clinic, form="group", version=1, text="Silence.")
    assert laid(world, made).missing == ["group"]
    with pytest.raises(ConsentMissing):
        enrolled(world, made)
    enrolled(world, made, accept={"group": 1})
    Consent.objects.filter(patient=world.omar, form="telehealth").delete()
    with pytest.raises(ConsentMissing):
        enrolled(world, program(world, made.parts.first().group, of=made.level), world.omar,
                 choices=[], accept={"group": 1})  # fmt: skip


def test_a_member_of_a_group_keeps_that_place_beside_the_program(world):
    group = mornings(world, entry="rolling", module_sessions=1, cycle_sessions=60)
    comes_in(world, group, world.nora)
    made = program(world, group)
    alone(world, made)
    assert [week.hours.planned for week in laid(world, made).weeks] == [590] * 12
    row = enrolled(world, made)
    assert not row.members.exists() and Member.objects.get().enrollment is None
    assert Booking.objects.filter(patient=world.nora, session__series__group=group).count() > 36


def test_who_may(world):
    """AC2, AC4: the desk, and therapists for whom they see; nobody for themselves, no admin."""
    made = iop(world)
    for who in (world.ada, world.nora, world.mallory, world.alma):
        with pytest.raises(NotFound):
            enrolled(world, made, actor=world.actor(who))
    booked(world, start=at("2027-03-04", 10))
    enrolled(world, made, actor=world.actor(world.alma))


def test_not_from_yesterday_and_not_in_a_program_that_takes_nobody_in(world):
    made = iop(world)
    with pytest.raises(InThePast):
        enrolled(world, made, first_day=date(2027, 2, 26))
    made.active = False
    made.save()
    with pytest.raises(NotFound):
        enrolled(world, made)


def test_what_has_passed_on_the_first_day_is_no_date_of_it(world):
    made = iop(world)
    noon = NOW + timedelta(days=7, hours=2)  # Monday, March 8, at 11
    enrolled(world, made, now=noon)
    assert starts(world.nora)[0] == at("2027-03-09", 10)
