"""Every way in asks for the same: who has a second factor is nowhere without it."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client

from tests import world
from tests.doors import code_mailed_to, come_in, is_in, sign_in, totp_code, totp_secret

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PASSWORD, DANA = "quite a long phrase", "dana@example.org"
SECOND = "/accounts/2fa/authenticate/"


@pytest.fixture
def dana():
    """At the front desk; has a password, an authenticator app, and an address that is confirmed."""
    dana = world.member(world.clinic(), "Dana", "desk")
    dana.set_password(PASSWORD)
    dana.save()
    EmailAddress.objects.create(user=dana, email=DANA, verified=True, primary=True)
    totp_secret(dana)
    return dana


def by_password(client: Client) -> None:
    client.post("/accounts/login/", {"login": DANA, "password": PASSWORD})


def by_code(client: Client) -> None:
    come_in(client, DANA)


def by_reset(client: Client) -> None:
    page = client.post("/accounts/password/reset/", {"email": DANA})["Location"]
    page = client.post(page, {"code": code_mailed_to(DANA)})["Location"]
    new = "another long phrase"
    assert client.post(page, {"password1": new, "password2": new}).status_code == 302
    client.post("/accounts/login/", {"login": DANA, "password": new})


def by_confirmed_address(client: Client) -> None:
    EmailAddress.objects.update(verified=False)
    page = client.post("/accounts/login/", {"login": DANA, "password": PASSWORD})["Location"]
    assert page == "/accounts/confirm-email/"
    client.post(page, {"code": code_mailed_to(DANA)})
    assert EmailAddress.objects.get().verified


def by_admin(client: Client) -> None:
    client.post("/admin/login/?next=/admin/", {"username": DANA, "password": PASSWORD})


def by_basic_header(client: Client) -> None:
    client.get("/api/v1/clinics/harbor/me/", headers={"Authorization": "Basic ZGFuYTpx"})


def by_passkey(client: Client) -> None:
    client.post("/accounts/2fa/webauthn/login/", {"credential": "{}"})


WAYS = [
    by_password,
    by_code,
    by_reset,
    by_confirmed_address,
    by_admin,
    by_basic_header,
    by_passkey,
]
ONE_STEP = [by_password, by_code, by_reset, by_confirmed_address]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_way_ends_before_the_second_factor(dana, way):
    """AU3: nobody who has one is signed in without it."""
    client = Client()
    way(client)
    assert not is_in(client)
    assert client.get("/account/")["Location"].startswith("/sign-in/")
    assert client.get("/api/v1/clinics/harbor/me/").status_code == 401


@pytest.mark.parametrize("way", ONE_STEP, ids=lambda way: way.__name__)
def test_the_second_factor_ends_it(dana, way):
    """AU3: and then the session knows of it."""
    client = Client()
    way(client)
    assert client.get(SECOND).status_code == 200
    client.post(SECOND, {"code": totp_code(totp_secret(dana))})
    assert is_in(client)
    assert client.get("/account/").status_code == 200


def test_no_other_way_in_is_mounted(dana):
    """AU3: allauth's sign-up and its headless API are not there."""
    for path in (
        "/accounts/signup/",
        "/accounts/login/code/",
        "/accounts/2fa/webauthn/signup/",
        "/_allauth/browser/v1/auth/login",
        "/_allauth/app/v1/auth/session",
        "/api-auth/login/",
        "/accounts/2fa/trust/",
    ):
        assert Client().post(path).status_code == 404, path


def test_staff_without_a_factor_are_led_to_make_one(dana):
    """AU2: after the code they are in, and get no further than the enrol page."""
    Authenticator.objects.all().delete()
    client = Client()
    come_in(client, DANA)
    assert client.get("/account/")["Location"] == "/accounts/2fa/totp/activate/"


def test_the_recovery_codes_follow_the_new_factor_at_once(dana):
    """AU4: the app's code works once, so that asking for another would mean to wait for it."""
    Authenticator.objects.all().delete()
    dana.set_unusable_password()
    dana.save()
    client = Client()
    come_in(client, DANA)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    made = client.post("/accounts/2fa/totp/activate/", {"code": totp_code(secret)}, follow=True)
    assert made.redirect_chain == [("/accounts/2fa/recovery-codes/", 302)]
    assert made.status_code == 200


def test_a_totp_code_works_once(dana):
    """AU4: the same code does not open a second browser."""
    first, second = Client(), Client()
    code = totp_code(totp_secret(dana))
    for client in (first, second):
        by_password(client)
        client.post(SECOND, {"code": code})
    assert is_in(first) and not is_in(second)


def test_a_recovery_code_works_once(dana):
    """AU4."""
    code = RecoveryCodes.activate(dana).get_unused_codes()[0]
    clients = [Client(), Client()]
    for client in clients:
        by_password(client)
        client.post(SECOND, {"code": code})
    assert [is_in(client) for client in clients] == [True, False]


def test_second_factors_cannot_be_guessed(dana):
    """AU4: after some wrong codes even the right one is refused, in every browser; also where it
    protects a change."""
    for _ in range(10):
        client = Client()
        by_password(client)
        client.post(SECOND, {"code": "000000"})
    client = Client()
    by_password(client)
    assert client.get(SECOND).status_code == 200
    client.post(SECOND, {"code": totp_code(totp_secret(dana))})
    assert not is_in(client)


