"""The admin's first page: this week in numbers, what needs a look, and no name."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from accounts.models import Membership
from scheduling.actions.weekly import choose
from scheduling.errors import NotFound
from scheduling.models import Booking, Session
from tests.attended import crowd, held, starts
from tests.enrolled import enrolled, program
from tests.groups import a_session, group, group_series
from tests.web.desk import OFFICE, at_work, audited
from tests.web.patient import text_of
from tests.world import LA, NOW, World, build

WEEKLY = f"{OFFICE}weekly-report/"


@pytest.fixture
def world(db, clock) -> World:
    return build()


@pytest.fixture
def office(world) -> Client:
    return at_work(world.ada)


def test_the_week_at_a_glance_leads_to_its_report(world, office) -> None:
    held(world.alma, world.cbt, starts(date(2027, 3, 1), 6), crowd(world.clinic, 6))
    response = office.get(OFFICE)
    page = text_of(response)
    assert "This week March 1, 2027 to March 7, 2027" in page
    assert "80:00 Offered 5:00 Booked 5:00 Delivered 6 % Utilization" in page
    assert "utilization/?period=week&amp;from=2027-03-01" in response.content.decode()
    assert office.get(f"{OFFICE}utilization/?period=week&from=2027-03-01").status_code == 200


def test_it_is_where_an_admin_comes_in(world, office) -> None:
    assert office.get("/")["Location"] == OFFICE


def test_licences_and_messages_stand_beside_it(world, office) -> None:
    page = office.get(OFFICE).content.decode()
    for part in ("licences", "messages", "staff", "utilization"):
        assert f'href="{OFFICE}{part}/' in page


def meeting(world: World, taken: int) -> None:
    """A group of twenty meets on Wednesday; so many have a seat."""
    series = group_series(group(world, capacity=20), rule="FREQ=WEEKLY;BYDAY=WE")
    session = a_session(series, "2027-03-03", world.alma)
    people = crowd(world.clinic, taken)
    Booking.objects.bulk_create(
        Booking(
            clinic=world.clinic,
            session=session,
            patient=who,
            start=session.start,
            end=session.end,
            seat=number + 1,
            state="booked",
            place="CA",
            zone=LA,
            created_at=NOW,
            booked_at=NOW,
        )
        for number, who in enumerate(people)
    )


def test_seats_that_are_open_this_week(world, office) -> None:
    assert "0 Open seats in groups" in text_of(office.get(OFFICE))
    meeting(world, 12)
    assert "8 Open seats in groups" in text_of(office.get(OFFICE))


def test_open_seats_are_places_and_always_shown(world, office) -> None:
    """PR5 is about people. The same admin reads on the group's page how many seats are taken."""
    meeting(world, 3)
    page = text_of(office.get(OFFICE))
    assert "17 Open seats in groups" in page and "places, not people" in page
    group = Session.objects.get().series.group
    assert "3 seats taken" in text_of(office.get(f"/c/harbor/desk/groups/{group.uuid}/"))


@pytest.mark.parametrize(("short", "fine", "told"), [(11, 11, "11"), (11, 3, "–"), (3, 11, "–")])
def test_how_many_are_short_of_hours_and_never_who(world, office, short, fine, told) -> None:
    """PR5, house rule: an admin sees numbers, of eleven and more."""
    asks = program(world)
    asks_nothing = program(world, "Aftercare", "aftercare", min_minutes=0)
    for number, who in enumerate(crowd(world.clinic, short + fine)):
        enrolled(asks if number < short else asks_nothing, who)
    page = text_of(office.get(OFFICE))
    assert f"{told} Short of hours" in page and " P1 " not in page


def test_nobody_else_reads_it(world) -> None:
    """AC1."""
    for person in (world.dana, world.pia, world.alma.user, world.nora.user):
        assert at_work(person).get(OFFICE).status_code == 404


def test_the_mail_of_the_week_is_asked_for_and_given_up(world, office) -> None:
    row = Membership.objects.get(user=world.ada, role="admin")
    assert "Send me the numbers of each week by mail" in text_of(office.get(OFFICE))
    page = text_of(office.post(WEEKLY, {"wanted": "yes"}, follow=True))
    row.refresh_from_db()
    assert row.weekly_report and "You get these numbers by mail" in page
    office.post(WEEKLY, {"wanted": "no"})
    row.refresh_from_db()
    assert not row.weekly_report
    assert [one.detail for one in audited("report.weekly")] == [{"wanted": True}, {"wanted": False}]


def test_it_is_asked_for_by_oneself_alone(world) -> None:
    """AC1: and by an admin."""
    assert at_work(world.dana).post(WEEKLY, {"wanted": "yes"}).status_code == 404
    with pytest.raises(NotFound):
        choose(wanted=True, actor=world.actor(world.dana), now=NOW)
    assert not Membership.objects.filter(weekly_report=True).exists()
