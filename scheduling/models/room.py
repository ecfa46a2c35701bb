from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic
from accounts.sealed import SealedTextField
from scheduling.engine.lifecycle import RoomState
from scheduling.models.booking import Booking
from scheduling.models.session import Session


class Connection(models.Model):
    """A clinic's agreement with a video platform; `kind` names its adapter.

    Without a signed agreement (BAA) it gets no room, and nobody is sent there: see `USABLE`.
    """

    USABLE = models.Q(enabled=True, baa_on_file__isnull=False)

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="connections")
    kind = models.CharField(_("kind"), max_length=20)  # "paste", "standard"
    name = models.CharField(_("name"), max_length=60)
    hosts = models.TextField(_("allowed hosts"))  # one a line; ".zoom.us" allows subdomains
    secret = SealedTextField(blank=True)  # theirs to us: "whsec_... whsec_..." while rotating
    outgoing_url = models.URLField(_("address for requests"), blank=True)
    outgoing_secret = SealedTextField(blank=True)
    baa_on_file = models.DateField(_("agreement (BAA) signed on"), null=True, blank=True)
    enabled = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    @property
    def usable(self) -> bool:
        return self.enabled and self.baa_on_file is not None


class Room(models.Model):
    """The external platform's room for a session. `generation` rises with each rotation."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    session = models.OneToOneField(Session, models.CASCADE, related_name="room")
    connection = models.ForeignKey(Connection, models.PROTECT, null=True, related_name="rooms")
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in RoomState])
    generation = models.PositiveIntegerField(default=1)
    external_id = SealedTextField(blank=True)
    join_url = SealedTextField(blank=True)
    host_url = SealedTextField(blank=True)
    personal = SealedTextField(blank=True)  # JSON: "ap_..." -> URL
    filled_at = models.DateTimeField(null=True)
    proposed = SealedTextField(blank=True)  # JSON: another room, offered after people were let in
    asked = models.CharField(max_length=24, blank=True)  # what the platform was last told
    warned = models.PositiveSmallIntegerField(null=True)  # minutes before start of the last warning

    def __str__(self) -> str:
        return f"room {self.pk}"


class HookReceipt(models.Model):
    """A callback that was taken: the same id again is a duplicate, or another body's fraud."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="receipts")
    webhook_id = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "webhook_id"], name="hook_once"),
        ]

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class JoinLink(models.Model):
    """One participant's own way in (TK1). Ours; it outlives the room.

    The token is random, kept as SHA-256 to look it up and sealed to write it into later mail.
    A patient's link has a booking, a therapist's a session and a user.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    booking = models.OneToOneField(Booking, models.CASCADE, null=True, related_name="join_link")
    session = models.ForeignKey(Session, models.CASCADE, related_name="join_links")
    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+"
    )
    ref = models.CharField(max_length=32, unique=True)  # "ap_...", what the platform knows
    token = SealedTextField()
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "therapist"], name="join_link_host_once"),
        ]

    def __str__(self) -> str:
        return f"join link {self.pk}"


class ActionLink(models.Model):
    """A link in mail to one action on one booking (TK3); its page still asks who it is."""

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="action_links")
    action = models.CharField(max_length=12)  # "cancel" or "move"
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"action link {self.pk}"
