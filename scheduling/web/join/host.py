"""A therapist's way in, and the room that a therapist pastes in."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.models import Role
from scheduling import policy
from scheduling.errors import NotFound, Refusal
from scheduling.models import Session
from scheduling.queries import times, way_in
from scheduling.queries.way_in import HostStage
from scheduling.video import links
from scheduling.web.door import PageRequest, staff
from scheduling.web.join.pages import leads_out, sent_to


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST.value)
def enter(request: PageRequest, session: UUID) -> HttpResponse:
    """GET asks, POST goes: own sessions and covered ones."""
    if request.method != "POST":
        return _ask(request, session)
    try:
        address = links.enter_as_host(session=session, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except Refusal as refusal:
        return _ask(request, session, refusal)
    return sent_to(address.reveal())


def _ask(request: PageRequest, uuid: UUID, refusal: Refusal | None = None) -> HttpResponse:
    """The page with the button; says instead why it does not open yet."""
    session = policy.find(Session, request.actor, uuid=uuid)
    hosts = session.occupancies.filter(profile__in=policy.caseload(request.actor))
    host = hosts.select_related("profile").first()
    if host is None:
        raise NotFound
    audit.record(request.actor, "session.door", subject=way_in.patients_of(session), obj=session)
    zone = host.profile.time_zone
    stage = way_in.host_stage(session, request.now)
    shown = {
        "session": session,
        "room": way_in.room_of(session),
        "stage": stage.value,
        "when": times.when(session.start, session.end, zone),
        "opens": times.clock_in(session.start - 10, zone),
        "refusal": refusal if stage is HostStage.READY else None,  # else the page says it itself
    }
    status = refusal.status if refusal else 200
    return leads_out(render(request, "join/host.html", shown, status=status))
