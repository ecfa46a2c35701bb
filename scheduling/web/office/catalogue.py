"""Services and modalities. Nothing that is booked moves; what no longer fits is listed."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from scheduling import policy
from scheduling.actions.catalogue import save_modality, save_service
from scheduling.models import Modality, Service
from scheduling.queries import risk
from scheduling.web.door import PageRequest, staff
from scheduling.web.office.forms import ModalityForm, ServiceForm
from scheduling.web.office.frame import act, form_page, here, page, risk_lines


@staff("admin")
@require_safe
def everything(request: PageRequest) -> HttpResponse:
    rows = policy.visible(Service, request.actor).select_related("modality")
    kinds = policy.visible(Modality, request.actor).order_by("name")
    context = {"services": rows.order_by("-active", "name"), "modalities": kinds}
    return page(request, "office/services", context)


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PageRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = ServiceForm(data, request.clinic, None)
    back = here(request, "office_services")
    done = act(request, form, save_service, _("The service is kept."), back)
    intro = _("Empty terms are the clinic's. Then say on a therapist's page who offers it.")
    return done or form_page(request, form, heading=_("New service"), intro=intro, back=back)


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest, service: UUID) -> HttpResponse:
    row = policy.find(Service, request.actor, uuid=service)
    form = ServiceForm(request.POST if request.method == "POST" else None, request.clinic, row)
    onward = here(request, "office_service", row.uuid)
    done = act(request, form, save_service, _("The service is kept."), onward, service=row.uuid)
    if done:
        return done
    kept = policy.find(Service, request.actor, uuid=service)
    return form_page(
        request,
        form,
        heading=kept.name,
        title=_("Change a service"),
        intro=_("Changes hold for new bookings; what is booked stays as it is."),
        back=here(request, "office_services"),
        risks=risk_lines(
            risk.misfits_of(request.actor, kept, request.now), request.clinic.time_zone
        ),
        risks_heading=_("Booked otherwise than it now is"),
    )


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def modality(request: PageRequest, modality: int | None = None) -> HttpResponse:
    row = None
    if modality is not None:
        row = policy.find(Modality, request.actor, pk=modality)
    data = request.POST if request.method == "POST" else None
    form = ModalityForm(data, initial={"name": row.name if row else ""})
    back = here(request, "office_services")
    done = act(request, form, save_modality, _("The modality is kept."), back, modality=modality)
    heading = _("Rename a modality") if row else _("New modality")
    return done or form_page(request, form, heading=heading, back=back)
