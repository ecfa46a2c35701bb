"""What the office's views share: pages with a form, and a proof before what grants power."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, cast

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.errors import BadInput, Refusal
from accounts.models import STATES
from accounts.web.again import fresh
from scheduling.errors import NotFound
from scheduling.queries import times
from scheduling.queries.risk import Risk, Why
from scheduling.web.desk.frame import here, page
from scheduling.web.door import PageRequest
from scheduling.web.office.forms import note

__all__ = ["act", "form_page", "here", "page", "proved", "risk_lines"]

P = ParamSpec("P")
View = Callable[Concatenate[PageRequest, P], HttpResponse]


def proved(view: View[P]) -> View[P]:
    """Only for somebody who has just proved who they are: granting, ending, secrets (AU7)."""

    def run(request: PageRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return cast(HttpResponse, fresh(view)(request, *args, **kwargs))

    update_wrapper(run, view)
    return run


def form_page(
    request: PageRequest,
    form: forms.Form,
    *,
    heading: str,
    back: str,
    status: int | None = None,
    **more: Any,
) -> HttpResponse:
    """One form on a page of its own. More: intro, submit, danger, warning, risks, title."""
    context = {"form": form, "heading": heading, "back_url": back, **more}
    wrong = form.is_bound and bool(form.errors)
    return page(request, "office/form", context, status=status or (422 if wrong else 200))


def act(
    request: PageRequest,
    form: forms.Form,
    verb: Callable[..., Any],
    done: str,
    onward: str,
    **said: Any,
) -> HttpResponse | None:
    """Do it and go on; None if the form or the action refuses, which then stands in the form."""
    if not form.is_bound or not form.is_valid():
        return None
    try:
        verb(**said, **form.cleaned_data, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except BadInput as refusal:
        note(form, refusal)
        return None
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return None
    messages.success(request, done)
    return redirect(onward)


def risk_lines(found: list[Risk], zone: str) -> list[dict[str, Any]]:
    """Time, therapist, place and why; on the clinic's clock."""
    said = {
        Why.LAPSES: _("The licence ends before this day"),
        Why.NONE: _("No licence for this state"),
        Why.LENGTH: _("The service has another length now"),
        Why.MEDIUM: _("The service is no longer held in this way"),
        Why.CLOSED: _("The service can no longer be booked"),
        Why.HOLIDAY: _("The clinic is closed that day"),
    }
    states = dict(STATES)
    return [
        {
            "when": times.when(one.start, one.end, zone),
            "therapist": one.therapist,
            "place": states.get(one.place, one.place),
            "why": said[one.why],
        }
        for one in found
    ]
