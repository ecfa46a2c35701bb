"""How the patient's pages show times and appointments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.actions.consent import signed_forms
from accounts.models import Clinic, Form, Patient, Therapist
from accounts.models.licence import STATES, Licence
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import Attendance, BookingState
from scheduling.engine.slots import PartOfDay
from scheduling.models import Booking, Medium
from scheduling.queries import times
from scheduling.queries.find import Day
from scheduling.queries.mine import Appointment
from scheduling.web.booking.forms import full_name


def steps() -> list[str]:
    return [_("Find a time"), _("Sign in"), _("Check"), _("Booked")]


def part_name(part: PartOfDay) -> str:
    names = {
        PartOfDay.MORNING: _("Morning"),
        PartOfDay.AFTERNOON: _("Afternoon"),
        PartOfDay.EVENING: _("Evening"),
    }
    return names[part]


def place_name(code: str) -> str:
    return dict(STATES).get(code, code)


def slot(start: int, zone: str) -> dict[str, Any]:
    """A start as the slot components show it; its name holds date, time and zone."""
    return {
        "value": start,
        "time": times.clock(times.local(start, zone)),
        "name": times.starting(start, zone),
    }


def day_groups(days: Iterable[Day], zone: str) -> list[dict[str, Any]]:
    return [
        {
            "heading": times.day(one.day),
            "count": one.how_many,
            "parts": [
                {"heading": part_name(part), "slots": [slot(start, zone) for start in starts]}
                for part, starts in one.parts
            ],
        }
        for one in days
    ]


def facts(
    one: Appointment, licence: Licence | None = None, patient: Patient | None = None
) -> list[dict[str, Any]]:
    """Who, what, when, where: for "check your booking" and the pages after it."""
    said = [
        (_("For"), patient.called or patient.name) if patient else None,
        (_("When"), times.when(one.start, one.end, one.zone)),
        (_("For your therapist"), times.when(one.start, one.end, one.therapist.time_zone))
        if one.elsewhere
        else None,
        (_("What"), _service(one)),
        (_("Length"), times.length(one.end - one.start)),
        (_("Group"), one.group.name) if one.group else None,
        (_("With"), hosts(one)),
        (_("Licence"), _licence(licence)) if licence else None,
        (_("How"), str(Medium(one.medium).label)),
        (_("You will be in"), place_name(one.place)),
        (_("Price or cover"), one.service.price) if one.service.price else None,
    ]
    return [{"term": term, "value": value} for term, value in filter(None, said)]


def hosts(one: Appointment) -> str:
    """Everybody who gives it."""
    return people(one.hosts)


def people(some: Sequence[Therapist]) -> str:
    """ "Alma Reyes, LMFT and Ben Stone" """
    names = [full_name(who) for who in some]
    return _(" and ").join(filter(None, [_("; ").join(names[:-1]), *names[-1:]]))


def _service(one: Appointment) -> str:
    name, modality = one.service.name, one.service.modality.name
    return name if modality.lower() in name.lower() else f"{name} ({modality})"


def _licence(licence: Licence) -> str:
    kind = licence.get_kind_display()
    return f"{place_name(licence.state)}, {kind}, {licence.number}"


def mail_about_it(patient: Patient, now: datetime) -> str:
    """What the patient may expect in the mailbox (PR2, PR3)."""
    if patient.no_mail or not patient.email:
        return _("We send you no e-mail about it. You find it here under “My sessions”.")
    if Form.MAIL.value in signed_forms(patient, now):
        said = _("We send the details and a calendar entry to %(address)s.")
    else:
        said = _("We only write to %(address)s that there is a message for you here.")
    return said % {"address": patient.email}


def how_many_late(starts: Iterable[int], clinic: Clinic, now: datetime) -> int:
    """Of sessions that a patient would cancel now, those that would count as late."""
    return sum(start - to_minute(now) < clinic.late_notice for start in starts)


def until(held: Booking) -> dict[str, Any]:
    """When a hold ends, for the countdown."""
    moment = datetime.fromtimestamp(held.held_until or 0, UTC)
    return {"moment": moment, "clock": times.clock_in(to_minute(moment), held.zone)}


def standing(one: Appointment, now: datetime) -> tuple[str, str]:
    """A word for how a session stands, and the kind of its chip."""
    if one.state == BookingState.CANCELLED.value:
        return (_("Cancelled late"), "warn") if one.late else (_("Cancelled"), "off")
    if one.attendance:
        return {
            Attendance.ATTENDED.value: (_("Attended"), "success"),
            Attendance.NO_SHOW.value: (_("Missed"), "warn"),
            Attendance.TECHNICAL_FAILURE.value: (_("The call failed"), "off"),
            Attendance.EXCUSED.value: (_("Excused"), "off"),
        }[one.attendance]
    if one.is_past(now):
        return _("Over"), "off"
    return (_("Now"), "success") if one.has_begun(now) else (_("Booked"), "success")
