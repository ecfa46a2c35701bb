"""What every door of enrolments shares: whose they are, and how plan and row are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from rest_framework.response import Response

from accounts import audit
from accounts.models import Patient, Therapist
from scheduling import policy
from scheduling.actions import enroll as acts
from scheduling.actions.reply import Reply
from scheduling.api import shapes
from scheduling.api.bookings import BookingDoor
from scheduling.api.fields import clock, told
from scheduling.api.hours import week_of
from scheduling.engine.hours import local_day
from scheduling.errors import (
    BadInput,
    EnrollmentRefused,
    NotFound,
    ResumeRefused,
    TakenMeanwhile,
)
from scheduling.models import Enrollment, Medium, Program
from scheduling.queries import enrollments as query
from scheduling.queries.lay import lay
from scheduling.queries.plan import Choice, Instead, Plan, PlanDate, PlanPart, Wanted


def choices_of(said: Iterable[dict[str, Any]]) -> list[Choice]:
    return [choice_of(dict(one)) for one in said]


def choice_of(said: dict[str, Any]) -> Choice:
    if "time" in said:
        said["at"] = said.pop("time")
    wanted = said.pop("dates", [])
    dates = {one["slot"] or 0: instead(one, said.get("therapist")) for one in wanted}
    return Choice(dates=dates, **said)


def instead(said: dict[str, Any], therapist: UUID | None) -> Instead | None:
    if "start" not in said and "therapist" not in said:
        return None
    host, start = said.get("therapist", therapist), said.get("start", said["slot"])
    if host is None or start is None:
        raise BadInput(field="choices")
    return Instead(start, host)


class EnrollDoor(BookingDoor):
    def find(self, enrollment: UUID) -> Enrollment:
        row = policy.visible(Enrollment, self.actor).filter(uuid=enrollment).first()
        if row is None:
            raise self.denied(enrollment)
        return row

    def act_on(self, enrollment: UUID) -> Enrollment:
        """For staff who take patients in and out."""
        row = self.find(enrollment)
        if not policy.enrolls(self.actor, row.patient_id):
            raise self.denied(enrollment)
        return row

    def denied(self, enrollment: UUID | None) -> NotFound:
        """Who asks for what is not theirs leaves a record (LG1)."""
        said: dict[str, Any] = {"outcome": "refused", "code": NotFound.code}
        audit.record(self.actor, "enrollment.view", obj=enrollment, **said)
        return NotFound()

    def patient_of(self, reference: str) -> Patient:
        rows = policy.visible(Patient, self.actor).filter(active=True)
        who = rows.filter(reference=reference.upper()).first()
        if who is None or not policy.enrolls(self.actor, who.pk):
            raise self.denied(None)
        return who

    def plan(self, who: Patient, said: dict[str, Any], follows: Enrollment | None) -> Response:
        row = policy.find(Program, self.actor, uuid=said["program"], active=True)
        wanted = Wanted(
            program=Program.objects.select_related("clinic", "level").get(pk=row.pk),
            patient=who,
            first_day=said["first_day"],
            place=said["place"],
            zone=said["zone"],
            medium=said.get("medium", Medium.VIDEO.value),
            choices=choices_of(said.get("choices", [])),
            override=bool(said.get("override")),
            follows=follows,
        )
        acts.require_words(
            wanted.program, wanted.first_day, wanted.place, wanted.zone, wanted.medium, self.now
        )
        found = lay(wanted, self.now)
        audit.record(self.actor, "enrollment.plan", subject=who)
        return Response(self.shown_plan(found))

    def shown_plan(self, plan: Plan) -> dict[str, Any]:
        zone = self.clinic.time_zone
        wanted = {profile for part in plan.parts for one in part.dates for profile in one.others}
        rows = policy.visible(Therapist, self.actor).filter(pk__in=wanted)
        uuids = dict(rows.values_list("pk", "uuid"))
        return {
            "first_day": plan.wanted.first_day.isoformat(),
            "last_day": plan.wanted.last_day.isoformat(),
            "fits": plan.fits,
            "missing": list(plan.missing),
            "weeks": [week_of(one) for one in plan.weeks],
            "parts": [self.shown_part(one, uuids) for one in plan.parts],
            "falling": [told(one.start, zone) for one in plan.falling],
        }

    def shown_part(self, one: PlanPart, uuids: dict[int, UUID]) -> dict[str, Any]:
        what = one.part.group or one.part.service
        return {
            "part": one.part.pk,
            "name": what.name if what else "",
            "group": str(one.part.group.uuid) if one.part.group else None,
            "service": str(one.part.service.uuid) if one.part.service else None,
            "therapist": str(one.host.uuid) if one.host else None,
            "why": one.why,
            "open": one.open,
            "dates": [self.shown_date(day, uuids) for day in one.dates],
        }

    def shown_date(self, one: PlanDate, uuids: dict[int, UUID]) -> dict[str, Any]:
        return {
            "date": one.day.isoformat(),
            "slot": self.moment(one.slot),
            "start": self.moment(one.start),
            "free": one.counts,
            "why": one.why,
            "open": one.open,
            "kept": one.kept,
            "near": self.moment(one.near),
            "therapists": [str(uuids[pk]) for pk in one.others if pk in uuids],
        }

    def moment(self, minute: int | None) -> str | None:
        return None if minute is None else told(minute, self.clinic.time_zone)

    def brief(self, row: Enrollment) -> dict[str, Any]:
        how = query.standing(row, row.pauses.all(), self.now)
        shown = {
            "id": str(row.uuid),
            "reference": row.reference,
            "program": str(row.program.uuid),
            "name": row.program.name,
            "first_day": row.first_day.isoformat(),
            "last_day": row.last_day.isoformat(),
            "state": how.value,
            "end_reason": row.end_reason,
            "follows": str(row.follows.uuid) if row.follows else None,
        }
        if row.patient_id == self.actor.patient:
            return shown
        return shown | {"patient": shapes.brief_patient(row.patient)}

    def shown(self, row: Enrollment) -> dict[str, Any]:  # type: ignore[override]
        zone = self.clinic.time_zone
        full = self.whole(Enrollment.objects.filter(pk=row.pk)).get()
        return self.brief(full) | {
            "pauses": [
                {
                    "first_day": local_day(zone, one.start).isoformat(),
                    "last_day": local_day(zone, one.end - 1).isoformat() if one.end else None,
                }
                for one in full.pauses.all()
            ],
            "week": [self.week_part(one) for one in query.week_of(full)],
            "dates": [
                {
                    "booking": str(one.uuid),
                    "start": told(one.start, zone),
                    "end": told(one.end, zone),
                }
                for one in query.dates_of(full)
            ],
        }

    def whole(self, rows: Any) -> Any:
        rows = rows.select_related("program", "patient", "follows", "clinic")
        return rows.prefetch_related("pauses")

    def week_part(self, one: query.Part) -> dict[str, Any]:
        place = one.group is not None
        return {
            "name": one.name,
            "rule": one.rule,
            "zone": one.zone,
            "time": clock(one.at),
            "group": str(one.group.uuid) if one.group else None,
            "series": None if place else str(one.uuid),
            "membership": str(one.uuid) if place else None,
            "therapists": [
                {"id": str(who.uuid), "name": who.name, "credentials": who.credentials}
                for who in one.hosts
            ],
        }

    @contextmanager
    def explained(self) -> Iterator[None]:
        """What is still open is told by part, with local starts."""
        try:
            yield
        except EnrollmentRefused as refused:
            refused.extra["parts"] = [
                {
                    "part": pk,
                    "dates": [
                        {"start": self.moment(slot or None), "why": code}
                        for slot, code in sorted(against.items())
                    ],
                }
                for pk, against in sorted(refused.extra["parts"].items())
            ]
            raise
        except (ResumeRefused, TakenMeanwhile) as refused:
            refused.extra["dates"] = [
                {"start": self.moment(start), "why": code}
                for start, code in sorted(refused.extra["dates"].items())
            ]
            raise

    def attempt(self, act: Callable[[], Reply]) -> Response:
        with self.explained():
            return self.write(act)

    def by(self) -> dict[str, Any]:
        return {"actor": self.actor, "now": self.now}
