"""The waiting list: enter it, leave it, and steer whose turn it is.

What those who wait are offered is in `wait_offers`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from accounts import audit
from accounts.actor import Actor
from accounts.models import Patient, Therapist
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.book import lock_patient
from scheduling.actions.wait_offers import close, end, lock_offer, lock_who, require_staff
from scheduling.engine.hours import UnknownZone, require_zone
from scheduling.engine.interval import from_minute
from scheduling.engine.lifecycle import BookingState, GroupState, OfferState, WaitState
from scheduling.engine.slots import PartOfDay
from scheduling.errors import (
    BadInput,
    GroupClosed,
    IllegalChange,
    MemberAlready,
    NoSuchZone,
    NotFound,
    NotOffered,
    ReasonMissing,
    WaitingAlready,
)
from scheduling.models import (
    Booking,
    Group,
    Kind,
    Member,
    Offering,
    Service,
    Waiting,
    WaitOffer,
)
from scheduling.queries.groups import running_series

HIGHEST = 9  # of the priorities that staff give; 0 is everybody's


@action("waiting.enter")
def wait_for_service(
    *,
    patient: int,
    service: UUID,
    therapist: UUID | None = None,
    medium: str,
    place: str,
    zone: str,
    days: str = "",
    parts: str = "",
    actor: Actor,
    now: datetime,
) -> Waiting:
    """Wait for a time of a service, with one therapist or any. By the patient, or by staff."""
    who = _lock_who_waits(patient, actor, now)
    what = policy.find(Service, actor, uuid=service, active=True, kind=Kind.INDIVIDUAL.value)
    host = policy.find(Therapist, actor, uuid=therapist, active=True) if therapist else None
    given = Offering.objects.filter(service=what, active=True)
    if medium not in what.media or (host and not given.filter(therapist=host).exists()):
        raise NotOffered(subject=who.pk)
    row = Waiting(service=what, therapist=host, medium=medium, place=place, zone=zone)
    return enter(row, who, days, parts, actor, now)


@action("waiting.enter")
def wait_for_group(
    *,
    patient: int,
    group: UUID,
    place: str,
    zone: str,
    days: str = "",
    parts: str = "",
    actor: Actor,
    now: datetime,
) -> Waiting:
    """Wait for a place in a group. By the patient, or by staff who run it."""
    found = policy.find(Group, actor, uuid=group)
    if patient != actor.patient and not policy.runs_group(actor, found.pk):
        raise NotFound
    who = lock_patient(patient, actor, now)
    series = running_series(found)
    if series is None or found.state == GroupState.ENDED.value:
        raise GroupClosed(subject=who.pk)
    if Member.objects.filter(group=found, patient=who, left_at__isnull=True).exists():
        raise MemberAlready(subject=who.pk)
    row = Waiting(group=found, service=found.service, medium=series.medium, place=place, zone=zone)
    return enter(row, who, days, parts, actor, now)


@action("waiting.enter")
def wait_for_earlier(
    *,
    booking: UUID,
    anyone: bool = False,
    days: str = "",
    parts: str = "",
    actor: Actor,
    now: datetime,
) -> Waiting:
    """Wait for an earlier time than that of a booking, with the same therapist or `anyone`."""
    seen = policy.find(Booking, actor, uuid=booking)
    who = _lock_who_waits(seen.patient_id, actor, now)
    seat = Booking.objects.select_related("session__service").get(pk=seen.pk)
    session = seat.session
    if seat.state != BookingState.BOOKED.value or from_minute(seat.start) <= now:
        raise IllegalChange(subject=who.pk)
    if session.service.kind != Kind.INDIVIDUAL.value:
        raise NotOffered(subject=who.pk)
    row = Waiting(
        booking=seat,
        service=session.service,
        therapist=None if anyone else session.occupancies.get().profile,
        medium=session.medium,
        place=seat.place,
        zone=seat.zone,
    )
    return enter(row, who, days, parts, actor, now)


def _lock_who_waits(patient: int | None, actor: Actor, now: datetime) -> Patient:
    if patient != actor.patient and not policy.acts_for_patients(actor):
        raise NotFound
    return lock_patient(patient, actor, now)


def enter(
    row: Waiting, who: Patient, days: str, parts: str, actor: Actor, now: datetime
) -> Waiting:
    """The patient is locked: nobody waits twice for the same."""
    try:
        require_zone(row.zone)
    except UnknownZone as error:
        raise NoSuchZone from error
    row.days = _some_of(days, [str(day) for day in range(7)], "days")
    row.parts = _some_of(parts, [part.value for part in PartOfDay], "parts")
    same = Waiting.objects.filter(patient=who, state=WaitState.WAITING.value, group=row.group)
    same = same.filter(booking=row.booking) if row.booking else same.filter(booking=None)
    if row.group is None and row.booking is None:
        same = same.filter(service=row.service)
    if same.exists():
        raise WaitingAlready(subject=who.pk)
    row.patient, row.clinic_id, row.entered_at = who, who.clinic_id, now
    row.save()
    audit.record(actor, "waiting.enter", subject=who.pk, obj=row)
    return row


def _some_of(said: str, known: Iterable[str], name: str) -> str:
    """ "2,0" -> "0,2"; all of them say as much as none."""
    given, known = {part for part in said.split(",") if part}, list(known)
    if not given <= set(known):
        raise BadInput(field=name)
    return "" if len(given) == len(known) else ",".join(one for one in known if one in given)


@action("waiting.leave")
def leave(*, waiting: UUID, actor: Actor, now: datetime) -> Waiting:
    """Stop waiting, or be taken out by staff; what is held meanwhile is free at once."""
    row = policy.find(Waiting, actor, uuid=waiting)
    for one in WaitOffer.objects.filter(waiting=row, state=OfferState.OPEN.value):
        close(lock_offer(one.uuid, actor), _passing(row, actor), actor, now)
    lock_who(row, now)
    row.refresh_from_db()
    if row.state == WaitState.WAITING.value:
        end(row, WaitState.LEFT, now)
        audit.record(actor, "waiting.leave", subject=row.patient_id, obj=row)
    return row


def _passing(row: Waiting, actor: Actor) -> OfferState:
    return OfferState.DECLINED if actor.patient == row.patient_id else OfferState.WITHDRAWN


@action("waiting.prefer")
def prefer(
    *, waiting: UUID, priority: int, reason: str = "", actor: Actor, now: datetime
) -> Waiting:
    """Staff: let somebody's turn come earlier, and say why; 0 is as everybody's."""
    row = policy.find(Waiting, actor, uuid=waiting)
    require_staff(row, actor)
    if not 0 <= priority <= HIGHEST:
        raise BadInput(field="priority")
    if priority and not reason.strip():
        raise ReasonMissing(subject=row.patient_id)
    row.priority, row.priority_reason = priority, reason.strip()[:200] if priority else ""
    row.save(update_fields=["priority", "priority_reason"])
    audit.record(
        actor, "waiting.prefer", subject=row.patient_id, obj=row, detail={"priority": priority}
    )
    return row
