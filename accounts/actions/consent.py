"""Sign and revoke consents."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Max, Q, QuerySet

from accounts import audit
from accounts.actor import Actor
from accounts.errors import BadInput
from accounts.models import Consent, ConsentForm, Form, Patient

NEEDED = (Form.TELEHEALTH.value,)


def current_versions(clinic: int) -> dict[str, int]:
    """The newest version of each form that the clinic uses."""
    rows = ConsentForm.objects.filter(clinic=clinic).values("form").annotate(newest=Max("version"))
    return {row["form"]: row["newest"] for row in rows}


SIGNED = """
SELECT f.form, MAX(f.version), (
  SELECT MAX(c.version) FROM accounts_consent c
  WHERE c.patient_id = %s AND c.form = f.form AND c.revoked_at IS NULL
    AND (c.expires_at IS NULL OR c.expires_at > %s))
FROM accounts_consentform f WHERE f.clinic_id = %s GROUP BY f.form"""


def signed_forms(patient: Patient, now: datetime) -> set[str]:
    """The forms that stand signed in their newest version. One query, on the way of a booking."""
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(SIGNED, [patient.pk, moment, patient.clinic_id])
        return {form for form, newest, mine in cursor.fetchall() if (mine or 0) >= newest}


def missing_consents(patient: Patient, now: datetime) -> list[str]:
    """The needed forms that the patient has still to sign: none, or an old version (TH3)."""
    signed = signed_forms(patient, now)
    return [form for form in NEEDED if form not in signed]


def disclosures(clinic: int, now: datetime) -> QuerySet[Consent]:
    """The consents to disclosure that are in force, the last signed last; each by the text of the
    version that was signed (P22)."""
    signed = Consent.objects.filter(patient__clinic=clinic, form=Form.DISCLOSURE.value)
    lasting = Q(expires_at=None) | Q(expires_at__gt=now)
    return signed.filter(lasting, revoked_at=None).order_by("signed_at", "pk")


def sign(patient: Patient, form: str, version: int, *, actor: Actor, now: datetime) -> None:
    """Put a signature on file; only the newest version can be signed."""
    if current_versions(patient.clinic_id).get(form) != version:
        raise BadInput(field=form)
    Consent.objects.create(
        patient=patient, form=form, version=version, signed_at=now, signed_by=actor.name
    )
    audit.record(actor, "consent.sign", subject=patient.pk, detail={"form": form, "v": version})


def revoke(patient: Patient, form: str, *, actor: Actor, now: datetime) -> None:
    """Take a consent back; acts from the next look on."""
    Consent.objects.filter(patient=patient, form=form, revoked_at__isnull=True).update(
        revoked_at=now
    )
    audit.record(actor, "consent.revoke", subject=patient.pk, detail={"form": form})
