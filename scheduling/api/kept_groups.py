"""Groups as staff keep them: found, change, pause, end; and who gives them.

What is written answers with numbers alone. Names stand in the lists of members and in a roster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.models import Patient
from scheduling import policy
from scheduling.actions import group_dates, group_life, group_terms, groups
from scheduling.actions.cancel import BY_STAFF
from scheduling.actions.reply import Reply
from scheduling.api import shapes
from scheduling.api.bookings import BookingDoor
from scheduling.api.fields import (
    Body,
    ClockField,
    DayField,
    MediumField,
    MomentField,
    ZoneField,
    told,
)
from scheduling.api.holds import KEY
from scheduling.api.series import RuleField
from scheduling.engine.lifecycle import CancelReason, GroupState, SessionState
from scheduling.errors import (
    FacilitatorsBusy,
    MembersBusy,
    MembersNotLicensed,
    NotFound,
    Refusal,
)
from scheduling.models import Entry, Facilitator, Group, Medium, Member, Session
from scheduling.queries import groups as group_queries
from scheduling.queries import kept_groups as query
from scheduling.queries import roster
from scheduling.queries.repeat import Pattern

MOST_SKIPPED = 60
STATES = [state.value for state in GroupState]
DATE_STATES = [state.value for state in SessionState]
REASONS = [one.value for one in BY_STAFF if one is not CancelReason.PATIENT]
LEFT_OUT = "Dates of the rule that are left out, as a refusal named them."
DROP = "Members who sit elsewhere then lose these seats."


class GroupReason(serializers.ChoiceField):
    """Why what is everybody's is cancelled or moved."""

    def __init__(self) -> None:
        super().__init__(choices=REASONS)


def moments(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=MomentField(), required=False, max_length=MOST_SKIPPED, help_text=help_text
    )


class RuleBody(Body):
    """When it meets, on the wall clock of `zone`."""

    rule = RuleField()
    zone = ZoneField(help_text="On whose wall clock.")
    time = ClockField(help_text="HH:MM, kept over changes of the clock.")
    first = DayField(help_text="It begins with the rule's first date from here on.")
    last = DayField(required=False)
    skip = moments(LEFT_OUT)


class FoundBody(RuleBody):
    service = serializers.UUIDField()
    name = serializers.CharField(max_length=80, help_text="On our pages, never in mail.")
    about = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    entry = serializers.ChoiceField(choices=Entry.choices)
    capacity = serializers.IntegerField(min_value=1, max_value=200)
    per_facilitator = serializers.IntegerField(required=False, min_value=1, max_value=200)
    entry_sessions = serializers.IntegerField(
        required=False, min_value=1, max_value=99, help_text="Closed: joined until this session."
    )
    module_sessions = serializers.IntegerField(
        required=False, min_value=1, max_value=99, help_text="Rolling: sessions in a module."
    )
    cycle_sessions = serializers.IntegerField(
        required=False, min_value=1, max_value=208, help_text="Rolling: sessions in a cycle."
    )
    listed = serializers.BooleanField(required=False, help_text="Patients can find it.")
    medium = MediumField()
    facilitators = serializers.ListField(
        child=serializers.UUIDField(), max_length=20, help_text="Therapists, the lead first."
    )


class GroupChange(Body):
    name = serializers.CharField(max_length=80, required=False, help_text="On our pages, no mail.")
    about = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    capacity = serializers.IntegerField(required=False, min_value=1, max_value=200)
    per_facilitator = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=200, help_text="null: no bound."
    )
    listed = serializers.BooleanField(required=False, help_text="Patients can find it.")


class TimesBody(RuleBody):
    since = MomentField(help_text="From the date on that the rule gave for then, or next.")
    reason = GroupReason()
    drop = serializers.BooleanField(required=False, help_text=DROP)


class FacilitatorBody(Body):
    """Who stops, who begins, or who follows whom."""

    leaving = serializers.UUIDField(required=False)
    coming = serializers.UUIDField(required=False)
    first = DayField()
    until = DayField(required=False, help_text="Left out: for good.")


class StopBody(Body):
    reason = GroupReason()


class ResumeBody(Body):
    first = DayField()
    skip = moments(LEFT_OUT)


class FacilitatorShape(serializers.Serializer[Any]):
    therapist = shapes.BriefTherapist()
    lead = serializers.BooleanField(help_text="Whose licence counts for every member.")
    since = serializers.DateField()
    until = serializers.DateField(allow_null=True)


