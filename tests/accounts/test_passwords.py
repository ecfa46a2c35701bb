"""Passwords: long, not common, and no other rule."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import get_hasher
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from tests import world
from tests.doors import sign_in


@pytest.mark.parametrize(
    "good",
    [
        "twelve chars",
        "111122223335",
        "only small letters here",
        "пароль из многих букв",
        "spaces   are   kept",
        "\U0001f40b" * 64,
        "x y" * 42,
    ],
)
def test_long_ones_of_any_letters_are_fine(good: str):
    """AU10: 12 and more, 64 and more, any sign, no composition rule."""
    validate_password(good)


@pytest.mark.parametrize("bad", ["", "short", "eleven char", "\U0001f40b" * 11])
def test_short_ones_are_refused(bad: str):
    """AU10."""
    with pytest.raises(ValidationError):
        validate_password(bad)


def test_common_ones_are_refused():
    """AU10: by a list that is on the disk; every one of its long entries."""
    common = sorted(CommonPasswordValidator().passwords)
    long_ones = [one for one in common if len(one) >= 12]
    assert len(common) >= 3000 and long_ones
    for one in long_ones:
        with pytest.raises(ValidationError):
            validate_password(one)


def test_they_are_kept_by_argon2(settings):
    """AU10: in every mode."""
    from telehealth import settings as real

    settings.PASSWORD_HASHERS = real.PASSWORD_HASHERS
    assert get_hasher("default").algorithm == "argon2"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("password", "taken"), [("short", False), ("password1234", False), ("one long phrase", True)]
)
def test_the_page_says_so(clock, password: str, taken: bool):
    """AU10: through the door where a password is set."""
    nora = world.patient(world.clinic(), "Nora").user
    client = sign_in(Client(), nora, mfa=True)
    client.post("/accounts/password/set/", {"password1": password, "password2": password})
    nora.refresh_from_db()
    assert nora.has_usable_password() is taken
