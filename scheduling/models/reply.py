from __future__ import annotations

from django.db import models


class StoredReply(models.Model):
    """The answer that was given under an Idempotency-Key, written in the action's transaction."""

    owner = models.CharField(max_length=80)  # Actor.name, or the hash of a hold's secret
    key = models.CharField(max_length=100)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="reply_once")]

    def __str__(self) -> str:
        return f"reply {self.pk}"
