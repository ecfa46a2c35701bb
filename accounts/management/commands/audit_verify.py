"""`manage.py audit_verify --anchor FILE`: has anybody touched the audit? Ends with 1 if so."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit


class Command(BaseCommand):
    help = "Follows the chain over the audit rows; with --anchor, compares it with earlier heads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--anchor", type=Path, metavar="FILE")

    def handle(self, *args: Any, anchor: Path | None, **options: Any) -> None:
        report = audit.verify(read(anchor) if anchor else ())
        for fault in report.faults:
            self.stderr.write(f"{fault.sequence}: {fault.what}")
        self.stdout.write(f"{report.sealed} rows in the chain, {report.unsealed} not yet sealed")
        if not report.ok:
            raise CommandError("The audit is not as it was written.")


def read(path: Path) -> list[audit.Anchor]:
    try:
        lines = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
        return [audit.Anchor(int(sequence), mac) for sequence, mac in lines]
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read as anchors: {error}") from error
