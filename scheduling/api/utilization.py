"""What a clinic's time came to, for its admin; a therapist's own numbers. As the pages tell it."""

from __future__ import annotations

from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scheduling import policy
from scheduling.api.door import Door
from scheduling.api.fields import Body, DayField
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.periods import Length, Period, latest, period
from scheduling.engine.told import MEASURES, Told
from scheduling.errors import NotFound
from scheduling.models import Kind, Medium
from scheduling.queries import told
from scheduling.queries.told import Access, Telling, Wish
from scheduling.queries.utilization import By


class OwnQuery(Body):
    """`from` is reserved in Python: it is added below."""

    period = serializers.ChoiceField(
        choices=[one.value for one in Length], required=False, help_text="By default month."
    )

    def get_fields(self) -> dict[str, Any]:
        asks = "A day in it; of four weeks, in the first. By default the last one that is over."
        return {
            **super().get_fields(),
            "from": DayField(required=False, help_text=asks),
        }


class ReportQuery(OwnQuery):
    by = serializers.ChoiceField(choices=[one.value for one in By], required=False)
    therapist = serializers.UUIDField(required=False)
    service = serializers.UUIDField(required=False)
    modality = serializers.CharField(required=False, max_length=60, help_text="Its code.")
    kind = serializers.ChoiceField(choices=Kind.values, required=False)
    medium = serializers.ChoiceField(choices=Medium.values, required=False)


class SumsShape(serializers.Serializer[Any]):
    offered = serializers.IntegerField(allow_null=True, help_text="Minutes, as the next two.")
    booked = serializers.IntegerField()
    delivered = serializers.IntegerField()
    utilization = serializers.FloatField(allow_null=True, help_text="Booked of offered.")
    people = serializers.DictField(
        child=serializers.FloatField(allow_null=True), help_text=", ".join(MEASURES)
    )
    kept_back = serializers.ListField(
        child=serializers.CharField(), help_text="Of `people`: what is not told."
    )


class SumsRowShape(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    numbers = SumsShape()


class HourCellShape(serializers.Serializer[Any]):
    offered = serializers.IntegerField(allow_null=True)
    booked = serializers.IntegerField()
    delivered = serializers.IntegerField()


class AccessShape(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    third_next = serializers.IntegerField(
        allow_null=True,
        help_text="Minutes, of the middle day. null: fewer than three were free, or a group.",
    )
    waiting = serializers.IntegerField(allow_null=True, help_text="null: kept back.")
    waited = serializers.IntegerField(allow_null=True, help_text="Minutes, of the middle one.")


class DaysShape(serializers.Serializer[Any]):
    first = serializers.DateField()
    last = serializers.DateField()


class UtilizationShape(serializers.Serializer[Any]):
    zone = serializers.CharField()
    length = serializers.CharField()
    period = DaysShape()
    before = DaysShape()
    by = serializers.CharField(allow_null=True)
    total = SumsShape()
    total_before = SumsShape()
    series = SumsRowShape(many=True, help_text="Its weeks or months; key: the first day.")
    rows = SumsRowShape(many=True, help_text="By `by`.")
    access = AccessShape(many=True, help_text="Without a filter: how one comes to each service.")
    heat = serializers.ListField(
        child=HourCellShape(many=True), help_text="Minutes: seven days from Monday on, of 24 hours."
    )


class ReportDoor(Door):
    def today(self) -> date:
        return local_day(self.clinic.time_zone, to_minute(self.now))


class Utilization(ReportDoor):
    Query = ReportQuery

    @extend_schema(operation_id="utilization", parameters=[ReportQuery], responses=UtilizationShape)
    def get(self, request: Request) -> Response:
        """Clinic admins. Counts of people under eleven, and what gives one away, are kept back."""
        if not self.actor.has(policy.ADMIN):
            raise NotFound
        said = self.asked()
        wish = wish_of(said, self.today(), self.clinic.week_starts)
        return Response(as_json(told.tell(self.actor, wish, self.today()), wish))


class OwnNumbers(ReportDoor):
    Query = OwnQuery

    @extend_schema(
        operation_id="utilization_mine", parameters=[OwnQuery], responses=UtilizationShape
    )
    def get(self, request: Request) -> Response:
        """A therapist's own."""
        if self.actor.therapist is None:
            raise NotFound
        wish = wish_of(self.asked(), self.today(), self.clinic.week_starts)
        return Response(as_json(told.tell_own(self.actor, wish, self.today()), wish))


def wish_of(said: dict[str, Any], today: date, week_starts: int) -> Wish:
    length = Length(said.pop("period", Length.MONTH))
    day, by = said.pop("from", None), said.pop("by", None)
    span = period(length, day, week_starts) if day else latest(length, today, week_starts)
    return Wish(span, By(by) if by else None, **said)


def as_json(found: Telling, wish: Wish) -> dict[str, Any]:
    asked = found.report.asked
    return {
        "zone": asked.clinic.time_zone,
        "length": wish.period.length.value,
        "period": span(wish.period),
        "before": span(wish.period.before),
        "by": wish.by and wish.by.value,
        "total": numbers(found.total),
        "total_before": numbers(found.before),
        "series": [row(*line) for line in found.series],
        "rows": [row(*line) for line in found.lines],
        "access": [line(one) for one in found.access],
        "heat": [[cell._asdict() for cell in day] for day in found.report.heat],
    }


def span(one: Period) -> dict[str, date]:
    return {"first": one.first, "last": one.last}


def row(key: str, label: str, sums: Told) -> dict[str, Any]:
    return {"key": key, "name": label, "numbers": numbers(sums)}


def line(one: Access) -> dict[str, Any]:
    told = one._asdict()
    del told["joined"]
    return {"name": told.pop("label")} | told


def numbers(sums: Told) -> dict[str, Any]:
    return {
        "offered": sums.offered,
        "booked": sums.booked,
        "delivered": sums.delivered,
        "utilization": sums.utilization,
        "people": sums.people,
        "kept_back": [name for name in MEASURES if name not in sums.people],
    }
