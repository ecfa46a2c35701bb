"""Who is in a program now, and who needs a look: short of hours, absent, at the end."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import audit
from scheduling import policy
from scheduling.queries import ledger, times
from scheduling.queries.ledger import Kept
from scheduling.web.care import words
from scheduling.web.care.caseload import in_program
from scheduling.web.care.frame import page
from scheduling.web.desk.frame import here
from scheduling.web.door import PageRequest, staff


@staff("desk", "therapist", "admin")
@require_safe
def programs(request: PageRequest) -> HttpResponse:
    """The desk sees everybody, a therapist the own caseload, an admin numbers alone (PR5)."""
    actor = request.actor
    names = actor.has(policy.DESK) or actor.therapist is not None
    context: dict[str, Any] = {"names": names}
    if names:
        context |= people(request)
    if actor.has(policy.ADMIN) and not actor.has(policy.DESK):
        numbers = ledger.numbers(actor, request.now)
        context |= {"numbers": numbers, "week": times.day(numbers.week)}
        if not names:
            audit.record(actor, "enrollment.numbers")
    return page(request, "programs", context)


def people(request: PageRequest) -> dict[str, Any]:
    found = ledger.ledgers(ledger.enrolled(request.actor, request.now), request.now)
    who = [one.enrollment.patient_id for one in found]
    audit.record(request.actor, "enrollment.list", subject=who)
    return {
        "whole": request.actor.has(policy.DESK),
        "census": ledger.census(found),
        "everybody": [line(request, one) for one in found],
        "short": [short(request, one) for one in found if one.short],
        "misses": [misses(request, one) for one in found if one.misses],
        "ending": [ending(request, one) for one in found if ledger.ends_soon(one, request.now)],
    }


def line(request: PageRequest, kept: Kept) -> dict[str, Any]:
    soon = ledger.ends_soon(kept, request.now)
    return {
        "name": kept.name,
        "program": in_program(request, kept),
        "chips": words.chips(kept, kept.absent, soon),
    }


# Who needs a look: why, and what to do next


def look(kept: Kept, why: str, do: str, url: str) -> dict[str, str]:
    program = kept.enrollment.program.name
    return {"name": kept.name, "program": program, "why": why, "do": do, "url": url}


def short(request: PageRequest, kept: Kept) -> dict[str, str]:
    page = here(request, "enrollment_hours", kept.enrollment.uuid)
    return look(kept, words.warning(kept), _("Find make-up hours"), f"{page}#make-up")


def misses(request: PageRequest, kept: Kept) -> dict[str, str]:
    """The desk finds the telephone number on the patient's page."""
    why, row = words.missed_in_a_row(kept.absent), kept.enrollment
    if request.actor.has(policy.DESK):
        return look(kept, why, _("Call them"), here(request, "desk_patient", row.patient.uuid))
    return look(kept, why, _("Look at the hours"), here(request, "enrollment_hours", row.uuid))


def ending(request: PageRequest, kept: Kept) -> dict[str, str]:
    why = _("until %(day)s") % {"day": times.day(words.last_day(kept))}
    page = here(request, "enrollment", kept.enrollment.uuid)
    return look(kept, why, _("Decide what follows"), page)
