"""Come in: prove who you are, then be let through to the room (TK1)."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.actor import Actor
from accounts.models import AuditRow, Patient
from scheduling import policy
from scheduling.actions.action import action
from scheduling.engine.lifecycle import RoomState
from scheduling.errors import (
    CheckInMissing,
    ContactMissing,
    NotFound,
    NotLicensed,
    NotOpenYet,
    OverAlready,
    PatientElsewhere,
    Refusal,
    RoomNotReady,
    TooManyTries,
    WrongBirthDate,
)
from scheduling.models import ActionLink, JoinLink, Room
from scheduling.queries import way_in
from scheduling.queries.way_in import HostStage, Stage

MOST_TRIES = 5
IDENTIFY = "link.identify"

REFUSALS: dict[Stage, type[Refusal]] = {
    Stage.EARLY: NotOpenYet,
    Stage.OVER: OverAlready,
    Stage.IDENTIFY: NotFound,
    Stage.CHECK_IN: CheckInMissing,
    Stage.STOPPED: NotLicensed,
    Stage.CALL: RoomNotReady,
    Stage.WAITING: RoomNotReady,
}
HOST_REFUSALS: dict[HostStage, type[Refusal]] = {
    HostStage.EARLY: NotOpenYet,
    HostStage.OVER: OverAlready,
    HostStage.STOPPED: PatientElsewhere,
    HostStage.UNCALLED: ContactMissing,
    HostStage.WAITING: RoomNotReady,
}


def identify(link: JoinLink | ActionLink, birth_date: str, *, actor: Actor, now: datetime) -> None:
    """Prove to be the person of a link by the birth date (ISO 8601). Five wrong ones in a day shut
    all links of that person; a right one before that makes them forgotten.

    Raises WrongBirthDate or TooManyTries after the try was counted: the count stays.
    """
    with transaction.atomic():
        refusal = _try(link, birth_date, actor, now)
    if refusal is not None:
        raise refusal


def _try(
    link: JoinLink | ActionLink, birth_date: str, actor: Actor, now: datetime
) -> Refusal | None:
    assert link.booking is not None
    people = Patient.objects.select_for_update(no_key=True)  # tries are counted one by one
    patient = people.get(pk=link.booking.patient_id or 0)
    tries = wrong_birth_dates(patient, now)
    refusal: Refusal | None = None
    if tries >= MOST_TRIES:
        refusal = TooManyTries()
    elif not patient.birth_date or not hmac.compare_digest(patient.birth_date, birth_date):
        refusal = WrongBirthDate()
    audit.record(
        actor,
        IDENTIFY,
        subject=patient.pk,
        obj=link,
        outcome="refused" if refusal else "ok",
        code=refusal.code if refusal else "",
    )
    if isinstance(refusal, WrongBirthDate) and tries + 1 >= MOST_TRIES:
        return TooManyTries()
    return refusal


def wrong_birth_dates(patient: Patient, now: datetime) -> int:
    """In a day, and since the last right one, by whichever link."""
    mine = AuditRow.objects.filter(
        clinic_id=patient.clinic_id,
        subject_id=str(patient.pk),
        at__gt=now - timedelta(days=1),
        action=IDENTIFY,
    )
    right = mine.filter(outcome="ok").order_by("-pk").values_list("pk", flat=True).first() or 0
    return mine.filter(pk__gt=right, code=WrongBirthDate.code).count()


@action("join.enter")
def enter(*, link: UUID, actor: Actor, now: datetime) -> tuple[Room, str]:
    """Let a patient through who is known, checked in, and in time; answers room and reference."""
    found = way_in.find_link(now, uuid=link)
    if found is None or found.booking is None:
        raise NotFound
    stage = way_in.stage(found, actor, now)
    if stage is not Stage.READY:
        raise REFUSALS[stage](subject=found.booking.patient_id)
    room = _pass(found.session_id, now)
    JoinLink.objects.filter(pk=found.pk).update(used_at=now)
    audit.record(actor, "join.enter", subject=found.booking.patient_id, obj=found)
    return room, found.ref


@action("session.enter")
def enter_as_host(*, session: UUID, actor: Actor, now: datetime) -> tuple[Room, str]:
    """Let a therapist through to an own or covered session; answers room and reference."""
    seen = policy.find(Room, actor, session__uuid=session)
    stage = way_in.host_stage(seen.session, now)
    if stage is not HostStage.READY:
        raise HOST_REFUSALS[stage](subject=way_in.patients_of(seen.session))
    room = _pass(seen.session_id, now)
    hosts = JoinLink.objects.filter(session=room.session_id, therapist__isnull=False)
    hosts.filter(therapist=actor.user).update(used_at=now)
    whom = way_in.patients_of(room.session)
    audit.record(actor, "session.enter", subject=whom, obj=session)
    return room, hosts.values_list("ref", flat=True).first() or ""


def _pass(session: int, now: datetime) -> Room:
    """The room under its lock, filled; from the first one who passes on, it is open."""
    rows = Room.objects.select_related("session", "connection")
    room = rows.select_for_update(no_key=True, of=("self",)).filter(session=session).first()
    if room is None or not way_in.is_filled(room):
        raise RoomNotReady
    if room.state == RoomState.READY.value:
        room.state = RoomState.OPEN.value
        room.save(update_fields=["state"])
    return room
