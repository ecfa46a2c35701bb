"""Who one is in a clinic: a profile is made, met, or chosen after sign-in.

Several people may share an account's mailbox. Which of them acts stands in the web session as
`patient:<clinic's pk>`; `accounts.web.who.actor_of` reads it.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from accounts.actions.profiles import choose_patient, link_patient, register_patient
from accounts.actor import Actor
from accounts.errors import Refusal
from accounts.models import Clinic, Newcomers, Patient
from accounts.web.adapter import stays_here
from accounts.web.door import clinic_of
from accounts.web.forms import KnownForm, NewcomerForm, WhoForm
from accounts.web.who import actor_of

METHODS = ["GET", "HEAD", "POST"]


def require_profile(request: Any) -> HttpResponse | None:
    """For pages that need a patient's profile: None, or where the person says who they are.

    The door has set `request.actor`. Whoever is not signed in is led to sign in first.
    """
    actor: Actor = request.actor
    if actor.patient is not None:
        return None
    assert actor.clinic is not None
    page = "who" if actor.user is not None else "clinic_sign_in"
    here = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    onward = here if here != "/" else f"/c/{actor.clinic.slug}/"
    return redirect(f"{reverse(page, args=[actor.clinic.slug])}?{urlencode({'next': onward})}")


def enter(request: Any, slug: str) -> Clinic:
    """Set `request.actor`, `request.now` and, for templates, `request.onward`."""
    clinic = clinic_of(slug)
    request.now = timezone.now()
    request.actor = actor_of(request, clinic, request.now)
    said = request.POST.get("next") or request.GET.get("next") or ""
    request.onward = said if stays_here(said) else f"/c/{slug}/"
    return clinic


def act_as(request: Any, patient: Patient) -> HttpResponse:
    request.session[f"patient:{patient.clinic_id}"] = patient.pk
    return redirect(request.onward)


@require_http_methods(METHODS)
def who(request: Any, slug: str) -> HttpResponse:
    """Where several share the account: whose turn is it? Nobody's name is told before."""
    clinic = enter(request, slug)
    profiles = Patient.objects.filter(user=request.user, clinic=clinic, active=True).count()
    if profiles == 0:
        return redirect(with_next(request, "who_new" if is_open(clinic) else "who_known", slug))
    if profiles == 1 and request.method != "POST":
        return redirect(request.onward)
    form = WhoForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            chosen = choose_patient(**form.cleaned_data, actor=request.actor, now=request.now)
            return act_as(request, chosen)
        except Refusal as refusal:
            return show(request, "accounts/who.html", form, refusal)
    return show(request, "accounts/who.html", form)


@require_http_methods(METHODS)
def register(request: Any, slug: str) -> HttpResponse:
    """A newcomer of an open clinic says who they are."""
    clinic = enter(request, slug)
    if not is_open(clinic):
        return redirect(with_next(request, "who_known", slug))
    if Patient.objects.filter(user=request.user, clinic=clinic).exists():
        return redirect(with_next(request, "who", slug))
    form = NewcomerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = register_patient(**form.cleaned_data, actor=request.actor, now=request.now)
            return act_as(request, made)
        except Refusal as refusal:
            return show(request, "accounts/who_new.html", form, refusal)
    return show(request, "accounts/who_new.html", form)


@require_http_methods(METHODS)
def known(request: Any, slug: str) -> HttpResponse:
    """ "The clinic already knows me": birth date and reference meet the desk's profile."""
    clinic = enter(request, slug)
    form = KnownForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            met = link_patient(**form.cleaned_data, actor=request.actor, now=request.now)
            return act_as(request, met)
        except Refusal as refusal:
            return show(
                request, "accounts/who_known.html", form, refusal, may_register(request, clinic)
            )
    return show(request, "accounts/who_known.html", form, open_here=may_register(request, clinic))


def is_open(clinic: Clinic) -> bool:
    return clinic.newcomers == Newcomers.OPEN


def may_register(request: Any, clinic: Clinic) -> bool:
    """Once an account; who shares its mailbox is made at the desk and has a reference."""
    known = Patient.objects.filter(user=request.user, clinic=clinic).exists()
    return is_open(clinic) and not known


def with_next(request: Any, page: str, slug: str) -> str:
    return f"{reverse(page, args=[slug])}?{urlencode({'next': request.onward})}"


def show(
    request: HttpRequest,
    template: str,
    form: Any,
    refusal: Refusal | None = None,
    open_here: bool = True,
) -> HttpResponse:
    if refusal is not None:
        field = refusal.extra.get("field") or None
        form.add_error(field if field in form.fields else None, str(refusal.sentence))
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, template, {"form": form, "open_here": open_here}, status=status)
