"""An enrolment later on: step up and down, pause and resume, discharge; and what never changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import AuditRow, Consent
from scheduling.actions.cancel import cancel
from scheduling.actions.enroll_life import complete
from scheduling.actions.group_dates import move_date
from scheduling.actions.group_life import change_times
from scheduling.actions.group_members import leave
from scheduling.actions.series_life import change_from
from scheduling.actions.wait_offers import accept, offer_place
from scheduling.engine.hours import day_span
from scheduling.engine.recurrence import weekly
from scheduling.errors import (
    BadInput,
    ConsentMissing,
    EnrollmentRefused,
    GroupClosed,
    IllegalChange,
    InThePast,
    NotFound,
    ResumeRefused,
    StartedAlready,
)
from scheduling.models import (
    Booking,
    Enrollment,
    Event,
    JoinLink,
    Member,
    Occupancy,
    Pause,
    Series,
    SeriesLink,
    Session,
    TimeOff,
    Waiting,
)
from scheduling.outbox.group_window import fill_windows
from scheduling.queries.plan import Choice
from scheduling.queries.repeat import Pattern
from tests.actions.test_repeat import all_of
from tests.courses import (
    FIRST,
    alone,
    discharged,
    enrolled,
    iop,
    laid,
    level,
    mornings,
    paused,
    program,
    resumed,
    starts,
    stepped,
    with_alma,
)
from tests.groups import comes_in
from tests.outbox.acts import booked
from tests.world import LA, NOW, World, at, build

pytestmark = pytest.mark.django_db

WEEK = timedelta(weeks=1)
FOURTH = FIRST + 3 * WEEK  # Monday of the fourth week


@pytest.fixture
def world() -> World:
    made = build()
    made.clinic.horizon_days = 400
    made.clinic.save()
    return made


@pytest.fixture
def five_days(world):
    """Partial hospitalization: afternoons on five days, with the mornings of the other program and
    its session alone."""
    made = iop(world)
    afternoons = mornings(
        world, days=(0, 1, 2, 3, 4), name="Afternoons", facilitators=[world.alma.uuid],
        pattern=Pattern(weekly((0, 1, 2, 3, 4)), LA, 13 * 60, FIRST),
    )  # fmt: skip
    more = program(world, made.parts.first().group, afternoons, of=level(world, "php", 1200, 2400))
    alone(world, more)
    return made, more


def seats(who) -> dict[int, Booking]:
    return {one.start: one for one in Booking.objects.filter(patient=who, state="booked")}


def minute(day: date) -> int:
    return day_span(LA, day, day)[0]


# Step


def test_up_what_both_share_stays_and_what_is_new_is_booked(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    before = seats(world.nora)
    plan = laid(world, more, first_day=FOURTH, follows=row)
    after = stepped(world, row, more, FOURTH)
    row.refresh_from_db()
    assert (row.end, row.end_reason) == (minute(FOURTH), "stepped")
    assert after.follows == row and after.start == row.end
    assert after.last_day == FOURTH + 12 * WEEK - timedelta(days=1)
    now = seats(world.nora)
    assert all(now[start].pk == one.pk for start, one in before.items())
    made = [one for part in plan.parts for one in part.taken if one.session or one.therapist]
    assert [one for one in sorted(now) if one >= after.start] == sorted(one.start for one in made)
    assert after.series.get().pk == Series.objects.get(patient=world.nora).pk
    member = Member.objects.get(group=less.parts.first().group)
    assert member.enrollment == after and member.until_start == at("2027-06-18", 9)
    assert AuditRow.objects.filter(action="enrollment.step").exists()


def test_down_what_falls_away_is_cancelled_by_the_clinic_never_late(world, five_days):
    less, more = five_days
    row = enrolled(world, more)
    day = date(2027, 3, 9)
    tonight = datetime(2027, 3, 9, 3, tzinfo=UTC)  # the evening before, in Los Angeles
    plan = laid(world, less, first_day=day, follows=row, now=tonight)
    afternoons = Booking.objects.filter(session__series__group__name="Afternoons")
    going = afternoons.filter(start__gte=minute(day)).order_by("start")
    assert plan.falling == list(going)
    after = stepped(world, row, less, day, now=tonight)
    gone = Booking.objects.filter(patient=world.nora, state="cancelled")
    assert gone.count() == len(plan.falling) == 59
    assert set(gone.values_list("cancel_reason", "late", "live")) == {("clinic", False, False)}
    assert starts(world.nora)[0] == at("2027-03-08", 9)
    assert Member.objects.get(group__name="Afternoons").until_start is not None
    assert after.members.get().group.name == "Mornings"


def test_the_shared_session_goes_on_past_the_old_end_with_the_same_links(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    link = SeriesLink.objects.get(patient=world.nora)
    after = stepped(world, row, more, FOURTH)
    series = after.series.get()
    assert series.sessions.count() == 15 and series.last_day == date(2027, 6, 15)
    assert SeriesLink.objects.filter(series=series, patient=world.nora).get() == link
    for one in series.sessions.all():
        assert JoinLink.objects.filter(session=one).count() == 2


def test_a_shorter_program_ends_earlier(world):
    made = iop(world)
    row = enrolled(world, made)
    short = program(world, made.parts.first().group, of=made.level, weeks=2)
    alone(world, short)
    stepped(world, row, short, FOURTH)
    assert starts(world.nora)[-1] < minute(FOURTH + 2 * WEEK)
    assert len(starts(world.nora)) == 5 * 4
    assert Member.objects.get().until_start == at("2027-04-09", 9)
    assert Series.objects.get(patient=world.nora).last_day == date(2027, 4, 6)


def test_another_time_for_the_session_is_a_new_series(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    choices = with_alma(world, more, at=12 * 60, weekday=1)
    afternoons = Choice(part=more.parts.get(group__name="Afternoons").pk, leave_out=True)
    after = stepped(world, row, more, FOURTH, choices=[*choices, afternoons])
    assert after.series.get().at == 12 * 60
    old = row.series.get()
    assert old.sessions.filter(state="scheduled").count() == 3
    assert old.last_day == date(2027, 3, 23)


def test_what_cannot_be_refuses_the_whole_step(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    booked(world, start=at("2027-04-05", 13), therapist=world.ben)
    before = starts(world.nora)
    with pytest.raises(EnrollmentRefused):
        stepped(world, row, more, FOURTH)
    row.refresh_from_db()
    assert starts(world.nora) == before and row.end_reason == ""
    assert Enrollment.objects.count() == 1


def test_not_where_something_of_that_day_has_begun(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    with pytest.raises(StartedAlready):
        stepped(world, row, more, FIRST, now=NOW + WEEK + timedelta(hours=1))
    with pytest.raises(BadInput):
        stepped(world, row, more, FIRST + 13 * WEEK)


def test_before_it_has_begun_the_old_one_never_was(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    stepped(world, row, more, FIRST)
    row.refresh_from_db()
    assert not row.live
    assert len(starts(world.nora)) == 9 * 12
    assert not Member.objects.exclude(enrollment__follows=row).exists()


def test_out_of_a_pause_everything_is_booked_anew(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    paused(world, row, FIRST + WEEK)
    after = stepped(world, row, more, FOURTH)
    assert len([one for one in starts(world.nora) if one >= minute(FOURTH)]) == 85
    assert after.members.count() == 2 and after.series.get().sessions.count() == 12
    assert Pause.objects.get().end == minute(FOURTH)
    with pytest.raises(IllegalChange):
        resumed(world, after, FOURTH)


# Pause and resume


def test_a_pause_takes_what_lies_in_it_and_the_place_is_kept(world):
    group = mornings(world, entry="rolling", capacity=1, module_sessions=1, cycle_sessions=60)
    made = program(world, group)
    alone(world, made)
    row = enrolled(world, made)
    paused(world, row, FOURTH, FOURTH + timedelta(days=6))
    assert len(starts(world.nora)) == 44
    assert not [one for one in starts(world.nora) if minute(FOURTH) <= one < minute(FOURTH + WEEK)]
    gone = Booking.objects.filter(patient=world.nora, state="cancelled")
    assert set(gone.values_list("cancel_reason", "late")) == {("clinic", False)}
    assert not Occupancy.objects.filter(session__in=gone.filter(
        session__series__patient=world.nora).values("session"), live=True).exists()  # fmt: skip
    assert Member.objects.get().left_at is None
    assert (
        laid(world, program(world, group, of=made.level), world.omar).parts[0].why == "group_full"
    )


def test_until_somebody_says_when_it_goes_on(world):
    row = enrolled(world, iop(world))
    before = seats(world.nora)
    paused(world, row, FOURTH)
    assert len(starts(world.nora)) == 12
    back = resumed(world, row, FOURTH + 2 * WEEK)
    assert len(back) == 28
    now = seats(world.nora)
    assert all(now[start].pk == before[start].pk for start in now) and len(now) == 40
    assert all(JoinLink.objects.get(booking=one).revoked_at is None for one in back)
    assert Pause.objects.get().end == minute(FOURTH + 2 * WEEK)
    assert Series.objects.get(patient=world.nora).ended_at is None


def test_what_does_not_fit_any_more_refuses_the_whole_until_it_is_left_out(world):
    row = enrolled(world, iop(world))
    paused(world, row, FOURTH)
    booked(world, world.omar, start=at("2027-04-06", 10))
    booked(world, start=at("2027-04-05", 10))
    TimeOff.objects.create(
        therapist=world.alma, first_day=date(2027, 4, 13), last_day=date(2027, 4, 13)
    )
    before = starts(world.nora)
    with pytest.raises(ResumeRefused) as refused:
        resumed(world, row, FOURTH)
    against = {
        at("2027-04-05", 9): "patient_busy",
        at("2027-04-06", 10): "busy",
        at("2027-04-13", 10): "day_off",
    }
    assert refused.value.extra["dates"] == against
    assert starts(world.nora) == before and Pause.objects.exists()
    out = Session.objects.filter(bookings__patient=world.nora, start__in=against)
    back = resumed(world, row, FOURTH, leave_out=[one.uuid for one in out])
    assert len(back) == 36 - 3 and not set(against) & set(starts(world.nora))
    assert not Pause.objects.exists()


def test_staff_set_hours_aside_with_a_reason_never_an_overlap(world):
    row = enrolled(world, iop(world))
    paused(world, row, FOURTH)
    booked(world, world.omar, start=at("2027-04-06", 10))
    TimeOff.objects.create(
        therapist=world.alma, first_day=date(2027, 4, 13), last_day=date(2027, 4, 13)
    )
    with pytest.raises(ResumeRefused) as refused:
        resumed(world, row, FOURTH, override="She comes in for it")
    assert refused.value.extra["dates"] == {at("2027-04-06", 10): "busy"}
    out = Session.objects.get(bookings__patient=world.nora, start=at("2027-04-06", 10))
    resumed(world, row, FOURTH, override="She comes in for it", leave_out=[out.uuid])
    seat = seats(world.nora)[at("2027-04-13", 10)]
    assert seat.override == "She comes in for it"


def test_a_date_that_was_moved_in_the_pause_comes_back_where_it_is_now(world):
    row = enrolled(world, iop(world))
    paused(world, row, FOURTH, FOURTH + timedelta(days=6))
    one = Session.objects.get(series__group__name="Mornings", start=at("2027-03-29", 9))
    move_date(session=one.uuid, start=at("2027-03-29", 13), reason="clinic",
              actor=world.actor(world.dana), now=NOW)  # fmt: skip
    resumed(world, row, FOURTH)
    assert at("2027-03-29", 13) in starts(world.nora)
    assert at("2027-03-29", 9) not in starts(world.nora)


def test_nobody_comes_back_without_the_forms(world):
    """TH3."""
    row = enrolled(world, iop(world))
    paused(world, row, FOURTH)
    Consent.objects.filter(patient=world.nora).delete()
    with pytest.raises(ConsentMissing):
        resumed(world, row, FOURTH)


def test_dates_that_are_made_in_a_pause_bring_no_seat_until_it_is_over(world):
    row = enrolled(world, program(world, mornings(world), weeks=20), choices=[])
    paused(world, row, FIRST + 12 * WEEK)
    later = NOW + 8 * WEEK
    assert fill_windows(later)
    assert starts(world.nora)[-1] < minute(FIRST + 12 * WEEK)
    resumed(world, row, FIRST + 13 * WEEK, now=later)
    assert starts(world.nora)[-1] == at("2027-07-23", 9)
    assert at("2027-05-31", 9) not in starts(world.nora)


def test_a_seat_that_the_patient_gave_up_does_not_come_back(world):
    row = enrolled(world, iop(world))
    seat = seats(world.nora)[at("2027-04-05", 9)]
    cancel(booking=seat.uuid, actor=world.actor(world.nora), now=NOW)
    paused(world, row, FOURTH)
    resumed(world, row, FOURTH)
    assert at("2027-04-05", 9) not in starts(world.nora) and len(starts(world.nora)) == 47


def test_pauses_do_not_overlap_and_none_is_resumed_twice(world):
    row = enrolled(world, iop(world))
    paused(world, row, FOURTH, FOURTH)
    with pytest.raises(IllegalChange):
        paused(world, row, FOURTH - WEEK)
    resumed(world, row, FOURTH)
    with pytest.raises(IllegalChange):
        resumed(world, row, FOURTH)
    with pytest.raises(BadInput):
        paused(world, row, FOURTH, FOURTH - WEEK)
    with pytest.raises(InThePast):
        paused(world, row, date(2027, 2, 28))


# The end


def test_discharge_cancels_what_is_to_come_and_frees_the_place(world):
    row = enrolled(world, iop(world))
    discharged(world, row, FOURTH)
    row.refresh_from_db()
    assert (row.last_day, row.end_reason) == (FOURTH - timedelta(days=1), "discharged")
    assert len(starts(world.nora)) == 12
    assert Member.objects.get().until_start == at("2027-03-26", 9)
    assert Series.objects.get(patient=world.nora).last_day == date(2027, 3, 23)
    facts = Event.objects.filter(kind="cancelled").values_list("facts", flat=True)
    assert {(one["enrollment"], one["why"]) for one in facts} == {(str(row.uuid), "discharged")}


def test_who_leaves_has_cancelled_in_time(world):
    row = enrolled(world, iop(world))
    discharged(world, row, FIRST, reason="left", now=NOW + timedelta(days=6, hours=12))
    row.refresh_from_db()
    gone = Booking.objects.filter(patient=world.nora)
    assert set(gone.values_list("cancel_reason", "late")) == {("patient", False)}
    assert not row.live and Member.objects.get().left_reason == "patient"


def test_today_what_has_begun_stays(world):
    row = enrolled(world, iop(world))
    at_ten = datetime(2027, 3, 8, 18, tzinfo=UTC)
    discharged(world, row, FIRST, now=at_ten)
    row.refresh_from_db()
    assert starts(world.nora) == [at("2027-03-08", 9)] and row.last_day == FIRST
    assert Member.objects.get().left_at == at_ten
    with pytest.raises(IllegalChange):
        discharged(world, row, date(2027, 3, 9), now=at_ten + timedelta(days=1))


def test_after_the_end_the_group_brings_nothing_more(world):
    row = enrolled(world, program(world, mornings(world), weeks=20), choices=[])
    discharged(world, row, FIRST + 16 * WEEK)
    fill_windows(NOW + 9 * WEEK)
    assert starts(world.nora)[-1] == at("2027-06-25", 9)


def test_a_group_that_meets_less_often_keeps_to_the_programs_days(world):
    """Twelve mornings of four weeks would else be twelve weeks."""
    group = mornings(world)
    row = enrolled(world, program(world, group, weeks=4), choices=[])
    first = Session.objects.filter(series__group=group).order_by("slot").first()
    change_times(
        group=group.uuid, slot=first.slot, pattern=Pattern(weekly((1,)), LA, 540, FIRST),
        reason="clinic", actor=world.actor(world.dana), now=NOW,
    )  # fmt: skip
    assert Member.objects.get().until_start == at("2027-03-30", 9) < row.end
    assert starts(world.nora) == [at(f"2027-03-{day:02}", 9) for day in (9, 16, 23, 30)]


def test_a_changed_series_stays_the_programs(world):
    row = enrolled(world, iop(world))
    series = row.series.get()
    wanted = Pattern(weekly((3,)), LA, 10 * 60, FIRST, count=12)
    change_from(
        series=series.uuid, slot=0, pattern=wanted, chosen=all_of(world, wanted), reason="clinic",
        actor=world.actor(world.dana), now=NOW,
    )  # fmt: skip
    discharged(world, row, FIRST)
    assert not starts(world.nora)


def test_the_planned_end_is_noted(world):
    row = enrolled(world, iop(world))
    assert complete(NOW + 12 * WEEK) == 0
    assert complete(NOW + 13 * WEEK) == 1
    row.refresh_from_db()
    assert row.end_reason == "completed" and complete(NOW + 14 * WEEK) == 0


def test_who_may(world):
    row = enrolled(world, iop(world))
    for who in (world.ada, world.nora, world.mallory, world.omar):
        with pytest.raises(NotFound):
            paused(world, row, FOURTH, actor=world.actor(who))
        with pytest.raises(NotFound):
            discharged(world, row, FOURTH, actor=world.actor(who))
    discharged(world, row, FOURTH, actor=world.actor(world.ben))


def test_who_waited_for_a_group_of_the_program_comes_in_for_its_days(world):
    """And nobody is offered a place in it when the program is over."""
    group = mornings(world, entry="rolling", capacity=1, module_sessions=1, cycle_sessions=60)
    comes_in(world, group, world.omar)
    made = program(world, group, weeks=4)
    alone(world, made)
    waits = Choice(part=made.parts.get(group=group).pk, wait=True)
    row = enrolled(world, made, choices=[*with_alma(world, made), waits])
    leave(member=Member.objects.get().uuid, actor=world.actor(world.omar), now=NOW)
    offer = offer_place(
        waiting=Waiting.objects.get().uuid, start=at("2027-03-10", 9),
        actor=world.actor(world.dana), now=NOW,
    )  # fmt: skip
    assert Booking.objects.filter(patient=world.nora, state="held").count() == 11
    accept(offer=offer.uuid, actor=world.actor(world.nora), now=NOW)
    member = row.members.get()
    assert member.until_start == at("2027-04-02", 9)
    assert len(starts(world.nora)) == 4 + 11
    discharged(world, row, FIRST)
    assert not starts(world.nora)


def test_nothing_is_offered_to_who_is_away_from_the_program(world):
    """The offer asks for the program first: no seat is held in a pause."""
    group = mornings(world, entry="rolling", capacity=1, module_sessions=1, cycle_sessions=60)
    comes_in(world, group, world.omar)
    made = program(world, group, weeks=4)
    alone(world, made)
    waits = Choice(part=made.parts.get(group=group).pk, wait=True)
    row = enrolled(world, made, choices=[*with_alma(world, made), waits])
    paused(world, row, FIRST)
    leave(member=Member.objects.get().uuid, actor=world.actor(world.omar), now=NOW)
    with pytest.raises(GroupClosed):
        offer_place(
            waiting=Waiting.objects.get().uuid, start=at("2027-03-10", 9),
            actor=world.actor(world.dana), now=NOW,
        )  # fmt: skip
    assert not Booking.objects.filter(patient=world.nora, state="held").exists()


def test_nobody_waits_for_a_program_that_is_over(world):
    group = mornings(world, entry="rolling", capacity=1, module_sessions=1, cycle_sessions=60)
    comes_in(world, group, world.omar)
    made = program(world, group)
    alone(world, made)
    waits = Choice(part=made.parts.get(group=group).pk, wait=True)
    row = enrolled(world, made, choices=[*with_alma(world, made), waits])
    discharged(world, row, FOURTH)
    assert Waiting.objects.get().state == "left"


def test_a_place_beside_the_program_outlives_it(world):
    group = mornings(world, entry="rolling", module_sessions=1, cycle_sessions=39)
    comes_in(world, group, world.nora)
    made = program(world, group)
    alone(world, made)
    row = enrolled(world, made)
    discharged(world, row, FIRST)
    assert len(starts(world.nora)) == 37
