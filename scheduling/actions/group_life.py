"""The life of a group: it pauses, goes on, meets at another time, ends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from itertools import islice, takewhile
from uuid import UUID

from django.db.models import F

from accounts import audit
from accounts.actor import Actor
from accounts.models import Therapist
from scheduling.actions.action import action
from scheduling.actions.group_dates import (
    drop_dates,
    find_group,
    follow,
    lock_dates,
    require_reason,
    require_treats,
)
from scheduling.actions.groups import (
    leave_out,
    make_dates,
    make_window,
    open_series,
    refuse_busy,
    require_rule,
)
from scheduling.actions.offer import lock_therapists
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import (
    GROUP_MOVES,
    GroupState,
    IllegalMove,
    LeaveReason,
    require_move,
)
from scheduling.errors import BadInput, IllegalChange
from scheduling.models import (
    Enrollment,
    Group,
    Member,
    Occupancy,
    Series,
    SeriesLink,
    Session,
)
from scheduling.queries import groups
from scheduling.queries.repeat import Pattern

# Pause, resume, end


@action("group.pause")
def pause(*, group: UUID, reason: str, actor: Actor, now: datetime) -> Group:
    """What is to come is cancelled; members keep their places."""
    row = find_group(group, actor)
    require_reason(reason)
    turn(row, GroupState.PAUSED)
    stop(row, reason, actor, now)
    audit.record(actor, "group.pause", obj=row)
    return row


@action("group.resume")
def resume(
    *, group: UUID, first: date, skip: Collection[int] = (), actor: Actor, now: datetime
) -> Series:
    """It goes on from a day by the rule that it had; members have what was left of their time.

    FacilitatorsBusy as when it was founded.
    """
    row = find_group(group, actor)
    turn(row, GroupState.RUNNING)
    before = Series.objects.filter(group=row).latest("pk")
    last = before.last_day
    if last is not None and last < first:
        raise BadInput(field="first")
    lock_therapists(*(one.therapist.user_id for one in groups.facilitators(row)))
    pattern = Pattern(before.rule, before.zone, before.at, first, last)
    after = open_series(row, pattern, before.medium, now, follows=before)
    assert before.ended_at is not None
    carry(row, before, after, to_minute(before.ended_at))
    make_window(after, skip, actor, now)
    audit.record(actor, "group.resume", obj=row)
    return after


@action("group.end")
def end(*, group: UUID, reason: str, actor: Actor, now: datetime) -> Group:
    """For good: what is to come is cancelled, and nobody is a member any more."""
    row = find_group(group, actor)
    require_reason(reason)
    turn(row, GroupState.ENDED)
    stop(row, reason, actor, now)
    Member.objects.filter(group=row, left_at__isnull=True).update(
        left_at=now, left_reason=LeaveReason.COMPLETED.value
    )
    SeriesLink.objects.filter(series__group=row).update(revoked_at=now)
    audit.record(actor, "group.end", obj=row)
    return row


def turn(group: Group, state: GroupState) -> None:
    try:
        require_move(GROUP_MOVES, GroupState(group.state), state)
    except IllegalMove as error:
        raise IllegalChange from error
    group.state = state.value
    group.save(update_fields=["state"])


def stop(group: Group, reason: str, actor: Actor, now: datetime) -> None:
    """Nothing of it is to come any more."""
    sessions = groups.coming(group, now)
    lock_dates(sessions)
    drop_dates(sessions, reason, actor, now)
    Series.objects.filter(group=group, ended_at__isnull=True).update(ended_at=now)


def carry(group: Group, before: Series, after: Series, since: int) -> None:
    """Members keep as many sessions as they had left: their times are counted out anew, from the
    slots of one series after `since` to those of the other. Of who came by a program, to its end.
    """
    rows = list(
        Member.objects.filter(group=group, left_at__isnull=True).select_related("enrollment")
    )
    farthest = max((max(one.from_start, one.until_start or 0) for one in rows), default=0)
    old = list(takewhile(lambda slot: slot <= farthest, groups.slots_after(before, since)))
    new = list(islice(groups.slots_after(after, since), len(old)))
    again = dict(zip(old, new, strict=False))
    for one in rows:
        one.from_start = again.get(one.from_start, one.from_start)
        if one.until_start is not None and one.until_start > since:
            one.until_start = again.get(one.until_start)
        if one.enrollment is not None:
            last = last_within(after, one.enrollment)
            one.until_start = last if one.until_start is None else min(last, one.until_start)
    Member.objects.bulk_update(rows, ["from_start", "until_start"])


def last_within(series: Series, enrollment: Enrollment) -> int:
    slots = groups.slots_after(series, enrollment.start - 1)
    within = takewhile(lambda slot: slot < enrollment.end, slots)
    return max(within, default=enrollment.end - 1)


# Another weekday or time


@action("group.change_times")
def change_times(
    *,
    group: UUID,
    slot: int,
    pattern: Pattern,
    reason: str,
    skip: Collection[int] = (),
    drop: bool = False,
    actor: Actor,
    now: datetime,
) -> Series:
    """From the date of `slot` on, the dates move in order to those of another rule or time, in a
    series that follows. Dates left over are cancelled.

    FacilitatorsBusy carries the dates that cannot be; `skip` leaves them out. MembersBusy carries
    who sits elsewhere on some of them; with `drop` they lose those seats.
    """
    row = find_group(group, actor)
    require_reason(reason)
    require_rule(pattern)
    before = groups.running_series(row)
    sessions = [one for one in groups.coming(row, now) if (one.slot or 0) >= slot]
    if row.state != GroupState.RUNNING.value or before is None or not sessions:
        raise IllegalChange
    lock_dates(sessions)
    after = open_series(row, pattern, before.medium, now, follows=before)
    before.ended_at = now
    before.save(update_fields=["ended_at"])
    wanted = groups.due_slots(after, now, now + groups.WINDOW)
    kept = [one for one in wanted if one not in skip]
    if not kept:
        raise BadInput(field="rule")
    leave_out(after, [one for one in wanted if one in skip], now)
    moved, left = sessions[: len(kept)], sessions[len(kept) :]
    carry(row, before, after, slot - 1)
    drop_dates(left, reason, actor, now)
    shift(moved, after, kept[: len(moved)], now)
    follow(moved, drop, reason, actor, now)
    require_treats(row, None, moved)
    make_dates(after, kept[len(moved) :], actor, now)
    audit.record(actor, "group.change_times", obj=row)
    return after


def shift(
    sessions: Sequence[Session], series: Series, starts: Sequence[int], now: datetime
) -> None:
    """Out of the way first, then to the new times, by the same people; seats are out of the way
    still."""
    taken = list(
        Occupancy.objects.filter(session__in=sessions, live=True).select_related("profile")
    )
    givers: dict[int, list[Therapist]] = {one.pk: [] for one in sessions}
    for row in taken:
        givers[row.session_id].append(row.profile)
    wanted = {start: givers[one.pk] for one, start in zip(sessions, starts, strict=True)}
    own = [one.pk for one in sessions]
    refuse_busy(groups.conflicts(wanted, series.service, now, own))
    Occupancy.objects.filter(pk__in=[row.pk for row in taken]).update(live=False)
    for one, start in zip(sessions, starts, strict=True):
        by = start - one.start
        one.series, one.slot, one.start, one.end = series, start, start, one.end + by
        one.revision += 1
        Occupancy.objects.filter(session=one).update(
            start=F("start") + by,
            end=F("end") + by,
            busy_from=F("busy_from") + by,
            busy_until=F("busy_until") + by,
        )
    Session.objects.bulk_update(sessions, ["series", "slot", "start", "end", "revision"])
    Occupancy.objects.filter(pk__in=[row.pk for row in taken]).update(live=True)
