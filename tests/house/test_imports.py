"""The floors: imports point down, never sideways between doors, never up (`pyproject.toml`)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.databases import PATIENCE

TOP = Path(__file__).resolve().parents[2]


def test_the_contract_of_the_floors_is_kept():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint], cwd=TOP, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout


def test_nothing_is_called_a_drawer():
    """A file is named after what it is about."""
    drawers = {"utils", "helpers", "services", "managers", "signals", "common", "misc"}
    files = [
        p for part in ("telehealth", "accounts", "scheduling") for p in TOP.glob(f"{part}/**/*.py")
    ]
    assert files and not [str(p) for p in files if p.stem in drawers or p.parent.name in drawers]
