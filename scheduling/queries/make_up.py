"""Sessions of this week that could make up for missing hours, as they can be booked at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby, islice
from typing import NamedTuple

from accounts.actions.consent import current_versions, missing_consents, signed_forms
from accounts.actor import Actor
from accounts.models import Form, Patient, Therapist
from scheduling import policy
from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import DAY, to_minute
from scheduling.engine.lifecycle import BookingState, GroupState
from scheduling.engine.slots import PartOfDay, in_part_of_day
from scheduling.models import Booking, Entry, Group, Kind, Occupancy, Service
from scheduling.queries import find_group
from scheduling.queries.ledger import LOOK_BACK, Kept
from scheduling.queries.slots import Wanted, search

HOSTS = 4  # therapists and services of the patient that are looked at
MOST = 12  # times alone


class MakeUp(NamedTuple):
    """A date of a drop-in group, or a time alone with a therapist who treats the patient."""

    start: int
    end: int
    medium: str
    group: Group | None = None
    service: Service | None = None
    therapist: Therapist | None = None

    @property
    def minutes(self) -> int:
        return self.end - self.start

    @property
    def key(self) -> str:
        """What a button says."""
        what = [one.uuid for one in (self.group, self.service, self.therapist) if one]
        return ":".join(str(part) for part in (self.start, *what))


def make_ups(actor: Actor, kept: Kept, now: datetime) -> list[MakeUp]:
    """Free, within what is left of the week and of the enrolment, where the licence holds and the
    patient has consented and is free; as far as the actor may book it. The first on top."""
    row, who, week = kept.enrollment, kept.enrollment.patient, kept.week
    if week is None or "telehealth" in missing_consents(who, now):
        return []
    zone = row.clinic.time_zone
    until = min(day_span(zone, week.last, week.last)[1], row.end)
    taken = list(
        Booking.objects.filter(patient=who, live=True, start__lt=until, end__gt=to_minute(now))
        .exclude(held_until__lte=int(now.timestamp()))
        .values_list("start", "end")
    )

    def free(some: Iterable[MakeUp]) -> list[MakeUp]:
        return [one for one in some if not any(s < one.end and one.start < e for s, e in taken)]

    alone = list(_few(free(_alone(actor, kept, until, now)), zone))[:MOST]
    return sorted([*free(_groups(actor, kept, until, now)), *alone], key=lambda one: one.start)


def _few(found: Iterable[MakeUp], zone: str) -> Iterator[MakeUp]:
    """The first of each part of a day with each therapist, in order of the days."""

    def sort(one: MakeUp) -> tuple[date, int, str]:
        part = next(p for p in PartOfDay if in_part_of_day(zone, [one.start], p))
        return local_day(zone, one.start), [*PartOfDay].index(part), one.key.partition(":")[2]

    for _which, some in groupby(sorted(found, key=sort), sort):
        yield next(some)


def _groups(actor: Actor, kept: Kept, until: int, now: datetime) -> Iterator[MakeUp]:
    """Dates of drop-in groups with a place."""
    row = kept.enrollment
    form = Form.GROUP.value
    if form in current_versions(row.clinic_id) and form not in signed_forms(row.patient, now):
        return
    rows = policy.visible(Group, actor).filter(
        entry=Entry.OPEN.value, state=GroupState.RUNNING.value
    )
    known = rows.select_related("clinic", "service__modality").order_by("pk")
    own = [one for one in known if policy.runs_group(actor, one.pk)]
    for seen in find_group.several(own, now):
        if row.place not in seen.places:
            continue
        for each in (way.sessions[0] for way in seen.free):
            if each.start < until:
                yield MakeUp(each.start, each.end, each.medium, group=seen.group)


def _alone(actor: Actor, kept: Kept, until: int, now: datetime) -> Iterator[MakeUp]:
    """Free times of the therapists who treat the patient one to one."""
    row, minute = kept.enrollment, to_minute(now)
    for service, host, medium in islice(_treating(actor, row.patient, minute), HOSTS):
        wanted = Wanted(
            service=service.pk,
            place=row.place,
            zone=row.zone,
            medium=medium,
            first=minute,
            until=until,
            therapist=host.user_id,
            accepting=False,
        )
        for found in search(wanted, now):
            for start in found.starts:
                yield MakeUp(
                    start, start + service.minutes, medium, service=service, therapist=host
                )


def _treating(actor: Actor, who: Patient, minute: int) -> Iterator[tuple[Service, Therapist, str]]:
    """With whom the patient has had sessions alone, and which; the last first."""
    rows = Occupancy.objects.filter(
        session__bookings__patient=who,
        session__bookings__state=BookingState.BOOKED.value,
        session__service__kind=Kind.INDIVIDUAL.value,
        session__service__active=True,
        start__gte=minute - LOOK_BACK,
        start__lt=minute + 28 * DAY,
    ).select_related("profile", "session__service")
    if not actor.has(policy.DESK):
        rows = rows.filter(profile__in=policy.caseload(actor))
    known = set()
    for one in rows.order_by("-start"):
        key = one.session.service_id, one.profile_id
        if key not in known:
            known.add(key)
            yield one.session.service, one.profile, one.session.medium
