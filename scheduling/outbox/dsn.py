"""What a delivery status notification says (RFC 3464): which message was lost, and why.

Read as servers write them. "failed" is final whatever class of status stands beside it: Gmail
writes 4.x.x where a domain does not exist, Postfix where it gave up after days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import Any, NamedTuple

STATUS = re.compile(r"\s*([45]\.\d{1,3}\.\d{1,3})\b")
MESSAGE_ID = re.compile(r"<[^<>\s]{1,118}>")
UNSAID = "5.0.0"


class Lost(NamedTuple):
    """A message that did not arrive. Nothing else of the notification is kept."""

    message_id: str
    status: str


def lost(data: bytes) -> Lost | None:
    """None for everything else: delays, receipts, answers of people and of their programs.

    Anybody may write to a mailbox, so what cannot be read at all (nested a thousand times) is
    nothing either.
    """
    try:
        return _read(data)
    except Exception:  # whatever the parser stumbles over
        return None


def _read(data: bytes) -> Lost | None:
    report: Any = message_from_bytes(data)
    if report.get_content_type() != "multipart/report" or not report.is_multipart():
        return None
    parts = report.get_payload()
    status = next((found for part in parts if (found := _status(part))), "")
    message_id = next((found for part in parts if (found := _message_id(part))), "")
    return Lost(message_id, status) if status and message_id else None


def _status(part: Message) -> str:
    """That of the first recipient for whom it failed; each of our messages has just one (PR4)."""
    for block in _blocks(part):
        if str(block.get("Action", "")).strip().lower().startswith("failed"):
            found = STATUS.match(str(block.get("Status", "")))
            return found[1] if found else UNSAID
    return ""


def _blocks(part: Message) -> Iterator[Message]:
    if part.get_content_type() == "message/delivery-status" and part.is_multipart():
        yield from part.get_payload()  # type: ignore[misc]  # a list, as it is multipart


def _message_id(part: Any) -> str:
    """Of the message that is sent back, whole or its headers alone."""
    kind = part.get_content_type()
    if kind == "message/rfc822" and part.is_multipart():
        headers = part.get_payload(0)
    elif kind == "text/rfc822-headers":
        headers = message_from_bytes(part.get_payload(decode=True))
    else:
        return ""
    found = MESSAGE_ID.search(str(headers.get("Message-ID", "")))
    return found[0] if found else ""
