"""Lifts the guards of append-only tables, so that a test can clean up, or tamper."""

from __future__ import annotations

from contextlib import contextmanager

from django.core.management import call_command
from django.db import connections
from django.test import testcases


@contextmanager
def lifted(connection):
    """Inside, this connection may change and delete what is append-only. For tests alone.

    On PostgreSQL every trigger rests for this connection, foreign keys among them; on SQLite the
    triggers of append-only tables are gone for everybody until the end.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SET session_replication_role = DEFAULT")
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            " AND (name LIKE '%append_only_update' OR name LIKE '%append_only_delete')"
        )
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for _, sql in triggers:
                cursor.execute(sql)


def lift_for_flush():
    """Transactional tests end with a flush of every table: let it pass the append-only ones."""

    def call(name, *args, **kwargs):
        if name != "flush":
            return call_command(name, *args, **kwargs)
        with lifted(connections[kwargs["database"]]):
            return call_command(name, *args, **kwargs)

    testcases.call_command = call
