"""What each number is called, what it means, and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from scheduling.engine.periods import Length
from scheduling.engine.told import Told
from scheduling.queries import times
from scheduling.queries.utilization import By

Number = float | int | None
Text = str | Promise


def hours(value: Number) -> str:
    """Minutes as "12:05": exact, and easy to compare."""
    if value is None:
        return "–"
    return times.h_mm(int(value))


def count(value: Number) -> str:
    if value is None:
        return "–"
    return number_format(value, use_l10n=True, force_grouping=True).replace("-", "−")


def percent(value: Number) -> str:
    return "–" if value is None else f"{round(value * 100)} %".replace("-", "−")


def days(value: Number) -> str:
    """The class in which a lead time lies."""
    if value is None:
        return "–"
    whole = int(value)
    return ngettext("within %(days)s day", "within %(days)s days", whole) % {"days": whole}


class Word(NamedTuple):
    name: str
    label: Text
    write: Callable[[Number], str]
    text: Text


WORDS = (
    Word("offered", gettext_lazy("Offered"), hours, gettext_lazy(
        "Working hours of the therapists as they were valid on each day: weekly hours and single "
        "days, less time off and the clinic's holidays; of who left, to the day of leaving. Hours "
        "are offered by therapists, so there are none by service, medium or level of care.")),
    Word("booked", gettext_lazy("Booked"), hours, gettext_lazy(
        "Time of sessions that stand and have at least one patient. A session counts whole where "
        "it begins. Of a group with two facilitators the time of both counts.")),
    Word("delivered", gettext_lazy("Delivered"), hours, gettext_lazy(
        "Time that was really attended. One to one: without what the patient was late or left "
        "early. Groups: the whole session if anybody was present.")),
    Word("utilization", gettext_lazy("Utilization"), percent, gettext_lazy(
        "Booked of offered time. It can be over 100 % where people work beyond their hours.")),
    Word("patients", gettext_lazy("Patients"), count, gettext_lazy(
        "Different people with at least one session that stands.")),
    Word("attended", gettext_lazy("Attended"), count, gettext_lazy(
        "Visits: each patient in each session is one.")),
    Word("no_show", gettext_lazy("No-shows"), count, gettext_lazy(
        "Visits that were booked, not cancelled, and to which the patient did not come.")),
    Word("show_rate", gettext_lazy("Show rate"), percent, gettext_lazy(
        "Attended of attended and no-shows. Failed calls, excused visits and those that nobody has "
        "marked yet are left out.")),
    Word("cancelled", gettext_lazy("Cancelled in time"), count, gettext_lazy(
        "By patients, within the clinic's notice.")),
    Word("cancelled_late", gettext_lazy("Cancelled late"), count, gettext_lazy(
        "By patients, later than the clinic's notice.")),
    Word("cancelled_clinic", gettext_lazy("Cancelled by the clinic"), count, gettext_lazy(
        "For its own reasons, or because the therapist could not come.")),
    Word("technical", gettext_lazy("Technical failures"), count, gettext_lazy(
        "Visits that failed because no call was possible, seen at the time or beforehand.")),
    Word("lost_no_show", gettext_lazy("Lost to no-shows"), hours, gettext_lazy(
        "Time of sessions to which nobody came.")),
    Word("lost_late", gettext_lazy("Lost to late cancellations"), hours, gettext_lazy(
        "Time of sessions that were cancelled late by their patient.")),
    Word("lost_clinic", gettext_lazy("Lost to the clinic's cancellations"), hours, gettext_lazy(
        "Time of sessions that the clinic cancelled.")),
    Word("lost_technical", gettext_lazy("Lost to technical failure"), hours, gettext_lazy(
        "Time of sessions that failed because no call was possible.")),
    Word("present", gettext_lazy("Present in groups"), count, gettext_lazy(
        "Visits to sessions of groups, as counted by who gives them or else as marked.")),
    Word("fill", gettext_lazy("Group seats filled"), percent, gettext_lazy(
        "Seats that were taken of those for sale, in sessions of groups that stand.")),
    Word("lead_median", gettext_lazy("Lead time, half"), days, gettext_lazy(
        "From the booking to the start: half of the sessions that were booked singly began within "
        "so many days.")),
    Word("lead_90", gettext_lazy("Lead time, nine of ten"), days, gettext_lazy(
        "From the booking to the start: nine of ten sessions that were booked singly began within "
        "so many days.")),
    Word("rebooking", gettext_lazy("Booked again"), percent, gettext_lazy(
        "Of the cancelled one-to-one visits, those whose patient made a new booking within two "
        "weeks.")),
)  # fmt: skip
WORD = {word.name: word for word in WORDS}
MINUTES = WORDS[:4]
PEOPLE = WORDS[4:]
IN_TABLES = [WORD[name] for name in (
    "patients", "attended", "no_show", "show_rate", "cancelled_late", "lost_no_show", "present",
    "fill")]  # fmt: skip

LENGTHS = {
    Length.WEEK: gettext_lazy("Week"),
    Length.FOUR_WEEKS: gettext_lazy("Four weeks"),
    Length.MONTH: gettext_lazy("Month"),
    Length.YEAR: gettext_lazy("Year"),
}
BYS = {
    By.THERAPIST: gettext_lazy("Therapist"),
    By.SERVICE: gettext_lazy("Service"),
    By.MODALITY: gettext_lazy("Modality"),
    By.KIND: gettext_lazy("Individual or group"),
    By.MEDIUM: gettext_lazy("Video or telephone"),
    By.LEVEL: gettext_lazy("Level of care"),
    By.WEEKDAY_HOUR: gettext_lazy("Hour of the week"),
    By.PERIOD: gettext_lazy("Week or month"),
}


def number(told: Told, name: str) -> Number:
    return told.people[name] if name in told.people else getattr(told, name)


def hidden(told: Told, name: str) -> bool:
    return name not in told.people and name not in {word.name for word in MINUTES}


def written(told: Told, word: Word) -> str:
    return _("not shown") if hidden(told, word.name) else word.write(number(told, word.name))


def difference(now: Told, before: Told, word: Word) -> str:
    """What changed since the period before, if both are told."""
    if hidden(now, word.name) or hidden(before, word.name):
        return "–"
    this, that = number(now, word.name), number(before, word.name)
    if this is None or that is None or word.write is days:
        return "–"
    if word.write is percent:
        points = round(this * 100) - round(that * 100)
        return _("%(count)s points") % {"count": _signed(points, count)}
    return _signed(this - that, word.write)


def _signed(value: float, write: Callable[[Number], str]) -> str:
    return f"+{write(value)}" if value > 0 else write(value)
