"""LG1-LG3, LG7: what is written, that it stays, and that tampering shows."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import audit
from accounts.actor import Actor, ActorKind
from accounts.audit import Anchor, Fault, Ref, record, seal_all, seal_batch, verify
from accounts.errors import AuditFailed
from accounts.models import AuditRow, AuditSeal, Clinic, Patient, User
from tests.guard.lift import lifted

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return Clinic.objects.create(name="Harbour", slug="harbour", time_zone="America/Los_Angeles")


@pytest.fixture
def tess(clinic):
    user = User.objects.create_user("tess@example.org")
    return Actor.of(user, clinic, where="198.51.100.7", purpose="handover")


@pytest.fixture
def ada(clinic):
    return Patient.objects.create(clinic=clinic, first_name="Ada", phone="555 010 1234")


@pytest.fixture
def five(tess):
    for n in range(1, 6):
        record(tess, "patient.view", subject=n)
    assert seal_all() == 5
    return list(AuditRow.objects.order_by("pk"))


# Writing


def test_a_row_says_who_what_whose_when_where_why_and_how_it_ended(tess, ada, clinic):
    """LG1"""
    before = datetime.now(UTC)
    record(tess, "patient.view", subject=ada, obj=ada, detail={"tab": "contact"})
    row = AuditRow.objects.get()
    assert before - timedelta(seconds=1) < row.at < datetime.now(UTC) + timedelta(seconds=1)
    assert (row.actor_kind, row.actor_id) == ("user", str(tess.user.pk))
    assert (row.subject_kind, row.subject_id) == ("patient", str(ada.pk))
    assert (row.object_kind, row.object_id) == ("patient", str(ada.uuid))
    assert (row.clinic_id, row.action, row.outcome) == (clinic.pk, "patient.view", "ok")
    assert (row.where, row.purpose, row.detail) == ("198.51.100.7", "handover", {"tab": "contact"})


def test_a_list_names_everybody_shown_in_one_insert(tess):
    """LG1: one row a patient, each once, one statement."""
    with CaptureQueriesContext(connection) as queries:
        record(tess, "patient.list", subject=[3, 1, 2, 3])
    assert len([q for q in queries if q["sql"].startswith("INSERT")]) == 1
    assert [row.subject_id for row in AuditRow.objects.order_by("pk")] == ["3", "1", "2"]


def test_a_list_that_showed_nobody_leaves_a_row(tess):
    record(tess, "patient.search", subject=[])
    assert AuditRow.objects.get().subject_id == ""


def test_a_bare_uuid_is_of_the_kind_that_the_action_names(tess):
    uuid = uuid4()
    record(tess, "booking.cancel", subject=7, obj=uuid, outcome="refused", code="too_late")
    row = AuditRow.objects.get()
    assert (row.object_kind, row.object_id) == ("booking", str(uuid))
    assert (row.outcome, row.code) == ("refused", "too_late")


def test_what_is_known_by_kind_and_id(tess):
    record(tess, "report.view", obj=Ref("report", "utilization"))
    assert AuditRow.objects.get().object_id == "utilization"


@pytest.mark.parametrize("detail", [{"note": "x" * 600}, {"who": ["Ada"]}, {"share": 0.5}])
def test_detail_stays_small_and_plain(tess, detail):
    with pytest.raises((TypeError, ValueError)):
        record(tess, "patient.view", subject=1, detail=detail)


def test_every_actor_has_a_name(tess, clinic):
    assert tess.name == f"user:{tess.user.pk}"
    assert Actor.worker().name == "worker"
    assert Actor.anonymous(clinic).name == "anonymous"
    assert Actor.link(203, clinic, patient=4).name == "link:203"
    assert Actor.platform("zoom", clinic).name == "platform:zoom"
    assert Actor(ActorKind.TOKEN, "9", clinic, tess.user).name == "token:9"
    assert "tess@" not in repr(tess)


def test_a_row_of_an_undone_act_goes_with_it(tess, ada):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(tess, "patient.edit", subject=ada)
        raise ZeroDivisionError
    assert not AuditRow.objects.exists()


def test_what_cannot_be_recorded_is_not_done(tess, ada):
    """LG7: the database does not take the row, so the change is rolled back with it."""
    table = AuditRow._meta.db_table
    with pytest.raises(AuditFailed), transaction.atomic():
        Patient.objects.filter(pk=ada.pk).update(first_name="Adele")
        connection.cursor().execute(f"ALTER TABLE {table} RENAME TO elsewhere")
        record(tess, "patient.edit", subject=ada)
    ada.refresh_from_db()
    assert ada.first_name == "Ada"


@pytest.mark.parametrize("table", ["accounts_auditrow", "accounts_auditseal"])
@pytest.mark.parametrize("sql", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_refuses_to_change_it(five, table, sql):
    """LG2: rows and chain alike, in raw SQL."""
    if sql.startswith("TRUNCATE") and connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    column = "code = 'x'" if table == "accounts_auditrow" else "mac = 'x'"
    with pytest.raises(IntegrityError, match="append_only"), transaction.atomic():
        connection.cursor().execute(sql.format(table, column))


def test_a_role_that_may_only_read_and_add_is_enough(tess):
    """LG2: the application's role needs SELECT and INSERT; the rest is "permission denied"."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no roles")
    tables = "accounts_auditrow, accounts_auditseal"
    cursor = connection.cursor()
    cursor.execute("CREATE ROLE app")
    cursor.execute(f"GRANT SELECT, INSERT ON {tables} TO app")
    cursor.execute("GRANT USAGE ON SEQUENCE accounts_auditrow_id_seq TO app")
    cursor.execute("SET LOCAL ROLE app")
    record(tess, "patient.view", subject=1)
    assert seal_batch() == 1
    assert verify().ok
    for sql in (
        "UPDATE accounts_auditrow SET code = 'x'",
        "DELETE FROM accounts_auditrow",
        f"TRUNCATE {tables}",
        "ALTER TABLE accounts_auditrow DISABLE TRIGGER ALL",
    ):
        with pytest.raises(Error, match="permission denied|must be owner"), transaction.atomic():
            cursor.execute(sql)
    cursor.execute("RESET ROLE")


