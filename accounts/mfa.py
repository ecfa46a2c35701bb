"""TOTP secrets and the seeds of recovery codes lie sealed in allauth's table (AU5)."""

from __future__ import annotations

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.sealed import SealedValue, current_key, seal, unseal

PLACE = "mfa.authenticator.data"
NAMES = ("secret", "seed")


class SealedMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return seal(text, PLACE)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises SealedError, also for what was stored in clear."""
        return unseal(encrypted_text, PLACE)


@transaction.atomic
def reseal_secrets() -> tuple[int, int]:
    """As `accounts.sealed.reseal`, for second factors: rows read, rows rewritten."""
    read = written = 0
    for row in Authenticator.objects.select_for_update().order_by("pk"):
        texts = {name: unseal(row.data[name], PLACE) for name in NAMES if name in row.data}
        read += 1
        if any(SealedValue(row.data[name], "").key != current_key() for name in texts):
            row.data |= {name: seal(text, PLACE) for name, text in texts.items()}
            row.save(update_fields=["data"])
            written += 1
    return read, written
