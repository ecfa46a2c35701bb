from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.clinic import Clinic
from accounts.models.people import Patient


class Form(models.TextChoices):
    TELEHEALTH = "telehealth", _("Consent to telehealth")
    MAIL = "mail", _("Appointment details by unencrypted e-mail")
    GROUP = "group", _("Confidentiality in groups")
    DISCLOSURE = "disclosure", _("Disclosure of records to others")


class ConsentForm(models.Model):
    """One version of a form's text; the highest version is the one that is asked for."""

    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="consent_forms")
    form = models.CharField(max_length=12, choices=Form.choices)
    version = models.PositiveSmallIntegerField()
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "form", "version"], name="consent_form_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.version}"


class Consent(models.Model):
    """A signed version of a form (TH3, PR2); revocable, perhaps expiring."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="consents")
    form = models.CharField(max_length=12, choices=Form.choices)
    version = models.PositiveSmallIntegerField()
    signed_at = models.DateTimeField()
    signed_by = models.CharField(max_length=60)  # Actor.name
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["patient", "form", "version"], name="consent_by")]

    def __str__(self) -> str:
        return f"{self.form} {self.version} of patient {self.patient_id}"
