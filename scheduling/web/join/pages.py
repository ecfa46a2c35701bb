"""The way in (TK1): a link opens a page, the page asks who and where, a click goes in.

Nothing here changes by GET or HEAD, whoever fetches it (BR1); audit rows are written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit, limits
from accounts.actions.consent import missing_consents
from accounts.actor import Actor
from accounts.models import ConsentForm, Form, Patient
from scheduling.actions.check_in import check_in
from scheduling.actions.links import hash_token
from scheduling.actions.way_in import identify
from scheduling.engine.interval import to_minute
from scheduling.errors import Refusal, TooManyTries, WrongBirthDate
from scheduling.models import Medium
from scheduling.queries import times, way_in
from scheduling.queries.way_in import Stage
from scheduling.video import links
from scheduling.web.join.door import JoinRequest, SeeOther, gone, keep, too_many, with_link
from scheduling.web.join.forms import CheckInForm, IdentifyForm

HOME = "/join/"
MISS = "link.miss"
CHECKED_IN = (Stage.STOPPED, Stage.CALL, Stage.WAITING, Stage.READY)


@login_not_required
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """The link of a mail: leave a cookie and lead on, so that the token stays in no address."""
    now = timezone.now()
    where = limits.address(request)
    if limits.spent(MISS, where, limits.MISSES, now):
        return too_many(request)
    link = way_in.find_by_token(now, hash_token(token))
    if link is None:
        limits.count(MISS, where, now)
        audit.record(Actor.anonymous(where=where), "link.open", outcome="denied")
        return gone(request)
    whom = link.booking.patient_id if link.booking else None
    audit.record(Actor.anonymous(link.session.clinic, where), "link.open", subject=whom, obj=link)
    response = SeeOther(HOME)
    keep(response, link)
    return response


@require_safe
@with_link
def show(request: JoinRequest) -> HttpResponse:
    """Where one stands. It may fetch itself anew, so it does not count as the person (SE2)."""
    link = request.link
    if link.booking is None:
        return _to_the_host(request)
    stage = way_in.stage(link, request.actor, request.now)
    if stage in CHECKED_IN and "again" in request.GET:
        stage = Stage.CHECK_IN  # another place, or another number
    audit.record(
        request.actor,
        "join.view",
        subject=link.booking.patient_id,
        obj=link,
        detail={"stage": stage.value},
    )
    return STAGES[stage](request, stage)


show.polling = True  # type: ignore[attr-defined]


@require_safe
@with_link
def moved_on(request: JoinRequest) -> HttpResponse:
    """Asked by the page itself: has anything changed since it was shown as `?shown=`?"""
    response = HttpResponse(status=204)
    if request.link.booking is not None:
        stage = way_in.stage(request.link, request.actor, request.now)
        if stage.value != request.GET.get("shown"):
            response["X-Go-To"] = HOME
    return response


moved_on.polling = True  # type: ignore[attr-defined]


@require_POST
@with_link
def prove(request: JoinRequest) -> HttpResponse:
    """The birth date; five tries."""
    link = request.link
    if link.booking is None:
        return gone(request)
    if way_in.stage(link, request.actor, request.now) is not Stage.IDENTIFY:
        return SeeOther(HOME)
    form = IdentifyForm(request.POST)
    if not form.is_valid():
        return _page(request, Stage.IDENTIFY, 422, form=form)
    try:
        identify(
            link, form.cleaned_data["birth_date"].isoformat(), actor=request.actor, now=request.now
        )
    except WrongBirthDate as refusal:
        form.add_error("birth_date", str(refusal))
        return _page(request, Stage.IDENTIFY, refusal.status, form=form)
    except TooManyTries as refusal:
        return _page(request, Stage.IDENTIFY, refusal.status, locked=True)
    response = SeeOther(HOME)
    keep(response, link, known_until=way_in.closes_at(link.session))
    return response


@require_POST
@with_link
def say_where(request: JoinRequest) -> HttpResponse:
    """The check-in."""
    link = request.link
    if link.booking is None:
        return gone(request)
    stage = way_in.stage(link, request.actor, request.now)
    if stage in (Stage.EARLY, Stage.IDENTIFY, Stage.OVER):
        return SeeOther(HOME)
    form, consent = _check_in_form(request, request.POST)
    if not form.is_valid():
        return _page(request, Stage.CHECK_IN, 422, form=form, consent=consent)
    accept = {Form.TELEHEALTH.value: consent.version} if consent else {}
    check_in(link=link.uuid, said=form.said(), accept=accept, actor=request.actor, now=request.now)
    return SeeOther(HOME)


@require_POST
@with_link
def go_in(request: JoinRequest) -> HttpResponse:
    """The only answer that holds a room's address, and only as the place to go to."""
    try:
        address = links.enter(link=request.link.uuid, actor=request.actor, now=request.now)
    except Refusal:
        return SeeOther(HOME)  # which says why
    return sent_to(address.reveal())


