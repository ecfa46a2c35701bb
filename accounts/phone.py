"""Telephone numbers as people write them; kept they are as `normal_phone` spells them."""

from __future__ import annotations

from accounts.sealed import normal_phone


def grouped(number: str) -> str:
    """ "(310) 555-0147" of a North American number, whatever its spelling; others as they are."""
    kept = normal_phone(number)
    if len(kept) != 12 or not kept.startswith("+1") or "x" in number.lower():  # an extension
        return number
    return f"({kept[2:5]}) {kept[5:8]}-{kept[8:]}"
