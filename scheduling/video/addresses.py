"""Which addresses of rooms we hand to people (TK5), and that none of them names a person.

We never fetch such an address; we only send somebody's browser there.
"""

import base64
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote_plus

from scheduling.video.contract import BadAddress, Misconfigured, Room, Secret

LONGEST = 2048

_ALLOWED = re.compile(r"[!-~]*")
_FORBIDDEN = re.compile(r"""[\\"<>^`{|}]|%[01][0-9a-f]|%7f""", re.IGNORECASE)
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_ENTRY = re.compile(rf"(\.{_LABEL}\.)?({_LABEL}\.)*{_LABEL}(:[0-9]{{1,5}})?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # as a last label: browsers read the host as IPv4


def allowed_hosts(text: str) -> tuple[str, ...]:
    """A connection's list, one a line; raises Misconfigured for what is no host.

    "zoom.us" is that host alone, ".zoom.us" its subdomains alone, "meet.example:8443" that port.
    """
    hosts = tuple(line.strip().lower() for line in text.splitlines() if line.strip())
    if not all(_ENTRY.fullmatch(host) and not _is_number(host) for host in hosts):
        raise Misconfigured("bad_hosts")
    return hosts


def check_room_url(url: str, hosts: Iterable[str]) -> str:
    """Return `url` unchanged if people may be sent there, else raise BadAddress(code).

    Codes: too_long, characters, not_https, userinfo, ip_literal, host, punycode, not_allowed.
    """
    if len(url) > LONGEST:
        raise BadAddress("too_long")
    if not _ALLOWED.fullmatch(url) or _FORBIDDEN.search(url):
        raise BadAddress("characters")
    if not url.lower().startswith("https://"):
        raise BadAddress("not_https")
    authority = re.split(r"[/?#]", url[len("https://") :], maxsplit=1)[0].lower()
    _check_authority(authority, tuple(hosts))
    return url


def _check_authority(authority: str, hosts: tuple[str, ...]) -> None:
    if "@" in authority:
        raise BadAddress("userinfo")
    if authority.startswith("["):
        raise BadAddress("ip_literal")
    host, colon, port = authority.partition(":")
    if not _HOST.fullmatch(host.removesuffix(".")) or len(host) > 253:
        raise BadAddress("host")
    if _is_number(host):
        raise BadAddress("ip_literal")
    if host.endswith(".") or (colon and not re.fullmatch(r"[1-9][0-9]{0,4}", port)):
        raise BadAddress("host")
    _check_listed(host if port in ("", "443") else authority, hosts)


def _check_listed(host: str, hosts: tuple[str, ...]) -> None:
    if host in hosts:
        return
    if any(label.startswith("xn--") for label in host.split(".")):
        raise BadAddress("punycode")
    if not any(one.startswith(".") and host.endswith(one) for one in hosts):
        raise BadAddress("not_allowed")


def _is_number(host: str) -> bool:
    last = host.partition(":")[0].removesuffix(".").rpartition(".")[2]
    return _NUMBER.fullmatch(last) is not None


@dataclass(frozen=True, slots=True)
class _Text:
    """A text as a snooping reader would take it: decoded, without accents, in three forms."""

    plain: str  # lower case
    words: frozenset[str]  # runs of letters, also cut at "camelCase"
    letters_and_digits: str
    digits: str


def names_a_person(text: str, words: Iterable[str | date]) -> bool:
    """Whether `text` holds one of `words`: names, e-mail addresses, telephones, birth dates.

    A name counts from three letters on, as a word; from five on also inside a longer one. Words
    that stand in addresses by themselves ("meet") do not count, nor do chance letters in hex.
    """
    read = _read(text)
    return any(_holds(read, word) for word in words if word)


_JWT = re.compile(r"eyJ[\w-]*\.([\w-]+)\.[\w-]*", re.ASCII)
_HEX = re.compile(r"(?<![0-9a-z])[0-9a-f]{8}(-?[0-9a-f]{4}){2,}[0-9a-f]*(?![0-9a-z])", re.I)
_ORDINARY = frozenset(
    [
        "app",
        "call",
        "com",
        "conf",
        "conference",
        "http",
        "https",
        "join",
        "live",
        "meet",
        "meeting",
        "meetings",
        "net",
        "org",
        "rendezvous",
        "room",
        "rooms",
        "session",
        "sessions",
        "talk",
        "team",
        "teams",
        "video",
        "visit",
        "web",
        "webex",
        "www",
        "zoom",
    ]
)


def _read(text: str) -> _Text:
    for _ in range(3):
        text = unquote_plus(text)
    text = _without_accents(_JWT.sub(_payload, text))
    lettered = _HEX.sub(" ", text)
    cut = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", lettered)
    runs = re.findall(r"[^\W\d_]+", f"{lettered} {cut}".casefold())
    plain = text.casefold()
    squeezed = "".join(c for c in plain if c.isalnum())
    return _Text(plain, frozenset(runs), squeezed, re.sub(r"\D", "", plain))


def _payload(token: re.Match[str]) -> str:
    """What a JWT says, in place of letters that would hide it, or hold a name by chance."""
    part = token[1]
    try:
        decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        return decoded.decode("utf-8")
    except ValueError:
        return token[0]


def _without_accents(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    return "".join(c for c in apart if not unicodedata.combining(c))


def _holds(text: _Text, word: str | date) -> bool:
    if isinstance(word, date):
        return _holds_date(text, word)
    if "@" in word:
        squeezed = "".join(c for c in _without_accents(word).casefold() if c.isalnum())
        return squeezed in text.letters_and_digits
    if not any(c.isalpha() for c in word):
        return _holds_digits(text, word)
    return _holds_name(text, word)


def _holds_date(text: _Text, day: date) -> bool:
    year, month, of_month = f"{day.year:04d}", f"{day.month:02d}", f"{day.day:02d}"
    for parts in (
        (year, month, of_month),
        (of_month, month, year),
        (month, of_month, year),
    ):
        loose = r"\D?".join(part if part == year else f"0?{int(part)}" for part in parts)
        if "".join(parts) in text.digits or re.search(rf"(?<!\d){loose}(?!\d)", text.plain):
            return True
    return False


def _holds_digits(text: _Text, word: str) -> bool:
    """A telephone, with or without the country in front, or a date as people write it."""
    try:
        return _holds_date(text, date.fromisoformat(word))
    except ValueError:
        digits = re.sub(r"\D", "", word)
        return len(digits) >= 7 and digits[-10:] in text.digits


def _holds_name(text: _Text, name: str) -> bool:
    parts = re.findall(r"[^\W\d_]+", _without_accents(name).casefold())
    known = {*parts, "".join(parts), "".join(reversed(parts))} - _ORDINARY
    for part in known:
        if len(part) >= (3 if part.isascii() else 2) and part in text.words:
            return True
        if len(part) >= 5 and any(part in run for run in text.words):
            return True
    return False


def check_room(room: Room, hosts: Iterable[str], words: Iterable[str | date]) -> None:
    """Check every address of a room and what it is called; raises BadAddress(code, field)."""
    hosts, words = tuple(hosts), tuple(words)
    if names_a_person(room.external_id, words):
        raise BadAddress("names_a_person", "external_id")
    fields: list[tuple[str, Secret | None]] = [
        ("join_url", room.join_url),
        ("host_url", room.host_url),
        *(("personal", url) for url in room.personal.values()),
    ]
    for name, url in fields:
        if url is not None:
            _check_field(name, url.reveal(), hosts, words)


def _check_field(
    name: str, url: str, hosts: tuple[str, ...], words: tuple[str | date, ...]
) -> None:
    try:
        check_room_url(url, hosts)
    except BadAddress as refused:
        raise BadAddress(refused.code, name) from None
    if names_a_person(url, words):
        raise BadAddress("names_a_person", name)
