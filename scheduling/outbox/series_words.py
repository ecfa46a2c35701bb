"""What mail about a series says: when as a rule, which dates differ, the one way in (PR1).

Like `words`, it is rendered from these words alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from enum import StrEnum

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.outbox.words import NEUTRAL, Page

MOST = 12  # lines; a longer list is on the page


class SeriesNews(StrEnum):
    """What there is to tell."""

    BOOKED = "booked"
    CHANGED = "changed"
    CHANGED_ONE = "changed_one"  # one date moved
    CANCELLED_ONE = "cancelled_one"
    CALLED_OFF_ONE = "called_off_one"  # cancelled by the clinic
    CANCELLED = "cancelled"
    CALLED_OFF = "called_off"
    RESTORED = "restored"
    ENDING = "ending"  # a few are left


OFF = (SeriesNews.CANCELLED, SeriesNews.CALLED_OFF)
OF_DATES = (
    SeriesNews.CHANGED,
    SeriesNews.CHANGED_ONE,
    SeriesNews.CANCELLED_ONE,
    SeriesNews.CALLED_OFF_ONE,
)


@dataclass(frozen=True, kw_only=True)
class SeriesWords:
    """All that it may hold; "" leaves a line out.

    `pattern`: when as a rule; `span`: from when to when; `lines`: the dates that differ from the
    rule or, later, from what was told; `coming`: the next date; `left`: how many there are.
    """

    news: SeriesNews
    pattern: str = ""
    span: str = ""
    keeps_clock: bool = False  # the clock changes between the dates, and the rule does not
    lines: tuple[str, ...] = ()
    coming: str = ""
    others: tuple[str, ...] = ()  # times that could be booked in place of one that is cancelled
    left: int = 0
    by_telephone: bool = False
    host: bool = False
    join_url: str = ""
    manage_url: str = ""
    move_url: str = ""  # the next date alone
    cancel_url: str = ""
    book_url: str = ""
    phone: str = ""
    signature: str = NEUTRAL


def render(words: SeriesWords) -> Page:
    """Subject, text and HTML, in the language that is active."""
    told = {field.name: getattr(words, field.name) for field in fields(words)}
    told |= {"opening": opening(words), "joining": joining(words)}
    told |= {"lines": words.lines[:MOST], "more": len(words.lines) > MOST}
    told |= {"lines_first": words.news in OF_DATES and bool(words.lines)}
    text = render_to_string("mail/appointments.txt", told)
    return Page(
        subject=_("Your appointments"),
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        html=render_to_string("mail/appointments.html", told),
    )


def opening(words: SeriesWords) -> str:
    """The first sentence; whoever gives the sessions reads it in other words."""
    said = for_hosts(words.left) if words.host else for_patients(words.left)
    return said[words.news]


def for_patients(left: int) -> dict[SeriesNews, str]:
    return {
        SeriesNews.BOOKED: _("Your appointments are confirmed."),
        SeriesNews.CHANGED: _("Your appointments have changed:"),
        SeriesNews.CHANGED_ONE: _("One of your appointments has changed:"),
        SeriesNews.CANCELLED_ONE: _("One of your appointments is cancelled:"),
        SeriesNews.CALLED_OFF_ONE: _("We are sorry: we had to cancel one of your appointments:"),
        SeriesNews.CANCELLED: _("Your appointments are cancelled. They were:"),
        SeriesNews.CALLED_OFF: _("We are sorry: we had to cancel your appointments. They were:"),
        SeriesNews.RESTORED: _("Your appointments take place after all."),
        SeriesNews.ENDING: ngettext(
            "One more of your appointments is planned. If you would like to go on after it, "
            "please book again or talk about it when we meet.",
            "%(left)d more of your appointments are planned. If you would like to go on after "
            "them, please book again or talk about it when we meet.",
            left,
        )
        % {"left": left},
    }


def for_hosts(left: int) -> dict[SeriesNews, str]:
    one_off = _("One of the appointments with you is cancelled:")
    off = _("Appointments with you are cancelled. They were:")
    return {
        SeriesNews.BOOKED: _("Appointments with you were booked."),
        SeriesNews.CHANGED: _("Appointments with you have changed:"),
        SeriesNews.CHANGED_ONE: _("One of the appointments with you has changed:"),
        SeriesNews.CANCELLED_ONE: one_off,
        SeriesNews.CALLED_OFF_ONE: one_off,
        SeriesNews.CANCELLED: off,
        SeriesNews.CALLED_OFF: off,
        SeriesNews.RESTORED: _("Appointments with you take place after all."),
        SeriesNews.ENDING: ngettext(
            "One more of these appointments with you is planned.",
            "%(left)d more of these appointments with you are planned.",
            left,
        )
        % {"left": left},
    }


def joining(words: SeriesWords) -> str:
    """How to come in, as the sentence before the link: one for all dates."""
    if words.news in OFF:
        return ""
    if words.by_telephone:
        return (
            _("It is by telephone: please call.")
            if words.host
            else _(
                "It is by telephone: we will call you at the number you gave us. "
                "Please check in here each time, from ten minutes before:"
            )
        )
    if words.host:
        return _("It is by video. The page opens ten minutes before each:")
    return _("It is by video. Come in here each time, from ten minutes before:")
