"""What staff do with a group and its dates: each answers on the page that it was asked on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit
from accounts.models import Patient, Therapist
from scheduling import policy
from scheduling.actions.group_dates import (
    cancel_date,
    change_facilitator,
    move_date,
    undo_cancel_date,
)
from scheduling.actions.group_life import end, pause, resume
from scheduling.actions.group_members import join, leave
from scheduling.actions.group_terms import change
from scheduling.engine.hours import NonexistentTime, wall_to_minute
from scheduling.errors import NotFound, Refusal
from scheduling.models import Group, Member, Session
from scheduling.queries import groups, roster, times
from scheduling.web.desk.frame import here
from scheduling.web.door import PageRequest, staff
from scheduling.web.groups.attend import session_page
from scheduling.web.groups.forms import (
    ChangeForm,
    FacilitatorForm,
    MemberForm,
    MoveForm,
    ResumeForm,
    slots_in,
)
from scheduling.web.groups.frame import attempt, find_group, page, told
from scheduling.web.groups.show import group_page, starts

# The group


@staff("desk", "admin")
@require_POST
def pause_it(request: PageRequest, group: UUID) -> HttpResponse:
    row = find_group(request, uuid=group)

    def act() -> None:
        reason = request.POST.get("reason", "")
        pause(group=group, reason=reason, actor=request.actor, now=request.now)

    return on_group(request, row, act, _("The group pauses. Everybody is told, each alone."))


@staff("desk", "admin")
@require_POST
def end_it(request: PageRequest, group: UUID) -> HttpResponse:
    row = find_group(request, uuid=group)

    def act() -> None:
        reason = request.POST.get("reason", "")
        end(group=group, reason=reason, actor=request.actor, now=request.now)

    return on_group(request, row, act, _("The group has ended. Everybody is told, each alone."))


@staff("desk", "admin")
@require_POST
def resume_it(request: PageRequest, group: UUID) -> HttpResponse:
    """Dates on which a facilitator is busy are told first; `skip` leaves them out."""
    row = find_group(request, uuid=group)
    form = ResumeForm(request.POST, auto_id="id_resume_%s")
    if not form.is_valid():
        return group_page(request, row, status=422, resume_form=form, form=form)

    def act() -> None:
        resume(
            group=group,
            first=form.cleaned_data["first"],
            skip=slots_in(request.POST.get("skip", "")),
            actor=request.actor,
            now=request.now,
        )

    return on_group(request, row, act, _("The group goes on."), resume_form=form)


def on_group(request: PageRequest, group: Group, act: Any, done: str, **extra: Any) -> HttpResponse:
    onward = here(request, "group_staff", group.uuid)

    def refused(refusal: Refusal) -> HttpResponse:
        more = told(request, refusal, group.clinic.time_zone)
        return group_page(request, group, status=refusal.status, **more, **extra)

    return attempt(request, act, done, onward, refused)


@staff("desk", "admin")
@require_http_methods(["GET", "HEAD", "POST"])
def change_it(request: PageRequest, group: UUID) -> HttpResponse:
    """Its words and its seats; the rules of joining stay as they are."""
    row = find_group(request, uuid=group)
    form = ChangeForm(request.POST if request.method == "POST" else None, row)
    back = here(request, "group_staff", row.uuid)
    context = {"form": form, "group": row, "back": back}
    if not form.is_valid():
        audit.record(request.actor, "group.terms", obj=row)
        return page(request, "change", context, status=422 if form.errors else 200)

    def act() -> None:
        change(group=group, **form.cleaned_data, actor=request.actor, now=request.now)

    def refused(refusal: Refusal) -> HttpResponse:
        more = told(request, refusal, row.clinic.time_zone)
        return page(request, "change", context | more, status=refusal.status)

    return attempt(request, act, _("The group is changed."), back, refused)


@staff("desk", "admin")
@require_http_methods(["GET", "HEAD", "POST"])
def facilitator(request: PageRequest, group: UUID) -> HttpResponse:
    """Who gives it from a day on. The substitute is asked for by every member's state."""
    row = find_group(request, uuid=group)
    people = policy.visible(Therapist, request.actor).filter(active=True).order_by("name")
    given = list({one.therapist_id: one.therapist for one in groups.facilitators(row)}.values())
    data = request.POST if request.method == "POST" else None
    form = FacilitatorForm(data, given, list(people))
    context = {"form": form, "group": row, "back": here(request, "group_staff", row.uuid)}
    if data is None or not form.is_valid():
        audit.record(request.actor, "group.facilitators", obj=row)
        return page(request, "facilitator", context, status=422 if form.errors else 200)
    said = form.cleaned_data

    def act() -> None:
        change_facilitator(
            group=group,
            from_day=said["from_day"],
            until_day=said["until_day"],
            leaving=UUID(said["leaving"]) if said["leaving"] else None,
            coming=UUID(said["coming"]) if said["coming"] else None,
            actor=request.actor,
            now=request.now,
        )

    def refused(refusal: Refusal) -> HttpResponse:
        more = told(request, refusal, row.clinic.time_zone)
        return page(request, "facilitator", context | more, status=refusal.status)

    done = _("The calendars are changed.")
    return attempt(request, act, done, here(request, "group_staff", row.uuid), refused)


