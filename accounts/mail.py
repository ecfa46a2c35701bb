"""Account mail that a clinic has caused, so that its office hears of it when it fails."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.mail import EmailMessage

from accounts.models import Clinic


class ClinicMail(EmailMessage):
    """`about`: what it speaks of, an invitation."""

    def __init__(self, *args: Any, clinic: Clinic, about: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic, self.about = clinic, about
