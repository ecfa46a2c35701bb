"""Desk and office keep a therapist's hours, on the therapist's own pages."""

import pytest
from django.test import Client

from accounts.models import AuditRow
from scheduling.models import DayHours, TimeOff, WeeklyHours
from tests.web.desk import DESK, OFFICE, at_work, audited, booked, booking_page
from tests.web.patient import text_of
from tests.web.test_therapist_hours import typed, value_of
from tests.world import at, clinic, therapist

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture(params=["dana", "ada"])
def keeper(request, world) -> Client:
    """The front desk, and the clinic's admin."""
    return at_work(getattr(world, request.param))


def hours(who) -> str:
    return f"/c/harbor/therapists/{who.uuid}/hours/"


def test_the_page_says_whose_hours_it_shows(world, keeper):
    WeeklyHours.objects.filter(therapist=world.ben).update(pattern="0:600-660")
    answer = keeper.get(hours(world.ben))
    page = answer.content.decode()
    assert "Weekly hours of Ben" in text_of(answer)
    assert "<title>Weekly hours of Ben" in page
    assert "New York" in page
    assert value_of(page, "d0_0_from") == "10:00 AM"
    for below in ("", "day/", "time-off/"):
        assert f'href="{hours(world.ben)}{below}"' in page


def test_hours_are_saved_for_that_therapist_alone(world, keeper):
    answer = keeper.post(hours(world.ben), typed("0 9/12", valid_from="2027-03-08"))
    assert answer["Location"] == f"{hours(world.ben)}?from=2027-03-08"
    row = WeeklyHours.objects.get(valid_from="2027-03-08")
    assert (row.therapist, row.pattern) == (world.ben, "0:540-720")
    assert [one.object_id for one in audited("hours.weekly")] == [str(world.ben.uuid)]


def test_a_preview_writes_nothing(world, keeper):
    page = text_of(keeper.post(hours(world.ben), typed("0 9/12", do="preview")))
    assert "Nothing is saved yet." in page
    assert WeeklyHours.objects.count() == 2


def test_what_is_wrong_is_told_and_nothing_is_lost(world, keeper):
    answer = keeper.post(hours(world.ben), typed("0 9/5", "1 8:15/10"))
    assert answer.status_code == 422
    assert "Did you mean 5:00 PM?" in text_of(answer)
    assert value_of(answer.content.decode(), "d1_0_from") == "8:15"


def test_a_single_day_and_back(world, keeper):
    day = hours(world.ben) + "day/"
    assert keeper.post(day, {"day": "2027-03-09", "kind": "off"})["Location"] == day
    assert DayHours.objects.get().therapist == world.ben
    assert "Single days of Ben" in text_of(keeper.get(day))
    assert keeper.post(day + "usual/", {"day": "2027-03-09"})["Location"] == day
    assert not DayHours.objects.exists()


def test_time_off_and_back(world, keeper):
    off = hours(world.ben) + "time-off/"
    said = {"first_day": "2027-03-08", "last_day": "2027-03-12", "note": "Skiing"}
    check = keeper.post(off, said)
    assert "Skiing" not in check.content.decode()
    assert "Check the time off of Ben" in text_of(check)
    assert f'action="{off}"' in check.content.decode()
    assert not TimeOff.objects.exists()
    assert keeper.post(off, said | {"do": "save"})["Location"] == off
    row = TimeOff.objects.get()
    assert (row.therapist, row.note) == (world.ben, "")
    assert f'action="{off}{row.pk}/remove/"' in keeper.get(off).content.decode()
    assert keeper.post(f"{off}{row.pk}/remove/")["Location"] == off
    assert not TimeOff.objects.exists()


def test_what_a_therapist_noted_is_nobody_elses(world, keeper):
    """AC4: others keep the days, and need no reason."""
    TimeOff.objects.create(
        therapist=world.ben, first_day="2027-03-08", last_day="2027-03-12", note="Clinic visit"
    )
    page = keeper.get(hours(world.ben) + "time-off/")
    assert "March 8" in text_of(page)
    assert "Clinic visit" not in page.content.decode()
    assert 'name="note"' not in page.content.decode()


def test_time_off_of_one_is_not_removed_on_the_page_of_another(world, keeper):
    row = TimeOff.objects.create(
        therapist=world.alma, first_day="2027-03-08", last_day="2027-03-12"
    )
    assert keeper.post(f"{hours(world.ben)}time-off/{row.pk}/remove/").status_code == 404
    assert TimeOff.objects.exists()


def test_the_desk_reads_whose_sessions_no_longer_fit(world):
    """LG1: and is on record with it."""
    booking = booked(world, world.nora, at("2027-03-09", 15))
    answer = at_work(world.dana).post(hours(world.alma), typed("1 9/12", do="preview"))
    assert "Nora Quill" in text_of(answer)
    assert f'href="{booking_page(booking)}"' in answer.content.decode()
    assert [one.subject_id for one in audited("hours.misfits")] == [str(world.nora.pk)]


def test_the_office_reads_times_and_no_names(world):
    """AC4: the clinic's admin neither treats nor schedules."""
    booking = booked(world, world.nora, at("2027-03-09", 15))
    answer = at_work(world.ada).post(hours(world.alma), typed("1 9/12", do="preview"))
    page = text_of(answer)
    when = "Tuesday, March 9, 2027, 3:00 PM to 3:50 PM PST (Los Angeles)"
    assert f"{when} (outside the weekly hours)" in page
    assert "Nora" not in page
    assert str(booking.uuid) not in answer.content.decode()
    assert str(booking.session.uuid) not in answer.content.decode()
    assert not AuditRow.objects.filter(action="hours.misfits").exists()


@pytest.mark.parametrize("who", ["alma", "pia", "nora", "mallory"])
def test_nobody_else_keeps_a_colleagues_hours(world, who):
    """AC2, AC5: a therapist's own pages are those without a name in the address."""
    person = getattr(world, who)
    client = at_work(getattr(person, "user", person))
    for below in ("", "day/", "time-off/"):
        assert client.get(hours(world.ben) + below).status_code == 404
    assert client.post(hours(world.ben), typed("0 9/12")).status_code == 404
    assert WeeklyHours.objects.count() == 2


def test_a_therapist_of_another_clinic_is_not_there(world, keeper):
    """AC3."""
    tess = therapist(clinic("haven"), "Tess")
    assert keeper.get(hours(tess)).status_code == 404
    assert keeper.post(hours(tess), typed("0 9/12")).status_code == 404


def test_the_ways_to_it(world):
    """From the therapist in the office, and from the day sheet, with sessions or without."""
    booked(world, world.nora, at("2027-03-03", 10))
    sheet = at_work(world.dana).get(DESK, {"day": "2027-03-03"}).content.decode()
    for who in (world.alma, world.ben):
        assert f'href="{hours(who)}"' in sheet
    page = at_work(world.ada).get(f"{OFFICE}therapists/{world.ben.uuid}/").content.decode()
    assert f'href="{hours(world.ben)}"' in page
    assert f'href="{hours(world.ben)}time-off/"' in page


def test_the_work_bar_is_that_of_ones_own_part(world):
    for user, leads, not_there in (
        (world.dana, f"{DESK}patients/", f"{OFFICE}staff/"),
        (world.ada, f"{OFFICE}staff/", f"{DESK}patients/"),
    ):
        page = at_work(user).get(hours(world.ben)).content.decode()
        bar = page.split('class="staff-nav"')[1].split("</nav>")[0]
        assert f'href="{leads}"' in bar
        assert not_there not in bar
