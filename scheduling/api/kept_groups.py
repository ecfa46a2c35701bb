"""Groups as staff keep them: found, change, pause, end; and who gives them.

What is written answers with numbers alone. Names stand in the lists of members and in a roster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.models import Patient
from scheduling import policy
from scheduling.actions import group_dates, group_life, group_terms, groups
from scheduling.actions.reply import Reply
from scheduling.api import shapes
from scheduling.api.bookings import BookingDoor
from scheduling.api.fields import clock, told
from scheduling.api.holds import KEY
from scheduling.api.kept_group_shapes import (
    FacilitatorBody,
    FoundBody,
    GroupChange,
    KeptGroupShape,
    OneKeptGroupShape,
    PlaceShape,
    ResumeBody,
    StopBody,
    TimesBody,
)
from scheduling.errors import (
    FacilitatorsBusy,
    MembersBusy,
    MembersNotLicensed,
    NotFound,
    Refusal,
)
from scheduling.models import Facilitator, Group, Member, Session
from scheduling.queries import groups as group_queries
from scheduling.queries import kept_groups as query
from scheduling.queries import roster
from scheduling.queries.repeat import Pattern


def pattern_of(said: dict[str, Any]) -> Pattern:
    """Takes the words of a rule out of what was said."""
    rule, zone, at, first = (said.pop(name) for name in ("rule", "zone", "time", "first"))
    return Pattern(rule, zone, at, first, said.pop("last", None))


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
        "time": clock(series.at) if series else "",
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
