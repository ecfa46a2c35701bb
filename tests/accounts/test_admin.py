"""Django's admin: for operators, with the second factor, to look at rows without people."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.admin import operators
from accounts.models import Consent, Patient, User
from accounts.sealed import sealed_fields
from scheduling.models import Booking, CheckIn
from tests import world
from tests.doors import is_in, sign_in, totp_secret
from tests.house.routes import booking_things

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PASSWORD = "quite a long phrase"


@pytest.fixture
def olga():
    """Operates the service."""
    return User.objects.create_superuser("olga@example.org", PASSWORD, name="Olga")


@pytest.fixture
def home():
    home = world.build()
    booking_things(home)
    return home


def pages(model) -> list[str]:
    info = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    rows = model._default_manager.order_by("-pk")[:2]
    changes = [reverse(f"{info}_change", args=[row.pk]) for row in rows]
    return [reverse(f"{info}_changelist"), *changes]


def test_its_own_sign_in_signs_nobody_in(olga):
    """AC10, AU3: stock Django lets a password alone in; here it leads to the one door."""
    totp_secret(olga)
    client = Client()
    answer = client.post("/admin/login/", {"username": olga.email, "password": PASSWORD})
    assert answer["Location"].startswith("/sign-in/") and not is_in(client)


def test_without_a_second_factor_it_stays_shut(olga):
    """AC10: for superusers as well."""
    client = sign_in(Client(), olga, mfa=False)
    assert client.get("/admin/")["Location"] == "/accounts/2fa/totp/activate/"
    totp_secret(olga)
    assert "reauthenticate" in client.get("/admin/")["Location"]


def test_it_shows_rows_and_no_patient(olga, home):
    """AC10: neither name, contact, reference nor text of anybody who is treated."""
    client = sign_in(Client(), olga)
    assert client.get("/admin/").status_code == 200
    canaries = ["Nora", "Quill", "nora@", "1990-05-17", "3105550123", home.nora.reference]
    for model in operators._registry:
        for path in pages(model):
            page = client.get(path)
            assert page.status_code == 200, path
            for canary in canaries:
                assert canary not in page.content.decode(), (path, canary)


def test_it_changes_nothing(olga, home):
    """AC10, AC5: no form to add, change or delete, and no action."""
    client = sign_in(Client(), olga)
    for model in operators._registry:
        info = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.order_by("-pk").first()
        before = list(model._default_manager.order_by("pk").values())
        listing = reverse(f"{info}_changelist")
        client.post(listing, {"action": "delete_selected", "_selected_action": "1"})
        assert client.post(reverse(f"{info}_add"), {"name": "x"}).status_code == 403
        if row is not None:
            assert (
                client.post(reverse(f"{info}_delete", args=[row.pk]), {"post": "yes"}).status_code
                == 403
            )
            assert (
                client.post(reverse(f"{info}_change", args=[row.pk]), {"name": "x"}).status_code
                == 403
            )
        if model is not User:  # whose second factor was just noted
            assert list(model._default_manager.order_by("pk").values()) == before


def test_sealed_rows_and_second_factors_are_not_registered():
    """AC10, AU5: what lies sealed, or opens an account, has no page there."""
    registered = set(operators._registry)
    assert not registered & {Patient, Booking, CheckIn, Consent, Authenticator}
    for model, look in operators._registry.items():
        hidden = {field.name for field in sealed_fields(model)} | {"token_hash", "password"}
        assert not hidden & set(look.shown), model


def test_the_stock_admin_is_not_mounted():
    """Its registry holds what other packages put there, passwords and authenticators among them."""
    assert admin.site is not operators
    with pytest.raises(NoReverseMatch):
        reverse("admin:mfa_authenticator_changelist")


def test_no_operator_chooses_a_password(olga):
    """AU7: there is no password page in it."""
    client = sign_in(Client(), olga)
    assert client.get("/admin/password_change/")["Location"] == "/account/"
    assert client.get(f"/admin/accounts/user/{olga.pk}/password/").status_code in (302, 404)
