"""What no person means, at any page: it is refused, or passed over, and never a crash."""

import pytest
from django.test import Client

from scheduling.models import Holiday, WeeklyHours
from tests.actions.test_groups import a_group
from tests.house.routes import booking_things
from tests.web.desk import DESK, OFFICE, at_work
from tests.web.patient import HOME, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
NEVER = "This date does not exist. Please check it."
ENDLESS = "9" * 5000


@pytest.fixture
def office(world) -> Client:
    return at_work(world.ada)


@pytest.fixture
def desk(world) -> Client:
    return at_work(world.dana)


@pytest.mark.parametrize(
    "address",
    [
        HOME + "groups/?modality=%00",
        OFFICE + "consent-forms/new/?form=%00",
        OFFICE + "utilization/?modality=%00",
        OFFICE + "utilization/report.csv?modality=%00",
        OFFICE + "staff/00000000-0000-4000-8000-000000000000/roles/%00/end/",
    ],
)
def test_a_nul_in_an_address(office, address):
    """PostgreSQL keeps none, and would say so loudly."""
    assert office.get(address).status_code == 400


def test_a_nul_in_a_text(world, desk):
    booked = booking_things(world)["booking"]
    said = {"reason": "patient", "note": "\0"}
    assert desk.post(f"{DESK}bookings/{booked}/cancel/", said).status_code == 400


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_date_beyond_the_calendar(world, office, day):
    """It is said at its field, whoever asks."""
    assert NEVER in text_of(Client().get(HOME, {"day": day}))
    refused = office.post(f"{OFFICE}holidays/new/", {"day": day, "name": "Quiet day"})
    assert (refused.status_code, NEVER in text_of(refused)) == (422, True)
    assert not Holiday.objects.exists()
    hours = f"/c/harbor/therapists/{world.alma.uuid}/hours/"
    week = {"d0_0_from": "09:00", "d0_0_until": "10:00", "valid_from": "2027-04-01"}
    for said in ({"valid_until": day}, {"valid_from": day, "valid_until": day}):
        refused = office.post(hours, {"do": "save", **week, **said})
        assert (refused.status_code, NEVER in text_of(refused)) == (422, True)
    assert WeeklyHours.objects.filter(therapist=world.alma).count() == 1


def test_a_date_beyond_the_calendar_asked_of_the_record(world):
    officer = at_work(world.pia)
    said = {"reference": world.nora.reference, "last": "9999-12-31"}
    refused = officer.post(f"{OFFICE}audit/", said)
    assert (refused.status_code, NEVER in text_of(refused)) == (422, True)


def test_a_number_without_end(world, desk):
    page = f"{DESK}patients/{world.nora.uuid}/consent/"
    refused = desk.post(page, {"form": "telehealth", "version": ENDLESS})
    assert refused.status_code == 422
    group = f"{DESK}groups/{a_group(world).uuid}/"
    said = {"first": "2027-03-08", "skip": ENDLESS}
    assert desk.post(group + "resume/", said).status_code in (302, 409)
