"""A series: every date checked, all or nothing; changed or cancelled from a date on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditRow, Consent
from scheduling.actions.book import book
from scheduling.actions.cancel import cancel
from scheduling.actions.repeat import Chosen, repeat
from scheduling.actions.series_life import cancel_from, change_from, undo_cancel_from
from scheduling.engine.interval import from_minute
from scheduling.engine.recurrence import monthly, weekly
from scheduling.errors import (
    BadInput,
    ConsentMissing,
    NotFound,
    NotOffered,
    ReasonMissing,
    SeriesRefused,
    SlotGone,
    StartedAlready,
    UndoTooLate,
)
from scheduling.models import (
    Booking,
    Event,
    Holiday,
    JoinLink,
    Occupancy,
    Room,
    Series,
    SeriesLink,
    Session,
    TimeOff,
)
from scheduling.queries.repeat import Asked, Pattern, check
from tests.world import LA, NOW, World, at, build, licence

pytestmark = pytest.mark.django_db
MONDAYS = weekly((0,))


@pytest.fixture
def world() -> World:
    made = build()
    made.clinic.horizon_days = 400
    made.clinic.save()
    return made


def pattern(count: int = 12, rule: str = MONDAYS, hour: int = 15, first: str = "2027-03-08"):
    return Pattern(rule, LA, hour * 60, date.fromisoformat(first), count=count)


def asked(world: World, **more) -> Asked:
    said = {
        "clinic": world.clinic.pk,
        "service": world.cbt.pk,
        "therapist": world.alma.user_id,
        "patient": world.nora.pk,
        "medium": "video",
        "place": "CA",
        "minutes": 50,
    }
    return Asked(**said | more)


def report(world: World, wanted: Pattern, **more) -> dict[str, str]:
    return {
        one.day.isoformat(): one.why for one in check(asked(world, **more), wanted, NOW) if one.why
    }


def all_of(world: World, wanted: Pattern, therapist=None) -> list[Chosen]:
    host = (therapist or world.alma).uuid
    return [Chosen(one.start, one.start, host) for one in wanted.dates()]


def a_series(world: World, wanted: Pattern | None = None, who=None, chosen=None, **more) -> Series:
    wanted = wanted or pattern()
    return repeat(
        **{
            "service": world.cbt.uuid,
            "pattern": wanted,
            "chosen": all_of(world, wanted) if chosen is None else chosen,
            "medium": "video",
            "place": "CA",
            "patient": world.nora.pk,
            "actor": more.pop("actor", None) or world.actor(who or world.dana),
            "now": NOW,
        }
        | more
    )


def live(series: Series) -> list[int]:
    return list(
        Booking.objects.filter(session__series=series, live=True)
        .order_by("start")
        .values_list("start", flat=True)
    )


# The report


def test_every_date_is_checked_and_each_reason_named(world):
    world.clinic.horizon_days = 63
    world.clinic.save()
    book_at(world, "2027-03-15", 15, patient=world.omar)
    TimeOff.objects.create(
        therapist=world.alma, first_day=date(2027, 3, 22), last_day=date(2027, 3, 24)
    )
    Holiday.objects.create(clinic=world.clinic, day=date(2027, 3, 29), name="Cesar Chavez Day")
    book_at(world, "2027-04-05", 15, therapist=world.ben, patient=world.nora)
    world.alma.licences.update(valid_until=date(2027, 4, 15))
    found = report(world, pattern(count=9))
    assert found == {
        "2027-03-15": "busy",
        "2027-03-22": "day_off",
        "2027-03-29": "holiday",
        "2027-04-05": "patient_busy",
        "2027-04-19": "not_allowed",
        "2027-04-26": "not_allowed",
        "2027-05-03": "too_far",
    }


def test_a_conflict_comes_with_the_nearest_other_time_and_who_else_is_free(world):
    book_at(world, "2027-03-15", 15, patient=world.omar)
    (one,) = [date for date in check(asked(world), pattern(), NOW) if date.why]
    assert one.near in (at("2027-03-15", 14), at("2027-03-15", 16))
    assert one.others == ()  # Ben works until 5 PM in New York, which is 2 PM here


def test_a_colleague_who_is_licensed_and_free_is_named(world):
    book_at(world, "2027-03-15", 10, patient=world.omar)
    (one,) = [date for date in check(asked(world), pattern(hour=10), NOW) if date.why]
    assert one.others == (world.ben.pk,)
    world.ben.licences.filter(state="CA").delete()
    (one,) = [date for date in check(asked(world), pattern(hour=10), NOW) if date.why]
    assert one.others == ()


def test_a_time_that_the_clock_skips_is_a_conflict(world):
    found = report(world, pattern(count=3, rule=weekly((6,)), hour=2, first="2027-03-07"))
    assert found["2027-03-14"] == "spring_gap"


def test_staff_with_a_reason_look_past_horizon_and_hours_but_never_past_overlap(world):
    world.clinic.horizon_days = 10
    world.clinic.save()
    book_at(world, "2027-03-15", 15, patient=world.omar)
    evening = pattern(count=3, hour=19)
    assert set(report(world, evening).values()) == {"outside_hours", "too_far"}
    assert report(world, evening, override=True) == {}
    assert report(world, pattern(count=3), override=True) == {"2027-03-15": "busy"}


def test_the_report_costs_the_same_for_any_number_of_dates(world):
    with CaptureQueriesContext(connection) as few:
        check(asked(world), pattern(count=2), NOW)
    with CaptureQueriesContext(connection) as many:
        check(asked(world), pattern(count=52), NOW)
    assert len(few) == len(many) == 4


# Booked whole, or not at all


def test_every_monday_at_three_for_twelve_weeks(world):
    """The wall clock's time is kept over the change of March 14."""
    series = a_series(world)
    starts = live(series)
    assert len(starts) == 12
    assert starts[0] == at("2027-03-08", 15) and starts[-1] == at("2027-05-24", 15)
    assert starts[1] - starts[0] == 7 * 1440 - 60
    assert (series.first_day, series.last_day) == (date(2027, 3, 8), date(2027, 5, 24))
    sessions = Session.objects.filter(series=series)
    assert {one.slot for one in sessions} == set(starts)
    assert Occupancy.objects.filter(session__in=sessions, therapist=world.alma.user).count() == 12
    assert Room.objects.filter(session__in=sessions).count() == 12
    assert JoinLink.objects.filter(session__in=sessions).count() == 24
    assert SeriesLink.objects.filter(series=series).count() == 2
    assert Event.objects.filter(session__in=sessions, kind="booked").count() == 12
    assert AuditRow.objects.filter(action="series.book", subject_id=str(world.nora.pk)).exists()


