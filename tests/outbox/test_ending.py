"""A series that runs out: three dates before its end, patient and therapist are told once."""

from datetime import timedelta

import pytest

from accounts.models import Consent
from scheduling.models import Task
from scheduling.outbox import ending, group_window, sweeps
from tests.outbox.acts import moved
from tests.outbox.serial import changed, ended, mondays, repeated, seat
from tests.outbox.test_words import DENIED
from tests.world import NOW

pytestmark = pytest.mark.django_db
SWEPT = [ending.sweep, group_window.fill_windows]
NORA, ALMA, BEN = "nora@example.org", "alma@example.org", "ben@example.org"
HOUR = timedelta(hours=1)


@pytest.fixture
def series(world, sink, work):
    """Twelve Mondays, told of; nobody wants reminders."""
    world.clinic.reminders = ""
    made = repeated(world)
    work()
    sink.clear()
    return made


def notices(sink, address) -> list[str]:
    return [message.text for message in sink.to(address) if message.calendar is None]


def test_three_dates_before_the_end_both_are_told_once(world, sink, work, series):
    work(seat(series, 8).starts_at - HOUR)
    assert sink.messages == []
    for number in (8, 9, 10, 11):
        work(seat(series, number).ends_at)
    (mine,), (theirs,) = notices(sink, NORA), notices(sink, ALMA)
    assert mine.startswith("3 more of your appointments are planned. If you would like to go on")
    assert "Monday, May 10, 2027, 3:00 PM to 3:50 PM PDT (Los Angeles)" in mine
    assert "Monday, May 24, 2027" in mine
    assert f"https://clinic.example/c/harbor/series/{series.uuid}/" in mine
    assert theirs.startswith("3 more of these appointments with you are planned.")
    for text in (mine, theirs):
        assert not DENIED.search(text.replace("clinic.example", "").replace("sessions/", ""))


def test_who_gives_the_last_dates_is_told(world, sink, work, series):
    for number in (9, 10, 11):
        one = seat(series, number)
        moved(world, one, one.session.slot, therapist=world.ben.uuid, override="agreed")
    work()
    work(seat(series, 8).ends_at)
    assert len(notices(sink, BEN)) == 1 and notices(sink, ALMA) == []


def test_one_that_goes_on_in_another_ends_with_that(world, sink, work, series):
    wanted = mondays(2, first="2027-05-17", hour=11)
    after = changed(world, series, seat(series, 10).session.slot, wanted)
    work()
    sent = len(notices(sink, NORA))
    work(seat(series, 8).ends_at)
    assert len(notices(sink, NORA)) == sent
    work(seat(series, 9).ends_at)
    (mine,) = notices(sink, NORA)[sent:]
    assert mine.startswith("2 more of your appointments are planned.")
    assert f"/series/{after.uuid}/" in mine


def test_one_that_was_cancelled_altogether_has_no_end_to_tell(world, sink, work, series):
    ended(world, series, seat(series, 9).session.slot, now=seat(series, 8).ends_at)
    work(seat(series, 8).ends_at)
    assert notices(sink, NORA) == []


def test_whoever_ends_it_early_knows(world, sink, work):
    """Five dates, and the last two are cancelled: three are left, and that is no news."""
    made = repeated(world, wanted=mondays(5))
    work()
    ended(world, made, seat(made, 3).session.slot)
    work()
    work(seat(made, 0).ends_at)
    assert not Task.objects.filter(kind="series_ends").exists()


def test_one_that_was_ended_long_before_is_told_of(world, sink, work, series):
    ended(world, series, seat(series, 10).session.slot)
    work()
    work(seat(series, 6).ends_at)
    (mine,) = [text for text in notices(sink, NORA) if "more of your" in text]
    assert mine.startswith("3 more of your appointments are planned.")


def test_a_short_one_has_no_end_to_tell(world, sink, work):
    repeated(world, wanted=mondays(3))
    work()
    assert notices(sink, NORA) == []


def test_it_is_read_anew_before_it_goes(world, sink, work, series):
    """P24: planned, and then there was nothing to say, or no wish to hear it."""
    now = seat(series, 8).ends_at
    assert ending.sweep(now) == 2
    type(world.nora).objects.filter(pk=world.nora.pk).update(no_mail=True)
    work(now)
    assert notices(sink, NORA) == [] and len(notices(sink, ALMA)) == 1


def test_without_a_signature_there_is_none(world, sink, work, series):
    """PR2."""
    Consent.objects.filter(patient=world.nora, form="mail").delete()
    work(seat(series, 8).ends_at)
    assert sink.to(NORA) == []
    task = Task.objects.get(kind="series_ends", patient=world.nora)
    assert task.outcome == "no_consent"


def test_it_is_told_once_though_done_tasks_are_forgotten(world, sink, work):
    """Every first Monday of a month: the last three take longer than tasks are kept."""
    world.clinic.reminders = ""
    wanted = mondays(6, rule="FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO", first="2027-03-01", hour=15)
    series = repeated(world, wanted=wanted)
    work()
    work(seat(series, 2).ends_at)
    later = seat(series, 4).ends_at - HOUR
    sweeps.forget_tasks(later)
    work(later)
    assert len([text for text in notices(sink, NORA) if "more of your" in text]) == 1
    sweeps.forget_tasks(seat(series, 5).ends_at + timedelta(days=91))
    assert not Task.objects.filter(kind="series_ends").exists()


def test_several_sweeps_make_one(world, sink, work, series):
    now = seat(series, 8).ends_at
    for _ in range(3):
        ending.sweep(now)
    assert Task.objects.filter(kind="series_ends").count() == 2


def test_the_sweep_asks_as_much_for_many_series_as_for_one(
    world, work, series, django_assert_num_queries
):
    repeated(world, world.omar, mondays(12, hour=11))
    with django_assert_num_queries(1):
        ending.sweep(NOW)
