"""LG2: the database refuses to change, delete or empty the audit's tables, on both engines."""

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import isolate_apps

from accounts.models.guard import AppendOnly, violated
from tests.guard.lift import lifted

pytestmark = pytest.mark.django_db(transaction=True)

GUARD = AppendOnly(name="note_append_only")


@pytest.fixture
def notes():
    with isolate_apps("scheduling"):

        class Note(models.Model):  # noqa: DJ008
            text = models.CharField(max_length=20)
            more = models.CharField(max_length=20, default="")

            class Meta:
                app_label = "scheduling"
                constraints = [GUARD]

        with connection.schema_editor() as editor:
            editor.create_model(Note)
        yield Note
        with connection.schema_editor() as editor:
            editor.delete_model(Note)


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def refused(write):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        write()
    assert violated(caught.value) == "note_append_only"


def test_rows_are_added_and_never_changed_or_deleted(notes):
    """LG2: through the ORM and in raw SQL."""
    note = notes.objects.create(text="first")
    notes.objects.bulk_create([notes(text="second"), notes(text="third")])
    note.text = "forged"
    refused(note.save)
    refused(note.delete)
    refused(notes.objects.all().delete)
    refused(lambda: notes.objects.filter(pk=note.pk).update(text="forged"))
    refused(lambda: run("UPDATE scheduling_note SET text = 'forged'"))
    refused(lambda: run("DELETE FROM scheduling_note"))
    assert list(notes.objects.values_list("text", flat=True).order_by("pk")) == [
        "first",
        "second",
        "third",
    ]


def test_an_upsert_is_a_change(notes):
    note = notes.objects.create(text="first")
    row = notes(pk=note.pk, text="forged")
    refused(
        lambda: notes.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["id"], update_fields=["text"]
        )
    )


def test_a_table_is_not_emptied_at_once(notes):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    notes.objects.create(text="first")
    refused(lambda: run("TRUNCATE scheduling_note"))


def test_the_guard_outlives_changes_of_its_table(notes):
    notes.objects.create(text="first")
    field = models.CharField(max_length=5, default="x", null=False)
    field.set_attributes_from_name("extra")
    wider = models.CharField(max_length=99, null=True)
    wider.set_attributes_from_name("text")
    wider.model = notes
    for change in (
        lambda editor: editor.add_field(notes, field),
        lambda editor: editor.alter_field(notes, notes._meta.get_field("text"), wider),
        lambda editor: editor.remove_field(notes, notes._meta.get_field("more")),
    ):
        with connection.schema_editor() as editor:
            change(editor)
        refused(lambda: run("UPDATE scheduling_note SET text = 'forged'"))
        refused(lambda: run("DELETE FROM scheduling_note"))


def test_it_can_be_taken_off_and_put_on_again(notes):
    note = notes.objects.create(text="first")
    notes._meta.constraints = []
    with connection.schema_editor() as editor:
        editor.remove_constraint(notes, GUARD)
    notes.objects.update(text="second")
    notes._meta.constraints = [GUARD]
    with connection.schema_editor() as editor:
        editor.add_constraint(notes, GUARD)
    refused(note.delete)


def test_a_test_can_lift_it_and_it_comes_back(notes):
    note = notes.objects.create(text="first")
    with lifted(connection):
        notes.objects.update(text="tampered")
    refused(note.delete)
    with pytest.raises(ZeroDivisionError), lifted(connection):
        raise ZeroDivisionError
    refused(note.delete)
