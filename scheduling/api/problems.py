"""Every refusal in one shape, RFC 9457: {"type", "title", "status", "code", "detail", ...}.

`code` is for programs, `detail` one sentence for people. What the body or a field has wrong stands
in "errors": [{"field", "code", "detail"}]; SlotGone brings "nearest", SeriesRefused and
FacilitatorsBusy "dates", EnrollmentRefused "parts" with dates, MembersBusy "members"
(references).
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoDenied
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.views import set_rollback

from accounts.errors import AuditFailed, Refusal

NOTHING_HERE = _("There is nothing at this address, or it is not yours to see.")
UNAVAILABLE = _("We cannot do this at the moment, so nothing was changed. Please try again soon.")
INVALID = _("Some of the fields are not right.")
RETRY_SECONDS = 30
# What of a refusal's `extra` goes out.
TOLD = ("field", "nearest", "dates", "members", "booking", "parts")

log = logging.getLogger("telehealth.api")


class BadParameter(exceptions.APIException):
    """A query parameter that is not known here, given twice, or cannot be read (AC8)."""

    status_code = 400
    default_code = "bad_parameter"
    default_detail = _("A parameter in the address is not known here, or cannot be read.")

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field


class SecondFactorRequired(exceptions.APIException):
    """A token that was made without a second factor does not act for staff (AU2)."""

    status_code = 403
    default_code = "second_factor_required"
    default_detail = _("This token was made without a second factor. Please make another one.")


class BadKey(exceptions.APIException):
    status_code = 400
    default_code = "bad_idempotency_key"
    default_detail = _(
        "An Idempotency-Key has 1 to 100 visible ASCII characters, and at least 22 where nobody "
        "is signed in."
    )


class CsrfFailed(exceptions.PermissionDenied):
    default_code = "csrf_failed"
    default_detail = _("A request with a session needs the header X-CSRFToken.")


# Codes of what never reaches an action, by status; refusals bring their own.
PLAIN: Mapping[int, tuple[str, Any]] = {
    400: ("bad_request", _("We could not understand this request.")),
    401: ("not_authenticated", _("Please sign in, or send a token that is valid here.")),
    403: ("forbidden", _("You may not do this.")),
    404: ("not_found", NOTHING_HERE),
    405: ("method_not_allowed", _("This cannot be done with this address.")),
    406: ("not_acceptable", _("Answers are JSON.")),
    413: ("too_large", _("The body of the request is too large.")),
    415: ("unsupported_media_type", _("The body of a request is application/json.")),
    422: ("invalid", INVALID),
    429: ("throttled", _("That was too often. Please wait a moment.")),
    503: ("unavailable", UNAVAILABLE),
}


def body(status: int, code: str, sentence: Any, **extra: Any) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": str(sentence),
        **extra,
    }


def answer(
    status: int, code: str, sentence: Any, headers: Mapping[str, str] | None = None, **extra: Any
) -> HttpResponse:
    return HttpResponse(
        json.dumps(body(status, code, sentence, **extra)),
        status=status,
        content_type="application/problem+json",
        headers=dict(headers or {}),
    )


def plain(status: int, headers: Mapping[str, str] | None = None) -> HttpResponse:
    code, sentence = PLAIN[status]
    return answer(status, code, sentence, headers)


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The one place where the API turns an exception into an answer; None is our own mistake."""
    set_rollback()
    if isinstance(error, Refusal):
        return refused(error)
    if isinstance(error, AuditFailed):
        log.error("audit failed", exc_info=error)
        return plain(503, {"Retry-After": str(RETRY_SECONDS)})
    if isinstance(error, Http404):
        return plain(404)
    if isinstance(error, DjangoDenied):
        return plain(403)
    if isinstance(error, exceptions.APIException):
        return _from_framework(error)
    return None


def refused(refusal: Refusal) -> HttpResponse:
    """Not yours and not there are one answer, byte for byte (AC2)."""
    if refusal.status == 404:
        return plain(404)
    extra = {name: refusal.extra[name] for name in TOLD if name in refusal.extra}
    headers = {"Retry-After": "60"} if refusal.status == 429 else None
    return answer(refusal.status, refusal.code, refusal.sentence, headers, **extra)


def _from_framework(error: exceptions.APIException) -> HttpResponse:
    headers = {}
    if isinstance(error, exceptions.ValidationError):
        return answer(422, "invalid", INVALID, errors=list(_fields(error.detail)))
    if isinstance(error, exceptions.Throttled):
        headers["Retry-After"] = str(math.ceil(getattr(error, "wait", None) or 1))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if isinstance(error, BadParameter):
        return answer(400, "bad_parameter", error.detail, headers, field=error.field)
    if isinstance(error, SecondFactorRequired | BadKey):
        return answer(error.status_code, error.default_code, error.detail, headers)
    if isinstance(error, exceptions.PermissionDenied) and "CSRF" in str(error.detail):
        return answer(403, CsrfFailed.default_code, CsrfFailed.default_detail)
    return plain(error.status_code, headers)


def _fields(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """The framework's nested errors as one flat list."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _fields(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _fields(inner, path)
    else:
        field = "" if path == "non_field_errors" else path
        yield {"field": field, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}


def leaves(root: type[Refusal] = Refusal) -> list[type[Refusal]]:
    """Every refusal that can be raised, in the order of the tree."""
    below = [leaf for child in root.__subclasses__() for leaf in leaves(child)]
    return below or [root]
