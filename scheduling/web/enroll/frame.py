"""What the pages of enrolments share: whom they are about, and the bar above them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from accounts.models import Patient
from scheduling import policy
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.errors import NotFound
from scheduling.models import Enrollment
from scheduling.web.desk.frame import here
from scheduling.web.desk.frame import work_bar as bar_of_roles
from scheduling.web.door import PageRequest
from scheduling.web.therapist.frame import work_bar

ROLES = ("desk", "therapist")


def page(
    request: PageRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    bar = work_bar(request) if request.actor.therapist else bar_of_roles(request)
    return render(request, f"enroll/{template}.html", {"staff_links": bar} | context, status=status)


def find_patient(request: PageRequest, patient: UUID) -> Patient:
    """Whom the actor may take into a program: never oneself."""
    who = policy.find(Patient, request.actor, uuid=patient, active=True)
    if not policy.enrolls(request.actor, who.pk):
        raise NotFound
    return who


def find_enrollment(request: PageRequest, enrollment: UUID) -> Enrollment:
    row = policy.find(Enrollment, request.actor, uuid=enrollment)
    if not policy.enrolls(request.actor, row.patient_id):
        raise NotFound
    return row


def today(request: PageRequest) -> date:
    return local_day(request.clinic.time_zone, to_minute(request.now))


def back_to(request: PageRequest, patient: Patient) -> str:
    """Where staff look a patient up: therapists have no page of a patient."""
    if request.actor.has(policy.DESK):
        return here(request, "desk_patient", patient.uuid)
    return here(request, "therapist_today")