def test_other_rules(world):
    rules = [weekly((0, 2)), weekly((1,), 2), monthly(2, 3)]
    for number, rule in enumerate(rules):
        wanted = pattern(count=6, rule=rule, hour=9 + 2 * number)
        assert len(live(a_series(world, wanted))) == 6


def test_fifty_two_dates_are_checked_and_booked_in_at_most_25_queries(world):
    wanted, dana = pattern(count=52), world.actor(world.dana)
    with CaptureQueriesContext(connection) as sent:
        found = check(asked(world), wanted, NOW)
        assert not [one for one in found if one.why]
        series = a_series(world, wanted, actor=dana)
    ours = [q["sql"] for q in sent if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(live(series)) == 52
    assert len(ours) <= 25, "\n".join(sql[:150] for sql in ours)


def test_a_date_that_was_taken_meanwhile_stops_all_of_it(world):
    book_at(world, "2027-03-15", 15, patient=world.omar)
    before = Booking.objects.count()
    with pytest.raises(SeriesRefused) as refused:
        a_series(world)
    assert refused.value.extra["dates"] == {at("2027-03-15", 15): "busy"}
    assert Booking.objects.count() == before and not Series.objects.exists()
    row = AuditRow.objects.get(action="series.book")
    assert (row.outcome, row.code) == ("refused", "series_refused")


def test_a_date_may_be_skipped_moved_within_the_day_or_given_to_a_colleague(world):
    book_at(world, "2027-03-15", 10, patient=world.omar)
    book_at(world, "2027-03-22", 10, patient=world.omar)
    book_at(world, "2027-03-29", 10, patient=world.omar)
    wanted = pattern(count=4, hour=10)
    chosen = all_of(world, wanted)
    chosen[1] = chosen[1]._replace(start=at("2027-03-15", 11))
    chosen[2] = chosen[2]._replace(therapist=world.ben.uuid)
    del chosen[3]
    series = a_series(world, wanted, chosen=chosen)
    assert live(series) == [at("2027-03-08", 10), at("2027-03-15", 11), at("2027-03-22", 10)]
    moved = Session.objects.get(series=series, start=at("2027-03-15", 11))
    assert moved.slot == at("2027-03-15", 10)
    assert Occupancy.objects.get(session__series=series, profile=world.ben).start == live(series)[2]
    assert SeriesLink.objects.filter(series=series, therapist__isnull=False).count() == 2


def test_a_patient_books_a_series_where_the_service_allows(world):
    assert len(live(a_series(world, who=world.nora))) == 12
    world.cbt.repeatable = False
    world.cbt.save()
    with pytest.raises(NotOffered):
        a_series(world, pattern(hour=10), who=world.nora)
    a_series(world, pattern(hour=10), who=world.dana)


def test_nobody_books_one_for_somebody_else(world):
    for who in (world.omar, world.ada, world.mallory):
        with pytest.raises(NotFound):
            a_series(world, who=who)


def test_a_patient_overrides_nothing(world):
    with pytest.raises(ReasonMissing):
        a_series(world, who=world.nora, override="please")


def test_consent_comes_first(world):
    Consent.objects.filter(patient=world.nora, form="telehealth").delete()
    with pytest.raises(ConsentMissing):
        a_series(world)
    a_series(world, accept={"telehealth": 1})


@pytest.mark.parametrize("bad", ["none", "stranger", "twice", "backwards", "rule"])
def test_dates_that_are_not_the_rules_are_refused(world, bad):
    wanted = pattern(count=3)
    chosen = all_of(world, wanted)
    if bad == "rule":
        wanted = pattern(rule="FREQ=DAILY;BYDAY=MO")
    given = {
        "none": [],
        "stranger": [chosen[0]._replace(slot=chosen[0].slot + 15)],
        "twice": [chosen[0], chosen[0]],
        "backwards": chosen[::-1],
        "rule": chosen,
    }[bad]
    with pytest.raises(BadInput):
        a_series(world, wanted, chosen=given)


# Later


def test_this_and_all_following_are_cancelled_and_the_past_is_never_touched(world):
    series = a_series(world)
    later = from_minute(at("2027-03-22", 16))
    cancelled = cancel_from(series=series.uuid, actor=world.actor(world.nora), now=later)
    assert len(cancelled) == 9
    assert live(series) == [at(f"2027-03-{day:02}", 15) for day in (8, 15, 22)]
    series.refresh_from_db()
    assert series.last_day == date(2027, 3, 22) and series.ended_at == later
    assert not Occupancy.objects.filter(
        session__series=series, live=True, start__gt=live(series)[2]
    )
    assert JoinLink.objects.filter(session__series=series, revoked_at__isnull=False).count() == 18


def test_from_one_date_on(world):
    series = a_series(world)
    fourth = live(series)[3]
    cancel_from(
        series=series.uuid, slot=fourth, reason="clinic", actor=world.actor(world.dana), now=NOW
    )
    assert len(live(series)) == 3
    series.refresh_from_db()
    assert series.ended_at is None and series.last_day == date(2027, 3, 22)


def test_one_date_alone_is_cancelled_as_any_other(world):
    series = a_series(world)
    one = Booking.objects.get(session__series=series, start=live(series)[3])
    cancel(booking=one.uuid, actor=world.actor(world.nora), now=NOW)
    assert len(live(series)) == 11


def test_a_patient_cannot_cancel_what_is_too_near_and_keeps_it(world):
    series = a_series(world)
    near = from_minute(live(series)[0] - 30)
    world.clinic.change_notice = 24 * 60
    world.clinic.save()
    assert len(cancel_from(series=series.uuid, actor=world.actor(world.nora), now=near)) == 11
    with pytest.raises(StartedAlready):
        cancel_from(series=series.uuid, actor=world.actor(world.nora), now=near)


def test_what_was_cancelled_is_taken_back_whole_within_five_minutes(world):
    series = a_series(world)
    cancel_from(series=series.uuid, actor=world.actor(world.nora), now=NOW)
    undo_cancel_from(series=series.uuid, actor=world.actor(world.nora), now=NOW)
    assert len(live(series)) == 12
    cancel_from(series=series.uuid, actor=world.actor(world.nora), now=NOW)
    book_at(world, "2027-03-15", 15, patient=world.omar)
    with pytest.raises(SlotGone):
        undo_cancel_from(series=series.uuid, actor=world.actor(world.nora), now=NOW)
    assert live(series) == []
    with pytest.raises(UndoTooLate):
        undo_cancel_from(
            series=series.uuid, actor=world.actor(world.nora), now=NOW + timedelta(minutes=6)
        )


def test_from_a_date_on_it_moves_to_another_weekday_and_time(world):
    """The same bookings, under a series that follows: same references, same links of patients."""
    series = a_series(world)
    fifth = live(series)[4]
    references = set(Booking.objects.values_list("reference", flat=True))
    thursdays = pattern(count=8, rule=weekly((3,)), hour=10, first="2027-04-08")
    after = change_from(
        series=series.uuid,
        slot=fifth,
        pattern=thursdays,
        chosen=all_of(world, thursdays),
        actor=world.actor(world.nora),
        now=NOW,
    )
    assert after.follows == series
    assert len(live(series)) == 4 and len(live(after)) == 8
    assert live(after)[0] == at("2027-04-08", 10)
    assert set(Booking.objects.values_list("reference", flat=True)) == references
    assert JoinLink.objects.filter(session__series=after, booking__isnull=False).count() == 8
    assert JoinLink.objects.filter(session__series=after, therapist=world.alma.user).count() == 8
    series.refresh_from_db()
    assert series.last_day == date(2027, 3, 29)


def test_a_move_by_an_hour_is_not_in_its_own_way(world):
    """The old times overlap the new ones of the very same series."""
    series = a_series(world)
    half_past = Pattern(MONDAYS, LA, 15 * 60 + 30, date(2027, 3, 8), count=12)
    after = change_from(
        series=series.uuid,
        slot=0,
        pattern=half_past,
        chosen=all_of(world, half_past),
        reason="clinic",
        actor=world.actor(world.dana),
        now=NOW,
    )
    assert live(after)[0] == at("2027-03-08", 15, 30) and live(series) == []


def test_from_a_date_on_another_therapist_gives_it(world):
    series = a_series(world, pattern(hour=10))
    wanted = pattern(hour=10)
    after = change_from(
        series=series.uuid,
        slot=0,
        pattern=wanted,
        chosen=all_of(world, wanted, world.ben),
        reason="therapist_ill",
        actor=world.actor(world.dana),
        now=NOW,
    )
    sessions = Session.objects.filter(series=after)
    assert (
        Occupancy.objects.filter(session__in=sessions, profile=world.ben, live=True).count() == 12
    )
    assert not JoinLink.objects.filter(session__in=sessions, therapist=world.alma.user).exists()


def test_dates_left_over_by_a_change_are_cancelled(world):
    series = a_series(world)
    wanted = pattern(count=5, hour=9)
    after = change_from(
        series=series.uuid, slot=0, pattern=wanted, chosen=all_of(world, wanted), reason="clinic",
        actor=world.actor(world.dana), now=NOW,
    )  # fmt: skip
    assert len(live(after)) == 5 and live(series) == []
    assert Booking.objects.filter(session__series=series, state="cancelled").count() == 7


def test_a_change_that_meets_another_session_changes_nothing(world):
    series = a_series(world)
    book_at(world, "2027-03-16", 10, patient=world.omar)
    tuesdays = pattern(rule=weekly((1,)), hour=10, first="2027-03-09")
    with pytest.raises(SeriesRefused):
        change_from(
            series=series.uuid, slot=0, pattern=tuesdays, chosen=all_of(world, tuesdays),
            actor=world.actor(world.nora), now=NOW,
        )  # fmt: skip
    assert len(live(series)) == 12 and Series.objects.count() == 1


def test_what_is_not_theirs_is_not_there(world):
    """AC2 on series, and on "this and following" (CVE-2026-28352)."""
    series = a_series(world)
    wanted = pattern(hour=9)
    for who in (world.omar, world.ben, world.ada, world.mallory):
        actor = world.actor(who)
        with pytest.raises(NotFound):
            cancel_from(series=series.uuid, actor=actor, now=NOW)
        with pytest.raises(NotFound):
            undo_cancel_from(series=series.uuid, actor=actor, now=NOW)
        with pytest.raises(NotFound):
            change_from(
                series=series.uuid, slot=0, pattern=wanted, chosen=all_of(world, wanted),
                actor=actor, now=NOW,
            )  # fmt: skip
    assert len(live(series)) == 12


def test_staff_always_say_why(world):
    series = a_series(world)
    with pytest.raises(ReasonMissing):
        cancel_from(series=series.uuid, actor=world.actor(world.dana), now=NOW)


def book_at(world: World, day: str, hour: int, patient, therapist=None) -> Booking:
    who = therapist or world.alma
    if therapist is not None:
        licence(who, "CA") if not who.licences.filter(state="CA") else None
    return book(
        service=world.cbt.uuid, therapist=who.uuid, start=at(day, hour), medium="video", place="CA",
        zone=LA, patient=patient.pk, override="asked by telephone", actor=world.actor(world.dana),
        now=NOW,
    )  # fmt: skip


def test_cancelling_keeps_why_a_rule_was_set_aside(world):
    """The reason stands in the record; only a note of the cancellation takes its place."""
    series = a_series(world, override="evenings only")
    dana = world.actor(world.dana)
    cancel_from(series=series.uuid, reason="clinic", actor=dana, now=NOW)
    assert set(Booking.objects.values_list("override", flat=True)) == {"evenings only"}
