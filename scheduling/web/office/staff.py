"""Who works here: invite, take back, end; therapists' profiles and what they offer."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actions.newcomers import open_invitations
from accounts.actions.staff import deactivate_person, end_role, invite_staff, revoke_invitation
from accounts.models import (
    Cover,
    Invitation,
    Licence,
    Membership,
    MembershipState,
    Role,
    Therapist,
    User,
)
from scheduling import policy
from scheduling.actions.catalogue import set_offering
from scheduling.actions.clinic import PROFILE, change_therapist, end_cover, grant_cover
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.errors import NotFound
from scheduling.models import Offering, Service
from scheduling.web.door import PageRequest, staff
from scheduling.web.office.forms import CoverForm, InviteForm, OfferingForm, ProfileForm
from scheduling.web.office.frame import act, form_page, here, page, proved


@staff("admin")
@require_safe
def everybody(request: PageRequest) -> HttpResponse:
    rows = policy.visible(Membership, request.actor).select_related("user")
    invited = policy.visible(Invitation, request.actor)
    standing = open_invitations(request.now).filter(pk__in=invited).order_by("expires_at")
    context = {
        "people": people(list(rows.order_by("user__name", "user__email", "role")), request),
        "invitations": standing,
        "covers": policy.visible(Cover, request.actor)
        .filter(last_day__gte=today(request))
        .select_related("covering", "covered")
        .order_by("first_day"),
    }
    return page(request, "office/staff", context)


def people(rows: list[Membership], request: PageRequest) -> list[dict[str, Any]]:
    """One line a person; a therapist's leads to the profile."""
    profiles = dict(policy.visible(Therapist, request.actor).values_list("user_id", "uuid"))
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(
            row.user_id,
            {
                "user": row.user,
                "roles": [],
                "active": 0,  # how many roles
                "self": row.user_id == request.user.pk,
                "profile": profiles.get(row.user_id),
            },
        )
        active = row.state == MembershipState.ACTIVE.value and row.user.is_active
        role = {"code": row.role, "label": Role(row.role).label, "active": active}
        one["roles"].append(role)
        one["active"] += active
    return list(found.values())


def today(request: PageRequest) -> date:
    return local_day(request.clinic.time_zone, to_minute(request.now))


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
@proved
def invite(request: PageRequest) -> HttpResponse:
    form = InviteForm(request.POST if request.method == "POST" else None)
    back = here(request, "office_staff")
    done = act(request, form, invite_staff, _("The invitation is on its way."), back)
    return done or form_page(
        request,
        form,
        heading=_("Invite somebody to the staff"),
        intro=_("They get a neutral mail with a link that is good for a week."),
        submit=_("Send the invitation"),
        back=back,
    )


@staff("admin")
@require_POST
def take_back(request: PageRequest, invitation: UUID) -> HttpResponse:
    revoke_invitation(invitation=invitation, actor=request.actor, now=request.now)
    messages.success(request, _("The invitation is taken back."))
    return redirect(here(request, "office_staff"))


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
@proved
def deactivate(request: PageRequest, person: UUID) -> HttpResponse:
    """Acts at once, so it has a page of its own."""
    mine = policy.visible(Membership, request.actor)
    who = User.objects.filter(uuid=person, memberships__in=mine).exclude(pk=request.actor.id)
    found = who.first()
    if found is None:
        raise NotFound
    form, back = bare_form(request), here(request, "office_staff")
    said = {"person": person}
    done = act(request, form, deactivate_person, _("This person has no more access."), back, **said)
    return done or form_page(
        request,
        form,
        heading=_("End the access of %(name)s?") % {"name": found.name or found.email},
        intro=_(
            "Roles, open pages, keys of programs and invitations end at once. Sessions that are "
            "booked stay booked: move them first, or find them among the sessions at risk."
        ),
        submit=_("End the access"),
        danger=True,
        back=back,
    )


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
@proved
def role_end(request: PageRequest, person: UUID, role: str) -> HttpResponse:
    """One role of several; acts at once, so it has a page of its own."""
    mine = policy.visible(Membership, request.actor).select_related("user")
    row = mine.filter(user__uuid=person, role=role, state=MembershipState.ACTIVE.value).first()
    if row is None:
        raise NotFound
    form, back = bare_form(request), here(request, "office_staff")
    said = {"person": person, "role": role}
    done = act(request, form, end_role, _("The role has ended."), back, **said)
    return done or form_page(
        request,
        form,
        heading=_("End this role?"),
        intro=ending(row),
        submit=_("End the role"),
        danger=True,
        back=back,
    )


