"""Messages that gave up, with a button to try again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from scheduling.actions.messages import retry
from scheduling.engine.interval import to_minute
from scheduling.errors import NotFound, Refusal
from scheduling.models import Task, TaskKind
from scheduling.queries import recurring, risk, times
from scheduling.web.door import PageRequest, staff
from scheduling.web.office.frame import here, page

MOST = 100


@staff("admin")
@require_safe
def failed(request: PageRequest) -> HttpResponse:
    """No names: the kind, when, why, of which session, and the domain it went to."""
    rows = list(risk.gave_up(request.actor, request.now)[: MOST + 1])
    zone = request.clinic.time_zone
    context = {"tasks": [line(row, zone) for row in rows[:MOST]], "more": len(rows) > MOST}
    whose = [row.patient_id for row in rows[:MOST] if row.patient_id is not None]
    audit.record(request.actor, "message.list", subject=whose)
    return page(request, "office/messages", context)


def line(task: Task, zone: str) -> dict[str, Any]:
    assert task.gave_up_at is not None
    return {
        "uuid": task.uuid,
        "kind": kind(task.kind),
        "when": times.starting(to_minute(task.gave_up_at), zone),
        "why": why(task.outcome),
        "session": about(task, zone),
        "recipient": risk.masked(task.recipient),
        "attempts": task.attempts,
    }


def about(task: Task, zone: str) -> str:
    """Of which session, or of which series as a whole."""
    if task.series is not None:
        return recurring.every(task.series.rule)
    session = task.session
    return times.when(session.start, session.end, zone) if session else ""


def kind(code: str) -> str:
    return {
        TaskKind.TELL_PATIENT.value: _("Appointment mail to a patient"),
        TaskKind.TELL_PROGRAM.value: _("Appointment mail to a patient"),
        TaskKind.TELL_THERAPIST.value: _("Appointment mail to a therapist"),
        TaskKind.REMIND.value: _("Reminder"),
        TaskKind.SERIES_ENDS.value: _("Notice that a series comes to its end"),
        TaskKind.ACCOUNT_MAIL.value: _("Invitation to the staff"),
        TaskKind.OFFER.value: _("Offer of a time to somebody who waits"),
        TaskKind.LOOK.value: _("A look at the waiting list"),
        TaskKind.ROOM.value: _("Request to the video platform"),
        TaskKind.WEEKLY.value: _("The numbers of a week"),
    }.get(code, code)


def why(code: str) -> str:
    if code.startswith("bounced:"):
        status = code.partition(":")[2]
        return _("It came back: %(why)s (%(status)s)") % {"why": meaning(status), "status": status}
    return {
        "bounced": _("The address does not exist or refuses mail"),
        "bad_address": _("The address is not one"),
        "deferred": _("The other server was not ready, again and again"),
        "unreachable": _("The mail server could not be reached"),
        "connection_lost": _("The connection was lost"),
        "no_answer": _("No answer"),
        "no_tls": _("The mail server offers no encryption"),
        "sign_in_refused": _("The mail server refused our sign-in"),
        "sender_refused": _("The mail server refused our sender"),
        "refused": _("It was refused"),
        "error": _("Our own mistake"),
    }.get(code, code)


def meaning(status: str) -> str:
    """In plain words what a server means by "5.2.2": its subject, and its detail if known.

    RFC 3463, and what Microsoft (5.1.10, 5.4.1) and Google (5.7.26) mean by it.
    """
    subject, detail = status.split(".")[1:]
    known = {
        "1.1": _("nobody has this address"),
        "1.10": _("nobody has this address"),
        "1.2": _("the part after the @ does not exist"),
        "1.6": _("the mailbox has moved, nobody knows where to"),
        "2.1": _("the mailbox is closed"),
        "2.2": _("the mailbox is full"),
        "5.4.1": _("the other server refuses the address"),
        "4.4": _("the part after the @ does not exist, or takes no mail"),
        "4.7": _("the other server could not be reached for days"),
        "7.26": _("our own mail server is not set up well (SPF, DKIM, DMARC)"),
    }
    if said := known.get(status) or known.get(f"{subject}.{detail}"):
        return said
    return {
        "1": _("something is wrong with the address"),
        "2": _("the mailbox cannot take it"),
        "3": _("the other mail system cannot take it"),
        "4": _("the other server could not be reached"),
        "5": _("the two mail servers did not understand each other"),
        "6": _("the other server does not take messages like it"),
        "7": _("the other server refuses mail from us"),
    }.get(subject, _("the other server did not say why"))


@staff("admin")
@require_POST
def again(request: PageRequest, task: UUID) -> HttpResponse:
    try:
        retry(task=task, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("It is tried again within a minute."))
    return redirect(here(request, "office_messages"))
