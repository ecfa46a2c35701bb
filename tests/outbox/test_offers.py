"""The waiting list at work: who is offered what is free, and how they hear of it."""

from datetime import timedelta

import pytest

from accounts.models import Clinic, Consent, Patient, Therapist
from scheduling.actions import wait_offers as answers
from scheduling.actions import waitlist as acts
from scheduling.actions.group_dates import cancel_date, undo_cancel_date
from scheduling.actions.group_members import leave
from scheduling.actions.group_terms import change
from scheduling.engine.lifecycle import UNDO
from scheduling.errors import CancelledAlready
from scheduling.models import Booking, DayHours, Member, Task, Waiting, WaitOffer, WeeklyHours
from scheduling.outbox import offers
from scheduling.outbox.plan import plan
from scheduling.outbox.queue import UNDONE
from scheduling.queries.groups import coming
from tests.groups import comes_in, founded
from tests.outbox.acts import booked, cancelled, moved, restored
from tests.waiting import earlier, for_a_place, waiting
from tests.world import NOW, at, patient

pytestmark = pytest.mark.django_db
SWEPT = [offers.end_overdue, offers.tick]
NORA, OMAR = "nora@example.org", "omar@example.org"
MINUTE = timedelta(minutes=1)
TUESDAY = "2027-03-02"
FREE = NOW + UNDO  # what was cancelled now cannot be taken back any more


def open_offers() -> list[tuple[str, int]]:
    rows = WaitOffer.objects.filter(state="open").order_by("pk")
    return list(rows.values_list("waiting__patient__first_name", "booking__start"))


def works(world, day: str) -> None:
    """Alma, from two to three."""
    DayHours.objects.create(therapist=world.alma, day=day, spans="840-900")


@pytest.fixture
def full(world):
    """Nobody works but Alma on this Tuesday from two to three, and Nora has that hour."""
    WeeklyHours.objects.all().delete()
    works(world, TUESDAY)
    return booked(world, start=at(TUESDAY, 14))


def test_a_freed_hour_is_offered_to_the_first_and_passed_on(world, sink, work, full):
    """GR1, PR1. One person at a time; each hears alone, and of nobody else."""
    waiting(world, world.omar)
    waiting(world, patient(world.clinic, "Rosa"), now=NOW + MINUTE)
    work()
    assert open_offers() == []
    sink.clear()
    cancelled(world, full)
    work(FREE)
    assert open_offers() == [("Omar", full.start)]
    (mail,) = sink.to(OMAR)
    assert mail.mail["Subject"] == "A time is free for you"
    assert "Tuesday, March 2, 2027, 2:00 PM to 2:50 PM PST (Los Angeles)" in mail.text
    offer = WaitOffer.objects.get()
    assert f"https://clinic.example/c/harbor/my/offers/{offer.uuid}/" in mail.text
    assert sink.to("rosa@example.org") == []
    answers.decline(offer=offer.uuid, actor=world.actor(world.omar), now=FREE + MINUTE)
    work(FREE + MINUTE)
    assert open_offers() == [("Rosa", full.start)]
    late = WaitOffer.objects.get(state="open").until
    work(late - MINUTE)
    assert open_offers() == [("Rosa", full.start)]
    work(late)
    assert open_offers() == []
    assert list(WaitOffer.objects.values_list("state", flat=True)) == ["declined", "expired"]
    assert not Booking.objects.filter(live=True).exists()


def test_what_was_cancelled_can_be_taken_back_though_people_wait(world, sink, work, full):
    """However often is looked meanwhile; after that it is offered."""
    waiting(world, world.omar)
    cancelled(world, full, by=world.nora, reason="")
    work()
    last = FREE - MINUTE
    work(last)
    assert open_offers() == []
    assert restored(world, full, by=world.nora, now=last).state == "booked"
    cancelled(world, full, by=world.nora, reason="", now=last)
    work(last)
    work(FREE)
    assert open_offers() == []
    work(last + UNDO)
    assert open_offers() == [("Omar", full.start)]


def test_so_can_what_would_be_in_its_way(world, sink, work, full):
    """A session of the same hour by its buffer: the hour after it is offered, that hour is not."""
    DayHours.objects.filter(therapist=world.alma).update(spans="840-960")
    waiting(world, world.omar)
    waiting(world, patient(world.clinic, "Rosa"), now=NOW + MINUTE)
    cancelled(world, full, by=world.nora, reason="")
    work()
    assert open_offers() == [("Omar", full.start + 60)]
    restored(world, full, by=world.nora, now=NOW + MINUTE)


