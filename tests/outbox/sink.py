"""A real SMTP server on a loopback socket that keeps what it is given and can misbehave."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import SMTP
from functools import cached_property

import icalendar
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server

from tests.databases import PATIENCE


@dataclass
class Received:
    sender: str
    to: str
    data: bytes

    @cached_property
    def mail(self):
        return message_from_bytes(self.data, policy=SMTP)

    @property
    def id(self) -> str:
        return self.mail["Message-ID"]

    @cached_property
    def text(self) -> str:
        return self.mail.get_body(("plain",)).get_content()

    @cached_property
    def html(self) -> str:
        return self.mail.get_body(("html",)).get_content()

    @cached_property
    def calendar_bytes(self) -> bytes | None:
        for part in self.mail.walk():
            if part.get_content_type() == "text/calendar":
                return part.get_payload(decode=True)
        return None

    @property
    def calendar(self) -> icalendar.Calendar | None:
        found = self.calendar_bytes
        return icalendar.Calendar.from_ical(found) if found else None

    @property
    def event(self):
        (found,) = self.calendar.events
        return found


@dataclass
class Sink:
    """`stall`: "rcpt" or "data" stops there (after the message is taken) until it is cleared."""

    messages: list[Received] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)  # recipient -> reply to RCPT
    answer_data: str = ""
    stall: str = ""
    slow: float = 0.0
    stalled: threading.Event = field(default_factory=threading.Event)
    connections: int = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        await self._stall("rcpt")
        if answer := self.answers.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(self.slow)
        (to,) = envelope.rcpt_tos  # PR4
        answer = self.take(Received(envelope.mail_from, to, envelope.content))
        await self._stall("data")
        return answer

    def take(self, message: Received) -> str:
        if not self.answer_data:
            self.messages.append(message)
        return self.answer_data or "250 OK"

    async def _stall(self, where: str) -> None:
        while self.stall == where:
            self.stalled.set()
            await asyncio.sleep(0.01)

    def to(self, address: str) -> list[Received]:
        return [message for message in self.messages if message.to == address]

    def wait(self, count: int) -> None:
        end = time.monotonic() + PATIENCE
        while len(self.messages) < count:
            assert time.monotonic() < end, f"{len(self.messages)} of {count} messages came"
            time.sleep(0.02)

    def clear(self) -> None:
        self.messages.clear()
        self.answers.clear()
        self.stalled.clear()
        self.stall, self.answer_data, self.slow = "", "", 0.0


class Straight:
    """A connection to a sink without a socket, as `smtplib.SMTP` answers."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    def mail(self, sender: str) -> tuple[int, bytes]:
        self.sender = sender
        return 250, b"OK"

    def rcpt(self, recipient: str) -> tuple[int, bytes]:
        self.recipient = recipient
        return code_of(self.sink.answers.get(recipient, "250 OK"))

    def data(self, message: bytes) -> tuple[int, bytes]:
        return code_of(self.sink.take(Received(self.sender, self.recipient, message)))

    def noop(self) -> tuple[int, bytes]:
        return 250, b"OK"

    rset = quit = close = noop


def code_of(answer: str) -> tuple[int, bytes]:
    code, _, text = answer.partition(" ")
    return int(code), text.encode()


class Listening(Controller):
    """On a free port of the loopback; the machine's name is not looked up."""

    def factory(self):
        return Server(self.handler, hostname="sink.example", **self.SMTP_kwargs)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def listen(**options) -> tuple[Sink, Listening]:
    """A server that runs; `options` are aiosmtpd's, as for TLS."""
    sink = Sink()
    controller = Listening(sink, hostname="127.0.0.1", port=0, **options)
    controller.start()
    return sink, controller
