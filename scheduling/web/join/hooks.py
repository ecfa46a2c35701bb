"""Where a platform tells us of rooms: small, signed, limited. Answers tell nothing (TK4)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from scheduling.video.callbacks import Answer, receive
from scheduling.video.contract import RawRequest
from scheduling.video.pending import pending as waiting
from scheduling.video.platforms.standard import LARGEST

MISS, KNOCK = "hook.miss", "hook.knock"
TITLES = {
    400: "Not JSON",
    401: "Not signed by this connection's secret, or not now",
    404: "Not found",
    410: "Disabled: stop sending",
    413: "Too large",
    415: "Send application/json",
    422: "Refused",
    429: "Too many requests",
    503: "Not ready",
}


@csrf_exempt
@login_not_required
@require_POST
def callback(request: HttpRequest, connection: UUID) -> HttpResponse:
    """One signed message of a platform; the raw bytes are what is signed."""
    now, where = timezone.now(), limits.address(request)
    request.actor_kind = "platform"  # type: ignore[attr-defined]
    if _too_many(connection, where, now):
        return _answer(Answer(429, code="too_many_requests"))
    answer = receive(connection, _raw(request), where=where, now=now)
    return _counted(answer, connection, where, now)


@login_not_required
@require_safe
def pending(request: HttpRequest, connection: UUID) -> HttpResponse:
    """The rooms that are still to be filled in; the path with its query is what is signed."""
    now, where = timezone.now(), limits.address(request)
    request.actor_kind = "platform"  # type: ignore[attr-defined]
    if _too_many(connection, where, now):
        return _answer(Answer(429, code="too_many_requests"))
    asked = RawRequest(
        headers=dict(request.headers),
        body=request.get_full_path().encode(),
        url=request.build_absolute_uri(),
    )
    cursor = request.GET.get("cursor", "")
    return _counted(
        waiting(connection, asked, cursor=cursor, where=where, now=now), connection, where, now
    )


def _too_many(connection: UUID, where: str, now: datetime) -> bool:
    """From one address that is always wrong; to one connection, whoever it is."""
    return limits.spent(MISS, where, limits.MISSES, now) or limits.spent(
        KNOCK, str(connection), limits.KNOCKS, now
    )


def _counted(answer: Answer, connection: UUID, where: str, now: datetime) -> HttpResponse:
    if answer.status in (401, 404):
        limits.count(MISS, where, now)
    else:
        limits.count(KNOCK, str(connection), now)
    return _answer(answer)


def _raw(request: HttpRequest) -> RawRequest:
    """At most a byte more than is allowed is ever read."""
    return RawRequest(
        headers=dict(request.headers),
        body=request.read(LARGEST + 1),
        url=request.build_absolute_uri(),
    )


def _answer(answer: Answer) -> HttpResponse:
    if answer.challenge is not None:
        return HttpResponse(answer.challenge.body, content_type=answer.challenge.content_type)
    if not answer.code:
        return JsonResponse(dict(answer.body), status=answer.status)
    problem = {
        "type": "about:blank",
        "title": TITLES[answer.status],
        "status": answer.status,
        "code": answer.code,
        **({"field": answer.wrong} if answer.wrong else {}),
    }
    response = JsonResponse(problem, status=answer.status, content_type="application/problem+json")
    if answer.status in (429, 503):
        response["Retry-After"] = str(60 * limits.MINUTES)
    return response
