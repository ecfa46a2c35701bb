"""Free times, and the first one. Open to everybody: no patient is in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.api.door import Door, Public
from scheduling.api.fields import Body, MediumField, MomentField, PlaceField, ZoneField, told
from scheduling.engine.interval import DAY, to_minute
from scheduling.engine.slots import PartOfDay, in_part_of_day, label_table
from scheduling.errors import BadInput, SlotGone, TooFarAhead
from scheduling.models import Kind, Service
from scheduling.queries.slots import Found, Wanted, nearest, next_available, search, treated_by

WEEK, LONGEST, FARTHEST = 7 * DAY, 31 * DAY, 2 * 366 * DAY  # minutes


class FirstQuery(Body):
    """`from` is reserved in Python: the fields of that name are added below."""

    service = serializers.UUIDField()
    place = PlaceField()
    zone = ZoneField(help_text="The patient's; times are told on its wall clock.")
    medium = MediumField(required=False, default="video")
    therapist = serializers.UUIDField(required=False, help_text="Or any.")
    language = serializers.RegexField(r"^[a-z]{2,3}\Z", required=False, help_text="As en, es.")

    def get_fields(self) -> dict[str, Any]:
        asks = "By default now. With offset; a + is sent as %2B."
        return {**super().get_fields(), "from": MomentField(required=False, help_text=asks)}


class SlotsQuery(FirstQuery):
    part = serializers.ChoiceField(
        choices=[part.value for part in PartOfDay],
        required=False,
        help_text="Of the patient's day: until noon, until 5 PM, after that.",
    )

    def get_fields(self) -> dict[str, Any]:
        asks = "By default a week after `from`, at most 31 days."
        return {**super().get_fields(), "until": MomentField(required=False, help_text=asks)}


class TherapistStarts(serializers.Serializer[Any]):
    therapist = serializers.UUIDField()
    name = serializers.CharField()
    starts = serializers.ListField(child=serializers.DateTimeField())


class SlotsShape(serializers.Serializer[Any]):
    zone = serializers.CharField()
    therapists = TherapistStarts(many=True, help_text="Those with a free start.")


class FirstShape(serializers.Serializer[Any]):
    start = serializers.DateTimeField(allow_null=True, help_text="null: none within the horizon.")
    therapist = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_null=True)


class Slots(Door):
    """Six queries beside the door's: the service, the search's three, whose; with `therapist` one
    more."""

    permission_classes = Public
    Query = SlotsQuery

    @extend_schema(operation_id="slots", parameters=[SlotsQuery], responses=SlotsShape)
    def get(self, request: Request) -> HttpResponse:
        said = self.asked()
        wanted = wanted_of(said, self.actor, self.now)
        found = search(wanted, self.now)
        if part := said.get("part"):
            found = [one._replace(starts=in_part(wanted.zone, one, part)) for one in found]
        found = [one for one in found if one.starts]
        text = slots_json(found, wanted.zone, names(found, self.actor))
        return HttpResponse(text, content_type="application/json")


class NextAvailable(Door):
    """As `Slots`, for each of at most five steps over empty weeks."""

    permission_classes = Public
    Query = FirstQuery

    @extend_schema(operation_id="next_available", parameters=[FirstQuery], responses=FirstShape)
    def get(self, request: Request) -> Response:
        wanted = wanted_of(self.asked(), self.actor, self.now, horizon=366 * DAY)
        first = next_available(wanted, self.now, weeks=5)
        if first is None:
            return Response({"start": None, "therapist": None, "name": None})
        found, start = first
        uuid, name = names([found], self.actor)[found.profile]
        return Response({"start": told(start, wanted.zone), "therapist": uuid, "name": name})


def in_part(zone: str, found: Found, part: str) -> list[int]:
    return in_part_of_day(zone, found.starts, PartOfDay(part))


def wanted_of(said: dict[str, Any], actor: Actor, now: datetime, horizon: int = WEEK) -> Wanted:
    """The search that the parameters mean; what has passed is cut off."""
    present = to_minute(now)
    first = max(said.get("from", present), present)
    until = said.get("until", first + horizon)
    if first > present + FARTHEST:
        raise TooFarAhead
    if until - first > max(horizon, LONGEST):
        raise BadInput(_("At most 31 days are searched at a time."), field="until")
    service = policy.find(
        Service, actor, uuid=said["service"], active=True, kind=Kind.INDIVIDUAL.value
    )
    therapist = None
    if "therapist" in said:
        who = policy.find(Therapist, actor, uuid=said["therapist"], active=True)
        therapist = who.user_id
    return Wanted(
        service=service.pk,
        place=said["place"],
        zone=said["zone"],
        medium=said["medium"],
        first=first,
        until=max(until, first),
        therapist=therapist,
        language=said.get("language", ""),
        own=treated_by(actor),
    )


Names = dict[int, tuple[str, str]]
"""Profile id -> (uuid, name)."""


def names(found: list[Found], actor: Actor) -> Names:
    rows = policy.visible(Therapist, actor).filter(pk__in=[one.profile for one in found])
    return {pk: (str(uuid), name) for pk, uuid, name in rows.values_list("pk", "uuid", "name")}


def slots_json(found: list[Found], zone: str, who: Names) -> str:
    """The answer as text. Starts are joined from a table of labels, made once for all therapists:
    an encoder would quote each anew."""
    table = label_table(zone, [one.starts for one in found])
    rows = []
    for one in found:
        uuid, name = who[one.profile]
        starts = '","'.join([table[start] for start in one.starts])
        starts = f'"{starts}"' if starts else ""
        rows.append(f'{{"therapist":"{uuid}","name":{json.dumps(name)},"starts":[{starts}]}}')
    return f'{{"zone":{json.dumps(zone)},"therapists":[{",".join(rows)}]}}'


def with_nearest(
    refusal: SlotGone, wanted: Callable[[], Wanted], start: int, actor: Actor, now: datetime
) -> SlotGone:
    """The same refusal with up to three other starts; the guard's own refusal knows no search."""
    search_for: Wanted = refusal.extra.get("wanted") or wanted()
    near = nearest(search_for, start, now)
    who = names([Found(0, profile, []) for _start, profile in near], actor)
    refusal.extra["nearest"] = [
        {"therapist": who[profile][0], "start": told(other, search_for.zone)}
        for other, profile in near
    ]
    return refusal