def ending(row: Membership) -> str:
    said = {"name": row.user.name or row.user.email, "role": Role(row.role).label}
    if row.role == Role.THERAPIST:
        return (
            _(
                "%(name)s is no more %(role)s here, and can no longer be booked. Sessions that are "
                "booked stay booked: move or cancel them at the front desk."
            )
            % said
        )
    return _("%(name)s is no more %(role)s here, from the next page on.") % said


def bare_form(request: PageRequest) -> forms.Form:
    """Nothing to fill in, but a place for what stands against it."""
    return forms.Form(request.POST if request.method == "POST" else None)


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def therapist(request: PageRequest, therapist: UUID) -> HttpResponse:
    """Profile, licences and offerings of one therapist."""
    who = policy.find(Therapist, request.actor, uuid=therapist)
    initial = {name: getattr(who, name) for name in PROFILE}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=initial)
    onward = here(request, "office_therapist", who.uuid)
    done = act(
        request, form, change_therapist, _("The profile is kept."), onward, therapist=who.uuid
    )
    if done:
        return done
    context = {
        "form": form,
        "therapist": who,
        "licences": policy.visible(Licence, request.actor)
        .filter(therapist=who)
        .order_by("state", "-valid_until"),
        "today": today(request),
        "offerings": offerings(request, who),
    }
    return page(request, "office/therapist", context, status=422 if form.errors else 200)


def offerings(request: PageRequest, who: Therapist) -> list[dict[str, Any]]:
    mine = policy.visible(Offering, request.actor).filter(therapist=who, active=True)
    offered = set(mine.values_list("service_id", flat=True))
    rows = policy.visible(Service, request.actor).order_by("-active", "name")
    return [{"service": row, "offered": row.pk in offered} for row in rows]


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def offering(request: PageRequest, therapist: UUID, service: UUID) -> HttpResponse:
    who = policy.find(Therapist, request.actor, uuid=therapist)
    what = policy.find(Service, request.actor, uuid=service)
    row = policy.visible(Offering, request.actor).filter(therapist=who, service=what).first()
    kept = row or Offering(active=True)
    initial = {name: getattr(kept, name) for name in OfferingForm.base_fields}
    form = OfferingForm(request.POST if request.method == "POST" else None, initial=initial)
    form.above(what, request.clinic)
    back = here(request, "office_therapist", who.uuid)
    said = {"therapist": who.uuid, "service": what.uuid}
    done = act(request, form, set_offering, _("The offering is kept."), back, **said)
    heading = _("%(service)s with %(therapist)s") % {"service": what.name, "therapist": who.name}
    intro = _("Booked sessions stay as they are.")
    title = _("What %(therapist)s offers") % {"therapist": who.name}
    return done or form_page(request, form, heading=heading, title=title, intro=intro, back=back)


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
@proved
def cover(request: PageRequest) -> HttpResponse:
    """Grants sight of a caseload, so it asks for a proof."""
    form = CoverForm(request.POST if request.method == "POST" else None, request.clinic)
    back = here(request, "office_staff")
    done = act(request, form, grant, _("The cover is set up."), back)
    return done or form_page(
        request,
        form,
        heading=_("Somebody stands in"),
        intro=_("From the first to the last day they see and do what the other one may."),
        back=back,
    )


def grant(*, covering: Therapist, covered: Therapist, **said: Any) -> Cover:
    return grant_cover(covering=covering.uuid, covered=covered.uuid, **said)


@staff("admin")
@require_POST
def uncover(request: PageRequest, cover: int) -> HttpResponse:
    end_cover(cover=cover, actor=request.actor, now=request.now)
    messages.success(request, _("The cover has ended."))
    return redirect(here(request, "office_staff"))
