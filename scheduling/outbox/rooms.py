"""Ask the platform for rooms, tell it of changes, and warn while a room is missing.

What the platform was last told is `Room.asked`: "<generation>:on" or "<generation>:off". A request
is composed once and kept on its task, so that a retry is the same bytes under the same id. It names
no person (`video.contract.RoomRequest`); the room comes back by a callback, now or days later.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor
from scheduling.actions.rooms import WANTED
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import RoomState, SessionState
from scheduling.models import Connection, Event, EventKind, HookReceipt, Room, Task, TaskKind
from scheduling.outbox import queue, words
from scheduling.outbox.queue import UNDONE, Failed
from scheduling.outbox.transport import Mailer
from scheduling.queries import times, way_in
from scheduling.video import signing
from scheduling.video.contract import Misconfigured
from scheduling.video.links import binding_of, request_for
from scheduling.video.platforms import ASKED
from scheduling.video.platforms.standard import Request, request_body, request_headers

CHANGES = (
    EventKind.BOOKED.value,
    EventKind.MOVED.value,
    EventKind.CANCELLED.value,
    EventKind.RESTORED.value,
)
TIMEOUT = 10  # seconds
NEVER = {400, 404, 405, 410, 413, 415, 422}  # repeating the same bytes cannot help
FILL_WITHIN = timedelta(hours=2)
RECEIPTS = timedelta(days=30)  # longer than anybody sends one message again
WARN_AT = (60, 15, 5)  # minutes before the start


# What is owed


def owe(events: Iterable[Event], now: datetime) -> None:
    """One undone task per session whose platform is asked; in the plan's transaction.

    A task that is relied on is locked: whoever ends it looks once more under the same lock.
    """
    changed = {
        event.session_id
        for event in events
        if event.kind in CHANGES or event.facts.get("what") == WANTED
    }
    platforms = Connection.objects.filter(Connection.USABLE, kind__in=ASKED)
    rooms = Room.objects.filter(
        session__in=changed, connection__in=platforms.exclude(outgoing_url="")
    )
    wanted = dict(rooms.values_list("session_id", "session__clinic_id"))
    if not wanted:
        return
    waiting = Task.objects.filter(UNDONE, kind=TaskKind.ROOM.value, session__in=wanted)
    owed = set(waiting.select_for_update(of=("self",)).values_list("session_id", flat=True))
    Task.objects.bulk_create(
        Task(
            kind=TaskKind.ROOM.value,
            session_id=session,
            clinic_id=clinic,
            created_at=now,
            due_at=now,
        )
        for session, clinic in wanted.items()
        if session not in owed
    )


# Asking


def ask(task: Task, mailer: Mailer, now: datetime) -> str:
    """Bring the platform up to date about one session's room; answers the outcome."""
    with transaction.atomic():
        room = _compose(task, now)
    outcome = "nothing_to_ask"
    if room is not None:
        _post(room, task, now)
        outcome = "sent"
    _finish(task, outcome, now)
    return outcome


def standing(room: Room) -> str:
    """What the platform is to know: "<generation>:on", or ":off" once it is cancelled."""
    return f"{room.generation}:{'off' if room.state == RoomState.REVOKED.value else 'on'}"


def to_ask(room: Room, now: datetime) -> Request | None:
    """What there is to say, if anything."""
    if room.asked == standing(room) or now >= way_in.closes_at(room.session):
        return None
    if room.state == RoomState.REVOKED.value:
        return Request.CANCELLED if room.asked.endswith(":on") else None
    return Request.RESCHEDULED if room.asked.endswith(":on") else Request.REQUESTED


def _compose(task: Task, now: datetime) -> Room | None:
    """Write the request down on its task, unless the very same one stands there already."""
    rows = Room.objects.select_related("session", "connection")
    room = rows.select_for_update(no_key=True, of=("self",)).get(session=task.session_id)
    what = to_ask(room, now)
    if what is None or not room.connection or not room.connection.usable:
        return None
    message_id = f"{binding_of(room)}_{standing(room).replace(':', '_')}"
    if task.message_id != message_id:
        fill_by = max(now, min(now + FILL_WITHIN, way_in.opens_at(room.session)))
        body = request_body(what, request_for(room), now=now, fill_by=fill_by)
        task.message, task.message_id = body.decode("latin-1"), message_id
        task.telling = {"asked": standing(room)}
        task.save(update_fields=["message", "message_id", "telling"])
    return room


