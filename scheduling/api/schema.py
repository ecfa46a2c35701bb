"""How the API describes itself: OpenAPI, with every refusal that an operation may answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from scheduling.api.problems import (
    PLAIN,
    BadKey,
    BadParameter,
    CsrfFailed,
    SecondFactorRequired,
    leaves,
)


def all_codes() -> dict[str, tuple[int, str]]:
    """code -> (status, sentence) of everything that the API refuses with."""
    found = {leaf.code: (leaf.status, str(leaf.sentence)) for leaf in leaves()}
    for own in (BadParameter, BadKey, SecondFactorRequired, CsrfFailed):
        found[own.default_code] = (own.status_code, str(own.default_detail))
    for status, (code, sentence) in PLAIN.items():
        found[code] = (status, str(sentence))
    return found


def _table() -> str:
    rows = sorted((status, code, sentence) for code, (status, sentence) in all_codes().items())
    lines = [f"| {status} | `{code}` | {sentence} |" for status, code, sentence in rows]
    return "\n".join(["| status | code | says |", "|---|---|---|", *lines])


class FieldProblem(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="Its name; empty where it is about the whole body.")
    code = serializers.CharField()
    detail = serializers.CharField()


class NearStart(serializers.Serializer[Any]):
    therapist = serializers.UUIDField()
    start = serializers.DateTimeField()


class RefusedDate(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    why = serializers.CharField(help_text="A code.")


class OpenDate(serializers.Serializer[Any]):
    start = serializers.DateTimeField(allow_null=True, help_text="null: the part as a whole.")
    why = serializers.CharField(help_text="A code.")


class OpenPart(serializers.Serializer[Any]):
    part = serializers.IntegerField()
    dates = OpenDate(many=True)


class Problem(serializers.Serializer[Any]):
    """RFC 9457. What is not yours and what is not there are one answer: `not_found`."""

    type = serializers.CharField()
    title = serializers.CharField(help_text="The name of the status.")
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="For programs.")
    detail = serializers.CharField(help_text="One sentence for people.")
    field = serializers.CharField(required=False, help_text="Where one field or parameter is.")
    nearest = NearStart(many=True, required=False, help_text="With `slot_gone`: up to three.")
    dates = RefusedDate(
        many=True, required=False, help_text="Those of a series or group that stand against it."
    )
    parts = OpenPart(
        many=True, required=False, help_text="With `enrollment_refused`: what is still open."
    )
    members = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="With `members_busy` and `members_not_licensed`: their references.",
    )

    booking = serializers.UUIDField(required=False, help_text="Which of several it is about.")

    def get_fields(self) -> dict[str, Any]:
        """`errors` is a serializer's own word."""
        return {**super().get_fields(), "errors": FieldProblem(many=True, required=False)}


class Operation(AutoSchema):
    """Every operation may answer a problem; which statuses, its method and permissions say."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self.problem_statuses():
            if str(status) not in bodies:
                code = PLAIN[status][0] if status in PLAIN else ""
                told = OpenApiResponse(Problem, description=f"A problem, for example `{code}`.")
                bodies[str(status)] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                    told, str(status), ["application/problem+json"], direction
                )
        return bodies

    def problem_statuses(self) -> list[int]:
        statuses = [400, 401, 404, 406, 503]
        if self.method not in ("GET", "HEAD"):
            statuses += [403, 409, 413, 415, 422, 429]
        elif AllowAny in self.view.permission_classes:
            statuses += [403, 409, 422]
        else:
            statuses += [403, 422]
        return statuses


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "scheduling.api.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class StrictBody(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Bodies know their fields and no others, and say so."""

    target_class = "scheduling.api.fields.Body"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        found: dict[str, Any] = auto_schema._map_serializer(
            self.target, direction, bypass_extensions=True
        )
        return found | {"additionalProperties": False}


def add_codes(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of the generator: the table of codes stands with the shape of a problem."""
    result["components"]["schemas"]["Problem"]["description"] += "\n\n" + _table()
    return result
