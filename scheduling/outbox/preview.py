"""What each patient would read: do it, write the very mails, and take all of it back.

Nothing of it is kept or sent. So a preview can never say other words than the mail that follows;
only what lets somebody in by a link is left out, as it is the patient's alone (TK1).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes, policy
from typing import NamedTuple

from django.db import transaction

from scheduling.models import Event, Task, TaskKind
from scheduling.outbox.plan import plan_these
from scheduling.outbox.queue import UNDONE, Failed
from scheduling.outbox.tell import ready

SECRET = re.compile(r"(?<=/)[\w-]{30,}(?=/)")  # the part of an address that is a key


class Letter(NamedTuple):
    """`why`: the code of why no mail goes out to the patient; then there is no text."""

    patient: int
    subject: str
    text: str
    why: str


def would_read(act: Callable[[], object], now: datetime) -> list[Letter]:
    """The letters to patients that `act` brings about, in the order of their tasks.

    Raises what `act` raises; everything is rolled back in any case.
    """
    with transaction.atomic():
        newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        act()
        plan_these(list(Event.objects.filter(pk__gt=newest).order_by("pk")), now)
        letters = [_letter(task, now) for task in _owed(newest)]
        transaction.set_rollback(True)
    return letters


def _owed(newest: int) -> list[Task]:
    """What is owed to patients about the sessions of the new events."""
    events = Event.objects.filter(pk__gt=newest)
    sessions = events.values_list("session_id", flat=True)
    series = events.values_list("session__series_id", flat=True)
    undone = Task.objects.filter(UNDONE)
    tasks = undone.filter(kind=TaskKind.TELL_PATIENT.value)
    tasks = tasks.filter(session__in=sessions) | tasks.filter(series__in=series)
    patients = events.values_list("booking__patient_id", flat=True)
    tasks |= undone.filter(kind=TaskKind.TELL_PROGRAM.value, patient__in=patients)
    return list(tasks.order_by("pk"))


def _letter(task: Task, now: datetime) -> Letter:
    assert task.patient_id is not None
    try:
        why = ready(task, now)
    except Failed as error:
        why = error.code
    if why:
        return Letter(task.patient_id, "", "", why)
    mail = message_from_bytes(task.message.encode("latin-1"), policy=policy.default)
    body = mail.get_body(("plain",))
    text = SECRET.sub("…", body.get_content()) if body else ""
    return Letter(task.patient_id, str(mail["Subject"]), text, "")
