from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Therapist


class Modality(models.Model):
    """A kind of therapy. The list belongs to the clinic; CBT, DBT and REBT are in it at first."""

    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="modalities")
    code = models.SlugField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "code"], name="modality_once")]

    def __str__(self) -> str:
        return self.name


class Kind(models.TextChoices):
    INDIVIDUAL = "individual", _("Individual")
    GROUP = "group", _("Group")


class Medium(models.TextChoices):
    VIDEO = "video", _("Video")
    TELEPHONE = "telephone", _("Telephone")


class Terms(models.Model):
    """Settings that a service, or a therapist's offering of it, has of its own.

    NULL means: as the floor above (offering -> service -> clinic). Minutes, but `horizon_days`.
    """

    grid = models.PositiveSmallIntegerField(_("start every"), null=True, blank=True)
    buffer_before = models.PositiveSmallIntegerField(
        _("minutes free before"), null=True, blank=True
    )
    buffer_after = models.PositiveSmallIntegerField(_("minutes free after"), null=True, blank=True)
    min_notice = models.PositiveIntegerField(_("minimum notice"), null=True, blank=True)
    horizon_days = models.PositiveSmallIntegerField(_("bookable days ahead"), null=True, blank=True)
    max_per_day = models.PositiveSmallIntegerField(_("most sessions a day"), null=True, blank=True)

    class Meta:
        abstract = True


class Service(Terms):
    """What can be booked. `minutes` is the length of a session."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="services")
    slug = models.SlugField(_("address"), max_length=60)
    name = models.CharField(_("name"), max_length=120)
    about = models.TextField(_("about"), blank=True)
    modality = models.ForeignKey(Modality, models.PROTECT, related_name="services")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.INDIVIDUAL.value)
    minutes = models.PositiveSmallIntegerField(_("length in minutes"))
    video = models.BooleanField(_("by video"), default=True)
    telephone = models.BooleanField(_("by telephone"), default=False)
    capacity = models.PositiveSmallIntegerField(_("seats"), default=1)
    price = models.CharField(_("price or cover"), max_length=120, blank=True)
    repeatable = models.BooleanField(_("patients may book a series"), default=True)
    active = models.BooleanField(_("can be booked"), default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "slug"], name="service_once"),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=5, minutes__lte=480), name="service_length"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def media(self) -> list[str]:
        return [m.value for m in Medium if getattr(self, m.value)]


class Offering(Terms):
    """A therapist offers a service, perhaps on terms of their own."""

    therapist = models.ForeignKey(Therapist, models.CASCADE, related_name="offerings")
    service = models.ForeignKey(Service, models.CASCADE, related_name="offerings")
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "therapist"], name="offering_once")
        ]

    def __str__(self) -> str:
        return f"offering {self.pk}"
