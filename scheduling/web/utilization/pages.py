"""The clinic's report, a therapist's own numbers, and what each number means."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Therapist
from scheduling import policy
from scheduling.models import Kind, Medium, Modality, Service
from scheduling.queries import times, told
from scheduling.queries.told import Mean, Telling, Wish
from scheduling.web.desk.frame import here
from scheduling.web.desk.frame import page as office_page
from scheduling.web.door import PageRequest, staff
from scheduling.web.office.staff import today
from scheduling.web.therapist.frame import page as own_page
from scheduling.web.utilization import shown, words
from scheduling.web.utilization.asked import PERIOD, query, wish_of


@staff("admin")
@require_safe
def report(request: PageRequest) -> HttpResponse:
    wish = wish_of(request.GET, request.clinic, today(request))
    found = told.tell(request.actor, wish, today(request))
    offered = choices(request, wish)
    context = frame(request, wish, found) | {
        "choices": offered,
        "narrowed": [said for choice in offered if (said := narrowed(choice))],
        "kept": {name: request.GET[name] for name in PERIOD if name in request.GET},
        "csv_url": f"{here(request, 'utilization_csv')}?{query(wish)}",
        "api_url": f"{here(request, 'api_utilization')}?{query(wish)}",
    }
    return office_page(request, "utilization/report", context)


@staff("therapist")
@require_safe
def own(request: PageRequest) -> HttpResponse:
    """Nobody else's; the clinic's mean beside them."""
    wish = wish_of(request.GET, request.clinic, today(request), only=PERIOD)
    found = told.tell_own(request.actor, wish, today(request))
    mean = told.mean(request.actor, found, today(request))
    context = frame(request, wish, found) | {"mean": mean and beside(mean, found)}
    return own_page(request, "numbers", context)


@staff("admin", "therapist")
@require_safe
def definitions(request: PageRequest) -> HttpResponse:
    return office_page(request, "utilization/definitions", {"words": words.WORDS})


def frame(request: PageRequest, wish: Wish, found: Telling) -> dict[str, Any]:
    context = shown.report(wish, found, today(request), request.clinic.week_starts)
    return context | {"city": times.city(request.clinic.time_zone)}


def choices(request: PageRequest, wish: Wish) -> list[dict[str, Any]]:
    """What the filters offer; each: name, label, and options of value, text and whether chosen."""
    people = policy.visible(Therapist, request.actor).order_by("name", "pk")
    services = policy.visible(Service, request.actor).order_by("name", "pk")
    modalities = policy.visible(Modality, request.actor).order_by("name")
    offered: list[tuple[str, str, list[tuple[str, Any]]]] = [
        ("by", _("Broken down by"), [(by.value, text) for by, text in words.BYS.items()]),
        ("therapist", _("Therapist"), [(str(one.uuid), one.name) for one in people]),
        ("service", _("Service"), [(str(one.uuid), one.name) for one in services]),
        ("modality", _("Modality"), [(one.code, one.name) for one in modalities]),
        ("kind", _("Individual or group"), list(Kind.choices)),
        ("medium", _("Video or telephone"), list(Medium.choices)),
    ]
    return [
        {
            "name": name,
            "label": label,
            "options": [(value, text, value == chosen) for value, text in options],
        }
        for name, label, options in offered
        for chosen in [str(getattr(wish, name) or "")]
    ]


def narrowed(choice: dict[str, Any]) -> str:
    """ "Service: Individual DBT", where one is chosen."""
    chosen = [text for _value, text, is_it in choice["options"] if is_it]
    return f"{choice['label']}: {chosen[0]}" if chosen and choice["name"] != "by" else ""


def beside(mean: Mean, own: Telling) -> list[dict[str, Any]]:
    """One's own, and what a therapist comes to on average."""
    mine = own.total
    pairs = [
        ("offered", mine.offered, mean.offered),
        ("booked", mine.booked, mean.booked),
        ("delivered", mine.delivered, mean.delivered),
        ("utilization", mine.utilization, mean.booked / mean.offered if mean.offered else None),
        ("show_rate", mine.people["show_rate"], mean.show_rate),
    ]
    return [
        {
            "word": words.WORD[name],
            "own": words.WORD[name].write(one),
            "mean": words.WORD[name].write(other),
        }
        for name, one, other in pairs
    ]
