"""Proving again who one is, before what protects the account is changed (AU6, AU7)."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm
from allauth.account.internal.flows.email_verification_by_code import EmailVerificationProcess
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.flows.reauthentication import (
    get_reauthentication_flows,
    raise_if_reauthentication_required,
    resume_request,
)
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import EmailView
from allauth.core import ratelimit
from allauth.core.exceptions import ReauthenticationRequired
from allauth.core.internal.cryptokit import compare_user_code
from allauth.core.ratelimit import respond_429
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.errors import BadInput
from accounts.models import User

View = Callable[..., HttpResponseBase]
CODE = "again_code"  # in the web session: {"code", "at", "tries"}
CODE_SECONDS, TRIES = 600, 3
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def fresh(view: View) -> View:
    """Only for somebody who proved it within the last minutes, also without password and factor."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not get_reauthentication_flows(request.user):
            require_recent_proof(request)
        else:
            raise_if_reauthentication_required(request, app="account")
        return view(request, *args, **kwargs)

    return run


def require_recent_proof(request: HttpRequest) -> None:
    """allauth takes an account without password and factor for fresh at any time; we do not."""
    records = get_authentication_records(request, request.user)
    if not records or time.time() - records[-1]["at"] >= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        raise ReauthenticationRequired


def renewed(view: View) -> View:
    """After a new proof the session has a new id (SE3)."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        before = proofs(request)
        response = view(request, *args, **kwargs)
        if proofs(request) > before:
            renew(request)
        return response

    return run


def proofs(request: HttpRequest) -> int:
    user: Any = request.user
    return len(get_authentication_records(request, user)) if user.is_authenticated else 0


def renew(request: HttpRequest) -> None:
    old = request.session.session_key
    request.session.cycle_key()
    new = request.session.session_key
    UserSession.objects.filter(session_key=old).update(session_key=new)


def well_formed(view: View) -> View:
    """What reads a passkey's answer raises at nonsense: the caller's mistake, no crash of ours."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except (ValueError, KeyError) as error:
            if "credential" in request.POST:
                raise BadInput(field="credential") from error
            raise

    return run


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def by_code(request: HttpRequest) -> HttpResponse:
    """For those without password and factor: a code by mail, asked for with one button."""
    onward = get_next_redirect_url(request) or reverse("account")
    if get_reauthentication_flows(request.user):
        method = get_adapter().get_reauthentication_methods(request.user)[0]
        return redirect(f"{method['url']}?{urlencode({'next': onward})}")
    sent = request.session.get(CODE)
    form = CodeForm(request.POST if "code" in request.POST else None)
    if request.method == "POST":
        if not ratelimit.consume(request, action="reauthenticate", user=request.user):
            too_often: HttpResponse = respond_429(request)
            return too_often
        if not form.is_bound:
            return send(request, onward)
        if form.is_valid() and right(request, form.cleaned_data["code"]):
            return proved(request, onward)
        form.add_error("code", _("This code is not right. After three tries, ask for a new one."))
    page = {"form": form, "sent": bool(sent), "onward": onward}
    return render(request, "accounts/again.html", page, status=422 if form.is_bound else 200)


def send(request: HttpRequest, onward: str) -> HttpResponse:
    adapter, user = get_adapter(request), request.user
    code = adapter.generate_login_code()
    request.session[CODE] = {"code": code, "at": time.time(), "tries": 0}
    adapter.send_mail("account/email/login_code", user.email, {"code": code})  # type: ignore[union-attr]
    here = reverse("account_reauthenticate_by_code")
    return redirect(f"{here}?{urlencode({'next': onward})}")


def right(request: HttpRequest, code: str) -> bool:
    """Counts the tries; a code works once."""
    sent = request.session.pop(CODE, None)
    if not sent or sent["tries"] >= TRIES or time.time() - sent["at"] > CODE_SECONDS:
        return False
    if compare_user_code(actual=code, expected=sent["code"]):
        return True
    request.session[CODE] = sent | {"tries": sent["tries"] + 1}
    return False


def proved(request: HttpRequest, onward: str) -> HttpResponse:
    user: Any = request.user
    record_authentication(request, user, "code", email=user.email, reauthenticated=True)
    renew(request)
    resumed: HttpResponse | None = resume_request(request)
    return resumed or redirect(onward)


class NewEmailForm(AddEmailForm):  # type: ignore[misc]
    """An address that another account has gets the same answer, and no code (AU9)."""

    def save(self, request: HttpRequest) -> Any:
        email = self.cleaned_data["email"]
        if not User.objects.filter(email=email).exclude(pk=self.user.pk).exists():
            return super().save(request)
        state = EmailVerificationProcess.initial_state(self.user, email)
        state["account_already_exists"] = True
        process = EmailVerificationProcess(request=request, user=self.user, state=state)
        process.generate_code()
        process.send()
        process.persist()
        return process.email_address


class ChangeEmail(EmailView):  # type: ignore[misc]
    """allauth's page, but looking at it writes nothing (BR1)."""

    form_class = NewEmailForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method in SAFE:
            self._did_send_verification_email = False
            return super(EmailView, self).dispatch(request, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)


change_email = ChangeEmail.as_view()
