"""Staff are invited by a link that is theirs alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from accounts.actions.staff import invite_staff, revoke_invitation
from accounts.actor import Actor
from accounts.errors import BadInput, NotFound
from accounts.models import AuditRow, Invitation, Membership, MembershipState, Therapist, User
from tests import world
from tests.doors import come_in, is_in, sign_in
from tests.world import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
INA, PASSWORD = "ina@example.org", "quite a long phrase"


@pytest.fixture
def home():
    return world.build()


def invite(home, email: str = INA, role: str = "desk", **said) -> str:
    """The path of the link that was mailed."""
    actor = said.pop("actor", None) or home.actor(home.ada)
    _made, link = invite_staff(email=email, role=role, actor=actor, now=NOW, **said)
    return link.removeprefix("http://localhost:8000")


def role_of(email: str) -> list[str]:
    return list(Membership.objects.filter(user__email=email).values_list("role", flat=True))


def test_the_invited_person_comes_in_by_code_and_accepts(home):
    path = invite(home, name="Ina Reed")
    client = Client()
    assert b"Sign in" in client.get(path).content
    assert client.post(path)["Location"].startswith("/sign-in/?next=%2Finvite%2F")
    assert come_in(client, INA, onward=path)["Location"] == path
    page = client.get(path)
    assert b"Harbor" in page.content and b"Front desk" in page.content
    assert client.post(path)["Location"] == "/c/harbor/desk/"
    assert role_of(INA) == ["desk"]
    assert User.objects.get(email=INA).name == "Ina Reed"
    assert AuditRow.objects.filter(action="invitation.accept").count() == 1


def test_the_new_role_needs_a_second_factor_at_once(home):
    """AU2, AC6: on the very next request."""
    path = invite(home)
    client = Client()
    come_in(client, INA, onward=path)
    client.post(path)
    assert client.get("/account/")["Location"] == "/accounts/2fa/totp/activate/"


def test_until_it_is_accepted_there_is_no_role(home):
    """AC6 (CVE-2026-43913)."""
    path = invite(home, role="admin")
    client = Client()
    come_in(client, INA, onward=path)
    client.get(path)
    assert role_of(INA) == []
    ina = User.objects.get(email=INA)
    assert home.actor(ina).roles == frozenset()


def test_looking_accepts_nothing(home):
    """BR1: scanners of mail follow links; the token is still good."""
    path = invite(home)
    client = Client()
    come_in(client, INA, onward=path)
    for _ in range(2):
        client.get(path)
        client.head(path)
        Client(headers={"User-Agent": "SafeLinks"}).get(path)
    assert Invitation.objects.get().accepted_at is None and role_of(INA) == []
    client.post(path)
    assert role_of(INA) == ["desk"]


@pytest.mark.parametrize("who", ["mallory", "nora", "dana"])
def test_nobody_else_can_accept(home, who: str):
    """AU12: bound to the address it was sent to, whoever holds the link."""
    path = invite(home, role="admin")
    person = {"mallory": home.mallory, "nora": home.nora.user, "dana": home.dana}[who]
    before = role_of(person.email)
    client = sign_in(Client(), person, mfa=who == "dana")
    page = client.get(path)
    assert b"another address" in page.content and INA.encode() not in page.content
    assert client.post(path).status_code == 410
    assert role_of(person.email) == before and role_of(INA) == []


def test_an_account_that_exists_is_not_overwritten(home):
    """AU12: no password, name, or address of it changes, whatever is sent along."""
    ina = world.user("Ina", password=PASSWORD)
    before = (ina.password, ina.name, ina.email, ina.is_staff, ina.is_superuser)
    path = invite(home, name="Somebody Else")
    client = sign_in(Client(), ina, mfa=False)
    client.post(
        path,
        {
            "password": "a new password!!",
            "password1": "a new password!!",
            "email": "evil@example.org",
            "name": "Evil",
            "is_staff": "1",
            "is_superuser": "1",
            "role": "admin",
            "clinic": "1",
        },
    )
    ina.refresh_from_db()
    assert (ina.password, ina.name, ina.email, ina.is_staff, ina.is_superuser) == before
    assert role_of(INA) == ["desk"]


def gone(path: str, client: Client) -> tuple[int, bytes]:
    page = client.get(path)
    return page.status_code, page.content


def test_what_is_over_and_what_never_was_look_the_same(home, clock):
    """AU9: used, taken back, expired, unknown: one page."""
    used, client = invite(home), Client()
    come_in(client, INA, onward=used)
    client.post(used)
    revoked = invite(home)
    revoke_invitation(
        invitation=Invitation.objects.get(accepted_at=None).uuid,
        actor=home.actor(home.ada),
        now=NOW,
    )
    late = invite(home)
    stranger = Client()
    pages = {gone(path, stranger) for path in (used, revoked, "/invite/nothing/")}
    clock.shift(timedelta(days=7, minutes=1))
    pages.add(gone(late, stranger))
    assert len(pages) == 1 and next(iter(pages))[0] == 410


def test_the_link_is_kept_as_a_hash(home):
    """AC7, TK1's kin: the database cannot be used to accept."""
    token = invite(home).split("/")[2]
    assert len(token) >= 43
    kept = Invitation.objects.values().get()
    assert token not in str(kept)


