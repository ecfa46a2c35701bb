"""What the pages of a series share: whose they are, and the bar above them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from scheduling import policy
from scheduling.models import Booking, Series
from scheduling.web.desk.frame import work_bar as bar_of_roles
from scheduling.web.door import PageRequest
from scheduling.web.therapist.frame import work_bar


def page(
    request: PageRequest, template: str, context: dict[str, Any], *, own: bool, status: int = 200
) -> HttpResponse:
    """A page among the patient's, or among those of staff."""
    bar: dict[str, Any] = {"frame": "booking/layout.html"}
    if not own:
        links = work_bar(request) if request.actor.therapist else bar_of_roles(request)
        bar = {"frame": "staff_base.html", "staff_links": links}
    return render(request, f"series/{template}.html", bar | context, status=status)


def bookings(request: PageRequest, series: Series) -> list[Booking]:
    """The series' dates that the actor may know of, in order."""
    rows = policy.visible(Booking, request.actor).filter(session__series=series)
    rows = rows.select_related("session__service", "patient", "clinic")
    return list(rows.order_by("session__slot"))
