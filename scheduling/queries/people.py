"""Patients as the front desk looks for them: by letters of a name, telephone, or reference.

Nobody meets their own record here: staff who are also patients see it as patients.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.actor import Actor
from accounts.models import Patient, Therapist
from accounts.models.people import phone_fingerprint
from accounts.sealed import normal_phone
from scheduling import policy
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState
from scheduling.errors import BadInput, NotFound
from scheduling.models import Booking
from scheduling.queries.agenda import Standing, standing

LETTERS, DIGITS = 3, 7  # of a name, of a telephone number: less would list everybody
MOST = 20
PAST = 10


class Hits(NamedTuple):
    """`more`: there are others, which are not told."""

    patients: list[Patient]
    more: bool


def known_here(actor: Actor) -> QuerySet[Patient]:
    """The patients whom the desk may look up."""
    if not actor.has(policy.DESK):
        return Patient.objects.none()
    return policy.visible(Patient, actor).filter(active=True).exclude(user=actor.user)


def one(actor: Actor, patient: UUID) -> Patient:
    found = known_here(actor).filter(uuid=patient).first()
    if found is None:
        raise NotFound
    return found


def look_up(actor: Actor, text: str) -> Hits:
    """By name (each word a part of it), whole telephone number, or reference. One query.

    BadInput where the text would fit nearly everybody.
    """
    rows = known_here(actor).filter(_fits(text.strip())).order_by("last_name", "first_name", "pk")
    found = list(rows[: MOST + 1])
    return Hits(found[:MOST], len(found) > MOST)


def _fits(text: str) -> Q:
    digits = sum(sign.isdecimal() for sign in text)
    letters = sum(sign.isalpha() for sign in text.lower().partition("ext")[0])
    reference = "".join(sign for sign in text.upper() if sign.isalnum())
    wanted = Q(reference=reference) if len(reference) == 8 else Q()
    if digits >= DIGITS and not letters:
        return wanted | Q(phone_index=phone_fingerprint(text))
    words = text.split()
    if not any(sum(sign.isalpha() for sign in word) >= LETTERS for word in words):
        if wanted:
            return wanted
        raise BadInput(field="text")
    named = Q()
    for word in words:
        named &= _in_a_name(word)
    return wanted | named


def _in_a_name(word: str) -> Q:
    """SQLite folds the case of plain letters only, so others are tried in each case."""
    spellings = {word} if word.isascii() else {word, word.lower(), word.upper(), word.title()}
    found = Q()
    for one_of in spellings:
        for field in ("first_name", "last_name", "called"):
            found |= Q(**{f"{field}__icontains": one_of})
    return found


def alike(
    actor: Actor, *, first_name: str, last_name: str, birth_date: date, phone: str
) -> list[Patient]:
    """Who may be the same person: same number, or same name and birth date. One query."""
    number = phone_fingerprint(phone) if normal_phone(phone) else ""
    same_name = Q(first_name__iexact=first_name, last_name__iexact=last_name)
    same_number = Q(phone_index=number) if number else Q(pk__in=[])
    rows = known_here(actor).filter(same_name | same_number).order_by("last_name", "pk")
    born = birth_date.isoformat()
    return [
        who for who in rows[:50] if (number and who.phone_index == number) or who.birth_date == born
    ][:MOST]


class Seen(NamedTuple):
    """A booking of a patient with its therapist and how it stands."""

    row: Booking
    therapist: Therapist
    standing: Standing


def bookings_of(actor: Actor, patient: Patient, now: datetime) -> tuple[list[Seen], list[Seen]]:
    """To come (all), the next first, and past or cancelled (the last few). Four queries."""
    rows = policy.visible(Booking, actor).filter(patient=patient).select_related("session")
    rows = rows.prefetch_related("session__occupancies__profile")
    ahead = Q(state=BookingState.BOOKED.value, end__gt=to_minute(now))
    coming = rows.filter(ahead).order_by("start")
    gone = rows.exclude(ahead).order_by("-start", "-pk")[:PAST]
    return seen(coming, now), seen(gone, now)


def seen(rows: Iterable[Booking], now: datetime) -> list[Seen]:
    return [Seen(row, therapist_of(row), _standing(row, now)) for row in rows]


def therapist_of(row: Booking) -> Therapist:
    """Of an individual session there is one; fetched beforehand where there are many rows."""
    occupancy = min(row.session.occupancies.all(), key=lambda one_of: one_of.pk)
    return occupancy.profile


def _standing(row: Booking, now: datetime) -> Standing:
    minute = to_minute(now)
    return standing(row.state, row.late, row.attendance, False, row.start, row.end, minute)


def bookings(actor: Actor) -> QuerySet[Booking]:
    """Those of everybody whom the desk may look up; NotFound for who is not of the desk."""
    if not actor.has(policy.DESK):
        raise NotFound
    return policy.visible(Booking, actor).exclude(patient__user=actor.user)


def booking(actor: Actor, uuid: UUID) -> Booking:
    """One of these, with all its page needs. Two queries."""
    rows = bookings(actor).select_related("session__service__modality", "patient", "clinic")
    found = rows.prefetch_related("session__occupancies__profile").filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found
