"""Staff reach nothing without a second factor, by whatever way they came in."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth import SESSION_KEY, get_user_model
from django.test import Client

from accounts.models import Clinic, Membership, MembershipState, Role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.house.urls")]
PASSWORD = "quite a long phrase"
ENROL = "/accounts/2fa/totp/activate/"
AGAIN = "/accounts/2fa/reauthenticate/"


def user(name: str, **fields):
    return get_user_model().objects.create_user(
        f"{name}@example.org", PASSWORD, name=name, **fields
    )


@pytest.fixture
def dana():
    """At the front desk."""
    dana = user("dana")
    clinic = Clinic.objects.create(name="Harbor", slug="harbor", time_zone="UTC")
    Membership.objects.create(clinic=clinic, user=dana, role=Role.DESK.value)
    return dana


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


@pytest.mark.parametrize("role", Role.values)
def test_staff_without_one_are_led_to_make_one(client: Client, sign_in, dana, role: str):
    """AU2: pages lead to the enrol page, the API says 403."""
    Membership.objects.update(role=role)
    sign_in(client, dana, second_factor=False)
    for path in ("/page/", "/poll/", "/public/", "/admin/", "/accounts/2fa/recovery-codes/"):
        answer = client.get(path)
        assert (answer.status_code, answer.get("Location")) == (302, ENROL), path
    answer = client.get("/api/page/")
    assert answer.status_code == 403
    assert answer.json()["code"] == "second_factor_required"


def test_operators_need_one_as_well(client: Client, sign_in):
    """AC10."""
    sign_in(client, user("olga", is_staff=True, is_superuser=True), second_factor=False)
    assert client.get("/admin/")["Location"] == ENROL


def test_staff_may_leave_without_one(client: Client, sign_in, dana):
    sign_in(client, dana, second_factor=False)
    client.post("/accounts/logout/")
    assert SESSION_KEY not in client.session


def test_patients_need_none(client: Client, sign_in):
    """AU2: patients are offered one."""
    sign_in(client, user("nora"), second_factor=False)
    assert client.get("/page/").status_code == 200


def test_a_suspended_role_is_no_role(client: Client, sign_in, dana):
    Membership.objects.update(state=MembershipState.SUSPENDED.value)
    sign_in(client, dana, second_factor=False)
    assert client.get("/page/").status_code == 200


def test_with_one_everything_opens(client: Client, sign_in, dana):
    """AU2."""
    assert sign_in(client, dana).get("/page/").status_code == 200
    assert client.get("/api/page/").status_code == 200


def test_making_one_opens_the_door(client: Client, sign_in, dana):
    """AU2: from the enrol page straight on, in the same session."""
    from allauth.account.internal.flows.login import record_authentication
    from django.http import HttpRequest

    sign_in(client, dana, second_factor=False)
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, dana, "password", reauthenticated=True)
    request.session.save()
    page = client.get(ENROL)
    assert page.status_code == 200
    secret = page.context["form"].secret
    assert client.post(ENROL, {"code": code(secret)}).status_code == 302
    assert Authenticator.objects.filter(user=dana, type="totp").exists()
    assert client.get("/page/").status_code == 200


def test_a_wrong_code_opens_nothing(client: Client, sign_in, dana):
    sign_in(client, dana, second_factor=False)
    client.post(ENROL, {"code": "000000"})
    assert client.get("/page/")["Location"] == ENROL


def test_a_session_without_it_is_asked_and_can_change_nothing(client: Client, sign_in, dana):
    """AU3: the authenticator was made elsewhere; a password alone must not remove or replace it."""
    sign_in(client, dana, second_factor=False)
    TOTP.activate(dana, generate_totp_secret())
    for path in (
        "/page/",
        ENROL,
        "/accounts/2fa/totp/deactivate/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/reauthenticate/",
        "/admin/",
    ):
        answer = client.get(path)
        assert answer.status_code == 302 and answer["Location"].startswith(AGAIN), path
    assert client.get("/api/page/").status_code == 403
    assert client.get(AGAIN).status_code == 200


def test_the_admin_has_no_sign_in_of_its_own(client: Client):
    """AC10: name and password posted to Django's admin sign nobody in."""
    olga = user("olga", is_staff=True, is_superuser=True)
    TOTP.activate(olga, generate_totp_secret())
    for path in ("/admin/login/", "/admin/login/?next=/admin/"):
        answer = client.post(path, {"username": olga.email, "password": PASSWORD})
        assert answer.status_code == 302 and answer["Location"].startswith("/sign-in/")
        assert SESSION_KEY not in client.session


def test_a_password_alone_signs_nobody_in_who_has_more(client: Client, dana):
    """AU3."""
    TOTP.activate(dana, generate_totp_secret())
    client.post("/accounts/login/", {"login": dana.email, "password": PASSWORD})
    assert SESSION_KEY not in client.session


def test_the_admin_is_hidden_from_everybody_else(client: Client, sign_in, dana):
    """AC2, AC10: staff of a clinic are no operators."""
    sign_in(client, dana)
    assert client.get("/admin/", follow=True).status_code == 404
