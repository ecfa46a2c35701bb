"""Find a group, read what to expect, join it; one's own place, one date, leaving."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditRow, Consent, ConsentForm
from scheduling.actions.book import book
from scheduling.engine.recurrence import weekly
from scheduling.models import Booking, Event, Group, Member
from scheduling.queries.repeat import Pattern
from tests.groups import comes_in, founded
from tests.web.patient import HOME, booked, text_of
from tests.web.visitor import Visitor
from tests.world import LA, NOW, NY, World, at, licence, offer, patient, therapist

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
GROUPS = HOME + "groups/"
FIRST = "Tuesday, March 9, 2027, 4:00 PM PST (Los Angeles)"


@pytest.fixture
def group(world: World) -> Group:
    return founded(world)


@pytest.fixture
def somebody() -> Visitor:
    return Visitor(Client())


@pytest.fixture
def nora(world: World) -> Visitor:
    client = Client()
    client.force_login(world.nora.user)
    return Visitor(client)


def seats(who) -> list[Booking]:
    return list(Booking.objects.filter(patient=who, live=True).order_by("start"))


# Find


def test_whoever_comes_finds_groups_and_what_they_are(world, group, somebody: Visitor):
    page = somebody.goes(HOME).follows("Or find a group.")
    assert (
        "Evenings Open Every Tuesday at 4:00 PM PST (Los Angeles) DBT skills, 90 minutes, Video "
        "with Alma and Ben We practise one skill each time. You would begin on " + FIRST
    ) in page.reads
    page.follows("Evenings")
    assert "What to expect We practise one skill each time." in page.reads
    assert "For people in California" in page.reads
    assert "Everybody begins together." in page.reads
    assert "Tuesday, March 16, 2027, 4:00 PM to 5:30 PM PDT (Los Angeles)" in page.reads
    page.follows("All groups")
    assert page.at == GROUPS


def test_the_filters_stand_in_the_address(world, group, somebody: Visitor):
    founded(
        world, name="Doors open", entry="open", medium="telephone",
        facilitators=[world.ben.uuid], pattern=thursdays(),
    )  # fmt: skip
    for query, names in {
        "": {"Evenings", "Doors open"},
        "entry=open": {"Doors open"},
        "entry=closed": {"Evenings"},
        "entry=rolling": set(),
        "medium=telephone": {"Doors open"},
        "day=1": {"Evenings"},
        "day=3": {"Doors open"},
        "day=5": set(),
        "part=morning": {"Doors open"},
        "part=afternoon": {"Evenings"},
        "modality=dbt": {"Evenings", "Doors open"},
        "modality=cbt": None,
        "place=NY": {"Doors open"},
        "place=TX": set(),
        "place=CA&day=1&part=afternoon&entry=closed&medium=video": {"Evenings"},
    }.items():
        page = somebody.goes(f"{GROUPS}?{query}")
        found = {name for name in ("Evenings", "Doors open") if name in page.reads}
        assert found == (names or set()), query
        assert page.response.status_code == (422 if names is None else 200), query


def thursdays(hour: int = 11):
    return Pattern(weekly((3,)), NY, hour * 60, date(2027, 3, 11))


def test_where_nothing_fits_the_page_says_what_else_there_is(world, group, somebody: Visitor):
    page = somebody.goes(f"{GROUPS}?place=TX&day=1")
    assert "No group for people in Texas" in page.reads
    page.follows("California")
    assert page.at == f"{GROUPS}?place=CA&day=1" and "Evenings" in page.reads
    page.goes(f"{GROUPS}?place=CA&day=6")
    assert "No group fits all of this" in page.reads
    page.follows("Show all groups")
    assert "Evenings" in page.reads


def test_a_clinic_without_groups_says_so_and_its_home_leads_nowhere(world, somebody: Visitor):
    assert "Or find a group." not in somebody.goes(HOME).reads
    assert "No group at present" in somebody.goes(GROUPS).reads


@pytest.mark.parametrize("change", [{"listed": False}, {"state": "ended"}])
def test_what_is_not_listed_is_not_found(world, group, somebody: Visitor, change):
    Group.objects.update(**change)
    assert "Evenings" not in somebody.goes(GROUPS).reads
    assert somebody.goes(f"{GROUPS}{group.uuid}/").response.status_code == 404
    assert "Or find a group." not in somebody.goes(HOME).reads


def test_the_state_of_a_patient_is_looked_at_first(world, group, nora: Visitor):
    world.nora.state = "NY"
    world.nora.save()
    assert "No group for people in New York" in nora.goes(GROUPS).reads
    assert "Evenings" in nora.goes(f"{GROUPS}?place=").reads


# One word


def full(world: World, group: Group) -> None:
    Group.objects.filter(pk=group.pk).update(capacity=1)
    group.refresh_from_db()
    comes_in(world, group, world.omar)


def test_open_waiting_list_or_closed_and_nothing_more(world, group, somebody: Visitor):
    """GR1."""
    page = somebody.goes(f"{GROUPS}{group.uuid}/")
    assert "Evenings Open DBT skills" in page.reads
    full(world, group)
    page.goes(f"{GROUPS}{group.uuid}/")
    assert "Evenings Waiting list DBT skills" in page.reads and "Join this group" not in page.reads
    assert "Omar" not in page.reads
    Group.objects.update(state="paused")
    page.goes(f"{GROUPS}{group.uuid}/")
    assert "Evenings Closed DBT skills" in page.reads and "The group pauses" in page.reads


def test_no_number_stands_on_any_page(world, group, somebody: Visitor, nora: Visitor):
    """GR1: however many are in it."""
    before = [somebody.goes(GROUPS).reads, somebody.goes(f"{GROUPS}{group.uuid}/").reads]
    for name in ("Ida", "Uma", "Eve"):
        comes_in(world, group, patient(world.clinic, name))
    after = [somebody.goes(GROUPS).reads, somebody.goes(f"{GROUPS}{group.uuid}/").reads]
    assert after == before


# Join


def test_join_a_closed_group(world, group, nora: Visitor):
    page = nora.goes(f"{GROUPS}{group.uuid}/").follows("Join this group")
    assert "Check your place" in page.reads and "Your first date Tuesday, March 9" in page.reads
    assert page.fields("Join this group")["place"] == "CA"
    page.presses("Join this group")
    assert "You have a place in this group." in page.reads
    assert len(seats(world.nora)) == 12 and Member.objects.get().patient == world.nora
    assert "You are in it" in page.goes(f"{GROUPS}{group.uuid}/").reads
    assert "You are in it" in page.goes(GROUPS).reads
    page.goes(f"{GROUPS}{group.uuid}/join/")
    assert page.at == f"{GROUPS}{group.uuid}/"


def test_who_is_not_signed_in_is_led_to_the_door_and_back(world, group, somebody: Visitor):
    page = somebody.goes(f"{GROUPS}{group.uuid}/").follows("Join this group")
    door, _, onward = unquote(page.at).partition("?next=")
    assert door == "/c/harbor/sign-in/"
    assert onward == f"{GROUPS}{group.uuid}/join/?start={at('2027-03-09', 16)}"


def test_only_a_post_joins(world, group, nora: Visitor):
    """BR1."""
    nora.client.get(f"{GROUPS}{group.uuid}/join/")
    nora.client.head(f"{GROUPS}{group.uuid}/join/")
    assert not Member.objects.exists() and not seats(world.nora)


def test_what_is_missing_is_asked_for_and_signed(world, group, nora: Visitor):
    """TH3: telehealth, and confidentiality in groups, where the clinic has such a form."""
    ConsentForm.objects.create(clinic=world.clinic, form="group", version=1, text="What is said.")
    Consent.objects.filter(patient=world.nora).delete()
    page = nora.goes(f"{GROUPS}{group.uuid}/join/")
    assert "What is said." in page.reads and "About telehealth." in page.reads
    page.presses("Join this group", telehealth="on")
    assert page.response.status_code == 422 and not Member.objects.exists()
    assert "Please read and accept the confidentiality in groups first." in page.reads
    page.presses("Join this group", telehealth="on", group="on")
    assert "You have a place in this group." in page.reads
    signed = Consent.objects.filter(patient=world.nora).values_list("form", flat=True)
    assert sorted(signed) == ["group", "telehealth"]


def test_a_form_for_groups_is_not_asked_for_a_session_of_ones_own(world, nora: Visitor):
    ConsentForm.objects.create(clinic=world.clinic, form="group", version=1, text="What is said.")
    assert booked(nora.client, world)


def test_not_licensed_there(world, group, nora: Visitor):
    """TH2: not_licensed; and licence_lapses, where it ends before the last date."""
    page = nora.goes(f"{GROUPS}{group.uuid}/join/").presses("Join this group", place="TX")
    assert page.response.status_code == 409
    assert "This therapist may not treat you in the state where you will be." in page.reads
    licence(world.alma, "TX", until=date(2027, 4, 1))
    page.goes(f"{GROUPS}{group.uuid}/join/").presses("Join this group", place="TX")
    assert "This therapist's licence for your state ends before this date." in page.reads
    assert "Tuesday, April 6, 2027" in page.reads
    assert not Member.objects.exists()


def test_patient_busy_names_ones_own_dates(world, group, nora: Visitor):
    page = nora.goes(f"{GROUPS}{group.uuid}/join/")
    busy(world, world.nora)
    page.presses("Join this group")
    assert page.response.status_code == 409
    assert "You have another appointment at this time. " + FIRST in page.reads


def busy(world: World, who) -> None:
    """The patient sits elsewhere at the first date."""
    cleo = therapist(world.clinic, "Cleo")
    offer(cleo, world.cbt)
    book(
        service=world.cbt.uuid, therapist=cleo.uuid, start=at("2027-03-09", 16), medium="video",
        place="CA", zone=LA, patient=who.pk, actor=world.actor(world.dana), now=NOW,
    )  # fmt: skip


def test_group_full_while_one_was_reading(world, group, nora: Visitor):
    """GR1: what is said names nobody and no number."""
    page = nora.goes(f"{GROUPS}{group.uuid}/join/")
    full(world, group)
    page.presses("Join this group")
    assert page.response.status_code == 409
    assert "No place is open in this group at present." in page.reads
    assert "Waiting list" in page.reads and not Member.objects.filter(patient=world.nora).exists()


def test_group_closed_while_one_was_reading(world, group, nora: Visitor):
    page = nora.goes(f"{GROUPS}{group.uuid}/join/")
    Group.objects.update(state="paused")
    page.presses("Join this group")
    assert page.response.status_code == 409
    assert "This group cannot be joined at present." in page.reads


def test_member_already_pressed_twice(world, group, nora: Visitor):
    page = nora.goes(f"{GROUPS}{group.uuid}/join/")
    comes_in(world, group, world.nora)
    page.presses("Join this group")
    assert page.response.status_code == 409
    assert "This place in the group is yours already." in page.reads
    assert Member.objects.count() == 1


def test_a_rolling_group_is_joined_at_its_next_module(world, nora: Visitor):
    group = founded(world, entry="rolling")
    page = nora.goes(f"{GROUPS}{group.uuid}/")
    assert "New members come in at certain dates." in page.reads
    page.follows("Join this group")
    assert "Until Tuesday, April 27, 2027, 4:00 PM PDT (Los Angeles)" in page.reads
    page.presses("Join this group")
    assert len(seats(world.nora)) == 8


def test_a_seat_in_an_open_group_is_taken_date_by_date(world, nora: Visitor):
    group = founded(world, entry="open")
    page = nora.goes(f"{GROUPS}{group.uuid}/")
    assert "Come when you like" in page.reads and "Join this group" not in page.reads
    page.follows("Take a place: Tuesday, March 16, 2027, 4:00 PM to 5:30 PM PDT (Los Angeles)")
    page.presses("Take this place")
    assert "Your session is booked" in page.reads and "Group Evenings" in page.reads
    assert [one.start for one in seats(world.nora)] == [at("2027-03-16", 16)]
    assert page.goes(f"{GROUPS}{group.uuid}/").reads.count("Booked") == 1


def test_a_start_that_is_none(world, nora: Visitor):
    group = founded(world, entry="open")
    for start in ("1", "x", "99999999999"):
        page = nora.goes(f"{GROUPS}{group.uuid}/join/?start={start}")
        assert page.at.startswith(GROUPS)
    assert not seats(world.nora)


def test_wait_for_a_place_where_there_is_none(world, group, nora: Visitor):
    full(world, group)
    page = nora.goes(f"{GROUPS}{group.uuid}/").follows("Wait for a place")
    page.presses("Put me on the waiting list")
    assert "You are on the waiting list." in page.reads
    page.goes(f"{GROUPS}{group.uuid}/").follows("You wait for a place")
    assert page.at == f"{HOME}my/waiting/" and "Evenings" in page.reads


# My groups


@pytest.fixture
def member(world: World, group: Group) -> Member:
    comes_in(world, group, world.nora)
    return Member.objects.get()


def test_my_sessions_show_the_dates_and_the_group(world, member, nora: Visitor):
    page = nora.goes(HOME + "my/")
    assert (
        "Tuesday, March 9, 2027, 4:00 PM to 5:30 PM PST (Los Angeles) Evenings "
        "Video with Alma and Ben" in page.reads
    )
    assert "My groups Evenings All your dates, and leaving : Evenings" in page.reads
    assert "Move" not in page.reads and "Cancel : Tuesday, March 9" in page.reads
    assert page.reads.count("Details :") == 8, "the next ones whole"
    assert page.reads.count("(Los Angeles) Evenings") == 12, "and every other as a line"
    page.follows("All your dates, and leaving: Evenings")
    assert "Every Tuesday at 4:00 PM PST (Los Angeles)" in page.reads
    assert page.reads.count("I cannot come") == 12


def test_one_date_is_given_up_and_taken_back(world, member, nora: Visitor):
    """BL4: the place stays, and so does everybody else's."""
    comes_in(world, member.group, world.omar)
    first = seats(world.nora)[0]
    page = nora.goes(f"{HOME}my/groups/{member.uuid}/")
    page.goes(f"{HOME}my/{first.uuid}/cancel/")
    assert "your place in the group stays yours." in page.reads and "Move" not in page.reads
    page.presses("Cancel this session")
    assert "This session is cancelled" in page.reads and "as long as a place is open" in page.reads
    assert len(seats(world.nora)) == 11 and len(seats(world.omar)) == 12
    assert "Book this again" not in page.reads and "Your place in this group" in page.reads
    page.presses("Keep my session after all")
    assert len(seats(world.nora)) == 12
    assert Event.objects.filter(booking__patient=world.omar).exclude(kind="booked").count() == 0


