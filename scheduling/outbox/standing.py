"""How things stand now between one recipient and one session; read anew for every mail."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from accounts.actions.consent import signed_forms
from accounts.models import Form, Patient, Therapist, User
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState, CancelReason, SessionState
from scheduling.models import Booking, JoinLink, Medium, Occupancy, SeriesLink, Session

BY_PATIENT = (CancelReason.PATIENT.value, CancelReason.PATIENT_LATE.value)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """`on`: it takes place, with this recipient. `full`: details may be mailed (PR2).

    `token` is of the recipient's own join link; "" where none is needed, as by a
    therapist who calls. `hosts`: who gives it (profile ids), of which a patient is told a change.
    """

    session: Session
    on: bool
    full: bool
    address: str
    zone: str
    language: str = "en"
    token: str = ""
    by_clinic: bool = False  # who cancelled it
    hosts: tuple[int, ...] = ()
    booking: Booking | None = None
    patient: Patient | None = None
    therapist: Therapist | None = None

    @property
    def told(self) -> str:
        """What an Invite's `told` becomes by telling this."""
        if not self.on:
            return "off"
        one = self.session
        facts = [one.start, one.end, one.medium, self.zone, bool(self.token), self.full]
        facts += [self.hosts]
        return f"on:{sha256(json.dumps(facts).encode()).hexdigest()[:40]}"


def of_patient(
    patient: Patient, session: Session, now: datetime, booking: Booking | None = None
) -> Standing | str:
    """Where the patient stands, or the code of why no mail goes out (PR3)."""
    if why := unreachable(patient.user, patient.email, patient.active):
        return why
    if patient.no_mail:
        return "not_wanted"
    seat = booking or last_booking(patient, session)
    if seat is None or session.end <= to_minute(now):
        return "over"
    on = seat.state == BookingState.BOOKED.value and scheduled(session)
    link = way_in_of(patient, session, seat)
    return Standing(
        session=session,
        on=on,
        full=Form.MAIL.value in signed_forms(patient, now),
        address=patient.email,
        zone=patient.time_zone or seat.zone,
        language=patient.language,
        token=link.token if link else "",
        by_clinic=bool(seat.cancel_reason) and seat.cancel_reason not in BY_PATIENT,
        hosts=hosts_of(session),
        booking=seat,
        patient=patient,
    )


def of_therapist(therapist: Therapist, session: Session, now: datetime) -> Standing | str:
    """Where a therapist stands: also one who was told of it and no longer gives it."""
    if why := unreachable(therapist.user, therapist.user.email, therapist.active):
        return why
    if session.end <= to_minute(now):
        return "over"
    theirs = Occupancy.objects.filter(session=session, profile=therapist).exists()
    links = JoinLink.objects.filter(session=session, therapist=therapist.user)
    link = links.filter(revoked_at__isnull=True).first()
    return Standing(
        session=session,
        on=theirs and scheduled(session),
        full=True,
        address=therapist.user.email,
        zone=therapist.time_zone,
        token=link.token if link and by_video(session) else "",
        therapist=therapist,
    )


def hosts_of(session: Session) -> tuple[int, ...]:
    rows = Occupancy.objects.filter(session=session, live=True)
    return tuple(rows.order_by("profile_id").values_list("profile_id", flat=True))


def way_in_of(patient: Patient, session: Session, seat: Booking) -> JoinLink | SeriesLink | None:
    """The link that the patient knows: in a series it is the one for all dates."""
    links = SeriesLink.objects.filter(series=session.series_id or 0, patient=patient)
    one = links.filter(revoked_at__isnull=True).first() if session.series_id else None
    return one or JoinLink.objects.filter(booking=seat, revoked_at__isnull=True).first()


def unreachable(user: User | None, address: str, active: bool) -> str:
    if not active or (user is not None and not user.is_active):
        return "inactive"
    return "" if address else "no_address"


def last_booking(patient: Patient, session: Session) -> Booking | None:
    """The patient's seat; of several, the last one."""
    told = (BookingState.BOOKED.value, BookingState.CANCELLED.value)
    seats = Booking.objects.filter(session=session, patient=patient, state__in=told)
    return seats.order_by("-live", "-pk").first()


def scheduled(session: Session) -> bool:
    return session.state == SessionState.SCHEDULED.value


def by_video(session: Session) -> bool:
    return session.medium == Medium.VIDEO.value
