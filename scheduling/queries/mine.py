"""What a patient sees of bookings: one's own, and what one's browser keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts.actor import Actor
from accounts.models import Licence, Patient, Therapist
from scheduling import policy
from scheduling.engine.hours import local_day, offset_at
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState
from scheduling.errors import NotFound
from scheduling.models import Booking, Group, Kind, Occupancy, Service

READ = ("session__service__modality", "session__series__group")
"""What an Appointment is made of, beside its therapists."""


@dataclass(frozen=True)
class Appointment:
    """A booking as its patient reads it. Times are minutes, UTC; `zone` is the patient's.

    `hosts`: who gives it, several in a group.
    """

    uuid: UUID
    reference: str
    state: str
    start: int
    end: int
    zone: str
    place: str
    medium: str
    service: Service
    hosts: tuple[Therapist, ...]
    group: Group | None
    late: bool
    cancelled_at: datetime | None
    attendance: str

    @property
    def therapist(self) -> Therapist:
        return self.hosts[0]

    @property
    def in_group(self) -> bool:
        """One seat of several: it cannot be moved, and its time is not the patient's to end."""
        return self.group is not None

    @property
    def elsewhere(self) -> bool:
        """Whether the therapist's clock shows another time than the patient's."""
        theirs = offset_at(self.therapist.time_zone, self.start)
        return theirs != offset_at(self.zone, self.start)

    def is_past(self, now: datetime) -> bool:
        return self.end <= to_minute(now)

    def has_begun(self, now: datetime) -> bool:
        return self.start <= to_minute(now)


def own(actor: Actor) -> QuerySet[Booking]:
    """The bookings of the patient as whom the actor acts; of staff too, only their own."""
    rows = policy.visible(Booking, actor)
    return rows.filter(patient=actor.patient) if actor.patient else rows.none()


def own_profile(actor: Actor) -> Patient:
    """The profile as which the actor acts, or NotFound."""
    return policy.find(Patient, actor, pk=actor.patient or 0)


def own_one(actor: Actor, booking: UUID) -> Booking:
    """One's own booking with session and service, or NotFound."""
    found = own(actor).select_related(*READ).filter(uuid=booking).first()
    if found is None:
        raise NotFound
    return found


def appointments(bookings: Iterable[Booking], zone: str = "") -> list[Appointment]:
    """One query for their therapists. `zone`: the patient's now, else the one chosen then."""
    rows = list(bookings)
    taken = Occupancy.objects.filter(session__in=[row.session_id for row in rows])
    hosts: defaultdict[int, list[Occupancy]] = defaultdict(list)
    for one in taken.select_related("profile").order_by("pk"):
        hosts[one.session_id].append(one)
    return [_appointment(row, _given_by(hosts[row.session_id]), zone or row.zone) for row in rows]


def _given_by(taken: list[Occupancy]) -> tuple[Therapist, ...]:
    """Who gives it now; of a session that is off, who would have."""
    stand = [one for one in taken if one.live]
    return tuple(one.profile for one in stand or taken)


def appointment(booking: Booking, zone: str = "") -> Appointment:
    return appointments([booking], zone)[0]


def _appointment(row: Booking, hosts: tuple[Therapist, ...], zone: str) -> Appointment:
    return Appointment(
        uuid=row.uuid,
        reference=row.reference,
        state=row.state,
        start=row.start,
        end=row.end,
        zone=zone,
        place=row.place,
        medium=row.session.medium,
        service=row.session.service,
        hosts=hosts,
        group=_group(row),
        late=row.late,
        cancelled_at=row.cancelled_at,
        attendance=row.attendance,
    )


def _group(row: Booking) -> Group | None:
    grouped = row.session.service.kind == Kind.GROUP.value
    return row.session.series.group if grouped and row.session.series else None


def upcoming(actor: Actor, now: datetime) -> list[Booking]:
    """Booked and not over, the next one first."""
    rows = own(actor).filter(state=BookingState.BOOKED.value, end__gt=to_minute(now))
    return list(rows.select_related(*READ).order_by("start"))


def past(actor: Actor, now: datetime, count: int, skip: int = 0) -> list[Booking]:
    """Over or cancelled, the latest first; one more than `count` if there are more."""
    gone = own(actor).exclude(state=BookingState.BOOKED.value, end__gt=to_minute(now))
    rows = gone.select_related(*READ).order_by("-start", "-pk")
    return list(rows[skip : skip + count + 1])


def kept(owner_hash: str, actor: Actor, now: datetime) -> list[Booking]:
    """What this browser holds at present."""
    rows = Booking.objects.filter(
        owner_hash=owner_hash,
        clinic=actor.clinic,
        state=BookingState.HELD.value,
        held_until__gt=int(now.timestamp()),
    )
    return list(rows.select_related("session__service").order_by("start"))


def licence_for(appointment: Appointment) -> Licence | None:
    """The licence under which the therapist treats in the patient's state on that day (TH3)."""
    day = local_day(appointment.zone, appointment.start)
    rows = Licence.objects.filter(
        therapist=appointment.therapist,
        state=appointment.place,
        valid_from__lte=day,
        valid_until__gte=day,
        revoked_at__isnull=True,
    )
    return rows.order_by("-valid_until").first()
