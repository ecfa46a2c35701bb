"""The two commands on machines that lack something: what they say, and that nothing is passed over.

A stand-in for the interpreter lies in a folder of its own; the scripts are the real ones.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.sqlite  # no database at all: once is enough
TOP = Path(__file__).resolve().parents[2]
TOOLS = (
    "bash", "basename", "cat", "dirname", "env", "grep", "head", "mkdir", "readlink", "rm",
    "sed", "sh", "tail", "tee",
)  # fmt: skip


@pytest.fixture
def bare(tmp_path) -> Path:
    """A folder for PATH with everyday tools and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(found(name))
    return folder


def found(name: str) -> str:
    return subprocess.run(
        ["which", name], capture_output=True, text=True, check=True
    ).stdout.strip()


def put(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(bare: Path, *command: str, **environment: str) -> tuple[int, str]:
    given = {"PATH": str(bare), "HOME": str(bare.parent), **environment}
    done = subprocess.run(
        [str(TOP / command[0]), *command[1:]],
        env=given, capture_output=True, text=True, timeout=60, cwd=TOP,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_where_venv_is_missing_it_says_the_command_that_mends_it(bare, tmp_path):
    put(bare / "id", "echo 1000")
    put(bare / "python3", 'case "$2" in *ensurepip*) exit 1;; esac')
    status, said = run(bare, "scripts/demo", "--no-server", VENV=str(tmp_path / "venv"))
    assert status != 0 and "sudo apt install python3-venv" in said


def test_root_on_debian_has_it_installed(bare, tmp_path):
    asked = tmp_path / "asked"
    put(bare / "id", "echo 0")
    put(bare / "apt-get", f'echo "$@" >>{asked}')
    put(bare / "python3", f'case "$2" in *ensurepip*) grep -q python3-venv {asked};; esac')
    status, said = run(bare, "scripts/demo", "--no-server", VENV=str(tmp_path / "venv"))
    assert "python3-venv" in asked.read_text() and "is missing" not in said
    assert "Making" in said


def test_an_old_python_is_refused_in_a_sentence(bare, tmp_path):
    put(bare / "id", "echo 1000")
    put(bare / "python3", "exit 1")
    status, said = run(bare, "scripts/demo", "--no-server", VENV=str(tmp_path / "venv"))
    assert status != 0 and "Python 3.11 or newer" in said


def stand_in(tmp_path: Path, script: str) -> Path:
    """A made environment, with what is pinned noted as installed."""
    venv = tmp_path / "venv"
    put(venv / "bin" / "python", script)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (venv / f"installed-{name}").write_text("same\n")
    return venv


SUM = 'case "$1$2" in *hashlib*) echo same; exit;; esac'


def test_reset_throws_the_data_away_and_nothing_else_does(bare, tmp_path):
    data = tmp_path / "data"
    venv = stand_in(tmp_path, SUM)
    for said, there in (((), True), (("--reset",), False)):
        put(data / "telehealth.sqlite3", "")
        put(data / "outbox" / "one.eml", "")
        status, _ = run(
            bare, "scripts/demo", "--no-server", *said, VENV=str(venv), TELEHEALTH_VAR=str(data)
        )
        assert status == 0
        assert (data / "telehealth.sqlite3").exists() is there
        assert (data / "outbox").exists() is there


@pytest.mark.parametrize(("ci", "fails"), [("", False), ("true", True)])
@pytest.mark.parametrize("part", ["browser", "postgres"])
def test_a_part_that_cannot_run_is_a_loud_skip_and_an_error_in_ci(bare, tmp_path, part, ci, fails):
    put(bare / "id", "echo 1000")
    venv = stand_in(tmp_path, f'{SUM}\ncase "$2" in playwright|tests.pg) exit 1;; esac')
    status, said = run(
        bare, "scripts/test", part, VENV=str(venv), CI=ci, TELEHEALTH_VAR=str(tmp_path / "var")
    )
    assert f"!!! SKIPPED: {part}" in said and f"SKIPPED: {part}" in said
    assert (status != 0) is fails and (f"FAILED: {part}" in said) is fails
