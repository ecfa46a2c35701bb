"""Note down what a patient says to the therapist before a session may go on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accounts import audit
from accounts.actor import Actor
from accounts.models import Patient
from scheduling.actions.action import action
from scheduling.errors import BadInput, IllegalChange, NotFound
from scheduling.queries import agenda

LONGEST_CONTACT = 500


@action("patient.emergency_contact")
def note_emergency_contact(*, booking: UUID, contact: str, actor: Actor, now: datetime) -> Patient:
    """Whom to call in an emergency, where nothing is on file (TH4); by who treats the patient.

    What a patient gave is not overwritten here: that is the patient's own to change.
    """
    seen = agenda.cases(actor).filter(uuid=booking).values_list("patient_id", flat=True).first()
    if seen is None:
        raise NotFound
    patient = Patient.objects.select_for_update(no_key=True).get(pk=seen)
    if patient.emergency_contact:
        raise IllegalChange(subject=patient.pk)
    said = contact.strip()
    if not 3 <= len(said) <= LONGEST_CONTACT:
        raise BadInput(field="contact", subject=patient.pk)
    patient.emergency_contact = said
    patient.save(update_fields=["emergency_contact"])
    audit.record(actor, "patient.emergency_contact", subject=patient)
    return patient
