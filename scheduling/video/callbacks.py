"""What a platform tells us (TK4): prove it, take it once, and let it touch its own rooms alone.

The answer never holds anything of ours: a word, a reason's code, the name of a field. A sender
repeats whatever is not answered by 2xx for days, so 2xx also means "understood, ignored".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.actor import Actor
from scheduling.actions import rooms
from scheduling.actions.rooms import Filling
from scheduling.errors import BadRoomAddress
from scheduling.models import Connection, HookReceipt
from scheduling.models import Room as RoomRow
from scheduling.video import links, platforms, signing
from scheduling.video.contract import (
    BadSignature,
    Challenge,
    EventKind,
    Misconfigured,
    PlatformEvent,
    RawRequest,
    Refused,
    Room,
    Verified,
)

ABOUT_ROOMS = (EventKind.FILLED, EventKind.UPDATED, EventKind.FAILED, EventKind.WITHDRAWN)
REFUSED = {"too_large": 413, "wrong_type": 415, "not_json": 400, "bad_field": 422}


@dataclass(frozen=True)
class Answer:
    """Status and JSON body; `code` and `wrong` make a problem of it."""

    status: int
    body: Mapping[str, object] = field(default_factory=dict)
    code: str = ""
    wrong: str = ""  # the name of a field
    challenge: Challenge | None = None


ACCEPTED = Answer(202, {"status": "accepted"})
DUPLICATE = Answer(200, {"status": "duplicate"})
UNKNOWN = Answer(404, code="not_found")
DISABLED = Answer(410, code="disabled")
NOT_SIGNED = Answer(401, code="bad_signature")
ID_REUSED = Answer(422, code="id_reused", wrong="webhook-id")
LATER = Answer(503, code="misconfigured")


def ignored(reason: str) -> Answer:
    return Answer(200, {"status": "ignored", "reason": reason})


def receive(connection: UUID, request: RawRequest, *, where: str, now: datetime) -> Answer:
    """Answer one callback. All that it does, its receipt included, is one transaction."""
    found = Connection.objects.select_related("clinic").filter(uuid=connection).first()
    if found is None:
        return UNKNOWN
    if not (found.usable and found.clinic.active):
        return DISABLED
    actor = Actor.platform(str(found.uuid), found.clinic, where=where)
    answer = _answer(found, request, actor, now)
    if answer.code:
        denied = "denied" if answer is NOT_SIGNED else "refused"
        audit.record(actor, "hook.receive", obj=found, outcome=denied, code=answer.code)
    return answer


def _answer(connection: Connection, request: RawRequest, actor: Actor, now: datetime) -> Answer:
    try:
        verified = platforms.adapter(connection.kind).verify_webhook(
            request, signing.keys(connection.secret), now
        )
        if isinstance(verified, Challenge):
            return Answer(200, challenge=verified)
        with transaction.atomic():
            return _take(connection, verified, actor, now)
    except BadSignature:
        return NOT_SIGNED
    except Refused as error:
        status = REFUSED.get(error.reason)
        return Answer(status, code=error.reason, wrong=error.field) if status else UNKNOWN
    except BadRoomAddress as error:
        return Answer(error.status, code=error.extra["reason"], wrong=error.extra["field"])
    except Misconfigured:
        return LATER


def _take(connection: Connection, verified: Verified, actor: Actor, now: datetime) -> Answer:
    """The same id with the same body is a duplicate; with another body it is somebody's fraud."""
    receipt, is_new = HookReceipt.objects.get_or_create(
        connection=connection,
        webhook_id=verified.message_id,
        defaults={"body_hash": verified.body_hash, "received_at": now},
    )
    if not is_new:
        return DUPLICATE if receipt.body_hash == verified.body_hash else ID_REUSED
    answer = ignored("unknown_type")
    for event in platforms.adapter(connection.kind).parse_event(verified):
        answer = _apply(connection, event, actor, now)
    return answer


def _apply(connection: Connection, event: PlatformEvent, actor: Actor, now: datetime) -> Answer:
    if event.kind not in ABOUT_ROOMS:
        return ignored("not_kept")
    room = _own_room(connection, event.binding_id or "")
    why = rooms.why_ignored(room, event.generation, now)
    if room is None or why is not None:
        return ignored(why or rooms.Ignored.UNKNOWN_BINDING)
    if event.room is None:
        rooms.withdraw(room, event.kind.value, actor=actor, now=now)
    else:
        rooms.offer_filling(
            room, filling_of(event.room), links.check_called_back, actor=actor, now=now
        )
    return ACCEPTED


def _own_room(connection: Connection, binding: str) -> RoomRow | None:
    """A room that is bound to this connection; another's is as unknown as nobody's."""
    uuid = links.uuid_of(binding)
    if uuid is None:
        return None
    return rooms.lock_room(uuid=uuid, connection=connection, session__clinic=connection.clinic_id)


def filling_of(room: Room) -> Filling:
    return Filling(
        join_url=room.join_url.reveal() if room.join_url else "",
        host_url=room.host_url.reveal() if room.host_url else "",
        external_id=room.external_id,
        personal={ref: url.reveal() for ref, url in room.personal.items()},
    )