@staff("desk", "therapist")
@require_POST
def add_member(request: PageRequest, group: UUID) -> HttpResponse:
    """A patient whose consents are on file; others are asked on their own page."""
    row = find_group(request, uuid=group)
    form = MemberForm(request.POST, starts(row, request, row.clinic.time_zone))
    if not policy.runs_group(request.actor, row.pk):
        raise NotFound
    if not form.is_valid():
        return group_page(request, row, status=422, member_form=form, form=form)
    wanted = form.cleaned_data["reference"].replace("-", "").upper()
    rows = policy.visible(Patient, request.actor).filter(reference=wanted, active=True)
    who = rows.exclude(user=request.actor.user).first()
    if who is None:
        form.add_error("reference", _("Nobody here has this reference."))
        return group_page(request, row, status=422, member_form=form, form=form)
    patient = who

    def act() -> None:
        join(
            group=group,
            patient=patient.pk,
            place=patient.state,
            zone=patient.time_zone,
            start=form.cleaned_data.get("start"),
            actor=request.actor,
            now=request.now,
        )

    return on_group(request, row, act, _("They have a place in the group."), member_form=form)


@staff("desk", "therapist")
@require_POST
def leave_it(request: PageRequest, member: UUID) -> HttpResponse:
    row = policy.find(Member, request.actor, uuid=member)
    if row.patient_id == request.actor.patient:
        raise NotFound  # one's own place is given up as a patient
    group = find_group(request, pk=row.group_id)

    def act() -> None:
        reason = request.POST.get("reason", "")
        leave(member=member, reason=reason, actor=request.actor, now=request.now)

    return on_group(request, group, act, _("The place is free. Nobody else is told."))


# One date


@staff("desk", "therapist")
@require_POST
def cancel_it(request: PageRequest, session: UUID) -> HttpResponse:
    row = roster.session_of(request.actor, session)

    def act() -> None:
        reason = request.POST.get("reason", "")
        cancel_date(session=session, reason=reason, actor=request.actor, now=request.now)

    return on_session(request, row, act, _("The session is cancelled. Everybody is told."))


@staff("desk", "therapist")
@require_POST
def undo_it(request: PageRequest, session: UUID) -> HttpResponse:
    row = roster.session_of(request.actor, session)

    def act() -> None:
        undo_cancel_date(session=session, actor=request.actor, now=request.now)

    return on_session(request, row, act, _("The session stands again."))


@staff("desk", "therapist")
@require_http_methods(["GET", "HEAD", "POST"])
def move_it(request: PageRequest, session: UUID) -> HttpResponse:
    row = roster.session_of(request.actor, session)
    assert row.series is not None
    zone = row.series.zone
    before = times.local(row.start, zone)
    data = request.POST if request.method == "POST" else None
    form = MoveForm(data, initial={"day": before.date(), "at": before.time()}, auto_id="id_%s")
    context = {
        "form": form,
        "when": times.when(row.start, row.end, zone),
        "zone_city": times.city(zone),
        "back": here(request, "group_session", session),
    }
    if data is None or not form.is_valid():
        audit.record(request.actor, "group.move", obj=row)
        return page(request, "move", context, status=422 if form.errors else 200)
    said = form.cleaned_data
    try:
        start = wall_to_minute(zone, said["day"], said["at"].hour * 60 + said["at"].minute)
    except NonexistentTime:
        form.add_error("at", _("Clocks go forward that night: this time does not exist."))
        return page(request, "move", context, status=422)

    def act() -> None:
        move_date(
            session=session,
            start=start,
            reason=said["reason"],
            drop=bool(request.POST.get("drop")),
            actor=request.actor,
            now=request.now,
        )

    def refused(refusal: Refusal) -> HttpResponse:
        more = told(request, refusal, zone)
        return page(request, "move", context | more, status=refusal.status)

    done = _("The session has moved. Everybody is told, each alone.")
    return attempt(request, act, done, here(request, "group_session", session), refused)


def on_session(request: PageRequest, session: Session, act: Any, done: str) -> HttpResponse:
    onward = here(request, "group_session", session.uuid)

    def refused(refusal: Refusal) -> HttpResponse:
        return session_page(request, session, status=refusal.status, refusal=refusal)

    return attempt(request, act, done, onward, refused)
