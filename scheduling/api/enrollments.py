"""Enrolments: look at every date of a program's weeks, enrol, and what becomes of it later.

Staff act; patients read their own.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from scheduling import policy
from scheduling.actions import enroll as acts
from scheduling.actions import enroll_life as later
from scheduling.actions.enroll_undo import undo
from scheduling.actions.reply import Reply
from scheduling.api.enrollment_door import EnrollDoor, choices_of
from scheduling.api.enrollment_shapes import (
    DischargeBody,
    EnrollBody,
    EnrollmentShape,
    EnrollmentsShape,
    NewPlanBody,
    PlanShape,
    ProgramPauseBody,
    ProgramResumeBody,
    ReturnShape,
    StepBody,
)
from scheduling.api.fields import Empty
from scheduling.api.holds import KEY
from scheduling.api.hours import week_of
from scheduling.api.pages import PageQuery, next_address, page
from scheduling.models import Enrollment
from scheduling.queries.back import Back, look_back


class CheckEnrollment(EnrollDoor):
    @extend_schema(
        operation_id="enrollment_check",
        request=NewPlanBody,
        responses=PlanShape,
        description="Looks at every date of the program's weeks and books nothing.",
    )
    def post(self, request: Request) -> Response:
        said = self.said(NewPlanBody)
        return self.plan(self.patient_of(said.pop("patient")), said, None)


class Enrollments(EnrollDoor):
    Query = PageQuery

    @extend_schema(operation_id="enrollments", parameters=[PageQuery], responses=EnrollmentsShape)
    def get(self, request: Request) -> Response:
        """One's own; by staff those of whom they treat or schedule."""
        asked = self.asked()
        rows = self.whole(policy.visible(Enrollment, self.actor))
        found = page(rows, asked.get("cursor"), asked["limit"])
        audit.record(self.actor, "enrollment.list", subject=[one.patient_id for one in found.rows])
        address = next_address(request.path, request.query_params, found.cursor)
        return Response({"next": address, "results": [self.brief(one) for one in found.rows]})

    @extend_schema(
        operation_id="enrollment_new",
        parameters=[KEY],
        request=EnrollBody,
        responses={201: EnrollmentShape},
        description="Everything or nothing. A refusal names the dates that are still open.",
    )
    def post(self, request: Request) -> Response:
        said = self.said(EnrollBody)
        who = self.patient_of(said.pop("patient"))
        choices = choices_of(said.pop("choices", []))

        def act() -> Reply:
            made = acts.enroll(patient=who.pk, choices=choices, **said, **self.by())
            return Reply(201, self.shown(made))

        return self.attempt(act)


class OneEnrollment(EnrollDoor):
    @extend_schema(operation_id="enrollment", responses=EnrollmentShape)
    def get(self, request: Request, enrollment: UUID) -> Response:
        row = self.find(enrollment)
        audit.record(self.actor, "enrollment.view", subject=row.patient_id, obj=row)
        return Response(self.shown(row))


class CheckStep(EnrollDoor):
    @extend_schema(
        operation_id="enrollment_step_check",
        request=StepBody,
        responses=PlanShape,
        description="What another program would keep, bring and give up. Books nothing.",
    )
    def post(self, request: Request, enrollment: UUID) -> Response:
        row, said = self.act_on(enrollment), self.said(StepBody)
        where = {"place": row.place, "zone": row.zone}
        return self.plan(row.patient, where | said, row)


class StepTo(EnrollDoor):
    @extend_schema(
        operation_id="enrollment_step",
        parameters=[KEY],
        request=StepBody,
        responses={201: EnrollmentShape},
        description="Answers the enrolment that follows.",
    )
    def post(self, request: Request, enrollment: UUID) -> Response:
        row, said = self.act_on(enrollment), self.said(StepBody)
        choices = choices_of(said.pop("choices", []))
        day = {"from_day": said.pop("first_day")}

        def act() -> Reply:
            made = acts.step(enrollment=row.uuid, choices=choices, **day, **said, **self.by())
            return Reply(201, self.shown(made))

        return self.attempt(act)


class PauseIt(EnrollDoor):
    @extend_schema(
        operation_id="enrollment_pause",
        parameters=[KEY],
        request=ProgramPauseBody,
        responses=EnrollmentShape,
    )
    def post(self, request: Request, enrollment: UUID) -> Response:
        row, said = self.act_on(enrollment), self.said(ProgramPauseBody)

        def act() -> Reply:
            days = {"from_day": said["first_day"], "until_day": said.get("last_day")}
            later.pause(enrollment=row.uuid, **days, **self.by())
            return Reply(200, self.shown(row))

        return self.attempt(act)


class CheckResume(EnrollDoor):
    @extend_schema(
        operation_id="enrollment_resume_check",
        request=ProgramResumeBody,
        responses=ReturnShape,
        description="Every date that would come back, and the hours of each week. Books nothing.",
    )
    def post(self, request: Request, enrollment: UUID) -> Response:
        row, said = self.act_on(enrollment), self.said(ProgramResumeBody)
        out, why = said.get("leave_out", []), said.get("override", "")
        seen = look_back(row, said["first_day"], bool(why), self.now, out)
        audit.record(self.actor, "enrollment.plan", subject=row.patient_id, obj=row)
        return Response(
            {
                "fits": not seen.missing and not seen.open,
                "missing": seen.missing,
                "weeks": [week_of(one) for one in seen.weeks],
                "dates": [self.back(one) for one in seen.dates],
            }
        )

    def back(self, one: Back) -> dict[str, Any]:
        group = one.session.series.group if one.session.series else None
        return {
            "session": str(one.session.uuid),
            "start": self.moment(one.start),
            "end": self.moment(one.session.end),
            "name": group.name if group else one.session.service.name,
            "why": one.why,
            "open": one.open,
        }


class ResumeIt(EnrollDoor):
    @extend_schema(
        operation_id="enrollment_resume",
        parameters=[KEY],
        request=ProgramResumeBody,
        responses=EnrollmentShape,
        description="What the pause had cancelled is booked again: everything or nothing. A refusal"
        " names the dates that are still open.",
    )
    def post(self, request: Request, enrollment: UUID) -> Response:
        row, said = self.act_on(enrollment), self.said(ProgramResumeBody)
        day = {"from_day": said.pop("first_day")}

        def act() -> Reply:
            later.resume(enrollment=row.uuid, **day, **said, **self.by())
            return Reply(200, self.shown(row))

        return self.attempt(act)


class UndoIt(EnrollDoor):
    @extend_schema(
        operation_id="enrollment_undo",
        parameters=[KEY],
        request=None,
        responses=EnrollmentShape,
        description="Of the enrolment that was ended or stepped from: within five minutes, if"
        " everything is still free.",
    )
    def post(self, request: Request, enrollment: UUID) -> Response:
        row = self.act_on(enrollment)
        self.said(Empty)

        def act() -> Reply:
            undo(enrollment=row.uuid, **self.by())
            return Reply(200, self.shown(row))

        return self.attempt(act)


class Discharge(EnrollDoor):
    @extend_schema(
        operation_id="enrollment_discharge",
        parameters=[KEY],
        request=DischargeBody,
        responses=EnrollmentShape,
    )
    def post(self, request: Request, enrollment: UUID) -> Response:
        row, said = self.act_on(enrollment), self.said(DischargeBody)
        day: date = said.pop("first_day")

        def act() -> Reply:
            later.discharge(enrollment=row.uuid, from_day=day, **said, **self.by())
            return Reply(200, self.shown(row))

        return self.attempt(act)
