"""Video connections. Secrets are shown once, when they are made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from scheduling import policy
from scheduling.actions.connections import add_secret, save_connection
from scheduling.models import Connection
from scheduling.video.signing import new_secret
from scheduling.web.door import PageRequest, staff
from scheduling.web.office.forms import ConnectionForm
from scheduling.web.office.frame import act, form_page, here, page, proved


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
@proved
def new(request: PageRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = ConnectionForm(data, {"enabled": True}, new=True)
    back = here(request, "office_policies")
    done = act(request, form, save_connection, _("The connection is kept."), back)
    return done or form_page(request, form, heading=_("New video connection"), back=back)


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
@proved
def edit(request: PageRequest, connection: UUID) -> HttpResponse:
    row = policy.find(Connection, request.actor, uuid=connection)
    names = ("name", "hosts", "outgoing_url", "baa_on_file", "enabled")
    initial = {name: getattr(row, name) for name in names}
    form = ConnectionForm(request.POST if request.method == "POST" else None, initial, new=False)
    onward = here(request, "office_connection", row.uuid)
    done = act(request, form, save_kept, _("The connection is kept."), onward, row=row)
    if done:
        return done
    context = {"form": form, "connection": row, "secrets": len(row.secret.split())}
    return page(request, "office/connection", context, status=422 if form.errors else 200)


def save_kept(*, row: Connection, **said: Any) -> Connection:
    """An empty secret keeps the one that is stored."""
    if not said["outgoing_secret"]:
        del said["outgoing_secret"]
    return save_connection(connection=row.uuid, **said)


@staff("admin")
@require_POST
@proved
def secret(request: PageRequest, connection: UUID) -> HttpResponse:
    """Make one and show it, this once; the one before keeps working meanwhile."""
    made = new_secret()
    row = add_secret(connection=connection, secret=made, actor=request.actor, now=request.now)
    return page(request, "office/secret", {"secret": made, "connection": row})
