"""A series at the pages: planned, looked at date by date, booked, changed, cancelled."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client

from scheduling.actions.book import book
from scheduling.engine.interval import from_minute
from scheduling.models import Booking, Holiday, Series
from tests.doors import sign_in
from tests.web.patient import HOME, booked, text_of
from tests.web.visitor import Visitor
from tests.world import LA, NOW, World, at, build

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
MONDAY = at("2027-03-08", 10)


@pytest.fixture
def world() -> World:
    made = build()
    made.clinic.horizon_days = 200
    made.clinic.save()
    return made


@pytest.fixture
def nora(world: World) -> Visitor:
    client = Client()
    client.force_login(world.nora.user)
    return Visitor(client)


@pytest.fixture
def dana(world: World) -> Visitor:
    return Visitor(sign_in(Client(), world.dana))


@pytest.fixture
def first(world: World, nora: Visitor) -> str:
    """Nora has booked Alma for a Monday at ten."""
    return booked(nora.client, world, MONDAY, therapist=world.alma.uuid)


def taken(world: World, day: str, hour: int = 10, who=None) -> Booking:
    return book(
        service=world.cbt.uuid, therapist=(who or world.alma).uuid, start=at(day, hour),
        medium="video", place="CA", zone=LA, patient=world.omar.pk,
        actor=world.actor(world.dana), now=NOW,
    )  # fmt: skip


def dates() -> list[int]:
    rows = Booking.objects.filter(session__series__isnull=False, live=True).order_by("start")
    return list(rows.values_list("start", flat=True))


def test_a_patient_repeats_a_session_every_week(world, nora: Visitor, first: str):
    page = nora.goes(f"{HOME}my/{first}/").follows("Repeat it every week")
    assert "Book a series" in page.reads
    assert page.fields("Check the dates") | {"first": "", "count": ""} == {
        "every": "1", "count": "", "first": "", "at": "10:00", "review_after": "",
    }  # fmt: skip
    page.presses("Check the dates", count="4")
    assert "Every Monday With Alma. All 4 dates are free." in page.reads
    assert "Monday, March 15, 2027, 10:00 AM PDT" in page.reads
    page.presses("Book the series")
    assert "4 sessions are booked." in page.reads
    assert "Every Monday, 10:00 AM" in page.reads and "(Los Angeles)" in page.reads
    assert dates() == [at(f"2027-{day}", 10) for day in ("03-15", "03-22", "03-29", "04-05")]


def test_a_planned_count_has_a_point_to_look_back(world, nora: Visitor, first: str):
    """Nothing is enforced: it is said on the page, and the dates go on behind it."""
    page = nora.goes(f"{HOME}repeat/{first}/")
    page.presses("Check the dates", count="12", review_after="6").presses("Book the series")
    assert "12 sessions are booked." in page.reads
    assert "You look back together after session 6." in page.reads
    assert len(dates()) == 12


def test_each_conflict_is_settled_by_the_person(world, nora: Visitor, first: str):
    taken(world, "2027-03-15")
    Holiday.objects.create(clinic=world.clinic, day=date(2027, 3, 22), name="A day off")
    taken(world, "2027-03-29")
    page = nora.goes(f"{HOME}repeat/{first}/").presses("Check the dates", count="4")
    assert "1 date is free, 3 are not: please choose what to do with each." in page.reads
    assert "The therapist has another session then." in page.reads
    assert "The clinic is closed." in page.reads
    assert "Omar" not in page.reads
    near = at("2027-03-15", 11)
    page.presses(
        "Book the series",
        **{"date-2027-03-15": f"at:{near}", "date-2027-03-29": f"with:{world.ben.uuid}"},
    )
    assert "3 sessions are booked." in page.reads and "Monday, March 22" not in page.reads
    assert dates() == [near, at("2027-03-29", 10), at("2027-04-05", 10)]


def test_a_date_taken_while_one_was_reading_brings_the_report_back(world, nora, first):
    page = nora.goes(f"{HOME}repeat/{first}/").presses("Check the dates", count="3")
    taken(world, "2027-03-22")
    page.presses("Book the series")
    assert page.response.status_code == 409
    assert "Some of these dates cannot be booked any more." in page.reads
    assert "2 dates are free, 1 is not" in page.reads
    assert dates() == []
    page.presses("Book the series")
    assert dates() == [at("2027-03-15", 10), at("2027-03-29", 10)]


def test_a_slip_is_told_and_nothing_typed_is_lost(world, nora: Visitor, first: str):
    page = nora.goes(f"{HOME}repeat/{first}/")
    page.presses("Check the dates", count="99", first="2027-02-31")
    assert page.response.status_code == 422
    assert "This date does not exist. Please check it." in page.reads
    assert page.fields("Check the dates")["count"] == "99"
    page.presses("Check the dates", count="3", first="2039-01-01")
    assert "This date is too far ahead." in page.reads


def test_every_date_skipped_is_nothing_to_book(world, nora: Visitor, first: str):
    taken(world, "2027-03-15")
    page = nora.goes(f"{HOME}repeat/{first}/").presses("Check the dates", count="1")
    page.presses("Book the series")
    assert page.response.status_code == 422 and not Series.objects.exists()


def test_the_rules_of_the_form(world, nora: Visitor, first: str):
    """Several weekdays; every other week; the same weekday of a month."""
    page = nora.goes(f"{HOME}repeat/{first}/")
    page.presses("Check the dates", days=["0", "3"], count="4")
    assert "Every Monday and Thursday" in page.reads
    page.presses("Check the dates", every="2", days=None, count="4")
    assert "Every other Monday" in page.reads
    page.presses("Check the dates", every="month", first="2027-03-15", count="3")
    assert "Every third Monday of a month" in page.reads and "April 19" in page.reads


def test_where_the_service_does_not_allow_it_patients_have_no_such_page(world, nora, first):
    world.cbt.repeatable = False
    world.cbt.save()
    assert "Repeat it" not in nora.goes(f"{HOME}my/{first}/").reads
    assert nora.goes(f"{HOME}repeat/{first}/").response.status_code == 404


def test_the_desk_books_one_and_may_set_rules_aside_with_a_reason(world, dana, first):
    page = dana.goes(f"{HOME}desk/bookings/{first}/").follows("Book a series like it")
    page.presses("Check the dates", at="18:00", count="3")
    assert "The therapist does not work at this time." in page.reads
    page.presses("Check the dates", override="asked for evenings")
    assert "All 3 dates are free." in page.reads
    page.presses("Book the series")
    assert "3 sessions are booked." in page.reads and "Nora" in page.reads
    assert dates()[0] == at("2027-03-15", 18)


def test_a_therapist_books_one_from_the_sessions_page(world, first):
    alma = Visitor(sign_in(Client(), world.alma.user))
    session = Booking.objects.get(uuid=first).session
    page = alma.goes(f"{HOME}sessions/{session.uuid}/").follows("Book a series like it")
    page.presses("Check the dates", count="2").presses("Book the series")
    assert len(dates()) == 2


def test_all_to_come_is_cancelled_and_taken_back(world, nora: Visitor, first: str):
    page = nora.goes(f"{HOME}repeat/{first}/").presses("Check the dates", count="3")
    page.presses("Book the series").follows("Cancel all to come")
    assert "Cancel these 3 sessions?" in page.reads
    page.presses("Cancel all of them")
    assert "3 sessions are cancelled." in page.reads and dates() == []
    page.presses("Keep the sessions after all")
    assert len(dates()) == 3


def test_late_ones_are_said_before_all_are_cancelled(world, nora: Visitor, first: str, clock):
    nora.goes(f"{HOME}repeat/{first}/").presses("Check the dates", count="3")
    nora.presses("Book the series")
    leave = f"{HOME}series/{Series.objects.get().uuid}/cancel/"
    assert "late cancellation" not in nora.goes(leave).reads
    clock.move_to(from_minute(dates()[0]) - timedelta(hours=23))
    nora.client.force_login(world.nora.user)
    said = "One of them would be a late cancellation The clinic may charge a late one."
    assert said in nora.goes(leave).reads
    nora.presses("Cancel all of them")
    series = Booking.objects.filter(session__series__isnull=False).order_by("start")
    assert list(series.values_list("late", flat=True)) == [True, False, False]


def test_from_one_date_on(world, nora: Visitor, first: str):
    nora.goes(f"{HOME}repeat/{first}/").presses("Check the dates", count="3")
    nora.presses("Book the series")
    series = Series.objects.get()
    second = dates()[1]
    nora.goes(f"{HOME}series/{series.uuid}/cancel/?from={second}")
    assert "Cancel these 2 sessions?" in nora.reads
    nora.presses("Cancel all of them")
    assert dates() == [at("2027-03-15", 10)]


def test_this_and_all_following_move_to_another_day(world, nora: Visitor, first: str):
    nora.goes(f"{HOME}repeat/{first}/").presses("Check the dates", count="4")
    nora.presses("Book the series")
    series = Series.objects.get()
    third = dates()[2]
    page = nora.goes(f"{HOME}series/{series.uuid}/change/?from={third}")
    assert "You keep the present times until the new ones are confirmed." in page.reads
    page.presses("Check the dates", first="2027-03-31", days=["2"], at="15:00")
    assert "Every Wednesday" in page.reads and "All 2 dates are free." in page.reads
    page.presses("Change the series")
    assert dates()[2:] == [at("2027-03-31", 15), at("2027-04-07", 15)]
    nora.goes(f"{HOME}series/{series.uuid}/")
    assert "see the series that follows" in nora.reads


def test_staff_say_why_when_they_change_one(world, dana: Visitor, nora: Visitor, first: str):
    nora.goes(f"{HOME}repeat/{first}/").presses("Check the dates", count="2")
    nora.presses("Book the series")
    series = Series.objects.get()
    page = dana.goes(f"{HOME}series/{series.uuid}/change/").presses("Check the dates", at="11:00")
    page.presses("Change the series")
    assert "Nothing was changed." in page.reads
    page.presses("Change the series", reason="clinic")
    assert dates() == [at("2027-03-15", 11), at("2027-03-22", 11)]


def test_the_sessions_page_leads_to_its_series(world, nora: Visitor, first: str):
    nora.goes(f"{HOME}repeat/{first}/").presses("Check the dates", count="2")
    nora.presses("Book the series")
    one = Booking.objects.get(start=dates()[0])
    page = nora.goes(f"{HOME}my/{one.uuid}/").follows("Part of a series: see all dates")
    assert "Every Monday, 10:00 AM" in text_of(page.response)


def test_a_session_too_near_to_change_stays_and_the_rest_moves(world, nora, first, clock):
    nora.goes(f"{HOME}repeat/{first}/").presses("Check the dates", count="3")
    nora.presses("Book the series")
    world.clinic.change_notice = 24 * 60
    world.clinic.save()
    clock.move_to(from_minute(dates()[0] - 60))
    nora.client.force_login(world.nora.user)
    page = nora.goes(f"{HOME}series/{Series.objects.get().uuid}/change/")
    page.presses("Check the dates", at="11:00")
    assert "All 2 dates are free." in page.reads
    page.presses("Change the series")
    assert dates() == [at("2027-03-15", 10), at("2027-03-22", 11), at("2027-03-29", 11)]
