"""A person becomes a patient of a clinic, or meets the profile that the front desk made."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from accounts import audit
from accounts.actor import Actor
from accounts.errors import BadInput, NotFound, NotInvited, Refusal, TooManyTries, WrongBirthDate
from accounts.models import AuditRow, Newcomers, Patient, User

TRIES = 5  # wrong answers in a day
LINK = "patient.link"


def register_patient(
    *,
    first_name: str,
    last_name: str,
    birth_date: date,
    phone: str,
    state: str,
    time_zone: str,
    called: str = "",
    actor: Actor,
    now: datetime,
) -> Patient:
    """The first profile of this account in the actor's clinic.

    Refuses where newcomers are invited first, and where the account has a profile already.
    """
    user, clinic = actor.user, actor.clinic
    if user is None or clinic is None:
        raise NotFound
    if birth_date > now.date():
        raise BadInput(field="birth_date")
    refusal: Refusal | None = None
    with transaction.atomic():
        lock(user)
        if clinic.newcomers != Newcomers.OPEN:
            refusal = NotInvited()
        elif Patient.objects.filter(user=user, clinic=clinic).exists():
            refusal = BadInput(field="")
        else:
            patient = Patient.objects.create(
                clinic=clinic,
                user=user,
                email=user.email,
                first_name=first_name,
                last_name=last_name,
                called=called,
                birth_date=birth_date.isoformat(),
                phone=phone,
                state=state,
                time_zone=time_zone,
            )
            audit.record(actor, "patient.register", subject=patient)
            return patient
        audit.record(actor, "patient.register", outcome="refused", code=refusal.code)
    raise refusal


def link_patient(*, birth_date: date, reference: str, actor: Actor, now: datetime) -> Patient:
    """The profile that the clinic made, for who knows its reference and the birth date (AU9).

    A wrong answer says no more than that; after five within a day nothing is compared any more. A
    profile that belongs to another account stays with it.
    """
    user = actor.user
    if user is None or actor.clinic is None:
        raise NotFound
    with transaction.atomic():
        lock(user)
        refusal: Refusal = TooManyTries()
        if wrong_answers(actor, now) < TRIES:
            refusal = WrongBirthDate()
            patient = matching(actor, birth_date, reference)
            if patient is not None:
                patient.user = user
                patient.save(update_fields=["user"])
                audit.record(actor, LINK, subject=patient)
                return patient
        audit.record(actor, LINK, outcome="refused", code=refusal.code)
    raise refusal


def choose_patient(
    *, birth_date: date, reference: str = "", actor: Actor, now: datetime
) -> Patient:
    """Which of the account's profiles acts, told apart by birth date, twins by reference too."""
    user = actor.user
    if user is None or actor.clinic is None:
        raise NotFound
    with transaction.atomic():
        lock(user)
        refusal: Refusal = TooManyTries()
        if wrong_answers(actor, now) < TRIES:
            refusal = WrongBirthDate()
            mine = Patient.objects.filter(user=user, clinic=actor.clinic, active=True)
            fitting = [one for one in mine if one.birth_date == birth_date.isoformat()]
            if len(fitting) > 1:
                fitting = [one for one in fitting if one.reference == tidy(reference)]
            if len(fitting) == 1:
                audit.record(actor, "patient.choose", subject=fitting[0])
                return fitting[0]
        audit.record(actor, LINK, outcome="refused", code=refusal.code)
    raise refusal


def lock(user: User) -> None:
    """One answer of an account at a time, so that tries are counted one by one."""
    User.objects.select_for_update().get(pk=user.pk)


def wrong_answers(actor: Actor, now: datetime) -> int:
    return AuditRow.objects.filter(
        clinic_id=actor.clinic.pk if actor.clinic else None,
        subject_id="",
        at__gt=now - timedelta(days=1),
        actor_id=actor.id,
        action=LINK,
        outcome="refused",
    ).count()


def matching(actor: Actor, birth_date: date, reference: str) -> Patient | None:
    patient = Patient.objects.filter(
        clinic=actor.clinic, reference=tidy(reference), active=True
    ).first()
    if patient is None or patient.birth_date != birth_date.isoformat():
        return None
    return patient if patient.user_id in (None, getattr(actor.user, "pk", None)) else None


def tidy(reference: str) -> str:
    """As it is kept, however it was typed: "k7 w3-aapq"."""
    return "".join(letter for letter in reference.upper() if letter.isalnum())[:8]
