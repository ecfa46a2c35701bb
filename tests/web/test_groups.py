"""Groups at the pages of staff: made, run, their roster and who came."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scheduling.actions.cancel import cancel
from scheduling.actions.group_members import join
from scheduling.models import (
    Booking,
    Event,
    Group,
    JoinLink,
    Member,
    Occupancy,
    Room,
    Series,
    Session,
    TimeOff,
)
from scheduling.queries.repeat import Pattern
from tests.actions.test_groups import MONDAYS, a_group, book_at, dates, joined, seats
from tests.groups import group_service
from tests.ways_in.story import platform
from tests.web.desk import DESK, at_work, audited
from tests.web.patient import text_of
from tests.web.therapist import HOME, later
from tests.world import LA, NOW, World, at, offer, patient, therapist

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
GROUPS = f"{DESK}groups/"


@pytest.fixture
def desk(world) -> Client:
    return at_work(world.dana)


@pytest.fixture
def group(world) -> Group:
    made = a_group(world)
    joined(world, made)
    joined(world, made, world.omar)
    return made


def page_of(group: Group, what: str = "") -> str:
    return f"{GROUPS}{group.uuid}/{what}"


def session_page(session: Session, what: str = "") -> str:
    return f"{GROUPS}sessions/{session.uuid}/{what}"


def filled_in(world: World, **more) -> dict:
    return {
        "service": str(group_service(world).uuid),
        "name": "Mornings",
        "about": "Skills and practice.",
        "listed": "on",
        "lead": str(world.alma.uuid),
        "others": [str(world.ben.uuid)],
        "medium": "video",
        "every": "1",
        "first": "2027-03-08",
        "at": "10:00",
        "entry": "closed",
        "capacity": "8",
        "entry_sessions": "2",
    } | more


# Made


def test_a_group_is_made_and_stands_in_the_list(world, desk):
    answer = desk.post(f"{GROUPS}new/", filled_in(world), follow=True)
    page = text_of(answer)
    assert "Mornings" in page and "Every Monday at 10:00 AM" in page
    assert Session.objects.filter(series__group__name="Mornings").count() == 13
    listed = text_of(desk.get(GROUPS))
    assert "Mornings" in listed and "Alma, Ben" in listed and "Running" in listed


def test_who_is_busy_is_said_first_and_the_date_left_out_if_that_is_meant(world, desk):
    TimeOff.objects.create(
        therapist=world.ben, first_day=date(2027, 3, 15), last_day=date(2027, 3, 15)
    )
    answer = desk.post(f"{GROUPS}new/", filled_in(world))
    assert answer.status_code == 409
    assert "Monday, March 15, 2027, 10:00 AM PDT (Los Angeles): day off" in text_of(answer)
    assert not Group.objects.exists()
    skip = str(at("2027-03-15", 10))
    assert f'value="{skip}"' in answer.content.decode()
    desk.post(f"{GROUPS}new/", filled_in(world, skip=skip))
    assert [one.state for one in dates(Group.objects.get())][:2] == ["scheduled", "cancelled"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": ""}, "Name"),
        ({"entry": "rolling"}, "A rolling group has modules."),
        (
            {"entry": "rolling", "module_sessions": "4", "cycle_sessions": "2"},
            "A cycle is one module or more.",
        ),
        ({"last": "2027-03-01"}, "The last date is before the first."),
        ({"first": "2027-02-31"}, "This date does not exist."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(world, desk, said, field):
    answer = desk.post(f"{GROUPS}new/", filled_in(world, **said))
    assert answer.status_code == 422 and field in text_of(answer)
    assert not Group.objects.exists()


def test_what_the_list_costs_however_many_groups_there_are(
    world, desk, group, django_assert_num_queries
):
    desk.get(GROUPS)
    with CaptureQueriesContext(connection) as one:
        desk.get(GROUPS)
    a_group(world, name="Evenings", pattern=Pattern(MONDAYS, LA, 17 * 60, date(2027, 3, 8)))
    a_group(world, name="Nights", pattern=Pattern(MONDAYS, LA, 20 * 60, date(2027, 3, 8)))
    with django_assert_num_queries(len(one)):
        page = text_of(desk.get(GROUPS))
    assert "Every Monday at 5:00 PM" in page and "Every Monday at 8:00 PM" in page


# Its page


def test_its_page_shows_dates_facilitators_and_members(world, desk, group):
    page = text_of(desk.get(page_of(group)))
    assert "Monday, March 8, 2027" in page and "2 seats taken" in page
    assert "Alma Lead" in page and "Nora Quill" in page and "Omar Quill" in page
    assert {row.subject_id for row in audited("group.view")} == {
        str(world.nora.pk),
        str(world.omar.pk),
    }


def test_the_office_reads_numbers_and_no_names(world, group):
    """AC4: an admin sees numbers; names stand on the pages of who treats or schedules."""
    page = text_of(at_work(world.ada).get(page_of(group)))
    assert "2 seats taken" in page and "Quill" not in page


def test_a_therapist_sees_the_groups_that_are_theirs(world, group):
    stranger = therapist(world.clinic, "Cleo")
    alma, other = at_work(world.alma.user), at_work(stranger.user)
    assert "Mornings" in text_of(alma.get(GROUPS))
    assert "Nora Quill" in text_of(alma.get(page_of(group)))
    assert "Mornings" not in text_of(other.get(GROUPS))
    assert other.get(page_of(group)).status_code == 404
    assert other.get(session_page(dates(group)[0])).status_code == 404


def test_a_patient_is_taken_in_and_leaves(world, desk, group):
    who = patient(world.clinic, "Petra")
    desk.post(page_of(group, "members/"), {"reference": who.reference.lower()})
    member = Member.objects.get(patient=who)
    assert len(seats(group, who)) == 13
    desk.post(f"{GROUPS}members/{member.uuid}/leave/", {"reason": "patient"})
    assert seats(group, who) == []
    answer = desk.post(page_of(group, "members/"), {"reference": "NOBODY22"})
    assert answer.status_code == 422 and "Nobody here has this reference." in text_of(answer)


def test_it_pauses_goes_on_and_ends(world, desk, group):
    assert desk.post(page_of(group, "pause/"), {"reason": ""}).status_code == 422
    desk.post(page_of(group, "pause/"), {"reason": "clinic"})
    assert "Paused" in text_of(desk.get(page_of(group)))
    desk.post(page_of(group, "resume/"), {"first": "2027-03-22"})
    assert seats(group, world.nora)[0].start == at("2027-03-22", 10)
    desk.post(page_of(group, "end/"), {"reason": "clinic"})
    group.refresh_from_db()
    assert group.state == "ended" and not Booking.objects.filter(live=True).exists()


def test_who_gives_it_changes_from_a_day_on(world, desk, group):
    cleo = therapist(world.clinic, "Cleo")
    said = {
        "leaving": str(world.alma.uuid),
        "coming": str(cleo.uuid),
        "from_day": "2027-03-22",
    }
    assert "Cleo" in text_of(desk.get(page_of(group, "facilitators/")))
    assert desk.post(page_of(group, "facilitators/"), {"from_day": "x"}).status_code == 422
    cleo.licences.update(valid_until=date(2027, 4, 1))
    answer = desk.post(page_of(group, "facilitators/"), said)
    assert answer.status_code == 409
    assert "Nora Quill" in text_of(answer) and "Omar Quill" in text_of(answer)
    cleo.licences.update(valid_until=date(2029, 4, 1))
    assert "Cleo" in text_of(desk.post(page_of(group, "facilitators/"), said, follow=True))
    assert dates(group)[2].occupancies.filter(profile=cleo).exists()


def test_another_weekday(world, desk, group):
    said = {
        "slot": dates(group)[2].slot,
        "every": "1",
        "first": "2027-03-23",
        "at": "14:00",
        "days": ["1"],
        "reason": "clinic",
    }
    assert "Another weekday or time" in text_of(desk.get(page_of(group, "times/")))
    desk.post(page_of(group, "times/"), said)
    assert seats(group, world.nora)[2].start == at("2027-03-23", 14)
    assert Series.objects.filter(group=group).count() == 2


def test_name_text_and_seats_change(world, desk, group):
    """GR1: members read the new name, and nothing of the seats."""
    page = text_of(desk.get(page_of(group)))
    assert "8 seats" in page and "Name, text and seats" in page
    form = desk.get(page_of(group, "change/")).content.decode()
    assert 'value="Mornings"' in form and 'name="entry"' not in form
    said = {"name": "Early birds", "about": "We breathe.", "capacity": "3", "listed": "on"}
    page = text_of(desk.post(page_of(group, "change/"), said, follow=True))
    assert "The group is changed." in page and "Early birds" in page and "3 seats" in page
    client = Client()
    client.force_login(world.nora.user)
    shown = text_of(client.get(f"/c/harbor/groups/{group.uuid}/"))
    assert "Early birds" in shown and "We breathe." in shown and " seat" not in shown
    assert not Event.objects.exclude(kind="booked").exists(), "nobody is told anything"
    desk.post(page_of(group, "change/"), said | {"listed": ""})
    assert Client().get(f"/c/harbor/groups/{group.uuid}/").status_code == 404


def test_no_seat_is_taken_away_that_somebody_has(world, desk, group):
    said = {"name": "Mornings", "capacity": "1"}
    answer = desk.post(page_of(group, "change/"), said)
    assert answer.status_code == 409
    page = text_of(answer)
    assert "More places than this are taken already." in page and "Nothing was changed." in page
    assert desk.post(page_of(group, "change/"), said | {"capacity": "0"}).status_code == 422
    assert at_work(world.alma.user).get(page_of(group, "change/")).status_code == 404
    group.refresh_from_db()
    assert group.capacity == 8


# A session


def test_one_date_is_cancelled_taken_back_and_moved(world, group):
    alma, second = at_work(world.alma.user), dates(group)[1]
    alma.post(session_page(second, "cancel/"), {"reason": "therapist_ill"})
    assert "Undo the cancellation" in text_of(alma.get(session_page(second)))
    alma.post(session_page(second, "undo/"))
    assert len(seats(group, world.nora)) == 13
    said = {"day": "2027-03-16", "at": "14:00", "reason": "clinic"}
    assert "It is on Monday, March 15" in text_of(alma.get(session_page(second, "move/")))
    alma.post(session_page(second, "move/"), said)
    second.refresh_from_db()
    assert second.start == at("2027-03-16", 14)


def test_members_who_are_busy_at_the_new_time_are_named_first(world, group):
    alma, second = at_work(world.alma.user), dates(group)[1]
    cleo = therapist(world.clinic, "Cleo")
    offer(cleo, world.cbt)
    book_at(world, "2027-03-16", 14, therapist=cleo, patient=world.omar)
    said = {"day": "2027-03-16", "at": "14:00", "reason": "clinic"}
    answer = alma.post(session_page(second, "move/"), said)
    assert answer.status_code == 409 and "Omar Quill" in text_of(answer)
    alma.post(session_page(second, "move/"), said | {"drop": "1"})
    assert len(seats(group, world.omar)) == 12


def test_the_roster_says_what_is_needed_to_run_the_session(world, group):
    world.nora.called = "Norie"
    world.nora.save()
    first, second = dates(group)[:2]
    Booking.objects.filter(session=first, patient=world.nora).update(attendance="attended")
    Booking.objects.filter(session=first, patient=world.omar).update(attendance="no_show")
    page = text_of(at_work(world.alma.user).get(session_page(second)))
    assert "Norie Quill came 1 time" in page
    assert "Omar Quill came 0 times, missed 1 in a row" in page
    assert {row.subject_id for row in audited("roster.view")} == {
        str(world.nora.pk),
        str(world.omar.pk),
    }


def test_who_came_in_one_screen_and_taken_back(world, group, clock):
    first = dates(group)[0]
    alma = later(clock, 7 * 86400 + 7200, Client(), world.alma.user)
    nora, omar = (seats(group, who)[0] for who in (world.nora, world.omar))
    page = alma.get(session_page(first)).content.decode()
    assert f'name="mark-{nora.uuid}"' in page and 'name="present"' in page
    said = {
        f"mark-{nora.uuid}": "attended",
        f"late-{nora.uuid}": "10",
        f"early-{nora.uuid}": "5",
        f"mark-{omar.uuid}": "excused",
        "present": "1",
    }
    alma.post(session_page(first, "attend/"), said)
    nora.refresh_from_db()
    omar.refresh_from_db()
    first.refresh_from_db()
    assert (nora.attendance, nora.late_by, nora.left_early_by) == ("attended", 10, 5)
    assert omar.attendance == "excused" and first.present == 1
    assert Event.objects.filter(kind="attendance").count() == 2
    alma.post(session_page(first, "attend/"), said)  # said twice
    assert Event.objects.filter(kind="attendance").count() == 2
    alma.post(session_page(first, "attend/"), {})
    nora.refresh_from_db()
    assert (nora.attendance, nora.late_by) == ("", None)


def test_nobody_came_before_the_start_and_minutes_are_numbers(world, group, clock):
    first = dates(group)[0]
    alma, seat = at_work(world.alma.user), seats(group, world.nora)[0]
    said = {f"mark-{seat.uuid}": "attended"}
    assert alma.post(session_page(first, "attend/"), said).status_code == 409
    alma = later(clock, 7 * 86400 + 7200, alma, world.alma.user)
    wrong = said | {f"late-{seat.uuid}": "soon"}
    assert alma.post(session_page(first, "attend/"), wrong).status_code == 422
    seat.refresh_from_db()
    assert seat.attendance == ""


def test_all_others_came_with_one_button(world, group, clock):
    first = dates(group)[0]
    alma = later(clock, 7 * 86400 + 7200, Client(), world.alma.user)
    nora, omar = (seats(group, who)[0] for who in (world.nora, world.omar))
    assert "Save, and all others came" in text_of(alma.get(session_page(first)))
    said = {f"mark-{nora.uuid}": "no_show", f"mark-{omar.uuid}": "", f"late-{omar.uuid}": "10"}
    alma.post(session_page(first, "attend/"), said | {"rest": "attended"})
    nora.refresh_from_db()
    omar.refresh_from_db()
    assert (nora.attendance, omar.attendance, omar.late_by) == ("no_show", "attended", 10)
    assert "all others came" not in text_of(alma.get(session_page(first)))


def test_one_wrong_figure_loses_none_of_the_other_marks(world, group, clock):
    first = dates(group)[0]
    alma = later(clock, 7 * 86400 + 7200, Client(), world.alma.user)
    nora, omar = (seats(group, who)[0] for who in (world.nora, world.omar))
    marks = {f"mark-{nora.uuid}": "attended", f"mark-{omar.uuid}": "no_show", "present": "2"}
    typed = {f"late-{nora.uuid}": "soon", f"early-{nora.uuid}": "15"}
    page = alma.post(session_page(first, "attend/"), marks | typed).content.decode()
    assert "Nothing was saved yet." in page
    for name, value in typed.items():
        assert f'name="{name}" value="{value}"' in page
    assert 'name="present" value="2"' in page
    assert page.count('<option value="attended" selected>') == 1
    assert page.count('<option value="no_show" selected>') == 1


def test_four_misses_in_a_row_are_a_notice_to_staff_and_nothing_more(world, group, clock):
    for number, one in enumerate(seats(group, world.omar)[:4]):
        mark = "no_show" if number else "excused"
        Booking.objects.filter(pk=one.pk).update(attendance=mark)
    alma = at_work(world.alma.user)
    assert "in a row" not in text_of(alma.get(f"{HOME}today/"))  # they are still to come
    before = Event.objects.count()
    alma = later(clock, 30 * 86400, alma, world.alma.user)
    said = "Omar Quill has missed 4 sessions in a row"
    assert said in text_of(alma.get(f"{HOME}today/"))
    assert said in text_of(alma.get(page_of(group)))
    assert "Nora Quill has missed" not in text_of(alma.get(page_of(group)))
    assert Event.objects.count() == before and Member.objects.filter(left_at=None).count() == 2


# The calendars


def test_one_line_in_the_calendar_of_each_who_gives_it(world, group):
    for who in (world.alma, world.ben):
        page = text_of(at_work(who.user).get(f"{HOME}today/", {"day": "2027-03-08"}))
        assert page.count("Group: Mornings, 2 members") == 1
        assert "Nora Quill" not in page
    week = text_of(at_work(world.alma.user).get(f"{HOME}week/", {"from": "2027-03-08"}))
    assert week.count("Group: Mornings, 2 members") == 1


def test_a_group_without_members_stands_in_the_calendar_too(world):
    a_group(world)
    page = text_of(at_work(world.alma.user).get(f"{HOME}today/", {"day": "2027-03-08"}))
    assert "Group: Mornings, 0 members" in page


def test_one_line_on_the_days_sheet_for_each_who_gives_it(world, desk, group):
    page = desk.get(DESK, {"day": "2027-03-08"})
    assert "1 session. Times" in text_of(page), "however many give it"
    assert text_of(page).count("Group: Mornings, 2 members") >= 2
    assert "Nora Quill" not in text_of(page)
    assert session_page(dates(group)[0]) in page.content.decode()


def test_the_session_of_a_group_leads_to_its_roster(world, group):
    first = dates(group)[0]
    answer = at_work(world.alma.user).get(f"{HOME}sessions/{first.uuid}/")
    assert answer.status_code == 302 and answer.url == session_page(first)


def test_the_room_is_pasted_once_for_all(world, group):
    platform(world)
    alma, first = at_work(world.alma.user), dates(group)[0]
    answer = alma.post(session_page(first, "room/"), {"url": "http://x"})
    assert answer.status_code == 422
    alma.post(session_page(first, "room/"), {"url": "https://meet.example/r/1"})
    first.room.refresh_from_db()
    assert first.room.state == "ready"


def test_a_member_on_whom_nobody_may_look_at_their_own_group_as_staff(world, group):
    """Staff who are also patients see their own seat as patients, and not on a roster (AC12)."""
    own = patient(world.clinic, "Dana2", user=world.dana)
    join(
        group=group.uuid,
        patient=own.pk,
        place="CA",
        zone=LA,
        actor=world.actor(world.dana),
        now=NOW,
    )
    desk = at_work(world.dana)
    assert "Dana2" not in text_of(desk.get(session_page(dates(group)[0])))
    assert "Dana2" not in text_of(desk.get(page_of(group)))


def test_an_absence_is_told_on_the_roster_and_is_no_lack_of_a_seat(world, desk, group):
    seat = seats(group, world.nora)[3]
    cancel(booking=seat.uuid, actor=world.actor(world.nora), now=NOW)
    page = text_of(desk.get(session_page(seat.session)))
    assert "Said that they cannot come: Nora Quill" in page
    assert "Members without a seat" not in text_of(desk.get(page_of(group)))


def test_a_member_without_a_seat_and_a_date_that_nobody_gives_are_shown(world, desk, group):
    gap = dates(group)[4]
    Occupancy.objects.filter(session=gap).delete()
    for rows in (Event, JoinLink, Room, Booking):
        rows.objects.filter(session=gap).delete()
    gap.delete()
    seat = seats(group, world.nora)[5]
    Event.objects.filter(booking=seat).delete()
    seat.delete()
    page = text_of(desk.get(page_of(group)))
    assert "Dates that nobody can give Monday, April 5, 2027" in page
    assert "Members without a seat Nora Quill: Monday, April 19, 2027" in page
