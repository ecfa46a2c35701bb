"""Who works here: invite, take back, end access; profiles, offerings, cover."""

from datetime import date, timedelta

import pytest
from django.test import Client

from accounts.models import Cover, Invitation, Membership, User
from scheduling.models import Offering
from tests.web.desk import OFFICE, at_work, audited, booked
from tests.web.patient import text_of
from tests.world import LA, NOW, World, build, service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
INA = {"email": "Ina@Example.org", "name": "Ina", "role": "therapist"}


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def office(world) -> Client:
    return at_work(world.ada)


def test_invite_and_take_back(world, office):
    done = office.post(f"{OFFICE}staff/invite/", INA)
    assert done.status_code == 302, text_of(done)
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.clinic) == ("ina@example.org", world.clinic)
    page = text_of(office.get(f"{OFFICE}staff/"))
    assert "Ina · ina@example.org · Therapist · until March 8" in page
    back = f"{OFFICE}staff/invitations/{invitation.uuid}/revoke/"
    assert office.post(back).status_code == 302
    assert "ina@example.org" not in text_of(office.get(f"{OFFICE}staff/"))
    assert office.post(back).status_code == 404


@pytest.mark.parametrize("wrong", [{"email": "ina@"}, {"role": "operator"}, {"role": ""}])
def test_an_invitation_that_cannot_be(world, office, wrong):
    """AC5: there is no role but those of a clinic."""
    answer = office.post(f"{OFFICE}staff/invite/", INA | wrong)
    assert answer.status_code == 422
    assert 'value="Ina"' in answer.content.decode()
    assert not Invitation.objects.exists()


def test_whether_an_address_is_known_is_not_told(world, office):
    """P23: the same answer for a patient's address and for a new one."""
    known = office.post(f"{OFFICE}staff/invite/", INA | {"email": "nora@example.org"})
    new = office.post(f"{OFFICE}staff/invite/", INA)
    assert (known.status_code, known["Location"]) == (new.status_code, new["Location"])


def test_granting_needs_a_fresh_proof(world, office, clock):
    """AU7: ten minutes after signing in, roles and access ask for another proof first."""
    clock.shift(timedelta(minutes=10))
    person = f"staff/{world.dana.uuid}/deactivate/"
    for path, data in (("staff/invite/", INA), (person, {}), ("staff/cover/", {})):
        answer = office.post(OFFICE + path, data)
        assert answer.status_code == 302
        assert "reauthenticate" in answer["Location"]
    assert not Invitation.objects.exists()
    world.dana.refresh_from_db()
    assert world.dana.is_active
    assert office.get(f"{OFFICE}staff/").status_code == 200


def test_access_ends_at_once(world, office):
    """AC7: the page names the person; the desk's next click finds nothing."""
    dana = at_work(world.dana)
    page = f"{OFFICE}staff/{world.dana.uuid}/deactivate/"
    assert "End the access of Dana?" in text_of(office.get(page))
    assert dana.get("/c/harbor/desk/").status_code == 200
    assert office.post(page).status_code == 302
    assert dana.get("/c/harbor/desk/").status_code == 302
    assert "Dana dana@example.org Front desk Ended" in text_of(office.get(f"{OFFICE}staff/"))


def test_nobody_ends_their_own_access_or_a_strangers(world, office):
    for who in (world.ada, world.mallory, world.nora.user):
        page = f"{OFFICE}staff/{who.uuid}/deactivate/"
        assert office.get(page).status_code == 404
        assert office.post(page).status_code == 404
    assert Membership.objects.filter(user=world.ada, state="active").exists()
    assert User.objects.filter(is_active=False).count() == 0


def profile(**said: str) -> dict[str, str]:
    return {
        "name": "Alma Reyes",
        "credentials": "LMFT",
        "about": "Twenty years.",
        "time_zone": LA,
        "languages": "EN, es",
        "accepting": "on",
        "active": "on",
    } | said


def test_a_therapists_profile(world, office):
    page = f"{OFFICE}therapists/{world.alma.uuid}/"
    forged = {"user": world.mallory.pk, "clinic": 99}
    assert office.post(page, profile() | forged).status_code == 302
    world.alma.refresh_from_db()
    assert (world.alma.name, world.alma.languages) == ("Alma Reyes", "en,es")
    assert world.alma.user.name == "Alma"  # AC5
    assert audited("therapist.change")[0].detail["name"] is True


