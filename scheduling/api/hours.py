"""The hours of people in programs against the band of their level of care.

Minutes, by the clinic's weeks. A patient reads the own; staff those of whom they treat or schedule;
an admin numbers without names.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from scheduling import policy
from scheduling.api import shapes
from scheduling.api.door import Door
from scheduling.api.fields import Body, told
from scheduling.engine.ledger import Hours, Rule, Week
from scheduling.errors import NotFound
from scheduling.models import Enrollment, Medium, Program
from scheduling.queries import caseload, ledger
from scheduling.queries.caseload import Case
from scheduling.queries.ledger import Kept
from scheduling.queries.make_up import MakeUp, make_ups


class HoursShape(serializers.Serializer[Any]):
    """What follows `booked` adds up to `planned`, with `cancelled`."""

    planned = serializers.IntegerField(help_text="Every seat that there was.")
    booked = serializers.IntegerField(help_text="What stands of it, past and to come.")
    attended = serializers.IntegerField(help_text="Really: without what was late or left early.")
    excused = serializers.IntegerField(help_text="Excused, or the call failed.")
    missed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    unmarked = serializers.IntegerField(help_text="Over, and nobody has said who came.")
    ahead = serializers.IntegerField(help_text="Not over yet.")


class BandShape(serializers.Serializer[Any]):
    least = serializers.IntegerField()
    most = serializers.IntegerField(allow_null=True)
    day_least = serializers.IntegerField(allow_null=True)
    days = serializers.IntegerField(allow_null=True, help_text="On so many days `day_least`.")


class DayHoursShape(serializers.Serializer[Any]):
    day = serializers.DateField()
    hours = HoursShape()


class WeekShape(serializers.Serializer[Any]):
    first = serializers.DateField(help_text="When the clinic's week begins.")
    last = serializers.DateField()
    hours = HoursShape()
    band = BandShape(allow_null=True, help_text="null: nothing is asked for this week.")
    missing = serializers.IntegerField(help_text="Short of the least, if all that is open is kept.")
    over = serializers.IntegerField()
    days_missing = serializers.IntegerField()
    days = DayHoursShape(many=True, help_text="Those with seats.")
    on_calendar = serializers.BooleanField(
        help_text="false: groups make some of its sessions later; it is not called short."
    )


class KeptShape(serializers.Serializer[Any]):
    enrollment = serializers.UUIDField()
    program = serializers.CharField()
    level = serializers.CharField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    paused = serializers.BooleanField(help_text="Now.")
    patient = shapes.BriefPatient(required=False, help_text="Staff only.")
    absent = serializers.IntegerField(required=False, help_text="Misses in a row. Staff only.")


class MakeUpShape(serializers.Serializer[Any]):
    """To be booked by `groups/<group>/join/`, or by `bookings/`."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    medium = serializers.ChoiceField(choices=Medium.choices)
    group = serializers.UUIDField(allow_null=True)
    service = serializers.UUIDField(allow_null=True)
    therapist = serializers.UUIDField(allow_null=True)


class LedgerShape(KeptShape):
    weeks = WeekShape(many=True)
    make_ups = MakeUpShape(
        many=True, required=False, help_text="Staff: what would fit, where this week is short."
    )


class ThisWeekShape(KeptShape):
    week = WeekShape()
    ends_soon = serializers.BooleanField(help_text="Within three weeks.")


class InProgramsShape(serializers.Serializer[Any]):
    results = ThisWeekShape(many=True)


class CaseShape(serializers.Serializer[Any]):
    patient = shapes.BriefPatient()
    next_session = serializers.DateTimeField(allow_null=True)
    absent = serializers.IntegerField(help_text="Misses in a row.")
    program = ThisWeekShape(allow_null=True)


class CaseloadShape(serializers.Serializer[Any]):
    results = CaseShape(many=True)


class LevelCount(serializers.Serializer[Any]):
    level = serializers.CharField()
    people = serializers.IntegerField(allow_null=True)


class NumbersShape(serializers.Serializer[Any]):
    """null: a count under eleven, or one that would give such a one away."""

    week = serializers.DateField(help_text="Of who was in a program when it began.")
    levels = LevelCount(many=True)
    short = serializers.IntegerField(allow_null=True)
    absent = serializers.IntegerField(allow_null=True, help_text="Four in a row or more.")
    ending = serializers.IntegerField(allow_null=True, help_text="Within three weeks.")


class InProgramsQuery(Body):
    program = serializers.UUIDField(required=False)


def minutes(hours: Hours) -> dict[str, int]:
    return {"booked": hours.booked, **hours._asdict()}


def band(rule: Rule | None) -> dict[str, int | None] | None:
    return rule._asdict() if rule else None