# The chain


def test_the_chain_holds_over_batches(tess):
    for n in range(7):
        record(tess, "patient.view", subject=n)
    assert [seal_batch(3), seal_batch(3), seal_batch(3), seal_batch(3)] == [3, 3, 1, 0]
    report = verify()
    assert report.ok
    assert (report.sealed, report.unsealed) == (7, 0)


def test_a_row_committed_late_under_a_smaller_id_is_sealed(five, tess):
    """A number is given out before the transaction ends; another may end first."""
    late = five[2]
    with lifted(connection):
        AuditSeal.objects.all().delete()
        AuditRow.objects.filter(pk=late.pk).delete()
    assert seal_batch() == 4
    AuditRow.objects.bulk_create([late])
    assert verify().unsealed == 1
    assert seal_batch() == 1
    assert list(AuditSeal.objects.order_by("sequence").values_list("row_id", flat=True))[-1] == (
        late.pk
    )
    assert verify().ok


def test_a_row_later_than_late_is_found_by_the_nightly_run(five, monkeypatch):
    with lifted(connection):
        AuditSeal.objects.all().delete()
        AuditRow.objects.filter(pk=five[0].pk).delete()
    seal_all()
    AuditRow.objects.bulk_create([five[0]])
    monkeypatch.setattr(audit, "LATE", 2)
    assert seal_batch() == 0
    assert seal_all() == 1
    assert verify().ok


def test_of_two_sealers_one_gives_way(tess, monkeypatch):
    record(tess, "patient.view", subject=1)
    rows = audit.unsealed

    def meanwhile():
        monkeypatch.setattr(audit, "unsealed", rows)
        found = list(rows())
        assert seal_batch() == 1
        stale = rows() | AuditRow.objects.filter(pk__in=[row.pk for row in found])
        return stale

    monkeypatch.setattr(audit, "unsealed", meanwhile)
    assert seal_batch() == 0
    assert verify().ok


