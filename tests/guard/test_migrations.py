"""What the migrations make is what the models say: the tables of a test are made of the models."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from tests.databases import migrated

SQLITE = "SELECT type, name, tbl_name FROM sqlite_master WHERE type <> 'table'"
TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
POSTGRES = """
SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) FROM pg_constraint
UNION SELECT tablename::text, indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION SELECT tgrelid::regclass::text, tgname::text, pg_get_triggerdef(oid) FROM pg_trigger
WHERE NOT tgisinternal
UNION SELECT 'function', proname::text, prosrc FROM pg_proc
WHERE pronamespace = 'public'::regnamespace
"""
COLUMNS = "SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c"


@pytest.mark.django_db
def test_both_have_the_same_tables_triggers_and_constraints():
    found, made = postgres_rows() if connection.vendor == "postgresql" else sqlite_rows()
    assert len(found) > 300
    assert {row for row in made if "django_migrations" not in str(row)} == found


def sqlite_rows() -> list[set]:
    path = urlsplit(migrated().url).path
    with closing(sqlite3.connect(path)) as file, connection.cursor() as cursor:
        return [
            {row for sql in (SQLITE, TRIGGERS, COLUMNS) for row in way.execute(sql).fetchall()}
            for way in (cursor, file)
        ]


def postgres_rows() -> list[set]:
    with psycopg.connect(migrated().url) as other, connection.cursor() as cursor:
        return [set(way.execute(POSTGRES).fetchall()) for way in (cursor.cursor, other)]
