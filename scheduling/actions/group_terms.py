"""What may change of a group after its founding: its words, its seats, whether patients find it.

The rules of joining stay as they were when its members came.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts import audit
from accounts.actor import Actor
from scheduling.actions.action import action, happened
from scheduling.actions.clinic import put
from scheduling.actions.group_dates import find_group
from scheduling.actions.seats import lock_sessions
from scheduling.engine.lifecycle import GroupState
from scheduling.errors import BadInput, IllegalChange, TooFewSeats
from scheduling.models import EventKind, Group, Session
from scheduling.queries import groups
from scheduling.queries.seats import Need, needs, seats_of

TERMS = frozenset({"name", "about", "listed", "capacity", "per_facilitator"})


@action("group.change")
def change(*, group: UUID, actor: Actor, now: datetime, **said: Any) -> Group:
    """What is in `said` (TERMS). Seats that are taken, or kept for members, are not taken away:
    TooFewSeats. More of them are offered to those who wait."""
    row = find_group(group, actor)
    require_sense(said)
    if row.state == GroupState.ENDED.value:
        raise IllegalChange
    sessions = groups.coming(row, now)
    lock_sessions(sessions)
    wanted = needs(row, sessions, now)
    before = [seats_of(row, one.givers) for one in wanted]
    changed = put(row, said, TERMS)
    after = [seats_of(row, one.givers) for one in wanted]
    require_seats(wanted, before, after)
    row.save(update_fields=changed)
    offer_more(sessions, before, after, actor, now)
    audit.record(actor, "group.change", obj=row, detail=dict.fromkeys(changed, True))
    return row


def require_sense(said: dict[str, Any]) -> None:
    for name in ("capacity", "per_facilitator"):
        if said.get(name) is not None and said[name] < 1:
            raise BadInput(field=name)


def require_seats(wanted: Sequence[Need], before: Sequence[int], after: Sequence[int]) -> None:
    """A date that has fewer seats than it did has still one for everybody."""
    for need, had, has in zip(wanted, before, after, strict=True):
        if has < had and has < need.taken:
            raise TooFewSeats


def offer_more(
    sessions: Sequence[Session],
    before: Sequence[int],
    after: Sequence[int],
    actor: Actor,
    now: datetime,
) -> None:
    """One event for all dates: it tells nobody anything, and has the waiting list looked at."""
    more = [one for one, had, has in zip(sessions, before, after, strict=False) if has > had]
    if more:
        happened(EventKind.SEATS, session=more[0], booking=None, actor=actor, now=now)
