"""What the worker looks after: holds, replies, the audit's chain, how long people wait."""

from datetime import date, timedelta

import pytest

from accounts.audit import verify
from accounts.models import AuditRow
from scheduling.actions.book import confirm
from scheduling.actions.hold import hold
from scheduling.models import AccessDay, Booking, Occupancy, StoredReply, Task
from scheduling.outbox import access, heartbeat, sweeps
from scheduling.outbox.worker import Worker
from tests.outbox.acts import TUESDAY, booked
from tests.world import LA, NOW, at, licence, offer, service

pytestmark = pytest.mark.django_db
SWEPT = [sweep for _, sweep in sweeps.SWEEPS]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def held(world, start, secret="s1"):
    from accounts.actor import Actor

    return hold(
        service=world.cbt.uuid,
        therapist=world.alma.uuid,
        start=start,
        medium="video",
        place="CA",
        zone=LA,
        secret=secret,
        actor=Actor.anonymous(world.clinic),
        now=NOW,
    )


def test_an_expired_hold_is_let_go_and_nobody_is_told(world, sink, work):
    made = held(world, at(TUESDAY, 14))
    work(NOW + 9 * MINUTE)
    assert Booking.objects.get(pk=made.pk).state == "held"
    work(NOW + 11 * MINUTE)
    assert Booking.objects.get(pk=made.pk).state == "released"
    assert not Occupancy.objects.get().live
    assert sink.messages == []


def test_a_hold_that_was_left_over_is_let_go_later(world, sink):
    made = held(world, at(TUESDAY, 14))
    later = NOW + 9 * DAY
    assert sweeps.release_holds(later) == 0
    assert sweeps.release_rest(later) == 1
    assert Booking.objects.get(pk=made.pk).state == "released"


def test_a_confirmed_hold_stays(world, sink, work):
    made = held(world, at(TUESDAY, 14))
    who = world.nora
    confirm(hold=made.uuid, secret="s1", patient=who.pk, actor=world.actor(who), now=NOW)
    work(NOW + 11 * MINUTE)
    assert Occupancy.objects.get().live


def test_the_audit_is_sealed(world, work):
    booked(world)
    work()
    work(NOW + MINUTE)
    report = verify()
    assert report.ok and report.sealed == AuditRow.objects.count()


def test_replies_are_kept_for_two_days_and_done_tasks_for_ninety(world, sink, work):
    reply = {"owner": "user:1", "request_hash": "x", "status": 201, "body": {}}
    StoredReply.objects.create(**reply, key="old", created_at=NOW - 2 * DAY - MINUTE)
    StoredReply.objects.create(**reply, key="new", created_at=NOW - 2 * DAY + MINUTE)
    booked(world)
    work()
    assert StoredReply.objects.get().key == "new"
    assert Task.objects.count() == 2
    sweeps.forget_tasks(NOW + 91 * DAY)
    assert not Task.objects.exists()


def test_the_third_next_time_is_noted_once_a_day(world, work):
    """Monday 9 AM in Los Angeles, two hours' notice: Alma from 11 AM, Ben until 2 PM there."""
    work()
    row = AccessDay.objects.get()
    assert (row.service, row.day, row.looked_at) == (world.cbt, date(2027, 3, 1), NOW)
    # Each at 11:00 and at 12:00, the first quarter after 11:50: the third of these is 12:00.
    assert row.wait_minutes == 180
    work(NOW + 60 * MINUTE)
    assert AccessDay.objects.count() == 1
    work(NOW + DAY)
    assert AccessDay.objects.count() == 2


def test_the_day_is_the_clinics(world, work):
    work(NOW + 14 * 60 * MINUTE)  # 7 AM UTC on Tuesday: still Monday in Los Angeles
    assert AccessDay.objects.get().day == date(2027, 3, 1)


def test_times_that_one_person_cannot_take_both_count_once():
    assert access.apart([0, 15, 30, 45, 60, 75, 120], 50) == [0, 60, 120]


def test_a_service_that_nobody_offers_has_no_figure(world, work):
    lonely = service(world.clinic, "dbt-50", "dbt")
    work()
    assert AccessDay.objects.get(service=lonely).wait_minutes is None


def test_the_place_is_where_most_are_licensed(world):
    day = date(2027, 3, 1)
    assert access.usual_place(world.cbt, day) == "CA"
    other = service(world.clinic, "dbt-50", "dbt")
    offer(world.ben, other)
    assert access.usual_place(other, day) == "CA"
    licence(world.alma, "NY")
    offer(world.alma, other)
    licence(world.alma, "OR")
    assert access.usual_place(other, day) == "CA"


def test_a_sweep_that_fails_stops_nothing_else(world, sink, work, monkeypatch):
    def broken(_now):
        raise RuntimeError

    monkeypatch.setattr(sweeps, "SWEEPS", [(1, broken)])
    booked(world)
    work()
    assert len(sink.messages) == 2


def test_a_worker_gives_a_sign_of_life(world, monkeypatch):
    monkeypatch.setattr(heartbeat, "_last", [])
    heartbeat.cache.delete(heartbeat.KEY)
    Worker(lambda: NOW).turn()
    assert heartbeat.last_beat() == NOW


def test_a_worker_that_is_asked_to_stop_gives_back_what_it_has_not_begun(world, sink, work):
    booked(world)
    worker = Worker(lambda: NOW)
    from scheduling.outbox.plan import plan

    plan(NOW)
    worker.stop()
    worker.batch()
    assert {task.leased_until for task in Task.objects.all()} == {None}
    assert {task.attempts for task in Task.objects.all()} == {0}
    work()
    assert len(sink.messages) == 2