@pytest.mark.parametrize(
    "wrong", [{"languages": "English"}, {"languages": ","}, {"time_zone": "Nowhere"}, {"name": ""}]
)
def test_a_profile_that_cannot_be(world, office, wrong):
    answer = office.post(f"{OFFICE}therapists/{world.alma.uuid}/", profile(**wrong))
    assert answer.status_code == 422
    assert 'value="LMFT"' in answer.content.decode()
    world.alma.refresh_from_db()
    assert world.alma.name == "Alma"


def test_an_offering_with_terms_of_its_own(world, office):
    dbt = service(world.clinic, "dbt-60", "dbt", 60)
    page = f"{OFFICE}therapists/{world.alma.uuid}/services/{dbt.uuid}/"
    assert "Empty: 10" in text_of(office.get(page))
    assert office.post(page, {"active": "on", "buffer_after": "30"}).status_code == 302
    row = Offering.objects.get(therapist=world.alma, service=dbt)
    assert (row.active, row.buffer_after, row.grid) == (True, 30, None)
    assert office.post(page, {"grid": "30"}).status_code == 302
    row.refresh_from_db()
    assert (row.active, row.buffer_after, row.grid) == (False, None, 30)


@pytest.mark.parametrize("wrong", [{"grid": "7"}, {"buffer_after": "-1"}, {"horizon_days": "0"}])
def test_terms_that_cannot_be(world, office, wrong):
    page = f"{OFFICE}therapists/{world.alma.uuid}/services/{world.cbt.uuid}/"
    assert office.post(page, {"active": "on"} | wrong).status_code == 422


def cover(world: World, **said) -> dict:
    return {
        "covering": str(world.ben.uuid),
        "covered": str(world.alma.uuid),
        "first_day": "2027-03-01",
        "last_day": "2027-03-12",
    } | said


def test_cover_is_a_dated_grant(world, office):
    """AC12: Ben sees Nora's session only while he stands in for Alma."""
    booked(world, world.nora)
    assert office.post(f"{OFFICE}staff/cover/", cover(world)).status_code == 302
    row = Cover.objects.get()
    assert (row.first_day, row.last_day) == (date(2027, 3, 1), date(2027, 3, 12))
    assert world.alma.pk in world.actor(world.ben).covers
    assert "Ben for Alma, March 1, 2027 to March 12, 2027" in text_of(office.get(f"{OFFICE}staff/"))
    assert office.post(f"{OFFICE}staff/cover/{row.pk}/end/").status_code == 302
    assert not world.actor(world.ben).covers
    assert [one.action for one in audited("cover.grant") + audited("cover.end")] == [
        "cover.grant",
        "cover.end",
    ]


def test_cover_that_cannot_be(world, office):
    for wrong in (
        {"covering": str(world.alma.uuid)},
        {"last_day": "2027-02-28"},
        {"first_day": "2026-01-01", "last_day": "2027-02-01"},
        {"last_day": "2029-03-01"},
    ):
        answer = office.post(f"{OFFICE}staff/cover/", cover(world, **wrong))
        assert answer.status_code == 422, wrong
    assert not Cover.objects.exists()
    assert office.post(f"{OFFICE}staff/cover/1/end/").status_code == 404


def test_the_office_is_there_for_admins_alone(world):
    """AC2: for therapists, the desk, the privacy officer, patients and strangers it is not."""
    pages = ["", "staff/", "staff/invite/", "licences/", "services/", "policies/", "messages/"]
    for user in (world.alma.user, world.dana, world.pia, world.nora.user, world.mallory):
        client = at_work(user)
        for path in pages:
            assert client.get(OFFICE + path).status_code == 404, (user.name, path)
        assert client.post(f"{OFFICE}staff/invite/", INA).status_code == 404
    assert not Invitation.objects.exists()


def test_home_counts_what_needs_a_look(world, office):
    world.alma.licences.update(valid_until=NOW.date() + timedelta(days=20))
    office.post(f"{OFFICE}staff/invite/", INA)
    page = text_of(office.get(OFFICE))
    assert "1 ends within 60 days 0 sessions at risk" in page
    assert "0 were given up" in page
    assert "1 open invitation" in page
