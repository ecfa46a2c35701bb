"""What every test has: a fixed present, quick passwords, one recipient a message.

The database is the one that DATABASE_URL names, else SQLite in memory; `scripts/test` runs both.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.test import Client, TransactionTestCase

from tests import doors
from tests.guard.lift import lift_for_flush
from tests.world import NOW


def pytest_configure() -> None:
    """Transactional tests end with a flush: of append-only tables too, and of the cache's table,
    which belongs to no model."""
    lift_for_flush()
    flush = TransactionTestCase._fixture_teardown

    def flush_all(case: TransactionTestCase) -> None:
        flush(case)
        cache.clear()

    TransactionTestCase._fixture_teardown = flush_all


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it again and again takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


@pytest.fixture
def now() -> datetime:
    """The present that actions and queries are given."""
    return NOW


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Doors read the clock: it stands at `now` until a test says `clock.shift(...)`."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def quick_passwords(settings) -> None:
    """Argon2 is slow on purpose; tests that are about it set it back."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def static_files_when_asked(settings) -> None:
    """Otherwise every client of every test would list all static files first."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def mail_stays_here(settings) -> None:
    """What the worker would send lies in `mail.outbox`."""
    settings.MAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(autouse=True)
def one_recipient_a_message(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """PR4: whatever a test does, no message goes to two people."""
    crowded: list[str] = []
    send = EmailMessage.send

    def watched(message: EmailMessage, fail_silently: bool = False) -> int:
        if len(message.recipients()) > 1:
            crowded.append(message.subject)
        return send(message, fail_silently)

    monkeypatch.setattr(EmailMessage, "send", watched)
    yield
    crowded += [m.subject for m in getattr(mail, "outbox", []) if len(m.recipients()) > 1]
    assert not crowded, f"one message, several recipients: {crowded}"


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    """`sign_in(client, user)`: with a second factor, unless told `second_factor=False`."""

    def signed_in(client: Client, user, *, second_factor: bool = True) -> Client:
        return doors.sign_in(client, user, mfa=second_factor)

    return signed_in
