"""Write one mail that leads a recipient from what they were told of a series to what is now."""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState
from scheduling.models import Booking, Invite, Medium, Task
from scheduling.outbox import series_words, words
from scheduling.outbox.letters import links_to_change, notice, others_in_place_of, put
from scheduling.outbox.series import Dates, Held, SeriesStanding
from scheduling.outbox.series_calendar import join_url, next_object
from scheduling.outbox.series_change import Change, change_of, kept, news_of
from scheduling.outbox.series_words import OFF, SeriesNews, SeriesWords
from scheduling.outbox.words import Page
from scheduling.queries import times
from scheduling.queries.groups import rule_slots
from scheduling.queries.recurring import every_at


def compose(task: Task, invite: Invite, standing: SeriesStanding, now: datetime) -> str:
    """Put message and bookkeeping on the task; answers "", or why there is nothing to send."""
    change = change_of(invite, standing, now)
    news = news_of(invite, change, standing)
    if news is None:
        return "nothing_to_tell"
    calendar = next_object(invite, change, standing, now)
    page = page_of(standing, change, news, now)
    data, method = (calendar.data, calendar.asks.value) if calendar else (None, None)
    put(task, standing.address, standing.series.clinic, page, now, data, method)
    task.telling = {
        **(calendar.then.facts if calendar else {"method": ""}),
        "told": standing.told,
        "full": standing.full,
        "dates": kept({**change.past, **change.now}),
    }
    return ""


def page_of(standing: SeriesStanding, change: Change, news: SeriesNews, now: datetime) -> Page:
    """What the mail may hold; without consent, that there is something to read (PR2)."""
    clinic = standing.series.clinic
    signature, home = words.sender_name(clinic.sender_name), f"/c/{clinic.slug}/"
    with override(standing.language):
        if not standing.full:
            return words.render(notice(clinic))
        host, off = standing.therapist is not None, news in OFF
        dates = change.told if off else change.now
        return series_words.render(
            SeriesWords(
                news=news,
                pattern=pattern(standing, dates),
                span=span(standing, dates),
                keeps_clock=not off and clock_changes(standing, dates),
                lines=() if off else lines(standing, change, news),
                coming=next_one(standing),
                others=others(standing, change, news),
                by_telephone=standing.by_telephone,
                host=host,
                join_url="" if off else join_url(standing, now),
                manage_url="" if off else manage_url(standing),
                **({} if off else ways_to_change_next(standing, now)),
                book_url=words.link(home) if off and not host else "",
                phone="" if host else clinic.phone,
                signature=signature,
            )
        )


def ending_page(standing: SeriesStanding, now: datetime) -> Page:
    """That a few are left, and when."""
    clinic, zone = standing.series.clinic, standing.zone
    with override(standing.language):
        return series_words.render(
            SeriesWords(
                news=SeriesNews.ENDING,
                lines=tuple(
                    times.when(one.start, one.end, zone) for one in sorted(standing.dates.values())
                ),
                left=len(standing.dates),
                by_telephone=standing.by_telephone,
                host=standing.therapist is not None,
                join_url=join_url(standing, now),
                manage_url=manage_url(standing),
                **ways_to_change_next(standing, now),
                phone="" if standing.therapist else clinic.phone,
                signature=words.sender_name(clinic.sender_name),
            )
        )


def manage_url(standing: SeriesStanding) -> str:
    """The page of the series; a member of a group has that of their own appointments."""
    series = standing.series
    home = f"/c/{series.clinic.slug}/"
    if standing.patient is not None and standing.patient.user_id is None:
        return ""
    if series.patient_id is not None:
        return words.link(f"{home}series/{series.uuid}/")
    return words.link(f"{home}my/" if standing.patient else f"{home}today/")


def ways_to_change_next(standing: SeriesStanding, now: datetime) -> dict[str, Any]:
    """Without an account, links for the next date; reminders bring those of each later one."""
    if standing.patient is None or standing.patient.user_id is not None:
        return {}
    seats = Booking.objects.filter(
        session__series=standing.series,
        patient=standing.patient,
        state=BookingState.BOOKED.value,
        start__gt=to_minute(now),
    )
    one = seats.select_related("session__clinic", "session__service").order_by("start").first()
    return links_to_change(one, one.session, now) if one else {}


def pattern(standing: SeriesStanding, dates: Dates) -> str:
    """When as a rule, by the first date; on the recipient's wall clock where that says it too."""
    series, usual = standing.series, [slot for slot, one in dates.items() if one.start == slot]
    slots = sorted(usual or dates)
    return every_at(series.rule, slots[0], rule_zone(standing, slots))


