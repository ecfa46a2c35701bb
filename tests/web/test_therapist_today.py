"""The therapist's calendar, by the day and by the week; whose it may be."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditRow, Patient
from scheduling.actions.attend import mark
from scheduling.actions.cancel import cancel
from tests.doors import sign_in
from tests.web.patient import text_of
from tests.web.therapist import HOME, at_session, booked, checked_in, cover, later
from tests.world import NOW, at, patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
TODAY, WEEK = HOME + "today/", HOME + "week/"


@pytest.fixture
def alma(client, world):
    return sign_in(client, world.alma.user)


def test_today_shows_the_sessions_of_the_day(alma, world):
    booking = booked(world, at("2027-03-01", 10))
    answer = alma.get(TODAY)
    page = text_of(answer)
    assert "Monday, March 1, 2027" in page
    assert "10:00 AM to 10:50 AM PST" in page
    assert "Nora Quill" in page
    assert "Next session in 1 hour" in page
    assert at_session(booking) in answer.content.decode()


def test_a_patient_is_called_as_they_wish(alma, world):
    Patient.objects.filter(pk=world.nora.pk).update(called="Noor")
    booked(world, at("2027-03-01", 10))
    assert "Noor Quill" in text_of(alma.get(TODAY))


def test_the_next_session_is_told_in_minutes(alma, world, clock):
    booked(world, at("2027-03-01", 10))
    later(clock, 35 * 60, alma, world.alma.user)
    assert "Next session in 25 minutes" in text_of(alma.get(TODAY))


def test_times_are_those_of_the_therapist(client, world):
    """Ben sits in New York; the same session is at one o'clock there."""
    booked(world, at("2027-03-01", 10), therapist=world.ben)
    page = text_of(sign_in(client, world.ben.user).get(TODAY))
    assert "1:00 PM to 1:50 PM EST" in page
    assert "New York" in page


def test_an_empty_day_says_when_the_next_session_is(alma, world):
    assert "Nothing is booked from now on" in text_of(alma.get(TODAY))
    booked(world, at("2027-03-03", 9))
    page = text_of(alma.get(TODAY))
    assert "No sessions on this day" in page
    assert "Wednesday, March 3, 2027, 9:00 AM to 9:50 AM PST" in page


def test_days_before_and_after_are_a_link_away(alma, world):
    booked(world, at("2027-03-02", 9))
    assert f"{TODAY}?day=2027-03-02" in alma.get(TODAY).content.decode()
    page = alma.get(TODAY, {"day": "2027-03-02"})
    assert "9:00 AM to 9:50 AM PST" in text_of(page)
    assert "Back to today" in text_of(page)


def test_one_can_fall_out_today_and_later_but_not_before(alma, world, clock):
    booked(world, at("2027-03-01", 10))
    said = "I cannot come on this day"
    assert said in text_of(alma.get(TODAY))
    later(clock, 24 * 3600, alma, world.alma.user)
    page = alma.get(TODAY, {"day": "2027-03-01"})
    assert "Nora Quill" in text_of(page) and said not in text_of(page)


def test_how_a_session_stands(alma, world, clock):
    first = booked(world, at("2027-03-01", 10))
    second = booked(world, at("2027-03-01", 13), world.omar)
    cancel(booking=second.uuid, reason="clinic", actor=world.actor(world.dana), now=NOW)
    assert "Cancelled" in text_of(alma.get(TODAY))
    assert "Booked" in text_of(alma.get(TODAY))
    later(clock, 65 * 60, alma, world.alma.user)
    assert "Now" in text_of(alma.get(TODAY))
    later(clock, 60 * 60, alma, world.alma.user)
    assert "Who came?" in text_of(alma.get(TODAY))
    mark(
        booking=first.uuid,
        attendance="no_show",
        actor=world.actor(world.alma),
        now=first.ends_at,
    )
    assert "No-show" in text_of(alma.get(TODAY))


def test_the_week_has_seven_days_those_without_sessions_too(alma, world):
    booked(world, at("2027-03-03", 9))
    page = text_of(alma.get(WEEK))
    assert "Monday, March 1, 2027 to Sunday, March 7, 2027" in page
    assert "9:00 AM to 9:50 AM PST" in page
    assert page.count("No sessions") == 6
    assert "1 session." in page


def test_another_week_begins_on_its_monday(alma, world):
    booked(world, at("2027-03-17", 9))
    page = alma.get(WEEK, {"from": "2027-03-18"})
    assert "Monday, March 15, 2027" in text_of(page)
    assert "9:00 AM to 9:50 AM PDT" in text_of(page)
    assert f"{WEEK}?from=2027-03-22" in page.content.decode()


def test_a_date_that_is_none_is_refused(alma):
    assert alma.get(TODAY, {"day": "2027-02-30"}).status_code == 422
    assert alma.get(WEEK, {"from": "soon"}).status_code == 422