def test_a_seat_given_up_can_be_taken_back_though_people_wait(world, sink, work):
    group = founded(world, entry="open", capacity=1)
    dates = [one.start for one in coming(group, NOW)]
    for start in dates:
        comes_in(world, group, world.nora, start=start)
    (seat, *_others) = Booking.objects.filter(patient=world.nora).order_by("start")
    for_a_place(world, group, world.omar)
    cancelled(world, seat, by=world.nora, reason="")
    work()
    assert open_offers() == []
    restored(world, seat, by=world.nora, now=NOW + MINUTE)
    cancelled(world, seat, by=world.nora, reason="", now=NOW + MINUTE)
    work(FREE + MINUTE)
    assert open_offers() == [("Omar", seat.start)]


def test_the_hour_of_a_groups_date_can_be_taken_back(world, sink, work):
    """Nobody was in it, and its therapist's hour is asked for."""
    WeeklyHours.objects.all().delete()
    DayHours.objects.create(therapist=world.alma, day="2027-03-09", spans="960-1050")
    group = founded(world, facilitators=[world.alma.uuid])
    waiting(world, world.omar)
    date, dana = coming(group, NOW)[0], world.actor(world.dana)
    cancel_date(session=date.uuid, reason="clinic", actor=dana, now=NOW)
    work()
    assert open_offers() == []
    undo_cancel_date(session=date.uuid, actor=dana, now=NOW + MINUTE)
    cancel_date(session=date.uuid, reason="clinic", actor=dana, now=NOW + MINUTE)
    work(FREE + MINUTE)
    assert open_offers() == [("Omar", date.start)]


def test_at_once_where_it_would_be_too_late_after_that(world, sink, work, full):
    waiting(world, world.omar)
    Clinic.objects.update(min_notice=0)
    soon = full.starts_at - 65 * MINUTE
    cancelled(world, full, now=soon)
    work(soon)
    assert open_offers() == [("Omar", full.start)]


def test_it_is_told_once_and_not_when_it_was_answered_before(world, sink, work, full):
    waiting(world, world.omar)
    cancelled(world, full)
    work(FREE)
    work(FREE)
    assert len(sink.to(OMAR)) == 1
    sink.clear()
    Task.objects.filter(kind="offer").update(done_at=None, due_at=FREE)
    answers.accept(offer=WaitOffer.objects.get().uuid, actor=world.actor(world.omar), now=FREE)
    work(FREE)
    assert [one.mail["Subject"] for one in sink.to(OMAR)] == ["Your appointment"]
    assert Task.objects.get(kind="offer").outcome == "over"


def test_without_consent_to_mail_it_says_nothing_but_that_there_is_something(
    world, sink, work, full
):
    """PR2."""
    Consent.objects.filter(patient=world.omar, form="mail").delete()
    waiting(world, world.omar)
    cancelled(world, full)
    work(FREE)
    (mail,) = sink.to(OMAR)
    assert mail.mail["Subject"] == "You have a message"
    assert "2:00" not in mail.text
    assert "/c/harbor/my/waiting/" in mail.text


def test_who_has_no_account_gets_a_link_for_this_alone(world, sink, work, full):
    """TK3."""
    lena = patient(world.clinic, "Lena", user=None, email="lena@example.org")
    waiting(world, lena, by=world.dana)
    cancelled(world, full)
    work(FREE)
    (mail,) = sink.to("lena@example.org")
    assert "https://clinic.example/a/" in mail.text
    assert "/my/" not in mail.text


def test_a_moved_session_frees_its_old_time(world, sink, work, full):
    works(world, "2027-03-04")
    waiting(world, world.omar, days="1")
    moved(world, full, at("2027-03-04", 14))
    work()
    assert open_offers() == [("Omar", full.start)]


def test_new_hours_are_found_within_minutes(world, sink, work, full):
    waiting(world, world.omar)
    work()
    works(world, "2027-03-04")
    work(NOW + 5 * MINUTE)
    assert open_offers() == [("Omar", at("2027-03-04", 14))]


def test_a_time_freed_twice_is_offered_once(world, sink, work, full):
    """By the patient and, a moment later, by the desk; passed on by two clicks."""
    waiting(world, world.omar)
    waiting(world, patient(world.clinic, "Rosa"), now=NOW + MINUTE)
    cancelled(world, full, by=world.nora, reason="")
    with pytest.raises(CancelledAlready):
        cancelled(world, full)
    work(FREE)
    work(FREE)
    assert open_offers() == [("Omar", full.start)]
    for _click in range(2):
        answers.decline(
            offer=WaitOffer.objects.get(waiting__patient=world.omar).uuid,
            actor=world.actor(world.omar),
            now=FREE,
        )
    work(FREE)
    work(FREE)
    assert open_offers() == [("Rosa", full.start)]
    assert Booking.objects.filter(live=True).count() == 1


