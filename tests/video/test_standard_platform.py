"""What the `standard` platform says to us, and we to it."""

import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from scheduling.video import platforms, signing
from scheduling.video.contract import (
    DialIn,
    EventKind,
    PlatformEvent,
    Refused,
    Room,
    RoomRequest,
    Secret,
    Verified,
)
from scheduling.video.platforms import standard

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=7)
STANDARD = platforms.adapter("standard")

FILLED = {
    "binding": "rb_q8Zr2mLw",
    "generation": 2,
    "external_id": "room-77",
    "join_url": "https://meet.example/r/77",
    "host_url": "https://meet.example/r/77?host=1",
    "personal": {"ap_p4t1ent1": "https://meet.example/r/77?p=1"},
    "dial_in": {"number": "+1 650 555 0100", "pin": "123#"},
    "expires_at": "2026-11-23T12:00:00-08:00",
}
JOINED = {
    "external_id": "room-77",
    "ref": "ap_p4t1ent1",
    "leg": "ap_p4t1ent1.x9",
    "at": "2026-11-23T16:53:00Z",
}
BOUND = {"binding": "rb_q8Zr2mLw", "generation": 2}


def bytes_of(kind, data, **envelope):
    return json.dumps({"type": kind, "data": data} | envelope).encode()


def parse(body, now=NOW):
    return tuple(STANDARD.parse_event(Verified("msg_1", now, body)))


def event(kind, data, **envelope):
    (only,) = parse(bytes_of(kind, data, **envelope))
    return only


def refused(body):
    with pytest.raises(Refused) as caught:
        parse(body)
    return caught.value.reason, caught.value.field


def test_a_room_is_filled_in():
    assert event("room.filled", FILLED) == PlatformEvent(
        dedupe_key="msg_1",
        occurred_at=NOW,
        kind=EventKind.FILLED,
        external_id="room-77",
        binding_id="rb_q8Zr2mLw",
        generation=2,
        room=Room(
            external_id="room-77",
            join_url=Secret("https://meet.example/r/77"),
            host_url=Secret("https://meet.example/r/77?host=1"),
            dial_in=DialIn("+1 650 555 0100", Secret("123#")),
            expires_at=datetime(2026, 11, 23, 20, 0, tzinfo=UTC),
            personal={"ap_p4t1ent1": Secret("https://meet.example/r/77?p=1")},
        ),
    )


def test_only_what_is_needed_is_needed():
    room = event("room.updated", BOUND | {"external_id": "r", "join_url": "https://a.b/"}).room
    assert room == Room("r", Secret("https://a.b/"))
    optional = {"host_url": None, "personal": None, "dial_in": None, "expires_at": None}
    assert event("room.filled", FILLED | optional).room.personal == {}


@pytest.mark.parametrize("name", ["binding", "generation", "external_id", "join_url"])
def test_a_filled_room_says_what_it_must(name):
    without = {k: v for k, v in FILLED.items() if k != name}
    assert refused(bytes_of("room.filled", without)) == ("bad_field", name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("binding", "q8Zr2mLw"),
        ("binding", "rb_Maria Lopez"),
        ("binding", "rb_q8Zr2mLw\n"),
        ("binding", 7),
        ("generation", 0),
        ("generation", -1),
        ("generation", True),
        ("generation", 1.0),
        ("generation", "2"),
        ("generation", 10**30),
        ("external_id", ""),
        ("external_id", "two words"),
        ("external_id", "x" * 256),
        ("external_id", "é"),
        ("join_url", ["https://meet.example/"]),
        ("join_url", "https://meet.example/\r\n"),
        ("join_url", "https://meet.example/" + "x" * 2048),
        ("host_url", 5),
        ("personal", []),
        ("personal", {"Maria": "https://meet.example/"}),
        ("personal", {"ap_p4t1ent1": None}),
        ("personal", {f"ap_{n:08d}": "https://meet.example/" for n in range(201)}),
        ("dial_in", "+1 650 555 0100"),
        ("expires_at", "tomorrow"),
        ("expires_at", 1795000000),
        ("expires_at", "2026-11-23T12:00:00"),
        ("expires_at", "2026-11-23"),
        ("expires_at", "2026-02-30T12:00:00Z"),
        ("expires_at", "0001-01-01T00:00:00+14:00"),
        ("expires_at", "2026-11-23T12:00:00+99:99"),
        ("expires_at", "٢٠٢٦-11-23T12:00:00Z"),
    ],
)
def test_a_field_of_the_wrong_shape_is_named(name, value):
    assert refused(bytes_of("room.filled", FILLED | {name: value})) == ("bad_field", name)


