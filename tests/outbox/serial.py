"""Series and groups in these tests: Nora's Mondays with Alma, and a group that Alma gives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from scheduling.actions.links import new_join_link
from scheduling.actions.repeat import Chosen, repeat
from scheduling.actions.series_life import cancel_from, change_from
from scheduling.engine.interval import from_minute
from scheduling.engine.recurrence import weekly
from scheduling.models import (
    Booking,
    Event,
    Facilitator,
    Group,
    Member,
    Occupancy,
    Series,
    Session,
)
from scheduling.queries.repeat import Pattern
from tests.calendars.receiver import Receiver
from tests.outbox.files import files_of
from tests.world import LA, NOW, World, at, service

MONDAYS = weekly((0,))
FIRST = "2027-03-08"


def mondays(count: int = 12, *, rule: str = MONDAYS, hour: int = 15, first: str = FIRST) -> Pattern:
    return Pattern(rule, LA, hour * 60, date.fromisoformat(first), count=count)


def chosen(world: World, wanted: Pattern, *, instead=None, without=(), who=None) -> list[Chosen]:
    """Every date of it; `instead`: slot -> other start, `without`: slots that are skipped."""
    host = (who or world.alma).uuid
    return [
        Chosen(one.start, (instead or {}).get(one.start, one.start), host)
        for one in wanted.dates()
        if one.start not in without
    ]


def repeated(world: World, who=None, wanted: Pattern | None = None, now=NOW, **said) -> Series:
    wanted = wanted or mondays()
    world.clinic.horizon_days = 500
    world.clinic.save()
    return repeat(
        service=world.cbt.uuid,
        pattern=wanted,
        chosen=chosen(world, wanted, **said.pop("how", {})),
        medium=said.pop("medium", "video"),
        place="CA",
        patient=(who or world.nora).pk,
        actor=world.actor(world.dana),
        now=now,
        **said,
    )


def seat(series: Series, number: int) -> Booking:
    """The seat of the date with this number, from 0, in the order of the rule."""
    return Booking.objects.filter(session__series=series).order_by("session__slot")[number]


def ended(world: World, series: Series, slot: int = 0, *, by=None, now=NOW):
    actor = world.actor(by or world.dana)
    return cancel_from(series=series.uuid, slot=slot, reason="clinic", actor=actor, now=now)


def changed(world: World, series: Series, slot: int, wanted: Pattern, now=NOW) -> Series:
    return change_from(
        series=series.uuid,
        slot=slot,
        pattern=wanted,
        chosen=chosen(world, wanted),
        reason="clinic",
        actor=world.actor(world.dana),
        now=now,
    )


def calendar_of(sink, address: str, calendar: Receiver | None = None) -> Receiver:
    """The calendar of somebody who took all the mail that came, in its order; a `calendar` that
    took some of it already takes the rest."""
    calendar = calendar or Receiver()
    told = [raw for message in sink.to(address) for raw in files_of(message)]
    for raw in told[calendar.taken :]:
        calendar.take(raw)
    return calendar


def times_of(rows) -> list[tuple[datetime, datetime]]:
    """Of bookings, sessions or occupancies, as a calendar shows them."""
    return sorted((from_minute(one.start), from_minute(one.end)) for one in rows)


# A group, row by row


def group(world: World, entry: str = "closed", *, last: str | None = "2027-05-24", hosts=None):
    """Mondays at 5 PM from March 8 on, given by Alma; no session is made yet."""
    what = service(world.clinic, "skills", "dbt", minutes=90, kind="group")
    made = Group.objects.create(
        clinic=world.clinic, service=what, name="Skills", entry=entry, capacity=8,
        module_sessions=4, cycle_sessions=8, created_at=NOW,
    )  # fmt: skip
    for host in hosts or [world.alma]:
        Facilitator.objects.create(
            group=made, therapist=host, lead=host == world.alma, from_day=date(2027, 3, 1)
        )
    return Series.objects.create(
        clinic=world.clinic, service=what, group=made, zone=LA, rule=MONDAYS, at=17 * 60,
        first_day=date.fromisoformat(FIRST), last_day=last and date.fromisoformat(last),
        medium="video", created_at=NOW,
    )  # fmt: skip


def meetings(series: Series, count: int, first: int = 0) -> list[Session]:
    """Make the sessions with these numbers, with their facilitators."""
    return [meeting(series, first + number) for number in range(count)]


def meeting(series: Series, number: int) -> Session:
    slot = at(date.fromisoformat(FIRST) + timedelta(weeks=number), 17)
    session = Session.objects.create(
        clinic=series.clinic, service=series.service, series=series, slot=slot, start=slot,
        end=slot + 90, zone=LA, medium="video", state="scheduled", created_at=NOW,
    )  # fmt: skip
    for one in series.group.facilitators.select_related("therapist"):
        Occupancy.objects.create(
            session=session, therapist_id=one.therapist.user_id, profile=one.therapist,
            start=slot, end=slot + 90, buffer_before=0, buffer_after=0, busy_from=slot,
            busy_until=slot + 90,
        )  # fmt: skip
        new_join_link(session, NOW, therapist_id=one.therapist.user_id).save()
    happens(session, "booked")
    return session


def joins(series: Series, who, sessions, *, until: int | None = None) -> list[Booking]:
    """A member with a seat in these sessions."""
    Member.objects.create(
        group=series.group, patient=who, from_start=min(one.start for one in sessions),
        until_start=until, place="CA", zone=LA, joined_at=NOW,
    )  # fmt: skip
    return [sits(session, who) for session in sessions]


def sits(session: Session, who, now: datetime = NOW) -> Booking:
    seat = session.bookings.filter(live=True).count() + 1
    made = Booking.objects.create(
        clinic=session.clinic, session=session, patient=who, start=session.start,
        end=session.end, seat=seat, state="booked", place="CA", zone=LA, created_at=now,
        booked_at=now,
    )  # fmt: skip
    new_join_link(session, now, booking=made).save()
    happens(session, "booked", made)
    return made


def gives_up(booking: Booking, now: datetime = NOW) -> None:
    """One seat alone; the session stays."""
    booking.state, booking.live, booking.cancelled_at = "cancelled", False, now
    booking.cancel_reason = "patient"
    booking.save()
    happens(booking.session, "cancelled", booking)


def happens(session: Session, kind: str, booking: Booking | None = None) -> None:
    Event.objects.create(
        clinic=session.clinic, session=session, booking=booking, kind=kind, actor="test",
        at=datetime.now(UTC),
    )  # fmt: skip
