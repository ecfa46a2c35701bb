"""EN2, AU5: what is sealed opens in its place, under its key, and nowhere else."""

import pickle
from base64 import b64encode
from io import StringIO
from uuid import uuid4

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core import checks
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.db.models import F, Value
from django.test.utils import isolate_apps

from accounts import sealed
from accounts.models import Clinic, Patient, User
from accounts.sealed import SealedError, SealedValue, blind_index, normal_phone, reseal

pytestmark = pytest.mark.django_db

CANARY = "+15550104242"


@pytest.fixture
def clinic():
    return Clinic.objects.create(name="Harbour", slug="harbour", time_zone="America/Los_Angeles")


@pytest.fixture
def ada(clinic):
    return Patient.objects.create(clinic=clinic, first_name="Ada", phone=CANARY)


def raw(patient, column="phone"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM accounts_patient WHERE id = %s", [patient.pk])
        return cursor.fetchone()[0]


def put(patient, value, column="phone"):
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE accounts_patient SET {column} = %s WHERE id = %s", [value, patient.pk]
        )


def again(patient):
    return Patient.objects.get(pk=patient.pk)


def key(letter):
    return b64encode(letter.encode() * 32).decode()


def test_the_database_holds_a_token_and_the_attribute_the_text(ada):
    """EN2: raw SQL shows no canary."""
    token = raw(ada)
    assert token.startswith("v1.dev.")
    assert "canary" not in token
    assert ada.phone == CANARY
    assert again(ada).phone == CANARY


def test_the_same_text_is_never_the_same_token(ada, clinic):
    other = Patient.objects.create(clinic=clinic, phone=CANARY)
    assert raw(ada) != raw(other)


def test_it_opens_when_it_is_read_and_not_before(ada):
    put(ada, "v1.dev.AAAA")
    found = again(ada)
    assert found.first_name == "Ada"
    with pytest.raises(SealedError):
        found.phone  # noqa: B018


def test_a_changed_byte_is_noticed(ada):
    """EN2"""
    token = raw(ada)
    middle = len(token) // 2
    put(ada, token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :])
    with pytest.raises(SealedError):
        again(ada).phone  # noqa: B018


def test_two_rows_cannot_swap(ada, clinic):
    """EN2"""
    ben = Patient.objects.create(clinic=clinic, first_name="Ben", phone="555 010 9999")
    put(ben, raw(ada))
    with pytest.raises(SealedError):
        again(ben).phone  # noqa: B018


def test_two_columns_of_a_row_cannot_swap(ada):
    put(ada, raw(ada), "address")
    with pytest.raises(SealedError):
        again(ada).address  # noqa: B018


@pytest.mark.parametrize("stored", [CANARY, "", "v2.dev.AAAA", "v1.gone.AAAA", "v1.dev.é"])
def test_what_was_not_sealed_here_is_refused_without_showing_it(ada, stored):
    """EN2: the error names the place, never the value."""
    put(ada, stored)
    with pytest.raises(SealedError) as caught:
        again(ada).phone  # noqa: B018
    assert str(caught.value) == (
        f"What is stored at accounts.patient.phone:{ada.uuid} cannot be opened."
    )
    assert caught.value.__cause__ is None


def test_nothing_is_null_and_reads_as_nothing(clinic):
    empty = Patient.objects.create(clinic=clinic, phone="")
    absent = Patient.objects.create(clinic=clinic)
    assert raw(empty) is raw(absent) is None
    assert again(empty).phone == again(absent).phone == absent.phone == ""
    assert Patient.objects.filter(phone__isnull=True).count() == 2


@pytest.mark.parametrize("value", ["555", Value("555"), F("first_name")])
def test_every_way_past_save_is_refused(ada, value):
    """EN2: no door lets text into the column."""
    with pytest.raises(SealedError), transaction.atomic():
        Patient.objects.filter(pk=ada.pk).update(phone=value)
    ada.phone = value
    with pytest.raises(SealedError), transaction.atomic():
        Patient.objects.bulk_update([ada], ["phone"])
    assert again(ada).phone == CANARY


@pytest.mark.parametrize("value", [555, F("first_name"), Value("555")])
def test_only_text_is_sealed(ada, value):
    ada.phone = value
    with pytest.raises(SealedError), transaction.atomic():
        ada.save()
    assert again(ada).phone == CANARY


def test_emptying_by_update_is_allowed(ada):
    Patient.objects.filter(pk=ada.pk).update(phone=None)
    assert again(ada).phone == ""


@pytest.mark.parametrize(
    "lookup", ["phone", "phone__exact", "phone__icontains", "phone__in", "phone__gt"]
)
def test_it_cannot_be_searched(lookup):
    with pytest.raises(FieldError):
        Patient.objects.filter(**{lookup: ["555"]}).exists()


def test_bulk_create_seals(clinic):
    rows = [Patient(clinic=clinic, phone=f"555 010 000{n}") for n in range(3)]
    Patient.objects.bulk_create(rows)
    found = Patient.objects.order_by("pk")
    assert [patient.phone for patient in found] == [f"555 010 000{n}" for n in range(3)]
    assert all(raw(patient).startswith("v1.") for patient in found)


