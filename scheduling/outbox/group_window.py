"""Keep the sessions of every group made ahead of time, and end what has run out."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max, Q

from accounts.actor import Actor
from scheduling.actions.group_members import complete
from scheduling.actions.groups import fill
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import GroupState, LeaveReason
from scheduling.models import Group, Member, Series
from scheduling.queries.groups import SLACK, WINDOW


def fill_windows(now: datetime) -> int:
    """Make the sessions that a window lacks; answers how many. One SELECT where none does."""
    enough = to_minute(now + WINDOW - SLACK)
    rows = Series.objects.filter(group__state=GroupState.RUNNING.value, ended_at__isnull=True)
    rows = rows.annotate(made=Max("sessions__slot")).filter(
        Q(made__isnull=True) | Q(made__lt=enough)
    )
    made = 0
    for pk in rows.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            one = Series.objects.select_related("group__service__clinic", "service__clinic").get(
                pk=pk
            )
            made += len(fill(one, actor=Actor.worker(one.clinic), now=now))
    return made


def end_what_is_over(now: datetime) -> int:
    """Memberships whose last session is over, and groups whose last day has passed."""
    over = Member.objects.filter(left_at__isnull=True, until_start__lt=to_minute(now))
    done = 0
    for group in Group.objects.filter(pk__in=over.values("group_id")).select_related("service"):
        done += complete(group, now)
    for one in Series.objects.filter(
        group__state=GroupState.RUNNING.value, ended_at__isnull=True, last_day__lte=now.date()
    ):
        done += end_group(one, now)
    return done


def end_group(series: Series, now: datetime) -> int:
    assert series.group is not None and series.last_day is not None
    if local_day(series.zone, to_minute(now)) <= series.last_day:
        return 0
    group = series.group
    Series.objects.filter(pk=series.pk).update(ended_at=now)
    Group.objects.filter(pk=group.pk).update(state=GroupState.ENDED.value)
    return Member.objects.filter(group=group, left_at__isnull=True).update(
        left_at=now, left_reason=LeaveReason.COMPLETED.value
    )
