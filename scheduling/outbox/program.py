"""What a patient's programs bring is told together: one message a change, not one a series.

Each of the series keeps its own Invite, so that each entry keeps its UID, whoever tells of it: a
group that goes on in the next program is the same entry.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from django.db.models import Exists, OuterRef, Q

from accounts.actions.consent import signed_forms
from accounts.models import Clinic, Form, Patient
from scheduling.models import Enrollment, Invite, Member, Series
from scheduling.outbox import series as one_series
from scheduling.outbox.series import SeriesStanding
from scheduling.outbox.standing import unreachable

Together = Collection[tuple[int, int]]
"""Pairs of patient and series (ids)."""


@dataclass(frozen=True, kw_only=True)
class ProgramStanding:
    """`parts`: how things stand with each of the series."""

    patient: Patient
    clinic: Clinic
    parts: tuple[SeriesStanding, ...]
    full: bool
    address: str
    language: str


def told_together(pairs: Iterable[tuple[int, Series | None]]) -> Together:
    """Which patients are told of which of these series with the rest of a program: of those that it
    brought. Who is in a group beside a program, or was in it before, is told of it alone."""
    known = [(who, one) for who, one in pairs if one is not None]
    groups = {one.group_id for _, one in known if one.group_id}
    found = {(who, one.pk) for who, one in known if one.enrollment_id is not None}
    if not groups:
        return found
    rows = Member.objects.filter(group__in=groups, patient__in={who for who, _ in known})
    last = {(who, group): row for who, group, row in places(rows)}
    return found | {(who, one.pk) for who, one in known if last.get((who, one.group_id or 0))}


def places(rows: Iterable[Member]) -> Iterable[tuple[int, int, int | None]]:
    """Patient, group and enrolment of places, the last one last."""
    return [(one.patient_id, one.group_id, one.enrollment_id) for one in sorted(rows, key=_age)]


def _age(member: Member) -> int:
    return member.pk or 0


def of_patient(patient: Patient, clinic: Clinic, now: datetime) -> ProgramStanding | str:
    """Where the patient stands, or the code of why no mail goes out (PR3)."""
    if why := unreachable(patient.user, patient.email, patient.active):
        return why
    if patient.no_mail:
        return "not_wanted"
    return ProgramStanding(
        patient=patient,
        clinic=clinic,
        parts=tuple(one_series.stand(patient, one, now) for one in series_of(patient.pk)),
        full=Form.MAIL.value in signed_forms(patient, now),
        address=patient.email,
        language=patient.language,
    )


def series_of(patient: int) -> list[Series]:
    """That programs have brought and that go on, or were told to go on."""
    last = {group: row for _, group, row in places(Member.objects.filter(patient=patient))}
    brought = Q(enrollment__patient=patient)
    brought |= Q(group__in=[group for group, enrollment in last.items() if enrollment])
    told = Invite.objects.filter(series=OuterRef("pk"), patient=patient, told__startswith="on:")
    rows = Series.objects.filter(brought & (Q(ended_at__isnull=True) | Exists(told)))
    return list(rows.select_related("clinic", "service", "group").order_by("pk"))


def revision_of(patient: int) -> int:
    """Another number after every change of one of them."""
    rows = Enrollment.objects.filter(patient=patient).order_by("pk").values_list("pk", "revision")
    known = [one_series.revision_of(one.pk) for one in series_of(patient)]
    return crc32(repr((list(rows), known)).encode()) & 0x7FFFFFFF
