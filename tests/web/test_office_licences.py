"""Licences with their ends, and the sessions at risk (TH2)."""

from datetime import date

import pytest
from django.test import Client

from accounts.models import Licence
from scheduling.errors import LicenceLapses, NotLicensed
from tests.actions.test_groups import a_group, dates, joined
from tests.web.desk import OFFICE, at_work, audited, booked
from tests.web.patient import text_of
from tests.world import at, licence

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
NEVADA = {
    "state": "NV",
    "kind": "compact",
    "number": "NV-1",
    "valid_from": "2027-01-01",
    "valid_until": "2027-12-31",
    "source": "Board, seen in January",
}


@pytest.fixture
def office(world) -> Client:
    return at_work(world.ada)


def test_a_new_licence_opens_a_state(world, office):
    with pytest.raises(NotLicensed):
        booked(world, world.nora, place="NV")
    page = f"{OFFICE}therapists/{world.alma.uuid}/licences/"
    assert office.post(page, NEVADA | {"therapist": world.ben.pk}).status_code == 302
    row = Licence.objects.get(state="NV")
    assert (row.therapist, row.kind) == (world.alma, "compact")
    booked(world, world.nora, place="NV")
    assert audited("licence.save")[0].detail == {"state": "NV", "until": "2027-12-31"}


def test_a_licence_that_is_sent_twice_stands_once(world, office):
    page = f"{OFFICE}therapists/{world.alma.uuid}/licences/"
    assert office.post(page, NEVADA).status_code == 302
    assert "This licence is on file already." in text_of(office.post(page, NEVADA))
    renewed = NEVADA | {"valid_from": "2028-01-01", "valid_until": "2028-12-31"}
    assert office.post(page, renewed).status_code == 302
    assert Licence.objects.filter(state="NV").count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "ZZ"},
        {"state": ""},
        {"kind": "by mouth"},
        {"number": " "},
        {"valid_until": "2026-12-31"},
        {"valid_until": "2027-02-30"},
        {"valid_from": ""},
    ],
)
def test_a_licence_that_cannot_be(world, office, wrong):
    answer = office.post(f"{OFFICE}therapists/{world.alma.uuid}/licences/", NEVADA | wrong)
    assert answer.status_code == 422
    assert "Board, seen in January" in answer.content.decode()
    assert not Licence.objects.filter(state="NV").exists()


def test_correcting_one_lists_the_sessions_at_risk(world, office):
    """TH2: what is booked stays, and stands in the list, by time and therapist, without a name."""
    booked(world, world.nora, at("2027-03-03", 10))
    booked(world, world.omar, at("2027-03-10", 10))
    row = world.alma.licences.get()
    said = NEVADA | {"state": "CA", "kind": "state", "valid_from": "2020-01-01"}
    done = office.post(f"{OFFICE}licences/{row.pk}/", said | {"valid_until": "2027-03-03"})
    assert done.status_code == 302, text_of(done)
    page = text_of(office.get(f"{OFFICE}licences/"))
    assert "Sessions at risk (1)" in page
    assert "Wednesday, March 10, 2027, 10:00 AM to 10:50 AM PST (Los Angeles) Alma" in page
    assert "The licence ends before this day" in page
    assert "Nora" not in page and "Omar" not in page
    with pytest.raises(LicenceLapses):
        booked(world, world.nora, at("2027-03-11", 10))


def test_the_last_day_counts_in_the_patients_zone(world, office):
    booked(world, world.nora, at("2027-03-03", 16))  # March 4 in UTC
    world.alma.licences.update(valid_until=date(2027, 3, 3))
    assert "No session is at risk" in text_of(office.get(f"{OFFICE}licences/"))
    world.alma.licences.update(valid_until=date(2027, 3, 2))
    assert "Sessions at risk (1)" in text_of(office.get(f"{OFFICE}licences/"))


def test_withdrawn_at_once(world, office):
    booked(world, world.nora)
    row = world.alma.licences.get()
    page = f"{OFFICE}licences/{row.pk}/revoke/"
    assert "Withdraw this licence?" in text_of(office.get(page))
    assert office.post(page).status_code == 302
    row.refresh_from_db()
    assert row.revoked_at is not None
    with pytest.raises(NotLicensed):
        booked(world, world.omar, at("2027-03-04", 10))
    assert "No licence for this state" in text_of(office.get(f"{OFFICE}licences/"))
    for path in ("", "revoke/"):
        assert office.get(f"{OFFICE}licences/{row.pk}/{path}").status_code == 404


def test_of_a_group_the_leads_licence_counts_and_each_date_is_told_once(world, office):
    """TH2. PR5: of how many members it is true cannot be counted on the page."""
    made = a_group(world)  # Alma leads, Ben assists
    for who in (world.nora, world.omar):
        joined(world, made, who)
    world.ben.licences.all().delete()
    assert "No session is at risk" in text_of(office.get(f"{OFFICE}licences/"))
    hours = f"/c/harbor/therapists/{world.ben.uuid}/hours/"
    assert "no licence there" not in text_of(office.get(hours))
    world.alma.licences.all().delete()
    said = f"Sessions at risk ({len(dates(made))})"
    assert said in text_of(office.get(f"{OFFICE}licences/"))


def test_soon_unless_another_goes_on(world, office):
    world.alma.licences.update(valid_until=date(2027, 4, 1))
    assert "April 1, 2027 ends soon" in text_of(office.get(f"{OFFICE}licences/"))
    licence(world.alma, "CA", date(2027, 4, 2), date(2029, 4, 1))
    assert "ends soon" not in text_of(office.get(f"{OFFICE}licences/"))


def test_the_list_costs_the_same_for_many(world, office, django_assert_max_num_queries):
    """Session, user, clinic, roles, profile; licences twice, at risk 3, therapists."""
    office.get(f"{OFFICE}licences/")
    for state in ("NV", "OR", "WA", "AZ", "UT"):
        licence(world.alma, state)
    for hour in (9, 11, 13, 15):
        booked(world, world.nora, at("2027-03-03", hour))
    world.alma.licences.filter(state="CA").update(valid_until=date(2027, 3, 1))
    with django_assert_max_num_queries(13):
        office.get(f"{OFFICE}licences/")


def test_someone_elses_licence(world, office):
    for number in (0, 999_999):
        assert office.get(f"{OFFICE}licences/{number}/").status_code == 404
        assert office.post(f"{OFFICE}licences/{number}/", NEVADA).status_code == 404
