"""Files to take away: the numbers of a report, and single rows for who has that right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from scheduling.engine.told import MEASURES, Told
from scheduling.queries import single_rows, told
from scheduling.queries.single_rows import Export
from scheduling.queries.times import local
from scheduling.queries.told import Line, Telling
from scheduling.web.desk.frame import here
from scheduling.web.door import PageRequest, staff
from scheduling.web.fields import DayField
from scheduling.web.office.frame import form_page, proved
from scheduling.web.office.staff import today
from scheduling.web.utilization import shown
from scheduling.web.utilization.asked import wish_of
from scheduling.web.utilization.csv_text import lines

LONGEST = timedelta(days=366)
REDISCLOSURE = gettext_lazy(
    "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
)

STAYS = gettext_lazy(
    "For people who work in the clinic. A row without a consent must not go to anybody else."
)


@staff("admin")
@require_safe
def report(request: PageRequest) -> HttpResponse:
    """What the page shows, small counts left out alike; minutes whole, shares as fractions."""
    wish = wish_of(request.GET, request.clinic, today(request))
    found = told.tell(request.actor, wish, today(request))
    named = [line._replace(label=shown.label(line, wish)) for line in found.lines]
    text = "".join(lines(numbers(found, named)))
    name = f"utilization-{wish.period.first}-{wish.period.last}.csv"
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=attached(name))


def numbers(found: Telling, named: list[Line]) -> Iterator[list[Any]]:
    """One line each: the whole, the period before, its weeks or months, the breakdown, and how one
    comes to each service."""
    clinic, asked = found.report.asked.clinic, found.report.asked
    first = ["offered", "booked", "delivered", "utilization"]
    last = ["third_next", "waiting", "waited"]
    yield ["part", "key", "label", "zone", *first, *MEASURES, *last]
    whole = (("total", asked.period, found.total), ("before", asked.period.before, found.before))
    for part, span, sums in whole:
        yield [part, span.first, shown.period_name(span), clinic.time_zone, *cells(sums)]
    for row in found.series:
        label = shown.step(row.key, asked.period)
        yield ["step", row.key, label, clinic.time_zone, *cells(row.told)]
    for row in named:
        part = asked.by.value if asked.by else ""
        yield [part, row.key, row.label, clinic.time_zone, *cells(row.told)]
    none = [None] * (len(first) + len(MEASURES))
    for one in found.access:
        waiting = _("not shown") if one.waiting is None else one.waiting
        wait = [one.third_next, waiting, one.waited]
        yield ["access", one.key, one.label, clinic.time_zone, *none, *wait]


def cells(sums: Told) -> list[Any]:
    """Empty where there is nothing to measure."""
    people = [sums.people.get(name, _("not shown")) for name in MEASURES]
    return [sums.offered, sums.booked, sums.delivered, sums.utilization, *people]


class DaysForm(forms.Form):
    first = DayField(gettext_lazy("From"))
    last = DayField(gettext_lazy("To and including"))
    to = forms.ChoiceField(
        label=gettext_lazy("Who gets the file"),
        widget=forms.RadioSelect,
        choices=[
            ("inside", gettext_lazy("People who work here, for their work: all bookings")),
            (
                "outside",
                gettext_lazy("Somebody else: only of patients whose consent to it is in force"),
            ),
        ],
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("first"), said.get("last")
        if first and last and not timedelta() <= last - first < LONGEST:
            raise ValidationError(_("Please choose one to 366 days, in order."))
        return said


@staff("export")
@require_http_methods(["GET", "HEAD", "POST"])
@proved
def rows(request: PageRequest) -> HttpResponse:
    """Asks for a proof; each patient in it is put on record before the first row goes out (AU7)."""
    form = DaysForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        return cast(HttpResponse, streamed(request, wanted(request, **form.cleaned_data)))
    return form_page(
        request,
        form,
        heading=_("Export single rows"),
        intro=_(
            "The bookings of these days with the patient's reference. Your name, whose rows they "
            "are and for whom, are kept on record. Nothing is stored here. Each row names the "
            "consent under which it may be disclosed; the text of that consent is in the file."
        ),
        warning=REDISCLOSURE,
        submit=_("Export"),
        back=here(request, "booking_home"),
    )


def wanted(request: PageRequest, first: date, last: date, to: str) -> Export:
    return Export(request.actor, first, last, outside=to == "outside", now=request.now)


def streamed(request: PageRequest, asked: Export) -> StreamingHttpResponse:
    """Row by row, to who asked; no file is kept (TK7)."""
    detail = {
        "first": asked.first.isoformat(),
        "last": asked.last.isoformat(),
        "to": "outside" if asked.outside else "inside",
    }
    whose = single_rows.patients(asked)
    audit.record(request.actor, "export.rows", subject=whose, detail={**detail})
    name = f"bookings-{asked.first}-{asked.last}-{detail['to']}.csv"
    return StreamingHttpResponse(
        lines(table(asked)),
        content_type="text/csv; charset=utf-8",
        headers=attached(name),
    )


def attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


COLUMNS = (
    "booking", "patient", "start", "end", "service", "kind", "medium", "therapists", "state",
    "cancel_reason", "late", "attendance", "late_by", "left_early_by", "booked_at", "cancelled_at",
    "consent", "consent_signed_at",
)  # fmt: skip


def table(asked: Export) -> Iterator[list[Any]]:
    """The notice, what was consented to, then the rows below their names."""
    zone = asked.clinic.time_zone
    yield [REDISCLOSURE]
    if not asked.outside:
        yield [STAYS]
    for name, text in single_rows.consent_texts(asked):
        yield [name, text]
    yield list(COLUMNS)
    for row in single_rows.bookings(asked):
        told = row | {
            "booking": row["reference"],
            "patient": row["whose"],
            "start": local(row["start"], zone).isoformat(),
            "end": local(row["end"], zone).isoformat(),
        }
        for moment in ("booked_at", "cancelled_at", "consent_signed_at"):
            told[moment] = row[moment] and row[moment].isoformat(timespec="seconds")
        yield [told[name] for name in COLUMNS]
