"""Times of the day as people type them: "9:00 AM", "09:00", "9", "5:30pm", "noon"."""

from __future__ import annotations

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.engine.interval import DAY, Span
from scheduling.queries import times

NIGHT = 12 * 60  # a span over midnight is at most so long; a longer one is a forgotten PM
TYPED = re.compile(r"(\d{1,2})(?:[:.h]?(\d{2}))?([ap]m?)?")
WORDS = {"noon": 12 * 60, "midnight": 0}


def minute_of(text: str) -> int | None:
    """Minutes since midnight, up to 1440 for "24:00"; None if it is no time of the day."""
    said = re.sub(r"[\s.]+(?=[ap]\.?m?\.?$)|(?<=[apm])\.", "", text.strip().lower())
    if said in WORDS:
        return WORDS[said]
    found = TYPED.fullmatch(said)
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    total = hour * 60 + minute
    return total if minute < 60 and total <= DAY else None


def text_of(minute: int) -> str:
    """What `minute_of` reads back: "9:00 AM"; the next day's times look like this day's."""
    return times.clock(times.local(minute % DAY, "UTC"))


def span_of(start: int, end: int) -> Span:
    """Both in minutes of the day; an end before the start is the next morning's, if it is a night.

    ValidationError where that would be longer than any night.
    """
    last = end or DAY
    if last <= start:
        last += DAY
        if last - start > NIGHT:
            raise ValidationError(_too_long(start, end), code="order")
    return start, last


def _too_long(start: int, end: int) -> str:
    said = {"start": text_of(start), "end": text_of(end)}
    if start < end + 12 * 60 < DAY:
        said["later"] = text_of(end + 12 * 60)
        return _("%(end)s is before %(start)s. Did you mean %(later)s?") % said
    return _("%(end)s is before %(start)s.") % said


class TimeOfDay(forms.CharField):
    """A typed time; its value is minutes since midnight, or None if left empty."""

    default_error_messages = {
        "time": gettext_lazy("Type a time like 9:00 AM, 09:00 or 9."),
    }

    def __init__(self, *, label: str) -> None:
        look = forms.TextInput(attrs={"autocomplete": "off", "size": 9})
        super().__init__(label=label, required=False, max_length=12, widget=look)

    def clean(self, value: str) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        minute = minute_of(text)
        if minute is None:
            raise ValidationError(self.error_messages["time"], code="time")
        return minute


def spans_said(
    form: forms.Form, rows: list[tuple[str, str]], said: dict[str, int | None]
) -> list[Span]:
    """The spans of from-until rows, in order; what is wrong is told at the field (`add_error`)."""
    spans: list[tuple[Span, str]] = []
    for first, last in rows:
        if form.has_error(first) or form.has_error(last):
            continue
        start, end = said.get(first), said.get(last)
        if start is None and end is None:
            continue
        if start is None or end is None:
            missing = first if start is None else last
            form.add_error(missing, _("Type both times, or leave both empty."))
            continue
        if start == DAY:
            form.add_error(first, _("A span begins before midnight."))
            continue
        try:
            spans.append((span_of(start, end), first))
        except ValidationError as error:
            form.add_error(last, error)
    return _in_order(form, spans)


def _in_order(form: forms.Form, spans: list[tuple[Span, str]]) -> list[Span]:
    found: list[Span] = []
    for span, name in sorted(spans):
        if found and span[0] < found[-1][1]:
            form.add_error(name, _("This overlaps with another span of the day."))
            continue
        found.append(span)
    return found
