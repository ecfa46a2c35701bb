"""Who may see and do what: the one place (AC1-AC4, AC12). An absent rule means no.

Every query that a door makes starts from `visible(Model, actor)`; what is not in it is not found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from accounts.actor import Actor, ActorKind
from accounts.models import (
    AuditRow,
    Clinic,
    ConsentForm,
    Cover,
    Invitation,
    Licence,
    Membership,
    Patient,
    Role,
    Therapist,
)
from scheduling.engine.lifecycle import BookingState, GroupState, WaitState
from scheduling.errors import NotFound
from scheduling.models import (
    AccessDay,
    Booking,
    Connection,
    DayHours,
    Enrollment,
    Facilitator,
    Group,
    Holiday,
    Level,
    LevelRule,
    Member,
    Modality,
    Occupancy,
    Offering,
    Program,
    ProgramPart,
    Room,
    Series,
    Service,
    Session,
    Task,
    TimeOff,
    Waiting,
    WaitOffer,
    WeeklyHours,
)

M = TypeVar("M", bound=Model)
DESK, ADMIN, PRIVACY = Role.DESK.value, Role.ADMIN.value, Role.PRIVACY.value
EXPORT = Role.EXPORT.value


def visible(model: type[M], actor: Actor) -> QuerySet[M]:
    """The rows of this model that the actor may know of, within the actor's clinic."""
    rows: QuerySet[M] = model._default_manager.all()
    if actor.kind is ActorKind.WORKER:
        return rows
    if actor.clinic is None or not actor.clinic.active:
        return rows.none()
    rule = RULES.get(model)
    condition = rule(actor) if rule else None
    return rows.none() if condition is None else rows.filter(condition)


def find(model: type[M], actor: Actor, **lookup: Any) -> M:
    """The one visible row, or NotFound: the same answer for "not yours" and "not there" (AC2)."""
    row = visible(model, actor).filter(**lookup).first()
    if row is None:
        raise NotFound
    return row


def caseload(actor: Actor) -> frozenset[int]:
    """The therapists (ids of profiles) whose patients the actor may see: own and covered ones."""
    return actor.covers | ({actor.therapist} if actor.therapist else frozenset())


def may_override(actor: Actor) -> bool:
    """Set notice, hours or the daily limit aside, with a reason; never overlap or licence."""
    return actor.has(DESK) or actor.therapist is not None


def acts_for_patients(actor: Actor) -> bool:
    """Books, moves and cancels for others."""
    return actor.kind is ActorKind.WORKER or actor.has(DESK) or actor.therapist is not None


def keeps_groups(actor: Actor) -> bool:
    """Founds groups and decides when they meet, and who gives them."""
    return actor.kind is ActorKind.WORKER or actor.has(DESK, ADMIN)


def enrolls(actor: Actor, patient: int) -> bool:
    """Takes this patient, whom the actor may see, into a program, and out: never oneself."""
    return acts_for_patients(actor) and actor.patient != patient


def runs_group(actor: Actor, group: int) -> bool:
    """Takes members in and out: the desk, and whoever gives the group."""
    if actor.kind is ActorKind.WORKER or actor.has(DESK):
        return True
    given = Facilitator.objects.filter(group=group, therapist__in=caseload(actor))
    return bool(caseload(actor)) and given.exists()


def _in_clinic(actor: Actor) -> Q:
    return Q(clinic=actor.clinic)


def _staff(actor: Actor) -> Q | None:
    return _in_clinic(actor) if actor.is_staff else None


def _public(actor: Actor) -> Q:
    return Q(clinic=actor.clinic) if actor.is_staff else Q(clinic=actor.clinic, active=True)


def _admin(actor: Actor) -> Q | None:
    return _in_clinic(actor) if actor.has(ADMIN) else None


def _sessions(actor: Actor) -> Q | None:
    if actor.has(DESK, ADMIN):
        return Q(clinic=actor.clinic)
    mine = Occupancy.objects.filter(session=OuterRef("pk"), profile__in=caseload(actor))
    return Q(Exists(mine), clinic=actor.clinic) if caseload(actor) else None


def _bookings(actor: Actor) -> Q | None:
    """Not the held: a hold is found by its secret alone."""
    known = Q(clinic=actor.clinic, patient__isnull=False) & ~Q(state=BookingState.HELD.value)
    if actor.has(DESK):
        return known
    whose = Q(pk__in=[])
    if actor.patient:
        whose |= Q(patient=actor.patient)
    if load := caseload(actor):
        theirs = Occupancy.objects.filter(session=OuterRef("session"), profile__in=load)
        whose |= Q(Exists(theirs)) & ~Q(patient__user=actor.user)
    return known & whose


def _series(actor: Actor) -> Q | None:
    """One patient's recurring sessions; a group's are found by its group."""
    known = Q(clinic=actor.clinic, patient__isnull=False)
    if actor.has(DESK):
        return known
    whose = Q(patient=actor.patient) if actor.patient else Q(pk__in=[])
    if load := caseload(actor):
        given = Occupancy.objects.filter(session__series=OuterRef("pk"), profile__in=load)
        whose |= Q(Exists(given)) & ~Q(patient__user=actor.user)
    return known & whose


def _waiting(actor: Actor) -> Q | None:
    """Their own, those who wait for a therapist of the caseload, or all by the desk."""
    return _waiting_by(actor, "")


