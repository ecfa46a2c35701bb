"""One's own keys to the API: make (shown once), list, revoke."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import get_authentication_records
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actions.tokens import (
    LONGEST_DAYS,
    MOST,
    clinics_of,
    create_token,
    revoke_token,
    tokens_of,
)
from accounts.actor import Actor
from accounts.errors import BadInput
from accounts.models import User
from accounts.web.again import fresh


class TokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=60,
        help_text=gettext_lazy("So that you know it again, for example: calendar at home."),
    )
    clinic = forms.ChoiceField(label=gettext_lazy("Clinic"))
    days = forms.IntegerField(
        label=gettext_lazy("Valid for so many days"),
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=90,
    )

    def __init__(self, data: Any, user: User) -> None:
        super().__init__(data)
        options = [(str(clinic.uuid), clinic.name) for clinic in clinics_of(user)]
        self.fields["clinic"].choices = options  # type: ignore[attr-defined]


@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    user = me(request)
    shown = {"tokens": tokens_of(user, timezone.now()), "any_clinic": clinics_of(user).exists()}
    return render(request, "account/tokens.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@fresh
def new_token(request: HttpRequest) -> HttpResponse:
    """The token stands in this answer and nowhere else (AU7: a fresh proof is asked before)."""
    form = TokenForm(request.POST if request.method == "POST" else None, me(request))
    if form.is_valid():
        try:
            made = create_token(
                clinic=UUID(form.cleaned_data["clinic"]),
                name=form.cleaned_data["name"],
                days=form.cleaned_data["days"],
                second_factor=has_second_factor(request),
                actor=actor(request),
                now=timezone.now(),
            )
        except BadInput:
            told = _("You have %(most)d tokens already. Please revoke one first.")
            form.add_error(None, told % {"most": MOST})
        else:
            shown = {"made": made.row, "secret": made.secret}
            return render(request, "account/token_made.html", shown)
    status = 422 if form.is_bound else 200
    return render(request, "account/token_new.html", {"form": form}, status=status)


@require_POST
def revoke(request: HttpRequest, token: UUID) -> HttpResponse:
    revoke_token(token=token, actor=actor(request), now=timezone.now())
    messages.success(request, _("The token was revoked. It opens nothing any more."))
    return redirect("tokens")


def me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def actor(request: HttpRequest) -> Actor:
    return Actor.of(me(request), None, where=request.META.get("REMOTE_ADDR", ""))


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this session was opened with one; what it makes for staff depends on it (AU2)."""
    records = get_authentication_records(request, me(request))
    return any(record.get("method") == "mfa" for record in records)
