"""What every template may read."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def clinic(request: HttpRequest) -> dict[str, Any]:
    """The clinic under whose address the page stands, and who acts; set by the door."""
    actor = getattr(request, "actor", None)
    return {"clinic": getattr(actor, "clinic", None), "actor": actor}
