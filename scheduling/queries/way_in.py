"""What stands behind a way in at this moment. Reads, and writes nothing (BR1)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Q

from accounts.actions.consent import missing_consents
from accounts.actor import Actor, ActorKind
from accounts.models import Clinic, Form, Patient
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState, RoomState, SessionState
from scheduling.models import (
    Booking,
    CheckIn,
    Connection,
    JoinLink,
    Medium,
    Room,
    SeriesLink,
    Session,
)

OPENS = timedelta(minutes=10)  # before the start
CLOSES = timedelta(minutes=30)  # after the end
REMEMBERED = timedelta(days=1)  # after closing: so long a link still says what to do


class Stage(StrEnum):
    """Where somebody with a live join link stands; computed, never stored."""

    EARLY = "early"  # it does not open yet
    IDENTIFY = "identify"  # open; who is it?
    CHECK_IN = "check_in"  # known; where are they now, and may we call them back?
    STOPPED = "stopped"  # checked in where the therapist may not treat today
    CALL = "call"  # by telephone: checked in, and we call
    WAITING = "waiting"  # checked in; the room is not filled in yet
    READY = "ready"  # may go in
    OVER = "over"  # the session has ended


class HostStage(StrEnum):
    """Where a therapist of a session stands at its door; computed, never stored."""

    EARLY = "early"
    OVER = "over"
    STOPPED = "stopped"  # the patient checked in where the therapist may not treat today (TH2)
    UNCALLED = "uncalled"  # nobody to call in an emergency is known (TH4)
    WAITING = "waiting"  # the room is not filled in yet, or there is none
    READY = "ready"


def opens_at(session: Session) -> datetime:
    return session.starts_at - OPENS


def closes_at(session: Session) -> datetime:
    return session.ends_at + CLOSES


def find_link(now: datetime, **lookup: Any) -> JoinLink | None:
    """A live link with all that belongs to it, in one SELECT; None for unknown, revoked, expired,
    and for people who were deactivated (AC7)."""
    rows = JoinLink.objects.select_related(
        "session__clinic", "session__room__connection", "booking__patient__user", "therapist"
    )
    link = rows.filter(**lookup).first()
    return link if link is not None and _alive(link, now) else None


def find_by_token(now: datetime, token_hash: str) -> JoinLink | None:
    """The link that a token leads to: its own, or for a series that of the session that is near."""
    link = find_link(now, token_hash=token_hash)
    if link is not None:
        return link
    series = SeriesLink.objects.filter(token_hash=token_hash, revoked_at__isnull=True).first()
    near = _near(series, now) if series else None
    return find_link(now, pk=near) if near else None


def _near(series: SeriesLink, now: datetime) -> int | None:
    """The participant's own link of the first session whose way in has not closed; behind the last
    one, of that."""
    mine = JoinLink.objects.filter(
        Q(booking__patient=series.patient_id, booking__state=BookingState.BOOKED.value)
        if series.patient_id
        else Q(therapist=series.therapist_id),
        session__series=series.series_id,
        session__state=SessionState.SCHEDULED.value,
        revoked_at__isnull=True,
    ).values_list("pk", flat=True)
    open_until = to_minute(now - CLOSES)
    ahead = mine.filter(session__end__gt=open_until).order_by("session__start")
    return ahead.first() or mine.order_by("-session__start").first()


def after(link: JoinLink) -> Session | None:
    """The next date of the same series that is the patient's too."""
    if link.session.series_id is None or link.booking is None:
        return None
    seats = Booking.objects.filter(
        session__series=link.session.series_id,
        session__state=SessionState.SCHEDULED.value,
        patient=link.booking.patient_id,
        state=BookingState.BOOKED.value,
        start__gt=link.session.start,
    )
    seat = seats.select_related("session").order_by("start").first()
    return seat.session if seat else None


def _alive(link: JoinLink, now: datetime) -> bool:
    session = link.session
    if link.revoked_at is not None or session.state != SessionState.SCHEDULED.value:
        return False
    if not session.clinic.active or now >= closes_at(session) + REMEMBERED:
        return False
    if link.booking is None:
        return link.therapist is not None and link.therapist.is_active
    return link.booking.state == BookingState.BOOKED.value and _active(link.booking.patient)


def _active(patient: Patient | None) -> bool:
    return bool(patient and patient.active and (patient.user is None or patient.user.is_active))


def identity(link: JoinLink, actor: Actor) -> str:
    """How the actor proved to be the person of this link: "signed_in", "birth_date", or ""."""
    if link.booking is None or actor.patient is None or actor.patient != link.booking.patient_id:
        return ""
    if actor.kind is ActorKind.USER:
        return "signed_in"
    return "birth_date" if actor.kind is ActorKind.LINK and actor.id == str(link.pk) else ""


