"""Who may come in by an address, and who came no further than the door."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Clinic, Invitation, Membership, Newcomers, Patient, User

WAIT = timedelta(days=1)


def come_in(*, email: str, clinic: Clinic | None, now: datetime) -> User | None:
    """The account to which a sign-in code goes; None: nobody comes in by this address here.

    An unknown address gets an account, unverified and without a password, where the clinic is open
    for newcomers, keeps a profile with this address, or has sent it an invitation. Known or not,
    the same look-ups are made (AU9).
    """
    user = User.objects.filter(email=email).first()
    invited = open_invitations(now).filter(email=email).exists()
    kept = Patient.objects.filter(clinic=clinic, email__iexact=email, active=True).exists()
    open_here = clinic is not None and clinic.newcomers == Newcomers.OPEN
    if user is None and (invited or kept or open_here):
        user, _ = User.objects.get_or_create(
            email=email, defaults={"password": make_password(None)}
        )
    if user is None or not user.is_active:
        return None
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"primary": True})
    return user


def open_invitations(now: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now, clinic__active=True
    )


def purge_unverified(now: datetime) -> int:
    """Forget accounts that nobody came to within a day: no code typed, no role, no profile."""
    theirs = {"user": OuterRef("pk")}
    stale = User.objects.filter(
        ~Exists(EmailAddress.objects.filter(**theirs, verified=True)),
        ~Exists(Membership.objects.filter(**theirs)),
        ~Exists(Patient.objects.filter(**theirs)),
        last_login__isnull=True,
        is_staff=False,
        password__startswith="!",  # noqa: S106 - none was ever set
        created_at__lt=now - WAIT,
    )
    _, counts = stale.delete()
    return counts.get("accounts.User", 0)
