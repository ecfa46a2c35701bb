"""What can be booked, with whom, and what is signed for it. Open to everybody."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ConsentForm, Form, Therapist
from scheduling import policy
from scheduling.api import shapes
from scheduling.api.door import Door, Public
from scheduling.models import Kind, Service


class Services(Door):
    """One query beside the door's."""

    permission_classes = Public

    @extend_schema(operation_id="services", responses=shapes.ServiceShape(many=True))
    def get(self, request: Request) -> Response:
        rows = policy.visible(Service, self.actor).filter(active=True, kind=Kind.INDIVIDUAL.value)
        rows = rows.select_related("modality").order_by("modality__code", "minutes", "slug")
        return Response([shapes.service(row) for row in rows])


class Therapists(Door):
    """Four queries beside the door's, whatever their number."""

    permission_classes = Public

    @extend_schema(operation_id="therapists", responses=shapes.TherapistShape(many=True))
    def get(self, request: Request) -> Response:
        rows = policy.visible(Therapist, self.actor).filter(active=True, user__is_active=True)
        rows = rows.prefetch_related("offerings__service", "licences").order_by("name", "pk")
        today = self.now.date()
        return Response([shapes.therapist(row, today) for row in rows])


class ConsentForms(Door):
    """The newest version of each form. One query beside the door's."""

    permission_classes = Public

    @extend_schema(operation_id="consent_forms", responses=shapes.ConsentFormShape(many=True))
    def get(self, request: Request) -> Response:
        return Response(newest_forms(self.clinic.pk))


def newest_forms(clinic: int) -> list[dict[str, Any]]:
    """All but the one to disclosure, which no booking hangs on."""
    rows = ConsentForm.objects.filter(clinic=clinic).exclude(form=Form.DISCLOSURE.value)
    rows = rows.order_by("form", "version")
    newest = {row.form: row for row in rows}
    return [{"form": row.form, "version": row.version, "text": row.text} for row in newest.values()]
