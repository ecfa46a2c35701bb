"""Pages that belong to no part of the site: errors, refusals, and whether the service is well.

Errors say nothing of the inside: no path, setting, version or message (EN5). They are written
without the database, so that they also work when it is what failed.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_safe

from accounts.errors import Refusal
from scheduling.api import problems
from scheduling.outbox.heartbeat import last_beat

WORKER_ALIVE = timedelta(minutes=2)

SECOND_FACTOR = gettext_lazy(
    "Please add a second factor to your account first, or sign in with it."
)
NOTHING = gettext_lazy("There is nothing at this address, or it is not yours to see.")


def wants_problem(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def problem(
    request: HttpRequest, status: int, code: str, sentence: Any, **extra: Any
) -> HttpResponse:
    """RFC 9457: the same shape as every refusal of the API."""
    body = problems.body(status, code, sentence, **extra)
    return JsonResponse(body, status=status, content_type="application/problem+json")


def say(
    request: HttpRequest, status: int, code: str, heading: str, sentence: Any, **extra: Any
) -> HttpResponse:
    """The answer in the tongue of the door: a page, or problem+json below `/api/`."""
    if wants_problem(request):
        return problem(request, status, code, sentence)
    page = {
        "heading": heading,
        "sentence": str(sentence),
        "reference": request.META.get("REQUEST_ID", "") if status >= 500 else "",
        **extra,
    }
    return HttpResponse(render_to_string("error.html", page), status=status)


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """What an action refused. Not yours and not there are one page, byte for byte (AC2)."""
    if refusal.status == 404:
        return not_found(request)
    return say(request, refusal.status, refusal.code, _("That did not work"), refusal.sentence)


@login_not_required
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if wants_problem(request):
        return problem(request, 404, "not_found", NOTHING)
    return HttpResponse(nothing_here(get_language()), status=404)


@cache
def nothing_here(_language: str | None) -> str:
    """The same for everybody, so it is written once: whoever tries addresses costs us little."""
    return render_to_string("error.html", {"heading": _("Nothing here"), "sentence": str(NOTHING)})


@login_not_required
@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    sentence = _("We could not understand this request. Please go back and try again.")
    return say(request, 400, "bad_request", _("That did not work"), sentence)


@login_not_required
@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    sentence = _("You may not do this.")
    return say(request, 403, "forbidden", _("Not allowed"), sentence)


@login_not_required
@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open for too long, or was sent from elsewhere; nothing was done."""
    sentence = _(
        "This page was open for too long. Please go back, load it again and send it once more."
    )
    return say(request, 403, "csrf_failed", _("Please send this again"), sentence)


@login_not_required
@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    sentence = _(
        "Something went wrong on our side. Nothing was lost. Please try again in a moment."
    )
    return say(request, 500, "server_error", _("Our mistake"), sentence)


def unavailable(request: HttpRequest) -> HttpResponse:
    sentence = _("We cannot do this at the moment, so nothing was changed. Please try again soon.")
    response = say(request, 503, "unavailable", _("Please try again soon"), sentence)
    response["Retry-After"] = "30"
    return response


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The process and its database answer, and a worker gave a sign of life within two minutes.

    Without a worker people can book all the same, so that is said, not refused. Figures are not
    told here (EN5).
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database\n", status=503, content_type="text/plain; charset=utf-8")
    beat = last_beat()
    alive = beat is not None and timezone.now() - beat < WORKER_ALIVE
    said = "ok\n" if alive else "ok, but no worker\n"
    return HttpResponse(said, content_type="text/plain; charset=utf-8")


@login_not_required
def admin_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Django's admin has no sign-in of its own: it knows no second factor (AC10, AU3)."""
    if request.user.is_authenticated:
        return not_found(request)  # signed in, but no operator
    return redirect_to_login(reverse("admin:index"))
