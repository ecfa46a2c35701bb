from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

EMERGENCY_TEXT = _(
    "If your life or somebody else's is in danger, call 911. For the Suicide & Crisis Lifeline, "
    "call or text 988. For SAMHSA's helpline, 24 hours a day, call 1-800-662-4357."
)


WEEKDAYS = (
    _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
    _("Sunday"),
)  # fmt: skip


def emergency_text() -> str:
    return str(EMERGENCY_TEXT)


class Newcomers(models.TextChoices):
    OPEN = "open", _("may book at once")
    INVITED = "invited", _("are invited first")


class Clinic(models.Model):
    """The tenant, with its policies. Lengths of time are in minutes unless named otherwise."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("address"), unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64)
    week_starts = models.PositiveSmallIntegerField(
        _("the week begins on"), default=0, choices=list(enumerate(WEEKDAYS))
    )
    phone = models.CharField(_("telephone"), max_length=32, blank=True)
    sender_name = models.CharField(_("sender of mail"), max_length=60, default="Appointments")
    emergency_text = models.TextField(_("emergency text"), default=emergency_text)
    newcomers = models.CharField(
        _("newcomers"), max_length=10, choices=Newcomers.choices, default=Newcomers.OPEN.value
    )
    part2 = models.BooleanField(_("programme under 42 CFR Part 2"), default=True)

    # Policies; a service, and a therapist's offering of it, may differ.
    grid = models.PositiveSmallIntegerField(_("start every"), default=15)
    buffer_before = models.PositiveSmallIntegerField(_("minutes free before"), default=0)
    buffer_after = models.PositiveSmallIntegerField(_("minutes free after"), default=10)
    min_notice = models.PositiveIntegerField(_("minimum notice"), default=120)
    horizon_days = models.PositiveSmallIntegerField(_("bookable days ahead"), default=60)
    max_per_day = models.PositiveSmallIntegerField(_("most sessions a day"), null=True, blank=True)

    hold_minutes = models.PositiveSmallIntegerField(_("minutes a hold lasts"), default=10)
    max_holds = models.PositiveSmallIntegerField(_("holds at a time"), default=2)
    change_notice = models.PositiveIntegerField(_("patients may change until"), default=120)
    late_notice = models.PositiveIntegerField(_("a cancellation is late within"), default=1440)
    reminders = models.CharField(_("reminders before"), max_length=40, default="1440,60")
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def at(cls, slug: str) -> Clinic | None:
        """The clinic of an address. Asked by every request, so written out."""
        sql = "SELECT * FROM accounts_clinic WHERE slug = %s AND active"
        return next(iter(cls.objects.raw(sql, [slug])), None)


class Role(models.TextChoices):
    THERAPIST = "therapist", _("Therapist")
    DESK = "desk", _("Front desk")
    ADMIN = "admin", _("Clinic admin")
    PRIVACY = "privacy", _("Privacy officer")
    EXPORT = "export", _("Export of single rows")


class MembershipState(models.TextChoices):
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")


class Membership(models.Model):
    """A user's role in a clinic. Read at use: a change acts on the next request (AC6)."""

    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    state = models.CharField(
        max_length=10, choices=MembershipState.choices, default=MembershipState.ACTIVE.value
    )
    weekly_report = models.BooleanField(_("gets the numbers of each week by mail"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "clinic", "role"], name="membership_once")
        ]

    def __str__(self) -> str:
        return f"{self.role} of clinic {self.clinic_id}"


class Invitation(models.Model):
    """Asks somebody to join the staff; bound to the address it was sent to (AU12)."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"invitation {self.pk}"
