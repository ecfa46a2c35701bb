"""`manage.py reseal`: after a new key was put first in SEALED_KEYS, seal everything under it.

Reads every sealed value on the way, so it is also the proof that none was tampered with. When it
has ended, the old key can be taken out.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from accounts.mfa import reseal_secrets
from accounts.sealed import SealedError, reseal, sealed_fields


class Command(BaseCommand):
    help = "Opens every sealed value and seals it anew under the first key."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for model in apps.get_models():
                if sealed_fields(model):
                    self._tell(model._meta.label, *reseal(model))
            self._tell("mfa.Authenticator", *reseal_secrets())
        except SealedError as error:
            raise CommandError(str(error)) from error

    def _tell(self, label: str, read: int, written: int) -> None:
        self.stdout.write(f"{label}: {read} read, {written} sealed anew")
