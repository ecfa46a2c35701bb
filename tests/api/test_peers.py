"""AC2, by a program that knows nothing of ours: what one patient can read, no other one can.

Schemathesis signs in as Nora and as Omar, learns ids from what each may list, and asks for them in
the other's name. Wrong credentials would end in a mere warning, so both are tried before; and a
hole is planted once, which must be found.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import yaml

from scheduling.api.reference import Once
from tests.databases import PATIENCE, fresh_database
from tests.ready import Forked

LOOK = ("bookings", "booking", "me")


@contextmanager
def served(folder: Path) -> Iterator[tuple[dict, Forked]]:
    with fresh_database(folder) as database:
        server = Forked(["-m", "tests.api.served"], database.env())
        try:
            yield json.loads(server.stdout.readline()), server
        finally:
            server.communicate(PATIENCE)


def configure(folder: Path, there: dict) -> None:
    entries = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {text}"}]}
        for name, text in there["tokens"].items()
    ]
    (folder / "auth.yaml").write_text(yaml.safe_dump({"auth": entries}))
    (folder / "schema.json").write_text(json.dumps(Once().get_schema(public=True)))
    (folder / "schemathesis.toml").write_text(
        '[auth.wfc]\npath = "auth.yaml"\nuser = "nora"\npeers = ["nora", "omar"]\n'
        '[parameters]\nslug = "harbor"\n'
    )


def fuzz(folder: Path, there: dict) -> subprocess.CompletedProcess[str]:
    wanted = [part for name in LOOK for part in ("--include-operation-id", name)]
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            "--config-file", "schemathesis.toml",
            "run", "schema.json", "--url", f"http://127.0.0.1:{there['port']}",
            "--checks", "object_level_authorization,not_a_server_error,ignored_auth",
            "--phases", "fuzzing", "--max-examples", "5", "--seed", "1",
            *wanted,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )  # fmt: skip


def require_both(there: dict) -> None:
    """Each peer reads one booking, its own."""
    ids = []
    for text in there["tokens"].values():
        address = f"http://127.0.0.1:{there['port']}/api/v1/clinics/harbor/bookings/"
        with urlopen(Request(address, headers={"Authorization": f"Bearer {text}"})) as answer:
            assert answer.status == 200
            ids += [one["id"] for one in json.load(answer)["results"]]
    assert len(set(ids)) == 2


@pytest.mark.django_db
def test_no_patient_reads_what_is_another_ones(tmp_path):
    with served(tmp_path) as (there, server):
        require_both(there)
        configure(tmp_path, there)
        right = fuzz(tmp_path, there)
        server.stdin.write("hole\n")
        server.stdin.flush()
        assert server.stdout.readline().strip() == "made"
        wrong = fuzz(tmp_path, there)
    assert right.returncode == 0, right.stdout[-6000:] + right.stderr[-2000:]
    assert wrong.returncode == 1 and "owns" in wrong.stdout, wrong.stdout[-6000:]
