"""The one door: "type your e-mail".

Whether the address is known or not, the page, the answer and the time are the same (AU9): the same
look-ups, one mail, one redirect to the page that asks for the code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.actions.newcomers import come_in
from accounts.errors import NotFound
from accounts.models import Clinic

ONWARD = "onward"  # in the web session
CLINIC_PAGE = re.compile(r"/c/([-\w]+)/")


class EmailForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username webauthn", "autofocus": True}),
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, slug: str = "") -> HttpResponse:
    clinic = clinic_of(slug) if slug else None
    onward = get_next_redirect_url(request) or (f"/c/{slug}/" if slug else way_before(request))
    if request.user.is_authenticated:
        return redirect(onward)
    clinic = clinic or clinic_on(onward)
    form = EmailForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if form.is_valid() and send_code(request, form.cleaned_data["email"], clinic):
            request.session[ONWARD] = onward
            asked = reverse("account_confirm_login_code")
            return redirect(f"{asked}?{urlencode({'next': onward})}")
        status = 429 if form.is_valid() else 422
        if form.is_valid():
            form.add_error("email", _("That was asked for too often. Please wait a minute."))
    page = {"form": form, "clinic": clinic, "onward": onward}
    return render(request, "accounts/sign_in.html", page, status=status)


def clinic_on(onward: str) -> Clinic | None:
    """The clinic whose page one is led on to."""
    found = CLINIC_PAGE.match(onward)
    return Clinic.at(found[1]) if found else None


def at_clinic(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of allauth's that names the clinic one was at when the code was asked for."""

    @wraps(view)
    def run(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        request.clinic = clinic_on(way_before(request))
        return view(request, *args, **kwargs)

    return run


def way_before(request: HttpRequest) -> str:
    """Where one was going when the code was asked for: wrong codes lead back to a bare door."""
    return str(request.session.get(ONWARD, "/"))


def send_code(request: HttpRequest, email: str, clinic: Clinic | None) -> bool:
    """False: asked too often, by this address or from this place; nothing was sent (AU8)."""
    if not ratelimit.consume(request, action="request_login_code", key=email):
        return False
    user = come_in(email=email, clinic=clinic, now=timezone.now())
    LoginCodeVerificationProcess.initiate(request=request, user=user, email=email)
    return True


def clinic_of(slug: str) -> Clinic:
    """The clinic of the address, or NotFound."""
    clinic = Clinic.at(slug)
    if clinic is None:
        raise NotFound
    return clinic
