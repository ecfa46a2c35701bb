"""Staff bring a patient into a group, or have them wait for a place, from the patient's page."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from accounts.models import ConsentForm
from scheduling.engine.interval import from_minute
from scheduling.engine.recurrence import weekly
from scheduling.models import Booking, Group, Member, Waiting
from scheduling.queries.repeat import Pattern
from tests.groups import comes_in, founded
from tests.web.desk import DESK, at_work, audited
from tests.web.visitor import Visitor
from tests.world import LA, World, at, patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def dana(world) -> Visitor:
    return Visitor(at_work(world.dana))


@pytest.fixture
def group(world) -> Group:
    return founded(world)


def chosen(dana: Visitor, world: World, group: Group) -> Visitor:
    dana.goes(f"{DESK}patients/{world.nora.uuid}/").follows("Add to a group")
    return dana.presses("Next", group=str(group.uuid))


def test_a_patient_is_taken_in(world, dana, group):
    """LG1."""
    page = chosen(dana, world, group)
    assert "Add to Evenings" in page.reads and world.nora.name in page.reads
    page.presses("Take in")
    assert "They have a place in the group." in page.reads
    assert Booking.objects.filter(patient=world.nora, live=True).count() == 12
    assert {row.subject_id for row in audited("patient.view")} == {str(world.nora.pk)}


def test_to_one_date_of_an_open_group(world, dana):
    group = founded(world, entry="open")
    start = at("2027-03-16", 16)
    chosen(dana, world, group).presses("Take in", start=str(start))
    assert [seat.start for seat in Booking.objects.filter(patient=world.nora)] == [start]


def test_where_no_place_is_free_they_wait(world, dana, group):
    Group.objects.update(capacity=1)
    comes_in(world, group, world.omar)
    page = chosen(dana, world, group)
    page.presses("Take in")
    assert "No place is open in this group at present." in page.reads
    page.presses("Put on the waiting list", place="CA")
    assert "The patient is on the waiting list." in page.reads
    assert Waiting.objects.get().group == group
    page = chosen(dana, world, group).presses("Put on the waiting list")
    assert "The patient waits for this already." in page.reads
    assert Waiting.objects.count() == 1


def test_when_nobody_comes_in_any_more_they_can_wait(world, group, clock):
    """It may be joined until its second session."""
    clock.move_to(from_minute(at("2027-03-17", 9)))
    page = chosen(Visitor(at_work(world.dana)), world, group)
    assert "Nobody comes in at present" in page.reads and "Take in" not in page.reads
    page.presses("Put on the waiting list")
    assert Waiting.objects.get().group == group


def test_no_group_that_rests_is_offered(world, dana, group):
    Group.objects.update(state="paused")
    page = dana.goes(f"{DESK}groups/add/{world.nora.uuid}/")
    assert "No groups yet" in page.reads and "Evenings" not in page.reads


def test_what_is_missing_is_said_to_staff(world, dana, group):
    """TH3."""
    ConsentForm.objects.create(clinic=world.clinic, form="group", version=1, text="What is said.")
    page = chosen(dana, world, group).presses("Take in")
    assert "The patient has to accept confidentiality in groups first." in page.reads
    assert not Member.objects.exists()


def test_a_facilitator_adds_ones_own_patients_to_ones_own_groups(world, group):
    """AC2: another group, or somebody else's patient, is not found."""
    comes_in(world, group, world.nora)
    other = founded(
        world,
        name="Others",
        facilitators=[world.ben.uuid],
        pattern=Pattern(weekly((3,)), LA, 660, date(2027, 3, 11)),
    )
    alma = Visitor(at_work(world.alma.user))
    page = alma.goes(f"{DESK}groups/add/{world.nora.uuid}/")
    assert "Evenings" in page.reads and "Others" not in page.reads
    page.goes(f"{DESK}groups/add/{world.nora.uuid}/?group={other.uuid}")
    assert page.response.status_code == 422
    stranger = patient(world.clinic, "Uma")
    assert alma.goes(f"{DESK}groups/add/{stranger.uuid}/").response.status_code == 404
    assert (
        Visitor(at_work(world.ada))
        .goes(f"{DESK}groups/add/{world.nora.uuid}/")
        .response.status_code
        == 404
    )
    assert Client().get(f"{DESK}groups/add/{world.nora.uuid}/").status_code == 302
