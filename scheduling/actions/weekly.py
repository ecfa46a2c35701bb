"""The numbers of each week by mail, for an admin who asks for them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from accounts import audit
from accounts.actor import Actor
from accounts.models import Membership, MembershipState, Role
from scheduling.actions.action import action
from scheduling.errors import NotFound


@action("report.weekly")
def choose(*, wanted: bool, actor: Actor, now: datetime) -> None:
    """For oneself alone."""
    if not own(actor).update(weekly_report=wanted):
        raise NotFound
    audit.record(actor, "report.weekly", detail={"wanted": wanted})


def own(actor: Actor) -> QuerySet[Membership]:
    """The actor's own role as an admin; empty for anybody else."""
    return Membership.objects.filter(
        clinic=actor.clinic,
        user=actor.user,
        user__isnull=False,
        role=Role.ADMIN.value,
        state=MembershipState.ACTIVE.value,
    )
