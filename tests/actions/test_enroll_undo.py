"""A step or an end taken back within five minutes: all stands as it did, or nothing moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import AuditRow
from scheduling.actions.enroll_life import complete
from scheduling.actions.group_dates import cancel_date, move_date
from scheduling.actions.group_members import leave
from scheduling.actions.links import series_token
from scheduling.actions.wait_offers import offer_place
from scheduling.actions.waitlist import wait_for_group
from scheduling.engine.hours import day_span
from scheduling.engine.recurrence import weekly
from scheduling.errors import (
    EnrolledAlready,
    IllegalChange,
    NotFound,
    TakenMeanwhile,
    UndoTooLate,
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
    Waiting,
)
from scheduling.queries.enrollments import Standing, standing, undoable
from scheduling.queries.plan import Choice
from scheduling.queries.repeat import Pattern
from tests.courses import (
    FIRST,
    alone,
    discharged,
    enrolled,
    iop,
    level,
    mornings,
    paused,
    program,
    starts,
    stepped,
    undone,
    with_alma,
)
from tests.groups import comes_in
from tests.outbox.acts import booked
from tests.world import LA, NOW, World, at, build

pytestmark = pytest.mark.django_db

WEEK = timedelta(weeks=1)
FOURTH = FIRST + 3 * WEEK
SOON = NOW + timedelta(minutes=4)


@pytest.fixture
def world() -> World:
    made = build()
    made.clinic.horizon_days = 400
    made.clinic.save()
    return made


@pytest.fixture
def five_days(world):
    """The mornings with a session alone for four weeks, and the same with afternoons for six."""
    made = iop(world, weeks=4)
    afternoons = mornings(
        world, days=(0, 2), name="Afternoons", facilitators=[world.alma.uuid],
        pattern=Pattern(weekly((0, 2)), LA, 13 * 60, FIRST),
    )  # fmt: skip
    more = program(
        world, made.parts.first().group, afternoons, of=level(world, "php", 900, 2400), weeks=6
    )
    alone(world, more)
    return made, more


def stands(who) -> dict[str, list]:
    """All that a patient has, to the row."""
    mine = Booking.objects.filter(patient=who, live=True).order_by("pk")
    sessions = Session.objects.filter(bookings__in=mine).order_by("pk")
    own = Series.objects.filter(patient=who, ended_at=None).order_by("pk")
    links = JoinLink.objects.filter(session__in=sessions, revoked_at=None).order_by("pk")
    lines = SeriesLink.objects.filter(patient=who, revoked_at=None, series__ended_at=None)
    taken = Occupancy.objects.filter(session__in=sessions).order_by("pk")
    return {
        "seats": list(mine.values_list("pk", "start", "end", "state", "place", "late")),
        "sessions": list(sessions.values_list("pk", "state", "start", "series")),
        "time": list(taken.values_list("session", "therapist", "live")),
        "series": list(own.values_list("pk", "enrollment", "last_day")),
        "places": list(
            Member.objects.filter(patient=who, left_at=None)
            .order_by("pk")
            .values_list("pk", "enrollment", "from_start", "until_start", "left_reason")
        ),
        "programs": list(
            Enrollment.objects.filter(patient=who, live=True)
            .order_by("pk")
            .values_list("pk", "start", "end", "ended_at", "end_reason")
        ),
        "pauses": list(Pause.objects.values_list("start", "end", "created_at")),
        "waits": list(Waiting.objects.filter(state="waiting").values_list("pk", "entered_at")),
        "links": list(links.values_list("pk", "booking")),
        "lines": list(lines.order_by("pk").values_list("pk", flat=True)),
    }


# All of it


@pytest.mark.parametrize("reason", ["discharged", "completed", "left"])
def test_an_end_is_taken_back_to_the_row(world, reason):
    row = enrolled(world, iop(world, weeks=6))
    before = stands(world.nora)
    discharged(world, row, FOURTH, reason=reason)
    assert stands(world.nora) != before
    undone(world, row, now=SOON)
    assert stands(world.nora) == before
    assert AuditRow.objects.filter(action="enrollment.undo", outcome="ok").exists()


def test_a_step_up_is_taken_back_to_the_row(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    before = stands(world.nora)
    after = stepped(world, row, more, FOURTH)
    undone(world, row, now=SOON)
    assert stands(world.nora) == before
    after.refresh_from_db()
    assert (after.live, after.end_reason) == (False, "undone")
    assert standing(after, [], NOW) is Standing.NEVER
    gone = Event.objects.filter(kind="cancelled")
    assert {one["why"] for one in gone.values_list("facts", flat=True)} == {"undone"}


def test_a_step_down_is_taken_back_to_the_row(world, five_days):
    less, more = five_days
    row = enrolled(world, more)
    before = stands(world.nora)
    stepped(world, row, less, FIRST + WEEK)
    undone(world, row, now=SOON)
    assert stands(world.nora) == before


def test_before_it_has_begun_too(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    series_token(Series.objects.get(group__name="Mornings"), NOW, patient=world.nora)
    before = stands(world.nora)
    stepped(world, row, more, FIRST)
    undone(world, row, now=SOON)
    assert stands(world.nora) == before
    discharged(world, row, FIRST, now=SOON)
    undone(world, row, now=SOON)
    assert stands(world.nora) == before


def test_out_of_a_pause_one_is_back_in_it(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    paused(world, row, FIRST + WEEK, now=NOW - timedelta(hours=1))
    before = stands(world.nora)
    stepped(world, row, more, FOURTH)
    undone(world, row, now=SOON)
    assert stands(world.nora) == before
    discharged(world, row, FIRST + WEEK, now=SOON)
    undone(world, row, now=SOON)
    assert stands(world.nora) == before


def test_what_the_patient_has_beside_the_program_is_as_it_was(world):
    """A place of one's own in a group that the next program has, too."""
    group = mornings(world, entry="rolling", module_sessions=1, cycle_sessions=36)
    comes_in(world, group, world.nora)
    series_token(group.series.get(), NOW, patient=world.nora)
    first = program(world, weeks=4)
    alone(world, first)
    row = enrolled(world, first)
    before = stands(world.nora)
    more = program(world, group, of=first.level, weeks=8)
    alone(world, more)
    stepped(world, row, more, FIRST + WEEK)
    undone(world, row, now=SOON)
    assert stands(world.nora) == before


