"""The platform that speaks our own contract: Standard Webhooks in both directions.

We ask by room.requested, room.rescheduled and room.cancelled; it answers, now or days later, by
room.filled and the other callbacks. Reasons of Refused, before the signature is looked at:
too_large, wrong_type; after it: not_json (also a key that stands twice), bad_field (named).
"""

import enum
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from scheduling.video import signing
from scheduling.video.contract import (
    BINDING,
    REF,
    Capability,
    Challenge,
    DialIn,
    EventKind,
    FilledFromOutside,
    PlatformEvent,
    RawRequest,
    Refused,
    Room,
    RoomRequest,
    Secret,
    Verified,
)

LARGEST = 64 * 1024  # bytes of a body
MOST_PERSONAL = 200  # addresses in one callback

ROOM_EVENTS = {
    "room.filled": EventKind.FILLED,
    "room.updated": EventKind.UPDATED,
    "room.failed": EventKind.FAILED,
    "room.withdrawn": EventKind.WITHDRAWN,
    "room.opened": EventKind.OPENED,
    "room.ended": EventKind.ENDED,
}
PARTICIPANT_EVENTS = {
    "participant.waiting": EventKind.WAITING,
    "participant.joined": EventKind.JOINED,
    "participant.left": EventKind.LEFT,
}

