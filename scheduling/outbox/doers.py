"""Who does which kind of task.

A doer gets the task, the mailer and the time; it does the work, ends the task through
`queue.done`, and answers the outcome's code. It raises `queue.Failed` to have it tried again or
given up. What it sends outside must bear being sent twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from scheduling.models import Task, TaskKind
from scheduling.outbox import offers, queue, rooms, weekly
from scheduling.outbox.ending import tell_end
from scheduling.outbox.remind import remind
from scheduling.outbox.tell import tell
from scheduling.outbox.transport import Mailer

Doer = Callable[[Task, Mailer, datetime], str]


def post_account_mail(task: Task, mailer: Mailer, now: datetime) -> str:
    """Send the stored bytes, and keep them no longer: there is a sign-in code in them."""
    mailer.deliver(task.recipient, task.message.encode("latin-1"))
    with transaction.atomic():
        task.message = ""
        task.save(update_fields=["message"])
        queue.done(task, "sent", now)
    return "sent"


DOERS: dict[str, Doer] = {
    TaskKind.TELL_PATIENT.value: tell,
    TaskKind.TELL_THERAPIST.value: tell,
    TaskKind.TELL_PROGRAM.value: tell,
    TaskKind.REMIND.value: remind,
    TaskKind.SERIES_ENDS.value: tell_end,
    TaskKind.ACCOUNT_MAIL.value: post_account_mail,
    TaskKind.ROOM.value: rooms.ask,
    TaskKind.OFFER.value: offers.tell,
    TaskKind.LOOK.value: offers.look,
    TaskKind.WEEKLY.value: weekly.tell,
}
