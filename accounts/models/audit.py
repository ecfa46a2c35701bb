"""Who saw or changed what about whom. Added and read, never changed (LG1-LG3)."""

from __future__ import annotations

from django.db import models

from accounts.models.guard import AppendOnly


class Outcome(models.TextChoices):
    OK = "ok", "ok"
    REFUSED = "refused", "refused"  # seen, but a rule stood against it; `code` says which
    DENIED = "denied", "denied"  # not theirs to see, or a missing second factor


class AuditRow(models.Model):
    """One patient touched by one act. No foreign keys: it outlives what it speaks of.

    `subject_*` is the patient, `object_*` what was looked at or changed; ids as text, a uuid where
    there is one. `detail` is small and holds nothing about a person.
    """

    at = models.DateTimeField()
    clinic_id = models.BigIntegerField(null=True)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=30, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    object_kind = models.CharField(max_length=30, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.OK.value)
    code = models.CharField(max_length=40, blank=True)
    where = models.CharField(max_length=64, blank=True)
    purpose = models.CharField(max_length=60, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        constraints = [AppendOnly(name="audit_row_append_only")]
        indexes = [models.Index(fields=["clinic_id", "subject_id", "at"], name="audit_by_subject")]

    def __str__(self) -> str:
        return f"audit row {self.pk}"


class AuditSeal(models.Model):
    """A link of the chain over the audit rows: its MAC covers the row and the link before.

    Links are in the order of sealing, 1, 2, 3 without a gap; rows may have come in another order.
    """

    sequence = models.BigIntegerField(primary_key=True)
    row_id = models.BigIntegerField(unique=True)
    mac = models.CharField(max_length=64)

    class Meta:
        constraints = [AppendOnly(name="audit_seal_append_only")]

    def __str__(self) -> str:
        return f"audit seal {self.sequence}"
