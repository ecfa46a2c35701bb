"""What the staff pages of groups share: the bar above them, and how an answer is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.models import Patient
from scheduling import policy
from scheduling.actions.cancel import BY_STAFF
from scheduling.engine.lifecycle import CancelReason
from scheduling.errors import FacilitatorsBusy, MembersBusy, MembersNotLicensed, NotFound, Refusal
from scheduling.models import Group
from scheduling.queries import agenda, kept_groups, times
from scheduling.web.desk.frame import work_bar as bar_of_roles
from scheduling.web.door import PageRequest
from scheduling.web.therapist import words
from scheduling.web.therapist.frame import work_bar

ROLES = ("desk", "admin", "therapist")


def page(
    request: PageRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    office = not request.actor.has(policy.DESK)
    own_bar = request.actor.therapist is not None
    links = work_bar(request) if own_bar else bar_of_roles(request, office=office)
    own = {"staff_links": links, "keeps": policy.keeps_groups(request.actor)}
    return render(request, f"groups/{template}.html", own | context, status=status)


def find_group(request: PageRequest, **lookup: Any) -> Group:
    return kept_groups.find(request.actor, **lookup)


def attempt(
    request: PageRequest,
    act: Callable[[], Any],
    done: str,
    onward: str,
    refused: Callable[[Refusal], HttpResponse],
) -> HttpResponse:
    """Do it and go on; a refusal is told on the page that asked."""
    try:
        act()
    except NotFound:
        raise
    except Refusal as refusal:
        return refused(refusal)
    messages.success(request, done)
    return redirect(onward)


def told(request: PageRequest, refusal: Refusal, zone: str) -> dict[str, Any]:
    """A refusal with the dates or members that it is about."""
    lines: list[str] = []
    if isinstance(refusal, FacilitatorsBusy):
        lines = [
            f"{times.starting(slot, zone)}: {why(code)}"
            for slot, code in sorted(refusal.extra.get("dates", {}).items())
        ]
    if isinstance(refusal, MembersBusy | MembersNotLicensed):
        people = policy.visible(Patient, request.actor).filter(
            pk__in=refusal.extra.get("patients", [])
        )
        lines = [agenda.called(one.called, one.first_name, one.last_name) for one in people]
    return {
        "refusal": refusal,
        "why": words.why(refusal),
        "lines": lines,
        "ask_skip": isinstance(refusal, FacilitatorsBusy),
        "ask_drop": isinstance(refusal, MembersBusy),
        "skip": " ".join(str(slot) for slot in sorted(refusal.extra.get("dates", {}))),
    }


def why(code: str) -> str:
    return {"busy": _("busy"), "day_off": _("day off")}.get(code, code)


def reasons() -> list[tuple[str, str]]:
    """Why staff cancel or move what is everybody's."""
    mine = [one.value for one in BY_STAFF if one is not CancelReason.PATIENT]
    return [(code, label) for code, label in words.reasons() if code in mine]
