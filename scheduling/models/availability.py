from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Therapist


class WeeklyHours(models.Model):
    """A therapist's week, on the wall clock of the therapist's zone, from day to day (included).

    `pattern` is one compact text (`engine/hours.py`): "0:540-720,780-1020;2:540-720" is Monday 9
    to 12 and 13 to 17, Wednesday 9 to 12. Rows are history: a change ends one and begins another.
    """

    therapist = models.ForeignKey(Therapist, models.CASCADE, related_name="weekly_hours")
    pattern = models.TextField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["therapist", "valid_from"], name="weekly_hours_from_once"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="weekly_hours_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"hours of therapist {self.therapist_id} from {self.valid_from}"


class DayHours(models.Model):
    """Other hours on one date, in place of the week's; "" is a day off."""

    therapist = models.ForeignKey(Therapist, models.CASCADE, related_name="day_hours")
    day = models.DateField()
    spans = models.TextField(blank=True)  # "540-720,780-1020"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["therapist", "day"], name="day_hours_once"),
        ]

    def __str__(self) -> str:
        return f"hours of therapist {self.therapist_id} on {self.day}"


class TimeOff(models.Model):
    """Whole days off, first and last included, on the therapist's wall clock."""

    therapist = models.ForeignKey(Therapist, models.CASCADE, related_name="time_off")
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    note = models.CharField(_("note"), max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="time_off_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"time off of therapist {self.therapist_id} from {self.first_day}"


class Holiday(models.Model):
    """A day on which nobody of the clinic works, on each therapist's own calendar."""

    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="holidays")
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "day"], name="holiday_once")]

    def __str__(self) -> str:
        return self.name


class AccessDay(models.Model):
    """How people could come to a service as it stood on one day; kept, for it cannot be recomputed.

    `wait_minutes` is from the time of the look to the third next available slot; NULL where there
    were under three. `waiting` people had no place and waited for one, `waited_minutes` so far in
    the middle; NULL where nobody did.
    """

    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="+")
    service = models.ForeignKey("scheduling.Service", models.CASCADE, related_name="access_days")
    day = models.DateField()  # in the clinic's zone
    looked_at = models.DateTimeField()
    wait_minutes = models.PositiveIntegerField(null=True)
    waiting = models.PositiveIntegerField(default=0)
    waited_minutes = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "day"], name="access_day_once")]

    def __str__(self) -> str:
        return f"access to service {self.service_id} on {self.day}"
