"""Write one mail that leads a patient from what they were told of a program's dates to what is.

If one series alone has changed, it is the mail about that series. If several have, it is the whole
week in words, with the REQUEST or CANCEL of each, whole: programs that open files do not all find
the entry that one date alone belongs to (decision 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import override

from scheduling.calendars.invites import Method
from scheduling.models import Invite, Task
from scheduling.outbox import program_words, series_letters, words
from scheduling.outbox.letters import notice, put
from scheduling.outbox.program import ProgramStanding
from scheduling.outbox.program_words import PartWords, ProgramNews, ProgramWords
from scheduling.outbox.series import SeriesStanding
from scheduling.outbox.series_calendar import Object, join_url, next_object
from scheduling.outbox.series_change import Change, change_of, kept, news_of
from scheduling.outbox.series_words import OFF, SeriesNews
from scheduling.outbox.told import invite_to_series
from scheduling.outbox.words import Page


class Part(NamedTuple):
    """One of the series; `news` None: nothing has changed."""

    standing: SeriesStanding
    invite: Invite
    change: Change
    news: SeriesNews | None


def compose(task: Task, standing: ProgramStanding, now: datetime) -> str:
    """Put message and bookkeeping on the task; answers "", or why there is nothing to send."""
    parts = [part_of(one, now) for one in standing.parts]
    fresh = [one for one in parts if one.news is not None]
    if not fresh:
        return "nothing_to_tell"
    if len(fresh) == 1:
        one = fresh[0]
        series_letters.compose(task, one.invite, one.standing, now)
        told = {str(one.standing.series.pk): task.telling}
    else:
        told = compose_several(task, standing, parts, now)
    task.telling = {"program": told, "full": standing.full}
    return ""


def part_of(standing: SeriesStanding, now: datetime) -> Part:
    assert standing.patient is not None
    invite = invite_to_series(standing.series.pk, standing.patient)
    change = change_of(invite, standing, now)
    return Part(standing, invite, change, news_of(invite, change, standing))


def compose_several(
    task: Task, standing: ProgramStanding, parts: Sequence[Part], now: datetime
) -> dict[str, Any]:
    """Answers what each Invite becomes."""
    told, objects = {}, []
    for part in parts:
        if part.news is None:
            continue
        calendar = next_object(part.invite, part.change, part.standing, now, anew=True)
        objects += [(part, calendar)] if calendar else []
        told[str(part.standing.series.pk)] = {
            **(calendar.then.facts if calendar else {"method": ""}),
            "told": part.standing.told,
            "dates": kept({**part.change.past, **part.change.now}),
        }
    page = page_of(standing, parts, now, files=len(objects) > 1)
    data, method, more = None, None, list[bytes]()
    if objects:
        first, *others = [one for _, one in sorted(objects, key=matters)]
        data, method, more = first.data, first.asks.value, [one.data for one in others]
    put(task, standing.address, standing.clinic, page, now, data, method, more)
    return told


def matters(one: tuple[Part, Object]) -> tuple[bool, int]:
    """First what mail programs enter by themselves: what stands, and has the most dates."""
    part, calendar = one
    return calendar.asks is Method.CANCEL, -len(part.change.now)


# The words


def page_of(
    standing: ProgramStanding, parts: Sequence[Part], now: datetime, *, files: bool
) -> Page:
    """The whole week, or without consent that there is something to read (PR2)."""
    clinic = standing.clinic
    mine = words.link(f"/c/{clinic.slug}/my/")
    with override(standing.language):
        if not standing.full:
            return words.render(notice(clinic))
        week = sorted((one for one in parts if one.standing.on), key=in_the_week)
        gone = [one for one in parts if one.news in OFF]
        account = standing.patient.user_id is not None
        return program_words.render(
            ProgramWords(
                news=news_of_all(parts),
                parts=tuple(
                    said(one, "" if account else join_url(one.standing, now)) for one in week
                ),
                gone=tuple(said_of_gone(one) for one in gone),
                keeps_clock=any(
                    series_letters.clock_changes(one.standing, one.change.now) for one in week
                ),
                coming=min((coming(one) for one in week), default=(0, ""))[1],
                files=files,
                manage_url=mine if account and week else "",
                book_url=words.link(f"/c/{clinic.slug}/") if not week else "",
                phone=clinic.phone,
                signature=words.sender_name(clinic.sender_name),
            )
        )


def news_of_all(parts: Sequence[Part]) -> ProgramNews:
    news = {one.news for one in parts if one.news is not None}
    if not any(one.standing.on for one in parts):
        return ProgramNews.CANCELLED
    if all(one.news is SeriesNews.BOOKED for one in parts):
        return ProgramNews.BOOKED
    return ProgramNews.RESTORED if news == {SeriesNews.RESTORED} else ProgramNews.CHANGED


def in_the_week(part: Part) -> int:
    """Earliest next date first."""
    return min(one.start for one in part.standing.dates.values())


def said(part: Part, link: str) -> PartWords:
    standing, change = part.standing, part.change
    first = part.news in (SeriesNews.BOOKED, SeriesNews.RESTORED)
    news = SeriesNews.BOOKED if first else SeriesNews.CHANGED
    lines = () if part.news is None else series_letters.lines(standing, change, news)
    return PartWords(
        pattern=series_letters.pattern(standing, change.now),
        span=series_letters.span(standing, change.now),
        lines=lines,
        by_telephone=standing.by_telephone,
        join_url=link,
    )


def said_of_gone(part: Part) -> PartWords:
    return PartWords(
        pattern=series_letters.pattern(part.standing, part.change.told),
        span=series_letters.span(part.standing, part.change.told),
    )


def coming(part: Part) -> tuple[int, str]:
    return in_the_week(part), series_letters.next_one(part.standing)
