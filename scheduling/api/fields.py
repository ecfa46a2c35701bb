"""What callers say: strict bodies and parameters, moments, zones, places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models.licence import STATES
from scheduling.engine.hours import (
    NonexistentTime,
    UnknownZone,
    in_reach,
    require_zone,
    wall_to_minute,
)
from scheduling.engine.interval import to_minute
from scheduling.engine.slots import labels
from scheduling.errors import NoSuchDate, NoSuchZone, SpringGap, UnknownField
from scheduling.models import Medium

MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.0{1,9})?)?(Z|z|[+-]\d\d:\d\d)?", re.ASCII
)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
LocalDate = date  # `StartBody` has a field called date
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


class Body(serializers.Serializer[Any]):
    """Knows its fields and no others: nothing is set that is not named here (AC5)."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            for name in data:
                if name not in self.fields:
                    raise UnknownField(field=str(name)[:60])
        return super().to_internal_value(data)


class Empty(Body):
    pass


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentField(serializers.Field[int, Any, str, Any]):
    """An ISO 8601 moment with its offset, on a whole minute; inside, the minute (UTC)."""

    default_error_messages = {
        "moment": "A moment looks like 2027-03-02T10:00-08:00.",
        "no_offset": "The offset from UTC is missing, as in 2027-03-02T10:00-08:00.",
        "seconds": "Sessions start on a whole minute.",
    }

    def to_internal_value(self, data: Any) -> int:
        found = MOMENT.fullmatch(data) if isinstance(data, str) else None
        if found is None:
            self.fail("moment")
        if found[7] is None:
            self.fail("no_offset")
        try:
            moment = datetime.fromisoformat(data.upper()).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise NoSuchDate(field=self.field_name) from error
        if moment.second:
            self.fail("seconds")
        return to_minute(moment)

    def to_representation(self, value: int) -> str:
        raise NotImplementedError  # answers are made in `shapes`


@extend_schema_field(OpenApiTypes.DATE)
class DayField(serializers.Field[date, Any, str, Any]):
    default_error_messages = {"day": "A date looks like 2027-03-02."}

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str) or not DAY.fullmatch(data):
            self.fail("day")
        try:
            day = date.fromisoformat(data)
        except ValueError as error:
            raise NoSuchDate(field=self.field_name) from error
        if not in_reach(day):
            raise NoSuchDate(field=self.field_name)
        return day

    def to_representation(self, value: date) -> str:
        return value.isoformat()


class ClockField(serializers.RegexField):
    """HH:MM on the wall clock, as minutes after midnight."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(CLOCK.pattern + r"\Z", **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> int:
        hour, minute = super().run_validation(data).split(":")
        return int(hour) * 60 + int(minute)


def clock(at: int) -> str:
    """HH:MM."""
    return f"{at // 60:02}:{at % 60:02}"


class ZoneField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "An IANA name, as America/Los_Angeles.")
        super().__init__(max_length=64, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        try:
            return require_zone(name)
        except UnknownZone as error:
            raise NoSuchZone(field=self.field_name) from error


class PlaceField(serializers.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "The state where the patient will be, as CA.")
        super().__init__(choices=STATES, **kwargs)


class MediumField(serializers.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Medium.choices, **kwargs)


class StartBody(Body):
    """A start: either a moment, or date and time on the wall clock of `zone`."""

    start = MomentField(required=False, help_text="With its offset; or else `date` and `time`.")
    date = DayField(required=False, help_text="With `time`, on the wall clock of `zone`.")
    time = ClockField(required=False, help_text="HH:MM")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Sets `start`, in minutes. A time that the clock skips is a refusal of its own."""
        day, at = attrs.pop("date", None), attrs.pop("time", None)
        if ("start" in attrs) == (day is not None) or (day is None) != (at is None):
            raise serializers.ValidationError(
                {"start": "Give either start, or date and time."}, code="one_start"
            )
        if day is not None:
            attrs["start"] = self.on_the_clock(day, at, attrs.get("zone"))
        return attrs

    def on_the_clock(self, day: LocalDate, at: int, zone: str | None) -> int:
        if zone is None:
            raise serializers.ValidationError({"zone": "Needed with date and time."}, "required")
        try:
            return wall_to_minute(zone, day, at)
        except NonexistentTime as error:
            raise SpringGap(field="time") from error


def told(minute: int, zone: str) -> str:
    """A moment as answers say it: on the wall clock of `zone`, with its offset."""
    return labels(zone, [minute])[0]