def test_a_seat_is_not_moved(world, member, nora: Visitor):
    first = seats(world.nora)[0]
    page = nora.goes(f"{HOME}my/{first.uuid}/")
    assert "Move to another time" not in page.reads and "Repeat it" not in page.reads
    assert nora.goes(f"{HOME}my/{first.uuid}/move/").at == f"{HOME}my/{first.uuid}/"


def test_leave(world, member, nora: Visitor):
    """BL4."""
    comes_in(world, member.group, world.omar)
    page = nora.goes(f"{HOME}my/groups/{member.uuid}/").follows("Leave the group")
    assert "Leave this group?" in page.reads and page.reads.count("4:00 PM to 5:30 PM") == 12
    assert len(seats(world.nora)) == 12
    page.presses("Leave the group")
    assert "You have left the group." in page.reads and "My groups" not in page.reads
    assert not seats(world.nora) and len(seats(world.omar)) == 12
    page.goes(f"{HOME}my/groups/{member.uuid}/")
    assert "You have left this group." in page.reads and "Leave the group" not in page.reads


def test_a_late_one_is_said_before_one_leaves(world, member, nora: Visitor, clock):
    leaving = f"{HOME}my/groups/{member.uuid}/leave/"
    assert "late cancellation" not in nora.goes(leaving).reads
    first = seats(world.nora)[0]
    clock.move_to(first.starts_at - timedelta(hours=6))
    nora.client.force_login(world.nora.user)
    assert "One of them would be a late cancellation" in nora.goes(leaving).reads
    nora.presses("Leave the group")
    first.refresh_from_db()
    assert first.late


