"""A mail server that listens, and a worker at a given time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from scheduling.outbox.sweeps import SWEEPS, Sweep
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
    """Do all that is due at a time. What is swept every ten minutes or less often is, as in a
    worker that lives on, not swept again at once."""
    seldom = {sweep for every, sweep in SWEEPS if every >= 600}
    swept: dict[Sweep, datetime] = {}

    def drain(now: datetime = NOW) -> int:
        worker = Worker(lambda: now)
        worker.sweeps.due.update(swept)
        done = worker.drain()
        swept.update({one: due for one, due in worker.sweeps.due.items() if one in seldom})
        return done

    return drain


@pytest.fixture
def world(db) -> World:
    return build()