def test_the_message_tells_nobody_anything(home):
    """PR1, TK6: to one address; no clinic, role or name; a link made of the configured address."""
    path = invite(home, name="Ina Reed", role="therapist")
    [message] = mail.outbox
    text = str(message.message())
    assert message.to == [INA] and f"http://localhost:8000{path}" in message.body
    for word in ("Harbor", "herapist", "Ina Reed", "clinic", "Ada"):
        assert word not in text, word


@pytest.mark.parametrize("host", ["evil.example", "localhost"])
def test_a_forged_host_is_in_no_message(home, host: str):
    """TK6: neither in codes nor in resets; an unknown host gets 400."""
    world.user("Ina", password=PASSWORD)
    for path in ("/sign-in/", "/accounts/password/reset/"):
        answer = Client().post(
            path, {"email": INA}, headers={"Host": host, "X-Forwarded-Host": "evil.example"}
        )
        assert answer.status_code == (400 if host == "evil.example" else 302)
    for message in mail.outbox:
        assert "evil" not in str(message.message())
        assert "http" not in message.body


@pytest.mark.parametrize("who", ["dana", "alma", "pia", "nora", "mallory"])
def test_only_an_admin_invites(home, who: str):
    """AC5: no other role, no patient, no stranger."""
    person = getattr(home, who)
    with pytest.raises(NotFound):
        invite(home, actor=home.actor(person))
    assert not Invitation.objects.exists() and not mail.outbox


def test_nobody_invites_into_another_clinic(home):
    """AC5: Ada is an admin at home, and nobody elsewhere."""
    cove = world.clinic("cove")
    elsewhere = Actor.of(home.ada, cove)
    with pytest.raises(NotFound):
        invite(home, actor=elsewhere)
    twin = world.member(cove, "Adam", "admin")
    invite(home)
    with pytest.raises(NotFound):
        revoke_invitation(
            invitation=Invitation.objects.get().uuid,
            actor=Actor.of(twin, cove),
            now=NOW,
        )


@pytest.mark.parametrize("role", ["owner", "", "superuser", "ADMIN"])
def test_there_are_four_roles(home, role: str):
    """AC5 (CVE-2026-48086)."""
    with pytest.raises(BadInput):
        invite(home, role=role)


def test_a_therapist_gets_a_profile_that_nobody_can_book_yet(home):
    path = invite(home, role="therapist", name="Ina Reed")
    client = Client()
    come_in(client, INA, onward=path)
    client.post(path)
    profile = Therapist.objects.get(user__email=INA)
    assert (profile.name, profile.clinic, profile.time_zone) == (
        "Ina Reed",
        home.clinic,
        home.clinic.time_zone,
    )
    assert not profile.licences.exists() and not profile.offerings.exists()


def test_a_suspended_role_comes_back_by_invitation(home):
    ina = world.member(home.clinic, "Ina", "desk")
    Membership.objects.filter(user=ina).update(state=MembershipState.SUSPENDED.value)
    path = invite(home)
    client = sign_in(Client(), ina, mfa=False)
    client.post(path)
    assert is_in(client)
    assert Membership.objects.get(user=ina).state == MembershipState.ACTIVE.value
