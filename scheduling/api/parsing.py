"""Bodies are JSON objects, read strictly: what two readers could read differently is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser

from scheduling.errors import NotJson


class TooLarge(APIException):
    status_code = 413


class StrictJSONParser(BaseParser):
    """An object in UTF-8; no name twice, no NaN or Infinity, no lone surrogates. Else NotJson."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            text = _read(stream).decode("utf-8")
            found = json.loads(
                text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_float
            )
            json.dumps(found, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError) as error:
            raise NotJson from error
        if not isinstance(found, dict):
            raise NotJson
        return found


def _read(stream: IO[Any]) -> bytes:
    """The framework reads past Django's own limit."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    body: bytes = stream.read(most + 1)
    if len(body) > most:
        raise TooLarge
    return body


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number
