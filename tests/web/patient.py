"""A patient at the pages: what is filled in, sent and read."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client

from tests.world import LA, World, at

HOME = "/c/harbor/"


def filters(**said: Any) -> dict[str, Any]:
    """The filters of the search, as the form sends them."""
    return {
        "service": "cbt-50",
        "place": "CA",
        "medium": "video",
        "therapist": "",
        "language": "",
        "part": "",
        "zone": LA,
        "day": "",
    } | said


def text_of(response: HttpResponse) -> str:
    """What a person reads: without tags, in single spaces."""
    body = re.sub(r"<(script|style|head)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def starts_in(response: HttpResponse) -> list[int]:
    """The starts that can be chosen on a page, in order, each once."""
    found = re.findall(r'name="start" value="(\d+)"', response.content.decode())
    return list(dict.fromkeys(int(value) for value in found))


def take(client: Client, start: int, **said: Any) -> HttpResponse:
    return client.post(HOME + "hold/", filters(**said) | {"start": start})


def held(client: Client, start: int, **said: Any) -> str:
    """Hold a time; the address of its page."""
    response = take(client, start, **said)
    assert response.status_code == 302, text_of(response)
    return response["Location"]


def booked(client: Client, world: World, start: int | None = None, **said: Any) -> str:
    """Book a time as whoever is signed in; the uuid of the booking."""
    page = held(client, start or at("2027-03-03", 10), **said)
    response = client.post(page)
    assert response.status_code == 302, text_of(response)
    return response["Location"].strip("/").split("/")[-1]
