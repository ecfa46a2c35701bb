"""Who saw or changed what about a patient: for the privacy officer (LG6)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from accounts.actor import Actor
from accounts.models import AuditRow, Membership, Patient, Role, User
from scheduling import policy
from scheduling.errors import NotFound

MOST = 200


class Looks(NamedTuple):
    """`more`: there are older ones, to be had by an earlier "until"."""

    rows: list[AuditRow]
    more: bool


def patient(actor: Actor, reference: str) -> Patient | None:
    """By the reference alone, however it was typed; never the reader's own file."""
    if not actor.has(policy.PRIVACY):
        raise NotFound
    tidy = "".join(sign for sign in reference.upper() if sign.isalnum())[:8]
    rows = Patient.objects.filter(clinic=actor.clinic, reference=tidy)
    return rows.exclude(user=actor.user).first()


def looks(actor: Actor, who: Patient, first: datetime | None, until: datetime | None) -> Looks:
    """Newest first, in [first, until). One query, by the index on subject and time."""
    rows: QuerySet[AuditRow] = policy.visible(AuditRow, actor)
    rows = rows.filter(subject_kind="patient", subject_id=str(who.pk))
    if first is not None:
        rows = rows.filter(at__gte=first)
    if until is not None:
        rows = rows.filter(at__lt=until)
    found = list(rows.order_by("-at", "-pk")[: MOST + 1])
    return Looks(found[:MOST], len(found) > MOST)


def names(actor: Actor, rows: list[AuditRow]) -> dict[str, str]:
    """Id of an account -> name and roles here. Two queries."""
    ids = {int(row.actor_id) for row in rows if row.actor_kind in ("user", "token") and
           row.actor_id.isdecimal()}  # fmt: skip
    roles: dict[int, list[str]] = {}
    for user, role in Membership.objects.filter(clinic=actor.clinic, user__in=ids).values_list(
        "user_id", "role"
    ):
        roles.setdefault(user, []).append(str(Role(role).label))
    people = User.objects.filter(pk__in=ids).values_list("pk", "name", "email")
    return {
        str(pk): f"{name or email} ({', '.join(sorted(roles[pk]))})" if pk in roles else name
        for pk, name, email in people
    }
