"""Adding a passkey or an app needs a live session, a fresh proof, and the server's challenge."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.test import Client

from tests import world
from tests.doors import code_mailed_to, come_in, is_in, sign_in, totp_code, totp_secret
from tests.passkey import Passkey, challenge_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
NORA = "nora@example.org"
ADD, APP = "/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/activate/"
AGAIN = "/accounts/reauthenticate/code/"
CHANGES = [
    ADD,
    APP,
    "/accounts/2fa/totp/deactivate/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/webauthn/keys/1/remove/",
    "/accounts/2fa/webauthn/keys/1/edit/",
    "/accounts/password/set/",
    "/accounts/email/",
]


@pytest.fixture
def nora():
    return world.patient(world.clinic(), "Nora").user


@pytest.fixture
def browser(nora):
    """Came in by the code, as patients do: no password, no second factor."""
    client = Client()
    come_in(client, NORA)
    mail.outbox.clear()
    return client


@pytest.mark.parametrize("path", CHANGES)
def test_nobody_changes_an_account_from_outside(nora, path: str):
    """AU6 (GHSA-g233-m625-m3pc): anonymous, with the victim's id in every field; on every one of
    the sibling routes."""
    body = {"user": nora.pk, "user_id": nora.pk, "id": nora.pk, "credential": "{}", "code": "1"}
    for client in (Client(), sign_in(Client(), world.user("Mallory"), mfa=False)):
        client.get(path)
        client.post(path, body)
    assert not Authenticator.objects.filter(user=nora).exists()
    assert not nora.emailaddress_set.exclude(email=NORA).exists()


@pytest.mark.parametrize("path", [ADD, APP, "/accounts/password/set/", "/accounts/email/"])
def test_a_stale_session_proves_it_again(browser, clock, path: str):
    """AU6: also where there is neither password nor factor: by another code."""
    assert browser.get(path).status_code == 200
    clock.shift(timedelta(minutes=5, seconds=1))
    for method in ("get", "post"):
        assert getattr(browser, method)(path)["Location"].startswith(AGAIN), method


def test_by_another_code_one_goes_on(browser, clock):
    """AU6, SE3: where one was, under a new session id."""
    clock.shift(timedelta(minutes=6))
    page = browser.get(APP)["Location"]
    before = browser.cookies[settings.SESSION_COOKIE_NAME].value
    sent = browser.post(page)
    assert sent["Location"].startswith(AGAIN)
    done = browser.post(page, {"code": code_mailed_to(NORA)})
    assert done["Location"] == APP
    assert browser.cookies[settings.SESSION_COOKIE_NAME].value != before
    assert browser.get(APP).status_code == 200


def test_that_code_is_not_guessed(browser, clock):
    """AU4: three tries; it works once, and for ten minutes."""
    clock.shift(timedelta(minutes=6))
    browser.post(AGAIN)
    code = code_mailed_to(NORA)
    for _ in range(3):
        assert browser.post(AGAIN, {"code": "WRONG1"}).status_code == 422
    assert browser.post(AGAIN, {"code": code}).status_code == 422
    browser.post(AGAIN)
    code = code_mailed_to(NORA)
    clock.shift(timedelta(minutes=10, seconds=1))
    assert browser.post(AGAIN, {"code": code}).status_code == 422
    browser.post(AGAIN)
    assert browser.post(AGAIN, {"code": code_mailed_to(NORA)}).status_code == 302


def test_looking_at_that_page_sends_nothing(browser):
    """BR1."""
    for _ in range(2):
        assert browser.get(AGAIN).status_code == 200
    assert not mail.outbox


def test_a_passkey_answers_the_servers_challenge_once(browser, nora):
    """AU6: what the browser made up, or gave once before, adds nothing."""
    key = Passkey()

    def add(challenge: str) -> int:
        browser.post(ADD, {"name": "Key", "credential": key.made_for(challenge)})
        return Authenticator.objects.filter(user=nora, type="webauthn").count()

    assert browser.get(ADD).status_code == 200
    assert add("bWFkZSB1cA") == 0
    first = challenge_of(browser.get(ADD))
    assert add(first) == 1
    Authenticator.objects.all().delete()
    assert add(first) == 0
    assert challenge_of(browser.get(ADD)) != first
    assert add(first) == 0


@pytest.mark.parametrize("nonsense", ["{}", "[]", "null", '{"id": "YQ", "rawId": "YQ"}', "{"])
def test_nonsense_for_a_passkey_is_no_crash(browser, nora, nonsense: str):
    """AU6: on every route that reads one."""
    bad = Passkey().made_for("YQ").replace("webauthn.create", "x")
    for said in (nonsense, bad):
        browser.get(ADD)
        assert browser.post(ADD, {"name": "Key", "credential": said}).status_code in (200, 422)
        stranger = Client()
        stranger.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
        answer = stranger.post("/accounts/2fa/webauthn/login/", {"credential": said})
        assert answer.status_code in (200, 302, 422) and not is_in(stranger)
    assert not Authenticator.objects.filter(user=nora).exists()


def test_a_passkey_signs_in_alone(browser, nora):
    """AU2, AU3: it is both factors at once; bound to the challenge of its own session."""
    key = Passkey()
    challenge = challenge_of(browser.get(ADD))
    browser.post(ADD, {"name": "Key", "passwordless": "on", "credential": key.made_for(challenge)})
    asking, thief = Client(), Client()
    plain = {"Accept": "application/json"}
    begun = asking.get("/accounts/2fa/webauthn/login/", headers=plain).json()
    answer = key.answer(begun["request_options"]["publicKey"]["challenge"], nora)
    thief.get("/accounts/2fa/webauthn/login/", headers=plain)
    thief.post("/accounts/2fa/webauthn/login/", {"credential": answer})
    assert not is_in(thief)
    asking.post("/accounts/2fa/webauthn/login/", {"credential": answer})
    assert is_in(asking)
    again = Client()
    again.get("/accounts/2fa/webauthn/login/", headers=plain)
    again.post("/accounts/2fa/webauthn/login/", {"credential": answer})
    assert not is_in(again)


def test_an_app_needs_the_code_of_the_secret_that_was_shown(browser, nora):
    """AU6: a secret that the browser sends along is not taken."""
    browser.get(APP)
    browser.post(APP, {"code": totp_code("A" * 32), "secret": "A" * 32})
    assert not Authenticator.objects.filter(user=nora).exists()
    secret = browser.get(APP).context["form"].secret
    browser.post(APP, {"code": totp_code(secret)})
    assert Authenticator.objects.filter(user=nora, type="totp").exists()
    assert totp_secret(nora) == secret


def test_a_notice_goes_out(browser, nora, django_capture_on_commit_callbacks):
    """AU7: it names the change, and nothing of the clinic."""
    secret = browser.get(APP).context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(APP, {"code": totp_code(secret)})
    [notice] = [one for one in mail.outbox if "uthenticator" in one.body]
    assert notice.to == [NORA] and "Harbor" not in str(notice.message())


def test_a_new_address_is_proved_first(browser, nora):
    """AU7, AU9: by a code to it; an address that is taken gets the same answer."""
    world.user("Omar")
    for address, gets in (("fresh@example.org", True), ("omar@example.org", False)):
        answer = browser.post("/accounts/email/", {"email": address, "action_add": ""})
        assert answer["Location"] == "/accounts/confirm-email/"
        [message] = [one for one in mail.outbox if one.to == [address]]
        lines = {line.strip() for line in message.body.splitlines()}
        assert bool([one for one in lines if len(one) < 12 and one.isupper()]) is gets
        nora.refresh_from_db()
        assert nora.email == NORA


def test_a_proved_address_takes_the_place_of_the_old_one(browser, nora):
    page = browser.post("/accounts/email/", {"email": "Fresh@example.org", "action_add": ""})
    browser.post(page["Location"], {"code": code_mailed_to("fresh@example.org")})
    nora.refresh_from_db()
    assert nora.email == "fresh@example.org" and is_in(browser)
    assert [one.email for one in nora.emailaddress_set.all()] == ["fresh@example.org"]
