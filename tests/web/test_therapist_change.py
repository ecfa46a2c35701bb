"""Move a session, and "same time next week": what is booked, and every refusal."""

import pytest

from accounts.models import AuditRow, Consent, Licence, Patient
from scheduling.models import Booking, TimeOff
from tests.doors import sign_in
from tests.web.patient import text_of
from tests.web.therapist import at_session, booked, cover, later
from tests.world import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
TEN = at("2027-03-01", 10)


@pytest.fixture
def alma(client, world):
    return sign_in(client, world.alma.user)


def at_the_end(clock, client, world, booking):
    """The session is about to be over: 10:45 AM."""
    minutes = (booking.start + 45) - int(NOW.timestamp()) // 60
    return later(clock, 60 * minutes, client, world.alma.user)


# Move


def test_free_times_are_shown_by_day_in_the_therapist_s_zone(alma, world):
    booking = booked(world, at("2027-03-02", 10))
    answer = alma.get(at_session(booking, "move/"))
    page = text_of(answer)
    assert "Wednesday, March 3, 2027" in page
    assert "Times are those of Los Angeles" in page
    assert f'value="{at("2027-03-02", 10, 15)}"' in answer.content.decode()
    assert f'value="{booking.start}"' not in answer.content.decode()  # it is there already


def test_a_session_is_moved(alma, world):
    booking = booked(world, at("2027-03-02", 10))
    answer = alma.post(
        at_session(booking, "move/"),
        {"slot": at("2027-03-04", 14), "reason": "clinic"},
        follow=True,
    )
    booking.refresh_from_db()
    assert booking.start == at("2027-03-04", 14)
    assert "Moved. The patient is told." in text_of(answer)
    assert "Moved from Tuesday, March 2, 2027, 10:00 AM PST" in text_of(answer)


def test_sooner_than_the_notice_needs_a_reason(alma, world):
    booking = booked(world, at("2027-03-02", 10))
    page, soon = at_session(booking, "move/"), at("2027-03-01", 10)
    refused = alma.post(page, {"slot": soon, "reason": "patient"})
    assert refused.status_code == 409
    assert "sooner than the clinic's notice" in text_of(refused)
    assert f'value="{soon}" required checked' in refused.content.decode()
    assert (
        alma.post(
            page, {"slot": soon, "reason": "patient", "override": "She asked for it"}
        ).status_code
        == 302
    )
    booking.refresh_from_db()
    assert (booking.start, booking.override) == (soon, "She asked for it")


def test_who_loses_the_race_keeps_the_old_time(alma, world):
    booking = booked(world, at("2027-03-02", 10))
    booked(world, at("2027-03-04", 14), world.omar)
    refused = alma.post(
        at_session(booking, "move/"), {"slot": at("2027-03-04", 14), "reason": "clinic"}
    )
    assert refused.status_code == 409
    booking.refresh_from_db()
    assert booking.start == at("2027-03-02", 10)


@pytest.mark.parametrize("slot", ["", "soon", "9" * 30, "-5"])
def test_no_time_chosen(alma, world, slot):
    booking = booked(world, at("2027-03-02", 10))
    refused = alma.post(
        at_session(booking, "move/"), {"slot": slot, "reason": "clinic", "override": "x y"}
    )
    assert refused.status_code == 422
    assert "Please choose a time." in text_of(refused)
    assert 'value="x y"' in refused.content.decode()


def test_a_session_that_has_begun_is_not_moved(alma, world, clock):
    booking = booked(world, TEN)
    at_the_end(clock, alma, world, booking)
    refused = alma.post(
        at_session(booking, "move/"), {"slot": at("2027-03-04", 14), "reason": "clinic"}
    )
    assert refused.status_code == 409
    assert "has started already" in text_of(refused)


def test_an_empty_week_leads_on_to_the_next_time(alma, world):
    booking = booked(world, at("2027-03-02", 10))
    TimeOff.objects.create(therapist=world.alma, first_day="2027-03-01", last_day="2027-03-16")
    page = alma.get(at_session(booking, "move/"))
    assert "Next available: Wednesday, March 17, 2027, 9:00 AM PDT" in text_of(page)
    assert "?from=2027-03-17" in page.content.decode()


# Same time next week


def test_same_time_next_week_is_one_button(alma, world, clock):
    """BL1: pressed twice, booked once."""
    booking = booked(world, TEN, medium="telephone")
    at_the_end(clock, alma, world, booking)
    assert "Same time next week" in text_of(alma.get(at_session(booking)))
    for told in ("Booked: {} The patient is told.", "It was booked already: {}"):
        answer = alma.post(at_session(booking, "again/"), follow=True)
        assert told.format("Monday, March 8, 2027, 10:00 AM PST (Los Angeles).") in text_of(answer)
    made = Booking.objects.exclude(pk=booking.pk).get()
    assert (made.start, made.patient_id) == (at("2027-03-08", 10), world.nora.pk)
    assert (made.session.medium, made.session.service) == ("telephone", world.cbt)
    assert made.session.occupancies.get().profile == world.alma
    assert AuditRow.objects.filter(
        action="booking.book", actor_id=str(world.alma.user.pk), subject_id=str(world.nora.pk)
    ).exists()


