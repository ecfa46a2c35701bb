"""The form that adds a passkey, in words that people know."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.utils.translation import gettext_lazy as _


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of this passkey")
        alone = self.fields["passwordless"]
        alone.initial = True
        alone.label = _("Sign in with it alone")
        alone.help_text = _("Your device asks for your finger, your face or its PIN.")
