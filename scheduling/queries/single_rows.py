"""Every booking of a span of days as one row, for who has the right to export them.

Each carries the consent to disclosure under which it may leave the clinic; what is for somebody
outside holds only rows that have one (P22).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, QuerySet

from accounts.actions.consent import disclosures
from accounts.actor import Actor
from accounts.models import Clinic, Consent, ConsentForm, Form
from scheduling import policy
from scheduling.engine.hours import day_span
from scheduling.engine.lifecycle import BookingState
from scheduling.errors import NotFound
from scheduling.models import Booking, Occupancy

SOME = 2000  # rows read at a time


@dataclass(frozen=True)
class Export:
    """Days of the clinic, both included; `outside`: for somebody who does not work here."""

    actor: Actor
    first: date
    last: date
    outside: bool
    now: datetime

    @property
    def clinic(self) -> Clinic:
        """NotFound for who has not that right."""
        if self.actor.clinic is None or not self.actor.has(policy.EXPORT):
            raise NotFound
        return self.actor.clinic


def patients(wanted: Export) -> list[int]:
    """Whose rows they are, for the record."""
    rows = _bookings(wanted).order_by("patient_id")
    return [pk for pk in rows.values_list("patient_id", flat=True).distinct() if pk is not None]


def consent_texts(wanted: Export) -> list[tuple[str, str]]:
    """The consents that the rows name, by their id: what was signed, word by word."""
    signed = _signed(wanted).filter(patient__in=patients(wanted)).order_by().values("version")
    forms = ConsentForm.objects.filter(clinic=wanted.clinic, form=Form.DISCLOSURE.value)
    return [
        (f"{one.form}/{one.version}", one.text)
        for one in forms.filter(version__in=signed).order_by("version")
    ]


def bookings(wanted: Export) -> Iterator[dict[str, Any]]:
    """In order of start, read as they are wanted. No name, no contact: the reference tells who."""
    found: Any = _bookings(wanted).order_by("start", "pk")
    found = found.values(
        "reference",
        "start",
        "end",
        "state",
        "late",
        "cancel_reason",
        "attendance",
        "late_by",
        "left_early_by",
        "booked_at",
        "cancelled_at",
        "session_id",
        "patient_id",
        whose=F("patient__reference"),
        service=F("session__service__name"),
        kind=F("session__service__kind"),
        medium=F("session__medium"),
    )
    some: list[dict[str, Any]] = []
    for row in found.iterator(SOME):
        some.append(row)
        if len(some) == SOME:
            yield from _told(wanted, some)
            some = []
    yield from _told(wanted, some)


def _told(wanted: Export, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """With who gives it, and the patient's consent; without one nothing goes outside."""
    given: dict[int, list[str]] = {}
    hosts = Occupancy.objects.filter(session__in={row["session_id"] for row in rows})
    names = hosts.order_by("pk").values_list("session_id", "profile__name")
    for session, name in names:
        given.setdefault(session, []).append(name)
    signed = _signed(wanted).filter(patient__in={row["patient_id"] for row in rows})
    consents = {one.patient_id: one for one in signed}
    for row in rows:
        consent = consents.get(row["patient_id"])
        if consent or not wanted.outside:
            yield row | {
                "therapists": ", ".join(given.get(row["session_id"], [])),
                "consent": f"{consent.form}/{consent.version}" if consent else None,
                "consent_signed_at": consent.signed_at if consent else None,
            }


def _bookings(wanted: Export) -> QuerySet[Booking]:
    low, high = day_span(wanted.clinic.time_zone, wanted.first, wanted.last)
    known = Booking.objects.filter(clinic=wanted.clinic, patient__isnull=False)
    stood = known.filter(state__in=[BookingState.BOOKED.value, BookingState.CANCELLED.value])
    rows = stood.filter(start__gte=low, start__lt=high)
    if wanted.outside:
        rows = rows.filter(patient__in=_signed(wanted).order_by().values("patient"))
    return rows


def _signed(wanted: Export) -> QuerySet[Consent]:
    return disclosures(wanted.clinic.pk, wanted.now)
