"""A token opens one clinic, for one person, until it is revoked; and a session needs CSRF."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actions.tokens import create_token
from accounts.actor import Actor
from accounts.models import ApiToken, AuditRow, Membership, MembershipState
from tests.api.caller import Caller, token
from tests.world import NOW, build


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_token_acts_as_its_person(world, caller):
    assert caller(world.nora).get("me/").json()["email"] == "nora@example.org"


def test_only_the_hash_is_kept(world):
    made = create_token(
        clinic=world.clinic.uuid,
        name="calendar",
        days=90,
        second_factor=False,
        actor=Actor.of(world.nora.user, None),
        now=NOW,
    )
    assert len(made.secret) > 40
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_apitoken")
        assert made.secret not in str(cursor.fetchall())
    assert made.secret not in str(list(AuditRow.objects.values()))
    calling = Caller(Client(), world.clinic, {"Authorization": f"Bearer {made.secret}"})
    assert calling.get("me/").status_code == 200


@pytest.mark.parametrize(
    "spoil",
    [
        {"revoked_at": NOW},
        {"expires_at": NOW},
        {"expires_at": NOW - timedelta(days=1)},
    ],
)
def test_what_has_ended_opens_nothing(world, caller, spoil):
    """AC7: from the next request on."""
    nora = caller(world.nora)
    assert nora.get("me/").status_code == 200
    ApiToken.objects.update(**spoil)
    assert code(nora.get("me/")) == (401, "not_authenticated")
    assert nora.get("services/").status_code == 401  # not even what is open to all


def test_a_deactivated_person_opens_nothing(world, caller):
    """AC7."""
    dana = caller(world.dana)
    assert dana.get("bookings/").status_code == 200
    world.dana.is_active = False
    world.dana.save()
    assert code(dana.get("bookings/")) == (401, "not_authenticated")


def test_a_lost_role_acts_at_once(world, caller, book):
    """AC6."""
    hers = book(caller(world.nora))["id"]
    dana = caller(world.dana)
    assert dana.get(f"bookings/{hers}/").status_code == 200
    Membership.objects.filter(user=world.dana).update(state=MembershipState.SUSPENDED.value)
    assert dana.get(f"bookings/{hers}/").status_code == 404


def test_another_clinics_token(world, caller):
    """AC3: also where the person is known in both."""
    twin = build("cove", "Twin")
    Membership.objects.create(clinic=twin.clinic, user=world.dana, role="desk")
    here = caller(world.dana)
    there = Caller(Client(), twin.clinic, here.headers)
    assert here.get("bookings/").status_code == 200
    assert code(there.get("bookings/")) == (401, "not_authenticated")


@pytest.mark.parametrize("text", ["", "x", "ths_guess", "ü", "a b", "x" * 5000])
def test_a_guess(caller, text: str):
    stranger = caller()
    stranger.headers = {"Authorization": f"Bearer {text}".encode().decode("latin-1")}
    answer = stranger.get("services/")
    assert code(answer) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_guesses_are_limited_by_address(caller):
    """TK10, AU8: rotating X-Forwarded-For does not help."""
    cache.clear()
    stranger = caller()
    stranger.headers = {"Authorization": "Bearer ths_guess"}
    seen = [
        stranger.get("me/", **{"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(40)
    ]
    assert seen == [401] * 30 + [429] * 10
    answer = stranger.get("me/")
    assert code(answer) == (429, "throttled") and int(answer["Retry-After"]) > 0


def test_staff_need_a_token_made_with_a_second_factor(world, caller, book):
    """AU2: also who became staff after it was made."""
    weak = Caller(
        Client(),
        world.clinic,
        {"Authorization": f"Bearer {token(world.nora.user, world.clinic, second_factor=False)}"},
    )
    assert weak.get("bookings/").status_code == 200
    Membership.objects.create(clinic=world.clinic, user=world.nora.user, role="desk")
    assert code(weak.get("bookings/")) == (403, "second_factor_required")


def test_its_last_use_is_noted_once_a_minute(world, caller, clock):
    nora = caller(world.nora)
    nora.get("me/")
    assert ApiToken.objects.get().last_used_at == NOW
    clock.shift(timedelta(seconds=59))
    with CaptureQueriesContext(connection) as queries:
        nora.get("me/")
    assert not [q for q in queries if "UPDATE" in q["sql"]]
    clock.shift(timedelta(seconds=1))
    nora.get("me/")
    assert ApiToken.objects.get().last_used_at == NOW + timedelta(seconds=60)


def test_history_says_that_it_was_a_token(world, caller, book):
    """LG1."""
    book(caller(world.nora))
    row = AuditRow.objects.filter(action="booking.book").get()
    assert (row.actor_kind, row.actor_id) == ("token", str(world.nora.user.pk))


# Sessions


def session(world, who, sign_in, **how) -> Caller:
    client = sign_in(Client(enforce_csrf_checks=True), getattr(who, "user", who), **how)
    return Caller(client, world.clinic)


def test_a_session_reads(world, sign_in):
    nora = session(world, world.nora, sign_in, second_factor=False)
    assert nora.get("me/").status_code == 200


def test_a_session_writes_with_the_csrf_header_only(world, sign_in):
    """BR1: a page elsewhere cannot write in a person's name."""
    nora = session(world, world.nora, sign_in, second_factor=False)
    refused = nora.patch("me/", {"called": "X"})
    assert code(refused) == (403, "csrf_failed")
    key = "a" * 32
    nora.client.cookies["csrf"] = key
    assert nora.patch("me/", {"called": "X"}, X_CSRFToken=key).status_code == 200


def test_staff_sessions_need_a_second_factor(world, sign_in):
    """AU2."""
    weak = session(world, world.dana, sign_in, second_factor=False)
    assert code(weak.get("bookings/")) == (403, "second_factor_required")
    assert session(world, world.dana, sign_in).get("bookings/").status_code == 200
