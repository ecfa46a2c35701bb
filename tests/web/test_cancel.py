"""Cancel one's session on its page, in time or late, and take that back for five minutes."""

from datetime import timedelta

import pytest
from django.test import Client

from scheduling.actions.cancel import cancel
from scheduling.models import Booking, Event
from tests.web.patient import HOME, booked, held, text_of
from tests.world import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
NEXT_MONDAY = at("2027-03-08", 10)
MINE = HOME + "my/"


def test_in_time(world, nora: Client):
    uuid = booked(nora, world, NEXT_MONDAY)
    page = text_of(nora.get(f"{MINE}{uuid}/cancel/"))
    assert (
        "It would count as late only after Sunday, March 7, 2027, 10:00 AM PST (Los Angeles)"
        in page
    )
    assert "Move it instead" in page
    done = nora.post(f"{MINE}{uuid}/cancel/", follow=True)
    assert "Cancelled" in text_of(done)
    seat = Booking.objects.get()
    assert (seat.state, seat.cancel_reason, seat.late) == ("cancelled", "patient", False)


def test_late_is_said_before(world, nora: Client):
    uuid = booked(nora, world, at("2027-03-01", 15))
    page = text_of(nora.get(f"{MINE}{uuid}/cancel/"))
    assert "This would be a late cancellation" in page
    assert "The clinic may charge a late one." in page
    nora.post(f"{MINE}{uuid}/cancel/")
    assert Booking.objects.get().late
    assert "Cancelled late" in text_of(nora.get(MINE))


def test_the_page_of_the_booking_says_it_too(world, nora: Client):
    """Whoever goes back in the browser does not read that it is booked."""
    page = f"{HOME}booked/{booked(nora, world, NEXT_MONDAY)}/"
    assert "Your session is booked" in text_of(nora.get(page))
    cancel(booking=Booking.objects.get().uuid, actor=world.actor(world.nora), now=NOW)
    back = text_of(nora.get(page, follow=True))
    assert "Your session Cancelled" in back and "is booked" not in back


def test_only_a_post_cancels(world, nora: Client):
    """BR1."""
    uuid = booked(nora, world, NEXT_MONDAY)
    nora.get(f"{MINE}{uuid}/cancel/")
    nora.head(f"{MINE}{uuid}/cancel/")
    assert Booking.objects.get().state == "booked"
    nora.post(f"{MINE}{uuid}/cancel/")
    assert nora.get(f"{MINE}{uuid}/undo/").status_code == 302
    assert Booking.objects.get().state == "cancelled"


def test_undo_within_five_minutes(world, nora: Client, clock):
    uuid = booked(nora, world, NEXT_MONDAY)
    page = nora.post(f"{MINE}{uuid}/cancel/", follow=True)
    assert "You can take that back until 9:05 AM PST" in text_of(page)
    clock.shift(timedelta(minutes=5))
    back = nora.post(f"{MINE}{uuid}/undo/", follow=True)
    assert "Your session is booked again." in text_of(back)
    assert Booking.objects.get().state == "booked"


def test_undo_later_is_refused_and_not_offered(world, nora: Client, clock):
    uuid = booked(nora, world, NEXT_MONDAY)
    nora.post(f"{MINE}{uuid}/cancel/")
    clock.shift(timedelta(minutes=6))
    assert "Keep my session after all" not in text_of(nora.get(f"{MINE}{uuid}/"))
    refused = nora.post(f"{MINE}{uuid}/undo/")
    assert refused.status_code == 409
    assert "A cancellation can be undone for five minutes only." in text_of(refused)


def test_undo_when_somebody_else_has_the_time(world, nora: Client):
    uuid = booked(nora, world, NEXT_MONDAY, therapist=world.alma.uuid)
    nora.post(f"{MINE}{uuid}/cancel/")
    held(Client(), NEXT_MONDAY, therapist=world.alma.uuid)
    refused = nora.post(f"{MINE}{uuid}/undo/")
    assert refused.status_code == 409
    assert "Somebody else has just taken this time." in text_of(refused)
    assert len(refused.context["nearest"]) == 3
    other = dict(refused.context["others_carried"])
    start = refused.context["nearest"][0]["value"]
    assert nora.post(HOME + "hold/", other | {"start": start}).status_code == 302


def test_what_the_clinic_cancelled_is_not_the_patients_to_undo(world, nora: Client):
    """BL2."""
    uuid = booked(nora, world, NEXT_MONDAY)
    cancel(booking=uuid, reason="clinic", actor=world.actor(world.dana), now=NOW)
    assert "Keep my session after all" not in text_of(nora.get(f"{MINE}{uuid}/"))
    assert nora.post(f"{MINE}{uuid}/undo/").status_code == 409
    assert Booking.objects.get().state == "cancelled"


def test_cancelled_already(world, nora: Client):
    uuid = booked(nora, world, NEXT_MONDAY)
    nora.post(f"{MINE}{uuid}/cancel/")
    again = nora.post(f"{MINE}{uuid}/cancel/")
    assert again.status_code == 409
    assert "This appointment was cancelled already." in text_of(again)
    assert nora.get(f"{MINE}{uuid}/cancel/").status_code == 302
    assert Event.objects.filter(kind="cancelled").count() == 1


@pytest.mark.parametrize(
    ("minutes", "sentence"),
    [
        (-90, "It is too late for this online. Please call the clinic."),
        (5, "This appointment has started already."),
    ],
)
def test_too_late_and_started_already(world, nora: Client, clock, minutes, sentence):
    uuid = booked(nora, world, NEXT_MONDAY)
    clock.move_to(Booking.objects.get().starts_at + timedelta(minutes=minutes))
    nora.force_login(world.nora.user)
    refused = nora.post(f"{MINE}{uuid}/cancel/")
    assert refused.status_code == 409
    assert sentence in text_of(refused)
    assert "(310) 555-0100" in text_of(refused)
    assert Booking.objects.get().state == "booked"