def _post(room: Room, task: Task, now: datetime) -> None:
    assert room.connection is not None
    body = task.message.encode("latin-1")
    try:
        keys = signing.keys(room.connection.outgoing_secret)
        headers = request_headers(body, message_id=task.message_id, keys=keys, now=now)
    except Misconfigured as error:
        raise Failed("bad_secret", permanent=True) from error
    status = post(room.connection.outgoing_url, body, headers)
    if not 200 <= status < 300:
        raise Failed(f"answered_{status}", permanent=status in NEVER)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """POST to an address that an admin has typed in; answers the status, follows no redirect.

    Plain HTTP goes to this machine alone, and never in production (EN1). Raises Failed.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    here = not settings.PRODUCTION and host in ("localhost", "127.0.0.1")
    if parts.scheme != "https" and not (here and parts.scheme == "http"):
        raise Failed("not_https", permanent=True)
    wire: http.client.HTTPConnection
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context()
            wire = http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT, context=context)
        else:
            wire = http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT)
        try:
            path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
            wire.request("POST", path, body, dict(headers))
            return wire.getresponse().status
        finally:
            wire.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Failed("unreachable", certain=False) from error


def _finish(task: Task, outcome: str, now: datetime) -> None:
    """Note what was told; what has changed meanwhile is asked at once."""
    with transaction.atomic():
        if not queue.lock(task):
            return
        rows = Room.objects.select_related("session").select_for_update(no_key=True, of=("self",))
        room = rows.get(session=task.session_id)
        if outcome == "sent":
            room.asked = task.telling["asked"]
            room.save(update_fields=["asked"])
            worker = Actor.worker(task.clinic)
            whom = way_in.patients_of(room.session)
            audit.record(worker, "room.ask", subject=whom, obj=room, detail={"told": room.asked})
        if outcome == "sent" and to_ask(room, now) is not None:
            task.due_at, task.leased_until, task.attempts = now, None, 0
            task.save(update_fields=["due_at", "leased_until", "attempts"])
        else:
            queue.done(task, outcome, now)


# Warning


def warn_unfilled(now: datetime) -> int:
    """Tell the therapists, an hour, a quarter and five minutes before, that a room is missing.

    Once each, whatever the number of workers; a worker that was away tells the nearest one only.
    """
    minute = to_minute(now)
    with transaction.atomic():
        missing = Room.objects.filter(
            state=RoomState.PENDING.value,
            session__state=SessionState.SCHEDULED.value,
            session__start__gt=minute,
            session__start__lte=minute + WARN_AT[0],
        )
        rows = missing.select_related("session__clinic").order_by("pk")
        rooms = list(rows.select_for_update(no_key=True, of=("self",), skip_locked=True))
        return sum(_warn(room, minute) for room in rooms)


def _warn(room: Room, minute: int) -> bool:
    left = room.session.start - minute
    level = min(at for at in WARN_AT if left <= at)
    if room.warned is not None and room.warned <= level:
        return False
    room.warned = level
    room.save(update_fields=["warned"])
    session = room.session
    for occupancy in session.occupancies.filter(live=True).select_related("profile", "therapist"):
        when = times.when(session.start, session.end, occupancy.profile.time_zone)
        page = words.link(f"/c/{session.clinic.slug}/sessions/{session.uuid}/")
        text = _(
            "No room has been filled in yet for the appointment on:\n\n%(when)s\n\n"
            "Please paste one here, or call:\n%(page)s\n"
        ) % {"when": when, "page": page}
        sender = words.sender(session.clinic.sender_name)
        EmailMessage(_("A room is missing"), text, sender, [occupancy.therapist.email]).send()
    whom = way_in.patients_of(session)
    worker = Actor.worker(session.clinic)
    audit.record(worker, "room.warn", subject=whom, obj=room, detail={"minutes": level})
    return True


def forget_receipts(now: datetime) -> int:
    """A message that old proves nothing any more, so its id need not be known."""
    return HookReceipt.objects.filter(received_at__lt=now - RECEIPTS).delete()[0]
