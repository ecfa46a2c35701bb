"""Groups: found one, and make its sessions ahead of time with the members' seats.

Nobody in a group is told of anybody else: each event is about one seat, or about a whole date.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from accounts import audit
from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.links import new_join_link
from scheduling.actions.offer import lock_people, lock_therapists, occupancy
from scheduling.actions.release import release_expired
from scheduling.actions.rooms import want_room
from scheduling.actions.seats import take_seats
from scheduling.engine.hours import UnknownZone, local_day, require_zone
from scheduling.engine.lifecycle import GroupState, SessionState
from scheduling.engine.recurrence import parse_rule
from scheduling.errors import (
    BadInput,
    FacilitatorsBusy,
    NoSuchZone,
    NotFound,
    NotOffered,
)
from scheduling.models import (
    Booking,
    Entry,
    Event,
    EventKind,
    Facilitator,
    Group,
    JoinLink,
    Kind,
    Member,
    Occupancy,
    Series,
    Service,
    Session,
)
from scheduling.queries import groups
from scheduling.queries.repeat import Pattern
from scheduling.queries.seats import seat_limits

# Found


@action("group.found")
def found(
    *,
    service: UUID,
    name: str,
    about: str = "",
    entry: str,
    capacity: int,
    per_facilitator: int | None = None,
    entry_sessions: int | None = None,
    module_sessions: int | None = None,
    cycle_sessions: int | None = None,
    listed: bool = True,
    pattern: Pattern,
    medium: str,
    facilitators: Sequence[UUID],
    skip: Collection[int] = (),
    actor: Actor,
    now: datetime,
) -> Group:
    """A group with its series and its sessions of the next weeks. `facilitators`: the lead first.

    FacilitatorsBusy carries the dates on which one of them is busy or off; those in `skip` (slots)
    are left out for good.
    """
    if not policy.keeps_groups(actor):
        raise NotFound
    what = policy.find(Service, actor, uuid=service, active=True, kind=Kind.GROUP.value)
    if medium not in what.media:
        raise NotOffered
    require_rules(entry, capacity, module_sessions, cycle_sessions)
    require_rule(pattern)
    people = find_therapists(facilitators, actor)
    lock_therapists(*(one.user_id for one in people))
    group = Group.objects.create(
        clinic_id=what.clinic_id,
        service=what,
        name=name[:80],
        about=about,
        entry=entry,
        capacity=capacity,
        per_facilitator=per_facilitator,
        entry_sessions=entry_sessions,
        module_sessions=module_sessions,
        cycle_sessions=cycle_sessions,
        listed=listed,
        created_at=now,
    )
    Facilitator.objects.bulk_create(
        Facilitator(group=group, therapist=one, lead=place == 0, from_day=pattern.first)
        for place, one in enumerate(people)
    )
    make_window(open_series(group, pattern, medium, now), skip, actor, now)
    audit.record(actor, "group.found", obj=group)
    return group


def require_rules(entry: str, capacity: int, module: int | None, cycle: int | None) -> None:
    if entry not in Entry.values:
        raise BadInput(field="entry")
    if capacity < 1:
        raise BadInput(field="capacity")
    if entry == Entry.ROLLING.value and not (module and cycle and cycle >= module >= 1):
        raise BadInput(field="cycle_sessions")


def require_rule(pattern: Pattern) -> None:
    try:
        parse_rule(pattern.rule)
        require_zone(pattern.zone)
    except UnknownZone as error:
        raise NoSuchZone from error
    except ValueError as error:
        raise BadInput(field="rule") from error
    if not 0 <= pattern.at < 1440 or (pattern.last and pattern.last < pattern.first):
        raise BadInput(field="last")


def find_therapists(uuids: Sequence[UUID], actor: Actor) -> list[Therapist]:
    """In the order of `uuids`; each once, at least one."""
    rows = policy.visible(Therapist, actor).filter(uuid__in=uuids, active=True)
    by_uuid = {one.uuid: one for one in rows.select_related("user")}
    if not uuids or len(by_uuid) < len(uuids):
        raise BadInput(field="facilitators")
    return [by_uuid[uuid] for uuid in uuids]


def open_series(
    group: Group, pattern: Pattern, medium: str, now: datetime, follows: Series | None = None
) -> Series:
    return Series.objects.create(
        clinic_id=group.clinic_id,
        service_id=group.service_id,
        group=group,
        follows=follows,
        zone=pattern.zone,
        rule=pattern.rule,
        at=pattern.at,
        first_day=pattern.first,
        last_day=pattern.last,
        medium=medium,
        created_at=now,
    )


def make_window(series: Series, skip: Collection[int], actor: Actor, now: datetime) -> None:
    """The sessions of a new series within the window; its facilitators are locked."""
    slots = groups.due_slots(series, now, now + groups.WINDOW)
    kept = [slot for slot in slots if slot not in skip]
    require_givers(series, kept, now)
    leave_out(series, [slot for slot in slots if slot in skip], now)
    make_dates(series, kept, actor, now)


def require_givers(series: Series, slots: Sequence[int], now: datetime) -> None:
    """Everybody who is to give one of the dates is free then, or FacilitatorsBusy."""
    assert series.group is not None
    for user in {one.therapist.user_id for one in groups.facilitators(series.group)}:
        release_expired(user, now)
    refuse_busy(groups.conflicts(givers_of(series, slots), series.service, now))


def refuse_busy(against: groups.Against) -> None:
    """`dates`: slot -> a code; `who`: slot -> the therapists (profiles)."""
    if against:
        raise FacilitatorsBusy(
            dates={slot: min(whys.values()) for slot, whys in against.items()},
            who={slot: sorted(whys) for slot, whys in against.items()},
        )


def givers_of(series: Series, slots: Iterable[int]) -> dict[int, list[Therapist]]:
    """Who is on duty at each slot, the lead first; slots that nobody gives are not in it."""
    assert series.group is not None
    rows = groups.facilitators(series.group)
    duty = {slot: groups.on_duty(rows, local_day(series.zone, slot)) for slot in slots}
    return {slot: [one.therapist for one in some] for slot, some in duty.items() if some}


# The window


def fill(series: Series, *, actor: Actor, now: datetime) -> list[Session]:
    """Make what the window lacks: sessions, and the members' seats in them.

    A facilitator who is busy is left out where somebody else gives the date; where nobody can, the
    date is not made, and tried again the next time.
    """
    group = series.group
    assert group is not None
    if group.state != GroupState.RUNNING.value or series.ended_at is not None:
        return []
    users = {one.therapist.user_id for one in groups.facilitators(group)}
    lock_therapists(*users)
    slots = groups.due_slots(series, now, now + groups.WINDOW)
    if not slots:
        return []
    for user in users:
        release_expired(user, now)
    made = make_dates(series, slots, actor, now)
    if made:
        audit.record(actor, "group.fill", obj=group, clinic=group.clinic_id)
    return made


def make_dates(series: Series, slots: Sequence[int], actor: Actor, now: datetime) -> list[Session]:
    """Sessions at these slots, each by whoever is on duty and free, and the members' seats."""
    wanted = givers_of(series, slots)
    against = groups.conflicts(wanted, series.service, now)
    free = {
        slot: [one for one in some if one.pk not in against.get(slot, {})]
        for slot, some in wanted.items()
    }
    made = insert(series, {slot: some for slot, some in free.items() if some}, now)
    want_room(*made)
    tell_dates(EventKind.BOOKED, made, actor, now)
    assert series.group is not None
    members = groups.members(series.group)
    lock_people((), [one.patient_id for one in members])
    limits = seat_limits([one.pk for one in made])
    for member in members:
        open_ = [one for one in made if limits[one.pk] > 0]
        for seat in seat_member(member, open_, actor, now):
            limits[seat.session_id] -= 1
    return made


