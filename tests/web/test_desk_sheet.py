"""The day's sheet over all therapists."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.actor import Actor
from scheduling.actions.cancel import cancel
from scheduling.actions.hold import hold
from tests.ways_in.story import pasted, platform
from tests.web.desk import DESK, at_work, audited, booked
from tests.web.patient import text_of
from tests.world import LA, NOW, NY, World, at, build, patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def desk(world) -> Client:
    return at_work(world.dana)


def test_everybodys_day_on_the_clinics_clock(world, desk):
    booked(world, world.nora, at("2027-03-03", 10))
    booked(world, world.omar, at("2027-03-03", 9), therapist=world.ben.uuid)
    page = text_of(desk.get(DESK, {"day": "2027-03-03"}))
    assert "Wednesday, March 3, 2027 2 sessions." in page
    assert "10:00 AM to 10:50 AM PST Nora Quill Video, 50 minutes Booked" in page
    assert "works by EST, New York" in page
    assert "9:00 AM to 9:50 AM PST 12:00 PM to 12:50 PM EST Omar Quill" in page


def test_no_kind_of_therapy(world, desk):
    """AC4: the desk's sheet says when and who, not what for."""
    booked(world, world.nora, at("2027-03-03", 10))
    assert "CBT" not in text_of(desk.get(DESK, {"day": "2027-03-03"}))


def test_a_day_is_that_of_the_clinics_zone(world, desk):
    world.alma.weekly_hours.update(pattern="2:1200-1430;3:0-60")
    late = at("2027-03-03", 22)  # March 4 in UTC
    booked(world, world.nora, late)
    assert "Nora" in text_of(desk.get(DESK, {"day": "2027-03-03"}))
    assert "Nora" not in text_of(desk.get(DESK, {"day": "2027-03-04"}))


def test_from_day_to_day(world, desk):
    page = desk.get(DESK, {"day": "2027-03-01"}).content.decode()
    assert "?day=2027-02-28" in page
    assert "?day=2027-03-02" in page
    assert "Monday, March 1, 2027" in text_of(desk.get(DESK))


def test_nobody_is_asked_whether_they_come_to_a_day_that_is_over(world, desk, clock):
    booked(world, world.nora, at("2027-03-03", 10))
    day = {"day": "2027-03-03"}
    assert "Cannot come?" in text_of(desk.get(DESK, day))
    clock.shift(3 * 86_400)
    page = text_of(at_work(world.dana).get(DESK, day))
    assert "Nora" in page and "Cannot come?" not in page


@pytest.mark.parametrize("day", ["2027-02-30", "tomorrow", "1200-01-01", "9999-12-31"])
def test_a_day_that_does_not_exist(world, desk, day):
    answer = desk.get(DESK, {"day": day})
    assert answer.status_code == 422
    assert "This date does not exist." in text_of(answer)


def test_the_night_of_the_change(world, desk):
    assert desk.get(DESK, {"day": "2027-03-14"}).status_code == 200
    assert desk.get(DESK, {"day": "2027-11-07"}).status_code == 200


def kept(world, day="2027-03-03", hour=11) -> None:
    """Somebody without a name is booking Alma, and has ten minutes for it."""
    hold(
        service=world.cbt.uuid,
        therapist=world.alma.uuid,
        start=at(day, hour),
        medium="video",
        place="CA",
        zone=LA,
        secret="s1",
        actor=Actor.anonymous(world.clinic),
        now=NOW,
    )


def test_a_time_that_somebody_is_booking_is_on_the_sheet_without_a_name(world, desk, clock):
    booked(world, world.nora, at("2027-03-03", 13))
    kept(world)
    page = text_of(desk.get(DESK, {"day": "2027-03-03"}))
    told = "11:00 AM to 11:50 AM PST somebody is booking this just now Video, 50 minutes"
    assert f"{told} Kept until 9:10 AM PST" in page
    assert page.index(told) < page.index("Nora Quill")
    assert "Wednesday, March 3, 2027 1 session." in page
    clock.shift(10 * 60)
    assert "somebody is booking" not in text_of(desk.get(DESK, {"day": "2027-03-03"}))


def test_a_time_that_is_kept_with_nobody_else_that_day(world, desk):
    kept(world)
    page = text_of(desk.get(DESK, {"day": "2027-03-03"}))
    assert "somebody is booking this just now" in page
    assert "No sessions on this day" not in page


def test_times_that_are_kept_in_another_clinic_are_not_told(world, desk):
    """AC3."""
    kept(build("haven", "2"))
    assert "somebody is booking" not in text_of(desk.get(DESK, {"day": "2027-03-03"}))


