"""What mail says: when, how to get in, where to change it, whom to call. Nothing else (PR1).

A lock screen, an employer's server or a shared mailbox may show every word. So a mail is rendered
from `Words` alone, which has no field for a name, a service, a modality or a clinic's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from enum import StrEnum

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from scheduling.calendars.mime import one_line
from scheduling.outbox.transport import sender_address

NEUTRAL = "Appointments"

# P25: what a sender's name must not say. The start of a word is enough.
TELLING = re.compile(
    r"\b(addict|alcohol|behavio|counsel|depress|detox|drug|iop\b|mat\b|mental|opioid"
    r"|psych|recover|rehab|sober|substance|suicid|therap|trauma|treatment|withdraw)",
    re.IGNORECASE,
)


class News(StrEnum):
    """What there is to tell."""

    BOOKED = "booked"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    CALLED_OFF = "called_off"  # cancelled by the clinic
    RESTORED = "restored"
    REMINDER = "reminder"
    NOTICE = "notice"  # that there is something to read, and not a word of what (PR2)


OFF = (News.CANCELLED, News.CALLED_OFF)


@dataclass(frozen=True, kw_only=True)
class Words:
    """All that a mail may hold. Links are ours, from SITE_URL; "" leaves a line out."""

    news: News
    when: str = ""
    by_telephone: bool = False
    host: bool = False  # told to whoever gives the session
    other_host: bool = False  # somebody else gives it than was told; who, the page says
    join_url: str = ""
    manage_url: str = ""
    move_url: str = ""
    cancel_url: str = ""
    others: tuple[str, ...] = ()  # times that could be booked in its place
    book_url: str = ""
    sign_in_url: str = ""
    phone: str = ""
    signature: str = NEUTRAL


@dataclass(frozen=True)
class Page:
    subject: str
    text: str
    html: str


def render(words: Words) -> Page:
    """Subject, text and HTML, in the language that is active."""
    name = "notice" if words.news is News.NOTICE else "appointment"
    told = {field.name: getattr(words, field.name) for field in fields(words)}
    told |= {"opening": opening(words), "joining": joining(words)}
    text = render_to_string(f"mail/{name}.txt", told)
    return Page(
        subject=_("You have a message") if words.news is News.NOTICE else _("Your appointment"),
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        html=render_to_string(f"mail/{name}.html", told),
    )


def opening(words: Words) -> str:
    """The first sentence; whoever gives the session reads it in other words."""
    if words.host and (said := for_hosts().get(words.news)):
        return said
    return {
        News.BOOKED: _("Your appointment is confirmed."),
        News.CHANGED: _("Your appointment has changed. It is now:"),
        News.CANCELLED: _("Your appointment is cancelled. It was:"),
        News.CALLED_OFF: _("We are sorry: we had to cancel your appointment. It was:"),
        News.RESTORED: _("Your appointment takes place after all."),
        News.REMINDER: _("This is a reminder of your appointment."),
        News.NOTICE: _("You have a message from us."),
    }[words.news]


def for_hosts() -> dict[News, str]:
    return {
        News.BOOKED: _("An appointment with you was booked."),
        News.CHANGED: _("An appointment with you has changed. It is now:"),
        News.CANCELLED: _("An appointment with you is cancelled. It was:"),
        News.CALLED_OFF: _("An appointment with you is cancelled. It was:"),
        News.RESTORED: _("An appointment with you takes place after all."),
    }


def joining(words: Words) -> str:
    """How to come in, as the sentence before the link."""
    if words.news in OFF or words.news is News.NOTICE:
        return ""
    if words.by_telephone:
        return (
            _("It is by telephone: please call.")
            if words.host
            else _(
                "It is by telephone: we will call you at the number you gave us. "
                "Please check in here, from ten minutes before:"
            )
        )
    if words.host:
        return _("It is by video. The page opens ten minutes before:")
    return _("It is by video. Come in here, from ten minutes before:")


def link(path: str) -> str:
    """An address on our site. Built from the settings, never from a request (TK6)."""
    return f"{settings.SITE_URL.rstrip('/')}{path}"


def sender_name(chosen: str) -> str:
    """The clinic's sender, unless it says what kind of care this is (P25) or cannot be a name."""
    try:
        name = "".join(one_line(chosen).translate(str.maketrans("", "", '"^<>@,;:\\'))).strip()
    except ValueError:
        return NEUTRAL
    return NEUTRAL if not name or TELLING.search(name) else name


def sender(chosen: str) -> str:
    return f"{sender_name(chosen)} <{sender_address()}>"
