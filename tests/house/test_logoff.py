"""Who is away is signed out: 15 minutes for staff, 30 for patients, 12 hours for all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import Clinic, Membership, Role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.house.urls")]
STAFF, PATIENT = "dana", "nora"


@pytest.fixture
def enter(clock, sign_in):
    """`enter("dana")`: a client that has just opened its first page."""

    def entered(name: str) -> Client:
        person = get_user_model().objects.create_user(f"{name}@example.org", name=name)
        if name == STAFF:
            clinic = Clinic.objects.create(name="Harbor", slug="harbor", time_zone="UTC")
            Membership.objects.create(clinic=clinic, user=person, role=Role.DESK.value)
        client = sign_in(Client(), person)
        assert client.get("/page/").status_code == 200
        return client

    return entered


def is_in(client: Client) -> bool:
    return client.get("/page/").status_code == 200


@pytest.mark.parametrize(("name", "minutes"), [(STAFF, 15), (PATIENT, 30)])
def test_away_for_too_long(enter, clock, name: str, minutes: int):
    """SE1: in at one second before, out at one second after."""
    client = enter(name)
    clock.shift(timedelta(minutes=minutes, seconds=-1))
    assert is_in(client)
    clock.shift(timedelta(minutes=minutes, seconds=1))
    answer = client.get("/page/")
    assert answer.status_code == 302 and answer["Location"].startswith("/sign-in/")
    assert '"cache"' in answer["Clear-Site-Data"]


def test_the_old_cookie_opens_nothing(enter, clock):
    """SE1, SE3: the session is gone on the server."""
    client = enter(PATIENT)
    old = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    clock.shift(timedelta(minutes=31))
    assert not is_in(client)
    assert not Session.objects.filter(session_key=old).exists()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = old
    assert not is_in(client)


@pytest.mark.parametrize("name", [STAFF, PATIENT])
def test_twelve_hours_at_most(enter, clock, name: str):
    """SE1: also for somebody who never paused."""
    client = enter(name)
    for _ in range(12 * 6 - 1):
        clock.shift(timedelta(minutes=10))
        assert is_in(client)
    clock.shift(timedelta(minutes=10))
    assert not is_in(client)


@pytest.mark.parametrize(
    "path", ["/poll/", "/poll/?skip_timeout_reset=1", "/poll/?polling=0", "/nothing/here/"]
)
def test_a_page_that_asks_by_itself_keeps_nobody_in(enter, clock, path: str):
    """SE2: each minute for 16 minutes, and then out; nor does an unknown address count."""
    client = enter(STAFF)
    for _ in range(14):
        clock.shift(timedelta(minutes=1))
        client.get(path, headers={"X-Poll": "0"})
    clock.shift(timedelta(minutes=2))
    assert not is_in(client)


@pytest.mark.parametrize("how", [{"query": "?skip_timeout_reset=1"}, {"headers": {"X-Poll": "1"}}])
def test_no_parameter_skips_the_clock(enter, clock, how):
    """SE2 (CVE-2026-25476): a parameter or header neither prolongs nor skips."""
    client = enter(STAFF)
    clock.shift(timedelta(minutes=16))
    answer = client.get("/page/" + how.get("query", ""), headers=how.get("headers"))
    assert answer.status_code == 302


def test_work_writes_the_session_once_a_minute_at_most(enter, clock, django_assert_max_num_queries):
    """Two queries, for session and user; roles are looked up only without a second factor."""
    client = enter(STAFF)
    clock.shift(timedelta(seconds=50))
    with django_assert_max_num_queries(2):
        assert is_in(client)


def test_somebody_without_a_session_costs_no_query(client: Client, django_assert_num_queries):
    client.get("/public/")
    with django_assert_num_queries(0):
        assert client.get("/public/").status_code == 200


def test_a_role_given_meanwhile_counts_at_once(enter, clock):
    """SE1, AC6: roles are read at use."""
    client = enter(PATIENT)
    clinic = Clinic.objects.create(name="Cove", slug="cove", time_zone="UTC")
    nora = get_user_model().objects.get()
    Membership.objects.create(clinic=clinic, user=nora, role=Role.DESK.value)
    clock.shift(timedelta(minutes=16))
    assert not is_in(client)