def test_values_are_opaque_and_silent(ada):
    """LG4: what is logged by accident says nothing."""
    row = Patient.objects.values("uuid", "phone").get()
    value = row["phone"]
    assert isinstance(value, SealedValue)
    assert f"{value} {value!r} {row}".count("<sealed>") == 3
    assert value.token not in f"{value} {value!r} {row}"
    assert value.open(row["uuid"]) == CANARY
    with pytest.raises(SealedError):
        value.open(uuid4())


def test_saving_what_was_not_touched_keeps_it(ada):
    token = raw(ada)
    found = again(ada)
    found.first_name = "Adele"
    found.save()
    assert raw(ada) == token


def test_deferred_refreshed_and_pickled_rows_still_open(ada):
    assert Patient.objects.only("first_name").get().phone == CANARY
    assert Patient.objects.defer("uuid").get().phone == CANARY
    ada.phone = "other"
    ada.refresh_from_db()
    assert ada.phone == CANARY
    assert pickle.loads(pickle.dumps(again(ada))).phone == CANARY


def test_a_copy_under_another_uuid_is_refused_rather_than_lost(ada):
    copy = again(ada)
    copy.pk, copy.uuid = None, uuid4()
    with pytest.raises(SealedError):
        copy.save()


def test_dumpdata_does_not_write_the_text(ada):
    with pytest.raises(CommandError) as caught:
        call_command("dumpdata", "accounts.patient")
    assert CANARY not in str(caught.value)


def test_a_model_needs_a_uuid():
    with isolate_apps("scheduling"):

        class Secret(models.Model):  # noqa: DJ008
            text = sealed.SealedTextField()

            class Meta:
                app_label = "scheduling"

        assert [error.id for error in Secret.check() if isinstance(error, checks.Error)] == [
            "accounts.E001"
        ]


def test_the_length_of_the_text_is_checked_in_forms():
    field = Patient._meta.get_field("phone").formfield()
    assert field.max_length == 200
    assert not field.required


def test_a_new_key_seals_and_the_old_one_still_opens(ada, settings):
    settings.SEALED_KEYS = [f"new:{key('n')}", *settings.SEALED_KEYS]
    assert again(ada).phone == CANARY
    ben = Patient.objects.create(clinic=ada.clinic, phone="555")
    assert raw(ben).startswith("v1.new.")


def test_reseal_reads_all_and_rewrites_what_is_old(ada, settings, capsys):
    """EN2: afterwards the old key can go."""
    ben = Patient.objects.create(clinic=ada.clinic, phone="555", address="1 Pier")
    Patient.objects.create(clinic=ada.clinic)
    old = settings.SEALED_KEYS
    settings.SEALED_KEYS = [f"new:{key('n')}", *old]
    assert reseal(Patient, batch=2) == (3, 2)
    assert reseal(Patient, batch=2) == (3, 0)
    settings.SEALED_KEYS = settings.SEALED_KEYS[:1]
    assert (again(ada).phone, again(ben).address) == (CANARY, "1 Pier")


def test_reseal_stops_at_what_does_not_open(ada, settings):
    put(ada, CANARY)
    with pytest.raises(CommandError) as caught:
        call_command("reseal")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("keys", [[], ["k:c2hvcnQ="], [f":{key('a')}"], [f"a.b:{key('a')}"]])
def test_a_bad_key_ring_is_refused(settings, keys):
    settings.SEALED_KEYS = keys
    with pytest.raises(ImproperlyConfigured):
        sealed.seal("text", "place")


def test_second_factors_are_sealed(settings):
    """AU5: raw SQL shows no TOTP secret; it can be resealed."""
    user = User.objects.create_user("tess@example.org")
    auth = TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        stored = str(cursor.fetchone()[0])
    assert "JBSWY3DPEHPK3PXP" not in stored
    assert "v1.dev." in stored
    assert get_adapter().decrypt(auth.instance.data["secret"]) == "JBSWY3DPEHPK3PXP"
    settings.SEALED_KEYS = [f"new:{key('n')}", *settings.SEALED_KEYS]
    call_command("reseal", stdout=StringIO())
    settings.SEALED_KEYS = settings.SEALED_KEYS[:1]
    kept = Authenticator.objects.get().data["secret"]
    assert get_adapter().decrypt(kept) == "JBSWY3DPEHPK3PXP"


def test_a_second_factor_in_clear_is_refused():
    with pytest.raises(SealedError):
        get_adapter().decrypt("JBSWY3DPEHPK3PXP")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(555) 010-1234", "+15550101234"),
        ("1 555 010 1234 ext. 2", "+15550101234"),
        ("+1-555-010-1234 x7", "+15550101234"),
        ("555.010.1234", "+15550101234"),
        ("+371 2000 0000", "+37120000000"),
        ("011 371 2000 0000", "+37120000000"),
        ("0037120000000", "+37120000000"),
        ("010 1234", "0101234"),
        ("none", ""),
        ("", ""),
    ],
)
def test_a_number_has_one_spelling(text, number):
    assert normal_phone(text) == number


def test_a_blind_index_depends_on_value_purpose_and_key(settings):
    index = blind_index("+15550101234", "patient.phone")
    assert len(index) == 64
    assert index == blind_index("+15550101234", "patient.phone")
    assert index != blind_index("+15550101235", "patient.phone")
    assert index != blind_index("+15550101234", "check_in.call_back")
    settings.BLIND_INDEX_KEY = key("b")
    assert index != blind_index("+15550101234", "patient.phone")
    assert blind_index("", "patient.phone") == ""
