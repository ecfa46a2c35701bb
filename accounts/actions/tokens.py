"""Make and revoke keys to the API: one's own, each for one clinic. Only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import audit
from accounts.actor import Actor
from accounts.errors import BadInput, NotFound
from accounts.models import ApiToken, Clinic, MembershipState, User

PREFIX = "ths_"  # lets a search for leaked secrets find it
LONGEST_DAYS = 365
MOST = 20  # alive at a time, of one person


class NewToken(NamedTuple):
    row: ApiToken
    secret: str  # told once, kept nowhere


def hash_token(token: str) -> str:
    """What a token is looked up by: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def clinics_of(user: User) -> QuerySet[Clinic]:
    """Where the person is staff or a patient: a token may be made for these."""
    staff = Q(memberships__user=user, memberships__state=MembershipState.ACTIVE.value)
    treated = Q(patients__user=user, patients__active=True)
    return Clinic.objects.filter(staff | treated, active=True).distinct().order_by("name")


def tokens_of(user: User, now: datetime) -> QuerySet[ApiToken]:
    """The person's own that still open something, newest first."""
    alive = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    rows = ApiToken.objects.filter(alive, user=user, revoked_at__isnull=True)
    return rows.select_related("clinic").order_by("-created_at", "-pk")


@transaction.atomic
def create_token(
    *, clinic: UUID, name: str, days: int, second_factor: bool, actor: Actor, now: datetime
) -> NewToken:
    """A new key for the actor's own account. Without `second_factor` it never acts for staff."""
    assert actor.user is not None
    home = clinics_of(actor.user).filter(uuid=clinic).first()
    if home is None:
        raise NotFound
    if not 1 <= days <= LONGEST_DAYS or tokens_of(actor.user, now).count() >= MOST:
        raise BadInput(field="days")
    secret = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        user=actor.user,
        clinic=home,
        name=name,
        token_hash=hash_token(secret),
        second_factor=second_factor,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    audit.record(actor, "token.create", obj=row, clinic=home.pk)
    return NewToken(row, secret)


@transaction.atomic
def revoke_token(*, token: UUID, actor: Actor, now: datetime) -> None:
    """End one of the actor's own keys; from the next request on it opens nothing."""
    assert actor.user is not None
    row = tokens_of(actor.user, now).filter(uuid=token).first()
    if row is None:
        raise NotFound
    row.revoked_at = now
    row.save(update_fields=["revoked_at"])
    audit.record(actor, "token.revoke", obj=row, clinic=row.clinic_id)
