"""Levels of care with their dated rules, and programs: staff read them, admins keep them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scheduling import policy
from scheduling.actions import programs as acts
from scheduling.actions.clinic import require_admin
from scheduling.actions.reply import Reply
from scheduling.api.door import Door
from scheduling.api.fields import Body, ClockField, DayField, clock
from scheduling.api.holds import KEY
from scheduling.errors import BadInput, NotFound
from scheduling.models import Level, LevelRule, Program, ProgramPart

MOST_MINUTES = acts.WEEK


class LevelBody(Body):
    name = serializers.CharField(max_length=80)
    code = serializers.SlugField(max_length=20, required=False, help_text="Stays. Else the name's.")
    rank = serializers.IntegerField(min_value=0, max_value=99, help_text="More care is higher.")
    active = serializers.BooleanField(required=False, default=True)


class LevelChange(Body):
    name = serializers.CharField(max_length=80, required=False)
    rank = serializers.IntegerField(min_value=0, max_value=99, required=False)
    active = serializers.BooleanField(required=False)


class RuleBody(Body):
    """What is asked of an age band from a day on; what held until then ends the day before."""

    valid_from = DayField()
    age_from = serializers.IntegerField(required=False, min_value=0, max_value=acts.OLDEST)
    age_until = serializers.IntegerField(
        required=False, min_value=1, max_value=acts.OLDEST, help_text="Below this age."
    )
    min_minutes = serializers.IntegerField(min_value=0, max_value=MOST_MINUTES)
    max_minutes = serializers.IntegerField(required=False, min_value=0, max_value=MOST_MINUTES)
    day_minutes = serializers.IntegerField(
        required=False, min_value=1, max_value=1440, help_text="With `days`."
    )
    days = serializers.IntegerField(required=False, min_value=1, max_value=7)
    source = serializers.CharField(  # type: ignore[assignment]
        required=False, max_length=200
    )


class RuleEnd(Body):
    last_day = DayField()


class ProgramBody(Body):
    name = serializers.CharField(max_length=80)
    level = serializers.UUIDField()
    weeks = serializers.IntegerField(min_value=1, max_value=acts.LONGEST)
    active = serializers.BooleanField(required=False, default=True)


class ProgramChange(Body):
    name = serializers.CharField(max_length=80, required=False)
    level = serializers.UUIDField(required=False)
    weeks = serializers.IntegerField(min_value=1, max_value=acts.LONGEST, required=False)
    active = serializers.BooleanField(required=False)


class PartBody(Body):
    """A group; or a service with a weekday and a time."""

    group = serializers.UUIDField(required=False)
    service = serializers.UUIDField(required=False)
    weekday = serializers.IntegerField(
        required=False, min_value=0, max_value=6, help_text="Monday is 0."
    )
    time = ClockField(required=False, help_text="HH:MM on the clinic's wall clock.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        individual = {"service", "weekday", "time"}
        if attrs.keys() != {"group"} and attrs.keys() != individual:
            raise BadInput(field="group")
        return attrs


class RuleShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)
    age_from = serializers.IntegerField()
    age_until = serializers.IntegerField(allow_null=True)
    min_minutes = serializers.IntegerField()
    max_minutes = serializers.IntegerField(allow_null=True)
    day_minutes = serializers.IntegerField(allow_null=True)
    days = serializers.IntegerField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]


class LevelShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    rank = serializers.IntegerField()
    active = serializers.BooleanField()
    rules = RuleShape(many=True, help_text="Past, present and planned.")


class PartShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    group = serializers.UUIDField(allow_null=True)
    service = serializers.UUIDField(allow_null=True)
    weekday = serializers.IntegerField(allow_null=True)
    time = serializers.CharField(allow_null=True)


class ProgramShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    level = serializers.UUIDField()
    weeks = serializers.IntegerField()
    active = serializers.BooleanField()
    parts = PartShape(many=True)


def rule(row: LevelRule) -> dict[str, Any]:
    plain = ("age_from", "age_until", "min_minutes", "max_minutes", "day_minutes", "days", "source")
    return {
        "id": row.pk,
        "valid_from": row.valid_from.isoformat(),
        "valid_until": row.valid_until.isoformat() if row.valid_until else None,
        **{name: getattr(row, name) for name in plain},
    }


def level(row: Level) -> dict[str, Any]:
    return {
        "id": str(row.uuid),
        "code": row.code,
        "name": row.name,
        "rank": row.rank,
        "active": row.active,
        "rules": [rule(one) for one in row.rules.all()],
    }


def part(row: ProgramPart) -> dict[str, Any]:
    what = row.group or row.service
    return {
        "id": row.pk,
        "name": what.name if what else "",
        "group": str(row.group.uuid) if row.group else None,
        "service": str(row.service.uuid) if row.service else None,
        "weekday": row.weekday,
        "time": None if row.at is None else clock(row.at),
    }


def program(row: Program) -> dict[str, Any]:
    return {
        "id": str(row.uuid),
        "name": row.name,
        "level": str(row.level.uuid),
        "weeks": row.weeks,
        "active": row.active,
        "parts": [part(one) for one in row.parts.all()],
    }


class OfficeDoor(Door):
    def levels(self) -> Any:
        rules = LevelRule.objects.order_by("age_from", "valid_from")
        rows = policy.visible(Level, self.actor)
        return rows.prefetch_related(Prefetch("rules", queryset=rules))

    def programs(self) -> Any:
        rows = policy.visible(Program, self.actor).select_related("level")
        return rows.prefetch_related("parts__group", "parts__service").order_by("name", "pk")

    def level_reply(self, uuid: UUID, status: int = 200) -> Reply:
        return Reply(status, level(self.levels().get(uuid=uuid)))

    def program_reply(self, uuid: UUID, status: int = 200) -> Reply:
        return Reply(status, program(self.programs().get(uuid=uuid)))

    def save_program(self, uuid: UUID | None, said: dict[str, Any], status: int) -> Reply:
        if "level" in said:
            said["level"] = policy.find(Level, self.actor, uuid=said["level"])
        made = acts.save_program(program=uuid, **said, **self.by())
        return self.program_reply(made.uuid, status)

    def require_staff(self) -> None:
        if not self.actor.is_staff:
            raise NotFound

    def by(self) -> dict[str, Any]:
        return {"actor": self.actor, "now": self.now}


class Levels(OfficeDoor):
    @extend_schema(operation_id="levels", responses=LevelShape(many=True))
    def get(self, request: Request) -> Response:
        """Staff: all of the clinic's. Two queries."""
        self.require_staff()
        return Response([level(one) for one in self.levels()])

    @extend_schema(
        operation_id="level_new", parameters=[KEY], request=LevelBody, responses={201: LevelShape}
    )
    def post(self, request: Request) -> Response:
        require_admin(self.actor)
        said = self.said(LevelBody)
        return self.write(lambda: self.level_reply(acts.save_level(**said, **self.by()).uuid, 201))


