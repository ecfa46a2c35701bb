"""Licences with their ends, and the sessions that are at risk for want of one (TH2)."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Licence, Therapist
from scheduling import policy
from scheduling.actions.licences import revoke_licence, save_licence
from scheduling.queries import risk
from scheduling.web.door import PageRequest, staff
from scheduling.web.office.forms import LicenceForm
from scheduling.web.office.frame import act, form_page, here, page, risk_lines
from scheduling.web.office.staff import today


@staff("admin")
@require_safe
def all_licences(request: PageRequest) -> HttpResponse:
    day = today(request)
    soon = {row.pk for row in risk.lapsing(request.actor, day)}
    context = {
        "licences": [(row, row.pk in soon) for row in risk.licences(request.actor, day)],
        "risks": risk_lines(risk.at_risk(request.actor, request.now), request.clinic.time_zone),
        "therapists": policy.visible(Therapist, request.actor).filter(active=True).order_by("name"),
    }
    return page(request, "office/licences", context)


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PageRequest, therapist: UUID) -> HttpResponse:
    who = policy.find(Therapist, request.actor, uuid=therapist)
    form = LicenceForm(request.POST if request.method == "POST" else None)
    back = here(request, "office_therapist", who.uuid)
    done = act(request, form, save_licence, _("The licence is kept."), back, therapist=who.uuid)
    heading = _("New licence of %(name)s") % {"name": who.name}
    return done or form_page(request, form, heading=heading, back=back)


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest, licence: int) -> HttpResponse:
    row = policy.find(Licence, request.actor, pk=licence, revoked_at=None)
    initial = {name: getattr(row, name) for name in LicenceForm.base_fields}
    form = LicenceForm(request.POST if request.method == "POST" else None, initial=initial)
    back, who = here(request, "office_licences"), row.therapist
    said = {"therapist": who.uuid, "licence": row.pk}
    done = act(request, form, save_licence, _("The licence is kept."), back, **said)
    heading = _("Licence of %(name)s") % {"name": who.name}
    return done or form_page(
        request,
        form,
        heading=heading,
        intro=_("A renewal with another number is a new licence; this one then simply ends."),
        back=back,
    )


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: PageRequest, licence: int) -> HttpResponse:
    """It counts no more at once, so it has a page of its own."""
    row = policy.find(Licence, request.actor, pk=licence, revoked_at=None)
    back = here(request, "office_licences")
    if request.method == "POST":
        revoke_licence(licence=row.pk, actor=request.actor, now=request.now)
        messages.success(request, _("The licence counts no more."))
        return redirect(back)
    said = {"name": row.therapist.name, "state": row.get_state_display(), "number": row.number}
    return form_page(
        request,
        forms.Form(),
        heading=_("Withdraw this licence?"),
        intro=_(
            "%(name)s, %(state)s, %(number)s. Nothing can be booked on it any more; sessions that "
            "are booked stay, and stand among those at risk."
        )
        % said,
        submit=_("Withdraw it"),
        danger=True,
        back=back,
    )
