"""What the front desk writes down about a patient: who it is, and what was signed on paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts import audit
from accounts.actions import consent
from accounts.actor import Actor
from accounts.models import STATES, Form, Patient
from accounts.sealed import normal_phone
from scheduling import policy
from scheduling.actions.action import action
from scheduling.engine.hours import UnknownZone, require_zone
from scheduling.errors import BadInput, NoSuchZone, NotFound, UnknownField

FIELDS = (
    "first_name",
    "last_name",
    "called",
    "birth_date",
    "phone",
    "email",
    "state",
    "time_zone",
    "no_mail",
)
"""What the desk may set; never the clinic, the account, the reference or a consent (AC5)."""
NEEDED = frozenset({"first_name", "last_name", "birth_date", "phone", "state", "time_zone"})


@action("patient.make")
def make_patient(
    *, actor: Actor, now: datetime, accept: Mapping[str, int] | None = None, **said: Any
) -> Patient:
    """A patient without an account, and perhaps without e-mail. `accept`: what they signed on
    paper, form -> version."""
    require_desk(actor)
    values = checked(dict.fromkeys(NEEDED, "") | said, now)
    patient = Patient(clinic=actor.clinic, **values)
    patient.save()
    for form, version in (accept or {}).items():
        consent.sign(patient, form, version, actor=actor, now=now)
    audit.record(actor, "patient.make", subject=patient)
    return patient


@action("patient.change")
def change_patient(*, patient: int, actor: Actor, now: datetime, **said: Any) -> Patient:
    """Set some of FIELDS; only those that differ are written.

    Details go by mail to the address that was read back when they were agreed to: another one
    ends that consent (PR2).
    """
    found = lock_known(patient, actor)
    values = checked(said, now)
    changes = {name: value for name, value in values.items() if getattr(found, name) != value}
    for name, value in changes.items():
        setattr(found, name, value)
    if changes:
        found.save(update_fields=list(changes))
    if "email" in changes and Form.MAIL.value in consent.signed_forms(found, now):
        consent.revoke(found, Form.MAIL.value, actor=actor, now=now)
    audit.record(actor, "patient.change", subject=found, detail=dict.fromkeys(changes, True))
    return found


@action("consent.paper")
def record_consent(
    *, patient: int, form: str, version: int, actor: Actor, now: datetime
) -> Patient:
    """The patient has signed the newest version, on paper or aloud; staff put it on file."""
    found = lock_known(patient, actor)
    if form not in Form.values:
        raise BadInput(field="form")
    consent.sign(found, form, version, actor=actor, now=now)
    return found


@action("consent.withdraw")
def withdraw_consent(*, patient: int, form: str, actor: Actor, now: datetime) -> Patient:
    """The patient takes a consent back and says so to the desk."""
    found = lock_known(patient, actor)
    if form not in Form.values:
        raise BadInput(field="form")
    consent.revoke(found, form, actor=actor, now=now)
    return found


def require_desk(actor: Actor) -> None:
    if not actor.has(policy.DESK) or actor.clinic is None:
        raise NotFound


def lock_known(patient: int, actor: Actor) -> Patient:
    """A patient of the clinic who is somebody else than the actor, locked."""
    require_desk(actor)
    rows = policy.visible(Patient, actor).filter(pk=patient, active=True).exclude(user=actor.user)
    found = rows.select_for_update(no_key=True, of=("self",)).first()
    if found is None:
        raise NotFound
    return found


def checked(said: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The values as they are kept; BadInput names the first field that cannot be."""
    if unknown := said.keys() - set(FIELDS):
        raise UnknownField(field=min(unknown))
    values = {name: _tidy(value) for name, value in said.items()}
    for name in sorted(NEEDED & values.keys()):
        if not values[name]:
            raise BadInput(field=name)
    for name, check in CHECKS.items():
        if values.get(name):
            check(values[name], now)
    if "phone" in values:
        values["phone"] = normal_phone(values["phone"])
    return values


def _tidy(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return " ".join(value.split()) if isinstance(value, str) else value


def _birth_date(text: str, now: datetime) -> None:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(field="birth_date") from error
    if not date(1900, 1, 1) <= day <= now.date():
        raise BadInput(field="birth_date")


def _phone(text: str, now: datetime) -> None:
    if not 8 <= len(normal_phone(text)) <= 16:
        raise BadInput(field="phone")


def _email(text: str, now: datetime) -> None:
    try:
        validate_email(text)
    except ValidationError as error:
        raise BadInput(field="email") from error


def _state(text: str, now: datetime) -> None:
    if text not in dict(STATES):
        raise BadInput(field="state")


def _zone(text: str, now: datetime) -> None:
    try:
        require_zone(text)
    except UnknownZone as error:
        raise NoSuchZone(field="time_zone") from error


CHECKS = {
    "birth_date": _birth_date,
    "phone": _phone,
    "email": _email,
    "state": _state,
    "time_zone": _zone,
}
