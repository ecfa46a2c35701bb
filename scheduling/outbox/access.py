"""How long people wait: for the third next available time, and on the waiting list; noted once a
day per service.

It cannot be computed later, since what was free is not stored. The third is less moved by a single
cancellation than the first. Times are counted as one person could take them: of one therapist,
only such as do not overlap. The place is the state in which most of the service's therapists are
licensed (the first by name among equals), the medium video where the service has it; notice and
horizon count as for a patient. Taken at the first look of the clinic's day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from accounts.models import Licence
from scheduling.engine.hours import local_day
from scheduling.engine.interval import DAY, to_minute
from scheduling.models import AccessDay, Service, Waiting
from scheduling.queries.slots import Wanted, search
from scheduling.queries.waitlist import line

THIRD = 3
MINUTE = timedelta(minutes=1)
DAYS = (7, 28, 366)  # windows tried one after the other; the horizon ends them


def sweep(now: datetime) -> int:
    """Note today's figure where it is missing; answers how many."""
    made = 0
    for service in Service.objects.filter(active=True, clinic__active=True).select_related(
        "clinic"
    ):
        today = local_day(service.clinic.time_zone, to_minute(now))
        if AccessDay.objects.filter(service=service, day=today).exists():
            continue
        AccessDay.objects.bulk_create([look(service, today, now)], ignore_conflicts=True)
        made += 1
    return made


def look(service: Service, today: date, now: datetime) -> AccessDay:
    """An unsaved row; `wait_minutes` is None where fewer than three times are open. Whoever entered
    by a clock that is ahead of this one has waited for no time."""
    waited = sorted(max(timedelta(), now - since) for since in waiting_since(service))
    return AccessDay(
        clinic_id=service.clinic_id,
        service=service,
        day=today,
        looked_at=now,
        wait_minutes=third_next(service, today, now),
        waiting=len(waited),
        waited_minutes=waited[(len(waited) - 1) // 2] // MINUTE if waited else None,
    )


def waiting_since(service: Service) -> Iterable[datetime]:
    """Who waits for a first place; who has one and would come earlier does not count."""
    rows = line(Waiting.objects.filter(service=service, booking__isnull=True))
    return rows.values_list("entered_at", flat=True)


def third_next(service: Service, today: date, now: datetime) -> int | None:
    place = usual_place(service, today)
    if place is None or not service.media:
        return None
    this = to_minute(now)
    for days in DAYS:
        wanted = Wanted(
            service=service.pk,
            place=place,
            zone=service.clinic.time_zone,
            medium=service.media[0],
            first=this,
            until=this + days * DAY,
        )
        starts = sorted(
            start for found in search(wanted, now) for start in apart(found.starts, service.minutes)
        )
        if len(starts) >= THIRD:
            return starts[THIRD - 1] - this
    return None


def usual_place(service: Service, today: date) -> str | None:
    licences = Licence.objects.filter(
        therapist__offerings__service=service,
        therapist__offerings__active=True,
        therapist__active=True,
        valid_from__lte=today,
        valid_until__gte=today,
        revoked_at__isnull=True,
    )
    count = Counter(licences.values_list("state", flat=True).order_by("state"))
    return min(count, key=lambda state: (-count[state], state), default=None)


def apart(starts: Iterable[int], minutes: int) -> list[int]:
    """The first starts, in order, of which none begins before the one before it has ended."""
    kept: list[int] = []
    for start in starts:
        if not kept or start >= kept[-1] + minutes:
            kept.append(start)
        if len(kept) == THIRD:
            break
    return kept