@pytest.mark.parametrize("page", [TODAY, WEEK])
def test_the_number_of_queries_does_not_grow(alma, world, page):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert alma.get(page).status_code == 200
        return len(seen)

    booked(world, at("2027-03-01", 10))
    alma.get(page)
    few = queries()
    for hour in (11, 13, 14, 15, 16):
        booked(world, at("2027-03-01", hour), patient(world.clinic, f"P{hour}"))
    assert queries() == few <= 15


@pytest.mark.parametrize("page", [TODAY, WEEK])
def test_each_patient_shown_is_in_the_audit(alma, world, page):
    """LG1: one row for each patient of the page."""
    booked(world, at("2027-03-01", 10))
    booked(world, at("2027-03-01", 13), world.omar)
    alma.get(page)
    rows = AuditRow.objects.filter(action__startswith="agenda.")
    assert {row.subject_id for row in rows} == {str(world.nora.pk), str(world.omar.pk)}
    assert {row.actor_id for row in rows} == {str(world.alma.user.pk)}


def test_nobody_else_s_sessions_are_shown(client, world):
    """AC12: Ben sees nothing of Alma's."""
    booked(world, at("2027-03-01", 10))
    ben = sign_in(client, world.ben.user)
    assert "Nora" not in text_of(ben.get(TODAY))
    assert "Nora" not in text_of(ben.get(WEEK))
    for page in (TODAY, WEEK):
        assert ben.get(page, {"of": str(world.alma.uuid)}).status_code == 404


@pytest.mark.parametrize("page", [TODAY, WEEK])
def test_a_cover_opens_the_calendar_and_its_end_closes_it(client, world, clock, page):
    """AC12: with a grant 200, after its last day 404."""
    booked(world, at("2027-03-01", 10))
    cover(world.ben, world.alma, "2027-03-01", "2027-03-01")
    ben, asked = sign_in(client, world.ben.user), {"of": str(world.alma.uuid)}
    answer = ben.get(page, asked)
    assert answer.status_code == 200
    assert "Nora Quill" in text_of(answer)
    assert "You cover for Alma until Monday, March 1, 2027" in text_of(answer)
    later(clock, 24 * 3600, client, world.ben.user)
    assert ben.get(page, asked).status_code == 404
    assert "Nora" not in text_of(ben.get(page))


@pytest.mark.parametrize("page", [TODAY, WEEK])
def test_whom_one_covers_is_not_in_one_s_own_calendar(client, world, page):
    """AC12: each calendar holds its own therapist's sessions alone."""
    booked(world, at("2027-03-01", 10))
    booked(world, at("2027-03-01", 13), world.omar, therapist=world.ben)
    cover(world.ben, world.alma, "2027-03-01", "2027-03-01")
    ben = sign_in(client, world.ben.user)
    own, covered = text_of(ben.get(page)), text_of(ben.get(page, {"of": str(world.alma.uuid)}))
    assert "Omar" in own and "Nora" not in own
    assert "Nora" in covered and "Omar" not in covered


def test_a_check_in_from_before_a_move_does_not_count(alma, world):
    """TH1: at the door of this time, or not at all."""
    booking = booked(world, at("2027-03-01", 10))
    checked_in(booking, at=booking.starts_at - timedelta(days=1))
    assert "Checked in" not in text_of(alma.get(TODAY))
    checked_in(booking)
    assert "Checked in" in text_of(alma.get(TODAY))


def test_one_s_own_appointment_is_not_work(client, world):
    """A therapist who is a patient here does not meet their own record on staff pages."""
    cover(world.ben, world.alma, "2027-03-01", "2027-03-31")
    mine = patient(world.clinic, "Benjamin", user=world.ben.user)
    booking = booked(world, at("2027-03-01", 10), mine)
    ben = sign_in(client, world.ben.user)
    assert "Benjamin" not in text_of(ben.get(TODAY, {"of": str(world.alma.uuid)}))
    assert ben.get(at_session(booking)).status_code == 404


@pytest.mark.parametrize("who", ["dana", "ada", "pia", "nora", "mallory"])
def test_the_pages_are_for_therapists(client, world, who):
    """AC1, AC2: for anybody else they are not there."""
    person = getattr(world, who)
    sign_in(client, getattr(person, "user", person))
    assert client.get(TODAY).status_code == 404
    assert client.get(WEEK).status_code == 404


def test_who_is_not_signed_in_is_led_to_sign_in(client, world):
    """AC1."""
    assert client.get(TODAY).status_code in (302, 404)


def test_who_has_no_weekly_hours_is_led_to_setting_them(alma, world):
    told = "You have no weekly hours yet: patients find no times."
    assert told not in text_of(alma.get(TODAY))
    world.alma.weekly_hours.update(valid_until="2027-02-28")
    answer = alma.get(TODAY)
    assert told in text_of(answer)
    assert f'<a href="{HOME}hours/">Set your weekly hours</a>' in answer.content.decode()
    world.alma.weekly_hours.create(pattern="0:540-600", valid_from="2027-04-01")
    assert told not in text_of(alma.get(TODAY))