def test_a_refusal_does_not_repeat_what_was_sent():
    with pytest.raises(Refused) as caught:
        parse(bytes_of("room.filled", FILLED | {"external_id": "Maria Lopez"}))
    assert "Maria" not in repr(caught.value) + str(caught.value)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("room.failed", EventKind.FAILED),
        ("room.withdrawn", EventKind.WITHDRAWN),
        ("room.opened", EventKind.OPENED),
        ("room.ended", EventKind.ENDED),
    ],
)
def test_other_words_about_a_room(kind, expected):
    told = event(kind, BOUND | {"at": "2026-11-23T16:53:00.5Z"})
    assert (told.kind, told.binding_id, told.generation) == (expected, "rb_q8Zr2mLw", 2)
    assert told.occurred_at == EARLIER + timedelta(seconds=0.5)
    assert told.room is None
    assert refused(bytes_of(kind, {"external_id": "room-77"})) == ("bad_field", "binding")


def test_only_filling_brings_addresses():
    """TK4: a word on the end of a room cannot change where it is."""
    for kind in ("room.failed", "room.withdrawn", "room.opened", "room.ended"):
        assert event(kind, FILLED).room is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("no_capacity", "no_capacity"),
        ("Maria Lopez was not found", "other"),
        (None, "other"),
        ({"a": 1}, "other"),
    ],
)
def test_the_reason_of_a_failure_is_a_code(given, kept):
    """LG4: free words could say anything about anybody."""
    assert event("room.failed", BOUND | {"reason": given}).reason == kept


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("participant.waiting", EventKind.WAITING),
        ("participant.joined", EventKind.JOINED),
        ("participant.left", EventKind.LEFT),
    ],
)
def test_people_come_and_go(kind, expected):
    told = event(kind, JOINED)
    assert told == PlatformEvent(
        dedupe_key="msg_1",
        occurred_at=EARLIER,
        kind=expected,
        external_id="room-77",
        ref="ap_p4t1ent1",
        leg="ap_p4t1ent1.x9",
    )


@pytest.mark.parametrize("name", ["external_id", "ref", "leg", "at"])
def test_a_participant_event_says_who_where_and_when(name):
    without = {k: v for k, v in JOINED.items() if k != name}
    assert refused(bytes_of("participant.joined", without)) == ("bad_field", name)


def test_a_participant_is_a_reference_never_a_name():
    body = bytes_of("participant.joined", JOINED | {"ref": "Maria Lopez"})
    assert refused(body) == ("bad_field", "ref")


def test_what_a_platform_counted_is_taken_for_those_who_left():
    left = event("participant.left", JOINED | {"seconds": 420, "by_phone": True})
    assert (left.seconds, left.by_phone) == (420, True)
    assert event("participant.joined", JOINED | {"seconds": 420}).seconds is None
    for wrong in (-1, True, 1.5, "420", 10**9):
        body = bytes_of("participant.left", JOINED | {"seconds": wrong})
        assert refused(body) == ("bad_field", "seconds")
    assert refused(bytes_of("participant.left", JOINED | {"by_phone": 1})) == (
        "bad_field",
        "by_phone",
    )


def test_the_time_of_an_event_is_its_own_then_the_message_s_then_the_signature_s():
    stamp = "2026-11-23T16:50:00+00:00"
    assert event("room.ended", BOUND | {"at": JOINED["at"]}, timestamp=stamp).occurred_at == EARLIER
    assert event("room.ended", BOUND, timestamp=stamp).occurred_at == NOW - timedelta(minutes=10)
    assert event("room.ended", BOUND).occurred_at == NOW


def test_nothing_has_happened_in_the_future():
    """TK4: else an `ended` of next year would win over every later word."""
    soon = (NOW + timedelta(seconds=300)).isoformat()
    later = (NOW + timedelta(seconds=301)).isoformat()
    assert event("room.ended", BOUND | {"at": soon})
    assert refused(bytes_of("room.ended", BOUND | {"at": later})) == ("bad_field", "at")
    assert refused(bytes_of("room.ended", BOUND, timestamp=later)) == ("bad_field", "timestamp")