def insert(
    series: Series, givers: Mapping[int, Sequence[Therapist]], now: datetime
) -> list[Session]:
    minutes = series.service.minutes
    sessions = Session.objects.bulk_create(
        Session(
            clinic_id=series.clinic_id,
            service_id=series.service_id,
            series=series,
            slot=slot,
            start=slot,
            end=slot + minutes,
            zone=some[0].time_zone,
            medium=series.medium,
            state=SessionState.SCHEDULED.value,
            created_at=now,
        )
        for slot, some in sorted(givers.items())
    )
    people = {one.pk: one for some in givers.values() for one in some}
    margins = groups.buffers(series.service, people)
    pairs = [(one, who) for one in sessions for who in givers[one.start]]
    Occupancy.objects.bulk_create(
        occupancy(one, (who.user_id, who.pk), margins[who.pk]) for one, who in pairs
    )
    JoinLink.objects.bulk_create(
        new_join_link(one, now, therapist_id=who.user_id) for one, who in pairs
    )
    return sessions


def leave_out(series: Series, slots: Sequence[int], now: datetime) -> None:
    """Dates that the rule gives and that do not take place: they are not tried again."""
    Session.objects.bulk_create(
        Session(
            clinic_id=series.clinic_id,
            service_id=series.service_id,
            series=series,
            slot=slot,
            start=slot,
            end=slot + series.service.minutes,
            zone=series.zone,
            medium=series.medium,
            state=SessionState.CANCELLED.value,
            created_at=now,
        )
        for slot in slots
    )


def tell_dates(
    kind: EventKind, sessions: Iterable[Session], actor: Actor, now: datetime, **facts: object
) -> None:
    """An event about each whole date."""
    Event.objects.bulk_create(
        Event(
            clinic_id=one.clinic_id, session=one, kind=kind.value, actor=actor.name, at=now,
            facts=facts,
        )
        for one in sessions
    )  # fmt: skip


def seat_member(
    member: Member, sessions: Sequence[Session], actor: Actor, now: datetime
) -> list[Booking]:
    """The member's seats in new sessions that have one. None where the member sits elsewhere then,
    or the lead may not treat them: the group's page says so (`queries.roster.seatless`). None in a
    pause."""
    until, away = member.until_start, groups.away(member.enrollment_id)
    mine = [
        one
        for one in sessions
        if member.from_start <= (one.slot or 0)
        and (until is None or (one.slot or 0) <= until)
        and not any(low <= one.start < high for low, high in away)
    ]
    busy = {one.pk for one in groups.clashes(member.patient_id, mine, now)}
    barred = set(barred_slots(member.group, member.place, member.zone, mine))
    fit = [one for one in mine if one.pk not in busy and one.slot not in barred]
    if not fit or not member.patient.active:
        return []
    return take_seats(
        fit, member.patient, place=member.place, zone=member.zone, actor=actor, now=now
    )


def barred_slots(group: Group, place: str, zone: str, sessions: Iterable[Session]) -> list[int]:
    """At which of them the lead may not treat somebody from there."""
    wanted = {one.slot or 0: one for one in sessions}
    zones = {one.series.zone for one in wanted.values() if one.series}
    lead = {
        slot: who for where in zones for slot, who in groups.leads(group, where, wanted).items()
    }
    return groups.unlicensed(lead, place, zone)
