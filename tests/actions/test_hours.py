"""When a therapist works: what the verbs write, and which booked sessions then no longer fit."""

from datetime import date

import pytest

from accounts.models import AuditRow, Licence
from scheduling.actions.cancel import cancel
from scheduling.actions.hours import (
    add_time_off,
    remove_time_off,
    set_day_hours,
    set_holiday,
    set_weekly_hours,
)
from scheduling.engine.interval import DAY
from scheduling.errors import BadInput, NotFound
from scheduling.models import Booking, DayHours, Holiday, TimeOff, WeeklyHours
from scheduling.queries.misfits import Change, Why, misfits
from scheduling.queries.weeks import Weeks, clock_changes, laid_over
from tests.web.therapist import booked
from tests.world import LA, NOW, NY, WEEKDAYS, World, at, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build()


def day(text: str) -> date:
    return date.fromisoformat(text)


def set_weeks(world, pattern: str, since: str, until: str = "", who=None, actor=None):
    return set_weekly_hours(
        therapist=who or world.alma,
        pattern=pattern,
        valid_from=day(since),
        valid_until=day(until) if until else None,
        actor=actor or world.actor(world.alma),
        now=NOW,
    )


def rows(world) -> list[tuple[str, str, str]]:
    found = WeeklyHours.objects.filter(therapist=world.alma).order_by("valid_from")
    return [(str(r.valid_from), str(r.valid_until or ""), r.pattern) for r in found]


# Weekly hours


def test_new_hours_end_the_old_ones_the_day_before(world):
    set_weeks(world, "0:540-720", "2027-04-05")
    assert rows(world) == [
        ("2020-01-01", "2027-04-04", WEEKDAYS),
        ("2027-04-05", "", "0:540-720"),
    ]


def test_hours_for_a_while_leave_the_rest_of_the_old_ones(world):
    set_weeks(world, "0:540-720", "2027-04-05", "2027-04-18")
    assert rows(world) == [
        ("2020-01-01", "2027-04-04", WEEKDAYS),
        ("2027-04-05", "2027-04-18", "0:540-720"),
        ("2027-04-19", "", WEEKDAYS),
    ]


def test_planned_hours_lose_only_the_days_that_the_new_ones_take(world):
    set_weeks(world, "1:540-720", "2027-06-01")
    set_weeks(world, "2:540-720", "2027-05-01", "2027-06-15")
    assert rows(world) == [
        ("2020-01-01", "2027-04-30", WEEKDAYS),
        ("2027-05-01", "2027-06-15", "2:540-720"),
        ("2027-06-16", "", "1:540-720"),
    ]


def test_hours_from_the_same_day_on_replace_them(world):
    set_weeks(world, "1:540-720", "2027-06-01")
    set_weeks(world, "2:540-720", "2027-06-01")
    assert rows(world)[1:] == [("2027-06-01", "", "2:540-720")]


def test_no_day_ever_has_two_patterns():
    """Whatever is laid over whatever: each day has the newest pattern that reaches it."""
    spans = [(1, 9), (3, 5), (5, None), (2, 3), (9, None), (1, None), (4, 20)]
    weeks: list[Weeks] = []
    expected: dict[int, str] = {}
    for number, (first, last) in enumerate(spans):
        until = date(2027, 1, last) if last else None
        weeks = laid_over(weeks, Weeks(date(2027, 1, first), until, str(number)))
        expected |= dict.fromkeys(range(first, (last or 31) + 1), str(number))
        for one in range(1, 32):
            held = [w.pattern for w in weeks if w.holds_on(date(2027, 1, one))]
            assert held == ([expected[one]] if one in expected else [])


@pytest.mark.parametrize("pattern", ["7:540-720", "0:720-540", "0:540-720,700-800", "x"])
def test_a_pattern_that_is_none_is_refused(world, pattern):
    with pytest.raises(BadInput):
        set_weeks(world, pattern, "2027-04-05")
    assert len(rows(world)) == 1


def test_the_last_day_is_not_before_the_first(world):
    with pytest.raises(BadInput):
        set_weeks(world, "0:540-720", "2027-04-05", "2027-04-04")


def test_whose_hours_they_are(world):
    """AC12: one's own; desk and admin keep everybody's; a colleague, another clinic: not found."""
    other = build("cove", "2")
    for stranger in (world.ben, world.pia, world.nora, world.mallory):
        with pytest.raises(NotFound):
            set_weeks(world, "0:540-720", "2027-04-05", actor=world.actor(stranger))
    for stranger in (other.ada, other.alma):
        with pytest.raises(NotFound):
            set_weeks(world, "0:540-720", "2027-04-05", actor=other.actor(stranger))
    assert len(rows(world)) == 1
    for clerk in (world.dana, world.ada):
        set_weeks(world, "0:540-720", "2027-04-05", actor=world.actor(clerk))


def test_each_change_and_each_refusal_is_in_the_audit(world):
    """LG1."""
    set_weeks(world, "0:540-720", "2027-04-05")
    with pytest.raises(NotFound):
        set_weeks(world, "0:540-720", "2027-04-05", actor=world.actor(world.ben))
    found = AuditRow.objects.filter(action="hours.weekly").order_by("pk")
    assert [(row.outcome, row.code) for row in found] == [("ok", ""), ("refused", "not_found")]


# Days and time off


def test_a_day_s_own_hours_and_back(world):
    said = {"therapist": world.alma, "day": day("2027-03-09"), "now": NOW}
    actor = world.actor(world.alma)
    set_day_hours(**said, spans="600-720", actor=actor)
    set_day_hours(**said, spans="", actor=actor)
    assert DayHours.objects.get().spans == ""
    set_day_hours(**said, spans=None, actor=actor)
    assert not DayHours.objects.exists()
    with pytest.raises(BadInput):
        set_day_hours(**said, spans="720-600", actor=actor)
    with pytest.raises(NotFound):
        set_day_hours(**said, spans="", actor=world.actor(world.ben))


