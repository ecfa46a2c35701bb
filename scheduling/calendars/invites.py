"""A session as an iCalendar object for one recipient (RFC 5545, RFC 5546).

Pure functions of the facts: the same facts give the same bytes. A lock screen, an employer or a
shared family calendar may show every word of it, so it says only when, and where our own page is
(PR1). The outbox keeps uid, sequence and stamp in step; see `next_stamp`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from django.utils.translation import gettext as _
from django.utils.translation import override
from icalendar import Alarm, Calendar, Conference, Event, vCalAddress, vUri

from scheduling.calendars.mime import bare_address, one_line

PRODID = "-//Appointments//Invites 1//EN"  # read by anybody, so it names no kind of care


class Method(StrEnum):
    """What the recipient's calendar is asked to do (RFC 5546 1.4)."""

    REQUEST = "REQUEST"  # enter it, or change what is there
    CANCEL = "CANCEL"  # take it out
    PUBLISH = "PUBLISH"  # a file somebody downloads; names no attendee


class Recipient(StrEnum):
    """Whose calendar it is; decides only how one gets in."""

    PATIENT = "patient"
    THERAPIST = "therapist"


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteFacts:
    """All that an invite is made of; ValueError if it cannot be one.

    Times are UTC in whole seconds. `zone` is the recipient's, for web calendars; the object itself
    is in UTC. Names nobody: `organizer_name` and `summary` are words that tell nothing of care.
    Behind the `join_url` of a session `by_telephone` one checks in and is then called.
    `alarm_minutes` is before the start, None for none.
    """

    uid: str
    sequence: int
    method: Method
    stamp: datetime
    start: datetime
    end: datetime
    zone: str
    organizer: str
    organizer_name: str
    attendee: str | None = None
    join_url: str | None = None
    by_telephone: bool = False
    language: str = "en"
    summary: str | None = None
    description: tuple[str, ...] | None = None
    kind: Recipient = Recipient.PATIENT
    alarm_minutes: int | None = None

    def __post_init__(self) -> None:
        _check_times(self)
        _check_texts(self)
        _check_link(self.join_url)
        bare_address(self.organizer)
        if self.method is Method.PUBLISH and self.attendee is not None:
            raise ValueError("a published object names no attendee")
        if self.method is not Method.PUBLISH and bare_address(self.attendee or "") == (
            bare_address(self.organizer)
        ):
            raise ValueError("the organizer is never the recipient")
        if self.sequence < 0:
            raise ValueError("a sequence counts from 0")


def new_uid() -> str:
    """A UID for one recipient's life of one session; random, so that it tells nothing."""
    return str(uuid4())


def next_stamp(now: datetime, last: datetime | None) -> datetime:
    """DTSTAMP for the next object of a UID: now, yet always a second above the last one.

    Receivers break ties of SEQUENCE by it, and it has no fractions of a second.
    """
    stamp = now.astimezone(UTC).replace(microsecond=0)
    return stamp if last is None else max(stamp, last.astimezone(UTC) + timedelta(seconds=1))


def render(facts: InviteFacts) -> bytes:
    """The VCALENDAR: CRLF, lines of at most 75 octets, one VEVENT, one attendee at most."""
    calendar = new_calendar(facts.method)
    calendar.add_component(new_event(facts))
    return bytes(calendar.to_ical())


def new_calendar(method: Method) -> Calendar:
    """A VCALENDAR that holds nothing yet."""
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", method.value)
    return calendar


def google_url(facts: InviteFacts) -> str:
    """Google's page to add the session; it learns no more than the invite says."""
    query = {
        "action": "TEMPLATE",
        "text": _summary(facts),
        "dates": f"{facts.start:%Y%m%dT%H%M%SZ}/{facts.end:%Y%m%dT%H%M%SZ}",
        "ctz": facts.zone,
        "details": _description(facts),
        "location": facts.join_url or "",
    }
    return "https://calendar.google.com/calendar/render?" + _query(query)


def outlook_url(facts: InviteFacts) -> str:
    """Outlook.com's page to add the session."""
    query = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": _summary(facts),
        "startdt": f"{facts.start:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{facts.end:%Y-%m-%dT%H:%M:%SZ}",
        "body": _description(facts),
        "location": facts.join_url or "",
    }
    return "https://outlook.live.com/calendar/0/action/compose?" + _query(query)


def _query(pairs: dict[str, str]) -> str:
    return urlencode({name: text for name, text in pairs.items() if text})