def _wait_offers(actor: Actor) -> Q | None:
    return _waiting_by(actor, "waiting__")


def _waiting_by(actor: Actor, path: str) -> Q:
    known = Q(**{f"{path}clinic": actor.clinic})
    if actor.has(DESK):
        return known
    whose = Q(**{f"{path}patient": actor.patient}) if actor.patient else Q(pk__in=[])
    if load := caseload(actor):
        theirs = Q(**{f"{path}therapist__in": load})
        own = Q(**{f"{path}patient__user__isnull": False, f"{path}patient__user": actor.user})
        whose |= theirs & ~own
    return known & whose


def _groups(actor: Actor) -> Q | None:
    """Patients find those that are listed and go on; their own always."""
    if actor.is_staff:
        return _in_clinic(actor)
    found = Q(listed=True) & ~Q(state=GroupState.ENDED.value)
    if actor.patient:
        seats = Booking.objects.filter(session__series__group=OuterRef("pk"), patient=actor.patient)
        found |= Q(Exists(seats.exclude(state=BookingState.HELD.value)))
        places = Member.objects.filter(group=OuterRef("pk"), patient=actor.patient)
        found |= Q(Exists(places))
        waits = Waiting.objects.filter(group=OuterRef("pk"), patient=actor.patient)
        found |= Q(Exists(waits.filter(state=WaitState.WAITING.value)))
    return _in_clinic(actor) & found


def _members(actor: Actor) -> Q | None:
    """Facilitators know whom they see in a session of the group."""
    known = Q(group__clinic=actor.clinic)
    if actor.has(DESK):
        return known
    whose = Q(patient=actor.patient) if actor.patient else Q(pk__in=[])
    if load := caseload(actor):
        seen = Booking.objects.filter(
            patient=OuterRef("patient"),
            session__series__group=OuterRef("group"),
            session__occupancies__profile__in=load,
        )
        whose |= Q(Exists(seen)) & (Q(patient__user__isnull=True) | ~Q(patient__user=actor.user))
    return known & whose


def _patients(actor: Actor) -> Q | None:
    if actor.has(DESK):
        return Q(clinic=actor.clinic)
    whose = Q(pk=actor.patient) if actor.patient else Q(pk__in=[])
    if load := caseload(actor):
        seen = Booking.objects.filter(
            patient=OuterRef("pk"), session__occupancies__profile__in=load
        ).exclude(state=BookingState.HELD.value)
        whose |= Q(Exists(seen)) & (Q(user__isnull=True) | ~Q(user=actor.user))
    return Q(clinic=actor.clinic) & whose


def _enrollments(actor: Actor) -> Q | None:
    """Their own, those of the patients whom the therapist sees, or all by the desk."""
    known = Q(clinic=actor.clinic)
    if actor.has(DESK):
        return known
    whose = Q(patient=actor.patient) if actor.patient else Q(pk__in=[])
    if load := caseload(actor):
        seen = Booking.objects.filter(
            patient=OuterRef("patient"), session__occupancies__profile__in=load
        ).exclude(state=BookingState.HELD.value)
        whose |= Q(Exists(seen)) & (Q(patient__user__isnull=True) | ~Q(patient__user=actor.user))
    return known & whose


def _hours(actor: Actor) -> Q | None:
    if actor.has(DESK, ADMIN):
        return Q(therapist__clinic=actor.clinic)
    return Q(therapist=actor.therapist) if actor.therapist else None


def _tasks(actor: Actor) -> Q | None:
    return Q(clinic=actor.clinic) if actor.has(DESK, ADMIN) else None


def _rooms(actor: Actor) -> Q | None:
    load = caseload(actor)
    mine = Occupancy.objects.filter(session=OuterRef("session"), profile__in=load)
    return Q(Exists(mine), session__clinic=actor.clinic) if load else None


def _audit(actor: Actor) -> Q | None:
    return Q(clinic_id=actor.clinic.pk) if actor.clinic and actor.has(PRIVACY) else None


RULES: dict[type[Model], Callable[[Actor], Q | None]] = {
    Clinic: lambda actor: Q(pk=actor.clinic.pk) if actor.clinic else None,
    Modality: _in_clinic,
    Service: _public,
    Offering: lambda actor: Q(service__clinic=actor.clinic),
    Therapist: _public,
    Licence: lambda actor: Q(therapist__clinic=actor.clinic),
    Holiday: _staff,
    Level: _staff,
    LevelRule: lambda actor: Q(level__clinic=actor.clinic) if actor.is_staff else None,
    Program: _staff,
    Enrollment: _enrollments,
    ProgramPart: lambda actor: Q(program__clinic=actor.clinic) if actor.is_staff else None,
    WeeklyHours: _hours,
    DayHours: _hours,
    TimeOff: _hours,
    Session: _sessions,
    Booking: _bookings,
    Series: _series,
    Group: _groups,
    Member: _members,
    Waiting: _waiting,
    WaitOffer: _wait_offers,
    Patient: _patients,
    Room: _rooms,
    Task: _tasks,
    Membership: _admin,
    Invitation: _admin,
    Connection: _admin,
    AccessDay: _admin,
    ConsentForm: _staff,
    Cover: lambda actor: Q(covered__clinic=actor.clinic) if actor.has(ADMIN) else None,
    AuditRow: _audit,
}
