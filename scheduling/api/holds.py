"""Keep a time, look at it, keep it longer, give it back. Nobody needs to have signed in."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import limits
from scheduling.actions import hold as holds
from scheduling.actions.reply import Reply
from scheduling.api import shapes
from scheduling.api.catalogue import newest_forms
from scheduling.api.door import SECRET_HEADER, Door, Public
from scheduling.api.fields import Empty, MediumField, PlaceField, StartBody, ZoneField
from scheduling.api.slots import wanted_of, with_nearest
from scheduling.errors import SlotGone
from scheduling.models import Booking

SECRET = OpenApiParameter(
    SECRET_HEADER, str, OpenApiParameter.HEADER, description="As told when the hold was made."
)
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and body are done once and answered alike, for a day. Where nobody "
    "is signed in it has at least 22 characters.",
)


class HoldBody(StartBody):
    service = serializers.UUIDField()
    therapist = serializers.UUIDField()
    medium = MediumField()
    place = PlaceField()
    zone = ZoneField(help_text="The patient's.")


class HoldDoor(Door):
    permission_classes = Public

    def shown(self, held: Booking) -> dict[str, Any]:
        """Four queries: with session and service, occupancy, therapist; the forms."""
        row = shapes.with_times(Booking.objects.filter(pk=held.pk)).get()
        return shapes.hold(row, self.now) | {"consents": newest_forms(self.clinic.pk)}


class Holds(HoldDoor):
    @extend_schema(
        operation_id="hold_take",
        parameters=[SECRET, KEY],
        request=HoldBody,
        responses={201: shapes.NewHoldShape},
        description="Keeps a time for some minutes. With the secret of an earlier hold, the new "
        "one belongs to the same owner; who is signed in is one owner anyway.",
    )
    def post(self, request: Request) -> Response:
        said = self.said(HoldBody)
        holds.require_few_holds(self.actor, limits.address(request), self.now)
        return self.write(lambda: self.take(said))

    def take(self, said: dict[str, Any]) -> Reply:
        secret = self.secret() or self.new_secret()
        try:
            held = holds.hold(**said, secret=secret, actor=self.actor, now=self.now)
        except SlotGone as gone:
            raise with_nearest(
                gone,
                lambda: wanted_of(said, self.actor, self.now),
                said["start"],
                self.actor,
                self.now,
            ) from gone
        return Reply(201, self.shown(held) | {"secret": secret})

    def new_secret(self) -> str:
        """A person's holds have one owner, so that the clinic's limit counts them together."""
        if self.actor.user is None:
            return secrets.token_urlsafe(32)
        whose = f"{self.actor.user.pk}:{self.clinic.pk}"
        return salted_hmac(
            "scheduling.api.holds", whose, settings.SECRET_KEY, algorithm="sha256"
        ).hexdigest()


class Hold(HoldDoor):
    """One hold, for whoever has its secret."""

    @extend_schema(operation_id="hold", parameters=[SECRET], responses=shapes.HoldShape)
    def get(self, request: Request, hold: UUID) -> Response:
        return Response(self.shown(holds.find_hold(hold, self.secret(), self.actor)))

    @extend_schema(
        operation_id="hold_release",
        parameters=[SECRET, KEY],
        request=None,
        responses={204: None},
        description="Gives the time back; doing so twice is no error.",
    )
    def delete(self, request: Request, hold: UUID) -> Response:
        self.said(Empty)
        return self.write(lambda: self.let_go(hold))

    def let_go(self, hold: UUID) -> Reply:
        holds.let_go(hold=hold, secret=self.secret(), actor=self.actor, now=self.now)
        return Reply(204, None)


class ExtendHold(HoldDoor):
    @extend_schema(
        operation_id="hold_extend",
        parameters=[SECRET, KEY],
        request=None,
        responses=shapes.HoldShape,
        description="Keeps it for the same time again, once.",
    )
    def post(self, request: Request, hold: UUID) -> Response:
        self.said(Empty)
        return self.write(lambda: self.extend(hold))

    def extend(self, hold: UUID) -> Reply:
        held = holds.extend(hold=hold, secret=self.secret(), actor=self.actor, now=self.now)
        return Reply(200, self.shown(held))
