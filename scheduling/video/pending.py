"""Which rooms a platform still owes us, for one that asks instead of being asked (TK4).

What is signed in place of a body is the path with its query, so that a proof opens this list of
this connection at this place of it, once. It holds opaque references and times, nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.actor import Actor
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import RoomState, SessionState
from scheduling.models import Connection, HookReceipt, Room
from scheduling.queries import way_in
from scheduling.video import links, signing
from scheduling.video.callbacks import DISABLED, LATER, NOT_SIGNED, UNKNOWN, Answer
from scheduling.video.contract import (
    BadSignature,
    Misconfigured,
    RawRequest,
    Verified,
)
from scheduling.video.platforms import ASKED
from scheduling.video.platforms.standard import request_data

MOST = 50  # rooms in one answer
BAD_CURSOR = Answer(422, code="bad_field", wrong="cursor")


def pending(
    connection: UUID, request: RawRequest, *, cursor: str, where: str, now: datetime
) -> Answer:
    """Answer who asks for a connection's unfilled rooms; `request.body` is what was signed."""
    found = Connection.objects.select_related("clinic").filter(uuid=connection).first()
    if found is None or found.kind not in ASKED:
        return UNKNOWN
    if not (found.usable and found.clinic.active):
        return DISABLED
    actor = Actor.platform(str(found.uuid), found.clinic, where=where)
    with transaction.atomic():
        answer, rooms = _answer(found, request, cursor, now)
        denied = "denied" if answer is NOT_SIGNED else "refused"
        audit.record(
            actor,
            "hook.pending",
            subject=way_in.patients_of(*(room.session for room in rooms)),
            obj=found,
            outcome=denied if answer.code else "ok",
            code=answer.code,
        )
    return answer


def _answer(
    connection: Connection, request: RawRequest, cursor: str, now: datetime
) -> tuple[Answer, Sequence[Room]]:
    """The answer, and the rooms that it tells of."""
    try:
        verified = signing.verify(
            signing.keys(connection.secret), request.headers, request.body, now
        )
    except BadSignature:
        return NOT_SIGNED, ()
    except Misconfigured:
        return LATER, ()
    if not _first_time(connection, verified, now):
        return NOT_SIGNED, ()
    after = _last_seen(connection, cursor)
    if after is None:
        return BAD_CURSOR, ()
    rooms = _unfilled(connection, after, now)
    return _listed(rooms), rooms[:MOST]


def _first_time(connection: Connection, verified: Verified, now: datetime) -> bool:
    """Nobody who overheard a question may ask it again: each has an id of its own."""
    _receipt, is_new = HookReceipt.objects.get_or_create(
        connection=connection,
        webhook_id=verified.message_id,
        defaults={"body_hash": verified.body_hash, "received_at": now},
    )
    return is_new


def _last_seen(connection: Connection, cursor: str) -> int | None:
    """Where the list goes on: after the room of this binding, which was the last one told."""
    if not cursor:
        return 0
    uuid = links.uuid_of(cursor)
    if uuid is None:
        return None
    rooms = Room.objects.filter(connection=connection, uuid=uuid)
    return rooms.values_list("pk", flat=True).first()


def _unfilled(connection: Connection, after: int, now: datetime) -> list[Room]:
    """One more than is told, oldest first. Two SELECTs."""
    rooms = Room.objects.filter(
        connection=connection,
        pk__gt=after,
        state=RoomState.PENDING.value,
        session__clinic=connection.clinic,
        session__state=SessionState.SCHEDULED.value,
        session__end__gt=to_minute(now - way_in.CLOSES),
    )
    rows = rooms.select_related("session").prefetch_related("session__join_links")
    return list(rows.order_by("pk")[: MOST + 1])


def _listed(rooms: Sequence[Room]) -> Answer:
    told, more = rooms[:MOST], len(rooms) > MOST
    return Answer(
        200,
        {
            "pending": [request_data(links.request_for(room)) for room in told],
            "next": links.binding_of(told[-1]) if more else None,
        },
    )
