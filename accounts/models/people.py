from __future__ import annotations

import secrets
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.clinic import Clinic
from accounts.sealed import SealedCharField, SealedTextField, blind_index, normal_phone

LETTERS = "ACDEFGHJKLMNPQRTUVWXY34679"  # no two of them look or sound alike


def new_reference() -> str:
    """Eight unambiguous letters, random: says nothing about order or number."""
    return "".join(secrets.choice(LETTERS) for _ in range(8))


def phone_fingerprint(phone: str) -> str:
    """What a telephone number, however it is written, is looked up by."""
    return blind_index(normal_phone(phone), "patient.phone")


class Therapist(models.Model):
    """What a clinic keeps of somebody who treats."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="therapists")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="therapists")
    name = models.CharField(_("name"), max_length=120)
    credentials = models.CharField(_("credentials"), max_length=60, blank=True)
    about = models.TextField(_("about"), blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64)
    languages = models.CharField(_("languages"), max_length=60, default="en")  # "en,es"
    accepting = models.BooleanField(_("takes new bookings"), default=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "clinic"], name="therapist_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Departure(models.Model):
    """A therapist left: `last_day` was the last that offered hours, `back` is the first again."""

    therapist = models.ForeignKey(Therapist, models.CASCADE, related_name="departures")
    last_day = models.DateField()
    back = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["therapist"], condition=models.Q(back=None), name="departure_once"
            ),
        ]

    def __str__(self) -> str:
        return f"departure {self.pk}"


class Patient(models.Model):
    """What a clinic keeps of somebody who is treated; without an account until one is linked.

    Names are clear and searched, each search audited; what reaches the person is sealed (EN2).
    Two profiles may share an account's mailbox; birth date and reference tell them apart.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="patients")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="patients"
    )
    reference = models.CharField(max_length=8, default=new_reference, unique=True, editable=False)
    first_name = models.CharField(_("first name"), max_length=60, blank=True)
    last_name = models.CharField(_("last name"), max_length=60, blank=True)
    called = models.CharField(_("wishes to be called"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)  # where mail goes; may be empty
    phone = SealedCharField(_("telephone"), blank=True)
    phone_index = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    birth_date = SealedCharField(_("birth date"), blank=True)  # ISO 8601 date
    address = SealedTextField(_("address"), blank=True)
    emergency_contact = SealedTextField(_("emergency contact"), blank=True)
    state = models.CharField(_("state"), max_length=2, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    language = models.CharField(_("language"), max_length=5, default="en")
    reminders = models.CharField(_("reminders"), max_length=40, blank=True, default="default")
    no_mail = models.BooleanField(_("wants no mail"), default=False)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "last_name", "first_name"], name="patient_by_name"),
        ]

    def __str__(self) -> str:
        return f"patient {self.reference}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the index beside the telephone number that it finds (`phone_fingerprint`)."""
        fields = kwargs.get("update_fields")
        written = fields is None or "phone" in fields
        if written and isinstance(self.phone, str):  # what is no text, the field refuses
            if self.phone != normal_phone(self.phone):
                self.phone = normal_phone(self.phone)
            self.phone_index = phone_fingerprint(self.phone)
            if fields is not None:
                kwargs["update_fields"] = {*fields, "phone_index"}
        super().save(*args, **kwargs)

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)


class Cover(models.Model):
    """A dated grant: `covering` may see the caseload of `covered` (AC12). Both days included."""

    covering = models.ForeignKey(Therapist, models.CASCADE, related_name="covers")
    covered = models.ForeignKey(Therapist, models.CASCADE, related_name="covered_by")
    first_day = models.DateField()
    last_day = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="cover_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"cover {self.pk}"
