"""The room of a session: wanted, filled in, moved on, withdrawn, revoked.

"Open" and "closed" are the clock's to say (`queries.way_in`). Addresses come in by a therapist's
paste or by the platform's callback; both give a `check` that raises if one must not be handed out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from accounts import audit
from accounts.actor import Actor
from scheduling import policy
from scheduling.actions.action import action, happened
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import RoomState
from scheduling.errors import NotFound, OverAlready, RoomInUse
from scheduling.models import Connection, EventKind, Medium, Room, Session
from scheduling.queries import way_in

WANTED = "wanted"  # of a platform, which is to be asked
SECRETS = ("external_id", "join_url", "host_url", "personal", "proposed")


@dataclass(frozen=True)
class Filling:
    """The addresses of a room, as they were given. `personal`: reference -> address."""

    join_url: str = field(repr=False)
    host_url: str = field(default="", repr=False)
    external_id: str = field(default="", repr=False)
    personal: Mapping[str, str] = field(default_factory=dict, repr=False)


Check = Callable[[Room, Filling], None]


class Ignored(StrEnum):
    """Why what a platform said changes nothing."""

    UNKNOWN_BINDING = "unknown_binding"  # of nobody, or of somebody else's platform
    STALE_GENERATION = "stale_generation"  # about a room that was moved on since
    CANCELLED = "cancelled"
    OVER = "over"


# What booking, moving and cancelling do to it


def want_room(*sessions: Session) -> None:
    """Sessions by video want a room of their clinic's (first) platform with an agreement."""
    by_video = [session for session in sessions if session.medium == Medium.VIDEO.value]
    if not by_video:
        return
    platform = _platform_of(by_video[0].clinic_id)
    Room.objects.bulk_create(
        Room(session=session, connection=platform, state=RoomState.PENDING.value)
        for session in by_video
    )


def _platform_of(clinic: int) -> Connection | None:
    usable = Connection.objects.filter(Connection.USABLE, clinic=clinic)
    return usable.order_by("pk").first()


def give_waiting_rooms(clinic: int, actor: Actor, now: datetime) -> None:
    """Sessions to come that were booked while no platform had an agreement get theirs of it now."""
    platform = _platform_of(clinic)
    if platform is None:
        return
    waiting = Room.objects.select_related("session__clinic").filter(
        session__clinic=clinic,
        session__end__gt=to_minute(now),
        state=RoomState.PENDING.value,
        connection=None,
    )
    for room in waiting.select_for_update(no_key=True, of=("self",)).order_by("pk"):
        room.connection = platform
        room.save(update_fields=["connection"])
        tell(room, WANTED, actor, now)


def revoke_room(*sessions: Session) -> None:
    """Cancelled: its address is never handed out again."""
    for session in sessions:
        _forget(session, RoomState.REVOKED, rotate=False)


def renew_room(session: Session) -> None:
    """Moved, or a cancellation undone: a new generation, so that a late fill is ignored."""
    if session.medium != Medium.VIDEO.value:
        revoke_room(session)
    elif not _forget(session, RoomState.PENDING, rotate=True):
        want_room(session)


def _forget(session: Session, state: RoomState, *, rotate: bool) -> bool:
    room = Room.objects.select_for_update(no_key=True).filter(session=session).first()
    if room is None:
        return False
    _empty(room, state)
    room.generation += rotate
    room.save()
    return True


def _empty(room: Room, state: RoomState) -> None:
    for name in SECRETS:
        setattr(room, name, "")
    room.state, room.filled_at, room.warned = state.value, None, None


# By a therapist


@action("room.paste")
def paste(
    *,
    session: UUID,
    filling: Filling,
    check: Check,
    confirmed: bool = False,
    actor: Actor,
    now: datetime,
) -> Room:
    """A therapist gives the room's address; own sessions and covered ones only.

    Before the door opens the last address wins; afterwards `confirmed` must say that it is meant.
    """
    room = lock_room(pk=policy.find(Room, actor, session__uuid=session).pk)
    if room is None or room.state == RoomState.REVOKED.value:
        raise NotFound
    if now >= way_in.closes_at(room.session):
        raise OverAlready
    check(room, filling)
    if way_in.in_use(room, now) and room.join_url != filling.join_url and not confirmed:
        raise RoomInUse
    put(room, filling, actor, now)
    return room


@action("room.accept")
def accept_proposal(*, session: UUID, actor: Actor, now: datetime) -> Room:
    """A therapist agrees that all change to the room which the platform offered afterwards."""
    room = lock_room(pk=policy.find(Room, actor, session__uuid=session).pk)
    if room is None or not room.proposed:
        raise NotFound
    put(room, Filling(**json.loads(room.proposed)), actor, now)
    return room


def lock_room(**lookup: object) -> Room | None:
    """The room, locked: filling, moving and cancelling wait for one another here."""
    rows = Room.objects.select_related("session__clinic", "connection")
    return rows.select_for_update(no_key=True, of=("self",)).filter(**lookup).first()


# By the platform; the caller holds the lock and has proven who speaks


def why_ignored(room: Room | None, generation: int | None, now: datetime) -> Ignored | None:
    """Whether what the platform says about this room still matters."""
    if room is None:
        return Ignored.UNKNOWN_BINDING
    if room.state == RoomState.REVOKED.value:
        return Ignored.CANCELLED
    if generation != room.generation:
        return Ignored.STALE_GENERATION
    return Ignored.OVER if now >= way_in.closes_at(room.session) else None


def offer_filling(
    room: Room, filling: Filling, check: Check, *, actor: Actor, now: datetime
) -> None:
    """Fill a room in; once people may be inside, another address waits for a therapist's word."""
    check(room, filling)
    if not way_in.in_use(room, now) or room.join_url == filling.join_url:
        put(room, filling, actor, now)
        return
    room.proposed = json.dumps(asdict(filling))
    room.save(update_fields=["proposed"])
    tell(room, "proposed", actor, now)


def withdraw(room: Room, what: str, *, actor: Actor, now: datetime) -> None:
    """The platform has taken the room away ("withdrawn"), or cannot make it ("failed")."""
    _empty(room, RoomState.PENDING)
    room.save()
    tell(room, what, actor, now)


def put(room: Room, filling: Filling, actor: Actor, now: datetime) -> None:
    """Write the addresses, sealed. Personal ones of strangers to this session are dropped."""
    ours = set(room.session.join_links.values_list("ref", flat=True))
    personal = {ref: url for ref, url in filling.personal.items() if ref in ours}
    room.join_url, room.host_url = filling.join_url, filling.host_url
    room.external_id, room.proposed = filling.external_id, ""
    room.personal = json.dumps(personal) if personal else ""
    if not way_in.is_filled(room):
        room.state = RoomState.READY.value
    room.filled_at = now
    room.save()
    tell(room, "filled", actor, now)


def tell(room: Room, what: str, actor: Actor, now: datetime) -> None:
    """The Event and the audit rows of a change of the room; never an address."""
    session = room.session
    happened(
        EventKind.ROOM,
        session=session,
        booking=None,
        actor=actor,
        now=now,
        what=what,
        generation=room.generation,
    )
    whom = way_in.patients_of(session)
    audit.record(actor, f"room.{what}", subject=whom, obj=room, clinic=session.clinic_id)
