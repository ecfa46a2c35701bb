"""A clinic's agreements with video platforms. Secrets are handed in by the door, never read out."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.clinic import put, require_admin
from scheduling.actions.rooms import give_waiting_rooms
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.errors import BadInput
from scheduling.models import Connection

FIELDS = frozenset({
    "kind", "name", "hosts", "outgoing_url", "outgoing_secret", "baa_on_file", "enabled",
})  # fmt: skip
KEPT = 2  # the new secret and the one before, while the platform changes over


@action("connection.save")
def save_connection(
    *, connection: UUID | None = None, actor: Actor, now: datetime, **said: Any
) -> Connection:
    clinic = require_admin(actor)
    row = (
        policy.find(Connection, actor, uuid=connection)
        if connection is not None
        else Connection(clinic=clinic)
    )
    if connection is not None:
        said.pop("kind", None)  # its rooms and secrets belong to one platform
    signed = said.get("baa_on_file")
    if signed is not None and signed > local_day(clinic.time_zone, to_minute(now)):
        raise BadInput(_("This day has not come yet."), field="baa_on_file")
    changed = put(row, said, FIELDS)
    row.save()
    give_waiting_rooms(clinic.pk, actor, now)
    detail: dict[str, audit.Plain] = dict.fromkeys(sorted(changed), True)
    audit.record(actor, "connection.save", obj=row, detail=detail)
    return row


@action("connection.secret")
def add_secret(*, connection: UUID, secret: str, actor: Actor, now: datetime) -> Connection:
    """A new secret counts beside the one before it; older ones are forgotten."""
    require_admin(actor)
    row = policy.find(Connection, actor, uuid=connection)
    row.secret = " ".join([secret, *row.secret.split()][:KEPT])
    row.save(update_fields=["secret"])
    audit.record(actor, "connection.secret", obj=row)
    return row
