"""Who the therapist is, whose calendar is open, and the work bar of these pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Therapist
from scheduling import policy
from scheduling.errors import NotFound
from scheduling.queries.agenda import Calendar, calendars
from scheduling.web.desk.frame import day_of, here
from scheduling.web.desk.frame import work_bar as bar_of_roles
from scheduling.web.door import PageRequest

__all__ = ["day_of", "here", "hours_page", "me", "opened", "own_calendars", "page", "whose"]


def me(request: PageRequest) -> Therapist:
    """The therapist who acts; somebody with the role but without a profile has no pages here."""
    if request.actor.therapist is None:
        raise NotFound
    return policy.find(Therapist, request.actor, pk=request.actor.therapist)


def whose(request: PageRequest, therapist: UUID | None) -> Therapist:
    """Whose hours a page is about: one's own, or those of the therapist in the address.

    Those are kept by desk and office; for anybody else the page is not there.
    """
    if therapist is None:
        return me(request)
    if not request.actor.has(policy.DESK, policy.ADMIN):
        raise NotFound
    return policy.find(Therapist, request.actor, uuid=therapist)


def own_calendars(request: PageRequest) -> list[Calendar]:
    """One's own first, then those of colleagues who are covered today."""
    if request.actor.therapist is None:
        raise NotFound
    return calendars(request.actor, request.now)


def opened(request: PageRequest, known: list[Calendar]) -> Calendar:
    """The calendar that `?of=` asks for; without it one's own. Else NotFound (AC12)."""
    wanted = request.GET.get("of", "")
    if not wanted:
        return known[0]
    for calendar in known:
        if str(calendar.therapist.uuid) == wanted:
            return calendar
    raise NotFound


def page(
    request: PageRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page with the therapist's work bar."""
    own = {"staff_links": work_bar(request)}
    return render(request, f"therapist/{template}.html", own | context, status=status)


def hours_page(
    request: PageRequest,
    template: str,
    therapist: Therapist,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """A page about hours; of somebody else's it says whose, and leads to their other pages."""
    if therapist.pk == request.actor.therapist:
        return page(request, template, context, status=status)
    tabs = [
        {"label": label, "url": url, "current": url == request.path}
        for label, name in HOURS
        for url in [here(request, name, therapist.uuid)]
    ]
    bar = bar_of_roles(request, office=not request.actor.has(policy.DESK))
    others = {"staff_links": bar, "therapist": therapist, "tabs": tabs}
    return page(request, template, others | context, status=status)


HOURS = [
    (gettext_lazy("Weekly hours"), "therapist_hours"),
    (gettext_lazy("Single days"), "therapist_days"),
    (gettext_lazy("Time off"), "therapist_time_off"),
]


def work_bar(request: PageRequest) -> list[dict[str, Any]]:
    """The therapist's pages, then those that other roles of the same person open."""
    links = [
        (_("Today"), "therapist_today"),
        (_("Week"), "therapist_week"),
        (_("Caseload"), "therapist_caseload"),
        (_("Groups"), "group_list"),
        *HOURS,
        (_("Waiting list"), "waiting_list"),
        (_("My numbers"), "own_numbers"),
    ]
    own = [{"label": label, "url": here(request, name)} for label, name in links]
    ours = {link["url"] for link in own}
    return own + [link for link in bar_of_roles(request) if link["url"] not in ours]
