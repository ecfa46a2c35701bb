from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Patient, Therapist
from accounts.models.people import new_reference
from scheduling.engine.lifecycle import GroupState, LeaveReason
from scheduling.models.catalogue import Service


class Entry(models.TextChoices):
    """When somebody may come into a group."""

    CLOSED = "closed", _("Closed: everybody begins together")
    ROLLING = "rolling", _("Rolling: new members at the start of a module")
    OPEN = "open", _("Open: a seat for each session")


class Group(models.Model):
    """A recurring group with its rules; its series make the sessions, ahead of time.

    `capacity` bounds the seats of each session, and so do `per_facilitator` times the facilitators
    who give it. Sessions are counted per series: closed groups take members until the session
    `entry_sessions`; rolling ones at every `module_sessions`-th, for `cycle_sessions` from there.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="groups")
    service = models.ForeignKey(Service, models.PROTECT, related_name="groups")
    name = models.CharField(_("name"), max_length=80)
    about = models.TextField(_("what to expect"), blank=True)
    entry = models.CharField(_("joining"), max_length=8, choices=Entry.choices)
    capacity = models.PositiveSmallIntegerField(_("seats"))
    per_facilitator = models.PositiveSmallIntegerField(
        _("most members for each facilitator"), null=True, blank=True
    )
    entry_sessions = models.PositiveSmallIntegerField(
        _("may be joined until session"), null=True, blank=True
    )
    module_sessions = models.PositiveSmallIntegerField(
        _("sessions in a module"), null=True, blank=True
    )
    cycle_sessions = models.PositiveSmallIntegerField(
        _("sessions in a cycle"), null=True, blank=True
    )
    listed = models.BooleanField(_("patients can find it"), default=True)
    state = models.CharField(
        max_length=8,
        choices=[(s.value, s.value) for s in GroupState],
        default=GroupState.RUNNING.value,
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(capacity__gte=1), name="group_has_seats"),
            models.CheckConstraint(
                condition=~Q(entry=Entry.ROLLING.value)
                | Q(module_sessions__gte=1, cycle_sessions__gte=F("module_sessions")),
                name="group_rolling_has_modules",
            ),
        ]

    def __str__(self) -> str:
        return f"group {self.pk}"


class Facilitator(models.Model):
    """Who gives a group's sessions from a day on, to a day (both included).

    The licence of the `lead` counts for every member.
    """

    group = models.ForeignKey(Group, models.CASCADE, related_name="facilitators")
    therapist = models.ForeignKey(Therapist, models.PROTECT, related_name="facilitates")
    lead = models.BooleanField(default=False)
    from_day = models.DateField()
    until_day = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "therapist", "from_day"], name="facilitator_once"
            ),
        ]

    def __str__(self) -> str:
        return f"facilitator {self.pk}"


class Member(models.Model):
    """A patient's place in a closed or rolling group: a seat in every session of a stretch.

    `from_start` and `until_start` bound the starts of the sessions (minutes, UTC; the last one is
    included, None is open). Open groups have no members, only bookings.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=8, default=new_reference, unique=True, editable=False)
    group = models.ForeignKey(Group, models.PROTECT, related_name="members")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="memberships")
    from_start = models.BigIntegerField()
    until_start = models.BigIntegerField(null=True)
    enrollment = models.ForeignKey(
        "scheduling.Enrollment", models.PROTECT, null=True, related_name="members"
    )
    place = models.CharField(_("state of the patient"), max_length=2)
    zone = models.CharField(max_length=64)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    left_reason = models.CharField(
        max_length=12, blank=True, choices=[(r.value, r.value) for r in LeaveReason]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "patient"],
                condition=Q(left_at__isnull=True),
                name="member_once",
            ),
        ]

    def __str__(self) -> str:
        return f"member {self.reference}"
