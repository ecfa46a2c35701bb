"""The privacy officer's page: who saw or changed what about a patient (LG2, LG6)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.actor import ActorKind
from accounts.models import AuditRow, Patient
from scheduling.engine.hours import day_span
from scheduling.engine.interval import from_minute, to_minute
from scheduling.queries import oversight, times
from scheduling.web.desk.frame import page
from scheduling.web.door import PageRequest, staff
from scheduling.web.office.audit_words import words
from scheduling.web.office.forms import AuditForm


@staff("privacy")
@require_http_methods(["GET", "HEAD", "POST"])
def who_looked(request: PageRequest) -> HttpResponse:
    """Asked by POST: a reference stands in no address. Each reading is a row of its own."""
    form = AuditForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form}
    if not form.is_bound:
        return page(request, "office/audit", context)
    who = oversight.patient(request.actor, form.cleaned_data["reference"]) if ok(form) else None
    if ok(form) and who is None:
        audit.record(request.actor, "audit.view", outcome="denied", code="not_found")
        form.add_error("reference", _("Nobody here has this reference."))
    if who is None:
        return page(request, "office/audit", context, status=422)
    context |= {"patient": who} | found(request, who, form)
    audit.record(request.actor, "audit.view", subject=who)
    return page(request, "office/audit", context)


def ok(form: AuditForm) -> bool:
    return form.is_valid()


def found(request: PageRequest, who: Patient, form: AuditForm) -> dict[str, Any]:
    """Days are those of the clinic's zone, both included."""
    zone = request.clinic.time_zone
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    until = start_of(zone, last + timedelta(days=1)) if last else None
    looks = oversight.looks(request.actor, who, start_of(zone, first) if first else None, until)
    names = oversight.names(request.actor, looks.rows)
    return {
        "searched": True,
        "lines": [line(row, names, zone) for row in looks.rows],
        "more": looks.more,
    }


def start_of(zone: str, day: date) -> datetime:
    return from_minute(day_span(zone, day, day)[0])


def line(row: AuditRow, names: dict[str, str], zone: str) -> dict[str, str]:
    person = row.actor_kind in (ActorKind.USER.value, ActorKind.TOKEN.value)
    return {
        "when": times.starting(to_minute(row.at), zone),
        "who": (person and names.get(row.actor_id)) or f"{row.actor_kind} {row.actor_id}".strip(),
        "what": words(row.action),
        "code": row.action,
        "object": f"{row.object_kind} {row.object_id}".strip(),
        "outcome": row.outcome + (f" ({row.code})" if row.code else ""),
        "purpose": row.purpose,
        "where": row.where,
    }