def test_states(world, desk, clock):
    done = booked(world, world.nora, at("2027-03-01", 14))
    done.attendance = "no_show"
    done.save()
    booked(world, world.omar, at("2027-03-01", 16))
    clock.shift(8 * 3600)
    page = text_of(desk.get(DESK, {"day": "2027-03-01"}))
    assert "Nora Quill Video, 50 minutes No-show" in page
    assert "Omar Quill Video, 50 minutes Who came?" in page


@pytest.mark.parametrize(
    ("left", "marked"), [(16, False), (15, True), (1, True), (-49, True), (-50, False)]
)
def test_a_room_that_is_missing_is_marked_from_a_quarter_of_an_hour_before(
    world, clock, left, marked
):
    """video.md 2.3: from T-15 it is the desk's matter too, until the session is over."""
    seat = booked(world, world.nora)
    booked(world, world.omar, therapist=world.ben.uuid, medium="telephone")
    clock.move_to(seat.starts_at - timedelta(minutes=left))
    page = text_of(at_work(world.dana).get(DESK))
    assert page.count("No room yet") == marked
    assert ("1 session has no video room yet Ask the therapist to paste one" in page) == marked


def test_no_mark_where_there_is_a_room_or_no_session(world, clock):
    platform(world)
    seat = booked(world, world.nora)
    pasted(world, seat)
    off = booked(world, world.omar, therapist=world.ben.uuid)
    cancel(booking=off.uuid, reason="clinic", actor=world.actor(world.dana), now=NOW)
    clock.move_to(seat.starts_at - timedelta(minutes=5))
    page = text_of(at_work(world.dana).get(DESK))
    assert "Nora" in page and "Omar" in page
    assert "No room yet" not in page and "no video room" not in page


def test_everybody_on_the_sheet_is_on_record(world, desk):
    """LG1: one row for each name that was shown, and one for an empty day."""
    booked(world, world.nora, at("2027-03-03", 10))
    desk.get(DESK, {"day": "2027-03-03"})
    desk.get(DESK, {"day": "2027-03-04"})
    assert [row.subject_id for row in audited("sheet.view")] == [str(world.nora.pk), ""]


def test_ones_own_session_has_no_name(world, desk):
    own = patient(world.clinic, "Dana", user=world.dana)
    booking = booked(world, world.nora, at("2027-03-03", 10))
    booking.patient = own
    booking.save()
    page = desk.get(DESK, {"day": "2027-03-03"})
    assert "yourself" in text_of(page)
    assert "Dana Quill" not in text_of(page)
    assert str(booking.uuid) not in page.content.decode()


def test_a_full_day_costs_what_an_empty_one_does(world, desk, django_assert_max_num_queries):
    """Session, user, clinic, roles, second factor; then bookings, kept times, therapists, audit."""
    desk.get(DESK)
    for number, hour in enumerate((9, 10, 11, 12, 13)):
        who = patient(world.clinic, f"Quinn{number}", user=None)
        booked(world, who, at("2027-03-03", hour))
        booked(world, world.nora, at("2027-03-04", hour), therapist=world.ben.uuid)
    with django_assert_max_num_queries(12):
        desk.get(DESK, {"day": "2027-03-03"})


def test_who_has_no_business_at_the_desk(world):
    """AC2, AC12: to therapists, admins, patients and strangers the desk is not there."""
    for user in (world.alma.user, world.ada, world.pia, world.nora.user, world.mallory):
        client = at_work(user)
        for path in ("", "patients/", "patients/new/", f"patients/{world.nora.uuid}/"):
            assert client.get(DESK + path).status_code == 404, (user, path)
        assert client.post(f"{DESK}patients/", {"text": "nora"}).status_code == 404
    assert Client().get(DESK).status_code == 302


def test_the_zones_of_both_are_named(world, desk):
    world.clinic.time_zone = NY
    world.clinic.save()
    page = text_of(desk.get(DESK))
    assert "Times are the clinic's (EST, New York)." in page


def test_from_the_clinics_page_to_ones_work(world):
    """Who signs in comes to the clinic's page first; from there each role finds its own."""
    for user, path in (
        (world.dana, DESK),
        (world.ada, "/c/harbor/office/"),
        (world.pia, "/c/harbor/office/audit/"),
        (world.alma.user, "/c/harbor/today/"),
    ):
        page = at_work(user).get("/c/harbor/").content.decode()
        assert f'href="{path}"' in page, user.name
    assert DESK not in at_work(world.nora.user).get("/c/harbor/").content.decode()
