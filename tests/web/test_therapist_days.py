"""Single days that differ, and time off: what is typed, what it would hit, and the way back."""

import pytest

from accounts.models import AuditRow, Membership
from scheduling.models import Booking, DayHours, TimeOff
from tests.doors import sign_in
from tests.web.patient import text_of
from tests.web.therapist import HOME, booked
from tests.world import at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
DAY, OFF = HOME + "hours/day/", HOME + "hours/time-off/"


@pytest.fixture
def alma(client, world):
    return sign_in(client, world.alma.user)


def a_week(**more: str) -> dict[str, str]:
    return {"first_day": "2027-03-08", "last_day": "2027-03-12", "note": "Skiing"} | more


def test_other_hours_on_one_date(alma, world):
    said = {"day": "2027-03-09", "kind": "other", "s0_from": "10", "s0_until": "12 PM"}
    assert alma.post(DAY, said).status_code == 302
    row = DayHours.objects.get(therapist=world.alma)
    assert (row.day.isoformat(), row.spans) == ("2027-03-09", "600-720")
    page = text_of(alma.get(DAY))
    assert "Tuesday, March 9, 2027 10:00 AM to 12:00 PM" in page


def test_a_day_off_and_what_stands_in_it(alma, world):
    booking = booked(world, at("2027-03-09", 10), override="")
    answer = alma.post(DAY, {"day": "2027-03-09", "kind": "off"}, follow=True)
    page = text_of(answer)
    assert DayHours.objects.get(therapist=world.alma).spans == ""
    assert "Booked sessions that no longer fit" in page
    assert "(a day off)" in page
    booking.refresh_from_db()
    assert booking.state == "booked"


def test_a_day_is_edited_in_place(alma, world):
    said = {"day": "2027-03-09", "kind": "other", "s0_from": "10", "s0_until": "12 PM"}
    alma.post(DAY, said)
    page = alma.get(DAY, {"day": "2027-03-09"}).content.decode()
    assert 'value="10:00 AM"' in page
    alma.post(DAY, said | {"s0_from": "11"})
    assert DayHours.objects.get(therapist=world.alma).spans == "660-720"


def test_other_hours_must_be_typed(alma):
    answer = alma.post(DAY, {"day": "2027-03-09", "kind": "other"})
    assert answer.status_code == 422
    assert "Type the hours of that day, or choose a day off." in text_of(answer)


def test_an_exception_is_taken_back(alma, world):
    alma.post(DAY, {"day": "2027-03-09", "kind": "off"})
    assert alma.post(DAY + "usual/", {"day": "2027-03-09"}).status_code == 302
    assert not DayHours.objects.exists()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"day": "2027-02-30", "kind": "off"}, "This date does not exist. Please check it."),
        ({"day": "2027-02-28", "kind": "off"}, "This day has passed."),
        ({"day": "2099-02-28", "kind": "off"}, "This day is too far ahead."),
        ({"day": "2027-03-09", "kind": "other"}, "Type both times, or leave both empty."),
        ({"day": "2027-03-09", "kind": "other", "s0_from": "x"}, "Type a time like 9:00 AM"),
        ({"day": "2027-03-09"}, "This field is required."),
    ],
)
def test_a_day_that_cannot_be_is_told_and_nothing_is_lost(alma, said, told):
    answer = alma.post(DAY, said | {"s1_from": "7"})
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert 'value="7"' in answer.content.decode()
    assert not DayHours.objects.exists()


def test_time_off_shows_what_it_hits_before_it_is_saved(alma, world):
    booked(world, at("2027-03-09", 10))
    booked(world, at("2027-03-15", 10), world.omar)
    answer = alma.post(OFF, a_week())
    page = text_of(answer)
    assert answer.status_code == 200
    assert not TimeOff.objects.exists()
    assert "Nothing is saved yet" in page
    assert "Nora Quill" in page
    assert "Omar" not in page
    row = AuditRow.objects.get(action="hours.misfits")
    assert row.subject_id == str(world.nora.pk)  # LG1


def test_time_off_shows_what_did_not_fit_before_too(alma, world):
    """Booked on a day off: in the days that are taken off it stands all the same."""
    booked(world, at("2027-03-09", 10))
    alma.post(DAY, {"day": "2027-03-09", "kind": "other", "s0_from": "1 PM", "s0_until": "2 PM"})
    page = text_of(alma.post(OFF, a_week()))
    assert "Nora Quill" in page
    assert "(that day has other hours, time off)" in page


def test_time_off_is_saved_by_the_second_step_and_moves_nothing(alma, world):
    booking = booked(world, at("2027-03-09", 10))
    assert alma.post(OFF, a_week(do="save")).status_code == 302
    row = TimeOff.objects.get()
    assert (row.therapist_id, row.note) == (world.alma.pk, "Skiing")
    page = text_of(alma.get(OFF))
    assert "Monday, March 8, 2027 to Friday, March 12, 2027" in page
    assert "Booked sessions that no longer fit" in page
    assert Booking.objects.get().start == booking.start


def test_the_check_page_sends_on_what_was_typed(alma):
    page = alma.post(OFF, a_week()).content.decode()
    assert 'name="first_day" value="2027-03-08"' in page
    assert 'name="note" value="Skiing"' in page
    assert "No session stands in these days." in page


def test_time_off_is_taken_back(alma, world):
    alma.post(OFF, a_week(do="save"))
    row = TimeOff.objects.get()
    assert alma.post(f"{OFF}{row.pk}/remove/").status_code == 302
    assert not TimeOff.objects.exists()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"last_day": "2027-03-07"}, "The last day is before the first."),
        ({"last_day": ""}, "This field is required."),
        ({"first_day": "2027-01-01", "last_day": "2027-01-05"}, "This day has passed."),
        ({"last_day": "2028-12-01"}, "Time off lasts a year at most."),
        ({"first_day": "soon"}, "This date does not exist. Please check it."),
    ],
)
def test_time_off_that_cannot_be_is_told_and_nothing_is_lost(alma, said, told):
    answer = alma.post(OFF, a_week(do="save", **said))
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert 'value="Skiing"' in answer.content.decode()
    assert not TimeOff.objects.exists()


def test_a_colleague_s_time_off_is_not_there(client, world):
    """AC12: found, changed and removed by its therapist alone."""
    row = TimeOff.objects.create(
        therapist=world.alma, first_day="2027-03-08", last_day="2027-03-12", note="Skiing"
    )
    DayHours.objects.create(therapist=world.alma, day="2027-03-09", spans="")
    ben = sign_in(client, world.ben.user)
    assert "Skiing" not in text_of(ben.get(OFF))
    assert "March 9" not in text_of(ben.get(DAY))
    assert ben.post(f"{OFF}{row.pk}/remove/").status_code == 404
    Membership.objects.create(clinic=world.clinic, user=world.ben.user, role="admin")
    assert ben.post(f"{OFF}{row.pk}/remove/").status_code == 404
    ben.post(DAY + "usual/", {"day": "2027-03-09"})
    assert TimeOff.objects.exists()
    assert DayHours.objects.exists()


@pytest.mark.parametrize("who", ["dana", "ada", "pia", "nora", "mallory"])
def test_the_pages_are_for_therapists(client, world, who):
    """AC1, AC2."""
    person = getattr(world, who)
    sign_in(client, getattr(person, "user", person))
    for page in (DAY, OFF):
        assert client.get(page).status_code == 404
        assert client.post(page, a_week(do="save", day="2027-03-09", kind="off")).status_code == 404
    assert not TimeOff.objects.exists()
    assert not DayHours.objects.exists()
