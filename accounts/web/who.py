"""Who a request comes from, as one clinic knows them: the same for pages and API."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.actor import Actor, ActorKind
from accounts.models import Clinic, User
from accounts.policy import actor_for


def actor_of(
    request: Any,
    clinic: Clinic,
    now: datetime,
    *,
    kind: ActorKind = ActorKind.USER,
    patient: int | None = None,
) -> Actor:
    """One query. Several people may share an account's mailbox: `patient` says which
    profile acts, or else the session knows."""
    where = request.META.get("REMOTE_ADDR", "")
    if not isinstance(request.user, User):
        return Actor.anonymous(clinic, where)
    if patient is None and kind is ActorKind.USER:
        patient = request.session.get(f"patient:{clinic.pk}")
    today = now.astimezone(ZoneInfo(clinic.time_zone)).date()
    return actor_for(request.user, clinic, today=today, patient=patient, kind=kind, where=where)
