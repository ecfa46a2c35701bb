"""CSV that no spreadsheet takes for a formula (TK8)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
PASSED_OVER = " \"'\u00a0\ufeff"  # by spreadsheets, before a formula


class Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer: Any = csv.writer(Echo())
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def cell(value: Any) -> str:
    """Numbers as they are; text that looks like a formula behind an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text.lstrip(PASSED_OVER).startswith(BEGINS) else text
