"""A mail server that listens, and a worker at a given time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from scheduling.outbox.worker import Worker
from tests.outbox.sink import Listening, Sink, listen
from tests.world import NOW, World, build


@pytest.fixture(scope="session")
def mail_server() -> Iterator[tuple[Sink, Listening]]:
    sink, controller = listen()
    yield sink, controller
    sink.clear()
    controller.stop()


@pytest.fixture
def sink(mail_server, settings, mail_stays_here) -> Iterator[Sink]:
    """Mail goes by SMTP over a real socket."""
    found, controller = mail_server
    found.clear()
    settings.MAIL_BACKEND = "scheduling.outbox.transport.SmtpBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = False, 5
    settings.DEFAULT_FROM_EMAIL = "mail@clinic.example"
    settings.SITE_URL = "https://clinic.example"
    yield found
    found.clear()


@pytest.fixture
def work() -> Callable[..., int]:
    """Do all that is due at a time."""
    return lambda now=NOW: Worker(lambda: now).drain()


@pytest.fixture
def world(db) -> World:
    return build()
