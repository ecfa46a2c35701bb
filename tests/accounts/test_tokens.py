"""The pages of one's own API tokens: shown once, listed, revoked."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from accounts.actions.tokens import LONGEST_DAYS, MOST, clinics_of, create_token
from accounts.actor import Actor
from accounts.errors import BadInput, NotFound
from accounts.models import ApiToken, AuditRow, Membership, MembershipState
from tests.doors import remember, sign_in
from tests.world import NOW, build

NEW = "/account/tokens/new/"
SHOWN = re.compile(r"ths_[\w-]{43}")


@pytest.fixture
def world(db, clock):
    return build()


@pytest.fixture
def nora(world):
    """Signed in just now, by a code."""
    client = sign_in(Client(), world.nora.user, mfa=False)
    remember(client, world.nora.user, "code", email="nora@example.org", reauthenticated=True)
    return client


def said(world, **more) -> dict:
    return {"name": "calendar", "clinic": str(world.clinic.uuid), "days": 90} | more


def make(world, who, **more) -> ApiToken:
    given = {"clinic": world.clinic.uuid, "name": "x", "days": 90, "second_factor": False}
    return create_token(**given | more, actor=Actor.of(who, None), now=NOW).row


def test_a_new_token_is_shown_once_and_opens_the_api(world, nora):
    page = nora.post(NEW, said(world))
    secret = SHOWN.search(page.content.decode())[0]
    assert "no-store" in page["Cache-Control"]
    assert secret not in nora.get("/account/tokens/").content.decode()
    answer = Client().get(
        "/api/v1/clinics/harbor/me/", headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.json()["email"] == "nora@example.org"
    row = ApiToken.objects.get()
    assert row.expires_at == NOW + timedelta(days=90) and not row.second_factor
    assert AuditRow.objects.filter(action="token.create", object_id=str(row.uuid)).exists()


def test_staff_make_theirs_in_a_session_with_a_second_factor(world):
    """AU2."""
    client = Client()
    sign_in(client, world.dana, mfa=False)
    assert client.get(NEW).status_code == 302
    sign_in(client, world.dana)
    client.post(NEW, said(world))
    assert ApiToken.objects.get().second_factor


def test_a_fresh_proof_is_asked_before(world, nora, clock):
    """AU7."""
    clock.shift(timedelta(minutes=6))
    for answer in (nora.get(NEW), nora.post(NEW, said(world))):
        assert answer.status_code == 302 and "/reauthenticate/" in answer["Location"]
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("wrong", [{"name": ""}, {"days": 0}, {"days": LONGEST_DAYS + 1}])
def test_what_was_typed_is_kept(world, nora, wrong):
    page = nora.post(NEW, said(world, **wrong))
    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()
    assert not ApiToken.objects.exists()


def test_only_for_clinics_that_know_the_person(world, nora):
    """AC3."""
    twin = build("cove", "Twin")
    assert nora.post(NEW, said(world, clinic=str(twin.clinic.uuid))).status_code == 422
    with pytest.raises(NotFound):
        make(world, world.nora.user, clinic=twin.clinic.uuid)
    Membership.objects.filter(user=world.dana).update(state=MembershipState.SUSPENDED.value)
    assert not clinics_of(world.dana).exists()


def test_everybody_sees_and_revokes_their_own(world, nora):
    """AC2: another person's is not there."""
    mine, other = make(world, world.nora.user), make(world, world.omar.user, name="omars")
    assert "omars" not in nora.get("/account/tokens/").content.decode()
    gone = [nora.post(f"/account/tokens/{uuid}/revoke/") for uuid in (other.uuid, uuid4())]
    assert {answer.status_code for answer in gone} == {404}
    assert gone[0].content == gone[1].content
    assert nora.post(f"/account/tokens/{mine.uuid}/revoke/").status_code == 302
    alive = ApiToken.objects.filter(revoked_at__isnull=True)
    assert [row.pk for row in alive] == [other.pk]
    assert AuditRow.objects.filter(action="token.revoke").count() == 1


def test_a_look_revokes_nothing(world, nora):
    """BR1."""
    mine = make(world, world.nora.user)
    assert nora.get(f"/account/tokens/{mine.uuid}/revoke/").status_code == 405
    assert ApiToken.objects.get().revoked_at is None


def test_not_more_than_anybody_needs(world):
    for _ in range(MOST):
        make(world, world.nora.user)
    with pytest.raises(BadInput):
        make(world, world.nora.user)
