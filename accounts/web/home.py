"""The first page, and a person's own account."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import Clinic, Membership, MembershipState, Role, Therapist, User

# Where each kind of work begins, the narrowest role first.
WORK = {
    Role.THERAPIST.value: "therapist_today",
    Role.DESK.value: "desk_day",
    Role.ADMIN.value: "office_home",
    Role.PRIVACY.value: "office_audit",
    Role.EXPORT.value: "utilization_rows",
}


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Straight to the clinic for who belongs to one; a choice for who belongs to several."""
    user = request.user
    if not isinstance(user, User):
        return render(request, "accounts/home.html")
    clinics = list(my_clinics(user))
    if len(clinics) == 1:
        return redirect(first_page(user, clinics[0]))
    listed = [(one.name, first_page(user, one)) for one in clinics]
    return render(request, "accounts/home.html", {"clinics": listed})


def first_page(user: User, clinic: Clinic) -> str:
    """Where the day begins: at work for staff, where times are found for everybody else."""
    active = Membership.objects.filter(user=user, clinic=clinic, state=MembershipState.ACTIVE.value)
    roles = set(active.values_list("role", flat=True))
    if not Therapist.objects.filter(user=user, clinic=clinic, active=True).exists():
        roles.discard(Role.THERAPIST.value)  # without a profile there is no calendar to open
    name = next((page for role, page in WORK.items() if role in roles), "booking_home")
    return reverse(name, args=[clinic.slug])


def my_clinics(user: User) -> Any:
    works = Q(memberships__user=user, memberships__state=MembershipState.ACTIVE.value)
    comes = Q(patients__user=user, patients__active=True)
    return Clinic.objects.filter(works | comes, active=True).distinct().order_by("name")


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """My sign-in methods, and where I am signed in."""
    user: Any = request.user
    kinds = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    sessions = UserSession.objects.filter(user=user).count()
    page = {
        "has_password": user.has_usable_password(),
        "has_app": Authenticator.Type.TOTP in kinds,
        "has_codes": Authenticator.Type.RECOVERY_CODES in kinds,
        "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
        "sessions": sessions,
        "clinics": list(my_clinics(user)),
    }
    return render(request, "accounts/account.html", page)