def rule_zone(standing: SeriesStanding, slots: list[int]) -> str:
    """The recipient's zone, if the rule's weekdays and time of day are as constant there."""
    zone, theirs = standing.series.zone, standing.zone
    clocks = {times.local(slot, theirs).time() for slot in slots}
    days = all(local_day(theirs, slot) == local_day(zone, slot) for slot in slots)
    return theirs if len(clocks) == 1 and days else zone


def clock_changes(standing: SeriesStanding, dates: Dates) -> bool:
    """Whether the name of the zone is another one for some of the dates."""
    zone = rule_zone(standing, sorted(dates))
    return len({times.abbreviation(times.local(slot, zone)) for slot in dates}) > 1


def span(standing: SeriesStanding, dates: Dates) -> str:
    zone, slots = standing.zone, sorted(dates, key=lambda slot: dates[slot].start)
    first = times.day(times.local(dates[slots[0]].start, zone))
    last = times.day(times.local(dates[slots[-1]].start, zone))
    if standing.goes_on:
        return _("From %(first)s on") % {"first": first}
    said = {"count": len(slots), "first": first, "last": last}
    if len(slots) == 1:
        return _("Once: %(first)s") % said
    return _("%(count)d times, from %(first)s to %(last)s") % said


def lines(standing: SeriesStanding, change: Change, news: SeriesNews) -> tuple[str, ...]:
    """The dates that differ: from what was told or, told for the first time, from the rule. That
    they end earlier is said by their span."""
    told = change.told
    if news in (SeriesNews.BOOKED, SeriesNews.RESTORED):
        told = {slot: standing.usual(slot) for slot in between(standing, change.now)}
    one = news in (SeriesNews.CANCELLED_ONE, SeriesNews.CALLED_OFF_ONE)
    last, handed_over = max(change.now), from_on(told, change.now)
    said = [
        line(standing, told.get(slot), change.now.get(slot), one=one)
        for slot in sorted(told.keys() | change.now.keys())
        if told.get(slot) != change.now.get(slot)
        and (one or slot <= last)
        and slot not in handed_over
    ]
    if not one and told and max(told) > last:
        end = times.day(times.local(change.now[last].start, standing.zone))
        said.append(_("The last one is now on %(day)s.") % {"day": end})
    if handed_over:
        day = times.starting(change.now[handed_over[0]].start, standing.zone)
        said.append(_("From %(day)s on, with somebody else than planned") % {"day": day})
    return tuple(said)


def from_on(told: Dates, now: Dates) -> list[int]:
    """The last dates, if somebody else gives them all, and nothing else about them has changed."""
    found: list[int] = []
    for slot in sorted(now, reverse=True):
        old, new = told.get(slot), now[slot]
        if old is None or old == new or old._replace(hosts=new.hosts) != new:
            break
        found.insert(0, slot)
    return found if len(found) > 1 else []


def between(standing: SeriesStanding, dates: Dates) -> list[int]:
    """All that the rule gives from the first of the dates to the last."""
    last, every = max(dates), rule_slots(standing.series, min(dates) - 1)
    return list(takewhile(lambda slot: slot <= last, every))


def line(standing: SeriesStanding, old: Held | None, new: Held | None, *, one: bool = False) -> str:
    """`one`: that it is cancelled is said already."""
    zone = standing.zone
    if new is None and one:
        assert old is not None
        return times.when(old.start, old.end, zone)
    if new is None:
        assert old is not None
        return _("Not on %(day)s") % {"day": times.starting(old.start, zone)}
    said = times.when(new.start, new.end, zone)
    if new.medium != standing.series.medium:
        telephone = new.medium == Medium.TELEPHONE.value
        how = _("by telephone") if telephone else _("by video")
        said = _("%(when)s, %(how)s") % {"when": said, "how": how}
    if old is not None and old.hosts != new.hosts:
        said = _("%(when)s, with somebody else than planned") % {"when": said}
    if old is None:
        return _("Also on %(when)s") % {"when": said}
    if (old.start, old.end) == (new.start, new.end):
        return said
    return _("Instead of %(old)s: %(new)s") % {"old": times.starting(old.start, zone), "new": said}


def others(standing: SeriesStanding, change: Change, news: SeriesNews) -> tuple[str, ...]:
    """The times that were named when one date was cancelled."""
    gone = standing.gone
    if news is not SeriesNews.CALLED_OFF_ONE or gone is None:
        return ()
    named = gone.session.slot in change.slots
    return others_in_place_of(gone, standing.zone) if named else ()


def next_one(standing: SeriesStanding) -> str:
    if not standing.dates:
        return ""
    one = min(standing.dates.values())
    return times.when(one.start, one.end, standing.zone)
