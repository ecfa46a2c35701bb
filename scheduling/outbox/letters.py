"""Write the bytes of one mail about a session, with its invite where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import override

from accounts.models import Clinic
from scheduling.actions.cancel import in_group
from scheduling.actions.links import mint_action_link
from scheduling.calendars.invites import (
    InviteFacts,
    Method,
    Recipient,
    new_uid,
    next_stamp,
    render,
)
from scheduling.calendars.mime import compose
from scheduling.engine.interval import to_minute
from scheduling.models import Booking, Event, EventKind, Invite, Session, Task
from scheduling.outbox import words
from scheduling.outbox.mail import new_message_id
from scheduling.outbox.queue import Failed
from scheduling.outbox.standing import Standing, by_video
from scheduling.outbox.transport import sender_address
from scheduling.outbox.words import OFF, News, Page, Words
from scheduling.queries.times import starting, when


@dataclass(frozen=True)
class Calendar:
    """What the recipient's calendar is asked to do; RFC 5546 2.1.4."""

    method: Method
    uid: str
    sequence: int
    stamp: datetime

    @property
    def facts(self) -> dict[str, Any]:
        """As a task keeps it until the message is handed over."""
        stamp = self.stamp.isoformat()
        return {"method": self.method, "uid": self.uid, "sequence": self.sequence, "stamp": stamp}


def next_calendar(invite: Invite, standing: Standing, now: datetime) -> Calendar | None:
    """REQUEST with the next SEQUENCE, CANCEL of what was requested, or nothing to put in."""
    if not standing.full or (not standing.on and invite.method != Method.REQUEST):
        return None
    return next_life(invite, Method.REQUEST if standing.on else Method.CANCEL, now)


def next_life(invite: Invite, method: Method, now: datetime) -> Calendar:
    """No UID comes back after its CANCEL: calendars keep a tombstone of it."""
    stamp = next_stamp(now, invite.stamp)
    if invite.method == Method.CANCEL:
        return Calendar(method, new_uid(), 0, stamp)
    return Calendar(method, str(invite.uid), invite.sequence + 1, stamp)


def write(
    task: Task, standing: Standing, news: News, now: datetime, calendar: Calendar | None = None
) -> None:
    """Put recipient, bytes and Message-ID on the task (not saved); mints the links it holds."""
    with override(standing.language):
        page = words.render(to_say(standing, news, now))
    with addressed():
        data = render(invite_facts(standing, calendar)) if calendar else None
    method = calendar.method.value if calendar else None
    put(task, standing.address, standing.session.clinic, page, now, data, method)


def put(
    task: Task,
    address: str,
    clinic: Clinic,
    page: Page,
    now: datetime,
    calendar: bytes | None,
    method: str | None,
    more: Sequence[bytes] = (),
) -> None:
    """The bytes of a mail, under a Message-ID of its own, onto the task (not saved)."""
    task.recipient, task.message_id = address, new_message_id()
    with addressed():
        data = compose(
            sender=words.sender(clinic.sender_name),
            to=address,
            subject=page.subject,
            text=page.text,
            html=page.html,
            message_id=task.message_id,
            date=now.replace(microsecond=0),
            calendar=calendar,
            method=method,
            more=more,
        )
    task.message = data.decode("latin-1")


@contextmanager
def addressed() -> Iterator[None]:
    """What cannot be a message to this address never will be one."""
    try:
        yield
    except ValueError as error:
        raise Failed("bad_address", permanent=True) from error


def to_say(standing: Standing, news: News, now: datetime) -> Words:
    """What the mail may hold; without consent, that there is something to read (PR2)."""
    session, clinic = standing.session, standing.session.clinic
    if not standing.full:
        return notice(clinic)
    if news is News.CANCELLED and standing.by_clinic:
        news = News.CALLED_OFF
    off = news in OFF
    host = standing.therapist is not None
    return Words(
        news=news,
        when=when(session.start, session.end, standing.zone),
        by_telephone=not by_video(session),
        host=host,
        other_host=news is News.CHANGED
        and not host
        and facts_of(standing.booking, EventKind.MOVED)["host"],
        join_url="" if off else join_url(standing),
        others=others_in_place_of(standing.booking, standing.zone) if off and not host else (),
        book_url=words.link(f"/c/{clinic.slug}/") if off and not host else "",
        phone="" if host else clinic.phone,
        signature=words.sender_name(clinic.sender_name),
        **({} if off else ways_to_change(standing, now)),
    )


def notice(clinic: Clinic, page: str = "my/") -> Words:
    """That there is something to read, and where (PR2)."""
    return Words(
        news=News.NOTICE,
        sign_in_url=words.link(f"/c/{clinic.slug}/{page}"),
        phone=clinic.phone,
        signature=words.sender_name(clinic.sender_name),
    )


def facts_of(booking: Booking | None, kind: EventKind) -> dict[str, Any]:
    """What was noted of the seat when this last happened to it."""
    rows = Event.objects.filter(booking=booking, kind=kind.value)
    found: dict[str, Any] = rows.order_by("-pk").values_list("facts", flat=True).first() or {}
    return {"others": (), "host": False} | found


def others_in_place_of(booking: Booking | None, zone: str) -> tuple[str, ...]:
    """The times that were named when it was cancelled."""
    return tuple(
        starting(start, zone) for start in facts_of(booking, EventKind.CANCELLED)["others"]
    )


def ways_to_change(standing: Standing, now: datetime) -> dict[str, str]:
    """The page of the session or booking; without an account a link for each action (TK3).

    Such links are left out once it is too late to change it online.
    """
    booking, session = standing.booking, standing.session
    home = f"/c/{session.clinic.slug}/"
    if booking is None or standing.patient is None:
        return {"manage_url": words.link(f"{home}sessions/{session.uuid}/")}
    if standing.patient.user_id is not None:
        return {"manage_url": words.link(f"{home}my/{booking.uuid}/")}
    return links_to_change(booking, session, now)


def links_to_change(booking: Booking, session: Session, now: datetime) -> dict[str, str]:
    """For who has no account, one for each action (TK3)."""
    if session.start - to_minute(now) < session.clinic.change_notice:
        return {}
    made = {}
    for action in ("cancel",) if in_group(booking) else ("move", "cancel"):
        token = mint_action_link(booking, action, now, expires_at=session.starts_at)
        made[f"{action}_url"] = words.link(f"/a/{token}/")
    return made


def join_url(standing: Standing) -> str:
    return words.link(f"/j/{standing.token}/") if standing.token else ""


def invite_facts(standing: Standing, calendar: Calendar) -> InviteFacts:
    session = standing.session
    return InviteFacts(
        uid=calendar.uid,
        sequence=calendar.sequence,
        method=calendar.method,
        stamp=calendar.stamp,
        start=session.starts_at,
        end=session.ends_at,
        zone=standing.zone,
        organizer=sender_address(),
        organizer_name=words.sender_name(session.clinic.sender_name),
        attendee=standing.address,
        join_url=(join_url(standing) or None) if standing.on else None,
        by_telephone=not by_video(session),
        language=standing.language,
        kind=Recipient.PATIENT if standing.patient else Recipient.THERAPIST,
    )
