"""TK5: where people may be sent; and that no address says who they are."""

import base64
import json
from datetime import date
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.video.addresses import (
    allowed_hosts,
    check_room,
    check_room_url,
    names_a_person,
)
from scheduling.video.contract import BadAddress, DialIn, Misconfigured, Room, Secret

HOSTS = allowed_hosts("meet.example\n.zoom.us\njitsi.example:8443\nxn--mller-kva.example\n")
MARIA = ("Maria Lopez", "maria.lopez@example.org", "+1 (415) 555-0123", date(1990, 2, 3))


def why_not(url, hosts=HOSTS):
    with pytest.raises(BadAddress) as caught:
        check_room_url(url, hosts)
    assert not url or url not in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize(
    "url",
    [
        "https://meet.example/r/8f3a?x=1#token.in.fragment",
        "https://meet.example",
        "https://meet.example:443/r",
        "HTTPS://Meet.Example/r",
        "https://us06web.zoom.us/j/123?pwd=a%20b",
        "https://a.b.zoom.us/j/123",
        "https://jitsi.example:8443/r",
        "https://xn--mller-kva.example/r",
        "https://meet.example/r?next=https://evil.example/",
        "https://meet.example/a@b",
        "https://meet.example/" + "a" * (2048 - 21),
    ],
)
def test_good_addresses_come_back_unchanged(url):
    assert check_room_url(url, HOSTS) == url


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "not_https"),
        ("javascript:alert(1)", "not_https"),
        ("JaVaScRiPt://meet.example/%0aalert(1)", "characters"),
        ("data:text/html,hi", "not_https"),
        ("http://meet.example/r", "not_https"),
        ("//meet.example/r", "not_https"),
        ("/r/8f3a", "not_https"),
        ("https:meet.example/r", "not_https"),
        ("https:/meet.example/r", "not_https"),
        ("ftp://meet.example/r", "not_https"),
        ("https:///meet.example/r", "host"),
        ("https://", "host"),
        ("https://?meet.example", "host"),
        ("https://ok@evil.example/", "userinfo"),
        ("https://meet.example@evil.example/", "userinfo"),
        ("https://user:pw@meet.example/", "userinfo"),
        ("https://:@meet.example/", "userinfo"),
        ("https://evil.example/", "not_allowed"),
        ("https://evil.example/meet.example", "not_allowed"),
        ("https://evil.example?meet.example/", "not_allowed"),
        ("https://evil.example#.zoom.us", "not_allowed"),
        ("https://meet.example.evil.example/", "not_allowed"),
        ("https://evilmeet.example/", "not_allowed"),
        ("https://sub.meet.example/", "not_allowed"),
        ("https://evilzoom.us/", "not_allowed"),
        ("https://zoom.us/", "not_allowed"),
        ("https://zoom.us.evil.example/", "not_allowed"),
        ("https://localhost/", "not_allowed"),
        ("https://meet.example:8443/", "not_allowed"),
        ("https://jitsi.example/", "not_allowed"),
        ("https://meet.example:/", "host"),
        ("https://meet.example:443:443/", "host"),
        ("https://meet.example:443@/", "userinfo"),
        ("https://meet.example:x/", "host"),
        ("https://meet.example./", "host"),
        ("https://.zoom.us/", "host"),
        ("https://-a.zoom.us/", "host"),
        ("https://a..zoom.us/", "host"),
        ("https://a_b.zoom.us/", "host"),
        ("https://meet%2eexample/", "host"),
        ("https://evil.example%2f.zoom.us/", "host"),
        ("https://127.0.0.1/", "ip_literal"),
        ("https://127.1/", "ip_literal"),
        ("https://127.1./", "ip_literal"),
        ("https://2130706433/", "ip_literal"),
        ("https://0x7f000001/", "ip_literal"),
        ("https://0x7f.1/", "ip_literal"),
        ("https://0177.0.0.1/", "ip_literal"),
        ("https://169.254.169.254/latest/meta-data", "ip_literal"),
        ("https://169.254.169.254:443/", "ip_literal"),
        ("https://[::1]/", "ip_literal"),
        ("https://[::ffff:169.254.169.254]/", "ip_literal"),
        ("https://xn--zoom-xyz.zoom.us/", "punycode"),
        ("https://xn--mt-fkab.example/", "punycode"),
        ("https://XN--mt-fkab.example/", "punycode"),
        ("https://mеet.example/", "characters"),  # a Cyrillic letter
        ("https://meet。example/", "characters"),
        ("https://①②⑦.1/", "characters"),
        ("https://meet.example/r\r\nSet-Cookie: a=b", "characters"),
        ("https://meet.example/r%0d%0aSet-Cookie:a", "characters"),
        ("https://meet.example/%00", "characters"),
        ("https://meet.example/a b", "characters"),
        (" https://meet.example/", "characters"),
        ("https://meet.example/\n", "characters"),
        ("ht\ttps://meet.example/", "characters"),
        ("https://evil.example\\@meet.example/", "characters"),
        ("https:\\\\meet.example/", "characters"),
        ('https://meet.example/"><script>', "characters"),
        ("https://meet.example/\u202e", "characters"),
        ("https://meet.example/" + "a" * (2049 - 21), "too_long"),
    ],
)
def test_bad_addresses_say_only_a_code(url, code):
    assert why_not(url) == code


