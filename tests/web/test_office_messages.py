"""Messages that gave up, and the button to try them again."""

import pytest
from django.test import Client

from scheduling.models import Booking, Task
from tests.outbox.serial import repeated
from tests.web.desk import OFFICE, at_work, audited, booked
from tests.web.patient import text_of
from tests.world import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def office(world) -> Client:
    return at_work(world.ada)


def gave_up(world: World, booking: Booking, outcome: str = "bounced") -> Task:
    return Task.objects.create(
        kind="tell_patient",
        clinic=world.clinic,
        session=booking.session,
        patient=world.nora,
        created_at=NOW,
        due_at=NOW,
        attempts=9,
        gave_up_at=NOW,
        outcome=outcome,
        recipient="nora@example.org",
        message="Dear Nora",
    )


def test_kind_time_and_reason_but_no_name(world, office):
    """The office sees what failed and where the mail server is; never whose it was."""
    gave_up(world, booked(world, world.nora))
    page = office.get(f"{OFFICE}messages/")
    assert "Appointment mail to a patient Monday, March 1, 2027, 9:00 AM PST" in text_of(page)
    assert "The address does not exist or refuses mail (9 tries)" in text_of(page)
    assert "Wednesday, March 3, 2027, 10:00 AM to 10:50 AM PST (Los Angeles)" in text_of(page)
    assert "n…@example.org" in text_of(page)
    assert "nora" not in page.content.decode().lower()
    assert [row.subject_id for row in audited("message.list")] == [str(world.nora.pk)]  # LG1


def test_try_again(world, office):
    task = gave_up(world, booked(world, world.nora))
    again = f"{OFFICE}messages/{task.uuid}/retry/"
    assert office.get(again).status_code == 405
    done = office.post(again)
    assert done.status_code == 302
    task.refresh_from_db()
    assert (task.gave_up_at, task.attempts, task.due_at) == (None, 0, NOW)
    assert "Nothing was given up" in text_of(office.get(done["Location"]))
    assert audited("message.retry")[0].subject_id == str(world.nora.pk)


def test_twice_is_told(world, office):
    task = gave_up(world, booked(world, world.nora))
    for _ in range(2):
        done = office.post(f"{OFFICE}messages/{task.uuid}/retry/")
    assert "cannot be changed in this way any more" in text_of(office.get(done["Location"]))


def test_the_desk_has_no_such_page(world):
    task = gave_up(world, booked(world, world.nora))
    dana = at_work(world.dana)
    assert dana.get(f"{OFFICE}messages/").status_code == 404
    assert dana.post(f"{OFFICE}messages/{task.uuid}/retry/").status_code == 404
    task.refresh_from_db()
    assert task.gave_up_at == NOW


def test_of_a_series_the_rule_is_named(world, office):
    task = gave_up(world, booked(world, world.nora))
    Task.objects.filter(pk=task.pk).update(session=None, series=repeated(world, world.omar))
    assert "Every Monday" in text_of(office.get(f"{OFFICE}messages/"))
