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
from scheduling.outbox import ending, offers, queue, remind, rooms, tell, weekly
from scheduling.outbox.transport import Mailer

Doer = Callable[[Task, Mailer, datetime], str]
Ready = Callable[[Task, datetime], str]
Finish = Callable[[Task, str, datetime], None]


def mail(ready: Ready, finish: Finish = remind.finish) -> Doer:
    """`ready` stores the bytes that are to be sent now and answers "", or why nothing is sent."""

    def send(task: Task, mailer: Mailer, now: datetime) -> str:
        with transaction.atomic():
            outcome = ready(task, now)
        if not outcome:
            mailer.deliver(task.recipient, task.message.encode("latin-1"))
            outcome = "sent"
        finish(task, outcome, now)
        return outcome

    return send


def post_account_mail(task: Task, mailer: Mailer, now: datetime) -> str:
    """Send the stored bytes, and keep them no longer: there is a sign-in code in them."""
    mailer.deliver(task.recipient, task.message.encode("latin-1"))
    with transaction.atomic():
        task.message = ""
        task.save(update_fields=["message"])
        queue.done(task, "sent", now)
    return "sent"


news = mail(tell.ready, tell.finish)

DOERS: dict[str, Doer] = {
    TaskKind.TELL_PATIENT.value: news,
    TaskKind.TELL_THERAPIST.value: news,
    TaskKind.TELL_PROGRAM.value: news,
    TaskKind.REMIND.value: mail(remind.ready),
    TaskKind.SERIES_ENDS.value: mail(ending.ready),
    TaskKind.ACCOUNT_MAIL.value: post_account_mail,
    TaskKind.ROOM.value: rooms.ask,
    TaskKind.OFFER.value: mail(offers.ready),
    TaskKind.LOOK.value: offers.look,
    TaskKind.WEEKLY.value: mail(weekly.ready),
}