def test_an_address_of_a_machine_is_refused_even_if_somebody_listed_it():
    assert why_not("https://10.0.0.1/", ("10.0.0.1",)) == "ip_literal"


def test_nothing_listed_is_nothing_allowed():
    assert why_not("https://meet.example/", ()) == "not_allowed"


@given(st.text(max_size=60))
def test_whatever_is_typed_ends_in_a_listed_host_or_a_refusal(text):
    for url in (text, f"https://{text}", f"https://{text}/", f"https://{text}.zoom.us/"):
        try:
            check_room_url(url, HOSTS)
        except BadAddress:
            continue
        host = url[8:].split("/")[0].split("?")[0].split("#")[0].lower().removesuffix(":443")
        assert host in HOSTS or host.endswith(".zoom.us")


def test_the_list_is_read_a_line_at_a_time():
    assert allowed_hosts(" Meet.Example \n\n.zoom.us\r\n") == ("meet.example", ".zoom.us")


@pytest.mark.parametrize(
    "line",
    [".com", ".", "*", "*.zoom.us", "https://zoom.us", "zoom.us/j", "10.0.0.1", "a b", "é.us"],
)
def test_a_list_that_allows_too_much_or_nothing_is_not_taken(line):
    with pytest.raises(Misconfigured):
        allowed_hosts(f"meet.example\n{line}")


def jwt(payload):
    parts = [{"alg": "HS256"}, payload, "x" * 30]
    encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().strip("=") for p in parts]
    return ".".join(encoded)


@pytest.mark.parametrize(
    "text",
    [
        "https://meet.example/Maria",
        "https://meet.example/MARIA-7",
        "https://meet.example/mariaLopez",
        "https://meet.example/LopezMaria",
        "https://meet.example/roommarialopez",
        "https://meet.example/M%61ria",
        "https://meet.example/M%2561ria",
        "https://meet.example/Mar%C3%ADa",
        "https://meet.example/r?displayName=M.+Lopez",
        "https://meet.example/r#lopez",
        "https://meet.example/r?jwt=" + jwt({"context": {"user": {"name": "Maria"}}}),
        "https://meet.example/r?u=maria.lopez@example.org",
        "https://meet.example/r?u=maria.lopez%40example.org",
        "maria-lopez-example-org",
        "https://meet.example/4155550123",
        "https://meet.example/r?tel=%2B1-415-555-0123",
        "https://meet.example/1990-02-03",
        "https://meet.example/19900203",
        "https://meet.example/r?born=3.2.1990",
        "https://meet.example/02%2F03%2F1990",
        "https://meet.example/r02031990x",
    ],
)
def test_an_address_that_names_maria(text):
    """TK5, PR1, GR1: the platform and every browser history would know her."""
    assert names_a_person(text, MARIA)


