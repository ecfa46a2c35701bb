"""Who works here: invite, take back, end access; profiles, offerings, cover."""

from datetime import date, timedelta

import pytest
from django.test import Client

from accounts.actions.staff import deactivate_person
from accounts.errors import LastAdmin
from accounts.models import Cover, Invitation, Membership, User
from scheduling.models import Offering
from tests.web.desk import OFFICE, at_work, audited, booked
from tests.web.patient import text_of
from tests.world import LA, NOW, World, clinic, member, service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
INA = {"email": "Ina@Example.org", "name": "Ina", "role": "therapist"}


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


def role_page(user: User, role: str) -> str:
    return f"{OFFICE}staff/{user.uuid}/roles/{role}/end/"


def test_one_role_of_several_ends_and_the_others_stay(world, office):
    """AC6: from the next page on; an invitation to the same role is void with it."""
    Membership.objects.create(clinic=world.clinic, user=world.dana, role="privacy")
    office.post(f"{OFFICE}staff/invite/", INA | {"email": world.dana.email, "role": "privacy"})
    dana, page = at_work(world.dana), role_page(world.dana, "privacy")
    assert dana.get(f"{OFFICE}audit/").status_code == 200
    assert f'href="{page}"' in office.get(f"{OFFICE}staff/").content.decode()
    assert "Dana is no more Privacy officer here" in text_of(office.get(page))
    assert office.post(page).status_code == 302
    assert dana.get(f"{OFFICE}audit/").status_code == 404
    assert dana.get("/c/harbor/desk/").status_code == 200
    assert "Front desk Privacy officer ended Active" in text_of(office.get(f"{OFFICE}staff/"))
    assert office.get(page).status_code == office.post(page).status_code == 404
    assert Invitation.objects.get().revoked_at == NOW
    row = audited("role.end")[0]
    assert (row.object_id, row.detail) == (str(world.dana.uuid), {"role": "privacy"})


def test_with_the_last_role_all_access_ends(world, office):
    """AC7."""
    dana = at_work(world.dana)
    assert office.post(role_page(world.dana, "desk")).status_code == 302
    assert dana.get("/c/harbor/desk/").status_code == 302
    world.dana.refresh_from_db()
    assert not world.dana.is_active


def test_who_is_no_more_therapist_can_no_longer_be_booked(world, office):
    booking = booked(world, world.nora)
    Membership.objects.create(clinic=world.clinic, user=world.alma.user, role="desk")
    page = role_page(world.alma.user, "therapist")
    assert "can no longer be booked" in text_of(office.get(page))
    assert office.post(page).status_code == 302
    world.alma.refresh_from_db()
    booking.refresh_from_db()
    assert (world.alma.active, booking.state) == (False, "booked")
    assert at_work(world.alma.user).get("/c/harbor/today/").status_code == 404


def test_the_last_admin_stays(world, office):
    """Neither by their own hand nor by that of an admin whose role has just ended."""
    Membership.objects.create(clinic=world.clinic, user=world.ada, role="desk")
    answer = office.post(role_page(world.ada, "admin"))
    assert answer.status_code == 422
    assert "This is the clinic's only admin. Make somebody else an admin first." in text_of(answer)
    pia = Membership.objects.create(clinic=world.clinic, user=world.pia, role="admin")
    before = world.actor(world.pia)  # as she came in, when she still was one
    pia.delete()
    with pytest.raises(LastAdmin):
        deactivate_person(person=world.ada.uuid, actor=before, now=NOW)
    assert office.get(OFFICE).status_code == 200
    Membership.objects.create(clinic=world.clinic, user=world.pia, role="admin")
    assert office.post(role_page(world.ada, "admin")).status_code == 302
    assert office.get(OFFICE).status_code == 404


def test_ending_a_role_needs_a_fresh_proof(world, office, clock):
    """AU7."""
    clock.shift(timedelta(minutes=10))
    assert "reauthenticate" in office.post(role_page(world.dana, "desk"))["Location"]
    assert world.actor(world.dana).roles == {"desk"}


def test_a_role_that_nobody_has_does_not_end(world, office):
    """AC3: of another clinic neither."""
    otto = member(clinic("cove"), "Otto", "desk")
    for who, role in ((world.dana, "admin"), (world.dana, "nurse"), (otto, "desk")):
        assert office.post(role_page(who, role)).status_code == 404
    assert Membership.objects.filter(state="suspended").count() == 0


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
    assert "Left empty: 10" in text_of(office.get(page))
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
    for _twice in range(2):
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


def test_a_form_says_in_its_title_what_it_is_for(world, office):
    """Several tabs of the office can be told apart; none names a kind of therapy."""
    for path, title in (
        ("staff/invite/", "Invite somebody to the staff"),
        ("staff/cover/", "Somebody stands in"),
        (f"staff/{world.dana.uuid}/deactivate/", "End the access of Dana?"),
        ("holidays/new/", "A day on which the clinic is closed"),
        (f"therapists/{world.ben.uuid}/", "Therapist Ben"),
        (f"services/{world.cbt.uuid}/", "Change a service"),
        (f"therapists/{world.ben.uuid}/services/{world.cbt.uuid}/", "What Ben offers"),
    ):
        page = office.get(OFFICE + path).content.decode()
        assert f"<title>{title} · Harbor</title>" in page, path


def test_the_work_bar_marks_the_page_that_leads_here(world, office):
    for path, above in (
        (f"therapists/{world.ben.uuid}/", "staff/"),
        ("holidays/new/", "policies/"),
        ("modalities/new/", "services/"),
        ("", ""),
    ):
        bar = office.get(OFFICE + path).content.decode().split('class="staff-nav"')[1]
        assert bar.split('" aria-current')[0].endswith(f'href="{OFFICE}{above}'), path
