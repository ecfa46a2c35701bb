"""The bytes of one mail: text, HTML and, where there is one, the invite (RFC 6047).

Calendar clients are particular: the invite stands last in the alternative, as base64 without a
Content-Disposition and with the METHOD of the object, and once more as a file. Of several the first
stands there, and each is a file of its own (decision 8). The same arguments give the same bytes, so
that a retry sends what was sent before.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import parseaddr
from hashlib import sha256

FILE_NAMES = ("invite.ics", "invite-{}.ics")  # of one, of several

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9.=_+-]{1,64}@[A-Za-z0-9.-]{1,190}>")


def compose(
    *,
    sender: str,
    to: str,
    subject: str,
    text: str,
    html: str,
    message_id: str,
    date: datetime,
    calendar: bytes | None = None,
    method: str | None = None,
    more: Sequence[bytes] = (),
    reply_to: str | None = None,
) -> bytes:
    """One message to one bare address, ready for SMTP.

    `sender` may carry a name ("Appointments <mail@clinic.example>"); `message_id` has its angle
    brackets; `more` are further calendar objects. Raises ValueError for whatever would put a line,
    a second recipient or another METHOD into the message (TK9).
    """
    if date.tzinfo is None:
        raise ValueError("a message is dated with a time zone")
    message = EmailMessage(policy=SMTP)
    message["From"] = _named(sender)
    message["To"] = Address(addr_spec=bare_address(to))
    if reply_to is not None:
        message["Reply-To"] = _named(reply_to)
    message["Subject"] = one_line(subject).strip()
    message["Date"] = date
    message["Message-ID"] = _checked_id(message_id)
    message["Auto-Submitted"] = "auto-generated"
    message["MIME-Version"] = "1.0"
    _fill(message, text, html, calendar, method, more)
    return message.as_bytes()


def one_line(text: str) -> str:
    """The text unchanged; ValueError if a control character or line separator is in it."""
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp", "Cs") for letter in text):
        raise ValueError("control characters are not allowed here")
    return text


def bare_address(text: str) -> str:
    """The address with its domain in ASCII; ValueError unless it is exactly one, and bare."""
    local, _, domain = one_line(text).rpartition("@")
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError("not a mail domain") from error
    address = f"{local}@{ascii_domain}"
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise ValueError("not one bare mail address")
    Address(addr_spec=address)
    return address


def _named(text: str) -> Address:
    name, address = parseaddr(one_line(text))
    if text.count("@") != 1:
        raise ValueError("not one sender")
    return Address(name, addr_spec=bare_address(address))


def _checked_id(message_id: str) -> str:
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("not a message id")
    return message_id


def _fill(
    message: EmailMessage,
    text: str,
    html: str,
    calendar: bytes | None,
    method: str | None,
    more: Sequence[bytes],
) -> None:
    seed = str(message["Message-ID"])
    bodies = [_text(text, "plain"), _text(html, "html")]
    if calendar is None and method is None and not more:
        _multipart(message, "alternative", seed, bodies)
        return
    if calendar is None or method is None or not _says(calendar, method):
        raise ValueError("the method of the message is that of its calendar object")
    alternative = MIMEPart(policy=SMTP)
    _multipart(alternative, "alternative", seed, [*bodies, _invite(calendar, method)])
    several = [calendar, *more]
    files = [_file(one, _name(place, several)) for place, one in enumerate(several, 1)]
    _multipart(message, "mixed", seed, [alternative, *files])


def _name(place: int, several: Sequence[bytes]) -> str:
    alone, numbered = FILE_NAMES
    return numbered.format(place) if len(several) > 1 else alone


def _says(calendar: bytes, method: str) -> bool:
    lines = [line for line in calendar.split(b"\r\n") if line.upper().startswith(b"METHOD:")]
    return lines == [b"METHOD:" + method.encode()]


def _multipart(message: MIMEPart, kind: str, seed: str, parts: list[MIMEPart]) -> None:
    """Every part below is quoted-printable or base64, where "=_" at a line's head cannot occur."""
    boundary = "=_" + sha256(f"{kind} {seed}".encode()).hexdigest()[:40]
    message.add_header("Content-Type", f"multipart/{kind}", boundary=boundary)
    for part in parts:
        message.attach(part)


def _text(text: str, kind: str) -> MIMEPart:
    part = MIMEPart(policy=SMTP)
    part.set_content(text, subtype=kind, cte="quoted-printable")
    return part


def _invite(calendar: bytes, method: str) -> MIMEPart:
    part = MIMEPart(policy=SMTP)
    params = {"method": method, "charset": "UTF-8"}
    part.set_content(calendar, "text", "calendar", cte="base64", params=params)
    return part


def _file(calendar: bytes, name: str) -> MIMEPart:
    part = MIMEPart(policy=SMTP)
    part.set_content(
        calendar, "application", "ics", cte="base64", disposition="attachment", filename=name
    )
    return part