class KeptDateShape(serializers.Serializer[Any]):
    """Numbers alone; names stand in its roster."""

    id = serializers.UUIDField()
    group = serializers.UUIDField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    zone = serializers.CharField()
    slot = serializers.DateTimeField(help_text="When the rule would have it.")
    medium = serializers.ChoiceField(choices=Medium.choices)
    state = serializers.ChoiceField(choices=DATE_STATES)
    seats = serializers.IntegerField(help_text="Taken.")
    limit = serializers.IntegerField(help_text="As many as its facilitators can look after.")
    present = serializers.IntegerField(allow_null=True)


class KeptGroupShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    entry = serializers.ChoiceField(choices=Entry.choices)
    service = shapes.BriefService()
    rule = serializers.CharField(help_text="RFC 5545; empty where it does not meet at present.")
    zone = serializers.CharField()
    time = serializers.CharField()
    last = serializers.DateField(allow_null=True)
    facilitators = serializers.ListField(child=serializers.CharField(), help_text="Now, by name.")


class OneKeptGroupShape(KeptGroupShape):
    about = serializers.CharField()
    listed = serializers.BooleanField()
    capacity = serializers.IntegerField()
    per_facilitator = serializers.IntegerField(allow_null=True)
    entry_sessions = serializers.IntegerField(allow_null=True)
    module_sessions = serializers.IntegerField(allow_null=True)
    cycle_sessions = serializers.IntegerField(allow_null=True)
    duty = FacilitatorShape(many=True, help_text="Who gives it, from when to when.")
    dates = KeptDateShape(many=True, help_text="Those to come, and the last few that are over.")
    gaps = serializers.ListField(
        child=serializers.DateTimeField(), help_text="Dates that nobody who gives it is free for."
    )


class PlaceShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient = shapes.BriefPatient()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)
    place = serializers.CharField()
    missed = serializers.IntegerField(help_text="In a row; told from four on, else 0.")
    without_seat = serializers.ListField(
        child=serializers.DateTimeField(),
        help_text="Dates at which they sit elsewhere, or the lead may not treat them.",
    )


def pattern_of(said: dict[str, Any]) -> Pattern:
    """Takes the words of a rule out of what was said."""
    hour, minute = said.pop("time").split(":")
    rule, zone, first = (said.pop(name) for name in ("rule", "zone", "first"))
    return Pattern(rule, zone, int(hour) * 60 + int(minute), first, said.pop("last", None))


def line(one: query.Line) -> dict[str, Any]:
    group, series = one.group, one.series
    return {
        "id": str(group.uuid),
        "name": group.name,
        "state": group.state,
        "entry": group.entry,
        "service": {
            "id": str(group.service.uuid),
            "name": group.service.name,
            "minutes": group.service.minutes,
        },
        "rule": series.rule if series else "",
        "zone": series.zone if series else "",
        "time": f"{series.at // 60:02}:{series.at % 60:02}" if series else "",
        "last": series.last_day.isoformat() if series and series.last_day else None,
        "facilitators": [who.name for who in one.given],
    }


def duty(one: Facilitator) -> dict[str, Any]:
    who = one.therapist
    return {
        "therapist": {"id": str(who.uuid), "name": who.name, "credentials": who.credentials},
        "lead": one.lead,
        "since": one.from_day.isoformat(),
        "until": one.until_day.isoformat() if one.until_day else None,
    }


def a_date(one: query.Date, group: UUID) -> dict[str, Any]:
    row = one.session
    assert row.series is not None
    zone = row.series.zone
    return {
        "id": str(row.uuid),
        "group": str(group),
        "start": told(row.start, zone),
        "end": told(row.end, zone),
        "zone": zone,
        "slot": told(row.slot or row.start, zone),
        "medium": row.medium,
        "state": row.state,
        "seats": one.seats,
        "limit": one.limit,
        "present": row.present,
    }


