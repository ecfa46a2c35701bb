"""What each recipient was told: the Invite, kept in step with what was handed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from accounts.models import Patient
from scheduling.models import Booking, Invite, Series, Task

KNOWN = ("told", "method", "dates")  # what a recipient knows; the rest says how it was told


def locked_invite(task: Task) -> Invite:
    """The recipient's row about this session or series, made if there is none, locked."""
    whose: dict[str, Any] = {
        "session_id": task.session_id,
        "series_id": task.series_id,
        "patient_id": task.patient_id,
        "therapist_id": task.therapist_id,
    }
    return _locked(whose, lambda: first_uid(task))


def invite_to_series(series: int, patient: Patient) -> Invite:
    """The same for one of the series that a task about a program is about."""
    whose = {
        "session_id": None,
        "series_id": series,
        "patient_id": patient.pk,
        "therapist_id": None,
    }
    return _locked(whose, lambda: uid_of(Series.objects.get(pk=series), patient))


def _locked(whose: dict[str, Any], uid: Callable[[], UUID]) -> Invite:
    rows = Invite.objects.select_for_update(of=("self",)).filter(**whose)
    if (known := rows.first()) is not None:
        return known
    Invite.objects.get_or_create(**whose, defaults={"uid": uid()})
    return rows.get()


def about(task: Task) -> Iterator[tuple[Invite, dict[str, Any]]]:
    """What the task's message tells: of one session or series, or of each of a program."""
    if "program" not in task.telling:
        yield locked_invite(task), task.telling
        return
    assert task.patient is not None
    for series, told in sorted(task.telling["program"].items(), key=lambda one: int(one[0])):
        yield invite_to_series(int(series), task.patient), told


def first_uid(task: Task) -> UUID:
    """A patient's is the booking's uuid, or the same for a series, as in the file that the page
    offers: whoever takes both has one entry."""
    if task.series is not None:
        return uid_of(task.series, task.patient) if task.patient else uuid4()
    seats = Booking.objects.filter(session=task.session_id, patient=task.patient_id or 0)
    return seats.order_by("-pk").values_list("uuid", flat=True).first() or uuid4()


def uid_of(series: Series, patient: Patient) -> UUID:
    """Opaque, and nobody else's."""
    return uuid5(series.uuid, str(patient.uuid))


def note_told(task: Task) -> None:
    """The task's message arrived, or may have: it is what the recipient knows now.

    What was known before is kept on the task (saved by `queue.done`), in case it comes back.
    """
    if not task.telling:
        return
    for invite, told in about(task):
        told["before"] = {name: getattr(invite, name) for name in KNOWN}
        if told["method"]:
            invite.uid, invite.sequence = UUID(told["uid"]), told["sequence"]
            invite.method, invite.stamp = told["method"], datetime.fromisoformat(told["stamp"])
        invite.told, invite.dates = told["told"], told.get("dates", {})
        invite.save(update_fields=["uid", "sequence", "method", "stamp", "told", "dates"])


def take_back(task: Task) -> None:
    """The task's message came back: unless more was told since, the recipient knows what they knew
    before. UID, SEQUENCE and stamp stay, so that what goes out next is newer than what did."""
    if not task.telling or task != last_sent(task):
        return
    for invite, told in about(task):
        if "before" in told:
            for name in KNOWN:
                setattr(invite, name, told["before"][name])
            invite.save(update_fields=KNOWN)


def last_sent(task: Task) -> Task | None:
    """Of the messages to this recipient about this session or series."""
    same: dict[str, Any] = {
        name: getattr(task, name)
        for name in ("kind", "session_id", "series_id", "patient_id", "therapist_id")
    }
    return Task.objects.filter(**same, outcome="sent").order_by("-done_at", "-pk").first()