def test_who_waited_waits_again_in_the_old_turn(world):
    group = mornings(world, entry="rolling", capacity=1, module_sessions=1, cycle_sessions=60)
    comes_in(world, group, world.omar)
    made = program(world, group, weeks=4)
    alone(world, made)
    waits = Choice(part=made.parts.get(group=group).pk, wait=True)
    row = enrolled(world, made, choices=[*with_alma(world, made), waits])
    before = stands(world.nora)
    discharged(world, row, FIRST, now=SOON)
    assert before["waits"] != stands(world.nora)["waits"]
    undone(world, row, now=SOON)
    assert stands(world.nora) == before


def test_what_the_patient_gave_up_meanwhile_stays_so(world):
    group = mornings(world, entry="rolling", module_sessions=1, cycle_sessions=60)
    made = program(world, group, weeks=4)
    alone(world, made)
    row = enrolled(world, made)
    discharged(world, row, FIRST + WEEK)
    leave(member=Member.objects.get().uuid, actor=world.actor(world.nora), now=SOON)
    undone(world, row, now=SOON)
    assert Member.objects.get().left_at == SOON
    assert at("2027-03-08", 9) not in starts(world.nora)
    assert len(starts(world.nora)) == 4 + 9


def test_a_date_of_the_group_that_is_off_by_now_does_not_come_back(world):
    row = enrolled(world, iop(world, weeks=4))
    discharged(world, row, FIRST)
    dates = Session.objects.filter(series__group__isnull=False).order_by("start")
    said = {"reason": "clinic", "actor": world.actor(world.dana), "now": SOON}
    cancel_date(session=dates[0].uuid, **said)
    move_date(session=dates[1].uuid, start=dates[1].start + 240, **said)
    undone(world, row, now=SOON)
    assert len(starts(world.nora)) == 15
    assert dates[1].start in starts(world.nora)


# Or nothing


def refused(world, row, error, **more):
    before = stands(world.nora)
    with pytest.raises(error) as found:
        undone(world, row, now=SOON, **more)
    row.refresh_from_db()
    assert stands(world.nora) == before
    return found.value


def test_not_where_a_therapists_time_is_taken(world):
    row = enrolled(world, iop(world, weeks=6))
    discharged(world, row, FOURTH)
    booked(world, world.omar, start=at("2027-04-06", 10))
    found = refused(world, row, TakenMeanwhile)
    assert found.extra["dates"] == {at("2027-04-06", 10): "busy"}


def test_not_where_the_patient_is_elsewhere(world):
    row = enrolled(world, iop(world, weeks=6))
    discharged(world, row, FOURTH)
    booked(world, start=at("2027-04-05", 9), therapist=world.alma)
    found = refused(world, row, TakenMeanwhile)
    assert found.extra["dates"] == {at("2027-04-05", 9): "patient_busy"}


