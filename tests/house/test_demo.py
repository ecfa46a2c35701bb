"""The demo clinic: believable, safe to repeat, and it tops up what a later day is missing."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from io import StringIO
from itertools import takewhile

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db.models import F, QuerySet

from accounts.models import Clinic, Consent, Licence, Membership, Patient, Therapist, User
from accounts.policy import actor_for
from scheduling.management.demo import clinic as demo
from scheduling.management.demo import groups
from scheduling.models import (
    Booking,
    Enrollment,
    Event,
    Group,
    Kind,
    Member,
    Occupancy,
    Series,
    Service,
    Session,
    Waiting,
    WaitOffer,
)
from tests.world import NOW

pytestmark = pytest.mark.django_db
PEOPLE = 14


@pytest.fixture
def small(settings, monkeypatch, clock):
    """The demo with a few of its patients, and few in each group: the same story, sooner told."""
    settings.DEMO = True
    monkeypatch.setattr(demo, "PATIENTS", PEOPLE)
    fewer = [one._replace(joins=one.joins[:4]) for one in groups.GROUPS]
    monkeypatch.setattr(groups, "GROUPS", fewer)
    return clock


def load() -> str:
    said = StringIO()
    call_command("loaddemo", stdout=said)
    return said.getvalue()


def test_outside_the_demo_it_is_refused():
    with pytest.raises(CommandError):
        call_command("loaddemo")
    assert not Clinic.objects.exists()


def test_a_clinic_that_has_lived_for_eight_weeks(small):
    """Loaded, loaded again, and loaded a week later: one story, as the loading takes its time."""
    said = load()
    assert_deep_enough(said)
    assert_lived_through()
    assert_series_and_groups()
    assert_programs()
    assert_a_line()
    assert_somebody_exports()

    before = Booking.objects.count()
    load()
    assert Booking.objects.count() == before

    small.shift(timedelta(days=7))
    load()
    assert Booking.objects.count() > before
    assert not unmarked(NOW + timedelta(days=7)).exists()
    assert WaitOffer.objects.count() == 1 and Group.objects.count() == 7


def assert_somebody_exports() -> None:
    """With a second factor, whose code the demo's page shows; some patients have consented."""
    who = Membership.objects.get(role="export").user
    assert Authenticator.objects.filter(user=who, type="totp").exists()
    assert 1 < Consent.objects.filter(form="disclosure").count() < PEOPLE


