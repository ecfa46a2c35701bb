"""Who is who in a clinic, read anew for every request."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Q

from accounts.actor import Actor, ActorKind
from accounts.models import Clinic, MembershipState, Role

if TYPE_CHECKING:
    from accounts.models import User


WHO = """
SELECT 'role', role, 0 FROM accounts_membership
  WHERE user_id = %(user)s AND clinic_id = %(clinic)s AND state = %(state)s
UNION ALL SELECT 'therapist', '', id FROM accounts_therapist
  WHERE user_id = %(user)s AND clinic_id = %(clinic)s AND active
UNION ALL SELECT 'covers', '', c.covered_id FROM accounts_cover c
  JOIN accounts_therapist t ON t.id = c.covering_id
  WHERE t.user_id = %(user)s AND t.clinic_id = %(clinic)s AND t.active
    AND c.first_day <= %(today)s AND c.last_day >= %(today)s
UNION ALL SELECT 'patient', '', id FROM accounts_patient
  WHERE user_id = %(user)s AND clinic_id = %(clinic)s AND active
"""
"""Asked by every request, so written out: to build four queries took longer than the page."""


def actor_for(
    user: User,
    clinic: Clinic,
    *,
    today: date,
    patient: int | None = None,
    kind: ActorKind = ActorKind.USER,
    where: str = "",
) -> Actor:
    """The person as this clinic knows them. One query.

    `patient` is the profile chosen where several share the account; a single one needs no choice.
    A therapist's covers are those of today. A deactivated person is nobody here (AC7).
    """
    if not user.is_active:
        return Actor.anonymous(clinic, where)
    asked: dict[str, int | str | date] = {
        "user": user.pk,
        "clinic": clinic.pk,
        "state": MembershipState.ACTIVE.value,
        "today": today,
    }
    roles: set[str] = set()
    found: dict[str, list[int]] = {"therapist": [], "covers": [], "patient": []}
    with connection.cursor() as cursor:
        cursor.execute(WHO, asked)
        for what, role, pk in cursor:
            if what == "role":
                roles.add(role)
            else:
                found[what].append(pk)
    treats = Role.THERAPIST.value in roles and bool(found["therapist"])
    mine = found["patient"]
    return Actor(
        kind,
        str(user.pk),
        clinic,
        user,
        frozenset(roles),
        patient=patient if patient in mine else mine[0] if len(mine) == 1 else None,
        therapist=found["therapist"][0] if treats else None,
        covers=frozenset(found["covers"]) if treats else frozenset(),
        where=where,
    )


def staff_of(clinic: Clinic, roles: Iterable[str]) -> Q:
    """A condition on users: active staff of this clinic in one of these roles."""
    return Q(
        memberships__clinic=clinic,
        memberships__role__in=list(roles),
        memberships__state=MembershipState.ACTIVE.value,
        is_active=True,
    )
