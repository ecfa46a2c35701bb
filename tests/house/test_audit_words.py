"""The privacy officer reads words, not codes: every row about a patient has some (LG6)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import accounts
import scheduling
from scheduling.engine.lifecycle import OfferState
from scheduling.web.office.audit_words import WORDS, words

PLACES = [Path(one.__file__ or "").parent for one in (accounts, scheduling)]


def recorded() -> Iterator[str]:
    """What the calls of `audit.record(..., subject=...)` name."""
    for path in (file for place in PLACES for file in place.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            named = getattr(node.func, "attr", getattr(node.func, "id", ""))
            what, said = node.args[1], {one.arg for one in node.keywords}
            if named == "record" and "subject" in said and isinstance(what, ast.Constant):
                yield str(what.value)


def test_every_row_about_a_patient_has_words() -> None:
    found = set(recorded())
    assert len(found) > 50
    closed = {f"offer.{one.value}" for one in OfferState if one is not OfferState.OPEN}
    assert found | closed | {"offer.made"} <= WORDS.keys()


def test_a_page_that_was_denied_has_too() -> None:
    assert words("page.desk_patient").startswith("Asked for a page")
    assert words("something.else") == ""
