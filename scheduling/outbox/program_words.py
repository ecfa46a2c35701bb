"""What mail about all that a program brings says: the week in words, and one link (PR1).

Like `words`, it is rendered from these words alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from enum import StrEnum

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from scheduling.outbox.series_words import MOST
from scheduling.outbox.words import NEUTRAL, Page


class ProgramNews(StrEnum):
    """What there is to tell."""

    BOOKED = "booked"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    RESTORED = "restored"


@dataclass(frozen=True, kw_only=True)
class PartWords:
    """When as a rule, from when to when, and the dates that differ. `join_url` where there is no
    page to sign in to."""

    pattern: str
    span: str
    lines: tuple[str, ...] = ()
    by_telephone: bool = False
    join_url: str = ""

    @property
    def some(self) -> tuple[str, ...]:
        return self.lines[:MOST]

    @property
    def more(self) -> bool:
        return len(self.lines) > MOST


@dataclass(frozen=True, kw_only=True)
class ProgramWords:
    """All that it may hold; "" leaves a line out. `gone`: what is not to come any more."""

    news: ProgramNews
    parts: tuple[PartWords, ...] = ()
    gone: tuple[PartWords, ...] = ()
    keeps_clock: bool = False  # the clock changes between the dates, and no rule does
    coming: str = ""
    files: bool = False  # several for the calendar
    manage_url: str = ""
    book_url: str = ""
    phone: str = ""
    signature: str = NEUTRAL


def render(words: ProgramWords) -> Page:
    """Subject, text and HTML, in the language that is active."""
    told = {field.name: getattr(words, field.name) for field in fields(words)}
    told |= {"opening": opening(words.news), "ended": words.gone and words.parts}
    text = render_to_string("mail/week.txt", told)
    return Page(
        subject=_("Your appointments"),
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        html=render_to_string("mail/week.html", told),
    )


def opening(news: ProgramNews) -> str:
    return {
        ProgramNews.BOOKED: _("Your appointments are confirmed."),
        ProgramNews.CHANGED: _("Your appointments have changed. From now on they are:"),
        ProgramNews.CANCELLED: _("Your appointments are cancelled. They were:"),
        ProgramNews.RESTORED: _("Your appointments take place after all."),
    }[news]
