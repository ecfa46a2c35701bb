"""Cancel over the API, and take it back."""

from datetime import timedelta

import pytest

from scheduling.models import Booking


@pytest.fixture
def hers(world, caller, book):
    """A week ahead: early enough for everything."""
    return book(caller(world.nora), "2027-03-08T10:00-08:00")


def test_a_patient_cancels_without_a_reason(world, caller, hers):
    nora = caller(world.nora)
    told = nora.post(f"bookings/{hers['id']}/cancel/").json()
    assert (told["state"], told["late"]) == ("cancelled", False)
    assert told["cancelled_at"] == "2027-03-01T17:00:00Z"
    again = nora.post(f"bookings/{hers['id']}/cancel/")
    assert (again.status_code, again.json()["code"]) == (409, "cancelled_already")


def test_within_a_day_it_is_late(world, caller, book):
    nora = caller(world.nora)
    soon = book(nora, "2027-03-02T09:00-08:00")
    assert nora.post(f"bookings/{soon['id']}/cancel/").json()["late"] is False
    sooner = book(nora, "2027-03-01T14:00-08:00")
    assert nora.post(f"bookings/{sooner['id']}/cancel/").json()["late"] is True


def test_staff_give_a_reason(world, caller, hers):
    dana = caller(world.dana)
    without = dana.post(f"bookings/{hers['id']}/cancel/")
    assert (without.status_code, without.json()["code"]) == (422, "reason_missing")
    unknown = dana.post(f"bookings/{hers['id']}/cancel/", {"reason": "patient_late"})
    assert unknown.status_code == 422
    told = dana.post(f"bookings/{hers['id']}/cancel/", {"reason": "therapist_ill"}).json()
    assert told["cancel_reason"] == "therapist_ill"
    seen = caller(world.nora).get(f"bookings/{hers['id']}/").json()
    assert "therapist_ill" not in str(seen)  # whose health it is


def test_it_is_taken_back_within_five_minutes(world, caller, hers, clock):
    nora = caller(world.nora)
    nora.post(f"bookings/{hers['id']}/cancel/")
    clock.shift(timedelta(minutes=5))
    back = nora.post(f"bookings/{hers['id']}/undo-cancel/")
    assert back.json()["state"] == "booked"
    nora.post(f"bookings/{hers['id']}/cancel/")
    clock.shift(timedelta(minutes=6))
    late = nora.post(f"bookings/{hers['id']}/undo-cancel/")
    assert (late.status_code, late.json()["code"]) == (409, "undo_too_late")


def test_not_if_the_time_was_taken(world, caller, hers, book):
    nora = caller(world.nora)
    nora.post(f"bookings/{hers['id']}/cancel/")
    book(caller(world.omar), "2027-03-08T10:30-08:00")
    gone = nora.post(f"bookings/{hers['id']}/undo-cancel/")
    assert (gone.status_code, gone.json()["code"]) == (409, "slot_gone")


def test_what_was_never_cancelled_cannot_be_taken_back(world, caller, hers):
    answer = caller(world.nora).post(f"bookings/{hers['id']}/undo-cancel/")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_change")


def test_a_look_changes_nothing(world, caller, hers):
    """BR1: only POST cancels."""
    nora = caller(world.nora)
    for path in ("cancel/", "undo-cancel/", "reschedule/"):
        answer = nora.get(f"bookings/{hers['id']}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert Booking.objects.get().state == "booked"