def test_guesses_at_a_protected_change_are_limited(dana):
    """AU4 (CVE-2026-27801)."""
    client = sign_in(Client(), dana)
    path = "/accounts/2fa/reauthenticate/?next=/account/"
    tries = [client.post(path, {"code": "000000"}).status_code for _ in range(12)]
    answer = client.post(path, {"code": totp_code(totp_secret(dana))})
    assert tries[0] == 200 and answer.status_code != 302


def test_secrets_are_sealed_at_rest(dana):
    """AU5: raw SQL shows neither TOTP secret nor recovery seed."""
    RecoveryCodes.activate(dana)
    secret = totp_secret(dana)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        stored = str(cursor.fetchall())
    assert secret not in stored
    for row in Authenticator.objects.all():
        for value in (row.data.get("secret"), row.data.get("seed")):
            assert value is None or value.startswith("v1.")


def test_passwords_cannot_be_guessed(dana):
    """AU8: the sixth wrong password in five minutes, then the right one is refused too; from other
    places, with other headers, in other processes (the count stands in the database)."""
    for n in range(6):
        Client(REMOTE_ADDR=f"198.51.100.{n}").post(
            "/accounts/login/",
            {"login": DANA, "password": "wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{n}"},
        )
    client = Client(REMOTE_ADDR="198.51.100.77")
    page = client.post("/accounts/login/", {"login": DANA, "password": PASSWORD})
    assert page.status_code == 200 and b"Too many" in page.content


def test_one_place_cannot_guess_at_many_accounts(dana):
    """AU8: 50 sign-ins from one address with a new X-Forwarded-For each."""
    answers = [
        Client()
        .post(
            "/accounts/login/",
            {"login": f"p{n}@example.org", "password": "wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{n}"},
        )
        .content
        for n in range(15)
    ]
    assert b"Too many" not in answers[0] and b"Too many" in answers[-1]


def test_the_counts_are_shared_by_all_processes():
    """AU8: the cache is a table, not a process's memory."""
    assert django_settings.CACHES["default"]["BACKEND"].endswith("db.DatabaseCache")
    assert django_settings.ALLAUTH_TRUSTED_PROXY_COUNT == 0
    assert django_settings.REST_FRAMEWORK["NUM_PROXIES"] == 0


def test_reset_and_password_do_not_tell_who_is_known(dana):
    """AU9: same status, address and cookies for a known and an unknown address."""
    seen = []
    for email in (DANA, "nobody@example.org"):
        client = Client()
        reset = client.post("/accounts/password/reset/", {"email": email})
        page = client.get(reset["Location"])
        wrong = Client().post("/accounts/login/", {"login": email, "password": "wrong phrase"})
        text = wrong.content.split(b"<main")[1].replace(email.encode(), b"")
        seen.append(
            (
                reset["Location"],
                page.status_code,
                sorted(client.cookies),
                wrong.status_code,
                text.partition(b"csrfmiddlewaretoken")[0],
            )
        )
    assert seen[0] == seen[1]
    assert {one.to[0] for one in mail.outbox} == {DANA, "nobody@example.org"}


def test_the_session_has_a_new_id_after_each_proof(dana):
    """SE3: at the first step, at the second, and when it is proved again."""
    client = Client()

    def key() -> str:
        return client.cookies[django_settings.SESSION_COOKIE_NAME].value

    client.get("/sign-in/")
    by_password(client)
    first = key()
    client.post(SECOND, {"code": totp_code(totp_secret(dana))})
    second = key()
    client.post(
        "/accounts/2fa/reauthenticate/?next=/account/",
        {"code": totp_code(totp_secret(dana), step=1)},
    )
    third = key()
    assert is_in(client)
    assert len({first, second, third}) == 3
    assert not Session.objects.filter(session_key__in=[first, second]).exists()


def test_signing_out_ends_the_session_on_the_server(dana):
    """SE3: the old cookie opens nothing."""
    client = sign_in(Client(), dana)
    old = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    client.post("/accounts/logout/")
    assert not Session.objects.filter(session_key=old).exists()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = old
    assert client.get("/account/").status_code == 302


def test_looking_at_the_sign_out_page_signs_nobody_out(dana):
    """BR1."""
    client = sign_in(Client(), dana)
    assert client.get("/accounts/logout/").status_code == 200 and is_in(client)


def test_one_sees_and_ends_ones_other_sessions(dana):
    """SE4: two browsers; one ends the other."""
    here, there = Client(), Client()
    for step, client in enumerate((here, there)):
        by_password(client)
        client.post(SECOND, {"code": totp_code(totp_secret(dana), step=step)})
        assert client.get("/account/").status_code == 200
    assert here.get("/accounts/sessions/").status_code == 200
    here.post("/accounts/sessions/")
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302


def test_a_new_password_ends_the_others(dana):
    """SE4, AU7: and a notice goes out that says no more than that."""
    there = sign_in(Client(), dana)
    here = sign_in(Client(), dana)
    new = "another long phrase"
    answer = here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert answer.status_code == 302
    assert there.get("/account/").status_code == 302
    [notice] = mail.outbox
    assert notice.to == [DANA] and "changed" in notice.body and "Harbor" not in notice.body


def test_reauthentication_is_asked_after_five_minutes(dana, clock):
    """AU7: for what protects the account."""
    client = sign_in(Client(), dana)
    assert client.get("/accounts/email/").status_code == 200
    clock.shift(301)
    for path in ("/accounts/email/", "/accounts/2fa/webauthn/add/", "/accounts/password/set/"):
        assert "reauthenticate" in client.get(path)["Location"], path
