"""What a clinic offers: modalities, services, and who offers what on which terms.

Nothing of it moves what is booked; `queries.risk.misfits_of` lists what no longer fits.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.clinic import free_code, put, require_admin, require_own_name
from scheduling.errors import BadInput
from scheduling.models import Modality, Offering, Service
from scheduling.models.session import LONGEST

TERMS = frozenset({
    "grid", "buffer_before", "buffer_after", "min_notice", "horizon_days", "max_per_day",
})  # fmt: skip
SERVICE = TERMS | {
    "name", "about", "modality", "kind", "minutes", "video", "telephone", "price", "repeatable",
    "active",
}  # fmt: skip
SHORTEST = 5


@action("modality.save")
def save_modality(
    *, name: str, modality: int | None = None, code: str = "", actor: Actor, now: datetime
) -> Modality:
    """A new kind of therapy, or another name for one; its code stays."""
    rows = Modality.objects.filter(clinic=(clinic := require_admin(actor)))
    if modality is None:
        row = Modality(clinic=clinic, code=free_code(rows, "code", code or name))
    else:
        row = policy.find(Modality, actor, pk=modality)
    require_own_name(rows.exclude(pk=row.pk), " ".join(name.split()))
    put(row, {"name": " ".join(name.split())}, {"name"})
    row.save()
    audit.record(actor, "modality.save", obj=audit.Ref("modality", str(row.pk)))
    return row


@action("service.save")
def save_service(
    *, service: UUID | None = None, actor: Actor, now: datetime, **said: Any
) -> Service:
    """Make a service, or change one. Terms that are None are the clinic's. What was made for one
    patient or for a group stays so: sessions of the other kind have other rules."""
    rows = Service.objects.filter(clinic=(clinic := require_admin(actor)))
    row = (
        policy.find(Service, actor, uuid=service)
        if service is not None
        else Service(clinic=clinic, slug=free_code(rows, "slug", str(said.get("name", ""))))
    )
    if "modality" in said:
        said["modality"] = policy.find(Modality, actor, pk=getattr(said["modality"], "pk", None))
    changed = put(row, said, SERVICE)
    if row.pk and "kind" in changed:
        raise BadInput(field="kind")
    require_length(row)
    if not row.media:
        raise BadInput(_("Please say: by video, by telephone, or both."), field="video")
    if {"name", "minutes"} & set(changed):
        alike = rows.exclude(pk=row.pk).filter(active=True, kind=row.kind, minutes=row.minutes)
        require_own_name(alike, row.name)
    row.save()
    audit.record(actor, "service.save", obj=row, detail=dict.fromkeys(sorted(changed), True))
    return row


def require_length(service: Service) -> None:
    """A session with its buffers is no longer than the guard's probe reaches."""
    if not SHORTEST <= (service.minutes or 0) <= 480:
        raise BadInput(field="minutes")
    clinic = service.clinic
    before = clinic.buffer_before if service.buffer_before is None else service.buffer_before
    after = clinic.buffer_after if service.buffer_after is None else service.buffer_after
    if service.minutes + before + after > LONGEST:
        wrong = _("With the free minutes before and after it is too long.")
        raise BadInput(wrong, field="minutes")


@action("offering.set")
def set_offering(
    *, therapist: UUID, service: UUID, active: bool, actor: Actor, now: datetime, **terms: Any
) -> Offering:
    """The therapist offers this service, or no longer. Terms that are None are the service's."""
    require_admin(actor)
    who = policy.find(Therapist, actor, uuid=therapist)
    what = policy.find(Service, actor, uuid=service)
    row = Offering.objects.filter(therapist=who, service=what).first()
    row = row or Offering(therapist=who, service=what, active=False)
    changed = put(row, terms | {"active": active}, TERMS | {"active"})
    row.save()
    detail: dict[str, audit.Plain] = dict.fromkeys(sorted(changed), True)
    detail["service"] = str(what.uuid)
    audit.record(actor, "offering.set", obj=who, detail=detail)
    return row