def test_priority_goes_first(world, sink, work, full):
    waiting(world, world.omar)
    rosa = waiting(world, patient(world.clinic, "Rosa"), now=NOW + MINUTE)
    acts.prefer(
        waiting=rosa.uuid, priority=1, reason="discharged", actor=world.actor(world.dana), now=NOW
    )
    cancelled(world, full)
    work(FREE)
    assert open_offers() == [("Rosa", full.start)]


def test_who_cannot_be_treated_there_is_passed_over(world, sink, work, full):
    """TH2."""
    waiting(world, world.omar, place="NY")
    waiting(world, patient(world.clinic, "Rosa"), now=NOW + MINUTE)
    cancelled(world, full)
    work(FREE)
    assert open_offers() == [("Rosa", full.start)]


def test_a_full_therapist_is_offered_to_own_patients_alone(world, sink, work, full):
    Therapist.objects.filter(pk=world.alma.pk).update(accepting=False)
    waiting(world, world.omar)
    waiting(world, world.nora, now=NOW + MINUTE)
    works(world, "2027-03-04")
    work()
    assert open_offers() == [("Nora", at("2027-03-04", 14))]


def test_an_earlier_time_is_offered_and_taken(world, sink, work, full):
    """The old time is free again, and is offered to the next one in turn."""
    works(world, "2027-03-09")
    omars = booked(world, world.omar, start=at("2027-03-09", 14))
    earlier(world, omars)
    waiting(world, patient(world.clinic, "Rosa"), now=NOW + MINUTE)
    cancelled(world, full)
    work(FREE)
    assert open_offers() == [("Omar", full.start)]
    answers.accept(offer=WaitOffer.objects.get().uuid, actor=world.actor(world.omar), now=FREE)
    work(FREE)
    omars.refresh_from_db()
    assert omars.start == full.start
    assert open_offers() == [("Rosa", at("2027-03-09", 14))]


def test_who_waits_for_earlier_than_a_session_that_is_off_waits_no_more(world, sink, work, full):
    row = earlier(world, full)
    cancelled(world, full)
    work(FREE)
    row.refresh_from_db()
    assert (row.state, open_offers()) == ("left", [])


def test_nothing_within_an_hour_of_the_start(world, sink, work, full):
    waiting(world, world.omar)
    soon = full.starts_at - 61 * MINUTE
    Clinic.objects.update(min_notice=0)
    cancelled(world, full, now=soon + MINUTE)
    work(soon + MINUTE)
    assert open_offers() == []


def test_a_place_in_a_group_is_passed_on(world, sink, work):
    """GR1, PR1: the mail says the time alone, and members hear nothing."""
    group = founded(world, capacity=1)
    seats = comes_in(world, group, world.nora)
    for_a_place(world, group, world.omar)
    work()
    sink.clear()
    leave(member=Member.objects.get().uuid, actor=world.actor(world.nora), now=NOW)
    work()
    assert open_offers() == [("Omar", seats[0].start)]
    (mail,) = sink.to(OMAR)
    assert mail.mail["Subject"] == "A time is free for you"
    assert "Evenings" not in mail.text
    assert "group" not in mail.text.lower()
    work(WaitOffer.objects.get().until)
    assert not Booking.objects.filter(live=True).exists()


def test_more_seats_are_offered_to_who_waits(world, sink, work):
    """GR1: a look at the list is owed at once, and members hear nothing of it."""
    group = founded(world, capacity=1)
    seats = comes_in(world, group, world.nora)
    for_a_place(world, group, world.omar)
    work()
    sink.clear()
    more = {"group": group.uuid, "actor": world.actor(world.dana), "now": NOW}
    change(name="Nights", **more)
    assert plan(NOW) == 0
    change(capacity=2, **more)
    assert plan(NOW) == 1
    assert set(Task.objects.filter(UNDONE).values_list("kind", flat=True)) == {"look"}
    work()
    assert open_offers() == [("Omar", seats[0].start)]
    assert len(sink.to(OMAR)) == 1 and sink.to(NORA) == []


def test_looks_leave_no_tasks_behind(world, sink, work, full):
    waiting(world, world.omar)
    work()
    work(NOW + 10 * MINUTE)
    assert not Task.objects.filter(kind="look").exists()


def test_of_a_clinic_where_nobody_waits_nothing_is_owed(world, sink, work, full):
    cancelled(world, full)
    work(FREE)
    assert not Task.objects.filter(kind="look").exists()
    assert not Waiting.objects.exists()


def test_a_patient_who_was_set_aside_keeps_nothing(world, sink, work, full):
    waiting(world, world.omar)
    cancelled(world, full)
    work(FREE)
    Patient.objects.filter(pk=world.omar.pk).update(active=False)
    work(WaitOffer.objects.get().until)
    assert open_offers() == []
    assert not Booking.objects.filter(live=True).exists()
