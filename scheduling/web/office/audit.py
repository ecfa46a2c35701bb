"""The privacy officer's page: who saw or changed what about a patient (LG2, LG6)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.actor import ActorKind
from accounts.models import AuditRow, Patient
from scheduling.engine.hours import day_span
from scheduling.engine.interval import from_minute, to_minute
from scheduling.queries import oversight, times
from scheduling.web.desk.frame import page
from scheduling.web.door import PageRequest, staff
from scheduling.web.office.forms import AuditForm

# What most rows about a patient say; the code stands beside it, and alone where there are no words.
WORDS = {
    "agenda.day": gettext_lazy("Saw the day's calendar"),
    "agenda.week": gettext_lazy("Saw the week's calendar"),
    "sheet.view": gettext_lazy("Saw the day sheet"),
    "booking.attend": gettext_lazy("Marked who came"),
    "booking.book": gettext_lazy("Booked a session"),
    "booking.cancel": gettext_lazy("Cancelled a session"),
    "booking.confirm": gettext_lazy("Confirmed a booking"),
    "booking.list": gettext_lazy("Saw the bookings"),
    "booking.reschedule": gettext_lazy("Moved a session"),
    "booking.undo_cancel": gettext_lazy("Took a cancellation back"),
    "booking.view": gettext_lazy("Saw a booking"),
    "check_in.let_in": gettext_lazy("Let the patient in without a licence there"),
    "consent.sign": gettext_lazy("Signed a consent"),
    "consent.paper": gettext_lazy("Put a consent on paper on file"),
    "hours.misfits": gettext_lazy("Saw sessions outside the hours"),
    "join.check_in": gettext_lazy("Checked in"),
    "join.enter": gettext_lazy("Went into the room"),
    "mail.send": gettext_lazy("Sent a mail"),
    "patient.alike": gettext_lazy("Was shown a patient like a new one"),
    "patient.change": gettext_lazy("Changed the details"),
    "patient.make": gettext_lazy("Made the file"),
    "patient.search": gettext_lazy("Found by a search"),
    "patient.view": gettext_lazy("Saw the file"),
    "session.door": gettext_lazy("Stood at the therapist's door"),
    "session.enter": gettext_lazy("Went into the room as therapist"),
    "session.view": gettext_lazy("Saw a session"),
}


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
        "what": str(WORDS.get(row.action, "")),
        "code": row.action,
        "object": f"{row.object_kind} {row.object_id}".strip(),
        "outcome": row.outcome + (f" ({row.code})" if row.code else ""),
        "purpose": row.purpose,
        "where": row.where,
    }
