"""What the clinic's office must look at: licences that end, and sessions that stand in the way.

Times and therapists only: the office is told no patient's name (authorization matrix).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet

from accounts.actions.newcomers import open_invitations
from accounts.actor import Actor
from accounts.models import Licence, Therapist
from scheduling import policy
from scheduling.engine.hours import local_day
from scheduling.engine.interval import DAY, day_number, to_minute
from scheduling.engine.lifecycle import BookingState
from scheduling.errors import NotFound
from scheduling.models import Booking, Service, Task, TaskKind
from scheduling.queries.misfits import Change, Misfit, assists, misfits

SOON = timedelta(days=60)


class Why(StrEnum):
    """Why a booked session is at risk."""

    LAPSES = "lapses"  # the licence for that state ends before its day
    NONE = "none"  # there is no licence for that state on its day
    LENGTH = "length"  # the service now has another length
    MEDIUM = "medium"  # the service is no longer held in this way
    CLOSED = "closed"  # the service can no longer be booked
    HOLIDAY = "holiday"


class Risk(NamedTuple):
    """A booked session. `place` is where its patient will be; of a group, some of its members."""

    start: int
    end: int
    therapist: Therapist
    place: str
    why: Why


def require_office(actor: Actor) -> None:
    if not actor.has(policy.ADMIN):
        raise NotFound


def licences(actor: Actor, today: date) -> list[Licence]:
    """Those that stand and have not ended, the first to end on top."""
    rows = policy.visible(Licence, actor).filter(revoked_at=None, valid_until__gte=today)
    return list(_with_people(rows).order_by("valid_until", "therapist__name", "pk"))


def lapsing(actor: Actor, today: date) -> list[Licence]:
    """Those that end within SOON, without another for the state that goes on after them."""
    rows = licences(actor, today)
    longest: dict[tuple[int, str], date] = {}
    for row in rows:
        key = (row.therapist_id, row.state)
        longest[key] = max(row.valid_until, longest.get(key, row.valid_until))
    last = today + SOON
    return [
        row
        for row in rows
        if row.valid_until <= last and longest[row.therapist_id, row.state] <= last
    ]


def _with_people(rows: QuerySet[Licence]) -> QuerySet[Licence]:
    return rows.filter(therapist__active=True).select_related("therapist")


def at_risk(actor: Actor, now: datetime) -> list[Risk]:
    """Booked sessions to come for whose day and place the therapist has no licence (TH2).

    Of a group the lead's counts. The day is that of the patient's zone. Three queries.
    """
    require_office(actor)
    held: dict[tuple[int, str], list[tuple[date, date]]] = {}
    rows = policy.visible(Licence, actor).filter(revoked_at=None)
    for who, state, first, last in rows.values_list(
        "therapist_id", "state", "valid_from", "valid_until"
    ):
        held.setdefault((who, state), []).append((first, last))
    found = []
    for row in _booked(actor, Q(start__gt=to_minute(now))):
        day, spans = local_day(row["zone"], row["start"]), held.get((row["who"], row["place"]), [])
        if not row["assists"] and not any(first <= day <= last for first, last in spans):
            ends = any(last < day for _first, last in spans)
            found.append((row, Why.LAPSES if ends else Why.NONE))
    return _named(actor, found)


def misfits_of(actor: Actor, service: Service, now: datetime) -> list[Risk]:
    """Booked sessions of a service that it would no longer be booked as. Two queries."""
    require_office(actor)
    found = []
    for row in _booked(actor, Q(start__gt=to_minute(now), session__service=service)):
        why = _against(row, service)
        if why is not None:
            found.append((row, why))
    return _named(actor, found)


def _against(row: dict[str, Any], service: Service) -> Why | None:
    if not service.active:
        return Why.CLOSED
    if row["medium"] not in service.media:
        return Why.MEDIUM
    return Why.LENGTH if row["end"] - row["start"] != service.minutes else None


def on_day(actor: Actor, day: date, now: datetime) -> list[Risk]:
    """Booked sessions that begin or end on a date of their therapist's own calendar."""
    require_office(actor)
    low, high = (day_number(day) - 2) * DAY, (day_number(day) + 3) * DAY
    near = Q(start__gt=to_minute(now), start__gte=low, start__lt=high)
    found = [
        (row, Why.HOLIDAY)
        for row in _booked(actor, near)
        if day in {local_day(row["own"], row["start"]), local_day(row["own"], row["end"] - 1)}
    ]
    return _named(actor, found)


def outside_hours(
    actor: Actor, therapist: Therapist, now: datetime, change: Change | None = None
) -> list[Misfit]:
    """Booked sessions that do not fit a therapist's hours, without whose they are."""
    require_office(actor)
    rows = Booking.objects.filter(clinic=actor.clinic)
    found = misfits(rows, therapist, now, change)
    return [one._replace(patient=0, name="") for one in found]


def _booked(actor: Actor, which: Q) -> Iterable[dict[str, Any]]:
    """No patient is read here, so that none can be told."""
    rows: Any = Booking.objects.filter(which, clinic=actor.clinic, state=BookingState.BOOKED.value)
    found: Iterable[dict[str, Any]] = (
        rows.order_by("start", "pk")
        .values(
            "start",
            "end",
            "place",
            "zone",
            medium=F("session__medium"),
            who=F("session__occupancies__profile"),
            own=F("session__occupancies__profile__time_zone"),
            assists=assists(),
        )
        .iterator(2000)
    )
    return found


def _named(actor: Actor, found: list[tuple[dict[str, Any], Why]]) -> list[Risk]:
    """Each session once, however many of its patients there are (PR5)."""
    wanted = {row["who"] for row, _why in found}
    people = policy.visible(Therapist, actor).in_bulk(wanted) if wanted else {}
    lines = (
        Risk(row["start"], row["end"], people[row["who"]], row["place"], why) for row, why in found
    )
    return list(dict.fromkeys(lines))


def gave_up(actor: Actor, now: datetime) -> QuerySet[Task]:
    """Messages and requests that the worker gave up, the latest first.

    Of mail about accounts, invitations that are still open.
    """
    require_office(actor)
    invited = open_invitations(now).filter(clinic=actor.clinic).values_list("uuid", flat=True)
    rows = policy.visible(Task, actor).filter(gave_up_at__isnull=False, done_at=None)
    rows = rows.exclude(~Q(key__in=[str(one) for one in invited]), kind=TaskKind.ACCOUNT_MAIL.value)
    return rows.select_related("session", "series").order_by("-gave_up_at", "-pk")


def masked(recipient: str) -> str:
    """Enough to see a wrong domain, not whose it is: "n…@example.org"."""
    name, at, domain = recipient.rpartition("@")
    return f"{name[:1]}…@{domain}" if at else ""
