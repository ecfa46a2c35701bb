from __future__ import annotations

from datetime import date
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Patient
from accounts.models.people import new_reference
from scheduling.engine.hours import local_day
from scheduling.engine.lifecycle import EndReason
from scheduling.models.catalogue import Service
from scheduling.models.group import Group
from scheduling.models.guard import NoOverlap

LONGEST_PROGRAM = 1440 * 366 * 2  # minutes of an enrolment; bounds the guard's probe


class Level(models.Model):
    """A level of care on the clinic's continuum. What it asks for a week is dated: LevelRule."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="levels")
    code = models.SlugField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=80)
    rank = models.PositiveSmallIntegerField(_("order"))  # more care stands higher
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "code"], name="level_once")]
        ordering = ["-rank", "code"]

    def __str__(self) -> str:
        return self.name


class LevelRule(models.Model):
    """Hours a week of a level for an age band, from day to day (included), and who says so.

    Ages in years: `age_from` included, `age_until` not. NULL is no bound. `day_minutes` on each of
    at least `days` days a week, where a payer asks that. Rows are history.
    """

    level = models.ForeignKey(Level, models.CASCADE, related_name="rules")
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), null=True, blank=True)
    age_from = models.PositiveSmallIntegerField(_("from the age of"), default=0)
    age_until = models.PositiveSmallIntegerField(_("below the age of"), null=True, blank=True)
    min_minutes = models.PositiveSmallIntegerField(_("least minutes a week"), default=0)
    max_minutes = models.PositiveSmallIntegerField(_("most minutes a week"), null=True, blank=True)
    day_minutes = models.PositiveSmallIntegerField(
        _("least minutes on a day"), null=True, blank=True
    )
    days = models.PositiveSmallIntegerField(_("on at least so many days"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["level", "age_from", "valid_from"], name="level_rule_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="level_rule_in_order",
            ),
            models.CheckConstraint(
                condition=Q(max_minutes__isnull=True) | Q(max_minutes__gte=F("min_minutes")),
                name="level_rule_band",
            ),
        ]

    def __str__(self) -> str:
        return f"rule {self.pk} of level {self.level_id}"


class Program(models.Model):
    """A template: a level of care, a length in weeks, and a week made of parts."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="programs")
    level = models.ForeignKey(Level, models.PROTECT, related_name="programs")
    name = models.CharField(_("name"), max_length=80)
    weeks = models.PositiveSmallIntegerField(_("length in weeks"))
    active = models.BooleanField(_("takes people in"), default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weeks__gte=1, weeks__lte=104), name="program_weeks")
        ]

    def __str__(self) -> str:
        return self.name


class ProgramPart(models.Model):
    """One thing in a program's week: a group, with all its dates; or one session of an individual
    service, on a weekday at a minute of the clinic's wall clock (each enrolment may differ)."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="parts")
    group = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="parts")
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="parts"
    )
    weekday = models.PositiveSmallIntegerField(_("weekday"), null=True, blank=True)  # Monday = 0
    at = models.PositiveSmallIntegerField(_("time"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    group__isnull=False, service__isnull=True, weekday__isnull=True, at__isnull=True
                )
                | Q(group__isnull=True, service__isnull=False, weekday__lt=7, at__lt=1440),
                name="program_part_group_or_service",
            ),
            models.UniqueConstraint(fields=["program", "group"], name="program_part_group_once"),
        ]

    def __str__(self) -> str:
        return f"part {self.pk} of program {self.program_id}"


class Enrollment(models.Model):
    """A patient in a program. What it booked points back: `Series.enrollment`, `Member.enrollment`.

    `start` and `end` are midnights on the clinic's wall clock in minutes since the epoch, UTC,
    half-open. An early end moves `end`. `live` is false where it never began.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=8, default=new_reference, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="enrollments")
    program = models.ForeignKey(Program, models.PROTECT, related_name="enrollments")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="enrollments")
    follows = models.ForeignKey("self", models.PROTECT, null=True, related_name="followed_by")
    start = models.BigIntegerField()
    end = models.BigIntegerField()
    live = models.BooleanField(default=True)
    place = models.CharField(_("state of the patient"), max_length=2)
    zone = models.CharField(max_length=64)
    revision = models.PositiveIntegerField(default=0)  # raised by every change a patient is told of
    created_at = models.DateTimeField()
    short_told = models.DateField(null=True)  # the week of which staff know that it is short
    ended_at = models.DateTimeField(null=True)  # when an early end was said
    end_reason = models.CharField(
        max_length=12, blank=True, choices=[(r.value, r.value) for r in EndReason]
    )
    undo = models.JSONField(default=dict)  # what stood before the early end; ids and minutes

    class Meta:
        constraints = [
            NoOverlap(
                name="enrollment_no_overlap",
                owner="patient_id",
                start="start",
                end="end",
                live="live",
                longest=LONGEST_PROGRAM,
            ),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="enrollment_in_order"),
        ]
        indexes = [
            models.Index(fields=["clinic", "start"], name="enrollment_by_start"),
            models.Index(fields=["patient", "live", "start"], name="enrollment_of_patient"),
        ]

    def __str__(self) -> str:
        return f"enrollment {self.reference}"

    @property
    def first_day(self) -> date:
        return local_day(self.clinic.time_zone, self.start)

    @property
    def last_day(self) -> date:
        return local_day(self.clinic.time_zone, self.end - 1)


class Pause(models.Model):
    """Time away from a program, an inpatient stay say: no hours are asked for, none are short.

    Minutes as in Enrollment; `end` NULL: until somebody says when it goes on.
    """

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="pauses")
    start = models.BigIntegerField()
    end = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="pause_in_order"
            )
        ]

    def __str__(self) -> str:
        return f"pause {self.pk}"
