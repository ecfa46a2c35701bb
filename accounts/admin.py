"""For whoever operates the service: a look at rows, for support.

It changes nothing and shows no patient: no name, no contact, no text (AC10). The clinic's own work
is done on the clinic's pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import Clinic, Invitation, Licence, Membership, Therapist, User

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin  # takes no parameter when it runs


class Operators(admin.AdminSite):
    """Holds what is registered here and in scheduling/admin.py, and nothing else; it has no
    sign-in and no password page of its own."""

    site_header = site_title = index_title = "Operation"

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account")


operators = Operators(name="admin")


class ReadOnly(Base):
    """`shown` is all that can be seen, and in this order."""

    shown: tuple[str, ...] = ()
    actions = None

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return self.shown

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return self.shown

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """The newest first; what `shown` leads to comes in the same query."""
        found: models.QuerySet[Any] = super().get_queryset(request).order_by("-pk")
        return found

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        return redirect("admin:index")  # nothing was ever changed here


def show(model: type[models.Model], *fields: str) -> None:
    name = f"{model.__name__}Look"
    operators.register(model, type(name, (ReadOnly,), {"shown": fields}))


show(Clinic, "name", "slug", "time_zone", "newcomers", "part2", "active")
show(User, "uuid", "is_active", "is_staff", "created_at", "last_login")
show(Membership, "clinic", "user", "role", "state", "created_at")
show(Invitation, "clinic", "role", "created_at", "expires_at", "accepted_at", "revoked_at")
show(Therapist, "name", "clinic", "time_zone", "accepting", "active")
show(Licence, "therapist", "state", "kind", "valid_from", "valid_until", "revoked_at")
