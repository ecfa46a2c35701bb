"""A program laid on the real calendar for one patient: every date, why it cannot be, and the hours
of each week against the band of the level.

Groups come first, then the individual sessions around them. Times are minutes since the epoch, UTC;
a slot is the start that a rule gave. A fixed number of queries for each part, however many weeks.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from accounts.actions.consent import current_versions, signed_forms
from accounts.models import Form, Patient, Therapist
from scheduling.engine.interval import to_minute
from scheduling.engine.ledger import Seat, Week, age_on, rule_on, weeks
from scheduling.models import Offering, ProgramPart
from scheduling.queries.lay_groups import lay_group
from scheduling.queries.lay_known import Known
from scheduling.queries.lay_single import lay_single
from scheduling.queries.ledger import rules_of
from scheduling.queries.plan import Plan, PlanPart, Wanted


def lay(wanted: Wanted, now: datetime) -> Plan:
    """Every date of the program's weeks, none left out."""
    parts = list(
        ProgramPart.objects.filter(program=wanted.program)
        .select_related("group__service__clinic", "service")
        .order_by("pk")
    )
    known = Known(wanted, parts, now)
    laid: dict[int, PlanPart] = {}
    for part in sorted(parts, key=lambda one: one.group_id is None):
        laid[part.pk] = lay_group(known, part) if part.group else lay_single(known, part)
        known.planned += [one.span for one in laid[part.pk].taken]
    found = [laid[part.pk] for part in parts]
    return Plan(
        wanted=wanted,
        parts=found,
        weeks=weeks_of(wanted, found, now),
        missing=missing_forms(wanted.patient, _together(found), now),
        falling=known.falling(),
    )


def weeks_of(wanted: Wanted, parts: Iterable[PlanPart], now: datetime) -> list[Week]:
    """The clinic's weeks with the minutes that the plan gives them."""
    born = wanted.patient.birth_date
    born_on = date.fromisoformat(born) if born else None
    level = wanted.program.level_id
    rules = rules_of([level])[level]
    zone, starts = wanted.clinic_zone, wanted.program.clinic.week_starts
    return list(
        weeks(
            [Seat(*one.span) for part in parts for one in part.taken],
            zone=zone,
            starts=starts,
            enrolled=wanted.span,
            rule=lambda day: rule_on(rules, day, age_on(born_on, day)),
            now=to_minute(now),
        )
    )


def _together(parts: Iterable[PlanPart]) -> bool:
    return any(one.part.group_id and not one.choice.off for one in parts)


def missing_forms(who: Patient, together: bool, now: datetime) -> list[str]:
    """What is to be signed before; `together`: groups are among it."""
    needed = [Form.TELEHEALTH.value]
    if together and Form.GROUP.value in current_versions(who.clinic_id):
        needed.append(Form.GROUP.value)
    signed = signed_forms(who, now)
    return [form for form in needed if form not in signed]


def hosts_for(part: ProgramPart) -> list[Therapist]:
    """Who gives the service of an individual part, by name. One query."""
    given = Offering.objects.filter(service=part.service_id, active=True)
    rows = Therapist.objects.filter(active=True, pk__in=given.values("therapist"))
    return list(rows.order_by("name", "pk"))
