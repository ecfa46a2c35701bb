"""The office's first page, the clinic's policies, consent forms and holidays."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actions.newcomers import open_invitations
from accounts.models import ConsentForm, Form, Invitation
from scheduling import policy
from scheduling.actions import weekly
from scheduling.actions.clinic import POLICIES, publish_form, set_policies
from scheduling.actions.hours import set_holiday
from scheduling.errors import NoSuchDate, NotFound
from scheduling.models import Connection, Holiday
from scheduling.queries import glance, risk, times
from scheduling.queries.access import Wait, waits
from scheduling.queries.glance import Glance
from scheduling.web.desk.frame import day_of
from scheduling.web.door import PageRequest, staff
from scheduling.web.office.forms import ConsentTextForm, HolidayForm, PoliciesForm
from scheduling.web.office.frame import act, form_page, here, page, risk_lines
from scheduling.web.office.staff import today
from scheduling.web.utilization import shown, words


@staff("admin")
@require_safe
def home(request: PageRequest) -> HttpResponse:
    """This week at a glance, what needs somebody's attention, and the way to everything else."""
    invited = policy.visible(Invitation, request.actor)
    context = {
        "glance": glance_lines(glance.this_week(request.actor, request.now)),
        "weekly": weekly.own(request.actor).filter(weekly_report=True).exists(),
        "lapsing": len(risk.lapsing(request.actor, today(request))),
        "at_risk": len(risk.at_risk(request.actor, request.now)),
        "failed": risk.gave_up(request.actor, request.now).count(),
        "invitations": open_invitations(request.now).filter(pk__in=invited).count(),
        "unsigned": policy.visible(Connection, request.actor)
        .filter(enabled=True, baa_on_file=None)
        .count(),
        "waits": [wait_line(one) for one in waits(request.actor, today(request))],
    }
    return page(request, "office/home", context)


def glance_lines(week: Glance) -> dict[str, Any]:
    return {
        "week": shown.period_name(week.period),
        "numbers": [(word, words.written(week.told, word)) for word in words.MINUTES],
        "url": f"?period=week&from={week.period.first}",
        "open_seats": week.open_seats,
        "short": week.short,
    }


@staff("admin")
@require_POST
def weekly_report(request: PageRequest) -> HttpResponse:
    """Opt in or out of the mail with the numbers of each week."""
    wanted = request.POST.get("wanted") == "yes"
    weekly.choose(wanted=wanted, actor=request.actor, now=request.now)
    if wanted:
        messages.success(request, _("You get the numbers of each week by mail from now on."))
    else:
        messages.success(request, _("You get no more mail with the numbers of the week."))
    return redirect(here(request, "office_home"))


def wait_line(one: Wait) -> dict[str, str]:
    """ "3 days", or why there is no figure."""
    now = _("not looked at yet") if not one.noted else _("fewer than three times are free")
    return {
        "service": one.service.name,
        "now": now if one.minutes is None else shown.in_words(one.minutes),
        "before": "" if one.before is None else shown.in_words(one.before),
    }


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def policies(request: PageRequest) -> HttpResponse:
    initial = {name: getattr(request.clinic, name) for name in POLICIES}
    form = PoliciesForm(request.POST if request.method == "POST" else None, initial=initial)
    onward = here(request, "office_policies")
    done = act(request, form, set_policies, _("The policies are kept."), onward)
    if done:
        return done
    newest: dict[str, ConsentForm] = {}
    for row in policy.visible(ConsentForm, request.actor).order_by("version"):
        newest[row.form] = row
    context = {
        "form": form,
        "forms": [(code, label, newest.get(code)) for code, label in Form.choices],
        "holidays": policy.visible(Holiday, request.actor)
        .filter(day__gte=today(request))
        .order_by("day"),
        "connections": policy.visible(Connection, request.actor).order_by("name"),
    }
    return page(request, "office/policies", context, status=422 if form.errors else 200)


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def consent_text(request: PageRequest) -> HttpResponse:
    """A new version of a form: `?form=telehealth` begins with its present text."""
    wanted = request.GET.get("form", Form.TELEHEALTH.value)
    rows = policy.visible(ConsentForm, request.actor).filter(form=wanted).order_by("-version")
    old = rows.first()
    initial = {"form": wanted, "text": old.text if old else ""}
    form = ConsentTextForm(request.POST if request.method == "POST" else None, initial=initial)
    back = here(request, "office_policies")
    done = act(request, form, publish_form, _("The new version is in force."), back)
    return done or form_page(
        request,
        form,
        heading=_("New version of a consent form"),
        intro=_("Everybody is asked to sign it before their next booking and session."),
        submit=_("Publish"),
        back=back,
    )


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def holiday(request: PageRequest) -> HttpResponse:
    """Sessions of that day are shown once before it is saved; they stay booked."""
    form = HolidayForm(request.POST if request.method == "POST" else None)
    back = here(request, "office_policies")
    heading = _("A day on which the clinic is closed")
    if form.is_bound and form.is_valid():
        hit = risk.on_day(request.actor, form.cleaned_data["day"], request.now)
        if hit and "anyway" not in request.POST:
            return form_page(
                request,
                form,
                heading=heading,
                back=back,
                status=409,
                risks=risk_lines(hit, request.clinic.time_zone),
                risks_heading=_("These sessions are booked that day, and stay booked"),
                ask_anyway=_("Close that day all the same."),
            )
    done = act(request, form, set_holiday, _("The day is closed for new bookings."), back)
    return done or form_page(request, form, heading=heading, back=back)


def date_in(address: str) -> date:
    """What is no date is no holiday either: not found."""
    try:
        return day_of(address, date.min)
    except NoSuchDate as error:
        raise NotFound from error


@staff("admin")
@require_POST
def open_again(request: PageRequest, day: str) -> HttpResponse:
    closed = policy.find(Holiday, request.actor, day=date_in(day)).day
    set_holiday(day=closed, name=None, actor=request.actor, now=request.now)
    messages.success(request, _("%(day)s is open again.") % {"day": times.day(closed)})
    return redirect(here(request, "office_policies"))
