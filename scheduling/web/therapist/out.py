"""A therapist falls out: for each session what becomes of it, then what everybody would read.

For a day or a span; for a licence that ends (`?state=`), and for somebody who leaves for good
(`?until=` left out, with `?good=1`), the same page.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.models import Therapist
from accounts.phone import grouped
from scheduling import policy
from scheduling.actions.out import DateDecision, Decision, What, settle_out
from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import to_minute
from scheduling.errors import NoSuchDate, NotFound, Refusal
from scheduling.models import Booking, Medium
from scheduling.outbox.preview import Letter, would_read
from scheduling.queries import out as query
from scheduling.queries import times
from scheduling.queries.out import Concerned, GroupDate
from scheduling.web.desk.frame import page as desk_page
from scheduling.web.door import PageRequest, staff
from scheduling.web.therapist import words
from scheduling.web.therapist.frame import day_of, here, page, whose

LONGEST = timedelta(days=60)
FOR_GOOD = timedelta(days=2 * 366)
UNTOLD = {
    "no_address": gettext_lazy("No e-mail is on file: please call."),
    "not_wanted": gettext_lazy("Wants no mail: please call."),
    "inactive": gettext_lazy("The account is closed: no mail goes out."),
    "nothing_to_tell": gettext_lazy(
        "No mail goes out: nothing that was told changes. Call if in doubt."
    ),
}


class Span:
    """The days that the address asks for, on the therapist's calendar."""

    def __init__(self, request: PageRequest, therapist: Therapist) -> None:
        asked, zone = request.GET, therapist.time_zone
        today = local_day(zone, to_minute(request.now))
        self.first = max(day_of(asked.get("from", ""), today), today)
        self.good = bool(asked.get("good"))
        self.last = (
            self.first + FOR_GOOD if self.good else day_of(asked.get("until", ""), self.first)
        )
        self.state = asked.get("state", "")[:2]
        if not self.first <= self.last <= self.first + FOR_GOOD:
            raise NoSuchDate
        self.start, self.end = day_span(zone, self.first, self.last)

    @property
    def time_off(self) -> tuple[date, date] | None:
        return None if self.good or self.state else (self.first, self.last)


@staff("therapist", "desk")
@require_http_methods(["GET", "HEAD", "POST"])
def out(request: PageRequest, therapist: UUID | None = None) -> HttpResponse:
    who = whose(request, therapist)
    if therapist is not None and not request.actor.has(policy.DESK):
        raise NotFound
    span = Span(request, who)
    found = query.concerned(request.actor, who, span.start, span.end, request.now)
    dates = query.group_dates(request.actor, who, span.start, span.end, request.now)
    if span.state:
        found, dates = [one for one in found if one.booking.place == span.state], []
    if request.method != "POST":
        return choose_page(request, who, span, found, dates)
    return decide(request, who, span, found, dates)


def decide(
    request: PageRequest,
    who: Therapist,
    span: Span,
    found: list[Concerned],
    dates: list[GroupDate],
) -> HttpResponse:
    """Preview, or do it. What is refused comes back with all that was chosen."""
    decisions = [decision(request, one) for one in found]
    of_groups = [date_decision(request, one) for one in dates]
    off = span.time_off if request.POST.get("block") else None

    def act() -> int:
        return settle_out(
            therapist=who.uuid,
            decisions=decisions,
            dates=of_groups,
            reason=request.POST.get("reason", ""),
            time_off=off,
            actor=request.actor,
            now=request.now,
        )

    try:
        if request.POST.get("step") != "do":
            letters = would_read(act, request.now)
            return check_page(request, who, found, decisions, dates, letters)
        count = act()
    except NotFound:
        raise
    except Refusal as refusal:
        return choose_page(request, who, span, found, dates, refusal)
    said = ngettext("%(count)d session is changed.", "%(count)d sessions are changed.", count)
    messages.success(request, said % {"count": count} + " " + _("Everybody concerned is told."))
    if request.actor.has(policy.DESK):
        return redirect(here(request, "desk_day"))
    return redirect(here(request, "therapist_today"))


