"""What could make up for missing hours: what may really be booked, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Consent, ConsentForm, Licence
from scheduling.engine.recurrence import weekly
from scheduling.models import Enrollment
from scheduling.queries import ledger
from scheduling.queries.make_up import make_ups
from scheduling.queries.repeat import Pattern
from tests.enrolled import MONDAY, enrolled, program, seat
from tests.groups import comes_in, founded
from tests.web.therapist import cover
from tests.world import LA, NOW, at, build

pytestmark = pytest.mark.django_db
FRIDAY_4_PM = NOW + timedelta(days=4, hours=7)


@pytest.fixture
def world():
    world = build()
    enrolled(program(world), world.nora)
    seat(world, world.nora, "2027-02-24", minutes=50)
    return world


def found(world, who=None, now=NOW):
    (kept,) = ledger.ledgers(Enrollment.objects.all(), now)
    return make_ups(world.actor(who or world.dana), kept, now)


def starts(world, who=None, now=NOW) -> list[int]:
    return [one.start for one in found(world, who, now)]


def thursdays(world, **more):
    """A drop-in group of Alma's, Thursdays at ten."""
    pattern = Pattern(weekly((3,)), LA, 600, MONDAY)
    said = {"entry": "open", "entry_sessions": None, "facilitators": [world.alma.uuid]} | more
    return founded(world, pattern=pattern, **said)


def test_a_time_of_each_part_of_the_days_left_with_who_treats_the_patient(world) -> None:
    some = found(world)
    assert [one.start for one in some] == [
        at("2027-03-01", 11), at("2027-03-01", 12),
        *(at(MONDAY + timedelta(days=n), hour) for n in range(1, 5) for hour in (9, 12)),
    ]  # fmt: skip
    assert {(one.therapist, one.service, one.medium) for one in some} == {
        (world.alma, world.cbt, "video")
    }


def test_nothing_beyond_the_week(world) -> None:
    assert starts(world, now=FRIDAY_4_PM) == []


def test_nothing_beyond_the_enrolment(world) -> None:
    """A program that ends on Tuesday."""
    Enrollment.objects.update(end=at("2027-03-03", 0))
    assert max(starts(world)) < at("2027-03-03", 0)


def test_nothing_at_a_time_at_which_the_patient_is_busy(world) -> None:
    seat(world, world.nora, "2027-03-02", hour=8, minutes=75, host=world.ben)
    day = at("2027-03-02", 0), at("2027-03-03", 0)
    free = [one.start for one in found(world, world.alma) if day[0] < one.start < day[1]]
    assert free == [at("2027-03-02", 9, 15), at("2027-03-02", 12)]


def test_nothing_without_a_licence_where_the_patient_is(world) -> None:
    Licence.objects.filter(therapist=world.alma).update(revoked_at=NOW)
    assert starts(world) == []


def test_nothing_without_consent(world) -> None:
    Consent.objects.all().delete()
    assert starts(world) == []


def test_a_therapist_finds_the_times_of_the_own_caseload(world) -> None:
    """AC12"""
    seat(world, world.nora, "2027-02-25", minutes=50, host=world.ben)
    assert {one.therapist for one in found(world)} == {world.alma, world.ben}
    assert {one.therapist for one in found(world, world.alma)} == {world.alma}
    cover(world.alma, world.ben, "2027-03-01", "2027-03-05")
    assert {one.therapist for one in found(world, world.alma)} == {world.alma, world.ben}


def test_a_date_of_a_drop_in_group_with_a_place(world) -> None:
    group = thursdays(world, capacity=1)
    assert [one.start for one in found(world) if one.group == group] == [at("2027-03-04", 10)]
    comes_in(world, group, world.omar, start=at("2027-03-04", 10))
    assert [one for one in found(world) if one.group] == []


def test_no_group_whose_lead_may_not_treat_where_the_patient_is(world) -> None:
    """TH2"""
    thursdays(world)
    Enrollment.objects.update(place="NY")
    assert found(world) == []


def test_no_group_without_consent_to_groups(world) -> None:
    thursdays(world)
    ConsentForm.objects.create(clinic=world.clinic, form="group", version=1, text="On groups.")
    assert [one for one in found(world) if one.group] == []


def test_no_group_that_one_does_not_run(world) -> None:
    thursdays(world, facilitators=[world.ben.uuid])
    assert [one for one in found(world) if one.group] != []
    assert [one for one in found(world, world.alma) if one.group] == []
