"""How the therapist's pages say what the rows know in codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import STATES, Form
from scheduling.actions.cancel import BY_STAFF
from scheduling.engine.lifecycle import Attendance, CancelReason
from scheduling.errors import (
    ConsentMissing,
    LicenceLapses,
    NotLicensed,
    OutsideProgram,
    PatientBusy,
    Refusal,
    TooLate,
)
from scheduling.models import Booking, Event, EventKind, Medium
from scheduling.queries import times
from scheduling.queries.agenda import Entry, Standing


class Line(NamedTuple):
    """An entry as the tables show it."""

    entry: Entry
    time: str  # "10:00 AM to 10:50 AM"
    medium: str
    chip: tuple[str, str]


def lines(entries: Iterable[Entry], zone: str) -> list[Line]:
    return [
        Line(one, span(one.start, one.end, zone), medium(one.medium), chip(one.standing))
        for one in entries
    ]


def span(start: int, end: int, zone: str) -> str:
    """Both times with the zone: "10:00 AM to 10:50 AM PST"."""
    first, last = times.local(start, zone), times.local(end, zone)
    begins = times.clock(first)
    if times.abbreviation(first) != times.abbreviation(last):
        begins = f"{begins} {times.abbreviation(first)}"
    said = {"first": begins, "last": times.clock(last), "zone": times.abbreviation(last)}
    return _("%(first)s to %(last)s %(zone)s") % said


def medium(code: str) -> str:
    return str(Medium(code).label)


def chip(standing: Standing) -> tuple[str, str]:
    """The word and the kind of its chip."""
    return {
        Standing.BOOKED: (_("Booked"), ""),
        Standing.CHECKED_IN: (_("Checked in"), "success"),
        Standing.NOW: (_("Now"), "warn"),
        Standing.UNMARKED: (_("Who came?"), "warn"),
        Standing.ATTENDED: (_("Attended"), "success"),
        Standing.NO_SHOW: (_("No-show"), "danger"),
        Standing.TECHNICAL_FAILURE: (_("Technical failure"), "off"),
        Standing.EXCUSED: (_("Excused"), "off"),
        Standing.CANCELLED: (_("Cancelled"), "off"),
        Standing.CANCELLED_LATE: (_("Cancelled late"), "off"),
    }[standing]


def how_long(minutes: int) -> str:
    """ "25 minutes", "2 hours", "2 hours 5 minutes", "3 days" """
    if minutes >= 48 * 60:
        days = minutes // 1440
        return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
    hours, rest = divmod(minutes, 60)
    parts = []
    if hours:
        parts.append(ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours})
    if rest or not hours:
        parts.append(ngettext("%(count)d minute", "%(count)d minutes", rest) % {"count": rest})
    return " ".join(parts)


def place(code: str) -> str:
    return dict(STATES).get(code, code)


def marks() -> list[tuple[str, str]]:
    """What can be said about who came."""
    return [
        (Attendance.ATTENDED.value, _("Attended")),
        (Attendance.NO_SHOW.value, _("No-show")),
        (Attendance.TECHNICAL_FAILURE.value, _("Technical failure")),
        (Attendance.EXCUSED.value, _("Excused")),
    ]


def reasons(*, mine: bool = False) -> list[tuple[str, str]]:
    """Why staff cancel or move; whether a patient's call came late is computed.

    `mine`: the therapist chooses; what is read later by others speaks of nobody as "I".
    """
    said = {
        CancelReason.PATIENT: _("The patient asked for it"),
        CancelReason.THERAPIST_ILL: _("I am ill") if mine else _("The therapist is ill"),
        CancelReason.CLINIC: _("The clinic has to"),
        CancelReason.TECHNICAL_FAILURE: _("No call is possible"),
        CancelReason.OTHER: _("Another reason"),
    }
    return [(code.value, said[code]) for code in BY_STAFF]


def reason(code: str) -> str:
    late = {CancelReason.PATIENT_LATE.value: _("The patient asked for it, late")}
    return (dict(reasons()) | late).get(code, code)


def identity(code: str) -> str:
    known = {"signed_in": _("signed in"), "birth_date": _("gave the birth date")}
    return known.get(code, code)


def history(
    events: Iterable[Event], names: dict[str, str], booking: Booking, zone: str
) -> list[dict[str, Any]]:
    """One line per change: when, what, who."""
    return [
        {
            "at": event.at,
            "when": times.starting(int(event.at.timestamp()) // 60, zone),
            "what": happened(event, zone),
            "who": who(event.actor, names),
        }
        for event in events
    ]


def happened(event: Event, zone: str) -> str:
    facts = event.facts
    if event.kind == EventKind.MOVED and "from" in facts and "to" in facts:
        said = {
            "before": times.starting(facts["from"], zone),
            "after": times.starting(facts["to"], zone),
        }
        return _("Moved from %(before)s to %(after)s") % said
    if event.kind == EventKind.CANCELLED:
        return _("Cancelled: %(reason)s") % {"reason": reason(facts.get("reason", ""))}
    if event.kind == EventKind.ATTENDANCE:
        marked = dict(marks()).get(facts.get("after", ""))
        return _("Marked: %(mark)s") % {"mark": marked} if marked else _("Mark taken back")
    if event.kind == EventKind.ROOM:
        return room_news(facts.get("what", ""))
    return {
        EventKind.BOOKED.value: _("Booked"),
        EventKind.RESTORED.value: _("Cancellation undone"),
        EventKind.CHECKED_IN.value: _("Checked in"),
        EventKind.PROGRAM.value: _("The days of the program were changed"),
        EventKind.SEATS.value: _("The group has more seats"),
    }.get(event.kind, event.kind)


def room_news(what: str) -> str:
    return {
        "wanted": _("The platform is to make a room"),
        "filled": _("The room is ready"),
        "proposed": _("The platform offered another room"),
        "withdrawn": _("The platform withdrew the room"),
        "failed": _("The platform could not make a room"),
    }.get(what, _("The room changed"))


def who(actor: str, names: dict[str, str]) -> str:
    kind = actor.partition(":")[0]
    kinds = {
        "link": _("by a link in mail"),
        "worker": _("by the service"),
        "platform": _("by the video platform"),
        "token": _("by a program"),
        "anonymous": _("by somebody not signed in"),
    }
    return names.get(actor) or kinds.get(kind, kind)


def why(refusal: Refusal | None) -> str:
    """The sentence of a refusal, in other words where it speaks to the patient."""
    if refusal is None:
        return ""
    said = {
        TooLate: _("This is sooner than the clinic's notice. Say why, and it can be done."),
        PatientBusy: PatientBusy.FOR_STAFF,
        NotLicensed: _("You are not licensed in the state where the patient will be."),
        LicenceLapses: _("Your licence for the patient's state ends before this date."),
        OutsideProgram: _(
            "The patient's program is not going on at this time. Say why, and it can be done."
        ),
        ConsentMissing: _("The patient has to accept the consent to telehealth first."),
    }
    if refusal.extra.get("form") == Form.GROUP.value:
        return _("The patient has to accept confidentiality in groups first.")
    return str(said.get(type(refusal), refusal))
