"""A refusal of the database is told by its constraint's name, the same on both databases."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import isolate_apps

from accounts.models import Clinic, Cover, Membership, Therapist, User
from accounts.models.guard import violated

pytestmark = pytest.mark.django_db


def name_of(write):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        write()
    return violated(caught.value)


@pytest.fixture
def clinic():
    return Clinic.objects.create(name="Harbour", slug="harbour", time_zone="America/Los_Angeles")


@pytest.fixture
def tess():
    return User.objects.create_user("tess@example.org")


def test_a_unique_constraint(clinic, tess):
    Membership.objects.create(clinic=clinic, user=tess, role="desk")
    assert name_of(lambda: Membership.objects.create(clinic=clinic, user=tess, role="desk")) == (
        "membership_once"
    )


def test_a_check(clinic, tess):
    one = Therapist.objects.create(clinic=clinic, user=tess, name="Tess", time_zone="UTC")
    days = {"first_day": date(2027, 1, 2), "last_day": date(2027, 1, 1)}
    assert name_of(lambda: Cover.objects.create(covering=one, covered=one, **days)) == (
        "cover_in_order"
    )


def test_a_missing_value_has_no_name(tess):
    assert name_of(lambda: User.objects.filter(pk=tess.pk).update(name=None)) is None


@pytest.mark.django_db(transaction=True)
def test_a_unique_expression():
    with isolate_apps("scheduling"):

        class Word(models.Model):  # noqa: DJ008
            text = models.CharField(max_length=9)

            class Meta:
                app_label = "scheduling"
                constraints = [
                    models.UniqueConstraint(models.functions.Lower("text"), name="word_once")
                ]

        with connection.schema_editor() as editor:
            editor.create_model(Word)
        Word.objects.create(text="one")
        assert name_of(lambda: Word.objects.create(text="ONE")) == "word_once"
        with connection.schema_editor() as editor:
            editor.delete_model(Word)