@pytest.mark.parametrize(
    "text",
    [
        "https://meet.example/r/8f3a",
        "https://us06web.zoom.us/j/81234567890?pwd=aGVsbG8gd29ybGQ",
        "https://teams.microsoft.com/l/meetup-join/19%3ameeting_MzQ0",
        "https://meet.example/1990",
        "https://meet.example/5550123x415",
        "https://meet.example/r?jwt=" + jwt({"sub": "ap_p4t1ent1", "room": "r_1"}),
        "",
    ],
)
def test_an_address_that_does_not(text):
    assert not names_a_person(text, MARIA)


def test_dates_may_be_written_as_text():
    assert names_a_person("https://meet.example/03021990", ["1990-02-03"])


def test_three_letters_are_a_name_but_only_as_a_word():
    assert names_a_person("https://meet.example/ann-2", ["Ann Wu"])
    assert names_a_person("https://meet.example/annWu", ["Ann Wu"])
    assert names_a_person("https://meet.example/wuann", ["Ann Wu"])
    assert not names_a_person("https://meet.example/planning", ["Ann Wu"])
    assert not names_a_person("https://meet.example/wu", ["Ann Wu"])


def test_a_name_in_another_writing():
    assert names_a_person("https://meet.example/" + quote("王芳"), ["王芳"])
    assert names_a_person("https://meet.example/" + quote("Жанна"), ["Жанна"])


def test_people_whose_name_stands_in_every_address_can_have_a_room_too():
    assert not names_a_person("https://meet.google.com/abc-defg-hij", ["Meet Room"])
    assert names_a_person("https://meet.google.com/patel", ["Meet Patel"])


def test_chance_letters_in_a_long_hex_name_are_nobody():
    assert not names_a_person(
        "https://meet.example/0ada1c2d-0ada-41be-9fae-00dee00ada11", ["Ada B"]
    )
    assert not names_a_person("9ada9bea00112233445566778899aabb", ["Ada", "Bea"])
    assert names_a_person("https://meet.example/ada-9f", ["Ada"])


def test_empty_facts_name_nobody():
    assert not names_a_person("https://meet.example/r", ["", " ", "-", "12"])


@given(st.text(max_size=80), st.lists(st.text(max_size=20) | st.dates(), max_size=4))
def test_the_lint_never_breaks(text, words):
    assert names_a_person(text, words) in (True, False)


@given(st.dates(), st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d"]))
def test_every_birth_date_is_seen(day, shape):
    written = day.strftime(shape.replace("%Y", f"{day.year:04d}"))
    assert names_a_person(f"https://meet.example/r-{written}", [day])


def room(**changes):
    fields = {
        "external_id": "r-8f3a",
        "join_url": Secret("https://meet.example/r"),
        "host_url": Secret("https://meet.example/r?h=1"),
        "personal": {"ap_p4t1ent1": Secret("https://meet.example/r?p=1")},
        "dial_in": DialIn("+1 650 555 0100"),
    }
    return Room(**(fields | changes))


def test_a_whole_room_is_checked():
    check_room(room(), HOSTS, MARIA)
    check_room(room(host_url=None, personal={}), HOSTS, MARIA)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"external_id": "maria"}, "names_a_person", "external_id"),
        ({"join_url": Secret("javascript:alert(1)")}, "not_https", "join_url"),
        ({"join_url": Secret("https://meet.example/lopez")}, "names_a_person", "join_url"),
        ({"host_url": Secret("https://evil.example/")}, "not_allowed", "host_url"),
        (
            {"personal": {"ap_p4t1ent1": Secret("https://meet.example/?n=Maria")}},
            "names_a_person",
            "personal",
        ),
        (
            {"personal": {"ap_a": Secret("https://meet.example/"), "ap_b": Secret("http://x.y/")}},
            "not_https",
            "personal",
        ),
    ],
)
def test_each_field_of_a_room_is_named_when_refused(changes, code, field):
    with pytest.raises(BadAddress) as caught:
        check_room(room(**changes), iter(HOSTS), iter(MARIA))
    assert (caught.value.code, caught.value.field) == (code, field)
