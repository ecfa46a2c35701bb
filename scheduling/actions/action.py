"""The rhythm of every verb: lock, may you, can it, change, record."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.actor import Actor
from scheduling.errors import EnrolledAlready, PatientBusy, Refusal, SlotGone
from scheduling.models import Booking, Event, EventKind, Session
from scheduling.models.guard import violated

P = ParamSpec("P")
R = TypeVar("R")

TAKEN: dict[str, type[Refusal]] = {
    "occupancy_no_overlap": SlotGone,
    "booking_no_overlap": PatientBusy,
    "booking_seat_once": SlotGone,
    "enrollment_no_overlap": EnrolledAlready,
}
# what says which object it is about
KEYS = ("booking", "enrollment", "hold", "link", "offer", "waiting")


def action(verb: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Run in one transaction; a refusal is audited after the rollback and goes on to the door.

    The action takes `actor` and `now` by keyword. What the database refuses (an overlap) becomes
    the refusal that the caller understands.
    """

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except IntegrityError as error:
                refusal = TAKEN.get(violated(error) or "")
                if refusal is None:
                    raise
                note_refusal(verb, refusal(), kwargs)
                raise refusal from error
            except Refusal as error:
                note_refusal(verb, error, kwargs)
                raise

        return run

    return wrap


def note_refusal(verb: str, refusal: Refusal, said: dict[str, Any]) -> None:
    """One audit row for what was not done: who, whose, which object, which code (LG1)."""
    whose = said.get("patient") or refusal.extra.pop("subject", None)
    what = next((said[name] for name in KEYS if said.get(name)), None)
    audit.record(said["actor"], verb, subject=whose, obj=what, outcome="refused", code=refusal.code)


def happened(
    kind: EventKind,
    *,
    session: Session,
    booking: Booking | None,
    actor: Actor,
    now: Any,
    **facts: Any,
) -> Event:
    """Write the Event that history reads and the worker plans from. Numbers and codes only."""
    return Event.objects.create(
        clinic_id=session.clinic_id,
        session=session,
        booking=booking,
        kind=kind.value,
        actor=actor.name,
        at=now,
        facts=facts,
    )
