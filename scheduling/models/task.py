from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q

from accounts.models import Clinic, Patient, Therapist
from accounts.sealed import SealedTextField
from scheduling.models.booking import Booking
from scheduling.models.series import Series
from scheduling.models.session import Session


class TaskKind(models.TextChoices):
    TELL_PATIENT = "tell_patient"  # bring this patient up to date about this session
    TELL_THERAPIST = "tell_therapist"
    TELL_PROGRAM = "tell_program"  # bring this patient up to date about all that a program brings
    REMIND = "remind"
    ACCOUNT_MAIL = "account_mail"  # a sign-in code, a notice about the account
    SERIES_ENDS = "series_ends"  # a few dates are left of a series
    ROOM = "room"  # ask the platform for a room, or tell it of a change
    OFFER = "offer"  # tell one who waits of the time that is held for them
    LOOK = "look"  # see what a clinic's waiting list can be offered
    WEEKLY = "weekly"  # the numbers of a week, to an admin who asked for them


class Task(models.Model):
    """One thing that the worker owes somebody: leased while it is done, retried, given up visibly.

    At most one undone "bring up to date" per recipient and session, or series, and one for all the
    series that a patient's programs bring. `message` holds
    the very bytes that are being sent (as Latin-1), so that a retry repeats them under the same
    Message-ID.
    `maybe_sent` is true from before they are handed over until a definite answer is stored;
    `telling` is what the Invite becomes once they were.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=16, choices=TaskKind.choices)
    clinic = models.ForeignKey(Clinic, models.CASCADE, null=True, related_name="+")
    session = models.ForeignKey(Session, models.CASCADE, null=True, related_name="tasks")
    series = models.ForeignKey(Series, models.CASCADE, null=True, related_name="tasks")
    booking = models.ForeignKey(Booking, models.CASCADE, null=True, related_name="tasks")
    patient = models.ForeignKey(Patient, models.CASCADE, null=True, related_name="+")
    therapist = models.ForeignKey(Therapist, models.CASCADE, null=True, related_name="+")
    key = models.CharField(max_length=120, blank=True)  # what it is unique for: "1440:<start>"
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    gave_up_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=60, blank=True)  # a code: "sent", "nothing_to_tell", ...
    # of the session, or a checksum of the series, when `message` was written
    revision = models.PositiveIntegerField(null=True)
    recipient = SealedTextField(blank=True)
    message = SealedTextField(blank=True)
    message_id = models.CharField(max_length=120, blank=True)
    maybe_sent = models.BooleanField(default=False)
    telling = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "patient", "kind"],
                condition=Q(kind="tell_patient", done_at__isnull=True, gave_up_at__isnull=True),
                name="task_one_undone_patient",
            ),
            models.UniqueConstraint(
                fields=["session", "therapist", "kind"],
                condition=Q(kind="tell_therapist", done_at__isnull=True, gave_up_at__isnull=True),
                name="task_one_undone_therapist",
            ),
            models.UniqueConstraint(
                fields=["series", "patient", "kind"],
                condition=Q(kind="tell_patient", done_at__isnull=True, gave_up_at__isnull=True),
                name="task_one_undone_patient_series",
            ),
            models.UniqueConstraint(
                fields=["series", "therapist", "kind"],
                condition=Q(kind="tell_therapist", done_at__isnull=True, gave_up_at__isnull=True),
                name="task_one_undone_therapist_series",
            ),
            models.UniqueConstraint(
                fields=["patient", "kind"],
                condition=Q(kind="tell_program", done_at__isnull=True, gave_up_at__isnull=True),
                name="task_one_undone_program",
            ),
            models.UniqueConstraint(
                fields=["booking", "key"], condition=Q(kind="remind"), name="task_remind_once"
            ),
            models.UniqueConstraint(
                fields=["series", "patient"],
                condition=Q(kind="series_ends"),
                name="task_series_ends_once_patient",
            ),
            models.UniqueConstraint(
                fields=["series", "therapist"],
                condition=Q(kind="series_ends"),
                name="task_series_ends_once_therapist",
            ),
            models.UniqueConstraint(
                fields=["key"], condition=Q(kind="weekly"), name="task_weekly_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(done_at__isnull=True, gave_up_at__isnull=True),
                name="task_undone",
            ),
            models.Index(fields=["message_id"], name="task_by_message_id"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Invite(models.Model):
    """What one recipient was last told about a session or series, as far as it was handed over.

    UID until a CANCEL (which no UID outlives), SEQUENCE raised by every visible change; `method`
    is that of the last calendar object. `told` is "", "off", or "on:" with a fingerprint of what
    the last message said, compared with what is now. RFC 5545 3.8.7.4, RFC 5546 2.1.4.
    `dates` is what was told of each date of a series: its slot -> [start, end, medium, hosts].
    """

    session = models.ForeignKey(Session, models.CASCADE, null=True, related_name="invites")
    series = models.ForeignKey(Series, models.CASCADE, null=True, related_name="invites")
    patient = models.ForeignKey(Patient, models.CASCADE, null=True, related_name="+")
    therapist = models.ForeignKey(Therapist, models.CASCADE, null=True, related_name="+")
    uid = models.UUIDField(default=uuid4, unique=True)
    sequence = models.IntegerField(default=-1)
    method = models.CharField(max_length=10, blank=True)
    stamp = models.DateTimeField(null=True)
    told = models.CharField(max_length=64, blank=True)
    answer = models.CharField(max_length=20, blank=True)
    dates = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(session__isnull=False) ^ Q(series__isnull=False),
                name="invite_of_session_or_series",
            ),
            models.UniqueConstraint(
                fields=["series", "patient"], name="invite_patient_of_series_once"
            ),
            models.UniqueConstraint(
                fields=["series", "therapist"], name="invite_therapist_of_series_once"
            ),
            models.UniqueConstraint(fields=["session", "patient"], name="invite_patient_once"),
            models.UniqueConstraint(fields=["session", "therapist"], name="invite_therapist_once"),
        ]

    def __str__(self) -> str:
        return f"invite {self.pk}"
