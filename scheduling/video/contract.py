"""What every video platform's adapter speaks: the words, the protocol, and its failures.

An adapter knows one platform and nothing of our tables. All times are aware and in UTC.

VideoError
+-- Refused         never like this: `reason` is a code, `field` what it is about
+-- Misconfigured   staff must mend the connection first
+-- Gone            the room or the address is not there any more
+-- BadSignature    a callback that its sender cannot prove; never says why
+-- BadAddress      an address that we do not hand to anybody: `code`, and `field` where known
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

BINDING = re.compile(r"rb_[A-Za-z0-9_-]{8,64}", re.ASCII)
REF = re.compile(r"ap_[A-Za-z0-9_-]{8,29}", re.ASCII)


class VideoError(Exception):
    """The root of all that an adapter raises; its text holds codes only, never data."""


class Refused(VideoError):
    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(f"{reason} {field}".strip())
        self.reason, self.field = reason, field


class Misconfigured(VideoError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Gone(VideoError):
    pass


class BadSignature(VideoError):
    pass


class BadAddress(VideoError):
    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(f"{code} {field}".strip())
        self.code, self.field = code, field


class Secret:
    """A text that no log, page, JSON or traceback prints; who needs it says `reveal()`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not pickled")

    def __deepcopy__(self, memo: object) -> Secret:
        return self


class Capability(enum.Flag):
    """What a platform can do; staff are shown what it cannot."""

    NONE = 0
    CREATE = 1  # a call makes the room and answers with its address
    UPDATE = 2
    CANCEL = 4
    PERSONAL_LINKS = 8
    WAITING_ROOM = 16
    EVENTS = 32
    EVENTS_IDENTIFY = 64  # its events say which participant
    END_ROOM = 128
    DIAL_IN = 256
    RECONCILE = 512
    ASKED = 1024  # is asked by a signed message, and fills the room in later by a callback


class EventKind(enum.StrEnum):
    FILLED = "filled"  # the room is there; carries its addresses
    UPDATED = "updated"  # the same room has other addresses
    FAILED = "failed"  # the platform cannot make it
    WITHDRAWN = "withdrawn"  # the room was taken away
    OPENED = "opened"
    ENDED = "ended"  # it stands empty; before the end of the session it may open again
    WAITING = "waiting"
    JOINED = "joined"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class RoomRequest:
    """All that a platform is told. Nothing here may identify a person: opaque references, times.

    `key` is the idempotency key towards the platform.
    """

    binding_id: str  # "rb_..."
    generation: int
    opens_at: datetime
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    seats: int
    host_refs: tuple[str, ...]  # "ap_..."
    participant_refs: tuple[str, ...]  # "ap_..."
    waiting_room: bool = True
    recording: Literal[False] = False

    def __post_init__(self) -> None:
        if not BINDING.fullmatch(self.binding_id):
            raise ValueError("a binding is 'rb_' and random letters")
        if not all(REF.fullmatch(ref) for ref in (*self.host_refs, *self.participant_refs)):
            raise ValueError("a reference is 'ap_' and random letters")
        times = (self.opens_at, self.starts_at, self.ends_at, self.closes_at)
        if any(at.tzinfo is not UTC for at in times):
            raise ValueError("times are in UTC")
        if list(times) != sorted(times):
            raise ValueError("a room opens, starts, ends, closes in this order")

    @property
    def key(self) -> str:
        return f"{self.binding_id}.{self.generation}"


@dataclass(frozen=True, slots=True)
class DialIn:
    number: str
    pin: Secret | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """A room as its platform describes it; `personal` maps a reference to its own address."""

    external_id: str = field(repr=False)
    join_url: Secret | None
    host_url: Secret | None = None
    dial_in: DialIn | None = None
    expires_at: datetime | None = None
    personal: Mapping[str, Secret] = field(default_factory=dict)

    def address(self, ref: str, *, host: bool) -> Secret:
        """The most personal address there is for `ref`; raises Gone if there is none."""
        own = self.personal.get(ref) or (self.host_url if host else None) or self.join_url
        if own is None:
            raise Gone
        return own


@dataclass(frozen=True, slots=True)
class PlatformEvent:
    """One thing that a platform says has happened, at its own time `occurred_at`.

    `leg` is one device's stay; `seconds` its length where the platform counted it. Events about
    a room carry `binding_id` and `generation`, so that a late word on an old room is known as such.
    """

    dedupe_key: str
    occurred_at: datetime
    kind: EventKind
    external_id: str = field(repr=False)
    ref: str | None = None
    leg: str | None = None
    room: Room | None = None
    by_phone: bool = False
    seconds: int | None = None
    binding_id: str | None = None
    generation: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A callback as it came in. Header names are kept in lower case; the body is not touched.

    `url` is the public address it was sent to, for platforms that sign it.
    """

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = ""

    def __post_init__(self) -> None:
        lowered = {name.lower(): value for name, value in self.headers.items()}
        object.__setattr__(self, "headers", lowered)


@dataclass(frozen=True, slots=True)
class Verified:
    """A callback whose sender is proven: its id, when it was signed, and the signed bytes."""

    message_id: str
    signed_at: datetime
    body: bytes = field(repr=False)

    @property
    def body_hash(self) -> str:
        """SHA-256 in hex: the same id with another body is not a duplicate."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Challenge:
    """A platform's handshake: answer 200 with just this, and do nothing else."""

    body: bytes = field(repr=False)
    content_type: str


class VideoAdapter(Protocol):
    kind: str
    capabilities: Capability

    def create_room(self, request: RoomRequest) -> Room:
        """Make the room; safe to repeat with the same key."""

    def update(self, room: Room, request: RoomRequest) -> Room:
        """Move the room in time; may return another one."""

    def cancel(self, room: Room) -> None:
        """Take the room away; one that is gone already is a success."""

    def participant_link(self, room: Room, ref: str, *, host: bool, not_after: datetime) -> Secret:
        """The address for `ref`, asked for at the click and never kept; raises Gone."""

    def verify_webhook(
        self, request: RawRequest, secrets: Sequence[bytes], now: datetime
    ) -> Verified | Challenge:
        """Prove the sender by one of `secrets`; raises BadSignature, or Refused before that."""

    def parse_event(self, verified: Verified) -> Iterable[PlatformEvent]:
        """The events of a callback, none if we do not know its type; raises Refused."""

    def reconcile(self, room: Room) -> Iterable[PlatformEvent]:
        """Ask the platform who was there, where RECONCILE is declared."""


class FilledFromOutside:
    """The half of an adapter for platforms that we cannot call: they, or people, come to us."""

    def create_room(self, request: RoomRequest) -> Room:
        raise Refused("not_supported")

    def update(self, room: Room, request: RoomRequest) -> Room:
        raise Refused("not_supported")

    def cancel(self, room: Room) -> None:
        raise Refused("not_supported")

    def participant_link(self, room: Room, ref: str, *, host: bool, not_after: datetime) -> Secret:
        return room.address(ref, host=host)

    def reconcile(self, room: Room) -> Iterable[PlatformEvent]:
        raise Refused("not_supported")
