"""One session in one person's calendar: asked for, moved, cancelled, and told to nobody else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.policy import SMTP
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import icalendar
import pytest
import vobject
from django.utils.translation import get_language
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.calendars import invites
from scheduling.calendars.invites import InviteFacts, Method, Recipient, new_uid, render
from scheduling.calendars.mime import compose

LINK = "https://clinic.example/j/Zx3nQ0vW7mY5sB1dK8tLr2pHc6gUaEfJ9iOwXyTzVbN"
BOOKED = InviteFacts(
    uid="6b0c6a0e-5a9e-4c58-9d3f-0f2f5a3f7b11",
    sequence=0,
    method=Method.REQUEST,
    stamp=datetime(2026, 11, 2, 10, 0, tzinfo=UTC),
    start=datetime(2026, 11, 9, 17, 0, tzinfo=UTC),
    end=datetime(2026, 11, 9, 17, 50, tzinfo=UTC),
    zone="America/Los_Angeles",
    organizer="mail@clinic.example",
    organizer_name="Appointments",
    attendee="ines@home.example",
    join_url=LINK,
    alarm_minutes=15,
)
DAY = timedelta(days=1)
MOVED = replace(
    BOOKED,
    sequence=1,
    stamp=BOOKED.stamp + DAY,
    start=BOOKED.start + DAY,
    end=BOOKED.end + DAY,
)
CANCELLED = replace(MOVED, sequence=2, stamp=MOVED.stamp + DAY, method=Method.CANCEL)
DOWNLOAD = replace(BOOKED, method=Method.PUBLISH, attendee=None)
LIFE = [BOOKED, MOVED, CANCELLED]


def unfolded(facts):
    return render(facts).decode().replace("\r\n ", "").split("\r\n")


def event(facts):
    (found,) = icalendar.Calendar.from_ical(render(facts)).events
    return found


def properties(facts):
    """The names of all lines, parameters and values left out."""
    return [line.partition(":")[0].partition(";")[0] for line in unfolded(facts) if line]


def mailed(facts):
    raw = compose(
        sender="Appointments <mail@clinic.example>",
        to=facts.attendee,
        subject="Your appointment",
        text="Monday",
        html="<p>Monday</p>",
        message_id=f"<{facts.uid}.{facts.sequence}@clinic.example>",
        date=facts.stamp,
        calendar=render(facts),
        method=facts.method.value,
    )
    parts = message_from_bytes(raw, policy=SMTP).walk()
    return next(part for part in parts if part.get_content_type() == "text/calendar")


@pytest.mark.parametrize("facts", LIFE)
def test_each_step_arrives_in_a_mail_whose_method_is_the_objects(facts):
    part = mailed(facts)
    calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
    assert part["Content-Type"].params["method"] == calendar["METHOD"] == facts.method
    assert part.get_payload(decode=True) == render(facts)


def test_one_life_has_one_uid_a_rising_sequence_and_one_organizer():
    steps = [event(facts) for facts in LIFE]
    assert {str(step["UID"]) for step in steps} == {BOOKED.uid}
    assert [step["SEQUENCE"] for step in steps] == [0, 1, 2]
    assert [step["STATUS"] for step in steps] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert {step["ORGANIZER"] for step in steps} == {"mailto:mail@clinic.example"}
    assert {step["ATTENDEE"] for step in steps} == {"mailto:ines@home.example"}
    assert [step.start for step in steps] == [BOOKED.start, MOVED.start, MOVED.start]
    assert [step.end for step in steps] == [BOOKED.end, MOVED.end, MOVED.end]
    assert [step["DTSTAMP"].dt for step in steps] == [facts.stamp for facts in LIFE]


@pytest.mark.parametrize("facts", [*LIFE, DOWNLOAD])
def test_another_parser_reads_the_same(facts):
    calendar = vobject.readOne(render(facts).decode())
    calendar.validate()
    read = calendar.vevent
    assert calendar.method.value == facts.method
    assert read.uid.value == facts.uid
    assert read.sequence.value == str(facts.sequence)
    assert (read.dtstart.value, read.dtend.value) == (facts.start, facts.end)
    assert read.summary.value == "Appointment"
    assert read.organizer.value == "mailto:mail@clinic.example"


def test_a_cancellation_takes_no_time_and_leads_nowhere():
    step = event(CANCELLED)
    assert step["TRANSP"] == "TRANSPARENT"
    assert step["X-MICROSOFT-CDO-BUSYSTATUS"] == "FREE"
    assert not {"LOCATION", "URL", "CONFERENCE", "DESCRIPTION"} & set(step)
    assert step.subcomponents == []
    assert b"clinic.example/j/" not in render(CANCELLED)


def test_a_booking_is_private_busy_and_not_to_be_answered():
    step = event(BOOKED)
    assert (step["CLASS"], step["TRANSP"]) == ("PRIVATE", "OPAQUE")
    assert step["X-MICROSOFT-CDO-BUSYSTATUS"] == "BUSY"
    assert step["X-MICROSOFT-DISALLOW-COUNTER"] == "TRUE"
    assert step["ATTENDEE"].params == {
        "CUTYPE": "INDIVIDUAL",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "NEEDS-ACTION",
        "RSVP": "FALSE",
    }
    assert step["ORGANIZER"].params == {"CN": "Appointments"}


def test_our_own_page_stands_where_each_client_looks():
    lines = unfolded(BOOKED)
    assert f"LOCATION:{LINK}" in lines
    assert f"URL:{LINK}" in lines
    assert f"CONFERENCE;FEATURE=VIDEO;VALUE=URI:{LINK}" in lines


def test_a_telephone_session_has_no_link():
    step = event(replace(BOOKED, join_url=None))
    assert not {"LOCATION", "URL", "CONFERENCE", "DESCRIPTION"} & set(step)


def test_the_alarm_is_shown_not_mailed_and_says_nothing():
    (alarm,) = event(BOOKED).subcomponents
    assert (alarm["ACTION"], alarm["DESCRIPTION"]) == ("DISPLAY", "Appointment")
    assert alarm["TRIGGER"].dt == timedelta(minutes=-15)
    assert event(replace(BOOKED, alarm_minutes=None)).subcomponents == []


def test_a_download_names_no_attendee():
    assert "ATTENDEE" not in event(DOWNLOAD)
    assert "METHOD:PUBLISH" in unfolded(DOWNLOAD)
    assert event(DOWNLOAD)["UID"] == BOOKED.uid


@pytest.mark.parametrize("kind", list(Recipient))
@pytest.mark.parametrize("facts", [*LIFE, DOWNLOAD])
def test_nothing_tells_what_kind_of_care_it_is(facts, kind):
    """PR1: time, neutral words and our link only."""
    everything = render(replace(facts, kind=kind)).decode().replace("\r\n ", "").lower()
    words = "cbt dbt rebt therap session group patient client clinician doctor dr. health psych"
    words += " mental counsel treat care diagnos licen phd lcsw telehealth"
    assert [word for word in words.split() if word in everything] == []


def test_only_the_properties_that_are_needed():
    """PR1: no COMMENT, CATEGORIES, CONTACT, ATTACH, GEO or anything that comes in one day."""
    alarm = ["BEGIN", "ACTION", "DESCRIPTION", "TRIGGER", "END"]
    head = ["BEGIN", "VERSION", "PRODID", "METHOD", "END"]
    body = ["BEGIN", "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "CLASS"]
    body += ["ORGANIZER", "ATTENDEE", "STATUS", "TRANSP", "DESCRIPTION", "LOCATION", "URL"]
    body += ["CONFERENCE", "X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-DISALLOW-COUNTER", "END"]
    assert sorted(properties(BOOKED)) == sorted(head + body + alarm)


@pytest.mark.parametrize("facts", [*LIFE, DOWNLOAD])
def test_lines_end_and_fold_as_the_standard_says(facts):
    raw = render(replace(facts, summary="Ein Termin für Sie, größer als die Zeile " * 4))
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    lines = raw.removesuffix(b"\r\n").split(b"\r\n")
    assert all(0 < len(line) <= 75 for line in lines)
    for line in lines:
        line.decode()  # no fold inside a letter


def test_the_same_facts_are_the_same_bytes():
    assert render(BOOKED) == render(replace(BOOKED))


def test_the_object_says_its_times_in_utc():
    lines = unfolded(BOOKED)
    assert "DTSTART:20261109T170000Z" in lines
    assert "DTEND:20261109T175000Z" in lines


def test_words_are_in_the_recipients_language(monkeypatch):
    monkeypatch.setattr(invites, "_", lambda text: f"{text} in {get_language()}")
    step = event(replace(BOOKED, language="es"))
    assert step["SUMMARY"] == "Appointment in es"
    assert step["DESCRIPTION"].endswith("in es")


def test_own_words_replace_the_default_ones():
    step = event(replace(BOOKED, summary="Coffee", description=("First line", "Second; line")))
    assert step["SUMMARY"] == "Coffee"
    assert step["DESCRIPTION"] == "First line\nSecond; line"


def test_a_uid_is_random_and_new_each_time():
    first, second = new_uid(), new_uid()
    assert first != second
    assert UUID(first).version == 4


def test_stamps_of_a_uid_always_rise():
    now = datetime(2026, 11, 2, 10, 0, 0, 900_000, tzinfo=UTC)
    first = invites.next_stamp(now, None)
    second = invites.next_stamp(now, first)
    assert (first, second) == (
        now.replace(microsecond=0),
        datetime(2026, 11, 2, 10, 0, 1, tzinfo=UTC),
    )
    assert invites.next_stamp(now + DAY, second) == first + DAY


BREAKS = ["\r\n", "\n", "\r", "\x00", "\x0b", "\x1c", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("line_break", BREAKS)
@pytest.mark.parametrize(
    "field", ["uid", "zone", "organizer", "organizer_name", "attendee", "join_url", "summary"]
)
def test_a_line_break_in_a_fact_is_refused(field, line_break):
    """TK9: nothing brings its own property."""
    with pytest.raises(ValueError):
        replace(
            BOOKED, **{field: f"{getattr(BOOKED, field)}{line_break}ATTENDEE:mailto:eve@e.example"}
        )


@pytest.mark.parametrize("line_break", BREAKS)
def test_a_line_break_inside_a_description_line_is_refused(line_break):
    """TK9."""
    with pytest.raises(ValueError):
        replace(BOOKED, description=(f"fine{line_break}END:VEVENT",))


@pytest.mark.parametrize(
    "text",
    [
        "x;ATTENDEE=eve:mailto:eve@evil.example",
        "END:VEVENT",
        r"x\nATTENDEE:mailto:eve@evil.example",
        r"x\\n\,\;",
        "^n^'",
        '";CN="x":y',
        "a" * 500,
        "é" * 500,
        "\u202e\u200b",
    ],
)
def test_a_sly_text_stays_one_text(text):
    """TK9: unfolded, the object has the same properties, and reads back as written."""
    facts = replace(BOOKED, summary=text)
    assert properties(facts) == properties(BOOKED)
    assert vobject.readOne(render(facts).decode()).vevent.summary.value == text


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=120))
def test_any_text_is_refused_or_stays_one_text(text):
    """TK9."""
    try:
        facts = replace(BOOKED, summary=text, description=(text,), organizer_name=text)
    except ValueError:
        return
    assert properties(facts) == properties(BOOKED)
    assert len(icalendar.Calendar.from_ical(render(facts)).events) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"end": BOOKED.start},
        {"start": BOOKED.start.replace(tzinfo=None)},
        {"start": BOOKED.start.astimezone(timezone(timedelta(hours=-8)))},
        {"stamp": BOOKED.stamp.replace(microsecond=1)},
        {"sequence": -1},
        {"alarm_minutes": -5},
        {"uid": ""},
        {"attendee": None},
        {"attendee": "Ines <ines@home.example>"},
        {"attendee": "ines@home.example,eve@evil.example"},
        {"attendee": "mail@clinic.example"},
        {"organizer": "Clinic <mail@clinic.example>"},
        {"organizer_name": ""},
        {"organizer_name": 'The "Clinic"'},
        {"method": Method.PUBLISH},
        {"join_url": "http://clinic.example/j/x"},
        {"join_url": "javascript:alert(1)"},
        {"join_url": "https://ines:secret@clinic.example/"},
        {"join_url": "https:///x"},
        {"join_url": "https://clinic.example/j/x y"},
    ],
)
def test_facts_that_make_no_invite_are_refused(wrong):
    with pytest.raises(ValueError):
        replace(BOOKED, **wrong)


def test_a_demo_on_this_machine_may_do_without_tls():
    facts = replace(BOOKED, join_url="http://localhost:8000/j/x")
    assert "URL:http://localhost:8000/j/x" in unfolded(facts)


def query(url):
    return {name: texts[0] for name, texts in parse_qs(urlsplit(url).query).items()}


def test_google_is_told_no_more_than_the_invite_says():
    """PR1."""
    url = invites.google_url(BOOKED)
    assert url.startswith("https://calendar.google.com/calendar/render?")
    asked = query(url)
    assert asked.pop("details").startswith("Open the link")
    assert asked == {
        "action": "TEMPLATE",
        "text": "Appointment",
        "dates": "20261109T170000Z/20261109T175000Z",
        "ctz": "America/Los_Angeles",
        "location": LINK,
    }


def test_outlook_is_told_no_more_than_the_invite_says():
    """PR1."""
    url = invites.outlook_url(replace(BOOKED, join_url=None))
    assert url.startswith("https://outlook.live.com/calendar/")
    assert query(url) == {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": "Appointment",
        "startdt": "2026-11-09T17:00:00Z",
        "enddt": "2026-11-09T17:50:00Z",
    }