def test_time_off_and_back(world):
    actor = world.actor(world.alma)
    said = {"therapist": world.alma, "actor": actor, "now": NOW}
    row = add_time_off(**said, first_day=day("2027-03-08"), last_day=day("2027-03-08"))
    for last in ("2027-03-07", "2028-05-01"):
        with pytest.raises(BadInput):
            add_time_off(**said, first_day=day("2027-03-08"), last_day=day(last))
    with pytest.raises(NotFound):
        remove_time_off(time_off=row.pk, actor=world.actor(world.ben), now=NOW)
    remove_time_off(time_off=row.pk, actor=actor, now=NOW)
    assert not TimeOff.objects.exists()


def test_holidays_are_the_admin_s(world):
    with pytest.raises(NotFound):
        set_holiday(day=day("2027-03-09"), name="Rest", actor=world.actor(world.alma), now=NOW)
    set_holiday(day=day("2027-03-09"), name="Rest", actor=world.actor(world.ada), now=NOW)
    assert Holiday.objects.get().name == "Rest"


# What no longer fits


def unfit(world, change: Change | None = None) -> list[tuple[int, tuple[Why, ...]]]:
    found = misfits(Booking.objects.all(), world.alma, NOW, change)
    return [(one.start, one.why) for one in found]


def test_what_fits_is_not_listed(world):
    booked(world, at("2027-03-09", 16), override="")
    assert unfit(world) == []


def test_sessions_outside_new_hours_are_listed_and_stay(world):
    kept = booked(world, at("2027-03-09", 9), override="")
    gone = booked(world, at("2027-03-09", 11, 30), override="")
    set_weeks(world, "1:540-720", "2027-03-08")
    assert unfit(world) == [(gone.start, (Why.OUTSIDE_HOURS,))]
    for booking in (kept, gone):
        booking.refresh_from_db()
        assert booking.state == "booked"


def test_two_spans_that_touch_are_one(world):
    booked(world, at("2027-03-09", 11, 30), override="")
    set_weeks(world, "1:540-720,720-1020", "2027-03-08")
    assert unfit(world) == []


def test_a_change_is_judged_before_it_is_saved(world):
    start = booked(world, at("2027-03-09", 9), override="").start
    weeks = (Weeks(day("2027-03-01"), None, "0:540-720"),)
    assert unfit(world, Change(weeks=weeks)) == [(start, (Why.OUTSIDE_HOURS,))]
    assert unfit(world, Change(day=(day("2027-03-09"), ""))) == [(start, (Why.DAY_OFF,))]
    assert unfit(world, Change(day=(day("2027-03-09"), "540-720"))) == []
    off = (day("2027-03-08"), day("2027-03-09"))
    assert unfit(world, Change(time_off=off)) == [(start, (Why.TIME_OFF,))]
    assert unfit(world) == []
    DayHours.objects.create(therapist=world.alma, day="2027-03-09", spans="")
    assert unfit(world, Change(day=(day("2027-03-09"), None))) == []


def test_holidays_time_off_and_licences(world):
    """TH2: a licence that ends before the day of the session."""
    start = booked(world, at("2027-03-09", 9), override="").start
    Holiday.objects.create(clinic=world.clinic, day="2027-03-09", name="Rest")
    TimeOff.objects.create(therapist=world.alma, first_day="2027-03-09", last_day="2027-03-09")
    Licence.objects.filter(therapist=world.alma).update(valid_until="2027-03-08")
    assert unfit(world) == [(start, (Why.TIME_OFF, Why.HOLIDAY, Why.LICENCE))]


def test_a_revoked_licence_counts_from_now(world):
    """TH2."""
    start = booked(world, at("2027-03-09", 9), override="").start
    Licence.objects.filter(therapist=world.alma).update(revoked_at=NOW)
    assert unfit(world) == [(start, (Why.LICENCE,))]


def test_what_was_agreed_outside_the_hours_is_not_reproached_with_them(world):
    start = booked(world, at("2027-03-09", 19), override="She asked for it").start
    assert unfit(world) == []
    TimeOff.objects.create(therapist=world.alma, first_day="2027-03-09", last_day="2027-03-09")
    assert unfit(world) == [(start, (Why.TIME_OFF,))]


def test_only_what_is_to_come_and_stands(world, django_assert_max_num_queries):
    gone = booked(world, at("2027-03-09", 9), override="")
    cancel(booking=gone.uuid, reason="clinic", actor=world.actor(world.dana), now=NOW)
    booked(world, at("2027-03-09", 10), world.omar, therapist=world.ben)
    Licence.objects.all().delete()
    assert unfit(world) == []
    for hour in (11, 13, 15):
        Licence.objects.create(
            therapist=world.alma,
            state="CA",
            number="1",
            valid_from=day("2020-01-01"),
            valid_until=day("2029-01-01"),
        )
        booked(world, at("2027-03-10", hour), override="")
    with django_assert_max_num_queries(6):
        unfit(world)


def test_when_the_clocks_change():
    first = at("2027-03-01", 0)
    assert [c.by for c in clock_changes(LA, first, first + 400 * DAY)] == [60, -60, 60]
    assert clock_changes(LA, first, first + 30 * DAY)[0].minute == at("2027-03-14", 3)
    assert clock_changes("America/Phoenix", first, first + 400 * DAY) == []
    assert len(clock_changes(NY, first, first + 30 * DAY)) == 1
