"""What patients change about themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.actions.consent import revoke, sign
from accounts.actor import Actor
from accounts.errors import BadInput, NotFound
from accounts.models import Form, Patient
from accounts.sealed import normal_phone

OWN = frozenset(
    {"called", "time_zone", "phone", "address", "emergency_contact", "reminders", "no_mail"}
)
LONGEST_REMINDER = 7 * 1440  # minutes


@transaction.atomic
def change_profile(*, actor: Actor, now: datetime, **changes: Any) -> Patient:
    """Set some of OWN on the actor's own profile; e-mail, names and birth date are the clinic's.

    `reminders` is "default", or minutes before the start as "1440,60"; "" is none.
    """
    if not changes.keys() <= OWN:
        raise BadInput(field=min(changes.keys() - OWN))
    patient = _lock_own(actor)
    if changes.get("phone") and not 8 <= len(normal_phone(changes["phone"])) <= 16:
        raise BadInput(field="phone")
    for name, value in changes.items():
        setattr(patient, name, value)
    if changes:
        patient.save(update_fields=list(changes))
        audit.record(actor, "patient.change", subject=patient, detail=dict.fromkeys(changes, True))
    return patient


def _lock_own(actor: Actor) -> Patient:
    rows = Patient.objects.filter(pk=actor.patient or 0, clinic=actor.clinic, active=True)
    patient = rows.select_for_update(no_key=True).first()
    if patient is None:
        raise NotFound
    return patient


@transaction.atomic
def give_consent(*, form: str, version: int, actor: Actor, now: datetime) -> None:
    """Sign the newest version of a form of the clinic; another is refused (TH3, PR2)."""
    sign(_lock_own(actor), form, version, actor=actor, now=now)


@transaction.atomic
def take_back_consent(*, form: str, actor: Actor, now: datetime) -> None:
    """Acts on everything that is sent or opened from now on."""
    if form not in Form.values:
        raise BadInput(field="form")
    revoke(_lock_own(actor), form, actor=actor, now=now)


def reminders_text(minutes: list[int] | None) -> str:
    """How a choice is stored; None is the clinic's own."""
    if minutes is None:
        return "default"
    if any(not 0 < one <= LONGEST_REMINDER for one in minutes) or len(minutes) > 5:
        raise BadInput(field="reminders")
    return ",".join(str(one) for one in sorted(set(minutes), reverse=True))
