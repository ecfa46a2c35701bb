"""A real clinic's first day begins with one command."""

from __future__ import annotations

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Clinic, Membership, Newcomers
from scheduling.models import LevelRule
from tests.doors import come_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
HARBOR = {
    "name": "Harbor Clinic",
    "slug": "harbor",
    "zone": "America/Los_Angeles",
    "admin_email": "Ada@example.org",
}


def test_it_makes_a_clinic_and_invites_its_admin(capsys):
    call_command("createclinic", **HARBOR, phone="555-0100")
    said = capsys.readouterr().out
    home = Clinic.objects.get()
    assert (home.name, home.newcomers) == ("Harbor Clinic", Newcomers.OPEN)
    assert set(home.consent_forms.values_list("form", "version")) == {
        ("telehealth", 1),
        ("mail", 1),
        ("group", 1),
    }
    assert set(home.modalities.values_list("code", flat=True)) == {"cbt", "dbt", "rebt"}
    iop = LevelRule.objects.filter(level__clinic=home, level__code="iop").order_by("age_from")
    bands = iop.values_list("age_from", "age_until", "min_minutes", "max_minutes")
    assert list(bands) == [(0, 18, 6 * 60, 19 * 60), (18, None, 9 * 60, 19 * 60)]
    assert set(home.levels.values_list("code", flat=True)) == {
        "outpatient", "iop", "php", "aftercare"
    }  # fmt: skip
    assert "/c/harbor/" in said
    link = said.split()[-1]
    [message] = mail.outbox
    assert message.to == ["ada@example.org"] and link in message.body


def test_the_first_admin_comes_in_by_it(capsys):
    call_command("createclinic", **HARBOR, invited_only=True)
    path = capsys.readouterr().out.split()[-1].removeprefix("http://localhost:8000")
    client = Client()
    come_in(client, "ada@example.org", onward=path)
    client.post(path)
    assert Membership.objects.get().role == "admin"
    assert Clinic.objects.get().newcomers == Newcomers.INVITED


@pytest.mark.parametrize(
    "wrong",
    [{"slug": "Har bor"}, {"slug": "-x"}, {"zone": "Mars/Olympus"}, {"admin_email": "ada"}],
)
def test_what_cannot_be_makes_nothing(wrong):
    with pytest.raises(CommandError):
        call_command("createclinic", **HARBOR | wrong)
    assert not Clinic.objects.exists() and not mail.outbox


def test_an_address_is_given_once():
    call_command("createclinic", **HARBOR)
    with pytest.raises(CommandError):
        call_command("createclinic", **HARBOR)
    assert Clinic.objects.count() == 1