def test_a_cohort_whose_run_is_over_is_followed_by_another(small, monkeypatch):
    """Twelve evenings, five of them past; two months later others sit there."""
    evenings = [one for one in groups.GROUPS if one.weeks]
    monkeypatch.setattr(groups, "GROUPS", evenings)
    monkeypatch.setattr(groups, "step_down", lambda *_: None)  # of the programs' groups
    clinic = demo.make_clinic(NOW.date())
    desk = actor_for(User.objects.get(email="desk@example.org"), clinic, today=NOW.date())
    groups.live_in_groups(clinic, desk, NOW)
    for weeks in (8, 8):
        now = NOW + timedelta(weeks=weeks)
        small.move_to(now)
        groups.live_in_groups(clinic, desk, now)
    first, second = Group.objects.order_by("pk")
    assert first.name == second.name
    assert Session.objects.filter(series__group=second, start__gt=now.timestamp() // 60).exists()
    assert Member.objects.filter(group=second).exists()


def assert_deep_enough(said: str) -> None:
    assert Therapist.objects.count() == 12
    assert set(Licence.objects.values_list("state", flat=True)) == {"CA", "OR", "NV"}
    assert Licence.objects.filter(valid_until__lt=NOW.date() + timedelta(days=30)).count() == 1
    assert len(set(Therapist.objects.values_list("time_zone", flat=True))) == 4
    assert set(Service.objects.values_list("modality__code", flat=True)) >= {"cbt", "dbt", "rebt"}
    assert {s.minutes for s in Service.objects.all()} >= {25, 50, 60}
    assert Patient.objects.count() == PEOPLE
    # Twelve weeks of weekly sessions, but for some weeks off.
    assert Booking.objects.count() > PEOPLE * 12 * 0.85
    for login in ("patient@", "therapist@", "desk@", "admin@"):
        assert login in said


def assert_lived_through() -> None:
    now = int(NOW.timestamp()) // 60
    past = Booking.objects.filter(end__lt=now - 1440)
    fates = Counter(past.values_list("state", "attendance"))
    assert not unmarked(NOW).exists()
    assert fates["booked", "attended"] > fates["booked", "no_show"] > 0
    assert past.filter(state="cancelled").exists()
    assert Booking.objects.filter(start__gt=now, state="booked").count() > PEOPLE * 3
    # By the public actions: each booking has its history, with the `now` of its day.
    told = Event.objects.filter(kind="booked", booking__isnull=False)
    assert told.count() == Booking.objects.exclude(booked_at=None).count()
    assert not Event.objects.filter(at__gt=NOW).exists()
    # Nobody is told today of what happened weeks ago.
    late = Event.objects.filter(planned_at__isnull=True, at__lt=NOW - timedelta(days=1))
    assert not late.exists()


def assert_series_and_groups() -> None:
    now = int(NOW.timestamp()) // 60
    weekly = Series.objects.filter(patient__isnull=False, sessions__start__gt=now).distinct()
    assert weekly.count() >= 2
    groups = {one.name: one for one in Group.objects.all()}
    assert {one.entry for one in groups.values()} == {"closed", "rolling", "open"}
    assert not Service.objects.filter(groups__isnull=False).exclude(kind=Kind.GROUP).exists()
    for one in groups.values():
        coming = Session.objects.filter(series__group=one, start__gt=now)
        assert coming.filter(bookings__state="booked").exists()
        assert Booking.objects.filter(session__series__group=one, attendance="attended").exists()
        if one.entry != "open":
            assert Member.objects.filter(group=one, left_at=None).count() >= 2
    # Three mornings a week; two who lead the skills group; one date off, one moved.
    block = Session.objects.filter(series__group=groups["Morning block"], start__gt=now)
    assert {one.starts_at.weekday() for one in block} == {0, 2, 4}
    skills = Session.objects.filter(series__group=groups["DBT skills"])
    assert Occupancy.objects.filter(session__in=skills).count() == 2 * skills.count()
    assert skills.filter(state="cancelled").count() == 1
    evenings = Session.objects.filter(series__group=groups["CBT for anxiety"])
    assert evenings.exclude(start=F("slot")).count() == 1 and evenings.count() == 12
    assert misses_in_a_row(evenings, now) >= 4


def assert_programs() -> None:
    """People of both programs on their way, and one who goes from the higher to the lower."""
    now = int(NOW.timestamp()) // 60
    rows = Enrollment.objects.filter(live=True, start__lte=now, end__gt=now)
    assert set(rows.values_list("program__level__code", flat=True)) == {"iop", "php"}
    [after] = Enrollment.objects.filter(follows__isnull=False)
    assert after.follows is not None and after.start > now
    ranks = after.follows.program.level.rank, after.program.level.rank
    assert ranks[0] > ranks[1]
    for row in rows:
        seats = Booking.objects.filter(patient=row.patient, start__gte=row.start, state="booked")
        kinds = set(seats.values_list("session__service__kind", flat=True))
        assert kinds == {"group", "individual"}


def misses_in_a_row(sessions: QuerySet[Session], now: int) -> int:
    """The most that one member has missed up to now."""
    past = Booking.objects.filter(session__in=sessions, end__lt=now - 1440, state="booked")
    marks: dict[int | None, list[str]] = {}
    for who, mark in past.order_by("-start").values_list("patient_id", "attendance"):
        marks.setdefault(who, []).append(mark)
    return max(len(list(takewhile("no_show".__eq__, some))) for some in marks.values())


def assert_a_line() -> None:
    assert Waiting.objects.filter(state="waiting").count() > 2
    assert Waiting.objects.filter(priority__gt=0).exclude(priority_reason="").exists()
    offer = WaitOffer.objects.get()
    assert offer.state == "open" and offer.booking.state == "held" and offer.until > NOW


def unmarked(now: datetime) -> QuerySet[Booking]:
    """Sessions that are over and of which nobody has said who came."""
    over = int(now.timestamp()) // 60 - 1440
    return Booking.objects.filter(state="booked", attendance="", end__lt=over)
