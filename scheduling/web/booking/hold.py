"""Keep a time: take it, keep it longer, let it go. Nobody needs to have signed in."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import limits
from scheduling.actions.hold import extend, find_hold, hold, let_go, require_few_holds
from scheduling.errors import (
    NotFound,
    Refusal,
    SlotGone,
    TooManyHolds,
)
from scheduling.models import Booking
from scheduling.queries import find as query
from scheduling.web.booking.find import find_form, find_page, find_url
from scheduling.web.booking.forms import FindForm, minute_of
from scheduling.web.booking.secret import held_secret, keep_secret, new_secret
from scheduling.web.door import PageRequest, public


@public
@require_http_methods(["GET", "HEAD", "POST"])
def take(request: PageRequest) -> HttpResponse:
    """Hold a chosen time. With any therapist, whoever is free and has the least that day."""
    if request.method != "POST":  # the address of a refused choice, opened again
        return redirect("booking_home", request.clinic.slug)
    form = find_form(request, request.POST, start={})
    start = minute_of(request.POST.get("start", ""))
    if form.is_valid() and start is None:
        form.add_error(None, _("Please choose a time."))
    if not form.is_valid() or start is None:
        return find_page(request, form, status=422)
    secret = held_secret(request) or new_secret()
    try:
        require_few_holds(request.actor, limits.address(request), request.now)
        held = take_one(request, form, start, secret)
    except Refusal as refusal:
        if refusal.status == NotFound.status:
            raise
        return find_page(request, form, refusal=refusal, start=start, status=refusal.status)
    response = redirect("booking_hold", request.clinic.slug, held.uuid)
    keep_secret(response, secret)
    return response


def take_one(request: PageRequest, form: FindForm, start: int, secret: str) -> Booking:
    """Try the free therapists one after another: the first may just have been taken. Where nobody
    is free, those who offer it say why."""
    wanted, chosen = form.wanted(), form.cleaned_data["therapist"]
    candidates = (
        [UUID(chosen)]
        if chosen
        else query.who_is_free(wanted, start, request.now) or query.who_offers(wanted)
    )
    refused: list[Refusal] = []
    for therapist in candidates:
        try:
            return hold(
                service=form.service_chosen.uuid,
                therapist=therapist,
                start=start,
                medium=wanted.medium,
                place=wanted.place,
                zone=wanted.zone,
                secret=secret,
                actor=request.actor,
                now=request.now,
            )
        except TooManyHolds:
            raise
        except Refusal as refusal:
            refused.append(refusal)
    taken = [one for one in refused if isinstance(one, SlotGone)]
    raise (taken or refused or [SlotGone()])[0]


@public
@require_POST
def more_time(request: PageRequest, hold: UUID) -> HttpResponse:
    """Keep it as long again, once."""
    secret = held_secret(request)
    try:
        extend(hold=hold, secret=secret, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("We keep this time for you a little longer."))
    return redirect("booking_hold", request.clinic.slug, hold)


@public
@require_POST
def give_back(request: PageRequest, hold: UUID) -> HttpResponse:
    """Let go of a kept time, and look for another with the same filters."""
    secret = held_secret(request)
    held = find_hold(hold, secret, request.actor)
    let_go(hold=hold, secret=secret, actor=request.actor, now=request.now)
    messages.success(request, _("We let that time go. Please choose another."))
    return redirect(find_url(request, held))
