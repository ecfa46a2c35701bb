"""Who leaves a clinic is out of it at once, whatever they still hold."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.actions.staff import deactivate_person, invite_staff
from accounts.actions.tokens import create_token
from accounts.errors import NotFound
from accounts.models import ApiToken, AuditRow, Membership, MembershipState, Role, User
from scheduling.models import JoinLink
from tests import world
from tests.doors import code_mailed_to, is_in, sign_in
from tests.house.routes import booking_things
from tests.world import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
ALMA, PASSWORD = "alma@example.org", "quite a long phrase"
ME = "/api/v1/clinics/harbor/me/"


@pytest.fixture
def home():
    home = world.build()
    alma = home.alma.user
    alma.set_password(PASSWORD)
    alma.save()
    EmailAddress.objects.create(user=alma, email=ALMA, verified=True, primary=True)
    return home


def make_token(home, person: User) -> str:
    return create_token(
        clinic=home.clinic.uuid,
        name="mine",
        days=30,
        second_factor=True,
        actor=home.actor(person),
        now=NOW,
    ).secret


def let_go(home, person: User, by: User | None = None) -> None:
    deactivate_person(person=person.uuid, actor=home.actor(by or home.ada), now=NOW)


def test_all_that_somebody_holds_is_void_at_once(home):
    """AC7: web session, API token, join link, pending sign-in code, reset code, password,
    invitation."""
    alma = home.alma.user
    booked = booking_things(home)["booking"]
    link = JoinLink.objects.get(session__bookings__uuid=booked, therapist__isnull=False)
    session = sign_in(Client(), alma)
    token = make_token(home, alma)
    bearer = {"Authorization": f"Bearer {token}"}
    _made, invite = invite_staff(email=ALMA, role="admin", actor=home.actor(home.ada), now=NOW)
    coming, resetting = Client(), Client()
    code_page = coming.post("/sign-in/", {"email": ALMA})["Location"]
    code = code_mailed_to(ALMA)
    reset_page = resetting.post("/accounts/password/reset/", {"email": ALMA})["Location"]
    reset = code_mailed_to(ALMA)
    assert session.get("/c/harbor/today/").status_code == 200
    assert Client().get(ME, headers=bearer).status_code == 200
    joining = Client()
    assert joining.get(f"/j/{link.token}/").status_code in (302, 303)

    let_go(home, alma)

    assert session.get("/c/harbor/today/").status_code == 302
    assert Client().get(ME, headers=bearer).status_code == 401
    assert Client().get(f"/j/{link.token}/").status_code in (404, 410)
    assert joining.get("/join/").status_code in (404, 410)
    coming.post(code_page, {"code": code})
    page = resetting.post(reset_page, {"code": reset}).get("Location", "")
    if page:
        new = "another long phrase"
        resetting.post(page, {"password1": new, "password2": new})
        resetting.post("/accounts/login/", {"login": ALMA, "password": new})
    knocking = Client()
    knocking.post("/accounts/login/", {"login": ALMA, "password": PASSWORD})
    assert not any(is_in(client) for client in (coming, resetting, knocking))
    assert Client().get(invite.removeprefix("http://localhost:8000")).status_code == 410


def test_who_works_elsewhere_too_keeps_that(home):
    """Two clinics: one lets go, the other does not notice."""
    cove = world.clinic("cove")
    alma = home.alma.user
    Membership.objects.create(clinic=cove, user=alma, role=Role.DESK.value)
    let_go(home, alma)
    client = sign_in(Client(), User.objects.get(pk=alma.pk))
    assert client.get("/c/harbor/today/").status_code == 404
    assert client.get("/c/cove/desk/").status_code == 200


def test_a_suspension_acts_on_the_next_request(home):
    """AC6: roles are read at use; nothing needs to end the session."""
    client = sign_in(Client(), home.dana)
    assert client.get("/c/harbor/desk/").status_code == 200
    Membership.objects.filter(user=home.dana).update(state=MembershipState.SUSPENDED.value)
    assert client.get("/c/harbor/desk/").status_code == 404


def test_a_role_that_was_taken_away_acts_on_the_next_request(home):
    """AC6: demoted between two requests."""
    client = sign_in(Client(), home.dana)
    assert client.get("/c/harbor/desk/").status_code == 200
    Membership.objects.filter(user=home.dana).update(role=Role.PRIVACY.value)
    assert client.get("/c/harbor/desk/").status_code == 404


@pytest.mark.parametrize("who", ["dana", "alma", "pia", "nora", "mallory"])
def test_only_an_admin_lets_go(home, who: str):
    """AC5."""
    person = getattr(home, who)
    with pytest.raises(NotFound):
        deactivate_person(person=home.ben.user.uuid, actor=home.actor(person), now=NOW)
    assert Membership.objects.get(user=home.ben.user).state == MembershipState.ACTIVE.value


def test_an_admin_cannot_reach_other_people(home):
    """AC3, AC5: neither staff of another clinic, nor patients, nor themselves."""
    twin = world.member(world.clinic("cove"), "Otto", "desk")
    for person in (twin, home.nora.user, home.mallory, home.ada):
        with pytest.raises(NotFound):
            let_go(home, person)
        person.refresh_from_db()
        assert person.is_active


def test_a_patient_who_worked_here_stays_a_patient(home):
    """The account belongs to the person: what they are as a patient is not staff's to end."""
    world.patient(home.clinic, "Dana", user=home.dana)
    let_go(home, home.dana)
    home.dana.refresh_from_db()
    assert home.dana.is_active and home.actor(home.dana).roles == frozenset()


def test_it_is_on_record(home):
    let_go(home, home.dana)
    row = AuditRow.objects.get(action="person.deactivate")
    assert (row.actor_id, row.object_id) == (str(home.ada.pk), str(home.dana.uuid))


def test_its_tokens_are_void_even_if_they_come_back(home):
    """AC7: a role that is given again revives no token."""
    make_token(home, home.dana)
    let_go(home, home.dana)
    assert ApiToken.objects.get().revoked_at == NOW
