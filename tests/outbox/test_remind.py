"""Reminders: a sweep over near sessions; each is true and wanted when it goes, or does not go."""

from datetime import timedelta

import pytest

from accounts.models import Clinic, Consent, Patient
from scheduling.models import SeriesLink, Task
from scheduling.outbox import remind
from tests.outbox.acts import booked, cancelled, moved, restored
from tests.outbox.serial import repeated
from tests.outbox.serial import seat as series_seat
from tests.world import NOW, at

pytestmark = pytest.mark.django_db
SWEPT = [remind.sweep]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
THURSDAY = "2027-03-04"
NORA = "nora@example.org"


def reminders(sink) -> list[str]:
    found = [message for message in sink.to(NORA) if "reminder" in message.text]
    return [message.text for message in found]


@pytest.fixture
def seat(world, sink, work):
    """Booked on Monday for Thursday 2 PM, and told of."""
    made = booked(world, start=at(THURSDAY, 14))
    work()
    sink.clear()
    return made


def before(seat, hours) -> object:
    return seat.starts_at - hours * HOUR


def test_a_day_and_an_hour_before(world, sink, work, seat):
    work(before(seat, 24) - HOUR / 60)
    assert reminders(sink) == []
    work(before(seat, 24))
    work(before(seat, 23))
    (first,) = reminders(sink)
    assert "Thursday, March 4, 2027, 2:00 PM to 2:50 PM PST (Los Angeles)" in first
    assert "/j/" in first
    work(before(seat, 1))
    work(before(seat, 0.5))
    work(seat.starts_at)
    assert len(reminders(sink)) == 2
    assert sink.to("alma@example.org") == []


def test_a_reminder_of_a_telephone_session_leads_to_the_check_in(world, sink, work):
    """TH1."""
    seat = booked(world, start=at(THURSDAY, 14), medium="telephone")
    work()
    sink.clear()
    work(before(seat, 24))
    (said,) = reminders(sink)
    assert f"/j/{seat.join_link.token}/" in said
    assert "we will call you at the number you gave us" in said and "video" not in said


def test_a_reminder_has_no_calendar_object(world, sink, work, seat):
    work(before(seat, 24))
    assert sink.to(NORA)[0].calendar is None


@pytest.mark.parametrize(
    ("chosen", "count"), [("default", 2), ("", 0), ("60", 1), ("1440,120,60", 3), ("nonsense", 0)]
)
def test_the_patient_chooses(world, sink, work, seat, chosen, count):
    Patient.objects.filter(pk=world.nora.pk).update(reminders=chosen)
    for hours in (24, 3, 2, 1, 0.5):
        work(before(seat, hours))
    assert len(reminders(sink)) == count


def test_a_changed_choice_holds_for_one_that_is_waiting(world, sink, work, seat):
    """P24: queued, then not wanted any more."""
    remind.sweep(before(seat, 24))
    Patient.objects.filter(pk=world.nora.pk).update(reminders="60")
    work(before(seat, 24))
    assert reminders(sink) == []
    assert Task.objects.get(kind="remind").outcome == "not_wanted"


@pytest.mark.parametrize("how", ["revoked", "no_mail", "inactive"])
def test_what_is_revoked_stops_a_reminder_that_is_queued(world, sink, work, seat, how):
    """P24: queue the reminder, revoke, run the worker: not sent."""
    remind.sweep(before(seat, 24))
    assert Task.objects.filter(kind="remind", done_at=None).count() == 1
    if how == "revoked":
        Consent.objects.filter(patient=world.nora, form="mail").update(revoked_at=NOW)
    else:
        said = {"no_mail": True} if how == "no_mail" else {"active": False}
        Patient.objects.filter(pk=world.nora.pk).update(**said)
    work(before(seat, 24))
    assert sink.to(NORA) == []
    assert Task.objects.get(kind="remind").done_at


def test_no_reminder_after_a_cancel(world, sink, work, seat):
    remind.sweep(before(seat, 24))
    cancelled(world, seat, now=before(seat, 24))
    for hours in (24, 23, 1):
        work(before(seat, hours))
    assert reminders(sink) == []


