"""Change when a therapist works. What is booked is never moved: what no longer fits is listed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from accounts import audit
from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.offer import lock_therapists
from scheduling.engine.hours import parse_day, parse_pattern
from scheduling.errors import BadInput, NotFound
from scheduling.models import DayHours, Holiday, TimeOff, WeeklyHours
from scheduling.queries.weeks import Weeks, laid_over

LONGEST_TIME_OFF = timedelta(days=366)


def require_hours_of(therapist: Therapist, actor: Actor) -> None:
    """One's own hours, or any therapist's of the clinic for desk and admin."""
    own = actor.therapist == therapist.pk
    if therapist.clinic_id != getattr(actor.clinic, "pk", None) or not (
        own or actor.has(policy.DESK, policy.ADMIN)
    ):
        raise NotFound


@action("hours.weekly")
def set_weekly_hours(
    *,
    therapist: Therapist,
    pattern: str,
    valid_from: date,
    valid_until: date | None = None,
    actor: Actor,
    now: datetime,
) -> WeeklyHours:
    """New weekly hours from a day on, for good or until a day; what held before is kept as history.

    `pattern` is the compact text of `engine/hours.py`. Planned weeks that would begin meanwhile
    are replaced as far as the new ones reach.
    """
    require_hours_of(therapist, actor)
    try:
        parse_pattern(pattern)
    except ValueError as error:
        raise BadInput(str(error), field="pattern") from error
    if valid_until is not None and valid_until < valid_from:
        raise BadInput(field="valid_until")
    lock_therapists(therapist.user_id)
    made = _lay_over(therapist, Weeks(valid_from, valid_until, pattern))
    audit.record(actor, "hours.weekly", obj=therapist)
    return made


def _lay_over(therapist: Therapist, new: Weeks) -> WeeklyHours:
    """Write what `laid_over` says: rows end the day before, begin the day after, or go."""
    rows = {row.valid_from: row for row in WeeklyHours.objects.filter(therapist=therapist)}
    weeks = [Weeks(row.valid_from, row.valid_until, row.pattern) for row in rows.values()]
    wanted = {one.since: one for one in laid_over(weeks, new)}
    for since, row in rows.items():
        if since not in wanted:
            row.delete()
    for since, one in wanted.items():
        row = rows.get(since) or WeeklyHours(therapist=therapist, valid_from=since)
        if row.pk is None or (row.valid_until, row.pattern) != (one.until, one.pattern):
            row.valid_until, row.pattern = one.until, one.pattern
            row.save()
        if one is new:
            made = row
    return made


@action("hours.day")
def set_day_hours(
    *, therapist: Therapist, day: date, spans: str | None, actor: Actor, now: datetime
) -> None:
    """Other hours on one date; "" is a day off, None takes the exception back."""
    require_hours_of(therapist, actor)
    if spans is None:
        DayHours.objects.filter(therapist=therapist, day=day).delete()
    else:
        try:
            parse_day(spans)
        except ValueError as error:
            raise BadInput(str(error), field="spans") from error
        DayHours.objects.update_or_create(therapist=therapist, day=day, defaults={"spans": spans})
    audit.record(actor, "hours.day", obj=therapist)


@action("hours.time_off")
def add_time_off(
    *,
    therapist: Therapist,
    first_day: date,
    last_day: date,
    note: str = "",
    actor: Actor,
    now: datetime,
) -> TimeOff:
    """Whole days off. Sessions that stand in them stay booked; `queries.misfits` lists them."""
    require_hours_of(therapist, actor)
    if not first_day <= last_day <= first_day + LONGEST_TIME_OFF:
        raise BadInput(field="last_day")
    made = TimeOff.objects.create(
        therapist=therapist, first_day=first_day, last_day=last_day, note=note[:80]
    )
    audit.record(actor, "hours.time_off", obj=therapist)
    return made


@action("hours.time_off_remove")
def remove_time_off(*, time_off: int, actor: Actor, now: datetime) -> None:
    row = policy.find(TimeOff, actor, pk=time_off)
    require_hours_of(row.therapist, actor)
    row.delete()
    audit.record(actor, "hours.time_off_remove", obj=row.therapist)


@action("hours.holiday")
def set_holiday(*, day: date, name: str | None, actor: Actor, now: datetime) -> None:
    """A day on which the whole clinic is closed; None takes it back. Admins only."""
    if not actor.has(policy.ADMIN):
        raise NotFound
    if name is None:
        Holiday.objects.filter(clinic=actor.clinic, day=day).delete()
    else:
        Holiday.objects.update_or_create(clinic=actor.clinic, day=day, defaults={"name": name[:80]})
    audit.record(actor, "hours.holiday", detail={"day": day.isoformat()})
