"""`manage.py audit_seal --anchor FILE`: seal what is unsealed, and note the head of the chain.

Run it each night, with FILE where the database's owner cannot write.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from accounts import audit


class Command(BaseCommand):
    help = "Seals all audit rows; with --anchor, appends the head of the chain to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--anchor", type=Path, metavar="FILE")

    def handle(self, *args: Any, anchor: Path | None, **options: Any) -> None:
        self.stdout.write(f"{audit.seal_all()} rows sealed")
        head = audit.head()
        if anchor and head:
            with anchor.open("a", encoding="ascii") as file:
                file.write(f"{head.sequence} {head.mac}\n")
