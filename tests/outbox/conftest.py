"""A mail server that listens, and a worker at a given time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from scheduling.outbox import sweeps, transport
from scheduling.outbox.worker import Worker
from tests.outbox.sink import Listening, Sink, Straight, listen
from tests.world import NOW, World, build

CONNECT = transport.connect


@pytest.fixture(scope="session")
def mail_server() -> Iterator[tuple[Sink, Listening]]:
    sink, controller = listen()
    yield sink, controller
    sink.clear()
    controller.stop()


@pytest.fixture
def sink(settings, monkeypatch, mail_stays_here) -> Sink:
    """What the worker's SMTP client hands over, without a socket between."""
    found = Sink()
    monkeypatch.setattr(transport, "connect", lambda: Straight(found))
    settings.MAIL_BACKEND = "scheduling.outbox.transport.SmtpBackend"
    settings.DEFAULT_FROM_EMAIL = "mail@clinic.example"
    settings.SITE_URL = "https://clinic.example"
    return found


@pytest.fixture
def over_a_socket(mail_server, sink, settings, monkeypatch) -> Iterator[Sink]:
    """The same with a real server: a file that is about that takes this for its `sink`."""
    found, controller = mail_server
    found.clear()
    monkeypatch.setattr(transport, "connect", CONNECT)
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = False, 5
    yield found
    found.clear()


@pytest.fixture
def work(request, monkeypatch) -> Callable[..., int]:
    """Do all that is due at a time. Of the sweeps, those in the file's SWEPT: most files are about
    what is told when something happens."""
    swept = getattr(request.module, "SWEPT", ())
    monkeypatch.setattr(sweeps, "SWEEPS", [one for one in sweeps.SWEEPS if one[1] in swept])
    return lambda now=NOW: Worker(lambda: now).drain()


@pytest.fixture
def world(db) -> World:
    return build()
