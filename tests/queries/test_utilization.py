"""What a clinic's time came to, told by hand: one small story for each number.

Alma and Ben of the world; the week of Monday, March 1, 2027. What else can come about is recounted
over random clinics in test_utilization_oracle.py.
"""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Patient
from scheduling.actions.attend import mark
from scheduling.actions.book import book
from scheduling.actions.cancel import cancel, undo_cancel
from scheduling.engine.interval import from_minute
from scheduling.engine.periods import Length, period
from scheduling.engine.utilization import Sums
from scheduling.models import Booking, DayHours, Holiday, Session, TimeOff, WeeklyHours
from scheduling.queries.utilization import Asked, By, report
from tests.world import LA, NOW, World, at, build

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return build()


def week(world: World, day: date = date(2027, 3, 1), **asked: Any) -> Sums:
    return report(Asked(world.clinic, period(Length.WEEK, day, 0), **asked)).total


def booked(world: World, hour: int, day: str = "2027-03-03", who: Patient | None = None) -> Booking:
    return book(
        patient=(who or world.nora).pk,
        service=world.cbt.uuid,
        therapist=world.alma.uuid,
        start=at(day, hour),
        medium="video",
        place="CA",
        zone=LA,
        actor=world.actor(world.dana),
        now=NOW,
    )


def attended(world: World, seat: Booking, **said: Any) -> None:
    after = from_minute(seat.end)
    mark(booking=seat.uuid, actor=world.actor(world.dana), now=after, **said)


def test_hours_are_offered_as_they_were_valid_then(world):
    """Eight hours on five days each; from Wednesday on Alma has four."""
    assert week(world).offered == 2 * 5 * 480
    WeeklyHours.objects.filter(therapist=world.alma).update(valid_until=date(2027, 3, 2))
    WeeklyHours.objects.create(
        therapist=world.alma, pattern="2:540-780;3:540-780;4:540-780", valid_from=date(2027, 3, 3)
    )
    assert week(world).offered == 5 * 480 + 2 * 480 + 3 * 240
    assert week(world, date(2027, 2, 22)).offered == 2 * 5 * 480


def test_single_days_time_off_and_holidays_are_taken_into_account(world):
    DayHours.objects.create(therapist=world.alma, day=date(2027, 3, 6), spans="600-660")
    TimeOff.objects.create(
        therapist=world.alma, first_day=date(2027, 3, 2), last_day=date(2027, 3, 3)
    )
    Holiday.objects.create(clinic=world.clinic, day=date(2027, 3, 5), name="-")
    assert week(world).offered == 2 * 480 + 60 + 4 * 480


def test_a_day_of_23_hours_offers_an_hour_less(world):
    """Ben sits in New York; the night to March 14 has no hour from 2 to 3."""
    WeeklyHours.objects.filter(therapist=world.alma).update(pattern="6:0-1440")
    WeeklyHours.objects.filter(therapist=world.ben).delete()
    assert week(world, date(2027, 3, 8)).offered == 23 * 60
    assert week(world, date(2027, 11, 1)).offered == 25 * 60


def test_booked_then_delivered_less_what_was_missed(world):
    seat = booked(world, 10)
    assert (week(world).booked, week(world).delivered, week(world).unmarked) == (50, 0, 1)
    attended(world, seat, attendance="attended", late_by=10, left_early_by=5)
    found = week(world)
    assert (found.booked, found.delivered, found.attended) == (50, 35, 1)
    assert found.utilization == 50 / 4800


def test_who_did_not_come_and_what_failed_is_lost_though_booked(world):
    attended(world, booked(world, 10), attendance="no_show")
    attended(world, booked(world, 12), attendance="technical_failure")
    attended(world, booked(world, 14), attendance="excused")
    attended(world, booked(world, 16), attendance="attended")
    found = week(world)
    assert (found.booked, found.lost_no_show, found.lost_technical) == (200, 50, 50)
    assert found.show_rate == 1 / 2


