"""Lists go page by page: the answer names the address of the next one."""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from django.core import signing
from django.db.models import Q, QuerySet
from rest_framework import serializers

from scheduling.api.fields import Body
from scheduling.api.problems import BadParameter
from scheduling.models import Booking, Enrollment

SALT = "scheduling.api.pages"


class PageQuery(Body):
    cursor = serializers.CharField(required=False, max_length=200, help_text="As `next` has it.")
    limit = serializers.IntegerField(required=False, default=25, min_value=1, max_value=100)


M = TypeVar("M", Booking, Enrollment)


class Page(NamedTuple, Generic[M]):
    rows: list[M]
    cursor: str | None


def page(rows: QuerySet[M], cursor: str | None, limit: int) -> Page[M]:
    """The rows after `cursor` in order of start; what is added meanwhile shifts nothing."""
    if cursor:
        start, uuid = _opened(cursor)
        rows = rows.filter(Q(start__gt=start) | Q(start=start, uuid__gt=uuid))
    found = list(rows.order_by("start", "uuid")[: limit + 1])
    if len(found) <= limit:
        return Page(found, None)
    last = found[limit - 1]
    return Page(found[:limit], signing.dumps([last.start, str(last.uuid)], salt=SALT))


def _opened(cursor: str) -> tuple[int, UUID]:
    try:
        start, uuid = signing.loads(cursor, salt=SALT)
    except signing.BadSignature as error:
        raise BadParameter("cursor") from error
    return start, UUID(uuid)


def next_address(path: str, asked: Any, cursor: str | None) -> str | None:
    """Relative: no host is taken from the request (TK6)."""
    if cursor is None:
        return None
    parameters = asked.copy()
    parameters["cursor"] = cursor
    return f"{path}?{parameters.urlencode()}"
