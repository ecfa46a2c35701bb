"""Where a therapist may practise, as the clinic has seen it on paper (TH2)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import STATES, Licence, LicenceKind, Therapist
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.clinic import require_admin
from scheduling.errors import BadInput, IllegalChange


@action("licence.save")
def save_licence(
    *,
    therapist: UUID,
    state: str,
    kind: str,
    number: str,
    valid_from: date,
    valid_until: date,
    source: str = "",
    licence: int | None = None,
    actor: Actor,
    now: datetime,
) -> Licence:
    """Add a licence, or correct one. Sessions that it no longer carries stay booked and are listed
    (`queries.risk.at_risk`). A privilege counts from the day it was issued, not enacted."""
    require_admin(actor)
    who = policy.find(Therapist, actor, uuid=therapist)
    _require(state, kind, number, valid_from, valid_until)
    row = (
        policy.find(Licence, actor, pk=licence, therapist=who)
        if licence is not None
        else Licence(therapist=who)
    )
    if row.revoked_at is not None:
        raise IllegalChange
    same = Licence.objects.filter(therapist=who, state=state, number=number.strip()[:40])
    same = same.filter(kind=kind, revoked_at=None, valid_from=valid_from).exclude(pk=row.pk)
    if same.exists():
        raise BadInput(_("This licence is on file already."), field="number")
    row.state, row.kind, row.number = state, kind, number.strip()[:40]
    row.valid_from, row.valid_until, row.source = valid_from, valid_until, source.strip()[:200]
    row.save()
    detail: dict[str, audit.Plain] = {"state": state, "until": valid_until.isoformat()}
    audit.record(actor, "licence.save", obj=who, detail=detail)
    return row


def _require(state: str, kind: str, number: str, first: date, last: date) -> None:
    wrong = {
        "state": state not in dict(STATES),
        "kind": kind not in LicenceKind.values,
        "number": not number.strip(),
        "valid_until": not first <= last,
    }
    for name, is_wrong in wrong.items():
        if is_wrong:
            raise BadInput(field=name)


@action("licence.revoke")
def revoke_licence(*, licence: int, actor: Actor, now: datetime) -> Licence:
    """It counts no more from now on; the row stays, for what was done under it."""
    require_admin(actor)
    row = policy.find(Licence, actor, pk=licence)
    if row.revoked_at is None:
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        audit.record(actor, "licence.revoke", obj=row.therapist, detail={"state": row.state})
    return row