@pytest.mark.parametrize(
    ("reason", "ahead", "field", "lost"),
    [
        ("patient", 2 * DAY, "cancelled", None),
        ("patient", DAY / 2, "cancelled_late", "lost_late"),
        ("clinic", 2 * DAY, "cancelled_clinic", "lost_clinic"),
        ("technical_failure", DAY / 2, "cancelled_technical", "lost_technical"),
    ],
)
def test_a_cancellation_is_counted_by_its_reason(world, reason, ahead, field, lost):
    seat = booked(world, 16, "2027-03-05")
    when = from_minute(seat.start) - ahead
    cancel(booking=seat.uuid, reason=reason, actor=world.actor(world.dana), now=when)
    found = week(world)
    assert (found.booked, getattr(found, field), found.individual_cancels) == (0, 1, 1)
    minutes = {"lost_late", "lost_clinic", "lost_technical", "lost_no_show"}
    assert {name: getattr(found, name) for name in minutes} == dict.fromkeys(minutes, 0) | (
        {lost: 50} if lost else {}
    )
    undo_cancel(booking=seat.uuid, actor=world.actor(world.dana), now=when)
    assert (week(world).booked, getattr(week(world), field)) == (50, 0)


def test_a_new_booking_within_two_weeks_counts_as_booked_again(world):
    seat = booked(world, 16, "2027-03-05")
    booked(world, 10, who=world.omar)
    cancel(booking=seat.uuid, reason="patient", actor=world.actor(world.dana), now=NOW)
    assert (week(world).individual_cancels, week(world).rebooked) == (1, 0)
    again = booked(world, 12, "2027-03-30")
    for days, counted in ((13, 1), (14, 0), (-1, 0)):
        Booking.objects.filter(pk=again.pk).update(booked_at=NOW + days * DAY)
        assert week(world).rebooked == counted


def test_the_time_from_request_to_session_is_counted_in_classes(world):
    """Asked for on Monday at 9 AM: Wednesday 10 AM is two days ahead, Friday 10 AM four."""
    booked(world, 10)
    booked(world, 10, "2027-03-05", who=world.omar)
    found = week(world)
    assert found.lead == (0, 0, 1, 1, 0, 0, 0, 0)
    assert (found.lead_within(0.5), found.lead_within(0.9)) == (4, 7)


def test_a_week_is_the_clinics_and_compared_with_the_one_before(world):
    booked(world, 10, "2027-03-08")
    found = report(Asked(world.clinic, period(Length.WEEK, date(2027, 3, 15), 0)))
    assert (found.total.booked, found.before.booked) == (0, 50)


def test_by_therapist_the_hours_of_each(world):
    booked(world, 10)
    rows = report(Asked(world.clinic, period(Length.WEEK, date(2027, 3, 3), 0), by=By.THERAPIST))
    told = [(row.label, row.sums.offered, row.sums.booked, row.sums.patients) for row in rows.rows]
    assert told == [("Alma", 2400, 50, 1), ("Ben", 2400, 0, 0)]


def test_a_session_lies_in_all_the_hours_that_it_lasts(world):
    """50 minutes from half past ten: 30 in one hour, 20 in the next."""
    Session.objects.all().delete()
    seat = booked(world, 10)
    for row in (seat, seat.session):
        type(row).objects.filter(pk=row.pk).update(start=row.start + 30, end=row.end + 30)
    found = report(Asked(world.clinic, period(Length.WEEK, date(2027, 3, 3), 0)))
    assert [found.heat[2][hour].booked for hour in (9, 10, 11, 12)] == [0, 30, 20, 0]


def test_whatever_is_asked_costs_the_same_queries(world, django_assert_num_queries):
    booked(world, 10)
    booked(world, 12)
    with django_assert_num_queries(9):
        week(world, by=By.THERAPIST)


def test_the_check_finds_what_a_report_would_tell_wrongly(world, monkeypatch):
    booked(world, 10)
    out = StringIO()
    call_command("utilization_check", clinic="harbor", stdout=out)
    assert "all sums agree" in out.getvalue()
    monkeypatch.setattr(
        "scheduling.management.commands.utilization_check.recount", lambda *_: {"booked": 7}
    )
    with pytest.raises(CommandError, match="3 sums differ"):
        call_command("utilization_check", stdout=out, stderr=out)
    assert "booked: 0, not 7" in out.getvalue()