def decision(request: PageRequest, one: Concerned) -> Decision:
    """As it was chosen; what was not, stays as it is."""
    what, _colon, value = request.POST.get(f"what-{one.booking.uuid}", "keep").partition(":")
    if what == What.MOVE.value:
        known = {str(who.uuid): who.uuid for who in one.colleagues}
        return Decision(one.booking.uuid, What.MOVE, known.get(value))
    said = what if what in list(What) else What.KEEP.value
    others = one.others if said == What.OFFER.value else ()
    return Decision(one.booking.uuid, What(said), others=others)


def date_decision(request: PageRequest, one: GroupDate) -> DateDecision:
    what, _colon, value = request.POST.get(f"what-{one.session.uuid}", "keep").partition(":")
    if what == What.SUBSTITUTE.value:
        return DateDecision(one.session.uuid, What.SUBSTITUTE, as_uuid(value))
    known = what if what in (What.WITHOUT, What.CANCEL) else What.KEEP.value
    return DateDecision(one.session.uuid, What(known))


def as_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error


def choose_page(
    request: PageRequest,
    who: Therapist,
    span: Span,
    found: list[Concerned],
    dates: list[GroupDate],
    refusal: Refusal | None = None,
) -> HttpResponse:
    zone = who.time_zone
    own = who.pk == request.actor.therapist
    about = refusal.extra.get("booking") if refusal else None
    context = {
        "therapist": who,
        "own": own,
        "first": span.first,
        "last": span.last,
        "good": span.good,
        "state": words.place(span.state) if span.state else "",
        "days": times.day(span.first)
        if span.first == span.last
        else _("%(first)s to %(last)s")
        % {"first": times.day(span.first), "last": times.day(span.last)},
        "lines": [line(request, one, zone) for one in found],
        "dates": [date_line(request, one, zone) for one in dates],
        "city": times.city(zone),
        "reasons": words.reasons(mine=own),
        "reason": request.POST.get("reason", "therapist_ill"),
        "can_block": span.time_off is not None and span.last - span.first <= LONGEST,
        "block": request.method != "POST" or bool(request.POST.get("block")),
        "refusal": refusal,
        "about": next((name(one.booking) for one in found if one.booking.uuid == about), ""),
        "all": request.GET.get("all", ""),
    }
    audit.record(
        request.actor, "out.view", subject=[one.booking.patient_id or 0 for one in found], obj=who
    )
    return shown(request, "out", context, own, status=refusal.status if refusal else 200)


def shown(
    request: PageRequest, template: str, context: dict[str, Any], own: bool, *, status: int = 200
) -> HttpResponse:
    """Under the therapist's own bar, or the desk's."""
    if own:
        return page(request, template, context, status=status)
    return desk_page(request, f"therapist/{template}", context, status=status)


def name(row: Booking) -> str:
    assert row.patient is not None
    return row.patient.called or row.patient.name


def line(request: PageRequest, one: Concerned, zone: str) -> dict[str, Any]:
    """A session with its choices; `?all=` chooses for all at once, where it can be."""
    row = one.booking
    options = choices(one)
    values = [value for value, _label in options]
    wish = request.GET.get("all", "")
    suggested = next((value for value in values if wish and value.startswith(wish)), "keep")
    return {
        "field": f"what-{row.uuid}",
        "when": times.when(row.start, row.end, zone),
        "name": name(row),
        "medium": words.medium(row.session.medium),
        "series": row.session.series_id is not None,
        "options": options,
        "chosen": request.POST.get(f"what-{row.uuid}", suggested),
        "others": [times.starting(start, zone) for start in one.others],
    }


def choices(one: Concerned) -> list[tuple[str, str]]:
    session = one.booking.session
    telephone = session.service.telephone and session.medium == Medium.VIDEO.value
    said = [
        ("keep", _("Leave it as it is")),
        *(
            (f"move:{who.uuid}", _("Same time with %(name)s") % {"name": who.name})
            for who in one.colleagues
        ),
        ("offer", _("Cancel, and name other times")) if one.others else None,
        ("telephone", _("By telephone at the same time")) if telephone else None,
        ("cancel", _("Cancel")),
    ]
    return [choice for choice in said if choice is not None]