def stage(link: JoinLink, actor: Actor, now: datetime) -> Stage:
    """Where the holder of a patient's link stands. At most two SELECTs."""
    session = link.session
    if now < opens_at(session):
        return Stage.EARLY
    if now >= closes_at(session):
        return Stage.OVER
    if not identity(link, actor):
        return Stage.IDENTIFY
    assert link.booking is not None and link.booking.patient is not None
    done = last_check_in(link.booking, session)
    if done is None or Form.TELEHEALTH.value in missing_consents(link.booking.patient, now):
        return Stage.CHECK_IN
    if is_stopped(done):
        return Stage.STOPPED
    if session.medium == Medium.TELEPHONE.value:
        return Stage.CALL
    return Stage.READY if is_filled(room_of(session)) else Stage.WAITING


def host_stage(session: Session, now: datetime) -> HostStage:
    """Where a therapist of this session stands: one rule for every door to it."""
    if now < opens_at(session):
        return HostStage.EARLY
    if now >= closes_at(session):
        return HostStage.OVER
    if stopped(session):
        return HostStage.STOPPED
    if without_contact(session):
        return HostStage.UNCALLED
    return HostStage.READY if is_filled(room_of(session)) else HostStage.WAITING


def is_stopped(done: CheckIn | None) -> bool:
    """Checked in where the therapist may not treat, and nobody took it upon themselves (TH2)."""
    return done is not None and not (done.licensed or done.override)


def stopped(session: Session) -> list[int]:
    """The patients who keep the session from beginning: those who are stopped, if all are.

    Of several, one who is stopped stays outside, and the others begin.
    """
    booked = list(Booking.objects.filter(session=session, state=BookingState.BOOKED.value))
    held_up = [one.patient_id for one in booked if is_stopped(last_check_in(one, session))]
    if len(held_up) < len(booked):
        return []
    return [patient for patient in held_up if patient is not None]


def last_check_in(booking: Booking, session: Session) -> CheckIn | None:
    """The newest check-in at this session's door. One made before a move does not count (TH1)."""
    mine = CheckIn.objects.filter(booking=booking, at__gte=opens_at(session))
    return mine.order_by("-at", "-pk").first()


def room_of(session: Session) -> Room | None:
    found: Room | None = getattr(session, "room", None)
    return found


def is_filled(room: Room | None) -> bool:
    """Somebody can be sent there. "Closed" is the clock's word: it is not asked here."""
    return room is not None and room.state in (RoomState.READY.value, RoomState.OPEN.value)


def in_use(room: Room, now: datetime) -> bool:
    """People may have been let in: another address would split the session."""
    session = room.session
    return is_filled(room) and opens_at(session) <= now < closes_at(session)


def patients_of(*sessions: Session) -> list[int]:
    """Whom an act on the sessions' rooms touches, for the audit."""
    booked = Booking.objects.filter(session__in=sessions, state=BookingState.BOOKED.value)
    return list(booked.values_list("patient_id", flat=True).distinct())


def without_contact(session: Session) -> list[int]:
    """Patients of the session for whom nobody to call in an emergency is known (TH4).

    The field is sealed, so that the database cannot ask: a few patients are opened here.
    """
    booked = Booking.objects.filter(session=session, state=BookingState.BOOKED.value)
    return [
        booking.patient.pk
        for booking in booked.select_related("patient")
        if booking.patient is not None and not contact_of(booking, session)
    ]


def contact_of(booking: Booking, session: Session) -> str:
    """Whom to call in an emergency: as said at the door, else as on file."""
    assert booking.patient is not None
    said = last_check_in(booking, session)
    return (said.emergency_contact if said else "") or booking.patient.emergency_contact


def words_about(session: Session) -> list[str | date]:
    """What an address must not hold: names, e-mail, telephone, birth date, record number."""
    booked = Booking.objects.filter(session=session, state=BookingState.BOOKED.value)
    words: list[str | date] = []
    for booking in booked.select_related("patient__user"):
        assert booking.patient is not None
        words += _words(booking.patient)
    return [word for word in words if word]


def _words(who: Patient) -> list[str]:
    account = who.user
    return [
        who.first_name,
        who.last_name,
        who.called,
        who.email,
        who.phone,
        who.birth_date,
        who.reference,
        *((account.name, account.email) if account else ()),
    ]


def hosts_of(clinic: Clinic) -> str:
    """The allow-lists of all platforms in use, one host a line: where a therapist may paste."""
    platforms = Connection.objects.filter(Connection.USABLE, clinic=clinic)
    return "\n".join(platforms.order_by("pk").values_list("hosts", flat=True))
