"""The audit: what is written at once, and the chain that the worker lays over it (LG1-LG7).

The only place below the doors that reads the clock: a row bears the real time.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import Error, IntegrityError, models, transaction
from django.db.models import Exists, OuterRef

from accounts.actor import Actor
from accounts.errors import AuditFailed
from accounts.models.audit import AuditRow, AuditSeal

# A row's id may be given long before it is committed, so the sealer looks this many ids back.
LATE = 10_000
DETAIL = 500  # characters of JSON at most
CHUNK = 1000

Plain = str | int | bool | None


class Ref(NamedTuple):
    """Something that a row speaks of, by kind and id."""

    kind: str
    id: str


Subject = models.Model | Ref | int
Object = models.Model | Ref | UUID


# Writing


def record(
    actor: Actor,
    action: str,
    *,
    subject: Subject | Iterable[Subject] | None = None,
    obj: Object | None = None,
    outcome: str = "ok",
    code: str = "",
    clinic: int | None = None,
    detail: dict[str, Plain] | None = None,
) -> None:
    """One row per patient, all in one INSERT, in the transaction that is open; see LG1.

    `subject`: patients, or their ids; a list that showed nobody still leaves one row. `obj`: what
    was touched; a bare uuid is of the kind that `action` begins with ("booking.cancel"). `clinic`
    defaults to the actor's. Raises AuditFailed if it cannot be written: then nothing may be shown
    or done (LG7), and an open transaction must be left to roll back.
    """
    thing = _object(obj, action)
    shared: dict[str, Any] = {
        "at": datetime.now(UTC),
        "clinic_id": clinic or (actor.clinic.pk if actor.clinic else None),
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "action": action,
        "object_kind": thing.kind,
        "object_id": thing.id,
        "outcome": outcome,
        "code": code,
        "where": actor.where,
        "purpose": actor.purpose,
        "detail": _small(detail),
    }
    rows = [
        AuditRow(subject_kind=who.kind, subject_id=who.id, **shared) for who in _subjects(subject)
    ]
    try:
        AuditRow.objects.bulk_create(rows)
    except Error as error:
        raise AuditFailed from error


def _subjects(given: Subject | Iterable[Subject] | None) -> list[Ref]:
    if given is None:
        return [Ref("", "")]
    if isinstance(given, models.Model | Ref | int):
        return [_subject(given)]
    return list(dict.fromkeys(_subject(one) for one in given)) or [Ref("", "")]


def _subject(given: Subject) -> Ref:
    """Always by primary key, so that one look-up finds all about a patient (LG6)."""
    if isinstance(given, Ref):
        return given
    if isinstance(given, models.Model):
        return Ref(str(given._meta.model_name), str(given.pk))
    return Ref("patient", str(given))


def _object(given: Object | None, action: str) -> Ref:
    if given is None:
        return Ref("", "")
    if isinstance(given, Ref):
        return given
    if isinstance(given, models.Model):
        return Ref(str(given._meta.model_name), str(getattr(given, "uuid", given.pk)))
    return Ref(action.partition(".")[0], str(given))


def _small(detail: dict[str, Plain] | None) -> dict[str, Plain]:
    detail = detail or {}
    if any(not isinstance(value, str | int | bool | None) for value in detail.values()):
        raise TypeError("detail holds texts, whole numbers, booleans and None")
    if len(json.dumps(detail)) > DETAIL:
        raise ValueError(f"detail is longer than {DETAIL} characters")
    return detail


# Sealing

SEALED = (
    "id",
    "at",
    "clinic_id",
    "actor_kind",
    "actor_id",
    "action",
    "subject_kind",
    "subject_id",
    "object_kind",
    "object_id",
    "outcome",
    "code",
    "where",
    "purpose",
    "detail",
)


def mac_of(previous: str, row: AuditRow) -> str:
    """HMAC-SHA256 over the MAC of the link before, and the row."""
    content = {name: getattr(row, name) for name in SEALED}
    content["at"] = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps([previous, content], sort_keys=True, separators=(",", ":"))
    key = b64decode(settings.AUDIT_KEY, validate=True)
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def unsealed() -> models.QuerySet[AuditRow]:
    return AuditRow.objects.exclude(Exists(AuditSeal.objects.filter(row_id=OuterRef("pk"))))


def seal_batch(limit: int = CHUNK, *, everything: bool = False) -> int:
    """Lay the next links of the chain; returns how many. For the worker: no request waits for it.

    Of two sealers at work at once, one gets 0. Rows that were committed after more than LATE later
    ones are found with `everything`, which reads the whole table.
    """
    try:
        with transaction.atomic():
            return _seal(limit, everything)
    except IntegrityError:  # another sealer took these numbers
        return 0


def _seal(limit: int, everything: bool) -> int:
    last = AuditSeal.objects.order_by("-sequence").first()
    rows = unsealed()
    if not everything:
        highest = AuditSeal.objects.aggregate(found=models.Max("row_id"))["found"] or 0
        rows = rows.filter(pk__gt=highest - LATE)
    sequence, mac = (last.sequence, last.mac) if last else (0, "")
    links = []
    for row in rows.order_by("pk")[:limit]:
        sequence += 1
        mac = mac_of(mac, row)
        links.append(AuditSeal(sequence=sequence, row_id=row.pk, mac=mac))
    AuditSeal.objects.bulk_create(links)
    return len(links)


def seal_all() -> int:
    total = 0
    while done := seal_batch(everything=True):
        total += done
    return total


# Verifying


class Anchor(NamedTuple):
    """The chain's head as it was once, kept where the database's owner cannot write."""

    sequence: int
    mac: str


def head() -> Anchor | None:
    last = AuditSeal.objects.order_by("-sequence").first()
    return Anchor(last.sequence, last.mac) if last else None


class Fault(NamedTuple):
    sequence: int
    what: str  # "row changed", "row gone", "link gone", "chain cut", "not the anchored chain"


@dataclass
class Report:
    """`unsealed` rows wait for the worker; many, or old ones, mean that it does not run."""

    sealed: int = 0
    unsealed: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.faults


def verify(anchors: Iterable[Anchor] = ()) -> Report:
    """Follow the whole chain (LG3). Reads, changes nothing.

    Finds a row that was changed or deleted, links that were deleted or put in another order, and,
    against an anchor alone, an end that was cut off, or a chain that was made anew.
    """
    report = Report()
    kept = {anchor.sequence: anchor.mac for anchor in anchors}
    previous, expected = "", 1
    for seal, row in _chain():
        if seal.sequence != expected:
            report.faults.append(Fault(expected, "link gone"))
        elif row is None:
            report.faults.append(Fault(seal.sequence, "row gone"))
        elif not hmac.compare_digest(seal.mac, mac_of(previous, row)):
            report.faults.append(Fault(seal.sequence, "row changed"))
        if kept.pop(seal.sequence, seal.mac) != seal.mac:
            report.faults.append(Fault(seal.sequence, "not the anchored chain"))
        previous, expected = seal.mac, seal.sequence + 1
        report.sealed += 1
    report.faults += [Fault(sequence, "chain cut") for sequence in sorted(kept)]
    report.unsealed = unsealed().count()
    return report


def _chain() -> Iterator[tuple[AuditSeal, AuditRow | None]]:
    """Links in order, each with its row; in chunks, two queries each."""
    last = None
    while True:
        links = AuditSeal.objects.order_by("sequence")
        if last is not None:
            links = links.filter(sequence__gt=last)
        chunk = list(links[:CHUNK])
        rows = AuditRow.objects.in_bulk([seal.row_id for seal in chunk])
        for seal in chunk:
            yield seal, rows.get(seal.row_id)
        if len(chunk) < CHUNK:
            return
        last = chunk[-1].sequence