def leads_out(page: HttpResponse) -> HttpResponse:
    """Browsers hold a form's redirect against `form-action` too; the room is somewhere on https,
    and where must not be read from a header."""
    page._csp_update = {"form-action": ["https:"]}  # type: ignore[attr-defined]
    return page


def sent_to(address: str) -> HttpResponse:
    response = SeeOther(address)
    response["Referrer-Policy"] = "no-referrer"
    return response


# What each stage shows


def _to_the_host(request: JoinRequest) -> HttpResponse:
    """A therapist's link asks for the sign-in, with the second factor; then it is a staff page."""
    if not request.user.is_authenticated:
        return redirect_to_login(HOME)
    session = request.link.session
    return SeeOther(f"/c/{session.clinic.slug}/sessions/{session.uuid}/enter/")


def _early(request: JoinRequest, stage: Stage) -> HttpResponse:
    session = request.link.session
    opens = way_in.opens_at(session)
    soon = (opens - request.now).total_seconds() <= 3600
    return _page(
        request,
        stage,
        opens=opens,
        opens_clock=times.clock_in(to_minute(opens), _zone(request)),
        soon=soon,
        after=_after(request),
    )


def _over(request: JoinRequest, stage: Stage) -> HttpResponse:
    return _page(request, stage, after=_after(request))


def _after(request: JoinRequest) -> str:
    """When the next one of the same series is."""
    session = way_in.after(request.link)
    return times.when(session.start, session.end, _zone(request)) if session else ""


def _identify(request: JoinRequest, stage: Stage) -> HttpResponse:
    return _page(request, stage, form=IdentifyForm())


def _check_in(request: JoinRequest, stage: Stage) -> HttpResponse:
    form, consent = _check_in_form(request, None)
    return _page(request, stage, form=form, consent=consent, again="address" in form.initial)


def _check_in_form(request: JoinRequest, data: Any) -> tuple[CheckInForm, ConsentForm | None]:
    """The form, and the consent that is still to be signed in its newest version (TH3)."""
    patient = _patient(request)
    consent = None
    if Form.TELEHEALTH.value in missing_consents(patient, request.now):
        forms = ConsentForm.objects.filter(clinic=request.clinic, form=Form.TELEHEALTH.value)
        consent = forms.order_by("-version").first()
    by_telephone = request.link.session.medium == Medium.TELEPHONE.value
    known = _known(request, patient)
    form = CheckInForm(data, patient, known, by_telephone=by_telephone, sign=consent is not None)
    return form, consent


def _known(request: JoinRequest, patient: Patient) -> dict[str, str]:
    """What the form shows already: what was said at this door, to be confirmed or mended (TH1).

    To who is signed in alone: a link and a birth date must not read out where somebody is (TK1).
    """
    link = request.link
    if link.booking is None or way_in.identity(link, request.actor) != "signed_in":
        return {}
    done = way_in.last_check_in(link.booking, link.session)
    if done is None:
        return {"call_back": patient.phone}
    names = ("full_name", "state", "address", "call_back")
    return {name: getattr(done, name) for name in names}


def _call(request: JoinRequest, stage: Stage) -> HttpResponse:
    assert request.link.booking is not None
    done = way_in.last_check_in(request.link.booking, request.link.session)
    return _page(request, stage, ending=done.call_back[-4:] if done else "")


def _ready(request: JoinRequest, stage: Stage) -> HttpResponse:
    return leads_out(_page(request, stage))


def _plain(request: JoinRequest, stage: Stage) -> HttpResponse:
    return _page(request, stage)


STAGES: dict[Stage, Callable[[JoinRequest, Stage], HttpResponse]] = {
    Stage.EARLY: _early,
    Stage.IDENTIFY: _identify,
    Stage.CHECK_IN: _check_in,
    Stage.STOPPED: _plain,
    Stage.CALL: _call,
    Stage.WAITING: _plain,
    Stage.READY: _ready,
    Stage.OVER: _over,
}


def _page(request: JoinRequest, stage: Stage, status: int = 200, **more: Any) -> HttpResponse:
    session = request.link.session
    by_telephone = session.medium == Medium.TELEPHONE.value
    last = _("We call you") if by_telephone else _("Go in")
    shown = {
        "steps": [_("Who you are"), _("Where you are"), last],
        "stage": stage.value,
        "when": times.when(session.start, session.end, _zone(request)),
        "by_telephone": by_telephone,
        "now": request.now,
        **more,
    }
    return render(request, f"join/{stage.value}.html", shown, status=status)


def _zone(request: JoinRequest) -> str:
    """The patient's; by the booking, for it is what the mail said too."""
    booking = request.link.booking
    assert booking is not None
    return booking.zone


def _patient(request: JoinRequest) -> Patient:
    assert request.link.booking is not None and request.link.booking.patient is not None
    return request.link.booking.patient
