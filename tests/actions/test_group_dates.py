"""A group's dates: one cancelled or moved, another facilitator, a pause, other times, the end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scheduling.actions.cancel import undo_cancel
from scheduling.actions.group_dates import (
    cancel_date,
    change_facilitator,
    move_date,
    undo_cancel_date,
)
from scheduling.actions.group_life import change_times, end, pause, resume
from scheduling.actions.groups import fill
from scheduling.engine.interval import from_minute
from scheduling.engine.recurrence import weekly
from scheduling.errors import (
    BadInput,
    CancelledAlready,
    FacilitatorsBusy,
    IllegalChange,
    MembersBusy,
    MembersNotLicensed,
    NotFound,
    ReasonMissing,
    StartedAlready,
    UndoTooLate,
)
from scheduling.models import Booking, Event, Facilitator, JoinLink, Member, Occupancy, Series
from scheduling.queries import groups
from scheduling.queries.repeat import Pattern
from tests.actions.test_groups import (
    a_group,
    book_at,
    cleo,
    dates,
    joined,
    seats,
    worker,
)
from tests.world import LA, NOW, World, at, build, patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def group(world):
    made = a_group(world)
    joined(world, made)
    joined(world, made, world.omar)
    return made


def by(world, who=None, now=NOW) -> dict:
    return {"actor": world.actor(who or world.dana, now), "now": now}


def told_after(last: int) -> set:
    """Whose seats, or None for the whole date, the events after this one are about."""
    return set(Event.objects.filter(pk__gt=last).values_list("booking__patient", flat=True))


def last_event() -> int:
    return Event.objects.latest("pk").pk


# One date


def test_one_date_is_cancelled_for_everybody_and_taken_back(world, group):
    second, before = dates(group)[1], last_event()
    cancel_date(session=second.uuid, reason="therapist_ill", **by(world, world.alma))
    assert not Booking.objects.filter(session=second, live=True).exists()
    assert not Occupancy.objects.filter(session=second, live=True).exists()
    assert len(seats(group, world.nora)) == 12
    assert told_after(before) == {world.nora.pk, world.omar.pk, None}
    second.refresh_from_db()
    assert (second.state, second.room.state) == ("cancelled", "revoked")
    with pytest.raises(CancelledAlready):
        cancel_date(session=second.uuid, reason="clinic", **by(world))
    seat = Booking.objects.get(session=second, patient=world.nora)
    with pytest.raises(IllegalChange):  # not one seat alone
        undo_cancel(booking=seat.uuid, **by(world))
    assert fill(Series.objects.get(), actor=worker(world), now=NOW) == []
    undo_cancel_date(session=second.uuid, **by(world))
    assert len(seats(group, world.nora)) == len(seats(group, world.omar)) == 13
    assert JoinLink.objects.filter(session=second, revoked_at=None).count() == 4
    assert Occupancy.objects.filter(session=second, live=True).count() == 2


def test_it_is_taken_back_for_five_minutes_only(world, group):
    second = dates(group)[1]
    cancel_date(session=second.uuid, reason="clinic", **by(world))
    with pytest.raises(UndoTooLate):
        undo_cancel_date(session=second.uuid, **by(world, now=NOW + timedelta(minutes=6)))


def test_who_decides_about_a_date(world, group):
    second = dates(group)[1].uuid
    for who in (world.nora, world.mallory, cleo(world), world.pia):
        with pytest.raises(NotFound):
            cancel_date(session=second, reason="clinic", **by(world, who))
    with pytest.raises(ReasonMissing):
        cancel_date(session=second, reason="", **by(world))
    with pytest.raises(StartedAlready):
        cancel_date(
            session=second, reason="clinic", **by(world, now=from_minute(at("2027-03-15", 10)))
        )
    single = book_at(world, "2027-03-16", 10, patient=world.nora)
    with pytest.raises(NotFound):
        cancel_date(session=single.session.uuid, reason="clinic", **by(world))


def test_one_date_is_moved_with_its_seats_and_keeps_its_slot(world, group):
    second = dates(group)[1]
    before = last_event()
    said = {"session": second.uuid, "start": at("2027-03-16", 14), "reason": "clinic"}
    move_date(**said, **by(world))
    second.refresh_from_db()
    assert (second.slot, second.start) == (at("2027-03-15", 10), at("2027-03-16", 14))
    taken = Occupancy.objects.filter(session=second, live=True)
    assert set(taken.values_list("start", flat=True)) == {second.start}
    assert at("2027-03-16", 14) in [one.start for one in seats(group, world.nora)]
    assert told_after(before) == {world.nora.pk, world.omar.pk, None}
    assert second.room.generation == 2


def test_a_date_is_not_moved_to_where_a_facilitator_is_busy(world, group):
    book_at(world, "2027-03-16", 14, patient=world.omar)
    with pytest.raises(FacilitatorsBusy):
        move_date(
            session=dates(group)[1].uuid,
            start=at("2027-03-16", 14),
            reason="clinic",
            **by(world),
        )


def test_members_who_sit_elsewhere_then_are_named_and_lose_that_seat_alone(world, group):
    book_at(world, "2027-03-16", 14, therapist=cleo(world), patient=world.omar)
    said = {"session": dates(group)[1].uuid, "start": at("2027-03-16", 14), "reason": "clinic"}
    with pytest.raises(MembersBusy) as refused:
        move_date(**said, **by(world))
    assert refused.value.code == "members_busy"
    assert refused.value.extra["patients"] == [world.omar.pk]
    assert len(seats(group, world.omar)) == 13
    move_date(**said, drop=True, **by(world))
    assert len(seats(group, world.omar)) == 12 and len(seats(group, world.nora)) == 13


# Who gives it


def test_somebody_else_gives_it_from_a_day_on(world, group):
    new = cleo(world)
    changed = change_facilitator(
        group=group.uuid,
        from_day=date(2027, 3, 22),
        leaving=world.alma.uuid,
        coming=new.uuid,
        **by(world),
    )
    assert len(changed) == 11
    assert Occupancy.objects.filter(session__in=dates(group), profile=world.alma).count() == 2
    assert Occupancy.objects.filter(session__in=changed, profile=new, live=True).count() == 11
    links = JoinLink.objects.filter(session__in=changed, therapist__isnull=False)
    assert links.filter(therapist=world.alma.user).count() == 0
    assert links.filter(therapist=new.user).count() == 11
    assert Facilitator.objects.get(therapist=world.alma).until_day == date(2027, 3, 21)
    assert Facilitator.objects.get(therapist=new).lead is True
    assert groups.leads(group, LA, [changed[0].slot]) == {changed[0].slot: new.pk}


def test_for_a_while_only(world, group):
    new = cleo(world)
    changed = change_facilitator(
        group=group.uuid,
        from_day=date(2027, 3, 22),
        until_day=date(2027, 4, 4),
        leaving=world.alma.uuid,
        coming=new.uuid,
        **by(world),
    )
    assert [one.start for one in changed] == [at("2027-03-22", 10), at("2027-03-29", 10)]
    lead = groups.leads(group, LA, [at("2027-03-22", 10), at("2027-04-05", 10)])
    assert list(lead.values()) == [new.pk, world.alma.pk]


def test_one_facilitator_falls_out_and_the_other_goes_on(world, group):
    change_facilitator(
        group=group.uuid, from_day=date(2027, 3, 8), leaving=world.ben.uuid, **by(world)
    )
    with pytest.raises(BadInput):
        change_facilitator(
            group=group.uuid, from_day=date(2027, 3, 8), leaving=world.alma.uuid, **by(world)
        )
    assert Occupancy.objects.filter(session__in=dates(group), profile=world.alma).count() == 13


def test_the_substitute_is_licensed_for_every_member_on_each_day(world, group):
    new = cleo(world)
    new.licences.update(valid_until=date(2027, 5, 1))
    said = {
        "group": group.uuid,
        "from_day": date(2027, 3, 22),
        "leaving": world.alma.uuid,
        "coming": new.uuid,
    }
    with pytest.raises(MembersNotLicensed) as refused:
        change_facilitator(**said, **by(world))
    assert refused.value.code == "members_not_licensed"
    assert refused.value.extra["patients"] == sorted([world.nora.pk, world.omar.pk])
    assert not Facilitator.objects.filter(therapist=new).exists()
    change_facilitator(**said, until_day=date(2027, 4, 30), **by(world))


def test_the_substitute_is_free(world, group):
    new = cleo(world)
    book_at(world, "2027-03-29", 10, therapist=new, patient=patient(world.clinic, "Petra"))
    with pytest.raises(FacilitatorsBusy) as refused:
        change_facilitator(
            group=group.uuid, from_day=date(2027, 3, 22), coming=new.uuid, **by(world)
        )
    assert list(refused.value.extra["dates"]) == [at("2027-03-29", 10)]


def test_only_those_who_keep_groups_say_who_gives_them(world, group):
    for who in (world.alma, world.nora, world.pia):
        with pytest.raises(NotFound):
            change_facilitator(
                group=group.uuid,
                from_day=date(2027, 3, 8),
                leaving=world.ben.uuid,
                **by(world, who),
            )


# Pause, and on


def test_a_pause_keeps_the_places_and_what_is_left_of_a_cycle(world):
    made = a_group(world, entry="rolling")
    joined(world, made)
    later = from_minute(at("2027-03-16", 9))
    pause(group=made.uuid, reason="clinic", **by(world, now=later))
    assert len(seats(made, world.nora)) == 2
    assert fill(Series.objects.get(), actor=worker(world), now=later) == []
    resume(group=made.uuid, first=date(2027, 5, 1), **by(world, now=later))
    after = seats(made, world.nora)[2:]
    assert [after[0].start, after[-1].start] == [at("2027-05-03", 10), at("2027-06-07", 10)]
    assert len(after) == 6  # of eight
    series = Series.objects.latest("pk")
    assert series.follows == Series.objects.earliest("pk")


def test_members_of_a_closed_group_go_on_after_the_pause(world, group):
    pause(group=group.uuid, reason="clinic", **by(world))
    assert seats(group, world.nora) == []
    resume(group=group.uuid, first=date(2027, 3, 22), **by(world))
    assert seats(group, world.nora)[0].start == at("2027-03-22", 10)
    with pytest.raises(IllegalChange):
        resume(group=group.uuid, first=date(2027, 3, 22), **by(world))


def test_the_end_is_for_good(world, group):
    before = last_event()
    end(group=group.uuid, reason="clinic", **by(world))
    assert not Booking.objects.filter(live=True).exists()
    assert set(Member.objects.values_list("left_reason", flat=True)) == {"completed"}
    assert told_after(before) == {world.nora.pk, world.omar.pk, None}
    with pytest.raises(IllegalChange):
        pause(group=group.uuid, reason="clinic", **by(world))


# Other times


def tuesdays() -> Pattern:
    return Pattern(weekly((1,)), LA, 14 * 60, date(2027, 3, 22))


def test_another_weekday_from_a_date_on(world, group):
    third = dates(group)[2]
    after = change_times(
        group=group.uuid, slot=third.slot, pattern=tuesdays(), reason="clinic", **by(world)
    )
    starts = [one.start for one in seats(group, world.nora)]
    assert starts[:3] == [at("2027-03-08", 10), at("2027-03-15", 10), at("2027-03-23", 14)]
    assert after.follows is not None and after.follows.ended_at == NOW
    third.refresh_from_db()
    assert (third.series, third.slot, third.start) == (after, starts[2], starts[2])
    later = NOW + timedelta(weeks=2)
    assert fill(after, actor=worker(world), now=later)
    assert len(seats(group, world.omar)) == len(seats(group, world.nora))


def test_the_new_times_are_free_or_left_out(world, group):
    book_at(world, "2027-03-30", 14, patient=world.omar)
    said = {
        "group": group.uuid,
        "slot": dates(group)[2].slot,
        "pattern": tuesdays(),
        "reason": "clinic",
    }
    with pytest.raises(FacilitatorsBusy):
        change_times(**said, **by(world))
    assert Series.objects.count() == 1
    change_times(**said, skip=[at("2027-03-30", 14)], **by(world))
    assert at("2027-04-06", 14) in [one.start for one in seats(group, world.nora)]


def test_who_sits_elsewhere_at_the_new_times_is_named(world, group):
    book_at(world, "2027-03-30", 14, therapist=cleo(world), patient=world.omar)
    said = {
        "group": group.uuid,
        "slot": dates(group)[2].slot,
        "pattern": tuesdays(),
        "reason": "clinic",
    }
    with pytest.raises(MembersBusy):
        change_times(**said, **by(world))
    change_times(**said, drop=True, **by(world))
    assert len(seats(group, world.nora)) == len(seats(group, world.omar)) + 1


def test_a_shorter_rule_cancels_what_is_left_over(world, group):
    monthly = Pattern(weekly((0,), 2), LA, 600, date(2027, 3, 22), last=date(2027, 5, 1))
    change_times(
        group=group.uuid, slot=dates(group)[2].slot, pattern=monthly, reason="clinic", **by(world)
    )
    assert [one.start for one in seats(group, world.nora)] == [
        at(day, 10)
        for day in ("2027-03-08", "2027-03-15", "2027-03-22", "2027-04-05", "2027-04-19")
    ]
