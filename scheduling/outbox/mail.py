"""Where Django's mail goes (`EMAIL_BACKEND`): into the outbox, in the transaction that is open.

So a sign-in code is sent if and only if what made it was committed, a page never waits for a mail
server, and a mail server that is down breaks no page. The worker sends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from accounts.mail import ClinicMail
from scheduling.calendars.mime import bare_address
from scheduling.models import Task, TaskKind
from scheduling.outbox.transport import sender_address


class OutboxBackend(BaseEmailBackend):
    """Stores account mail as tasks. A message has exactly one recipient (PR4), else ValueError."""

    def __init__(self, fail_silently: bool = False, **_kwargs: Any) -> None:
        super().__init__(fail_silently=False)  # what is not stored is never silently lost

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        tasks = [account_mail(message) for message in email_messages]
        Task.objects.bulk_create(tasks)
        return len(tasks)


def account_mail(message: EmailMessage) -> Task:
    """An unsaved task that holds the message's bytes. A mail door, so it reads the clock."""
    recipients = message.recipients()
    if len(recipients) != 1:
        raise ValueError("one message, one recipient")
    message_id = new_message_id()
    message.extra_headers |= {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}
    now = datetime.now(UTC)
    composed: Any = message.message()
    task = Task(
        kind=TaskKind.ACCOUNT_MAIL.value,
        created_at=now,
        due_at=now,
        recipient=bare_address(recipients[0]),
        message=composed.as_bytes(linesep="\r\n").decode("latin-1"),
        message_id=message_id,
    )
    if isinstance(message, ClinicMail):  # the clinic's office is told if it fails
        task.clinic, task.key = message.clinic, str(message.about)
    return task


def new_message_id() -> str:
    """Random, in the sender's domain: it tells nothing about whom or what."""
    return f"<{uuid4().hex}@{sender_address().rpartition('@')[2] or 'localhost'}>"
