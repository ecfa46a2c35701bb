"""A migrated database of its own, for tests whose actors are processes.

SQLite: a file in `folder`. PostgreSQL (where the suite runs on one): a new database on the same
server, dropped at the end. `url` goes to the processes as DATABASE_URL.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Database:
    url: str

    def env(self, **more: str) -> dict[str, str]:
        return {**os.environ, "DATABASE_URL": self.url, **more}

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run Python with this database; answers stdout, fails loudly."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.env(**more),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done

    def start(self, *command: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.env(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@contextmanager
def fresh_database(folder: Path) -> Iterator[Database]:
    if connection.vendor != "postgresql":
        made = Database(f"sqlite:///{folder / f'{uuid4().hex}.sqlite3'}")
        prepare(made)
        yield made
        return
    import psycopg

    name = f"own_{uuid4().hex[:12]}"
    base = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            made = Database(urlunsplit(base._replace(path=f"/{name}")))
            prepare(made)
            yield made
        finally:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def prepare(database: Database) -> None:
    database.run("manage.py", "migrate", "-v0")
    database.run("manage.py", "createcachetable")
