"""My profile: what patients change about themselves, sealed where it must be."""

import pytest
from django.db import connection
from django.test import Client

from accounts.models import AuditRow, Clinic, Patient
from tests.web.patient import HOME, text_of
from tests.world import NY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PROFILE = HOME + "my/profile/"
FILLED = {
    "called": "Nono",
    "time_zone": NY,
    "phone": "(310) 555-0199",
    "address": "7 Pier Road\nLong Beach",
    "emergency_contact": "Ned Quill, 310 555 0177",
    "reminders": "60",
    "no_mail": "on",
}


def test_it_shows_what_is_kept_and_saves_what_is_changed(world, nora: Client):
    page = nora.get(PROFILE)
    assert f"Name Nora Quill Reference {world.nora.reference}" in text_of(page)
    assert 'value="(310) 555-0123"' in page.content.decode()
    done = nora.post(PROFILE, FILLED, follow=True)
    assert "Your profile is saved." in text_of(done)
    who = Patient.objects.get(pk=world.nora.pk)
    assert (who.called, who.time_zone, who.reminders, who.no_mail) == ("Nono", NY, "60", True)
    assert (who.address, who.phone) == (FILLED["address"], "+13105550199")
    assert "7 Pier Road" in done.content.decode()


def test_what_reaches_the_person_is_sealed(world, nora: Client):
    """EN2."""
    nora.post(PROFILE, FILLED)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT phone, address, emergency_contact FROM accounts_patient WHERE id = %s",
            [world.nora.pk],
        )
        stored = "".join(cursor.fetchone())
    for secret in ("555", "Pier", "Ned"):
        assert secret not in stored


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("time_zone", "Mars/Base", "We do not know this time zone."),
        ("phone", "12", "Please give the number with its area code."),
        ("phone", "3" * 20, "Please give the number with its area code."),
        ("reminders", "7", "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_lost(
    world, nora: Client, field, value, sentence
):
    page = nora.post(PROFILE, FILLED | {field: value})
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert "Ned Quill, 310 555 0177" in page.content.decode()
    assert Patient.objects.get(pk=world.nora.pk).called == ""


def test_nobody_sets_what_is_the_clinics(world, nora: Client):
    """AC5."""
    nora.post(PROFILE, FILLED | {"email": "x@evil.test", "birth_date": "2001-01-01", "user": "1"})
    who = Patient.objects.get(pk=world.nora.pk)
    assert (who.email, who.birth_date, who.user) == (
        "nora@example.org",
        "1990-05-17",
        world.nora.user,
    )


def test_the_clinics_own_reminders_are_said_in_words(world, nora: Client):
    assert "As the clinic does: 24 hours and 1 hour before" in text_of(nora.get(PROFILE))
    Clinic.objects.filter(pk=world.clinic.pk).update(reminders="")
    assert "As the clinic does: None" in text_of(nora.get(PROFILE))


def test_a_choice_of_reminders_made_elsewhere_stays(world, nora: Client):
    Patient.objects.filter(pk=world.nora.pk).update(reminders="2880,30")
    assert "2880, 30 minutes before" in text_of(nora.get(PROFILE))
    nora.post(PROFILE, FILLED | {"reminders": "2880,30"})
    assert Patient.objects.get(pk=world.nora.pk).reminders == "2880,30"


def test_a_consent_is_taken_back_and_the_one_to_mail_given_again(world, nora: Client):
    """TH3, PR2."""
    consent = PROFILE + "consent/"
    page = nora.post(consent, {"form": "mail", "take_back": "1"}, follow=True)
    assert "Your consent is taken back." in text_of(page)
    assert not world.nora.consents.filter(form="mail", revoked_at=None).exists()
    nora.post(consent, {"form": "mail", "version": "1"})
    assert world.nora.consents.filter(form="mail", revoked_at=None).count() == 1
    nora.post(consent, {"form": "telehealth", "take_back": "1"})
    assert not world.nora.consents.filter(form="telehealth", revoked_at=None).exists()
    assert world.omar.consents.filter(revoked_at=None).count() == 2


@pytest.mark.parametrize(
    "said", [{}, {"form": "x"}, {"form": "x", "take_back": "1"}, {"form": "mail", "version": "9"}]
)
def test_a_consent_that_does_not_exist(world, nora: Client, said):
    assert nora.post(PROFILE + "consent/", said).status_code == 422


def test_looks_and_changes_leave_rows(world, nora: Client):
    """LG1. The row says which fields, never what is in them."""
    nora.get(PROFILE)
    nora.post(PROFILE, FILLED)
    rows = AuditRow.objects.filter(subject_id=str(world.nora.pk)).order_by("pk")
    assert [row.action for row in rows] == ["patient.view", "patient.change"]
    assert "Pier" not in str(rows[1].detail)


def test_only_a_post_changes(world, nora: Client):
    """BR1."""
    nora.get(PROFILE, FILLED)
    assert nora.get(PROFILE + "consent/", {"form": "mail", "take_back": "1"}).status_code == 405
    assert Patient.objects.get(pk=world.nora.pk).called == ""
    assert world.nora.consents.filter(revoked_at=None).count() == 2


def test_whoever_has_no_profile_is_asked_who_they_are(world, client: Client):
    client.force_login(world.mallory)
    assert client.get(PROFILE)["Location"].startswith("/c/harbor/who/?next=")
