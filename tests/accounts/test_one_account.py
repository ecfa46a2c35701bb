"""One person, one account."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.models import AuditRow, User
from tests import world

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("other", ["nora@example.org", "NORA@example.org", "Nora@Example.Org"])
def test_an_address_belongs_to_one_account(other: str):
    """AU1: whatever the case of its letters."""
    world.user("Nora")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(other)
    assert User.objects.count() == 1


def test_the_database_itself_refuses_capital_letters():
    """AU1: also by raw SQL and .update()."""
    nora = world.user("Nora")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=nora.pk).update(email="Nora@example.org")
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE accounts_user SET email = 'NORA@EXAMPLE.ORG'")


def test_a_form_lowers_it_first():
    nora = User(email="Nora@Example.ORG", password="!")
    nora.full_clean()
    assert nora.email == "nora@example.org"
    nora.save()
    with pytest.raises(ValidationError):
        User(email="NORA@example.org", password="!").full_clean()


def test_every_record_says_who(client, clock):
    """AU1: the audit's actor is never empty, not even for strangers."""
    home = world.build()
    from tests.doors import sign_in

    client.get("/c/harbor/who/")
    sign_in(client, home.dana)
    for path in ("/c/harbor/desk/", "/c/harbor/desk/patients/?q=nora", "/c/harbor/office/"):
        client.get(path)
    client.post("/c/harbor/who/known/", {"birth_date": "1990-01-01", "reference": "AAAAAAAA"})
    rows = AuditRow.objects.all()
    assert rows.exists() and not rows.filter(actor_kind="").exists()
    assert not rows.filter(actor_kind="user", actor_id="").exists()