def test_a_type_of_tomorrow_is_no_event_and_no_error():
    """Else its sender would repeat it for days."""
    assert parse(bytes_of("recording.finished", {"url": "https://meet.example/film"})) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"room.filled"',
        b"{",
        b"type=room.filled",
        b"\xff\xfe{}",
        '{"type":"room.ended"}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'{"type":"room.ended","data":{"generation":NaN}}',
        b'{"type":"room.ended","data":{"generation":Infinity}}',
        b'{"type":"room.ended","type":"room.filled","data":{}}',
        b'{"type":"room.ended","data":{"binding":"rb_aaaaaaaa","binding":"rb_bbbbbbbb"}}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 60_000,
    ],
)
def test_what_is_not_plain_json_is_refused(body):
    assert refused(body) == ("not_json", "")


@pytest.mark.parametrize("data", [None, [], "x", 1])
def test_the_data_is_an_object(data):
    assert refused(bytes_of("room.filled", data)) == ("bad_field", "data")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
KINDS = [*standard.ROOM_EVENTS, *standard.PARTICIPANT_EVENTS]


@given(
    st.sampled_from(KINDS),
    st.sampled_from([*FILLED, *JOINED, "reason", "seconds", "by_phone"]),
    anything,
)
def test_no_value_anywhere_raises_anything_but_a_refusal(kind, name, value):
    try:
        parse(bytes_of(kind, FILLED | JOINED | {name: value}, timestamp=value))
        parse(bytes_of(kind, FILLED | JOINED | {name: value}))
    except Refused:
        pass


@given(
    st.binary(max_size=200) | st.text().map(str.encode) | anything.map(json.dumps).map(str.encode)
)
def test_no_body_raises_anything_but_a_refusal(body):
    with contextlib.suppress(Refused):
        parse(body)


def wanted():
    return RoomRequest(
        binding_id="rb_q8Zr2mLw",
        generation=2,
        opens_at=NOW - timedelta(minutes=10),
        starts_at=NOW,
        ends_at=NOW + timedelta(minutes=50),
        closes_at=NOW + timedelta(minutes=80),
        seats=2,
        host_refs=("ap_h0st0001",),
        participant_refs=("ap_p4t1ent1",),
    )


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (standard.Request.REQUESTED, "room.requested"),
        (standard.Request.RESCHEDULED, "room.rescheduled"),
    ],
)
def test_we_ask_for_a_room_and_say_nothing_more(kind, name):
    """TK4, PR1: the whole message, so that nothing can creep into it."""
    body = standard.request_body(kind, wanted(), now=NOW, fill_by=EARLIER)
    assert json.loads(body) == {
        "type": name,
        "timestamp": "2026-11-23T17:00:00Z",
        "data": {
            "binding": "rb_q8Zr2mLw",
            "generation": 2,
            "opens_at": "2026-11-23T16:50:00Z",
            "starts_at": "2026-11-23T17:00:00Z",
            "ends_at": "2026-11-23T17:50:00Z",
            "closes_at": "2026-11-23T18:20:00Z",
            "seats": 2,
            "hosts": ["ap_h0st0001"],
            "participants": ["ap_p4t1ent1"],
            "waiting_room": True,
            "recording": False,
            "fill_by": "2026-11-23T16:53:00Z",
        },
    }
    assert "fill_by" not in json.loads(standard.request_body(kind, wanted(), now=NOW))["data"]


def test_a_cancelled_room_needs_no_times():
    body = standard.request_body(standard.Request.CANCELLED, wanted(), now=NOW)
    assert json.loads(body) == {
        "type": "room.cancelled",
        "timestamp": "2026-11-23T17:00:00Z",
        "data": {"binding": "rb_q8Zr2mLw", "generation": 2},
    }


def test_the_platform_can_prove_that_we_ask():
    secret, now = signing.new_secret(), datetime.now(UTC)
    body = standard.request_body(standard.Request.REQUESTED, wanted(), now=now)
    headers = standard.request_headers(body, message_id="msg_1", keys=signing.keys(secret), now=now)
    assert headers["content-type"] == "application/json"
    assert Webhook(secret).verify(body, headers)["type"] == "room.requested"
