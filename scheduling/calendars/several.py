"""Several entries in one iCalendar object, as a program brings them.

An iTIP REQUEST or CANCEL holds one UID (RFC 5546 3.2.2, 3.2.5), and calendars read one such object
a mail. PUBLISH may hold any number (3.2.1): whoever adds the file has every entry, under the UIDs
under which each is told of later. It names no attendee.
"""

from collections.abc import Sequence
from dataclasses import replace

from icalendar import Timezone

from scheduling.calendars.invites import Method, new_calendar
from scheduling.calendars.series import SeriesFacts, events_of, zone_of


def render_several(entries: Sequence[SeriesFacts]) -> bytes:
    """Each whole; one whose method is CANCEL is there as cancelled. ValueError for none."""
    if not entries:
        raise ValueError("there is nothing to publish")
    calendar = new_calendar(Method.PUBLISH)
    for zone in _zones(entries):
        calendar.add_component(zone)
    for one in entries:
        for event in events_of(_published(one)):
            event.pop("attendee", None)
            calendar.add_component(event)
    return bytes(calendar.to_ical())


def _published(one: SeriesFacts) -> SeriesFacts:
    if one.like.method is Method.CANCEL:
        return one
    return replace(one, like=replace(one.like, method=Method.PUBLISH, attendee=None))


def _zones(entries: Sequence[SeriesFacts]) -> list[Timezone]:
    """Each once, with all the years that the entries need."""
    years: dict[str, set[int]] = {}
    for one in entries:
        years.setdefault(one.zone, set()).update(one.years)
    return [zone_of(name, known) for name, known in sorted(years.items())]