@pytest.mark.parametrize(
    "change",
    [
        {"subject_id": "99"},
        {"outcome": "denied"},
        {"actor_id": "1234"},
        {"clinic_id": None},
        {"at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"detail": {"forged": True}},
        {"where": ""},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_edited_row_shows(five, change):
    """LG3"""
    with lifted(connection):
        AuditRow.objects.filter(pk=five[2].pk).update(**change)
    assert verify().faults == [Fault(3, "row changed")]


def test_a_deleted_row_shows(five):
    """LG3"""
    with lifted(connection):
        AuditRow.objects.filter(pk=five[2].pk).delete()
    assert verify().faults == [Fault(3, "row gone")]


def test_a_row_deleted_with_its_link_shows(five):
    """LG3: a cut in the middle."""
    with lifted(connection):
        AuditRow.objects.filter(pk=five[2].pk).delete()
        AuditSeal.objects.filter(sequence=3).delete()
    assert Fault(3, "link gone") in verify().faults


def test_closing_the_gap_shows(five):
    with lifted(connection):
        AuditRow.objects.filter(pk=five[2].pk).delete()
        AuditSeal.objects.filter(sequence=3).delete()
        for sequence in (4, 5):
            AuditSeal.objects.filter(sequence=sequence).update(sequence=sequence - 1)
    assert Fault(3, "row changed") in verify().faults


def test_another_order_shows(five):
    """LG3: rows swapped under their links, and links swapped in the chain."""
    with lifted(connection):
        AuditSeal.objects.filter(sequence=2).update(row_id=-1)
        AuditSeal.objects.filter(sequence=3).update(row_id=five[1].pk)
        AuditSeal.objects.filter(sequence=2).update(row_id=five[2].pk)
    assert {fault.sequence for fault in verify().faults} == {2, 3}


def test_a_link_from_an_earlier_end_does_not_fit(five, tess):
    """Cut, written anew, and then one true row of old put back in its old place."""
    old = AuditSeal.objects.get(sequence=4)
    with lifted(connection):
        AuditSeal.objects.filter(sequence__gt=3).delete()
        AuditRow.objects.filter(pk__gt=five[2].pk).delete()
    for n in (7, 8):
        record(tess, "patient.view", subject=n)
    seal_all()
    with lifted(connection):
        AuditSeal.objects.filter(sequence=4).delete()
        AuditRow.objects.filter(pk=five[3].pk).delete()
    AuditRow.objects.bulk_create([five[3]])
    AuditSeal.objects.bulk_create([old])
    assert verify().faults == [Fault(5, "row changed")]


def test_a_cut_tail_shows_against_an_anchor_alone(five):
    """LG3"""
    anchor = audit.head()
    with lifted(connection):
        AuditSeal.objects.filter(sequence__gt=3).delete()
        AuditRow.objects.filter(pk__gt=five[2].pk).delete()
    assert verify().ok
    assert verify([anchor]).faults == [Fault(5, "chain cut")]


def test_a_tail_written_anew_shows_against_an_anchor(five, tess):
    """Whoever can make the worker seal forged rows still cannot meet the anchor."""
    anchor = audit.head()
    with lifted(connection):
        AuditSeal.objects.filter(sequence__gt=3).delete()
        AuditRow.objects.filter(pk__gt=five[2].pk).delete()
    for n in (1, 2):
        record(tess, "patient.view", subject=n)
    seal_all()
    assert verify().ok
    assert Fault(5, "not the anchored chain") in verify([anchor]).faults


def test_another_key_does_not_verify(five, settings):
    settings.AUDIT_KEY = settings.BLIND_INDEX_KEY
    assert len(verify().faults) == 5


def test_links_are_read_in_chunks(five, monkeypatch):
    monkeypatch.setattr(audit, "CHUNK", 2)
    with CaptureQueriesContext(connection) as queries:
        assert verify().ok
    assert len(queries) == 3 * 2 + 1


def test_the_commands_anchor_and_verify(tess, tmp_path):
    """LG3: each night a line more in a file; all of them are compared."""
    file, out = tmp_path / "anchors", StringIO()
    for n in range(3):
        record(tess, "patient.view", subject=n)
        call_command("audit_seal", anchor=file, stdout=out)
    assert re.fullmatch(r"1 \w{64}\n2 \w{64}\n3 \w{64}\n", file.read_text())
    assert Anchor(*[audit.head().sequence, file.read_text().split()[-1]]) == audit.head()
    call_command("audit_verify", anchor=file, stdout=out)
    assert "3 rows in the chain, 0 not yet sealed" in out.getvalue()
    with lifted(connection):
        AuditSeal.objects.filter(sequence=3).delete()
    err = StringIO()
    with pytest.raises(CommandError):
        call_command("audit_verify", anchor=file, stdout=out, stderr=err)
    assert "3: chain cut" in err.getvalue()


def test_a_file_that_is_no_anchor_is_an_error(tmp_path):
    with pytest.raises(CommandError):
        call_command("audit_verify", anchor=tmp_path / "none")
    (tmp_path / "odd").write_text("odd\n")
    with pytest.raises(CommandError):
        call_command("audit_verify", anchor=tmp_path / "odd")


@pytest.mark.django_db(transaction=True)
def test_the_flush_after_a_transactional_test_passes(tess):
    """Fails in its teardown if the guard is not lifted for it."""
    record(tess, "patient.view", subject=1)


def test_the_flush_left_nothing_behind():
    assert not AuditRow.objects.exists()
