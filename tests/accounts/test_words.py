"""The pages of codes and second steps speak as the rest of the site does."""

import pytest
from django.test import Client

from tests import world
from tests.doors import sign_in
from tests.web.patient import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.mark.parametrize("email", ["nora@example.org", "nobody@example.org"])
def test_the_page_for_the_code_says_whose_it_is_and_how_long_it_is_good(email):
    """AU9: known or not."""
    world.patient(world.clinic(), "Nora")
    client = Client()
    page = client.post("/c/harbor/sign-in/", {"email": email}, follow=True)
    assert f"a code to {email} , for Harbor. It is good for ten minutes." in text_of(page)
    elsewhere = Client().post("/sign-in/", {"email": email}, follow=True)
    assert f"a code to {email} . It is good for ten minutes." in text_of(elsewhere)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("", "Second step of signing in"),
        ("recovery-codes/generate/", "Make new recovery codes"),
        ("totp/deactivate/", "Remove the authenticator app"),
        ("webauthn/add/", "Add a passkey or security key"),
    ],
)
def test_second_steps_in_our_own_words(page, said):
    alma = world.build().alma
    client = sign_in(Client(), alma.user)
    answer = client.get(f"/accounts/2fa/{page}", follow=True)
    text = text_of(answer)
    assert answer.status_code == 200
    assert said in text
    for word in ("Two-Factor", "Security Key", "Authenticator App", "Are you sure"):
        assert word not in text
