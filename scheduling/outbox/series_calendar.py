"""What brings a recipient's calendar from what it was told of a series to what is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from scheduling.actions.links import series_token
from scheduling.calendars.invites import InviteFacts, Method, Recipient, next_stamp
from scheduling.calendars.series import (
    Occasion,
    SeriesFacts,
    Step,
    next_step,
    render_date,
    render_series,
)
from scheduling.engine.interval import from_minute
from scheduling.models import Booking, Invite, Medium
from scheduling.outbox import words
from scheduling.outbox.letters import Calendar, addressed, next_life
from scheduling.outbox.series import Dates, SeriesStanding, day_of, stand, told_as_series
from scheduling.outbox.series_change import Change, change_of
from scheduling.outbox.standing import way_in_of
from scheduling.outbox.told import uid_of
from scheduling.outbox.transport import sender_address


class Object(NamedTuple):
    """A calendar object: what it asks for, its bytes, and what the UID's life is by it. A CANCEL
    of one date does not end the UID."""

    asks: Method
    data: bytes
    then: Calendar


def next_object(
    invite: Invite, change: Change, standing: SeriesStanding, now: datetime, *, anew: bool = False
) -> Object | None:
    """What brings the recipient's calendar up to date; `anew`: all of it, whatever has changed.

    A UID lives until all of it is cancelled; while dates of it are over it is only ended.
    """
    if not due(invite, standing):
        return None
    told = occasions(standing, {**change.past, **change.told})
    dates = occasions(standing, {**change.past, **change.now})
    step = whole(dates) if anew or change.anew else next_step(told, dates)
    if step is None:
        return None
    calendar = next_life(invite, step.method, now)
    named = told if step.method is Method.CANCEL else dates
    facts = addressed_facts(standing, calendar, named, now)
    data = render_date(facts, step.day) if step.day else render_series(facts)
    ended = step.method is Method.CANCEL and step.day is None
    lives = Method.CANCEL if ended else Method.REQUEST
    return Object(step.method, data, replace(calendar, method=lives))


def due(invite: Invite, standing: SeriesStanding) -> bool:
    """Without consent there is none (PR2), and nothing is cancelled that was not asked for."""
    return standing.full and (standing.on or invite.method == Method.REQUEST)


def whole(dates: Mapping[date, Occasion]) -> Step:
    return Step(Method.REQUEST if dates else Method.CANCEL)


def occasions(standing: SeriesStanding, dates: Dates) -> dict[date, Occasion]:
    """By the day that the rule gave."""
    by_telephone = Medium.TELEPHONE.value
    return {
        day_of(standing.series, slot): Occasion(
            from_minute(one.start), from_minute(one.end), one.medium == by_telephone
        )
        for slot, one in dates.items()
    }


def file_of(seat: Booking, now: datetime) -> bytes | None:
    """A patient's whole series as a file for any calendar, with the UID of the invite; None where
    the seat is of no series, or was over before the series was told. It writes nothing (BR1)."""
    series, patient = seat.session.series, seat.patient
    if series is None or patient is None or not told_as_series(series):
        return None
    standing = stand(patient, series, now)
    invite = Invite.objects.filter(series=series, patient=patient).first()
    if invite is None or invite.method != Method.REQUEST:
        invite = Invite(uid=uid_of(series, patient), sequence=0)
    change = change_of(invite, standing, now)
    held = {**change.past, **change.now}
    if seat.session.slot not in held:
        return None
    link = way_in_of(patient, seat.session, seat)
    stamp = next_stamp(now, invite.stamp)
    calendar = Calendar(Method.PUBLISH, str(invite.uid), invite.sequence, stamp)
    url = words.link(f"/j/{link.token}/") if link else ""
    return render_series(series_facts(standing, calendar, occasions(standing, held), url))


def addressed_facts(
    standing: SeriesStanding, calendar: Calendar, dates: Mapping[date, Occasion], now: datetime
) -> SeriesFacts:
    """For mail, with the way in to what goes on."""
    url = join_url(standing, now) if calendar.method is Method.REQUEST else ""
    with addressed():
        return series_facts(standing, calendar, dates, url)


def series_facts(
    standing: SeriesStanding, calendar: Calendar, dates: Mapping[date, Occasion], url: str
) -> SeriesFacts:
    return SeriesFacts(
        like=invite_facts(standing, calendar, url),
        dates=dates,
        rule=standing.series.rule,
        at=standing.series.at,
        minutes=standing.minutes,
        zone=standing.series.zone,
        goes_on=standing.goes_on,
    )


def invite_facts(standing: SeriesStanding, calendar: Calendar, url: str) -> InviteFacts:
    """All but the times."""
    clinic = standing.series.clinic
    return InviteFacts(
        uid=calendar.uid,
        sequence=calendar.sequence,
        method=calendar.method,
        stamp=calendar.stamp,
        start=calendar.stamp,
        end=calendar.stamp + timedelta(hours=1),
        zone=standing.zone,
        organizer=sender_address(),
        organizer_name=words.sender_name(clinic.sender_name),
        attendee=None if calendar.method is Method.PUBLISH else standing.address,
        join_url=url or None,
        by_telephone=standing.by_telephone,
        language=standing.language,
        kind=Recipient.PATIENT if standing.patient else Recipient.THERAPIST,
    )


def join_url(standing: SeriesStanding, now: datetime) -> str:
    """The one link; a therapist who calls needs none."""
    media = {one.medium for one in standing.dates.values()}
    if standing.therapist is not None and Medium.VIDEO.value not in media:
        return ""
    whose: dict[str, Any] = (
        {"patient": standing.patient}
        if standing.patient
        else {"therapist_id": standing.therapist.user_id if standing.therapist else None}
    )
    return words.link(f"/j/{series_token(standing.series, now, **whose)}/")