class KeepDoor(BookingDoor):
    """What stands against a change is told with its dates, or its members by their references."""

    @contextmanager
    def explained(self, zone: str) -> Iterator[None]:
        try:
            yield
        except FacilitatorsBusy as busy:
            against = sorted(busy.extra["dates"].items())
            busy.extra["dates"] = [
                {"start": told(slot, zone), "why": code} for slot, code in against
            ]
            raise
        except (MembersBusy, MembersNotLicensed) as refusal:
            raise self.by_reference(refusal) from refusal

    def attempt(self, act: Callable[[], Reply], zone: str) -> Response:
        with self.explained(zone):
            return self.write(act)

    def by_reference(self, refusal: Refusal) -> Refusal:
        """Only of those whom the caller may see."""
        rows = policy.visible(Patient, self.actor).filter(pk__in=refusal.extra["patients"])
        refusal.extra["members"] = sorted(rows.values_list("reference", flat=True))
        return refusal

    def found(self, group: UUID) -> Group:
        return query.find(self.actor, uuid=group)

    def keep(self, group: UUID) -> Group:
        """For whoever decides when it meets, and who gives it."""
        if not policy.keeps_groups(self.actor):
            raise NotFound
        return self.found(group)

    def shown_group(self, group: UUID) -> dict[str, Any]:
        row = self.found(group)
        today = query.today_of(self.clinic.time_zone, self.now)
        series = group_queries.running_series(row)
        given = group_queries.facilitators(row)
        now = [one.therapist for one in query.given_now(given, today)]
        plain = (
            "about", "listed", "capacity", "per_facilitator", "entry_sessions", "module_sessions",
            "cycle_sessions",
        )  # fmt: skip
        zone = series.zone if series else self.clinic.time_zone
        return {
            **line(query.Line(row, series, None, now)),
            **{name: getattr(row, name) for name in plain},
            "duty": [duty(one) for one in given],
            "dates": [a_date(one, row.uuid) for one in query.dates(row, self.now)],
            "gaps": [told(slot, zone) for slot in query.gaps(row, self.now)],
        }

    def reply_group(self, group: UUID, status: int = 200) -> Reply:
        return Reply(status, self.shown_group(group))


class KeptGroups(KeepDoor):
    @extend_schema(operation_id="kept_groups", responses=KeptGroupShape(many=True))
    def get(self, request: Request) -> Response:
        """All for desk and office, for a therapist those that are theirs. Four queries."""
        if not (policy.keeps_groups(self.actor) or self.actor.therapist):
            raise NotFound
        today = query.today_of(self.clinic.time_zone, self.now)
        rows = query.lines(self.actor, today, self.now)
        audit.record(self.actor, "groups.list")
        return Response([line(one) for one in rows])

    @extend_schema(
        operation_id="group_found",
        parameters=[KEY],
        request=FoundBody,
        responses={201: OneKeptGroupShape},
        description="With its sessions of the next weeks. A refusal names the dates against it.",
    )
    def post(self, request: Request) -> Response:
        if not policy.keeps_groups(self.actor):
            raise NotFound
        said = self.said(FoundBody)
        pattern = pattern_of(said)
        return self.attempt(lambda: self.make(pattern, said), pattern.zone)

    def make(self, pattern: Pattern, said: dict[str, Any]) -> Reply:
        row = groups.found(pattern=pattern, **said, actor=self.actor, now=self.now)
        return self.reply_group(row.uuid, 201)


class OneKeptGroup(KeepDoor):
    @extend_schema(operation_id="kept_group", responses=OneKeptGroupShape)
    def get(self, request: Request, group: UUID) -> Response:
        shown = self.shown_group(group)
        audit.record(self.actor, "group.view", obj=group)
        return Response(shown)

    @extend_schema(
        operation_id="group_change",
        parameters=[KEY],
        request=GroupChange,
        responses=OneKeptGroupShape,
        description="Fewer seats than are taken are refused; the rules of joining stay.",
    )
    def patch(self, request: Request, group: UUID) -> Response:
        self.keep(group)
        said = self.said(GroupChange)
        return self.write(lambda: self.change(group, said))

    def change(self, group: UUID, said: dict[str, Any]) -> Reply:
        group_terms.change(group=group, **said, actor=self.actor, now=self.now)
        return self.reply_group(group)


