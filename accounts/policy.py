"""Who is who in a clinic, read anew for every request."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.actor import Actor, ActorKind
from accounts.models import Clinic, Cover, Membership, MembershipState, Patient, Role, Therapist

if TYPE_CHECKING:
    from accounts.models import User


def actor_for(
    user: User,
    clinic: Clinic,
    *,
    today: date,
    patient: int | None = None,
    kind: ActorKind = ActorKind.USER,
    where: str = "",
) -> Actor:
    """The person as this clinic knows them. At most four queries.

    `patient` is the profile chosen where several share the account; a single one needs no choice.
    A deactivated person is nobody here (AC7).
    """
    if not user.is_active:
        return Actor.anonymous(clinic, where)
    roles = frozenset(
        Membership.objects.filter(
            user=user, clinic=clinic, state=MembershipState.ACTIVE.value
        ).values_list("role", flat=True)
    )
    therapist: int | None = None
    covers: frozenset[int] = frozenset()
    if Role.THERAPIST.value in roles:
        therapist = (
            Therapist.objects.filter(user=user, clinic=clinic, active=True)
            .values_list("pk", flat=True)
            .first()
        )
        covers = covered_by(therapist, today)
    return Actor(
        kind,
        str(user.pk),
        clinic,
        user,
        roles,
        patient=_profile(user, clinic, patient),
        therapist=therapist,
        covers=covers,
        where=where,
    )


def covered_by(therapist: int | None, today: date) -> frozenset[int]:
    """The ids of the therapists whose caseload this one covers today."""
    if therapist is None:
        return frozenset()
    return frozenset(
        Cover.objects.filter(
            covering_id=therapist, first_day__lte=today, last_day__gte=today
        ).values_list("covered_id", flat=True)
    )


def _profile(user: User, clinic: Clinic, chosen: int | None) -> int | None:
    mine = list(
        Patient.objects.filter(user=user, clinic=clinic, active=True)
        .order_by("pk")
        .values_list("pk", flat=True)[:10]
    )
    if chosen in mine:
        return chosen
    return mine[0] if len(mine) == 1 else None


def staff_of(clinic: Clinic, roles: Iterable[str]) -> Q:
    """A condition on users: active staff of this clinic in one of these roles."""
    return Q(
        memberships__clinic=clinic,
        memberships__role__in=list(roles),
        memberships__state=MembershipState.ACTIVE.value,
        is_active=True,
    )
