"""Hand one message's bytes to a mail server, and say exactly what came of it.

A `Failed` is *certain* when the message was not accepted for sure, and *permanent* when trying
again cannot help. Where the connection breaks after the message went out, nobody knows.
`MAIL_BACKEND` names a class with `deliver` and `close` as `SmtpBackend` has them, or one of
Django's mail backends.
"""

from __future__ import annotations

import smtplib
import ssl
from email import message_from_bytes
from email.message import Message
from email.policy import SMTP
from email.utils import parseaddr
from typing import Any, Protocol, cast

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.module_loading import import_string

from scheduling.outbox.queue import Failed


class Backend(Protocol):
    """What carries a message away. `deliver` raises Failed; `close` never fails."""

    def deliver(self, sender: str, recipient: str, data: bytes) -> None: ...

    def close(self) -> None: ...


class Mailer:
    """The backend of the settings, opened at the first message and kept for a batch."""

    def __init__(self) -> None:
        self.backend: Backend | None = None

    def deliver(self, recipient: str, data: bytes) -> None:
        """One message to one address (PR4). What comes back goes to BOUNCE_ADDRESS."""
        if self.backend is None:
            self.backend = make_backend()
        self.backend.deliver(settings.BOUNCE_ADDRESS or sender_address(), recipient, data)

    def close(self) -> None:
        if self.backend is not None:
            self.backend.close()
            self.backend = None


def make_backend() -> Backend:
    made = import_string(settings.MAIL_BACKEND)()
    return made if hasattr(made, "deliver") else DjangoBackend(made)


def sender_address() -> str:
    """The bare address of DEFAULT_FROM_EMAIL: From, and organizer of invites."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


class SmtpBackend:
    """One SMTP connection. With EMAIL_USE_TLS it is STARTTLS or nothing (EN1)."""

    def __init__(self) -> None:
        self.server: smtplib.SMTP | None = None

    def deliver(self, sender: str, recipient: str, data: bytes) -> None:
        server = self._open()
        try:
            self._address(server, sender, recipient)
            self._hand_over(server, data)
        except Failed:
            self._reset(server)
            raise
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Failed("connection_lost") from error

    def close(self) -> None:
        server, self.server = self.server, None
        if server is not None:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()

    def _open(self) -> smtplib.SMTP:
        """The open connection, if the server still keeps it; else a new one."""
        if self.server is not None:
            try:
                if self.server.noop()[0] == 250:
                    return self.server
            except (OSError, smtplib.SMTPException):
                pass
            self.close()
        try:
            self.server = connect()
        except smtplib.SMTPNotSupportedError as error:
            raise Failed("no_tls") from error
        except smtplib.SMTPAuthenticationError as error:
            raise Failed("sign_in_refused") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Failed("unreachable") from error
        return self.server

    def _address(self, server: smtplib.SMTP, sender: str, recipient: str) -> None:
        code, _ = server.mail(sender)
        if code != 250:
            raise Failed("sender_refused")  # ours to mend, so it is tried again
        code, _ = server.rcpt(recipient)
        if code not in (250, 251):
            permanent = 500 <= code < 600
            raise Failed("bounced" if permanent else "deferred", permanent=permanent)

    def _hand_over(self, server: smtplib.SMTP, data: bytes) -> None:
        try:
            code, _ = server.data(data)
        except smtplib.SMTPDataError as error:  # before a byte of the message
            raise Failed("deferred", permanent=False) from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Failed("no_answer", certain=False) from error
        if code != 250:
            permanent = 500 <= code < 600
            raise Failed("refused" if permanent else "deferred", permanent=permanent)

    def _reset(self, server: smtplib.SMTP) -> None:
        if self.server is None:
            return
        try:
            server.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


def connect() -> smtplib.SMTP:
    """A connection to the server of the settings, encrypted and signed in as they ask.

    Says the sender's domain as its own name, so that no look-up of this machine's is needed.
    """
    name = sender_address().rpartition("@")[2] or "localhost"
    host, port, patience = settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT
    server: smtplib.SMTP
    if getattr(settings, "EMAIL_USE_SSL", False):
        server = smtplib.SMTP_SSL(host, port, name, timeout=patience, context=trusting())
    else:
        server = smtplib.SMTP(host, port, name, timeout=patience)
    try:
        if settings.EMAIL_USE_TLS:
            server.starttls(context=trusting())
        if settings.EMAIL_HOST_USER:
            server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def trusting() -> ssl.SSLContext:
    """Certificate and host name are checked, against what this machine trusts."""
    return ssl.create_default_context()


class DjangoBackend:
    """One of Django's own mail backends in the part of ours; tests read `mail.outbox` by it."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend

    def deliver(self, sender: str, recipient: str, data: bytes) -> None:
        try:
            sent = self.backend.send_messages([RawMessage(sender, recipient, data)])
        except (OSError, smtplib.SMTPException) as error:
            raise Failed("no_answer", certain=False) from error
        if not sent:
            raise Failed("refused")

    def close(self) -> None:
        self.backend.close()


class RawMessage(EmailMultiAlternatives):
    """A finished message in Django's clothes; `message()` is what was composed."""

    def __init__(self, sender: str, recipient: str, data: bytes) -> None:
        self.parsed = message_from_bytes(data, policy=SMTP)
        parts = {part.get_content_type(): part for part in self.parsed.walk()}
        plain, html = parts.get("text/plain"), parts.get("text/html")
        super().__init__(
            subject=str(self.parsed["Subject"] or ""),
            body=text_of(plain) if plain else "",
            from_email=sender,
            to=[recipient],
        )
        if html:
            self.attach_alternative(text_of(html), "text/html")

    def message(self, *, policy: Any = None) -> Any:
        return self.parsed


def text_of(part: Message) -> str:
    return cast(bytes, part.get_payload(decode=True)).decode(part.get_content_charset() or "utf-8")
