"""Do a thing once for each Idempotency-Key, and answer the same the next time.

The row is written in the transaction of the action: a crash leaves neither. Of two that come at
once the second waits for the first and reads its answer. A refusal changed nothing, so it is not
kept: the same request may be tried again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from accounts.sealed import seal, unseal
from scheduling.errors import KeyReused, Refusal
from scheduling.models import StoredReply


class Reply(NamedTuple):
    """What a door answers; `booking` (a uuid) says whose answer it is, `again` that it was kept."""

    status: int
    body: Any
    booking: str = ""
    again: bool = False


def once(act: Callable[[], Reply], *, owner: str, key: str, request: str, now: datetime) -> Reply:
    """Run `act`, or answer what it answered. `request` is all that was asked, as one text.

    Raises KeyReused if something else was asked under this key. Keys are kept hashed, answers
    sealed: one may hold a secret or a telephone number.
    """
    hashed, asked = _hash(key), _hash(request)
    with transaction.atomic():
        row = _claim(owner, hashed, asked, now)
        if row is None:
            return _replay(owner, hashed, asked)
        try:
            reply = act()
        except Refusal as error:
            row.delete()
            refusal = error
        else:
            row.status = reply.status
            row.body = {"sealed": seal(json.dumps(reply[1:3]), _place(owner, hashed))}
            row.save(update_fields=["status", "body"])
            return reply
    raise refusal


def _claim(owner: str, key: str, asked: str, now: datetime) -> StoredReply | None:
    """A new row, or None if there is one. Waits while another is still undecided about it."""
    try:
        with transaction.atomic():
            return StoredReply.objects.create(
                owner=owner, key=key, request_hash=asked, status=0, body={}, created_at=now
            )
    except IntegrityError:
        return None


def _replay(owner: str, key: str, asked: str) -> Reply:
    row = StoredReply.objects.get(owner=owner, key=key)
    if row.request_hash != asked:
        raise KeyReused
    body, booking = json.loads(unseal(row.body["sealed"], _place(owner, key)))
    return Reply(row.status, body, booking, again=True)


def _place(owner: str, key: str) -> str:
    return f"scheduling.storedreply.body:{owner}:{key}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
