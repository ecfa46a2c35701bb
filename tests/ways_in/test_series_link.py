"""One link for a whole series: it leads to the session that is near (TK1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import AuditRow
from scheduling.actions.links import new_series_link
from scheduling.engine.interval import from_minute
from scheduling.models import Booking, JoinLink, Series, SeriesLink
from scheduling.queries import way_in
from tests.doors import sign_in
from tests.outbox.acts import cancelled, moved
from tests.outbox.serial import gives_up, group, joins, meetings, repeated, seat
from tests.ways_in.story import BIRTHDAY, contact_on_file, rows_of_everything
from tests.web.patient import text_of
from tests.world import NOW, World, at, build

pytestmark = pytest.mark.django_db
MINUTE, HOUR, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(weeks=1)


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def series(world) -> Series:
    return repeated(world)


def token(series: Series, **whose) -> str:
    return SeriesLink.objects.get(series=series, **whose).token


def opened(client: Client, series: Series, who) -> str:
    return text_of(client.get(f"/j/{token(series, patient=who)}/", follow=True))


def led_to(client: Client, series: Series, who) -> Booking:
    """The seat that the link leads to now."""
    client.get(f"/j/{token(series, patient=who)}/")
    row = AuditRow.objects.filter(action="link.open").latest("pk")
    return JoinLink.objects.get(uuid=row.object_id).booking


def test_it_leads_to_the_session_that_is_near(client, world, series, clock):
    """Until the way in of one has closed, then to the next."""
    first, second = seat(series, 0), seat(series, 1)
    for moment, near in (
        (first.starts_at - WEEK, first),
        (first.starts_at - 5 * MINUTE, first),
        (first.ends_at + 29 * MINUTE, first),
        (first.ends_at + 31 * MINUTE, second),
        (second.starts_at, second),
    ):
        clock.move_to(moment)
        assert led_to(client, series, world.nora) == near


def test_the_page_says_which_date_it_is_and_what_comes_next(client, world, series, clock):
    clock.move_to(seat(series, 0).starts_at - HOUR)
    page = opened(client, series, world.nora)
    assert "Monday, March 8, 2027, 3:00 PM to 3:50 PM PST (Los Angeles)" in page
    assert "The next one after it: Monday, March 15, 2027, 3:00 PM to 3:50 PM PDT" in page
    clock.move_to(seat(series, 0).ends_at + HOUR)
    assert "The next one: Monday, March 15, 2027" in text_of(client.get("/join/"))
    clock.move_to(seat(series, 11).starts_at - HOUR)
    assert "The next one" not in opened(client, series, world.nora)


def test_a_cancelled_date_is_passed_over_and_a_moved_one_found(client, world, series, clock):
    cancelled(world, seat(series, 0))
    moved(world, seat(series, 1), at("2027-03-09", 10))
    clock.move_to(from_minute(at("2027-03-08", 15)))
    assert led_to(client, series, world.nora) == seat(series, 1)
    clock.move_to(from_minute(at("2027-03-09", 9)))
    assert "10:00 AM to 10:50 AM" in opened(client, series, world.nora)


def test_it_opens_nothing_that_the_sessions_own_does_not(client, world, series, clock):
    """TK1: the same gates: who, where, and then in."""
    clock.move_to(seat(series, 0).starts_at)
    assert "Is it you?" in opened(client, series, world.nora)
    assert client.post("/join/identify/", BIRTHDAY).status_code == 303
    assert "Check in" in text_of(client.get("/join/"))


def test_behind_the_last_one_it_says_so_for_a_day(client, world, series, clock):
    last = seat(series, 11)
    clock.move_to(last.ends_at + HOUR)
    assert "This appointment is over" in opened(client, series, world.nora)
    clock.move_to(last.ends_at + way_in.REMEMBERED + HOUR)
    assert client.get(f"/j/{token(series, patient=world.nora)}/").status_code == 404


@pytest.mark.parametrize("why", ["unknown", "revoked", "ended", "inactive", "clinic"])
def test_all_that_do_not_work_are_one_page(client, world, series, clock, why):
    """TK10: byte for byte."""
    link = SeriesLink.objects.get(series=series, patient=world.nora)
    path = f"/j/{link.token}/"
    if why == "unknown":
        path = "/j/nonsense/"
    if why == "revoked":
        SeriesLink.objects.filter(pk=link.pk).update(revoked_at=link.created_at)
    if why == "ended":
        for one in Booking.objects.filter(session__series=series):
            cancelled(world, one)
    if why == "inactive":
        type(world.nora).objects.filter(pk=world.nora.pk).update(active=False)
    if why == "clinic":
        type(world.clinic).objects.filter(pk=world.clinic.pk).update(active=False)
    answer, unknown = client.get(path), client.get("/j/other/")
    assert answer.status_code == 404 and answer.content == unknown.content
    assert not answer.cookies


def test_a_fetch_changes_nothing(client, world, series, clock):
    """BR1: whoever opens it first, a person or a machine."""
    before = rows_of_everything()
    client.get(f"/j/{token(series, patient=world.nora)}/")
    assert rows_of_everything() == before


def test_a_therapists_leads_to_the_sign_in_and_then_to_the_session(client, world, series, clock):
    clock.move_to(seat(series, 1).starts_at - 5 * MINUTE)
    contact_on_file(seat(series, 1))
    path = f"/j/{token(series, therapist=world.alma.user)}/"
    assert client.get(path, follow=True).redirect_chain[-1][0].startswith("/sign-in/")
    sign_in(client, world.alma.user)
    where = client.get(path, follow=True).redirect_chain[-1][0]
    assert where == f"/c/harbor/sessions/{seat(series, 1).session.uuid}/enter/"


def test_members_of_a_group_come_each_to_their_own_seat(client, world, clock):
    """GR1: one gave up a date; the other's link leads there as before."""
    series = group(world)
    sessions = meetings(series, 3)
    mine, _theirs = joins(series, world.nora, sessions), joins(series, world.omar, sessions)
    for who in (world.nora, world.omar):
        new_series_link(series, NOW, patient=who).save()
    gives_up(mine[0])
    clock.move_to(mine[0].starts_at - HOUR)
    assert led_to(client, series, world.nora) == mine[1]
    assert led_to(client, series, world.omar).session == sessions[0]
