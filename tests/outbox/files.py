"""The calendar files of a mail."""

from __future__ import annotations

from typing import Any

from icalendar import Calendar


def files_of(message: Any) -> list[bytes]:
    """Each object as the file that anybody can open."""
    parts = message.mail.iter_attachments()
    return [one.get_payload(decode=True) for one in parts if one.get_content_subtype() == "ics"]


def events_of(message: Any) -> list[Any]:
    return [event for raw in files_of(message) for event in Calendar.from_ical(raw).events]
