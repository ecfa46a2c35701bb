"""Somebody who calls the API: JSON in and out, with a token of their own, or nobody."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client

from accounts.actions.tokens import PREFIX, hash_token
from accounts.models import ApiToken, Clinic, User
from tests.world import LA, NOW, World


@dataclass
class Caller:
    """`caller.get("services/")`, `caller.post("holds/", {...})`: below the clinic's address."""

    client: Client
    clinic: Clinic
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, query: Any = None, **headers: str):
        return self.client.get(self.url(path), query or {}, headers=self.headers | headers)

    def post(self, path: str, body: Any = None, **headers: str):
        return self.send("post", path, body, headers)

    def patch(self, path: str, body: Any = None, **headers: str):
        return self.send("patch", path, body, headers)

    def delete(self, path: str, **headers: str):
        return self.send("delete", path, None, headers)

    def send(self, method: str, path: str, body: Any, headers: dict[str, str]):
        text = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body)
        return getattr(self.client, method)(
            self.url(path),
            text,
            content_type="application/json",
            headers=self.headers | {name.replace("_", "-"): h for name, h in headers.items()},
        )

    def url(self, path: str) -> str:
        return path if path.startswith("/") else f"/api/v1/clinics/{self.clinic.slug}/{path}"


def token(who: User, clinic: Clinic, **fields: Any) -> str:
    """A token's text; the row is made as the action makes it."""
    text = f"{PREFIX}{who.pk}-{ApiToken.objects.count()}"
    ApiToken.objects.create(
        **{
            "user": who,
            "clinic": clinic,
            "name": "test",
            "token_hash": hash_token(text),
            "second_factor": True,
            "created_at": NOW,
            "expires_at": NOW + timedelta(days=30),
        }
        | fields
    )
    return text


def hold_body(world: World, start: str = "2027-03-02T10:00-08:00", **said: Any) -> dict[str, Any]:
    """Alma, Tuesday March 2, 2027 at 10 AM in Los Angeles."""
    return {
        "service": str(world.cbt.uuid),
        "therapist": str(world.alma.uuid),
        "start": start,
        "medium": "video",
        "place": "CA",
        "zone": LA,
    } | said
