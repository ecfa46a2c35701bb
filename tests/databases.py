"""A migrated database of its own, for tests whose actors are processes.

SQLite: a file in `folder`. PostgreSQL (where the suite runs on one): a new database on the same
server, dropped at the end. Migrated once a run; each test has a copy of that. `url` goes to the
processes as DATABASE_URL.
"""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from django.db import connection

from tests.ready import Forked

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 240  # seconds: only what hangs is cut off, however busy the machine
at_end = ExitStack()
atexit.register(at_end.close)


@dataclass(frozen=True)
class Database:
    url: str

    def env(self, **more: str) -> dict[str, str]:
        return {**os.environ, "DATABASE_URL": self.url, **more}

    def run(self, *command: str, **more: str) -> str:
        """Run Python with this database; answers stdout, fails loudly."""
        done = self.start(*command, **more)
        said, errors = done.communicate(PATIENCE)
        assert done.returncode == 0, errors[-4000:]
        return said

    def start(self, *command: str, **more: str) -> Forked:
        return Forked(command, self.env(**more))


@contextmanager
def fresh_database(folder: Path) -> Iterator[Database]:
    if connection.vendor == "postgresql":
        with created(template=urlsplit(migrated().url).path[1:]) as made:
            yield made
    else:
        made = Database(f"sqlite:///{folder / f'{uuid4().hex}.sqlite3'}")
        shutil.copy(urlsplit(migrated().url).path, urlsplit(made.url).path)
        yield made


@cache
def migrated() -> Database:
    """What all others are copied from."""
    if connection.vendor == "postgresql":
        made = at_end.enter_context(created(template="template1"))
    else:
        folder = at_end.enter_context(TemporaryDirectory())
        made = Database(f"sqlite:///{folder}/migrated.sqlite3")
    made.run("manage.py", "migrate", "-v0")
    made.run("manage.py", "createcachetable")
    return made


@contextmanager
def created(template: str) -> Iterator[Database]:
    """A new database on the PostgreSQL that the suite runs on."""
    here, name = os.environ["DATABASE_URL"], f"own_{uuid4().hex[:12]}"
    with psycopg.connect(here, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield Database(urlunsplit(urlsplit(here)._replace(path=f"/{name}")))
    finally:
        with psycopg.connect(here, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
