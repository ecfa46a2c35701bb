"""Who one is in a clinic, and what patients change about themselves."""

import pytest
from django.db import connection

from accounts.models import AuditRow, Patient


def test_a_patient_reads_the_own_profile(world, caller):
    told = caller(world.nora).get("me/").json()
    assert told == {
        "email": "nora@example.org",
        "roles": [],
        "patient": {
            "reference": world.nora.reference,
            "first_name": "Nora",
            "last_name": "Quill",
            "called": "",
            "zone": "America/Los_Angeles",
            "phone": "+13105550123",
            "place": "CA",
            "reminders": None,
            "no_mail": False,
            "consents": ["mail", "telehealth"],
        },
    }
    last = AuditRow.objects.latest("pk")
    assert (last.action, last.subject_id) == ("patient.view", str(world.nora.pk))


def test_staff_read_their_roles(world, caller):
    assert caller(world.dana).get("me/").json()["roles"] == ["desk"]
    assert caller(world.alma).get("me/").json() == {
        "email": "alma@example.org",
        "roles": ["therapist"],
        "patient": None,
    }


def test_a_patient_changes_what_is_theirs(world, caller):
    changes = {
        "called": "Nono",
        "zone": "America/Chicago",
        "phone": "(312) 555-0199",
        "reminders": [60, 2880],
        "no_mail": True,
    }
    told = caller(world.nora).patch("me/", changes).json()["patient"]
    assert told["phone"] == "+13125550199" and told["reminders"] == [2880, 60]
    nora = Patient.objects.get(pk=world.nora.pk)
    assert (nora.called, nora.time_zone, nora.no_mail) == ("Nono", "America/Chicago", True)
    row = AuditRow.objects.filter(action="patient.change").get()
    assert row.subject_id == str(nora.pk) and set(row.detail) == {
        "called", "time_zone", "phone", "reminders", "no_mail",
    }  # fmt: skip


def test_the_telephone_number_stays_sealed(world, caller):
    """EN2."""
    caller(world.nora).patch("me/", {"phone": "312 555 0199"}, Idempotency_Key="k1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_patient")
        kept = str(cursor.fetchall())
        cursor.execute("SELECT * FROM scheduling_storedreply")
        kept += str(cursor.fetchall())
    assert "5550199" not in kept


@pytest.mark.parametrize(("said", "kept"), [(None, "default"), ([], ""), ([1440], "1440")])
def test_reminders(world, caller, said, kept: str):
    told = caller(world.nora).patch("me/", {"reminders": said}).json()["patient"]
    assert told["reminders"] == said
    assert Patient.objects.get(pk=world.nora.pk).reminders == kept


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"zone": "Mars/Olympus"}, "no_such_zone"),
        ({"phone": "12"}, "bad_input"),
        ({"reminders": [0]}, "invalid"),
        ({"reminders": [10081]}, "invalid"),
        ({"email": "other@example.org"}, "unknown_field"),
        ({"roles": ["admin"]}, "unknown_field"),
        ({"reference": "AAAAAAAA"}, "unknown_field"),
        ({"birth_date": "1980-01-01"}, "unknown_field"),
    ],
)
def test_what_is_not_theirs_to_change(world, caller, said, code: str):
    """AC5."""
    before = as_it_is(world.nora)
    answer = caller(world.nora).patch("me/", said)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert as_it_is(world.nora) == before


def as_it_is(who: Patient) -> dict:
    row = Patient.objects.get(pk=who.pk)
    return {field.name: str(getattr(row, field.name)) for field in Patient._meta.concrete_fields}


def test_who_is_no_patient_has_nothing_to_change(world, caller):
    for who in (world.dana, world.mallory):
        answer = caller(who).patch("me/", {"called": "X"})
        assert (answer.status_code, answer.json()["code"]) == (422, "not_a_patient")


def test_nobody_is_nobody(caller):
    """AC1."""
    for answer in (caller().get("me/"), caller().patch("me/", {})):
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_queries(world, caller, django_assert_num_queries):
    nora = caller(world.nora)
    nora.get("me/")
    with django_assert_num_queries(5):
        nora.get("me/")
