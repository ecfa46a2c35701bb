"""My profile: how to be called and reached, reminders, and what was signed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit
from accounts.actions.consent import current_versions, signed_forms
from accounts.actions.profile import change_profile, give_consent, take_back_consent
from accounts.errors import BadInput
from accounts.models import Form, Patient
from accounts.web.adapter import stays_here
from accounts.web.profile import require_profile
from scheduling.queries import mine
from scheduling.web.booking.forms import ProfileForm
from scheduling.web.door import PageRequest, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: PageRequest) -> HttpResponse:
    if (first := require_profile(request)) is not None:
        return first
    patient = mine.own_profile(request.actor)
    form = ProfileForm(request.POST if request.method == "POST" else None, patient)
    if form.is_valid() and save(request, form):
        messages.success(request, _("Your profile is saved."))
        onward = request.GET.get("next", "")  # from a booking that is being checked
        return redirect(onward if stays_here(onward) else request.path)
    page = {"form": form, "patient": patient, "consents": consents(request, patient)}
    audit.record(request.actor, "patient.view", subject=patient, obj=patient)
    status = 422 if form.errors else 200
    return render(request, "booking/profile.html", page, status=status)


def save(request: PageRequest, form: ProfileForm) -> bool:
    """Whether it was saved; what the clinic refuses stands beside its field."""
    try:
        change_profile(actor=request.actor, now=request.now, **form.cleaned_data)
    except BadInput as refusal:
        form.add_error(refusal.extra.get("field"), _("Please check this."))
        return False
    return True


def consents(request: PageRequest, patient: Patient) -> list[dict[str, Any]]:
    """Each form that the clinic uses, and whether its newest version stands signed."""
    signed = signed_forms(patient, request.now)
    return [
        {"form": form, "label": Form(form).label, "version": version, "signed": form in signed}
        for form, version in sorted(current_versions(request.clinic.pk).items())
    ]


@signed_in
@require_POST
def consent(request: PageRequest) -> HttpResponse:
    """Take a consent back, or give the one to mail; to telehealth is agreed when booking, where
    its text stands."""
    mine.own_profile(request.actor)
    form = request.POST.get("form", "")
    if "take_back" in request.POST:
        take_back_consent(form=form, actor=request.actor, now=request.now)
        messages.success(request, _("Your consent is taken back."))
    else:
        version = request.POST.get("version", "")
        if not (version.isascii() and version.isdecimal() and len(version) < 5):
            raise BadInput(field="version")
        give_consent(form=form, version=int(version), actor=request.actor, now=request.now)
        messages.success(request, _("Your consent is noted."))
    return redirect("booking_profile", request.clinic.slug)