def test_no_reminder_after_a_cancel_though_it_was_tried_before(world, sink, work, seat):
    sink.answer_data = "451 later"
    work(before(seat, 24))
    cancelled(world, seat, now=before(seat, 24))
    sink.clear()
    work(before(seat, 22))
    assert reminders(sink) == []


def test_one_that_is_queued_for_the_old_time_does_not_go(world, sink, work, seat):
    remind.sweep(before(seat, 24))
    moved(world, seat, at("2027-03-08", 14), now=before(seat, 24))
    work(before(seat, 24))
    assert reminders(sink) == []
    assert Task.objects.get(kind="remind").outcome == "over"


def test_a_moved_session_gets_new_ones(world, sink, work, seat):
    work(before(seat, 24))
    later = at("2027-03-08", 14)
    moved(world, seat, later, now=before(seat, 23))
    seat.refresh_from_db()
    for hours in (24, 1):
        work(before(seat, hours))
    assert [text.count("March 8") for text in reminders(sink)] == [0, 1, 1]


def test_who_books_late_is_not_reminded_of_what_was_just_said(world, sink, work):
    """Booked three hours before: only the one of an hour before."""
    seat = booked(world, start=at("2027-03-01", 12), now=NOW)
    for hours in (3, 2, 1):
        work(before(seat, hours))
    assert len(reminders(sink)) == 1


def test_a_cancellation_taken_back_keeps_the_reminders(world, sink, work, seat):
    cancelled(world, seat, now=NOW)
    restored(world, seat, now=NOW)
    work(before(seat, 24))
    assert len(reminders(sink)) == 1


def test_after_an_outage_only_the_last_one_comes(world, sink, work, seat):
    work(before(seat, 0.5))
    assert len(reminders(sink)) == 1


def test_none_about_a_session_that_has_begun(world, sink, work, seat):
    remind.sweep(before(seat, 1))
    work(seat.starts_at)
    assert reminders(sink) == []


def test_a_clinic_may_have_none_or_others(world, sink, work, seat):
    Clinic.objects.update(reminders="2880")
    work(before(seat, 24))
    work(before(seat, 1))
    assert len(reminders(sink)) == 1


def test_several_sweeps_make_one(world, sink, work, seat):
    for _ in range(3):
        remind.sweep(before(seat, 24))
    assert Task.objects.filter(kind="remind").count() == 1


def test_the_sweep_asks_as_much_for_many_sessions_as_for_one(
    world, work, seat, django_assert_num_queries
):
    booked(world, world.omar, start=at(THURSDAY, 15))
    with django_assert_num_queries(6):  # the choices in two, then two for each of the two in use
        remind.sweep(before(seat, 40))


def test_nobody_is_reminded_of_what_is_still_on_its_way(world, sink, work):
    """After an outage of the mail server the confirmation comes first, the reminder after it."""
    seat = booked(world, start=at(THURSDAY, 14))
    sink.answers[NORA] = "451 4.3.0 Try again later"
    work(before(seat, 24))
    assert not Task.objects.filter(kind="remind").exists()
    sink.answers.clear()
    work(before(seat, 23))
    work(before(seat, 23) + HOUR / 60)
    news = ["reminder" in message.text for message in sink.to(NORA)]
    assert news == [False, True]


def test_reminders_of_a_series_come_for_each_date_with_its_one_link(world, sink, work):
    """TK1: not the session's own link, so that the patient has one."""
    series = repeated(world)
    work()
    sink.clear()
    token = SeriesLink.objects.get(series=series, patient=world.nora).token
    for number in (0, 1):
        one = series_seat(series, number)
        for hours in (24, 1):
            work(before(one, hours))
    said = reminders(sink)
    assert [text.count(f"/j/{token}/") for text in said] == [1, 1, 1, 1]
    assert "March 8" in said[0] and "March 15" in said[3]


def test_none_of_a_date_of_a_series_that_is_still_on_its_way(world, sink, work):
    series = repeated(world)
    one = series_seat(series, 0)
    sink.answers[NORA] = "451 4.3.0 Try again later"
    work(before(one, 24))
    assert not Task.objects.filter(kind="remind").exists()
    cancelled(world, one, now=before(one, 24))
    sink.answers.clear()
    work(before(one, 23))
    assert reminders(sink) == []