def week_of(week: Week) -> dict[str, Any]:
    return {
        "first": week.first.isoformat(),
        "last": week.last.isoformat(),
        "hours": minutes(week.hours),
        "band": band(week.rule),
        "missing": week.missing,
        "over": week.over,
        "days_missing": week.days_missing,
        "days": [
            {"day": day.isoformat(), "hours": minutes(hours)} for day, hours in week.days.items()
        ],
        "on_calendar": week.made,
    }


def enrolled(kept: Kept) -> dict[str, Any]:
    row = kept.enrollment
    return {
        "enrollment": str(row.uuid),
        "program": row.program.name,
        "level": row.program.level.code,
        "first_day": row.first_day.isoformat(),
        "last_day": row.last_day.isoformat(),
        "paused": kept.paused,
    }


def for_staff(kept: Kept) -> dict[str, Any]:
    return {"patient": shapes.brief_patient(kept.enrollment.patient), "absent": kept.absent}


def make_up(one: MakeUp, zone: str) -> dict[str, Any]:
    return {
        "start": told(one.start, zone),
        "end": told(one.end, zone),
        "medium": one.medium,
        "group": str(one.group.uuid) if one.group else None,
        "service": str(one.service.uuid) if one.service else None,
        "therapist": str(one.therapist.uuid) if one.therapist else None,
    }


class HoursDoor(Door):
    def this_week(self, kept: Kept) -> dict[str, Any]:
        assert kept.week is not None
        soon = ledger.ends_soon(kept, self.now)
        return enrolled(kept) | for_staff(kept) | {"week": week_of(kept.week), "ends_soon": soon}


class HoursOfEnrollment(HoursDoor):
    @extend_schema(
        operation_id="enrollment_hours",
        responses=LedgerShape,
        description="Week by week, as it stands now.",
    )
    def get(self, request: Request, enrollment: UUID) -> Response:
        row = self.find(enrollment)
        kept = ledger.one(row, self.now)
        answer = enrolled(kept) | {"weeks": [week_of(one) for one in kept.weeks]}
        if row.patient_id != self.actor.patient and row.patient.user_id != self.owner_id():
            found = make_ups(self.actor, kept, self.now) if kept.short else []
            zone = row.clinic.time_zone
            answer |= for_staff(kept) | {"make_ups": [make_up(one, zone) for one in found]}
        audit.record(self.actor, "enrollment.hours", subject=row.patient_id, obj=row)
        return Response(answer)

    def find(self, enrollment: UUID) -> Enrollment:
        """Who asks for what is not theirs leaves a record (LG1)."""
        rows = policy.visible(Enrollment, self.actor).select_related("clinic", "patient")
        row = rows.filter(uuid=enrollment).first()
        if row is None:
            said: dict[str, Any] = {"outcome": "refused", "code": NotFound.code}
            audit.record(self.actor, "enrollment.hours", obj=enrollment, **said)
            raise NotFound
        return row

    def owner_id(self) -> int | None:
        return self.actor.user.pk if self.actor.user else None


class InPrograms(HoursDoor):
    Query = InProgramsQuery

    @extend_schema(
        operation_id="in_programs",
        parameters=[InProgramsQuery],
        responses=InProgramsShape,
        description="Staff: whom they treat or schedule and who is in a program now.",
    )
    def get(self, request: Request) -> Response:
        if not (self.actor.has(policy.DESK) or self.actor.therapist):
            raise NotFound
        rows, asked = ledger.enrolled(self.actor, self.now), self.asked()
        if "program" in asked:
            rows = rows.filter(program=policy.find(Program, self.actor, uuid=asked["program"]))
        found = ledger.ledgers(rows, self.now)
        who = [one.enrollment.patient_id for one in found]
        audit.record(self.actor, "enrollment.list", subject=who)
        return Response({"results": [self.this_week(one) for one in found]})


class NumbersOfPrograms(Door):
    @extend_schema(
        operation_id="program_numbers",
        responses=NumbersShape,
        description="Admins: how many, never who.",
    )
    def get(self, request: Request) -> Response:
        found = ledger.numbers(self.actor, self.now)
        audit.record(self.actor, "enrollment.numbers")
        return Response(
            {
                "week": found.week.isoformat(),
                "levels": [{"level": name, "people": count} for name, count in found.levels],
                "short": found.short,
                "absent": found.misses,
                "ending": found.ending,
            }
        )


class Caseload(HoursDoor):
    @extend_schema(
        operation_id="caseload",
        responses=CaseloadShape,
        description="Therapists: whom they and those they cover treat.",
    )
    def get(self, request: Request) -> Response:
        if self.actor.therapist is None:
            raise NotFound
        found = caseload.caseload(self.actor, self.now)
        audit.record(self.actor, "caseload.view", subject=[one.patient.pk for one in found])
        return Response({"results": [self.case(one) for one in found]})

    def case(self, one: Case) -> dict[str, Any]:
        return {
            "patient": shapes.brief_patient(one.patient),
            "next_session": told(one.start, self.clinic.time_zone) if one.start else None,
            "absent": one.absent,
            "program": self.this_week(one.kept) if one.kept else None,
        }
