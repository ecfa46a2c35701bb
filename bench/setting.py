"""Start Django on the database of DATABASE_URL, migrated; print one JSON object per line."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")


def start() -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("createcachetable")


def begin(about: str) -> argparse.Namespace:
    options = argparse.ArgumentParser(description=about)
    options.add_argument("--json", action="store_true", help="one object per line")
    options.add_argument("--quick", action="store_true", help="small tables only")
    said = options.parse_args()
    start()
    return said


def tell(said: argparse.Namespace, row: dict[str, Any]) -> None:
    if said.json:
        line = json.dumps(row)
    else:
        line = "  ".join(f"{name} {value}" for name, value in row.items())
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def note(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
