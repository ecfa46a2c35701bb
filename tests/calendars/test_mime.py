"""One mail as the wire sees it: structure, equality of a retry, and nobody's second header."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP

import pytest

from scheduling.calendars.mime import bare_address, compose

INVITE = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Termin f\xc3\xbcr Sie\r\nEND:VCALENDAR\r\n"


def mail(**changes):
    facts = {
        "sender": "Appointments <mail@clinic.example>",
        "to": "ines@home.example",
        "subject": "Your appointment",
        "text": "Monday 09:00, Zürich (CET)\n",
        "html": "<p>Monday 09:00, Zürich (CET)</p>\n",
        "message_id": "<3f1c.1@clinic.example>",
        "date": datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        "calendar": INVITE,
        "method": "REQUEST",
    }
    return compose(**{**facts, **changes})


def read(raw):
    return message_from_bytes(raw, policy=SMTP)


def tree(part):
    kind = part.get_content_type()
    return (kind, [tree(one) for one in part.iter_parts()]) if part.is_multipart() else kind


def test_an_invite_stands_last_in_the_alternative_and_again_as_a_file():
    assert tree(read(mail())) == (
        "multipart/mixed",
        [
            ("multipart/alternative", ["text/plain", "text/html", "text/calendar"]),
            "application/ics",
        ],
    )


def test_the_calendar_part_names_its_method_and_is_no_attachment():
    parts = list(read(mail()).walk())
    calendar = next(one for one in parts if one.get_content_type() == "text/calendar")
    assert calendar["Content-Type"].params == {"method": "REQUEST", "charset": "UTF-8"}
    assert calendar["Content-Disposition"] is None
    assert calendar["Content-Transfer-Encoding"] == "base64"
    attached = parts[-1]
    assert attached.get_filename() == "invite.ics"
    assert attached.get_payload(decode=True) == calendar.get_payload(decode=True) == INVITE


def test_of_several_each_is_a_file_and_the_first_stands_in_the_mail():
    other = INVITE.replace(b"METHOD:REQUEST", b"METHOD:CANCEL")
    message = read(mail(more=[other]))
    assert tree(message) == (
        "multipart/mixed",
        [
            ("multipart/alternative", ["text/plain", "text/html", "text/calendar"]),
            "application/ics",
            "application/ics",
        ],
    )
    attached = list(message.iter_attachments())
    assert [one.get_filename() for one in attached] == ["invite-1.ics", "invite-2.ics"]
    assert [one.get_payload(decode=True) for one in attached] == [INVITE, other]


def test_without_a_calendar_there_is_text_and_html_only():
    message = read(mail(calendar=None, method=None))
    assert tree(message) == ("multipart/alternative", ["text/plain", "text/html"])
    plain, html = message.iter_parts()
    assert "Zürich" in plain.get_content()
    assert "<p>" in html.get_content()


def test_the_head_says_who_when_and_that_a_machine_wrote_it():
    message = read(mail(reply_to="desk@clinic.example"))
    assert message["From"] == "Appointments <mail@clinic.example>"
    assert message.get_all("To") == ["ines@home.example"]
    assert message["Reply-To"] == "desk@clinic.example"
    assert message["Message-ID"] == "<3f1c.1@clinic.example>"
    assert message["Date"].datetime == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert message["Auto-Submitted"] == "auto-generated"


def test_no_header_beyond_those_needed():
    """PR1: no id, tag or template name travels in a header."""
    wanted = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
    wanted += ["MIME-Version", "Content-Type"]
    assert sorted(read(mail()).keys()) == sorted(wanted)


def test_a_retry_sends_the_same_bytes():
    assert mail() == mail()
    assert mail() != mail(message_id="<3f1c.2@clinic.example>")


def test_the_wire_is_seven_bit_with_short_crlf_lines():
    raw = mail(subject="Ihre Termine für Österreich " * 6, text="ä" * 5000, html="<p>ß</p>" * 900)
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78


def test_no_two_parts_share_a_boundary():
    bounds = [part.get_boundary() for part in read(mail()).walk() if part.is_multipart()]
    assert len(set(bounds)) == len(bounds) == 2


def test_a_body_that_imitates_a_boundary_stays_a_body():
    """TK9: the boundary can be worked out from the Message-ID, and still nobody can write it."""
    bound = read(mail()).get_boundary()
    text = f"Hello\n--{bound}\nContent-Type: text/html\n\n<b>x</b>\n--{bound}--\n"
    assert tree(read(mail(text=text))) == tree(read(mail()))


BREAKS = ["\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("line_break", BREAKS)
@pytest.mark.parametrize("field", ["sender", "to", "subject", "message_id", "reply_to", "method"])
def test_a_line_break_in_a_header_is_refused(field, line_break):
    """TK9: no header injection."""
    start = {"subject": "Hello", "message_id": "<a@b>", "method": "REQUEST"}.get(field, "a@b.c")
    with pytest.raises(ValueError):
        mail(**{field: f"{start}{line_break}Bcc: eve@evil.example"})


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ines",
        "@home.example",
        "ines@",
        "ines@home.example, eve@evil.example",
        "ines@home.example eve@evil.example",
        "Ines <ines@home.example>",
        '"a b"@home.example',
        "ines@home.example;eve@evil.example",
        "ines@@home.example",
        "ines..x@home.example",
        "inés@home.example",
        "i" * 250 + "@home.example",
        "=?utf-8?q?x?=@home.example\t",
    ],
)
def test_anything_but_one_bare_recipient_is_refused(to):
    """TK9, PR1: one message, one recipient, and no name beside the address."""
    with pytest.raises(ValueError):
        mail(to=to)


@pytest.mark.parametrize("sender", ["a@b.example, c@d.example", "a@b.example <c@d.example>", "x"])
def test_one_sender_only(sender):
    """TK9."""
    with pytest.raises(ValueError):
        mail(sender=sender)


def test_a_long_or_foreign_address_survives_the_head():
    long = "a" * 64 + "@" + "b" * 60 + ".home.example"
    assert read(mail(to=long))["To"] == long
    assert bare_address("ines@bücher.example") == "ines@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("calendar", "method"),
    [(INVITE, "CANCEL"), (INVITE, None), (None, "REQUEST"), (INVITE * 2, "REQUEST"), (b"", "")],
)
def test_method_and_object_must_agree(calendar, method):
    with pytest.raises(ValueError):
        mail(calendar=calendar, method=method)


def test_a_date_without_a_zone_is_refused():
    with pytest.raises(ValueError):
        mail(date=datetime(2026, 11, 23, 8, 0))