def test_what_is_too_near_stays_and_the_page_says_so(world, member, nora: Visitor, clock):
    first = seats(world.nora)[0]
    world.clinic.change_notice = 24 * 60
    world.clinic.save()
    clock.move_to(first.starts_at - timedelta(hours=6))
    nora.client.force_login(world.nora.user)
    page = nora.goes(f"{HOME}my/groups/{member.uuid}/leave/")
    assert "Too late to change online" in page.reads
    page.presses("Leave the group")
    assert [one.pk for one in seats(world.nora)] == [first.pk]


def test_a_place_is_its_owners_alone(world, member, group):
    """AC2: not another member's, not the facilitator's here, not the desk's."""
    comes_in(world, group, world.omar)
    for who in (world.omar.user, world.alma.user, world.dana, world.mallory):
        client = Client()
        client.force_login(who)
        for path in ("", "leave/"):
            answer = client.get(f"{HOME}my/groups/{member.uuid}/{path}")
            assert answer.status_code in (302, 404), text_of(answer)


def test_looks_are_recorded(world, member, group, nora: Visitor):
    """LG1."""
    for path in (f"{HOME}my/groups/{member.uuid}/", f"{GROUPS}{group.uuid}/"):
        before = AuditRow.objects.count()
        nora.goes(path)
        row = AuditRow.objects.order_by("-pk")[0]
        assert AuditRow.objects.count() == before + 1 and row.subject_id == str(world.nora.pk)


def test_what_the_list_costs_however_many_groups_there_are(world, group, django_assert_num_queries):
    """Nor does it matter how many are in one."""
    client = Client()
    client.get(GROUPS)
    with CaptureQueriesContext(connection) as one:
        client.get(GROUPS)
    for name in ("Ida", "Uma", "Eve"):
        comes_in(world, group, patient(world.clinic, name))
    with django_assert_num_queries(len(one)):
        client.get(GROUPS)
    founded(world, name="Doors open", entry="open", pattern=thursdays())
    founded(world, name="In turns", entry="rolling", pattern=thursdays(19))
    founded(world, name="Later", pattern=thursdays(21))
    with django_assert_num_queries(len(one)):
        page = text_of(client.get(GROUPS))
    assert all(name in page for name in ("Evenings", "Doors open", "In turns", "Later"))
