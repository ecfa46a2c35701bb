"""Groups: founded with their sessions ahead of time, joined by their rules, left alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.actor import Actor
from accounts.models import AuditRow, Consent, ConsentForm
from scheduling.actions.book import book
from scheduling.actions.cancel import cancel, undo_cancel
from scheduling.actions.group_members import complete, join, leave
from scheduling.actions.groups import fill, found
from scheduling.actions.reschedule import reschedule
from scheduling.engine.interval import from_minute
from scheduling.engine.recurrence import weekly
from scheduling.errors import (
    BadInput,
    ConsentMissing,
    FacilitatorsBusy,
    GroupClosed,
    GroupFull,
    GroupService,
    IllegalChange,
    LicenceLapses,
    MemberAlready,
    NotFound,
    NotLicensed,
    PatientBusy,
    ReasonMissing,
)
from scheduling.models import (
    Booking,
    Event,
    Group,
    Holiday,
    JoinLink,
    Member,
    Occupancy,
    Room,
    Series,
    Session,
    TimeOff,
)
from scheduling.queries.repeat import Pattern
from tests.groups import group_service
from tests.world import LA, NOW, World, at, build, offer, patient, therapist

pytestmark = pytest.mark.django_db
MONDAYS = weekly((0,))


@pytest.fixture
def world() -> World:
    return build()


def a_group(world: World, *, who=None, **more) -> Group:
    """Mondays at ten from March 8, by Alma and Ben, in a closed group of eight."""
    said = {
        "service": group_service(world).uuid,
        "name": "Mornings",
        "entry": "closed",
        "capacity": 8,
        "entry_sessions": 2,
        "pattern": Pattern(MONDAYS, LA, 600, date(2027, 3, 8)),
        "medium": "video",
        "facilitators": [world.alma.uuid, world.ben.uuid],
        "actor": world.actor(who or world.dana),
        "now": NOW,
    }
    if more.get("entry") == "rolling":
        more = {"module_sessions": 4, "cycle_sessions": 8} | more
    return found(**said | more)


def joined(world: World, group: Group, who=None, *, by=None, now=NOW, **more) -> list[Booking]:
    who = who or world.nora
    said = {"place": "CA", "zone": LA, "actor": world.actor(by or who, now), "now": now}
    return join(group=group.uuid, patient=who.pk, **said | more)


def dates(group: Group) -> list[Session]:
    return list(Session.objects.filter(series__group=group).order_by("slot"))


def seats(group: Group, who) -> list[Booking]:
    rows = Booking.objects.filter(session__series__group=group, patient=who, live=True)
    return list(rows.order_by("start"))


def worker(world: World) -> Actor:
    return Actor.worker(world.clinic)


# Founded


def test_its_sessions_stand_ahead_of_time_and_all_its_facilitators_are_busy_then(world):
    group = a_group(world)
    made = dates(group)
    assert [one.start for one in made[:2]] == [at("2027-03-08", 10), at("2027-03-15", 10)]
    assert len(made) == 13  # to May 31
    taken = Occupancy.objects.filter(session__in=made, live=True)
    assert taken.filter(profile=world.alma).count() == taken.filter(profile=world.ben).count() == 13
    assert Room.objects.filter(session__in=made).count() == 13
    assert JoinLink.objects.filter(session__in=made, therapist__isnull=False).count() == 26
    assert Event.objects.filter(session__in=made, kind="booked", booking=None).count() == 13
    assert AuditRow.objects.filter(action="group.found", object_id=str(group.uuid)).exists()


def test_a_facilitator_who_is_busy_is_reported_before_anything_is_written(world):
    book_at(world, "2027-03-15", 10, patient=world.omar)
    TimeOff.objects.create(
        therapist=world.ben, first_day=date(2027, 3, 22), last_day=date(2027, 3, 22)
    )
    with pytest.raises(FacilitatorsBusy) as refused:
        a_group(world)
    assert refused.value.code == "facilitators_busy"
    assert refused.value.extra["dates"] == {
        at("2027-03-15", 10): "busy",
        at("2027-03-22", 10): "day_off",
    }
    assert refused.value.extra["who"][at("2027-03-15", 10)] == [world.alma.pk]
    assert not Group.objects.exists() and not Series.objects.exists()


def test_dates_that_are_skipped_are_left_out_for_good(world):
    book_at(world, "2027-03-15", 10, patient=world.omar)
    group = a_group(world, skip=[at("2027-03-15", 10)])
    assert [one.state for one in dates(group)[:3]] == ["scheduled", "cancelled", "scheduled"]
    assert fill(Series.objects.get(), actor=worker(world), now=NOW) == []


def test_holidays_have_no_session(world):
    Holiday.objects.create(clinic=world.clinic, day=date(2027, 3, 29), name="Cesar Chavez Day")
    assert at("2027-03-29", 10) not in [one.start for one in dates(a_group(world))]


@pytest.mark.parametrize(
    "bad",
    [
        {"entry": "sometimes"},
        {"capacity": 0},
        {"entry": "rolling", "module_sessions": 4, "cycle_sessions": 2},
        {"pattern": Pattern("FREQ=DAILY;BYDAY=MO", LA, 600, date(2027, 3, 8))},
        {"facilitators": []},
    ],
)
def test_what_cannot_be_a_group(world, bad):
    with pytest.raises(BadInput):
        a_group(world, **bad)


def test_only_those_who_keep_groups_found_one(world):
    for who in (world.nora, world.alma, world.mallory, world.pia):
        with pytest.raises(NotFound):
            a_group(world, who=who)
    with pytest.raises(NotFound):  # a service for one
        a_group(world, service=world.cbt.uuid)


# The window


def test_the_worker_keeps_the_window_full_and_seats_the_members(world):
    group = a_group(world)
    joined(world, group)
    later = NOW + timedelta(weeks=2)
    made = fill(Series.objects.get(), actor=worker(world), now=later)
    assert [one.start for one in made] == [at("2027-06-07", 10), at("2027-06-14", 10)]
    assert [one.session for one in seats(group, world.nora)][-2:] == made
    assert fill(Series.objects.get(), actor=worker(world), now=later) == []


def test_a_facilitator_who_is_busy_then_is_left_out_where_the_other_one_gives_it(world):
    group = a_group(world)
    book_at(world, "2027-06-07", 10, patient=world.omar, override="far ahead")
    (made,) = fill(Series.objects.get(), actor=worker(world), now=NOW + timedelta(weeks=1))
    assert [one.profile for one in made.occupancies.all()] == [world.ben]
    assert dates(group)[-1] == made


def test_where_nobody_can_give_it_the_date_is_not_made_and_tried_again(world):
    a_group(world, facilitators=[world.alma.uuid])
    taken = book_at(world, "2027-06-07", 10, patient=world.omar, override="far ahead")
    later = NOW + timedelta(weeks=1)
    assert fill(Series.objects.get(), actor=worker(world), now=later) == []
    Occupancy.objects.filter(session=taken.session).update(live=False)
    assert len(fill(Series.objects.get(), actor=worker(world), now=later)) == 1


def test_a_member_who_sits_elsewhere_or_may_not_be_treated_has_no_seat_in_a_new_date(world):
    group = a_group(world)
    joined(world, group)
    joined(world, group, world.omar)
    book_at(world, "2027-06-07", 10, therapist=cleo(world), patient=world.omar, override="far")
    later = NOW + timedelta(weeks=2)
    world.alma.licences.update(valid_until=date(2027, 6, 8))
    first, second = fill(Series.objects.get(), actor=worker(world), now=later)
    assert list(first.bookings.values_list("patient", flat=True)) == [world.nora.pk]
    assert not second.bookings.exists()


# Closed


def test_a_member_of_a_closed_group_has_a_seat_in_every_session(world):
    group = a_group(world)
    made = joined(world, group)
    assert [one.session for one in made] == dates(group)
    member = Member.objects.get()
    assert (member.from_start, member.until_start) == (at("2027-03-08", 10), None)
    assert AuditRow.objects.filter(action="group.join", subject_id=str(world.nora.pk)).exists()


def test_entry_closes_after_the_session_that_the_group_says(world):
    group = a_group(world)
    second = from_minute(at("2027-03-15", 10))
    assert len(joined(world, group, now=second - timedelta(minutes=1))) == 12
    with pytest.raises(GroupClosed) as refused:
        joined(world, group, world.omar, now=second)
    assert refused.value.code == "group_closed"


def test_nobody_joins_twice(world):
    group = a_group(world)
    joined(world, group)
    with pytest.raises(MemberAlready) as refused:
        joined(world, group)
    assert refused.value.code == "member_already"


def test_it_is_full_and_an_absence_does_not_sell_the_place(world):
    group = a_group(world, capacity=1)
    for seat in joined(world, group):
        cancel(booking=seat.uuid, actor=world.actor(world.nora), now=NOW)
    with pytest.raises(GroupFull) as refused:
        joined(world, group, world.omar)
    assert refused.value.code == "group_full"
    assert not Member.objects.filter(patient=world.omar).exists()


# Rolling


def test_rolling_entry_at_the_start_of_a_module_for_a_cycle(world):
    group = a_group(world, entry="rolling")
    first = joined(world, group)
    assert len(first) == 8 and first[0].session == dates(group)[0]
    assert Member.objects.get(patient=world.nora).until_start == at("2027-04-26", 10)
    within = NOW + timedelta(weeks=2)
    second = joined(world, group, world.omar, now=within)
    assert second[0].session == dates(group)[4]  # not in the middle of the first module
    with pytest.raises(GroupClosed):
        joined(world, group, patient(world.clinic, "Petra"), start=dates(group)[5].start)


def test_a_cycle_that_goes_beyond_the_window_ends_where_the_rule_says(world):
    group = a_group(world, entry="rolling", cycle_sessions=24)
    joined(world, group)
    assert Member.objects.get().until_start == at("2027-08-16", 10)


def test_a_cycle_that_is_over_makes_room_for_another(world):
    group = a_group(world, entry="rolling", cycle_sessions=4)
    joined(world, group)
    assert complete(group, from_minute(at("2027-03-29", 10))) == 0
    later = from_minute(at("2027-03-30", 10))
    joined(world, group, now=later)
    assert Member.objects.filter(patient=world.nora, left_reason="completed").count() == 1


# Open


def test_an_open_group_is_a_seat_for_each_session(world):
    group = a_group(world, entry="open")
    (seat,) = joined(world, group, start=at("2027-03-15", 10))
    assert seat.session == dates(group)[1]
    assert not Member.objects.exists()
    with pytest.raises(MemberAlready):
        joined(world, group, start=at("2027-03-15", 10))
    with pytest.raises(GroupClosed):
        joined(world, group, start=at("2027-03-16", 10))


# Who and when


def test_the_licence_of_the_lead_counts_on_the_day_of_each_session(world):
    group = a_group(world)
    with pytest.raises(NotLicensed):
        joined(world, group, place="NY")  # Ben is licensed there, and does not lead
    world.alma.licences.update(valid_until=date(2027, 4, 15))
    with pytest.raises(LicenceLapses):
        joined(world, group)


def test_a_patient_sits_in_nothing_else_at_that_time(world):
    group = a_group(world)
    book_at(world, "2027-03-22", 10, therapist=cleo(world), patient=world.nora)
    with pytest.raises(PatientBusy) as refused:
        joined(world, group)
    assert refused.value.extra["dates"] == [at("2027-03-22", 10)]
    joined(world, group, world.omar)
    with pytest.raises(PatientBusy):
        book_at(world, "2027-03-15", 11, therapist=cleo(world, "Dov"), patient=world.omar)


def test_confidentiality_in_groups_is_a_consent_of_its_own(world):
    group = a_group(world)
    ConsentForm.objects.create(clinic=world.clinic, form="group", version=1, text="Keep it here.")
    with pytest.raises(ConsentMissing) as refused:
        joined(world, group)
    assert refused.value.extra["form"] == "group"
    joined(world, group, accept={"group": 1})
    assert Consent.objects.filter(patient=world.nora, form="group").exists()


def test_staff_who_keep_the_group_take_somebody_in(world):
    group = a_group(world)
    joined(world, group, by=world.dana)
    for by in (world.omar, world.mallory, world.ada):
        with pytest.raises(NotFound):
            joined(world, group, patient(world.clinic, f"Of{by.pk}"), by=by)


# Gone


def test_a_member_leaves_and_nothing_happens_to_anybody_else(world):
    group = a_group(world)
    joined(world, group)
    joined(world, group, world.omar)
    before = [(one.revision, one.state) for one in dates(group)]
    last = Event.objects.order_by("pk").last().pk
    leave(member=member_of(world.nora), actor=world.actor(world.nora), now=NOW)
    assert seats(group, world.nora) == [] and len(seats(group, world.omar)) == 13
    assert [(one.revision, one.state) for one in dates(group)] == before
    told = Event.objects.filter(pk__gt=last)
    assert set(told.values_list("booking__patient", flat=True)) == {world.nora.pk}
    assert not JoinLink.objects.filter(booking__patient=world.nora, revoked_at=None).exists()
    assert JoinLink.objects.filter(booking__patient=world.omar, revoked_at=None).count() == 13
    assert Member.objects.get(patient=world.nora).left_reason == "patient"
    joined(world, group)  # and comes back


def test_one_absence_frees_that_seat_alone_and_is_taken_back(world):
    group = a_group(world, entry="open", capacity=2)
    mine, other = (
        joined(world, group, who, start=at("2027-03-15", 10))[0] for who in (world.nora, world.omar)
    )
    session, actor = dates(group)[1], world.actor(world.nora)
    cancel(booking=mine.uuid, actor=actor, now=NOW)
    petra = patient(world.clinic, "Petra")
    (hers,) = joined(world, group, petra, start=session.start)
    assert hers.seat == 1
    fresh = dates(group)[1]
    assert (fresh.state, fresh.revision) == ("scheduled", session.revision)
    assert fresh.occupancies.filter(live=True).count() == 2
    assert fresh.room.state == "pending" and fresh.room.generation == 1
    assert JoinLink.objects.filter(session=session, revoked_at=None).count() == 4
    with pytest.raises(GroupFull):
        undo_cancel(booking=mine.uuid, actor=actor, now=NOW)
    cancel(booking=other.uuid, actor=world.actor(world.omar), now=NOW)
    assert undo_cancel(booking=mine.uuid, actor=actor, now=NOW).seat == 2
    assert not JoinLink.objects.filter(booking=mine, revoked_at__isnull=False).exists()


def test_who_has_left_does_not_come_back_by_taking_one_absence_back(world):
    group = a_group(world)
    seat = joined(world, group)[0]
    leave(member=member_of(world.nora), actor=world.actor(world.nora), now=NOW)
    with pytest.raises(IllegalChange):
        undo_cancel(booking=seat.uuid, actor=world.actor(world.nora), now=NOW)


def test_a_seat_is_not_moved_like_a_single_session(world):
    seat = joined(world, a_group(world))[0]
    with pytest.raises(GroupService):
        reschedule(
            booking=seat.uuid, start=at("2027-03-09", 10), actor=world.actor(world.nora), now=NOW
        )


def test_staff_give_a_reason_and_strangers_find_no_member(world):
    group = a_group(world)
    joined(world, group)
    who = member_of(world.nora)
    for by in (world.omar, world.mallory, world.ada):
        with pytest.raises(NotFound):
            leave(member=who, actor=world.actor(by), now=NOW)
    with pytest.raises(ReasonMissing):
        leave(member=who, actor=world.actor(world.alma), now=NOW)
    leave(member=who, reason="clinic", actor=world.actor(world.alma), now=NOW)
    assert Member.objects.get().left_reason == "clinic"


def member_of(who):
    return Member.objects.get(patient=who, left_at=None).uuid


def cleo(world: World, name: str = "Cleo"):
    made = therapist(world.clinic, name)
    offer(made, world.cbt)
    return made


def book_at(world: World, day: str, hour: int, *, patient, therapist=None, **more) -> Booking:
    return book(
        service=world.cbt.uuid,
        therapist=(therapist or world.alma).uuid,
        start=at(day, hour),
        medium="video",
        place="CA",
        zone=LA,
        patient=patient.pk,
        actor=world.actor(world.dana),
        now=NOW,
        **more,
    )