class GroupMembers(KeepDoor):
    @extend_schema(operation_id="group_members", responses=PlaceShape(many=True))
    def get(self, request: Request, group: UUID) -> Response:
        """For those who treat or schedule. In by `groups/<id>/join/`, out by `memberships/`."""
        row = self.found(group)
        if not policy.runs_group(self.actor, row.pk):
            raise NotFound
        people = query.members(self.actor, row)
        missed = {one.patient: one.missed for one in roster.notices(self.actor, self.now, row)}
        without: dict[int, list[Session]] = {}
        for one in roster.seatless(self.actor, row, self.now):
            without.setdefault(one.member.pk, []).append(one.session)
        audit.record(self.actor, "group.view", subject=[one.patient_id for one in people], obj=row)
        return Response(
            [place(one, missed.get(one.patient_id, 0), without.get(one.pk, [])) for one in people]
        )


def place(one: Member, missed: int, without: list[Session]) -> dict[str, Any]:
    until = one.until_start
    return {
        "id": str(one.uuid),
        "patient": shapes.brief_patient(one.patient),
        "since": told(one.from_start, one.zone),
        "until": told(until, one.zone) if until is not None else None,
        "place": one.place,
        "missed": missed,
        "without_seat": [told(session.start, one.zone) for session in without],
    }


class ChangeTimes(KeepDoor):
    @extend_schema(
        operation_id="group_change_times",
        parameters=[KEY],
        request=TimesBody,
        responses=OneKeptGroupShape,
        description="Another weekday or time from a date on; all its members are told, each alone.",
    )
    def post(self, request: Request, group: UUID) -> Response:
        self.keep(group)
        said = self.said(TimesBody)
        pattern = pattern_of(said)
        return self.attempt(lambda: self.change(group, pattern, said), pattern.zone)

    def change(self, group: UUID, pattern: Pattern, said: dict[str, Any]) -> Reply:
        slot = said.pop("since")
        group_life.change_times(
            group=group, slot=slot, pattern=pattern, **said, actor=self.actor, now=self.now
        )
        return self.reply_group(group)


class ChangeFacilitator(KeepDoor):
    @extend_schema(
        operation_id="group_change_facilitator",
        parameters=[KEY],
        request=FacilitatorBody,
        responses=OneKeptGroupShape,
        description="A refusal names the members whom who comes may not treat.",
    )
    def post(self, request: Request, group: UUID) -> Response:
        row = self.keep(group)
        said = self.said(FacilitatorBody)
        return self.attempt(lambda: self.change(group, said), row.clinic.time_zone)

    def change(self, group: UUID, said: dict[str, Any]) -> Reply:
        group_dates.change_facilitator(
            group=group,
            from_day=said["first"],
            until_day=said.get("until"),
            leaving=said.get("leaving"),
            coming=said.get("coming"),
            actor=self.actor,
            now=self.now,
        )
        return self.reply_group(group)


class PauseGroup(KeepDoor):
    @extend_schema(
        operation_id="group_pause",
        parameters=[KEY],
        request=StopBody,
        responses=OneKeptGroupShape,
        description="What is to come is cancelled; members keep their places.",
    )
    def post(self, request: Request, group: UUID) -> Response:
        self.keep(group)
        said = self.said(StopBody)
        return self.write(lambda: self.pause(group, said))

    def pause(self, group: UUID, said: dict[str, Any]) -> Reply:
        group_life.pause(group=group, **said, actor=self.actor, now=self.now)
        return self.reply_group(group)


class ResumeGroup(KeepDoor):
    @extend_schema(
        operation_id="group_resume",
        parameters=[KEY],
        request=ResumeBody,
        responses=OneKeptGroupShape,
    )
    def post(self, request: Request, group: UUID) -> Response:
        row = self.keep(group)
        said = self.said(ResumeBody)
        return self.attempt(lambda: self.resume(group, said), row.clinic.time_zone)

    def resume(self, group: UUID, said: dict[str, Any]) -> Reply:
        group_life.resume(group=group, **said, actor=self.actor, now=self.now)
        return self.reply_group(group)


class EndGroup(KeepDoor):
    @extend_schema(
        operation_id="group_end",
        parameters=[KEY],
        request=StopBody,
        responses=OneKeptGroupShape,
        description="For good: what is to come is cancelled, nobody is a member any more.",
    )
    def post(self, request: Request, group: UUID) -> Response:
        self.keep(group)
        said = self.said(StopBody)
        return self.write(lambda: self.end(group, said))

    def end(self, group: UUID, said: dict[str, Any]) -> Reply:
        group_life.end(group=group, **said, actor=self.actor, now=self.now)
        return self.reply_group(group)
