"""Two live rows of one owner never share a minute, whatever writes, on both databases."""

import os
import sys
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, IntegrityError, OperationalError, connection, models, transaction
from django.db.migrations.writer import MigrationWriter
from django.test.utils import isolate_apps

from accounts.models.guard import violated
from scheduling.models.guard import NoOverlap
from tests.databases import PATIENCE
from tests.ready import Forked

pytestmark = pytest.mark.django_db(transaction=True)

GUARD = NoOverlap(name="visit_no_overlap", owner="owner", start="start", end="end", longest=720)
ADA, BEN = 1, 2


@pytest.fixture
def visits():
    """A table of its own; with columns named `end` and `start`, which SQL must quote."""
    with isolate_apps("scheduling"):

        class Visit(models.Model):  # noqa: DJ008
            owner = models.BigIntegerField(null=True)
            start = models.IntegerField(null=True)
            end = models.IntegerField(null=True)
            live = models.BooleanField(default=True)
            note = models.CharField(max_length=10, default="", blank=True)

            class Meta:
                app_label = "scheduling"
                constraints = [GUARD]
                indexes = [models.Index(fields=["owner", "live", "start"], name="visit_probe")]

        with connection.schema_editor() as editor:
            editor.create_model(Visit)
        yield Visit
        with connection.schema_editor() as editor:
            editor.delete_model(Visit)


def refused(write, name="visit_no_overlap"):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        write()
    assert violated(caught.value) == name
    assert name in str(caught.value)


def add(visits, start, end, owner=ADA, **fields):
    return visits.objects.create(owner=owner, start=start, end=end, **fields)


@pytest.mark.parametrize(
    ("start", "end"),
    [(100, 160), (130, 190), (70, 101), (110, 120), (50, 300), (159, 161)],
    ids=["same", "later", "earlier", "within", "around", "last minute"],
)
def test_an_overlap_is_refused(visits, start, end):
    add(visits, 100, 160)
    refused(lambda: add(visits, start, end))
    assert visits.objects.count() == 1


@pytest.mark.parametrize(("start", "end"), [(160, 220), (40, 100), (1000, 1720)])
def test_touching_and_apart_are_allowed(visits, start, end):
    add(visits, 100, 160)
    add(visits, start, end)


def test_others_and_the_cancelled_and_the_ownerless_are_in_nobodys_way(visits):
    add(visits, 100, 160, live=False)
    add(visits, 100, 160)
    add(visits, 100, 160, owner=BEN)
    add(visits, 100, 160, live=False)
    for _ in range(2):
        add(visits, 100, 160, owner=None)


def test_a_hold_that_gets_its_owner_is_looked_at(visits):
    add(visits, 100, 160)
    hold = add(visits, 100, 160, owner=None)
    refused(lambda: visits.objects.filter(pk=hold.pk).update(owner=ADA))
    visits.objects.filter(pk=hold.pk).update(owner=BEN)


def test_reviving_and_moving_are_looked_at_and_staying_is_free(visits):
    first = add(visits, 100, 160)
    second = add(visits, 130, 190, live=False)
    refused(lambda: visits.objects.filter(pk=second.pk).update(live=True))
    visits.objects.filter(pk=second.pk).update(start=160, end=220, live=True)
    refused(lambda: visits.objects.filter(pk=second.pk).update(start=159))
    refused(lambda: visits.objects.filter(pk=first.pk).update(end=161))
    visits.objects.filter(pk=first.pk).update(start=90, end=150)
    first.save()


def test_no_row_is_empty_backwards_or_longer_than_the_longest(visits):
    """The probe looks back `longest` minutes, so a longer row would be overlooked."""
    add(visits, 0, 720)
    for start, end in [(2000, 2000), (2000, 1999), (2000, 2721), (None, 2000), (2000, None)]:
        refused(lambda s=start, e=end: add(visits, s, e), "visit_no_overlap_length")
        refused(lambda s=start, e=end: add(visits, s, e, live=False), "visit_no_overlap_length")
    refused(lambda: visits.objects.update(end=5000), "visit_no_overlap_length")


def test_the_longest_row_is_seen_from_its_last_minute(visits):
    add(visits, 0, 720)
    refused(lambda: add(visits, 719, 730))


def test_raw_sql_bulk_create_and_upserts_do_not_get_past(visits):
    add(visits, 100, 160)
    table = visits._meta.db_table
    sql = f'INSERT INTO {table} (owner, start, "end", live, note) VALUES (1, 120, 130, %s, %s)'

    def raw():
        with connection.cursor() as cursor:
            cursor.execute(sql, [True, ""])

    refused(raw)
    rows = [visits(owner=ADA, start=s, end=s + 60) for s in (500, 530)]
    refused(lambda: visits.objects.bulk_create(rows))
    assert visits.objects.count() == 1


