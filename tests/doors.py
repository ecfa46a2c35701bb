"""Coming in through a door, without typing codes: for tests that are about what lies behind it."""

from __future__ import annotations

import re

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.http import HttpRequest, HttpResponse
from django.test import Client

from accounts.models import User

CODE = re.compile(r"[A-Z0-9-]{4,12}")


def sign_in(client: Client, user: User, mfa: bool = True) -> Client:
    """`user` has just signed in on `client`; with `mfa`, by a second factor as staff need it.

    `mfa=False` makes no authenticator; it removes none either.
    """
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    if mfa:
        totp_secret(user)
        note(session, user, "mfa", type="totp", reauthenticated=True)
    session.create()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def remember(client: Client, user: User, method: str, **facts: object) -> None:
    """The session knows of this proof, given now: "password", "code" or "mfa"."""
    session = client.session
    note(session, user, method, **facts)
    session.save()


def note(session: SessionStore, user: User, method: str, **facts: object) -> None:
    request = HttpRequest()
    request.session = session
    record_authentication(request, user, method, **facts)


def totp_secret(user: User) -> str:
    """The secret of the user's authenticator app, which is made if there is none."""
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if found:
        return decrypt(found.data["secret"])
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def totp_code(secret: str, step: int = 0) -> str:
    """What the app shows now, or `step` half minutes later. Each is good for one use."""
    now = list(yield_hotp_counters_from_time())[1]
    return format_hotp_value(hotp_value(secret, now + step))


def code_mailed_to(email: str) -> str:
    """The newest code that went to this address; raises if there was none."""
    texts = [str(one.body) for one in mail.outbox if one.to == [email]]
    found = [line for line in texts[-1].splitlines() if CODE.fullmatch(line.strip())]
    return found[0].strip()


def come_in(client: Client, email: str, door: str = "/sign-in/", onward: str = "") -> HttpResponse:
    """Through the one door, by the code that was mailed; the answer to the typed code."""
    asked = client.post(door, {"email": email, "next": onward})
    assert asked.status_code == 302, asked.content.decode()
    return client.post(asked["Location"], {"code": code_mailed_to(email)})


def is_in(client: Client) -> bool:
    return SESSION_KEY in client.session