def test_the_wall_clock_s_time_is_kept_over_the_change(alma, world, clock):
    """Clocks go forward on March 14; ten o'clock stays ten o'clock."""
    booking = booked(world, at("2027-03-08", 10))
    at_the_end(clock, alma, world, booking)
    assert alma.post(at_session(booking, "again/")).status_code == 302
    made = Booking.objects.exclude(pk=booking.pk).get()
    assert made.start == at("2027-03-15", 10) == booking.start + 7 * 1440 - 60


def test_a_time_that_the_clock_skips_is_refused_with_the_nearest(alma, world, clock):
    """Half past two does not exist on Sunday, March 14."""
    booking = booked(world, at("2027-03-07", 2, 30))
    at_the_end(clock, alma, world, booking)
    refused = alma.post(at_session(booking, "again/"))
    assert refused.status_code == 422
    assert "this time does not exist" in text_of(refused)
    assert refused.content.decode().count('name="start"') == 3


def test_a_time_that_is_taken_comes_with_three_others_one_click_away(alma, world, clock):
    booking = booked(world, TEN)
    booked(world, at("2027-03-08", 10), world.omar)
    at_the_end(clock, alma, world, booking)
    refused = alma.post(at_session(booking, "again/"))
    page = text_of(refused)
    assert refused.status_code == 409
    assert "Monday, March 8, 2027, 10:00 AM PST (Los Angeles) cannot be booked" in page
    assert refused.content.decode().count('name="start"') == 3
    other = at("2027-03-08", 9)
    assert f'value="{other}"' in refused.content.decode()
    assert alma.post(at_session(booking, "again/"), {"start": other}).status_code == 302
    assert Booking.objects.filter(patient=world.nora, start=other, state="booked").exists()


def test_outside_the_hours_of_next_week(alma, world, clock):
    booking = booked(world, at("2027-03-01", 18))
    at_the_end(clock, alma, world, booking)
    refused = alma.post(at_session(booking, "again/"))
    assert refused.status_code == 409
    assert "does not work at this time" in text_of(refused)


def test_a_licence_that_lapses_before_next_week(alma, world, clock):
    """TH2: and there is no other time to offer."""
    Licence.objects.filter(therapist=world.alma).update(valid_until="2027-03-05")
    booking = booked(world, TEN)
    at_the_end(clock, alma, world, booking)
    refused = alma.post(at_session(booking, "again/"))
    assert refused.status_code == 409
    assert "Your licence for the patient's state ends before this date." in text_of(refused)


def test_the_patient_is_busy_next_week(alma, world, clock):
    booking = booked(world, TEN)
    booked(world, at("2027-03-08", 10), therapist=world.ben)
    at_the_end(clock, alma, world, booking)
    refused = alma.post(at_session(booking, "again/"))
    assert refused.status_code == 409
    assert "This time cannot be booked for this patient." in text_of(refused)
    assert "Ben" not in text_of(refused)


def test_a_consent_that_was_taken_back(alma, world, clock):
    """TH3."""
    booking = booked(world, TEN)
    Consent.objects.filter(patient=world.nora).update(revoked_at=NOW)
    at_the_end(clock, alma, world, booking)
    refused = alma.post(at_session(booking, "again/"))
    assert refused.status_code == 422
    assert "has to accept the consent to telehealth first" in text_of(refused)


def test_a_cancelled_session_is_not_repeated(alma, world):
    booking = booked(world, at("2027-03-02", 10))
    alma.post(at_session(booking, "cancel/"), {"reason": "clinic"})
    assert alma.post(at_session(booking, "again/")).status_code == 404


def test_who_covers_books_it_with_the_covered_colleague(client, world, clock):
    """AC12."""
    cover(world.ben, world.alma, "2027-03-01", "2027-03-02")
    booking = booked(world, TEN)
    later(clock, 100 * 60, client, world.ben.user)
    assert client.post(at_session(booking, "again/")).status_code == 302
    made = Booking.objects.exclude(pk=booking.pk).get()
    assert made.session.occupancies.get().profile == world.alma


def test_a_patient_who_was_let_go_is_not_booked(alma, world, clock):
    booking = booked(world, TEN)
    Patient.objects.filter(pk=world.nora.pk).update(active=False)
    at_the_end(clock, alma, world, booking)
    assert alma.post(at_session(booking, "again/")).status_code == 404
