"""The waiting list at work: see whose turn it is, hold a time, and tell them of it.

A look at a clinic's list is owed after whatever frees a time, again when a cancellation can no
longer be taken back, and every few minutes, since hours and licences change without an event. It
may run twice, anywhere: the locks of the actions decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.actor import Actor
from accounts.models import Clinic, Therapist
from scheduling.actions import wait_offers as acts
from scheduling.actions import waitlist
from scheduling.actions.links import mint_action_link
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import UNDO, BookingState, OfferState, WaitState
from scheduling.errors import Refusal
from scheduling.models import Event, EventKind, Task, TaskKind, Waiting, WaitOffer
from scheduling.outbox import queue, words
from scheduling.outbox.letters import notice, put
from scheduling.outbox.queue import UNDONE
from scheduling.outbox.standing import Standing, of_patient
from scheduling.outbox.tell import mark
from scheduling.outbox.transport import Mailer
from scheduling.outbox.words import NEUTRAL, Page
from scheduling.queries import times
from scheduling.queries.waitlist import CLOSED, Look, Time, line, unoffered

FREES = (EventKind.CANCELLED.value, EventKind.MOVED.value, EventKind.SEATS.value)
TRIES = 5  # times that somebody else was quicker to take, before the next one's turn

# What is owed


def owe(events: Iterable[Event], now: datetime) -> None:
    """Mail about each offer made, and a look where something has become free; in the plan's
    transaction."""
    events = list(events)
    offers = [event for event in events if event.kind == EventKind.OFFER.value]
    made = [event.booking_id for event in offers if event.facts.get("what") == "made"]
    rows = WaitOffer.objects.filter(booking__in=made).select_related("booking", "waiting")
    Task.objects.bulk_create(
        Task(
            kind=TaskKind.OFFER.value,
            clinic_id=one.waiting.clinic_id,
            session_id=one.booking.session_id,
            booking=one.booking,
            patient_id=one.waiting.patient_id,
            created_at=now,
            due_at=now,
        )
        for one in rows
    )
    passed = {event.clinic_id for event in offers if event.booking_id not in made}
    freed = {event.clinic_id for event in events if event.kind in FREES}
    owe_looks(freed | passed, now)
    owe_looks(freed, now, after=UNDO)


def owe_looks(clinics: Iterable[int], now: datetime, after: timedelta = timedelta()) -> int:
    """A look for each clinic where somebody waits, unless one is owed then that has not begun."""
    due = now + after
    waiting = Waiting.objects.filter(state=WaitState.WAITING.value, clinic__in=list(clinics))
    looks = Task.objects.filter(UNDONE, kind=TaskKind.LOOK.value, leased_until__isnull=True)
    owed = looks.filter(due_at=due) if after else looks.filter(due_at__lte=due)
    wanted = set(waiting.values_list("clinic_id", flat=True).distinct())
    wanted -= set(owed.values_list("clinic_id", flat=True))
    Task.objects.bulk_create(
        Task(kind=TaskKind.LOOK.value, clinic_id=clinic, created_at=now, due_at=due)
        for clinic in sorted(wanted)
    )
    return len(wanted)


def tick(now: datetime) -> int:
    """Look again where somebody waits: hours, licences and holds change without an event."""
    return owe_looks(Clinic.objects.filter(active=True).values_list("pk", flat=True), now)


def end_overdue(now: datetime) -> int:
    """Pass on what was not answered in time, and what can no longer be had."""
    gone = Q(until__lte=now) | ~Q(booking__state=BookingState.HELD.value)
    rows = WaitOffer.objects.filter(gone, state=OfferState.OPEN.value)
    found = list(rows.select_related("waiting__clinic"))
    for one in found:
        acts.expire(offer=one.uuid, actor=Actor.worker(one.waiting.clinic), now=now)
    return len(found)


# Look


def look(task: Task, _mailer: Mailer, now: datetime) -> str:
    """Offer what is free; the task leaves no trace, the offers do."""
    assert task.clinic is not None
    made = pass_on(task.clinic, now) if task.clinic.active else 0
    Task.objects.filter(pk=task.pk).delete()
    return f"offered:{made}"


def pass_on(clinic: Clinic, now: datetime) -> int:
    """An offer to everybody in the line who has none and whom a free time suits; how many."""
    worker, seen = Actor.worker(clinic), Look(clinic.pk, now)
    made = 0
    for row in unoffered(line(Waiting.objects.filter(clinic=clinic))):
        if is_over(row, now):
            waitlist.leave(waiting=row.uuid, actor=worker, now=now)
        elif offer_first(row, seen, worker, now):
            made += 1
            seen.forget()
    return made


def is_over(row: Waiting, now: datetime) -> bool:
    """The session that was to be earlier has begun, or is off."""
    seat = row.booking
    return seat is not None and (
        seat.state != BookingState.BOOKED.value or seat.start <= to_minute(now) + CLOSED
    )


def offer_first(row: Waiting, seen: Look, worker: Actor, now: datetime) -> bool:
    """Whether one of the first times that suit could be held."""
    for time in islice(fitting(row, seen), TRIES):
        try:
            offer(row, time, worker, now)
        except Refusal:
            continue
        return True
    return False


def fitting(row: Waiting, seen: Look) -> Iterator[Time | int]:
    """A free time, or where a place in a group begins."""
    yield from seen.times(row) if row.group is None else seen.seats(row)


def offer(row: Waiting, time: Time | int, worker: Actor, now: datetime) -> WaitOffer:
    if isinstance(time, int):
        return acts.offer_place(waiting=row.uuid, start=time, actor=worker, now=now)
    host = Therapist.objects.values_list("uuid", flat=True).get(pk=time.profile)
    return acts.offer_time(
        waiting=row.uuid, therapist=host, start=time.start, actor=worker, now=now
    )


# Tell


@dataclass(frozen=True, kw_only=True)
class OfferWords:
    """All that the mail may hold (PR1)."""

    when: str
    until: str
    answer_url: str
    phone: str = ""
    signature: str = NEUTRAL


def render(said: OfferWords) -> Page:
    """Subject, text and HTML, in the language that is active."""
    text = render_to_string("mail/offer.txt", asdict(said))
    return Page(
        subject=_("A time is free for you"),
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        html=render_to_string("mail/offer.html", asdict(said)),
    )


def ready(task: Task, now: datetime) -> str:
    """Whether the offer is still open."""
    if not queue.lock(task):
        return "taken"
    rows = WaitOffer.objects.select_related("booking__session__clinic", "waiting__patient")
    made = rows.get(booking=task.booking_id)
    if not made.booking.session.clinic.active or not acts.is_open(made, now):
        return "over"
    standing = of_patient(made.waiting.patient, made.booking.session, now, made.booking)
    if isinstance(standing, str):
        return standing
    same = task.telling.get("full") == standing.full and task.recipient == standing.address
    if not (task.message and same):
        if task.maybe_sent:
            return "maybe_sent"
        task.telling = {"full": standing.full}
        write(task, made, standing, now)
    return mark(task)


def write(task: Task, made: WaitOffer, standing: Standing, now: datetime) -> None:
    clinic = made.booking.session.clinic
    with override(standing.language):
        page = to_say(made, standing, now)
    put(task, standing.address, clinic, page, now, None, None)


def to_say(made: WaitOffer, standing: Standing, now: datetime) -> Page:
    """When, and until when to answer; without consent, that there is something to read (PR2)."""
    session, clinic = standing.session, standing.session.clinic
    if not standing.full:
        return words.render(notice(clinic, "my/waiting/"))
    return render(
        OfferWords(
            when=times.when(session.start, session.end, standing.zone),
            until=times.starting(to_minute(made.until), standing.zone),
            answer_url=answer_url(made, standing, now),
            phone=clinic.phone,
            signature=words.sender_name(clinic.sender_name),
        )
    )


def answer_url(made: WaitOffer, standing: Standing, now: datetime) -> str:
    """The page with the two buttons; without an account a link for this alone (TK3)."""
    assert standing.patient is not None
    if standing.patient.user_id is not None:
        return words.link(f"/c/{standing.session.clinic.slug}/my/offers/{made.uuid}/")
    token = mint_action_link(made.booking, "offer", now, expires_at=made.until)
    return words.link(f"/a/{token}/")
