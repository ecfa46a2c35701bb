"""Check in at the door of a session: who, where now, and where to call back (TH1, TH3, TH4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from accounts import audit
from accounts.actions.consent import missing_consents, sign
from accounts.actor import Actor
from accounts.models import STATES, Form, Patient
from accounts.sealed import normal_phone
from scheduling import policy
from scheduling.actions.action import action, happened
from scheduling.actions.offer import licensed_on
from scheduling.actions.way_in import REFUSALS
from scheduling.engine.interval import to_minute
from scheduling.errors import BadInput, ConsentMissing, NotFound, ReasonMissing
from scheduling.models import Booking, CheckIn, EventKind, JoinLink, Session
from scheduling.queries import way_in
from scheduling.queries.way_in import Stage


@dataclass(frozen=True)
class Said:
    """What somebody says at the door; all of it is sealed where it is kept."""

    full_name: str = field(repr=False)
    state: str = field(repr=False)
    address: str = field(repr=False)
    call_back: str = field(repr=False)
    emergency_contact: str = field(default="", repr=False)


@action("join.check_in")
def check_in(
    *,
    link: UUID,
    said: Said,
    accept: Mapping[str, int] | None = None,
    actor: Actor,
    now: datetime,
) -> CheckIn:
    """Write down a check-in, and whether the therapist may treat there today (TH2).

    In the window only, by the person of the link. Where the therapist may not treat it is written
    down all the same, with `licensed` false: the way in stays shut and staff are told.
    """
    found = way_in.find_link(now, uuid=link)
    if found is None or found.booking is None or found.booking.patient is None:
        raise NotFound
    stage = way_in.stage(found, actor, now)
    if stage in (Stage.EARLY, Stage.OVER, Stage.IDENTIFY):
        raise REFUSALS[stage](subject=found.booking.patient_id)
    patient = Patient.objects.select_for_update(no_key=True).get(pk=found.booking.patient.pk)
    require_said(said, patient)
    for form, version in (accept or {}).items():
        sign(patient, form, version, actor=actor, now=now)
    if Form.TELEHEALTH.value in missing_consents(patient, now):
        raise ConsentMissing(subject=patient.pk)
    keep_contact(said, patient)
    return _write(found, patient, said, actor, now)


def require_said(said: Said, patient: Patient) -> None:
    """TH1, TH4: name, state, address, call-back number, and somebody for an emergency."""
    for name in ("full_name", "address"):
        if not getattr(said, name).strip():
            raise BadInput(field=name, subject=patient.pk)
    if said.state not in dict(STATES):
        raise BadInput(field="state", subject=patient.pk)
    if len(normal_phone(said.call_back)) < 8:
        raise BadInput(field="call_back", subject=patient.pk)
    if not (said.emergency_contact.strip() or patient.emergency_contact):
        raise BadInput(field="emergency_contact", subject=patient.pk)


def keep_contact(said: Said, patient: Patient) -> None:
    """Put an emergency contact on file where there was none."""
    if said.emergency_contact.strip() and not patient.emergency_contact:
        patient.emergency_contact = said.emergency_contact.strip()
        patient.save(update_fields=["emergency_contact"])


def _write(link: JoinLink, patient: Patient, said: Said, actor: Actor, now: datetime) -> CheckIn:
    booking, session = link.booking, link.session
    assert booking is not None
    licensed = may_treat(session, booking, said.state, now)
    made = CheckIn.objects.create(
        booking=booking,
        at=now,
        identity=way_in.identity(link, actor),
        full_name=said.full_name.strip(),
        state=said.state,
        address=said.address.strip(),
        call_back=said.call_back.strip(),
        emergency_contact=said.emergency_contact.strip() or patient.emergency_contact,
        licensed=licensed,
    )
    _record(made, session, booking, actor, now)
    return made


def may_treat(session: Session, booking: Booking, state: str, now: datetime) -> bool:
    """Whether a therapist of the session holds a licence for that state today."""
    profiles = session.occupancies.values_list("profile_id", flat=True)
    return any(licensed_on(who, state, booking.zone, to_minute(now)) for who in profiles)


def _record(made: CheckIn, session: Session, booking: Booking, actor: Actor, now: datetime) -> None:
    happened(
        EventKind.CHECKED_IN,
        session=session,
        booking=booking,
        actor=actor,
        now=now,
        licensed=made.licensed,
    )
    audit.record(
        actor,
        "join.check_in",
        subject=booking.patient_id,
        obj=made,
        outcome="ok" if made.licensed else "refused",
        code="" if made.licensed else "not_licensed",
    )


@action("check_in.let_in")
def let_in(*, check_in: UUID, reason: str, actor: Actor, now: datetime) -> CheckIn:
    """A therapist of the session takes it upon themselves, with a reason that is kept (TH2)."""
    row = CheckIn.objects.filter(uuid=check_in).select_related("booking__session").first()
    if row is None:
        raise NotFound
    booking = policy.find(Booking, actor, pk=row.booking_id)
    profiles = set(row.booking.session.occupancies.values_list("profile_id", flat=True))
    if not policy.caseload(actor) & profiles:
        raise NotFound
    if not reason.strip():
        raise ReasonMissing(subject=booking.patient_id)
    row.override = reason.strip()[:500]
    row.save(update_fields=["override"])
    happened(
        EventKind.CHECKED_IN,
        session=row.booking.session,
        booking=row.booking,
        actor=actor,
        now=now,
        licensed=False,
        override=True,
    )
    audit.record(
        actor, "check_in.let_in", subject=booking.patient_id, obj=row, code="licence_override"
    )
    return row