class OneLevel(OfficeDoor):
    @extend_schema(operation_id="level", responses=LevelShape)
    def get(self, request: Request, level: UUID) -> Response:
        policy.find(Level, self.actor, uuid=level)
        return Response(self.level_reply(level).body)

    @extend_schema(
        operation_id="level_change", parameters=[KEY], request=LevelChange, responses=LevelShape
    )
    def patch(self, request: Request, level: UUID) -> Response:
        require_admin(self.actor)
        said = self.said(LevelChange)
        return self.write(
            lambda: self.level_reply(acts.save_level(level=level, **said, **self.by()).uuid)
        )


class Rules(OfficeDoor):
    @extend_schema(
        operation_id="level_rule", parameters=[KEY], request=RuleBody, responses={201: LevelShape}
    )
    def post(self, request: Request, level: UUID) -> Response:
        require_admin(self.actor)
        said = self.said(RuleBody)

        def act() -> Reply:
            acts.set_rule(level=level, **said, **self.by())
            return self.level_reply(level, 201)

        return self.write(act)


class OneRule(OfficeDoor):
    def of(self, level: UUID, rule: int) -> LevelRule:
        return policy.find(LevelRule, self.actor, pk=rule, level__uuid=level)

    @extend_schema(
        operation_id="level_rule_end", parameters=[KEY], request=RuleEnd, responses=LevelShape
    )
    def patch(self, request: Request, level: UUID, rule: int) -> Response:
        require_admin(self.actor)
        said = self.said(RuleEnd)

        def act() -> Reply:
            acts.end_rule(rule=self.of(level, rule).pk, **said, **self.by())
            return self.level_reply(level)

        return self.write(act)

    @extend_schema(
        operation_id="level_rule_back",
        parameters=[KEY],
        responses=LevelShape,
        description="A planned rule does not come into force; the one before it goes on.",
    )
    def delete(self, request: Request, level: UUID, rule: int) -> Response:
        require_admin(self.actor)

        def act() -> Reply:
            acts.take_back_rule(rule=self.of(level, rule).pk, **self.by())
            return self.level_reply(level)

        return self.write(act)


class Programs(OfficeDoor):
    @extend_schema(operation_id="programs", responses=ProgramShape(many=True))
    def get(self, request: Request) -> Response:
        """Staff: all of the clinic's. Four queries."""
        self.require_staff()
        return Response([program(one) for one in self.programs()])

    @extend_schema(
        operation_id="program_new",
        parameters=[KEY],
        request=ProgramBody,
        responses={201: ProgramShape},
    )
    def post(self, request: Request) -> Response:
        require_admin(self.actor)
        said = self.said(ProgramBody)
        return self.write(lambda: self.save_program(None, said, 201))


class OneProgram(OfficeDoor):
    @extend_schema(operation_id="program", responses=ProgramShape)
    def get(self, request: Request, program: UUID) -> Response:
        policy.find(Program, self.actor, uuid=program)
        return Response(self.program_reply(program).body)

    @extend_schema(
        operation_id="program_change", parameters=[KEY], request=ProgramChange,
        responses=ProgramShape,
    )  # fmt: skip
    def patch(self, request: Request, program: UUID) -> Response:
        require_admin(self.actor)
        said = self.said(ProgramChange)
        return self.write(lambda: self.save_program(program, said, 200))


class Parts(OfficeDoor):
    @extend_schema(
        operation_id="program_part", parameters=[KEY], request=PartBody,
        responses={201: ProgramShape},
    )  # fmt: skip
    def post(self, request: Request, program: UUID) -> Response:
        require_admin(self.actor)
        said = self.said(PartBody)

        def act() -> Reply:
            if "group" in said:
                acts.add_group(program=program, group=said["group"], **self.by())
            else:
                acts.add_session(
                    program=program,
                    service=said["service"],
                    weekday=said["weekday"],
                    at=said["time"],
                    **self.by(),
                )
            return self.program_reply(program, 201)

        return self.write(act)


class OnePart(OfficeDoor):
    @extend_schema(operation_id="program_part_remove", parameters=[KEY], responses=ProgramShape)
    def delete(self, request: Request, program: UUID, part: int) -> Response:
        require_admin(self.actor)

        def act() -> Reply:
            row = policy.find(ProgramPart, self.actor, pk=part, program__uuid=program)
            acts.remove_part(part=row.pk, **self.by())
            return self.program_reply(program)

        return self.write(act)