def date_line(request: PageRequest, one: GroupDate, zone: str) -> dict[str, Any]:
    row = one.session
    assert row.series is not None and row.series.group is not None
    return {
        "field": f"what-{row.uuid}",
        "when": times.when(row.start, row.end, zone),
        "name": row.series.group.name,
        "members": len(one.patients),
        "over": one.over,
        "options": date_choices(request, one),
        "chosen": request.POST.get(f"what-{row.uuid}", "keep"),
    }


def date_choices(request: PageRequest, one: GroupDate) -> list[tuple[str, str]]:
    """Who gives a group is for those who keep groups to say; whoever gives it may cancel it."""
    said = [("keep", _("Leave it as it is"))]
    if policy.keeps_groups(request.actor):
        if one.others:
            names = ", ".join(who.name for who in one.others)
            said.append(("without", _("%(names)s goes on alone") % {"names": names}))
        said += [
            (f"substitute:{who.uuid}", _("With %(name)s in place") % {"name": who.name})
            for who in one.substitutes
        ]
    return [*said, ("cancel", _("Cancel"))]


def check_page(
    request: PageRequest,
    who: Therapist,
    found: list[Concerned],
    decisions: list[Decision],
    dates: list[GroupDate],
    letters: list[Letter],
) -> HttpResponse:
    """Everything that would happen, with the very words of each mail."""
    zone = who.time_zone
    by_patient: dict[int, list[Letter]] = {}
    for letter in letters:
        by_patient.setdefault(letter.patient, []).append(letter)
    changed = [
        (one, chosen)
        for one, chosen in zip(found, decisions, strict=True)
        if chosen.what is not What.KEEP
    ]
    of_groups = [date_card(request, one, zone, letters) for one in dates]
    of_groups = [card for card in of_groups if card["what"]]
    if not (changed or of_groups or request.POST.get("block")):
        messages.info(request, _("Nothing was chosen."))
        return redirect(request.get_full_path())
    labels = {one.booking.pk: dict(choices(one)) for one, _chosen in changed}
    context = {
        "therapist": who,
        "own": who.pk == request.actor.therapist,
        "cards": [
            {
                "when": times.when(one.booking.start, one.booking.end, zone),
                "name": name(one.booking),
                "what": labels[one.booking.pk][request.POST[f"what-{one.booking.uuid}"]],
                "letters": by_patient.get(one.booking.patient_id or 0, []),
                "untold": untold(by_patient.get(one.booking.patient_id or 0, [])),
                "phone": grouped(one.booking.patient.phone) if one.booking.patient else "",
            }
            for one, _chosen in changed
        ],
        "dates": of_groups,
        "block": bool(request.POST.get("block")),
        "carried": carried(request),
    }
    audit.record(
        request.actor, "out.view", subject=[one.booking.patient_id or 0 for one in found], obj=who
    )
    return shown(request, "out_check", context, who.pk == request.actor.therapist)


def date_card(
    request: PageRequest, one: GroupDate, zone: str, letters: list[Letter]
) -> dict[str, Any]:
    """A group's date: what happens, and the one letter that its members read, each alone."""
    row = one.session
    assert row.series is not None and row.series.group is not None
    said = request.POST.get(f"what-{row.uuid}", "keep")
    texts = [letter for letter in letters if letter.patient in one.patients and letter.text]
    return {
        "when": times.when(row.start, row.end, zone),
        "name": row.series.group.name,
        "what": "" if said == "keep" else dict(date_choices(request, one)).get(said, ""),
        "count": len(texts),
        "letter": texts[0] if texts else None,
    }


def untold(letters: list[Letter]) -> str:
    """Why no mail goes out, in words."""
    none = "" if letters else "nothing_to_tell"
    why = next((letter.why for letter in letters if letter.why), none)
    return str(UNTOLD.get(why, UNTOLD["inactive"])) if why else ""


def carried(request: PageRequest) -> list[tuple[str, str]]:
    """What was chosen, for the form that does it."""
    kept = [key for key in request.POST if key.startswith("what-") or key in ("reason", "block")]
    return [(key, request.POST[key]) for key in kept]
