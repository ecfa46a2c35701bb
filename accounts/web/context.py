"""What every template may read."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def clinic(request: HttpRequest) -> dict[str, Any]:
    """The clinic under whose address the page stands, and who acts; set by the door.

    In front of a sign-in it is the clinic that one comes from."""
    actor = getattr(request, "actor", None)
    found = getattr(actor, "clinic", None) or getattr(request, "clinic", None)
    return {"clinic": found, "actor": actor}
