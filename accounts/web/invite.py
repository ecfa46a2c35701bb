"""The page behind the link of a staff invitation. Looking changes nothing; a button accepts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actions.staff import accept_invitation, find_invitation
from accounts.models import User
from accounts.web.home import first_page


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: Any, token: str) -> HttpResponse:
    """Bound to the invited address: one signs in with it, by the code that it gets (AU12)."""
    now = timezone.now()
    found = find_invitation(token, now)
    user = request.user if isinstance(request.user, User) else None
    sign_in = f"{reverse('sign_in')}?{urlencode({'next': request.path})}"
    mine = user is not None and user.email == found.email
    if request.method == "POST":
        if user is None:
            return redirect(sign_in)
        accept_invitation(token=token, user=user, now=now)
        messages.success(request, _("Welcome. Your role is active now."))
        return redirect(first_page(user, found.clinic))
    page = {"mine": mine, "known": user is not None, "sign_in": sign_in}
    if mine:  # only to whom it was sent does it name the clinic
        page |= {"clinic": found.clinic, "role": found.get_role_display()}
    return render(request, "accounts/invitation.html", page)


invitation.before_second_factor = True  # type: ignore[attr-defined]
