"""How allauth behaves here: nobody signs up by its own routes; people come by our one door."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


def stays_here(url: str) -> bool:
    """Only a path on this very host, given without the host (AU11)."""
    return url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This is not the code. Please take the newest one."),
        "too_many_login_attempts": gettext_lazy(
            "Too many tries. Please ask for a new code, or wait a few minutes."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        return stays_here(url)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Neutral, without the host that the request claims (PR1, TK6)."""
        said = {"email": email, "site_url": settings.SITE_URL.rstrip("/"), **context}
        self.render_mail(template_prefix, email, said).send()

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has neither password nor second factor proves it again by a code."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if methods or not user.is_authenticated:
            return methods
        url = reverse("account_reauthenticate_by_code")
        return [{"id": "code", "description": _("Send me a code"), "url": url}]

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")
