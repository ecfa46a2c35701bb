"""What the pages of hours share."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from scheduling import policy
from scheduling.web.desk.frame import work_bar as bar_of_roles
from scheduling.web.door import PageRequest
from scheduling.web.therapist.frame import work_bar


def page(
    request: PageRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """With the therapist's work bar, or that of the desk, or of the office."""
    if request.actor.therapist:
        bar = work_bar(request)
    else:
        bar = bar_of_roles(request, office=not request.actor.has(policy.DESK))
    return render(request, f"care/{template}.html", {"staff_links": bar} | context, status=status)
