"""TK4, TK5: the fourteen ways to cheat by a callback, as far as no table is needed to see them.

Whether a binding is this connection's, and whether an id was there before, is asked of the
database by the door; here: that the door gets what it needs to ask.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest

from scheduling.video import platforms, signing
from scheduling.video.addresses import check_room
from scheduling.video.contract import BadAddress, BadSignature, RawRequest, Refused, Verified

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
STANDARD = platforms.adapter("standard")
KEYS = signing.keys(signing.new_secret())
OTHER_CLINIC = signing.keys(signing.new_secret())
FILLED = {
    "type": "room.filled",
    "data": {
        "binding": "rb_q8Zr2mLw",
        "generation": 1,
        "external_id": "room-77",
        "join_url": "https://meet.example/r/77",
    },
}


def packed(message):
    return json.dumps(message).encode()


def filled(**data):
    return packed(FILLED | {"data": FILLED["data"] | data})


def call(body=None, *, keys=KEYS, at=NOW, message_id="msg_1", sent=None, **headers):
    """A callback signed with `keys` at `at` over `body`; `sent` are other bytes on the wire."""
    body = filled() if body is None else body
    signed = signing.sign(keys, message_id, body, at)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return RawRequest(
        {"Content-Type": "application/json"} | signed | named, body if sent is None else sent
    )


def take(request):
    verified = STANDARD.verify_webhook(request, KEYS, NOW)
    assert isinstance(verified, Verified)
    return verified, tuple(STANDARD.parse_event(verified))


def test_the_honest_callback_comes_through():
    verified, (event,) = take(call())
    assert verified.message_id == event.dedupe_key == "msg_1"
    assert event.room.join_url.reveal() == "https://meet.example/r/77"


@pytest.mark.parametrize("given", ["", "v1,", "v1," + "A" * 43 + "=", "garbage"])
def test_1_no_empty_or_wrong_signature(given):
    with pytest.raises(BadSignature):
        take(call(webhook_signature=given))
    with pytest.raises(BadSignature):
        take(RawRequest({"Content-Type": "application/json"}, filled()))


def test_2_right_signature_altered_body():
    with pytest.raises(BadSignature):
        take(call(sent=filled(join_url="https://meet.example/r/78")))


def test_3_old_timestamp():
    with pytest.raises(BadSignature):
        take(call(at=NOW - timedelta(seconds=301)))


def test_4_future_timestamp():
    with pytest.raises(BadSignature):
        take(call(at=NOW + timedelta(seconds=301)))


def test_5_a_replay_is_seen_by_its_id_and_another_body_under_it_by_its_hash():
    first, (event,) = take(call())
    again, (same,) = take(call(at=NOW + timedelta(seconds=9)))
    forged, _ = take(call(filled(external_id="room-78")))
    assert (again.message_id, again.body_hash) == (first.message_id, first.body_hash)
    assert same.dedupe_key == event.dedupe_key
    assert forged.message_id == first.message_id
    assert forged.body_hash != first.body_hash


def test_6_the_secret_of_another_clinic():
    with pytest.raises(BadSignature):
        take(call(keys=OTHER_CLINIC))


def test_7_and_8_another_or_unknown_binding_reads_like_any_other():
    """So that one answer can be given for both; the door asks whose it is."""
    _, (other,) = take(call(filled(binding="rb_0therCl1nic")))
    _, (unknown,) = take(call(filled(binding="rb_n0b0dyKn0ws")))
    assert (other.binding_id, unknown.binding_id) == ("rb_0therCl1nic", "rb_n0b0dyKn0ws")
    assert other.room == unknown.room


@pytest.mark.parametrize(
    "body",
    [
        filled()[:-1] + b', "type": "room.failed"}',
        filled().replace(b'"generation": 1', b'"generation": 1, "generation": 2'),
        filled().replace(b'"generation": 1', b'"generation": 1, "gener\\u0061tion": 2'),
    ],
)
def test_9_a_key_that_stands_twice(body):
    with pytest.raises(Refused, match="not_json"):
        take(call(body))


def test_10_a_body_that_is_too_large_is_refused_before_anything_is_computed():
    empty = filled(pad="")
    just = filled(pad="x" * (65536 - len(empty)))
    assert len(just) == 65536
    assert take(call(just))
    for size in (65537, 5_000_000):
        with pytest.raises(Refused, match="too_large"):
            STANDARD.verify_webhook(RawRequest({}, b"x" * size), KEYS, NOW)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
def test_11_a_wrong_content_type(content_type):
    with pytest.raises(Refused, match="wrong_type"):
        take(call(Content_Type=content_type))


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_11_the_right_content_type_in_other_clothes(content_type):
    assert take(call(Content_Type=content_type))


@pytest.mark.parametrize("name", ["join_url", "host_url", "personal"])
def test_12_an_address_that_is_a_program(name):
    bad = "javascript:alert(document.cookie)"
    _, (event,) = take(call(filled(**{name: {"ap_p4t1ent1": bad} if name == "personal" else bad})))
    with pytest.raises(BadAddress) as caught:
        check_room(event.room, ("meet.example",), ())
    assert (caught.value.code, caught.value.field) == ("not_https", name)


def test_13_extra_fields_reach_nothing():
    extra = {
        "status": "cancelled",
        "patient": "Maria Lopez",
        "session": "s",
        "ref": "ap_p4t1ent1",
        "leg": "x",
        "reason": "r",
        "seconds": 9,
        "by_phone": True,
        "room": {"join_url": "https://evil.example/"},
    }
    _, plain = take(call())
    _, with_extra = take(call(packed(FILLED | extra | {"data": FILLED["data"] | extra})))
    assert with_extra == plain


def test_14_order_is_told_by_the_events_not_by_their_arrival():
    def said(kind, at):
        data = {"binding": "rb_q8Zr2mLw", "generation": 1, "at": at}
        _, (event,) = take(call(packed({"type": kind, "data": data})))
        return event

    ended = said("room.ended", "2026-11-23T16:58:00Z")
    opened = said("room.opened", "2026-11-23T08:41:00-08:00")
    assert sorted([ended, opened], key=lambda e: e.occurred_at) == [opened, ended]


def test_15_no_handshake_can_be_used_to_get_something_signed():
    handshake = packed(
        {"event": "endpoint.url_validation", "payload": {"plainToken": "msg_1.1795000000.{}"}}
    )
    with pytest.raises(BadSignature):
        take(RawRequest({"Content-Type": "application/json"}, handshake))
    with pytest.raises(Refused, match="bad_field type"):
        take(call(handshake))