_OPAQUE = re.compile(r"[!-~]{1,255}")
_CODE = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_URL = re.compile(r"[^\s]{1,2048}")  # its rules are in addresses.py, with the connection's hosts
_NUMBER = re.compile(r"\+?[0-9][0-9 ()-]{2,31}")
_PIN = re.compile(r"[0-9#*,]{1,32}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)

Data = Mapping[str, Any]
T = TypeVar("T")


class Request(enum.StrEnum):
    """What we ask of the platform."""

    REQUESTED = "room.requested"
    RESCHEDULED = "room.rescheduled"
    CANCELLED = "room.cancelled"


class Standard(FilledFromOutside):
    kind = "standard"
    capabilities = (
        Capability.ASKED
        | Capability.PERSONAL_LINKS
        | Capability.WAITING_ROOM
        | Capability.EVENTS
        | Capability.EVENTS_IDENTIFY
        | Capability.DIAL_IN
    )

    def verify_webhook(
        self, request: RawRequest, secrets: Sequence[bytes], now: datetime
    ) -> Verified | Challenge:
        """There is no handshake: nothing that is not signed is ever answered with a signature."""
        if len(request.body) > LARGEST:
            raise Refused("too_large")
        media_type = request.headers.get("content-type", "").partition(";")[0]
        if media_type.strip().lower() != "application/json":
            raise Refused("wrong_type")
        return signing.verify(secrets, request.headers, request.body, now)

    def parse_event(self, verified: Verified) -> Iterable[PlatformEvent]:
        """One event, or none for a type that we do not know. Fields we do not name are dropped."""
        body = _strict_json(verified.body)
        kind = _text(body, "type", _CODE)
        if kind in ROOM_EVENTS:
            return (_room_event(ROOM_EVENTS[kind], body, verified),)
        if kind in PARTICIPANT_EVENTS:
            return (_participant_event(PARTICIPANT_EVENTS[kind], body, verified),)
        return ()


def request_body(
    kind: Request, request: RoomRequest, *, now: datetime, fill_by: datetime | None = None
) -> bytes:
    """The message that asks for a room, moves it, or lets it go."""
    data: dict[str, object] = {"binding": request.binding_id, "generation": request.generation}
    if kind is not Request.CANCELLED:
        data = request_data(request)
        if fill_by is not None:
            data["fill_by"] = _stamp(fill_by)
    message = {"type": kind.value, "timestamp": _stamp(now), "data": data}
    return json.dumps(message, separators=(",", ":")).encode()


def request_data(request: RoomRequest) -> dict[str, object]:
    """A wanted room as a platform is told of it."""
    return {
        "binding": request.binding_id,
        "generation": request.generation,
        "opens_at": _stamp(request.opens_at),
        "starts_at": _stamp(request.starts_at),
        "ends_at": _stamp(request.ends_at),
        "closes_at": _stamp(request.closes_at),
        "seats": request.seats,
        "hosts": request.host_refs,
        "participants": request.participant_refs,
        "waiting_room": request.waiting_room,
        "recording": request.recording,
    }


def request_headers(
    body: bytes, *, message_id: str, keys: Sequence[bytes], now: datetime
) -> dict[str, str]:
    """The headers for `body`; a retry keeps the `message_id`, and is signed at its own time."""
    return {"content-type": "application/json"} | signing.sign(keys, message_id, body, now)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _strict_json(body: bytes) -> Data:
    try:
        parsed = json.loads(
            body.decode("utf-8"), object_pairs_hook=_no_key_twice, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise Refused("not_json") from None
    if not isinstance(parsed, dict):
        raise Refused("not_json")
    return parsed


def _no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Two readers of {"a":1,"a":2} may see different things; so nobody gets to see it."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _room_event(kind: EventKind, body: Data, verified: Verified) -> PlatformEvent:
    data = _object(body, "data")
    filled = kind in (EventKind.FILLED, EventKind.UPDATED)
    room = _room(data) if filled else None
    return PlatformEvent(
        dedupe_key=verified.message_id,
        occurred_at=_occurred_at(data, body, verified),
        kind=kind,
        external_id=room.external_id if room else _maybe(_text, data, "external_id", _OPAQUE) or "",
        room=room,
        binding_id=_text(data, "binding", BINDING),
        generation=_whole(data, "generation", 1, 2**31 - 1),
        reason=_reason(data) if kind is EventKind.FAILED else None,
    )


def _participant_event(kind: EventKind, body: Data, verified: Verified) -> PlatformEvent:
    data = _object(body, "data")
    left = kind is EventKind.LEFT
    return PlatformEvent(
        dedupe_key=verified.message_id,
        occurred_at=_past(data, "at", verified),
        kind=kind,
        external_id=_text(data, "external_id", _OPAQUE),
        ref=_text(data, "ref", REF),
        leg=_text(data, "leg", _OPAQUE),
        by_phone=_yes(data, "by_phone"),
        seconds=_maybe(_whole, data, "seconds", 0, 7 * 86400) if left else None,
        binding_id=_maybe(_text, data, "binding", BINDING),
        generation=_maybe(_whole, data, "generation", 1, 2**31 - 1),
    )


def _room(data: Data) -> Room:
    host = _maybe(_text, data, "host_url", _URL)
    return Room(
        external_id=_text(data, "external_id", _OPAQUE),
        join_url=Secret(_text(data, "join_url", _URL)),
        host_url=Secret(host) if host is not None else None,
        dial_in=_maybe(_dial_in, data, "dial_in"),
        expires_at=_maybe(_time, data, "expires_at"),
        personal=_maybe(_personal, data, "personal") or {},
    )


def _personal(data: Data, name: str) -> dict[str, Secret]:
    given = _object(data, name)
    if len(given) > MOST_PERSONAL or not all(REF.fullmatch(ref) for ref in given):
        raise Refused("bad_field", name)
    if not all(isinstance(url, str) and _URL.fullmatch(url) for url in given.values()):
        raise Refused("bad_field", name)
    return {ref: Secret(url) for ref, url in given.items()}


def _dial_in(data: Data, name: str) -> DialIn:
    given = _object(data, name)
    pin = _maybe(_text, given, "pin", _PIN)
    return DialIn(_text(given, "number", _NUMBER), Secret(pin) if pin is not None else None)


def _reason(data: Data) -> str:
    """A code; free words could say anything about anybody, so they are not taken."""
    given = data.get("reason")
    return given if isinstance(given, str) and _CODE.fullmatch(given) else "other"


def _occurred_at(data: Data, body: Data, verified: Verified) -> datetime:
    """When it happened: `at`, else the message's own timestamp, else when it was signed."""
    if data.get("at") is not None:
        return _past(data, "at", verified)
    if body.get("timestamp") is not None:
        return _past(body, "timestamp", verified)
    return verified.signed_at


def _past(data: Data, name: str, verified: Verified) -> datetime:
    """A time that was over when the message was signed, as far as clocks can tell."""
    at = _time(data, name)
    if at > verified.signed_at + timedelta(seconds=signing.TOLERANCE):
        raise Refused("bad_field", name)
    return at


def _time(data: Data, name: str) -> datetime:
    try:
        return datetime.fromisoformat(_text(data, name, _TIME)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("bad_field", name) from None


def _object(data: Data, name: str) -> Data:
    value = data.get(name)
    if not isinstance(value, dict):
        raise Refused("bad_field", name)
    return value


def _text(data: Data, name: str, shape: re.Pattern[str]) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise Refused("bad_field", name)
    return value


def _whole(data: Data, name: str, least: int, most: int) -> int:
    value = data.get(name)
    if type(value) is not int or not least <= value <= most:
        raise Refused("bad_field", name)
    return value


def _yes(data: Data, name: str) -> bool:
    value = data.get(name, False)
    if type(value) is not bool:
        raise Refused("bad_field", name)
    return value


def _maybe(read: Callable[..., T], data: Data, name: str, *rules: object) -> T | None:
    """`read` what may be missing or null; what is there must be right."""
    return None if data.get(name) is None else read(data, name, *rules)