def test_a_number_that_is_no_boolean_is_refused(visits):
    """SQLite would store a 2 that the index over `live` does not find."""
    sql = (
        f'INSERT INTO {visits._meta.db_table} (owner, start, "end", live, note)'
        " VALUES (1, 120, 130, 2, '')"
    )
    with pytest.raises(Error, match=r"visit_no_overlap_length|boolean"), transaction.atomic():
        connection.cursor().execute(sql)


def test_the_probe_reads_a_few_rows_of_the_index(visits):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has its own index for it")
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN QUERY PLAN SELECT 1 FROM scheduling_visit AS other WHERE other.owner = 1"
            " AND other.live = 1 AND other.start > 100 - 720 AND other.start < 160"
            ' AND other."end" > 100 AND other.id IS NOT 7'
        )
        plan = str(cursor.fetchall())
    assert "visit_probe (owner=? AND live=? AND start>? AND start<?)" in plan


def test_the_guard_outlives_changes_of_its_table(visits):
    """SQLite remakes the table for most of these; a lost trigger would go unnoticed."""
    add(visits, 100, 160)
    field = models.CharField(max_length=5, default="x")
    field.set_attributes_from_name("extra")
    wider = models.CharField(max_length=99, default="", unique=False, null=True)
    wider.set_attributes_from_name("note")
    wider.model = visits

    def change(work):
        with connection.schema_editor() as editor:
            work(editor)
        with pytest.raises(IntegrityError, match="visit_no_overlap"), transaction.atomic():
            raw_add(110, 170)

    def raw_add(start, end):
        columns = connection.introspection.get_table_description(
            connection.cursor(), visits._meta.db_table
        )
        names = {column.name for column in columns} & {"note", "extra"}
        texts = "".join(f", {name}" for name in sorted(names)), ", ''" * len(names)
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO {visits._meta.db_table} (owner, start, "end", live{texts[0]})'
                f" VALUES (1, {start}, {end}, %s{texts[1]})",
                [True],
            )

    change(lambda editor: editor.add_field(visits, field))
    change(lambda editor: editor.alter_field(visits, visits._meta.get_field("note"), wider))
    change(lambda editor: editor.remove_field(visits, visits._meta.get_field("note")))
    raw_add(160, 170)


def test_it_can_be_taken_off_and_put_on_again(visits):
    visits._meta.constraints = []
    with connection.schema_editor() as editor:
        editor.remove_constraint(visits, GUARD)
    first, second = add(visits, 100, 160), add(visits, 130, 190)
    second.delete()
    visits._meta.constraints = [GUARD]
    with connection.schema_editor() as editor:
        editor.add_constraint(visits, GUARD)
    refused(lambda: add(visits, 130, 190))
    assert visits.objects.get() == first


def test_a_form_hears_it_before_the_database_does(visits):
    first = add(visits, 100, 160)
    first.full_clean()
    with pytest.raises(ValidationError, match="overlaps"):
        visits(owner=ADA, start=130, end=190, note="n").full_clean()
    with pytest.raises(ValidationError):
        visits(owner=BEN, start=0, end=721, note="n").full_clean()
    visits(owner=ADA, start=130, end=190, live=False, note="n").full_clean()
    GUARD.validate(visits, visits(owner=ADA, start=130, end=190), exclude={"start"})


def test_two_writers_at_once_leave_one(visits):
    """Without a lock taken first, PostgreSQL may end one of them in a deadlock: still one."""
    gate, kept = threading.Barrier(4), []

    def write(start):
        try:
            gate.wait(PATIENCE)
            add(visits, start, start + 60)
            kept.append(start)
        except (IntegrityError, OperationalError):
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(100 + 5 * n,)) for n in range(4)]
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("threads do not share this database; the races have a test of their own")
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(kept) == visits.objects.count() == 1


def test_a_migration_can_spell_it():
    text, imports = MigrationWriter.serialize(GUARD)
    assert imports == {"import scheduling.models.guard"}
    scope = {"scheduling": sys.modules["scheduling"]}
    assert eval(text, scope) == GUARD
    assert GUARD.clone() == GUARD
    other = NoOverlap(name="visit_no_overlap", owner="owner", start="start", end="end", longest=60)
    assert other != GUARD


def test_no_change_is_waiting_for_a_migration():
    done = Forked(["manage.py", "makemigrations", "--check", "--dry-run"], os.environ)
    said, _errors = done.communicate(PATIENCE)
    assert done.returncode == 0, said
