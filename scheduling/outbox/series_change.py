"""The difference between what a recipient was told of a series and what is now."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from scheduling.calendars.invites import Method
from scheduling.engine.interval import to_minute
from scheduling.models import Invite
from scheduling.outbox.series import Dates, Held, SeriesStanding, told_so_far
from scheduling.outbox.series_words import SeriesNews


class Change(NamedTuple):
    """What was told and what is, dates by slot. `past`: what was told and is over, which no
    message touches. `anew`: more than dates has changed, so that it is told whole."""

    past: Dates
    told: Dates
    now: Dates
    anew: bool

    @property
    def slots(self) -> list[int]:
        """Of the dates that differ, in order."""
        every = self.told.keys() | self.now.keys()
        return sorted(slot for slot in every if self.told.get(slot) != self.now.get(slot))


def change_of(invite: Invite, standing: SeriesStanding, now: datetime) -> Change:
    this, anew = to_minute(now), invite.told != standing.told
    known = {
        int(slot): Held(start, end, medium, tuple(hosts))
        for slot, (start, end, medium, hosts) in invite.dates.items()
    }
    told = known if anew else told_so_far(known, standing)
    requested = invite.method == Method.REQUEST
    return Change(
        past={slot: one for slot, one in told.items() if one.end <= this and requested},
        told={slot: one for slot, one in told.items() if one.end > this},
        now={slot: seen(told.get(slot), one) for slot, one in standing.dates.items()},
        anew=anew,
    )


def seen(old: Held | None, new: Held) -> Held:
    """That one of two does not give it any more is no news to a patient: that somebody new does,
    is."""
    if old is None or not new.hosts or not set(new.hosts) <= set(old.hosts):
        return new
    return new._replace(hosts=old.hosts)


def news_of(invite: Invite, change: Change, standing: SeriesStanding) -> SeriesNews | None:
    """None: the recipient knows. What came to its end is no news."""
    if not standing.on:
        if not (change.told and invite.told.startswith("on:")):
            return None
        return SeriesNews.CALLED_OFF if standing.by_clinic else SeriesNews.CANCELLED
    if not invite.told:
        return SeriesNews.BOOKED
    if invite.told == "off":
        return SeriesNews.RESTORED
    if not (change.slots or change.anew):
        return None
    return of_dates(change, standing)


def of_dates(change: Change, standing: SeriesStanding) -> SeriesNews:
    if len(change.slots) != 1 or change.anew or change.slots[0] not in change.told:
        return SeriesNews.CHANGED
    if change.slots[0] in change.now:
        return SeriesNews.CHANGED_ONE
    return SeriesNews.CALLED_OFF_ONE if standing.by_clinic else SeriesNews.CANCELLED_ONE


def kept(dates: Dates) -> dict[str, list[Any]]:
    """As an Invite keeps them."""
    return {str(slot): list(one) for slot, one in sorted(dates.items())}
