"""A series of one patient's sessions: every date checked, then booked whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from accounts import audit
from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.book import lock_patient, require_consent
from scheduling.actions.links import new_join_link, new_series_link
from scheduling.actions.offer import lock_therapists, occupancy
from scheduling.actions.release import release_expired
from scheduling.actions.rooms import want_room
from scheduling.actions.seats import tell_seats
from scheduling.engine.hours import UnknownZone, local_day, require_zone
from scheduling.engine.lifecycle import BookingState, SessionState
from scheduling.engine.recurrence import parse_rule
from scheduling.errors import (
    BadInput,
    NoSuchZone,
    NotFound,
    NotOffered,
    ReasonMissing,
    SeriesRefused,
)
from scheduling.models import (
    Booking,
    EventKind,
    JoinLink,
    Kind,
    Medium,
    Occupancy,
    Series,
    SeriesLink,
    Service,
    Session,
)
from scheduling.queries.repeat import Asked, Pattern, World, look


class Chosen(NamedTuple):
    """One date as it is to be: the start that the rule gives it, the start that it gets, and with
    whom (the therapist's uuid). Dates that are skipped are left out."""

    slot: int
    start: int
    therapist: UUID


@action("series.book")
def repeat(
    *,
    service: UUID,
    pattern: Pattern,
    chosen: Sequence[Chosen],
    medium: str,
    place: str,
    patient: int,
    review_after: int | None = None,
    accept: Mapping[str, int] | None = None,
    override: str = "",
    actor: Actor,
    now: datetime,
) -> Series:
    """Book every chosen date in one transaction. By staff; by the patient where the service says
    so. SeriesRefused carries the dates that cannot be, as `queries.repeat` names the reasons."""
    what = policy.find(Service, actor, uuid=service, active=True, kind=Kind.INDIVIDUAL.value)
    require_allowed(what, patient, override, medium, actor)
    require_pattern(pattern, chosen)
    hosts = find_hosts(chosen, actor)
    lock_therapists(*(one.user_id for one in hosts.values()))
    who = lock_patient(patient, actor, now)
    require_consent(who, accept or {}, actor, now)
    asked = asked_for(what, hosts[chosen[0].therapist], who.pk, medium, place, override)
    world = require_free(asked, pattern.zone, chosen, hosts, now)
    series = Series.objects.create(
        clinic_id=what.clinic_id,
        service=what,
        patient=who,
        zone=pattern.zone,
        rule=pattern.rule,
        at=pattern.at,
        first_day=local_day(pattern.zone, chosen[0].slot),
        last_day=local_day(pattern.zone, chosen[-1].slot),
        medium=medium,
        review_after=review_after,
        created_at=now,
    )
    seats = insert(series, chosen, hosts, world, place, override, now)
    links(series, seats, [hosts[one.therapist] for one in chosen], now)
    want_room(*(seat.session for seat in seats))
    tell_seats(EventKind.BOOKED, seats, actor, now)
    audit.record(actor, "series.book", subject=who.pk, obj=series.uuid)
    return series


def require_allowed(what: Service, patient: int, override: str, medium: str, actor: Actor) -> None:
    if medium not in Medium.values:
        raise BadInput(field="medium")
    if medium not in what.media:
        raise NotOffered
    own = actor.patient == patient
    if not own and not policy.acts_for_patients(actor):
        raise NotFound
    if own and not what.repeatable:
        raise NotOffered
    if override and (own or not policy.may_override(actor)):
        raise ReasonMissing


def require_pattern(pattern: Pattern, chosen: Sequence[Chosen]) -> None:
    """The chosen dates are dates of the rule, each once and in order."""
    try:
        parse_rule(pattern.rule)
        require_zone(pattern.zone)
        given = {one.start for one in pattern.dates()}
    except UnknownZone as error:
        raise NoSuchZone from error
    except ValueError as error:
        raise BadInput(field="rule") from error
    wanted = [one.slot for one in chosen]
    if not chosen or not given.issuperset(wanted) or wanted != sorted(set(wanted)):
        raise BadInput(field="dates")


def find_hosts(chosen: Sequence[Chosen], actor: Actor) -> dict[UUID, Therapist]:
    """Everybody who gives one of the dates, by uuid."""
    wanted = {one.therapist for one in chosen}
    rows = policy.visible(Therapist, actor).filter(uuid__in=wanted, active=True)
    hosts = {one.uuid: one for one in rows}
    if len(hosts) < len(wanted):
        raise NotFound
    return hosts


def asked_for(
    what: Service, host: Therapist, patient: int, medium: str, place: str, override: str
) -> Asked:
    return Asked(
        clinic=what.clinic_id,
        service=what.pk,
        therapist=host.user_id,
        patient=patient,
        medium=medium,
        place=place,
        minutes=what.minutes,
        override=bool(override),
    )


def require_free(
    asked: Asked,
    zone: str,
    chosen: Sequence[Chosen],
    hosts: Mapping[UUID, Therapist],
    now: datetime,
) -> World:
    """Every rule about every chosen start, under the locks. Time held too long is let go."""
    for host in hosts.values():
        release_expired(host.user_id, now)
    world = look(asked, zone, [one.start for one in chosen], now)
    against = {
        one.slot: why
        for one in chosen
        if (why := world.why_not(one.start, hosts[one.therapist].user_id))
    }
    if against:
        raise SeriesRefused(dates=against)
    return world


def insert(
    series: Series,
    chosen: Sequence[Chosen],
    hosts: Mapping[UUID, Therapist],
    world: World,
    place: str,
    override: str,
    now: datetime,
) -> list[Booking]:
    """Sessions, occupancies and bookings of all dates: three INSERTs."""
    minutes = world.asked.minutes
    givers = [hosts[one.therapist] for one in chosen]
    sessions = Session.objects.bulk_create(
        Session(
            clinic_id=series.clinic_id,
            service_id=series.service_id,
            series=series,
            slot=one.slot,
            start=one.start,
            end=one.start + minutes,
            zone=hosts[one.therapist].time_zone,
            medium=series.medium,
            state=SessionState.SCHEDULED.value,
            created_at=now,
        )
        for one in chosen
    )
    Occupancy.objects.bulk_create(
        occupancy(session, (who.user_id, who.pk), margins(who, world))
        for session, who in zip(sessions, givers, strict=True)
    )
    return Booking.objects.bulk_create(
        Booking(
            clinic_id=series.clinic_id,
            session=session,
            patient=series.patient,
            start=session.start,
            end=session.end,
            state=BookingState.BOOKED.value,
            place=place,
            zone=series.zone,
            override=override,
            created_at=now,
            booked_at=now,
        )
        for session in sessions
    )


def margins(host: Therapist, world: World) -> tuple[int, int]:
    terms = world.terms[host.user_id]
    return terms.before, terms.after


def links(
    series: Series, seats: Sequence[Booking], givers: Sequence[Therapist], now: datetime
) -> None:
    """A way in for everybody at every date, and for everybody one that leads to the near one."""
    JoinLink.objects.bulk_create(
        link
        for seat, giver in zip(seats, givers, strict=True)
        for link in (
            new_join_link(seat.session, now, booking=seat),
            new_join_link(seat.session, now, therapist_id=giver.user_id),
        )
    )
    links_of_series(series, givers, now)


def links_of_series(series: Series, givers: Iterable[Therapist], now: datetime) -> None:
    hosts = sorted({one.user_id for one in givers})
    SeriesLink.objects.bulk_create(
        [
            new_series_link(series, now, patient=series.patient),
            *(new_series_link(series, now, therapist_id=host) for host in hosts),
        ]
    )
