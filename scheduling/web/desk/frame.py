"""The work bar of desk and office, and what their views share."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.models import Role
from scheduling.engine.hours import in_reach
from scheduling.errors import NoSuchDate
from scheduling.web.door import PageRequest


def here(request: PageRequest, name: str, *args: UUID | int | str) -> str:
    """The address of a page of this clinic."""
    return reverse(name, args=[request.clinic.slug, *args])


def page(
    request: PageRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A staff page; `template`: "desk/sheet"."""
    bar = {"staff_links": work_bar(request)}
    return render(request, f"{template}.html", bar | context, status=status)


def work_bar(request: PageRequest, *, office: bool = False) -> list[dict[str, Any]]:
    """The pages of this part of the site; the one that the page stands in is marked.

    From part to part lead the links of `components/areas.html`. `office`: for a page that stands
    in neither part.
    """
    home = here(request, "office_home")
    in_office = office or request.path.startswith(home)
    links = OFFICE if in_office else DESK
    named = [(label, here(request, name)) for label, name, role in links if request.actor.has(role)]
    above = ABOVE.get(request.path.removeprefix(home).partition("/")[0])
    path = here(request, above) if in_office and above else request.path
    best = max((url for _label, url in named if path.startswith(url)), key=len, default="")
    return [{"label": label, "url": url, "current": url == best} for label, url in named]


ABOVE = {  # parts of the office's addresses, and the page that leads to them
    "therapists": "office_staff",
    "modalities": "office_services",
    "levels": "office_programs",
    "consent-forms": "office_policies",
    "holidays": "office_policies",
    "video": "office_policies",
}
AUDIT = (gettext_lazy("Who saw whom"), "office_audit", Role.PRIVACY.value)
EXPORT = (gettext_lazy("Export"), "utilization_rows", Role.EXPORT.value)
DESK = (
    (gettext_lazy("Day sheet"), "desk_day", Role.DESK.value),
    (gettext_lazy("Find a patient"), "desk_patients", Role.DESK.value),
    (gettext_lazy("New patient"), "desk_patient_new", Role.DESK.value),
    (gettext_lazy("Groups"), "group_list", Role.DESK.value),
    (gettext_lazy("In programs"), "programs_now", Role.DESK.value),
    (gettext_lazy("Waiting list"), "waiting_list", Role.DESK.value),
    AUDIT,
)
OFFICE = (
    (gettext_lazy("Office"), "office_home", Role.ADMIN.value),
    (gettext_lazy("Utilization"), "utilization", Role.ADMIN.value),
    (gettext_lazy("Staff"), "office_staff", Role.ADMIN.value),
    (gettext_lazy("Licences"), "office_licences", Role.ADMIN.value),
    (gettext_lazy("Services"), "office_services", Role.ADMIN.value),
    (gettext_lazy("Groups"), "group_list", Role.ADMIN.value),
    (gettext_lazy("Programs"), "office_programs", Role.ADMIN.value),
    (gettext_lazy("In programs"), "programs_now", Role.ADMIN.value),
    (gettext_lazy("Clinic"), "office_policies", Role.ADMIN.value),
    (gettext_lazy("Messages"), "office_messages", Role.ADMIN.value),
    AUDIT,
    EXPORT,
)


def day_of(text: str, otherwise: date) -> date:
    """A date in an address; NoSuchDate if it is none."""
    if not text:
        return otherwise
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise NoSuchDate from error
    if not in_reach(day):
        raise NoSuchDate
    return day
