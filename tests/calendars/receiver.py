"""A calendar that receives invitations, as RFC 5546 asks: by UID, RECURRENCE-ID and SEQUENCE.

It reads by vobject, and expands rules and zones by dateutil, so that nothing of ours reads what
ours wrote. What should never come makes it fail.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from io import StringIO
from itertools import takewhile
from typing import NamedTuple

import vobject
from dateutil.rrule import rrulestr
from dateutil.tz import tzical

FAR = datetime(2032, 1, 1, tzinfo=UTC)


class Event(NamedTuple):
    """One VEVENT, its times as instants."""

    uid: str
    newest: tuple[int, str]  # SEQUENCE, DTSTAMP
    start: datetime
    length: timedelta
    slot: datetime | None  # RECURRENCE-ID
    slots: list[datetime]  # what its rule gives, without its exceptions


class Receiver:
    """Holds the events of each UID: under None the one with the rule, else by RECURRENCE-ID; None
    in place of an event that was cancelled."""

    def __init__(self) -> None:
        self.held: dict[str, dict[datetime | None, Event | None]] = {}
        self.newest: dict[str, tuple[int, str]] = {}
        self.dropped: set[str] = set()
        self.taken = 0  # objects

    def take(self, raw: bytes) -> None:
        self.taken += 1
        method, events = read(raw)
        (uid,) = {event.uid for event in events}
        (newest,) = {event.newest for event in events}
        assert uid not in self.dropped, "a UID came back after its CANCEL"
        if uid in self.newest:
            assert newest[0] > self.newest[uid][0], "SEQUENCE was not raised"
            assert newest[1] > self.newest[uid][1], "DTSTAMP was not raised"
        self.newest[uid] = newest
        if method == "CANCEL":
            self._cancel(uid, events)
        else:
            self._request(uid, events)

    def _cancel(self, uid: str, events: list[Event]) -> None:
        assert uid in self.held, "a CANCEL of what was never asked for"
        for event in events:
            if event.slot is None:
                self.dropped.add(uid)
                del self.held[uid]
                return
            assert event.slot in self._whole(uid).slots, "a CANCEL of a date that is not there"
            self.held[uid][event.slot] = None

    def _request(self, uid: str, events: list[Event]) -> None:
        if any(event.slot is None for event in events):
            self.held[uid] = {}
        self.held[uid] |= {event.slot: event for event in events}
        for event in events:
            given = event.slot is None or event.slot in self._whole(uid).slots
            assert given, "an exception of a date that the rule does not give"

    def _whole(self, uid: str) -> Event:
        whole = self.held[uid][None]
        assert whole is not None
        return whole

    def shows(self) -> list[tuple[datetime, datetime]]:
        """Start and end of all that stands in the calendar, in order."""
        shown = []
        for uid, events in self.held.items():
            whole = self._whole(uid)
            for slot in whole.slots:
                start, length = slot, whole.length
                if slot in events:
                    if (own := events[slot]) is None:
                        continue
                    start, length = own.start, own.length
                shown.append((start, start + length))
        return sorted(shown)


def read(raw: bytes) -> tuple[str, list[Event]]:
    calendar = next(vobject.readComponents(raw.decode(), transform=False))
    zones = tzical(StringIO(raw.decode().replace("\r\n ", "").replace("\r\n", "\n")))
    events = [_event(event, zones) for event in calendar.contents["vevent"]]
    return calendar.contents["method"][0].value, events


def _event(raw, zones) -> Event:
    begins = _local(raw.contents["dtstart"][0], zones)
    slot = raw.contents.get("recurrence-id")
    return Event(
        uid=raw.contents["uid"][0].value,
        newest=(int(raw.contents["sequence"][0].value), raw.contents["dtstamp"][0].value),
        start=begins.astimezone(UTC),
        length=_local(raw.contents["dtend"][0], zones) - begins,
        slot=_local(slot[0], zones).astimezone(UTC) if slot else None,
        slots=_slots(raw, begins, zones),
    )


def _slots(raw, begins: datetime, zones) -> list[datetime]:
    if "rrule" not in raw.contents:
        return [begins.astimezone(UTC)]
    without = {_local(one, zones) for one in raw.contents.get("exdate", ())}
    every = rrulestr(raw.contents["rrule"][0].value, dtstart=begins)
    days = takewhile(lambda day: day < FAR, every)
    return [day.astimezone(UTC) for day in days if day not in without]


def _local(line, zones) -> datetime:
    """A time as it is written: in UTC, or on the wall clock of a zone that came along."""
    zone: tzinfo = UTC
    if "TZID" in line.params:
        zone = zones.get(line.params["TZID"][0])
    else:
        assert line.value.endswith("Z"), "a floating time"
    return datetime.strptime(line.value.rstrip("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=zone)