def new_event(facts: InviteFacts) -> Event:
    """The VEVENT, its times in UTC."""
    event = Event()
    event.add("uid", facts.uid)
    event.add("sequence", facts.sequence)
    event.add("dtstamp", facts.stamp)
    event.add("dtstart", facts.start)
    event.add("dtend", facts.end)
    event.add("summary", _summary(facts))
    event.add("class", "PRIVATE")
    event.add("organizer", _organizer(facts))
    if facts.attendee is not None:
        event.add("attendee", _attendee(facts.attendee))
    event.add("x-microsoft-disallow-counter", "TRUE")
    if facts.method is Method.CANCEL:
        _add_free(event)
    else:
        _add_busy(event, facts)
    return event


def _add_free(event: Event) -> None:
    """What is cancelled takes no time, and leads nowhere."""
    event.add("status", "CANCELLED")
    event.add("transp", "TRANSPARENT")
    event.add("x-microsoft-cdo-busystatus", "FREE")


def _add_busy(event: Event, facts: InviteFacts) -> None:
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("x-microsoft-cdo-busystatus", "BUSY")
    if text := _description(facts):
        event.add("description", text)
    if facts.join_url is not None:
        _add_link(event, facts.join_url, by_telephone=facts.by_telephone)
    if facts.alarm_minutes is not None:
        trigger = timedelta(minutes=-facts.alarm_minutes)
        event.add_component(Alarm.new_display(_summary(facts), trigger))


def _add_link(event: Event, url: str, *, by_telephone: bool) -> None:
    """LOCATION is what Google and Outlook show, URL what Apple does, CONFERENCE is RFC 7986.

    By telephone there is nothing to dial in to: we call.
    """
    event.add("location", url)
    event.add("url", vUri(url))
    if not by_telephone:
        event.add("conference", Conference(url, feature="VIDEO").to_uri())


def _organizer(facts: InviteFacts) -> vCalAddress:
    return vCalAddress.new(bare_address(facts.organizer), cn=facts.organizer_name)


def _attendee(address: str) -> vCalAddress:
    """RSVP=FALSE: an answer would be recorded nowhere yet."""
    return vCalAddress.new(
        bare_address(address),
        cutype="INDIVIDUAL",
        role="REQ-PARTICIPANT",
        partstat="NEEDS-ACTION",
        rsvp=False,
    )


def _summary(facts: InviteFacts) -> str:
    with override(facts.language):
        return facts.summary or _("Appointment")


def _description(facts: InviteFacts) -> str:
    if facts.description is not None:
        return "\n".join(facts.description)
    with override(facts.language):
        if facts.join_url is None:
            return ""
        if facts.kind is Recipient.THERAPIST:
            return _("Sign in and open the link when it is time.")
        if facts.by_telephone:
            return _("We will call you. Please check in by the link before; it is yours alone.")
        return _("Open the link when it is time. It is yours alone; please do not pass it on.")


def _check_times(facts: InviteFacts) -> None:
    for at in (facts.stamp, facts.start, facts.end):
        if at.tzinfo is not UTC or at.microsecond:
            raise ValueError("an invite is given in UTC and whole seconds")
    if facts.end <= facts.start:
        raise ValueError("an invite ends after it starts")
    if facts.alarm_minutes is not None and facts.alarm_minutes < 0:
        raise ValueError("an alarm comes before the start")


def _check_texts(facts: InviteFacts) -> None:
    """TK9: nothing brings its own line, and a name needs no quoting that readers get wrong."""
    texts = (facts.uid, facts.zone, facts.organizer_name, facts.summary or "")
    for text in (*texts, *(facts.description or ())):
        one_line(text)
    if not facts.uid or not facts.organizer_name:
        raise ValueError("an invite has a UID and a named organizer")
    if set(facts.organizer_name) & set('"^<>@'):
        raise ValueError("a name without quotes and addresses")


def _check_link(url: str | None) -> None:
    """Our own page: http only for a demo on this machine."""
    if url is None:
        return
    parts = urlsplit(one_line(url))
    local = parts.hostname in ("localhost", "127.0.0.1")
    if not (parts.scheme == "https" or (parts.scheme == "http" and local)) or not parts.hostname:
        raise ValueError("a join link is an https address")
    if not url.isascii() or " " in url or parts.username is not None:
        raise ValueError("a join link is a plain address")
