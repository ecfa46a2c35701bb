"""The root of all refusals, and those that need no session to be told.

Refusal
+-- NotFound        not yours, or not there: the same answer (AC2)
+-- BadInput        the caller said something that cannot be
+-- ReasonMissing
+-- WrongBirthDate, TooManyTries
+-- InvitationGone, NotInvited, LastAdmin

Weather, not a refusal: AuditFailed (503: without its record nothing is done, LG7).
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """Something that was asked for is not done, and why. `extra` goes to programs and pages."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    sentence: Any = _("This cannot be done.")

    def __init__(self, sentence: Any = None, **extra: Any) -> None:
        if sentence is not None:
            self.sentence = sentence
        self.extra = extra
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.sentence)


class NotFound(Refusal):
    code, status = "not_found", 404
    sentence = _("There is nothing here.")


class BadInput(Refusal):
    """`extra["field"]` names the field, where there is one."""

    code, status = "bad_input", 422
    sentence = _("Something in this form is not right.")


class ReasonMissing(Refusal):
    code, status = "reason_missing", 422
    sentence = _("Please give a reason.")


class WrongBirthDate(Refusal):
    code, status = "wrong_birth_date", 422
    sentence = _("This does not match what we have. Please check it.")


class TooManyTries(Refusal):
    code, status = "too_many_tries", 429
    sentence = _("That was tried too often. Please sign in, or call the clinic.")


class InvitationGone(Refusal):
    code, status = "invitation_gone", 410
    sentence = _("This invitation has ended. Please ask for a new one.")


class NotInvited(Refusal):
    code, status = "not_invited", 422
    sentence = _("This clinic invites its patients first. Please ask it for an invitation.")


class LastAdmin(Refusal):
    code = "last_admin"
    sentence = _("This is the clinic's only admin. Make somebody else an admin first.")


class AuditFailed(Exception):
    """The record could not be written, so nothing was done; the doors answer 503 (LG7)."""
