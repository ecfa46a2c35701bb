"""Move and cancel at the desk, in one step, with a coded reason."""

import pytest
from django.test import Client

from scheduling.models import Booking, Event
from tests.web.desk import at_work, audited, booked, booking_page
from tests.web.patient import filters, starts_in, text_of
from tests.world import at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def desk(world) -> Client:
    return at_work(world.dana)


@pytest.fixture
def booking(world) -> Booking:
    return booked(world, world.nora)


def test_moved_at_once_with_a_reason(world, desk, booking):
    page = desk.get(booking_page(booking) + "move/")
    assert booking.start not in starts_in(page)
    new = at("2027-03-04", 15)
    said = filters(start=new, reason="patient")
    done = desk.post(booking_page(booking) + "move/", said)
    assert done.status_code == 302, text_of(done)
    booking.refresh_from_db()
    assert (booking.start, booking.state) == (new, "booked")
    event = Event.objects.get(kind="moved")
    assert event.facts == {"from": at("2027-03-03", 10), "to": new, "reason": "patient"}
    assert "The session is moved." in text_of(desk.get(done["Location"]))


def test_no_move_without_a_reason(world, desk, booking):
    new = at("2027-03-04", 15)
    for reason in ("", "because", "patient_late"):
        answer = desk.post(booking_page(booking) + "move/", filters(start=new, reason=reason))
        assert answer.status_code == 422
    booking.refresh_from_db()
    assert booking.start == at("2027-03-03", 10)


def test_moved_outside_the_hours_with_a_reason(world, desk, booking):
    said = {"typed-date": "2027-03-04", "typed-time": "19:00", "typed-why": "Works late"}
    said |= {"typed": "1", "reason": "clinic"}
    done = desk.post(booking_page(booking) + "move/", filters(**said))
    assert done.status_code == 302, text_of(done)
    booking.refresh_from_db()
    assert (booking.start, booking.override) == (at("2027-03-04", 19), "Works late")
    assert booking.session.occupancies.get().profile == world.alma


def test_who_loses_the_race_keeps_the_old_time(world, desk, booking):
    new = at("2027-03-04", 15)
    booked(world, world.omar, new)
    said = filters(start=new, reason="patient", therapist=str(world.alma.uuid))
    answer = desk.post(booking_page(booking) + "move/", said)
    assert answer.status_code == 409
    assert "another session, or a break" in text_of(answer)
    booking.refresh_from_db()
    assert (booking.start, booking.state) == (at("2027-03-03", 10), "booked")


def test_moved_to_another_therapist(world, desk, booking):
    said = filters(start=at("2027-03-03", 10, 30), reason="therapist_ill")
    done = desk.post(booking_page(booking) + "move/", said | {"therapist": str(world.ben.uuid)})
    assert done.status_code == 302, text_of(done)
    booking.refresh_from_db()
    assert booking.session.occupancies.get().profile == world.ben


def test_a_move_over_the_patients_other_session_tells_nothing(world, desk, booking):
    booked(world, world.nora, at("2027-03-04", 11), therapist=world.ben.uuid)
    said = filters(start=at("2027-03-04", 11), reason="patient", therapist=str(world.alma.uuid))
    answer = desk.post(booking_page(booking) + "move/", said)
    assert answer.status_code == 409
    assert "This time cannot be booked for this patient." in text_of(answer)


def test_cancel_and_take_it_back(world, desk, booking, clock):
    said = {"reason": "clinic", "note": "Closed early"}
    done = desk.post(booking_page(booking) + "cancel/", said)
    assert done.status_code == 302, text_of(done)
    booking.refresh_from_db()
    assert (booking.state, booking.cancel_reason, booking.late) == ("cancelled", "clinic", False)
    page = text_of(desk.get(done["Location"]))
    assert "That can be taken back until 9:05 AM PST" in page
    clock.shift(4 * 60)
    assert desk.post(booking_page(booking) + "undo/").status_code == 302
    booking.refresh_from_db()
    assert booking.state == "booked"


def test_after_five_minutes_a_cancellation_stays(world, desk, booking, clock):
    desk.post(booking_page(booking) + "cancel/", {"reason": "clinic"})
    clock.shift(5 * 60 + 1)
    answer = desk.post(booking_page(booking) + "undo/")
    assert answer.status_code == 409
    assert "for five minutes only" in text_of(answer)
    assert "Take the cancellation back" not in text_of(answer)


def test_a_patients_late_call_is_marked_late(world, desk):
    booking = booked(world, world.nora, at("2027-03-01", 15))
    desk.post(booking_page(booking) + "cancel/", {"reason": "patient"})
    booking.refresh_from_db()
    assert (booking.cancel_reason, booking.late) == ("patient_late", True)


def test_no_cancel_without_a_reason(world, desk, booking):
    answer = desk.post(booking_page(booking) + "cancel/", {"note": "n"})
    assert answer.status_code == 422
    booking.refresh_from_db()
    assert booking.state == "booked"


def test_cancelled_twice_and_begun(world, desk, booking, clock):
    desk.post(booking_page(booking) + "cancel/", {"reason": "clinic"})
    answer = desk.post(booking_page(booking) + "cancel/", {"reason": "clinic"})
    assert answer.status_code == 409
    assert "cancelled already" in text_of(answer)
    begun = booked(world, world.omar, at("2027-03-01", 14))
    clock.shift(6 * 3600)
    desk = at_work(world.dana)
    answer = desk.post(booking_page(begun) + "cancel/", {"reason": "clinic"})
    assert answer.status_code == 409
    assert "started already" in text_of(answer)
    assert desk.get(booking_page(begun) + "move/").status_code == 302


def test_get_changes_nothing(world, desk, booking):
    """BR1: cancel and undo are posts alone."""
    assert desk.get(booking_page(booking) + "cancel/").status_code == 405
    assert desk.get(booking_page(booking) + "undo/").status_code == 405


def test_looking_and_refusals_are_on_record(world, desk, booking):
    """LG1: whose session was looked at, and what was refused about whom."""
    desk.get(booking_page(booking))
    booked(world, world.omar, at("2027-03-04", 15))
    said = filters(start=at("2027-03-04", 15), reason="patient", therapist=str(world.alma.uuid))
    desk.post(booking_page(booking) + "move/", said)
    assert audited("booking.view")[0].subject_id == str(world.nora.pk)
    assert audited("booking.reschedule")[-1].outcome == "refused"
    assert audited("booking.reschedule")[-1].code == "slot_gone"


def test_the_service_of_a_session_is_no_choice_when_it_is_moved(world, desk, booking):
    """Its field is hidden, and so is the label."""
    page = desk.get(booking_page(booking) + "move/")
    assert "What for" not in text_of(page)
    assert 'type="hidden" name="service" value="cbt-50"' in page.content.decode()