def test_not_where_the_last_seat_is_taken(world):
    group = mornings(world, entry="rolling", capacity=1, module_sessions=1, cycle_sessions=60)
    made = program(world, group, weeks=4)
    alone(world, made)
    row = enrolled(world, made)
    discharged(world, row, FIRST)
    comes_in(world, group, world.omar)
    found = refused(world, row, TakenMeanwhile)
    assert set(found.extra["dates"].values()) == {"group_full"}


def test_not_where_a_place_is_taken_on_dates_that_are_not_made_yet(world):
    group = mornings(world, entry="rolling", capacity=1, module_sessions=1, cycle_sessions=60)
    made = program(world, group, weeks=20)
    row = enrolled(world, made, choices=[])
    end = FIRST + 17 * WEEK
    discharged(world, row, end)
    member = Member.objects.get()
    Member.objects.create(
        group=group, patient=world.omar, from_start=day_span(LA, end, end)[0], place="CA", zone=LA,
        joined_at=SOON,
    )  # fmt: skip
    refused(world, row, TakenMeanwhile)
    member.refresh_from_db()
    assert member.until_start == at("2027-07-02", 9)


def test_a_place_that_is_held_for_who_waits_is_taken(world):
    group = mornings(world, entry="rolling", capacity=1, module_sessions=1, cycle_sessions=60)
    made = program(world, group, weeks=4)
    alone(world, made)
    row = enrolled(world, made)
    discharged(world, row, FIRST)
    dana = world.actor(world.dana)
    wait = wait_for_group(
        patient=world.omar.pk, group=group.uuid, place="CA", zone=LA, actor=dana, now=SOON
    )
    offer_place(waiting=wait.uuid, actor=dana, now=SOON)
    refused(world, row, TakenMeanwhile)


def test_not_later_than_five_minutes(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    after = stepped(world, row, more, FOURTH)
    row.refresh_from_db()
    late = NOW + timedelta(minutes=5, seconds=1)
    assert undoable(row, SOON) == undoable(after, SOON) == row
    assert undoable(row, late) is undoable(after, late) is None
    with pytest.raises(UndoTooLate):
        undone(world, row, now=late)


def test_not_what_has_begun_since(world):
    """A session that was cancelled two minutes before its start."""
    row = enrolled(world, iop(world, weeks=6))
    just_before = datetime(2027, 3, 8, 16, 58, tzinfo=UTC)
    discharged(world, row, FIRST, now=just_before)
    with pytest.raises(UndoTooLate):
        undone(world, row, now=just_before + timedelta(minutes=3))


def test_not_what_the_step_brought_and_has_begun(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    just_before = datetime(2027, 3, 8, 20, 58, tzinfo=UTC)
    with_it = {"choices": with_alma(world, more), "now": just_before - timedelta(hours=4)}
    stepped(world, row, more, FIRST, **with_it)
    Enrollment.objects.filter(pk=row.pk).update(ended_at=just_before)
    with pytest.raises(UndoTooLate):
        undone(world, row, now=just_before + timedelta(minutes=3))


def test_nothing_to_take_back(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    refused(world, row, IllegalChange)
    complete(NOW + 13 * WEEK)
    with pytest.raises(IllegalChange):
        undone(world, row, now=NOW + 13 * WEEK)
    Enrollment.objects.update(end_reason="", ended_at=None)
    discharged(world, row, FOURTH)
    undone(world, row)
    refused(world, row, IllegalChange)


def test_not_where_more_has_become_of_what_followed(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    after = stepped(world, row, more, FOURTH)
    paused(world, after, FOURTH + WEEK, now=SOON)
    refused(world, row, IllegalChange)
    after_that = stepped(world, after, less, FOURTH + WEEK, now=SOON)
    refused(world, row, IllegalChange)
    undone(world, after, now=SOON)
    assert not Enrollment.objects.get(pk=after_that.pk).live


def test_not_where_the_patient_is_in_another_program_by_now(world, five_days):
    less, more = five_days
    row = enrolled(world, less)
    discharged(world, row, FIRST)
    enrolled(world, more, now=SOON)
    refused(world, row, EnrolledAlready)


def test_who_may(world):
    """AC2."""
    row = enrolled(world, iop(world, weeks=6))
    discharged(world, row, FOURTH)
    for who in (world.ada, world.nora, world.mallory, world.omar):
        with pytest.raises(NotFound):
            undone(world, row, actor=world.actor(who))
    undone(world, row, actor=world.actor(world.ben))
