"""Bring one recipient up to date about one session, or one series, or all of a program.

Ready: lock the Invite, read the state anew, write the message, commit. Then hand it over. Then note
what was told. A worker that dies between two of these leaves a task that is taken up again: the
same bytes under the same Message-ID, or, where nothing can have arrived, what is true by then.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.actor import Actor
from scheduling.models import Event, Invite, Series, Session, Task, TaskKind
from scheduling.outbox import program, program_letters, queue, series, series_letters
from scheduling.outbox.letters import next_calendar, write
from scheduling.outbox.program import ProgramStanding
from scheduling.outbox.series import SeriesStanding
from scheduling.outbox.standing import Standing, of_patient, of_therapist
from scheduling.outbox.told import locked_invite, note_told
from scheduling.outbox.words import News


def ready(task: Task, now: datetime) -> str:
    """Store the bytes that are to be sent now and answer "", or say why nothing is sent.

    The revision is read before all else, so that whatever changes meanwhile is seen by `finish`.
    """
    if not queue.lock(task):  # before the Invite, as `finish` does
        return "taken"
    revision = revision_of(task)
    invite = None if about_program(task) else locked_invite(task)
    standing = read(task, now)
    if task.message and same_again(task, revision, standing):
        return mark(task)
    if task.maybe_sent:
        note_told(task)
        if invite is not None:
            invite.refresh_from_db()
    task.revision, task.message, task.telling, task.maybe_sent = revision, "", {}, False
    if isinstance(standing, ProgramStanding):
        return program_letters.compose(task, standing, now) or mark(task)
    if isinstance(standing, str):
        return standing
    assert invite is not None
    if isinstance(standing, SeriesStanding):
        return series_letters.compose(task, invite, standing, now) or mark(task)
    return compose(task, invite, standing, now) or mark(task)


def about_program(task: Task) -> bool:
    return task.kind == TaskKind.TELL_PROGRAM.value


def revision_of(task: Task) -> int:
    """Another number after whatever may have changed what is to be told.

    One seat of a group changes nothing of its session: its events are counted.
    """
    if about_program(task):
        return program.revision_of(task.patient_id or 0)
    if task.series_id is not None:
        return series.revision_of(task.series_id)
    session = Session.objects.only("revision", "series").get(tasks=task)
    if session.series_id is None or task.patient_id is None:
        return session.revision
    own = Event.objects.filter(session=session, booking__patient=task.patient_id)
    return session.revision + own.count()


def read(task: Task, now: datetime) -> Standing | SeriesStanding | ProgramStanding | str:
    """How things stand with the recipient, or the code of why no mail goes out."""
    if task.clinic is None or not task.clinic.active:
        return "inactive"
    if about_program(task):
        assert task.patient is not None
        return program.of_patient(task.patient, task.clinic, now)
    if task.series_id is not None:
        return read_series(task, now)
    session = Session.objects.select_related("clinic").get(tasks=task)
    if task.patient is not None:
        return of_patient(task.patient, session, now)
    assert task.therapist is not None
    return of_therapist(task.therapist, session, now)


def read_series(task: Task, now: datetime) -> SeriesStanding | str:
    row = Series.objects.select_related("clinic", "service", "group").get(tasks=task)
    if task.patient is not None:
        return series.of_patient(task.patient, row, now)
    assert task.therapist is not None
    return series.of_therapist(task.therapist, row, now)


def same_again(
    task: Task, revision: int, standing: Standing | SeriesStanding | ProgramStanding | str
) -> bool:
    """Whether what was written still goes out as it is: unchanged, or perhaps known already."""
    if isinstance(standing, str):
        return False
    if (standing.address, standing.full) != (task.recipient, task.telling["full"]):
        return False  # never to an address, or in a way, that was taken back since
    return task.maybe_sent or task.revision == revision


def compose(task: Task, invite: Invite, standing: Standing, now: datetime) -> str:
    """Write the message that leads from what was told to what is."""
    news = news_between(invite.told, standing)
    if news is None:
        return "nothing_to_tell"
    calendar = next_calendar(invite, standing, now)
    write(task, standing, news, now, calendar)
    facts = calendar.facts if calendar else {"method": ""}
    task.telling = {**facts, "told": standing.told, "full": standing.full}
    return ""


def news_between(told: str, standing: Standing) -> News | None:
    """None: the recipient knows. Nobody hears of the end of what they never heard of."""
    if not standing.on:
        return News.CANCELLED if told.startswith("on:") else None
    if told == standing.told:
        return None
    return {"": News.BOOKED, "off": News.RESTORED}.get(told, News.CHANGED)


def mark(task: Task) -> str:
    """From here on nobody knows whether it arrived, until an answer is stored."""
    task.maybe_sent = True
    task.save(
        update_fields=[
            "revision",
            "recipient",
            "message",
            "message_id",
            "telling",
            "maybe_sent",
        ]
    )
    return ""


def finish(task: Task, outcome: str, now: datetime) -> None:
    """Note what was told. If something has changed meanwhile, there is more to tell at once."""
    with transaction.atomic():
        if not queue.lock(task):
            return
        if outcome == "sent":
            note_told(task)
            note_mail(task)
        if revision_of(task) == task.revision:
            queue.done(task, outcome, now)
        else:
            start_again(task, now)


def note_mail(task: Task) -> None:
    """Mail about a patient's appointment has left for the patient (LG1)."""
    if task.patient_id:
        worker = Actor.worker(task.clinic)
        audit.record(worker, "mail.send", subject=task.patient_id, obj=task, code=task.kind)


def start_again(task: Task, now: datetime) -> None:
    task.attempts, task.leased_until, task.due_at = 0, None, now
    task.message, task.telling, task.maybe_sent = "", {}, False
    task.save(
        update_fields=["attempts", "leased_until", "due_at", "message", "telling", "maybe_sent"]
    )
