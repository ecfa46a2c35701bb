"""Messages that come back after a server had accepted them.

They go to the envelope's sender (BOUNCE_ADDRESS), whose mailbox is a Maildir (BOUNCE_MAILDIR). A
notification is known by the random Message-ID of what it returns: one that was made up, or is about
anything else, changes nothing. Whatever was read is thrown away, for it may hold what was sent.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum, auto
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts import audit
from accounts.actor import Actor
from scheduling.models import Task, TaskKind
from scheduling.outbox.dsn import Lost, lost
from scheduling.outbox.told import take_back

MOST = 200  # files a round
LARGEST = 1_000_000  # bytes; ours are far smaller, and so is what comes back of them

# Of account mail a clinic's invitations alone: a code is over by then, and is asked for anew.
INVITATION = Q(kind=TaskKind.ACCOUNT_MAIL.value, clinic__isnull=False)
KINDS = (
    TaskKind.TELL_PATIENT.value,
    TaskKind.TELL_THERAPIST.value,
    TaskKind.TELL_PROGRAM.value,
    TaskKind.REMIND.value,
    TaskKind.SERIES_ENDS.value,
)


class Found(Enum):
    BOUNCED = auto()
    NOTHING = auto()  # not ours, or known already
    TOO_EARLY = auto()  # it came back before the worker had noted that it went out


def read_bounces(now: datetime) -> int:
    """Read the mailbox; answers how many messages turned out to be lost."""
    if not settings.BOUNCE_MAILDIR:
        return 0
    return sum(read(file, now) for file in arrived(Path(settings.BOUNCE_MAILDIR)))


def arrived(folder: Path) -> list[Path]:
    found = [file for part in ("new", "cur") for file in sorted((folder / part).iterdir())]
    return [file for file in found if file.is_file() and file.name[0] != "."][:MOST]


def read(file: Path, now: datetime) -> bool:
    try:
        known = lost(file.read_bytes()) if file.stat().st_size <= LARGEST else None
    except FileNotFoundError:  # another worker was quicker
        return False
    found = note(known, now) if known else Found.NOTHING
    if found is not Found.TOO_EARLY:
        file.unlink(missing_ok=True)
    return found is Found.BOUNCED


@transaction.atomic
def note(known: Lost, now: datetime) -> Found:
    """Give the message up, where staff see it; trying again writes what is true by then."""
    rows = Task.objects.select_for_update(of=("self",)).select_related("clinic")
    task = rows.filter(INVITATION | Q(kind__in=KINDS), message_id=known.message_id).first()
    if task is None:
        return Found.NOTHING
    if task.maybe_sent:
        return Found.TOO_EARLY
    if task.done_at is None or task.outcome != "sent":
        return Found.NOTHING
    if task.kind in KINDS:
        take_back(task)
    task.done_at, task.gave_up_at, task.outcome = None, now, f"bounced:{known.status}"
    task.message, task.telling = "", {}
    task.save(update_fields=["done_at", "gave_up_at", "outcome", "message", "telling"])
    worker = Actor.worker(task.clinic)
    audit.record(worker, "mail.bounce", subject=task.patient_id, obj=task, code=known.status)
    return Found.BOUNCED
