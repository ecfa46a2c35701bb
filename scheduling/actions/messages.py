"""What staff do about messages that gave up."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accounts import audit
from accounts.actions.staff import renew_invitation
from accounts.actor import Actor
from scheduling import policy
from scheduling.actions.action import action
from scheduling.errors import IllegalChange
from scheduling.models import Task, TaskKind


@action("message.retry")
def retry(*, task: UUID, actor: Actor, now: datetime) -> Task:
    """Have a message that gave up tried again at once, as if for the first time.

    It is written anew if something has changed since. Where the recipient is about to be told of
    the same session or series anyway, that message says it all, and this one ends. So it does
    where an invitation is sent anew: with another link, for nobody knows the old one.
    """
    policy.find(Task, actor, uuid=task)
    found = Task.objects.select_for_update(of=("self",)).get(uuid=task)
    if found.gave_up_at is None:
        raise IllegalChange(subject=found.patient_id)
    found.gave_up_at, found.attempts, found.leased_until = None, 0, None
    found.due_at, found.outcome = now, ""
    if found.kind == TaskKind.ACCOUNT_MAIL.value:
        renew_invitation(invitation=UUID(found.key), actor=actor, now=now)
        found.done_at, found.outcome = now, "superseded"
    elif _on_its_way(found):
        found.done_at, found.outcome = now, "superseded"
    found.save(
        update_fields=["gave_up_at", "attempts", "leased_until", "due_at", "done_at", "outcome"]
    )
    audit.record(actor, "message.retry", subject=found.patient_id, obj=found)
    return found


def _on_its_way(task: Task) -> bool:
    others = Task.objects.filter(done_at__isnull=True, gave_up_at__isnull=True)
    same = others.filter(kind=task.kind).exclude(pk=task.pk)
    told = task.session_id or task.series_id or task.kind == TaskKind.TELL_PROGRAM.value
    if task.booking_id is not None or not told:
        return False
    return same.filter(
        session=task.session_id,
        series=task.series_id,
        patient=task.patient_id,
        therapist=task.therapist_id,
    ).exists()
