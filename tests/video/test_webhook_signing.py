"""TK4: a callback is believed only if it is signed, fresh and unchanged."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from scheduling.video import signing
from scheduling.video.contract import BadSignature, Misconfigured, Verified

NOW = datetime(2026, 11, 23, 17, 0, 0, 250_000, tzinfo=UTC)
BODY = b'{"type": "room.filled", "data": {"binding": "rb_q8Zr2mLw"}}'
SECRET, OTHER = signing.new_secret(), signing.new_secret()
KEYS, OTHER_KEYS = signing.keys(SECRET), signing.keys(OTHER)


def signed(keys=KEYS, body=BODY, now=NOW):
    return signing.sign(keys, "msg_1", body, now)


def refused(headers, body=BODY, keys=KEYS, now=NOW):
    with pytest.raises(BadSignature) as caught:
        signing.verify(keys, headers, body, now)
    return str(caught.value) == ""


def test_what_we_sign_we_believe():
    verified = signing.verify(KEYS, signed(), BODY, NOW)
    assert verified == Verified("msg_1", NOW.replace(microsecond=0), BODY)


def test_a_fixed_vector():
    """Computed once with another program (openssl dgst -sha256 -mac HMAC)."""
    key = bytes(range(32))
    assert signing.signature(
        key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    ) == ("v1,O4Gjv1HqPqsMrjmczoggs/sWA8gZD0VyHG+fLh4+ktI=")


def test_the_reference_package_believes_us():
    now = datetime.fromtimestamp(int(time.time()), UTC)
    Webhook(SECRET).verify(BODY, signing.sign(KEYS, "msg_1", BODY, now))


def test_we_believe_the_reference_package():
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", NOW, BODY.decode()),
    }
    assert signing.verify(KEYS, headers, BODY, NOW).message_id == "msg_1"


@given(st.text(max_size=200), st.binary(min_size=24, max_size=64))
def test_both_sign_everything_alike(text, key):
    stamp = int(NOW.timestamp())
    ours = signing.signature(key, "msg_1", stamp, text.encode())
    assert ours == Webhook(key).sign("msg_1", datetime.fromtimestamp(stamp, UTC), text)


@given(st.integers(0, len(BODY) - 1), st.integers(0, 7))
def test_one_flipped_bit_is_one_too_many(place, bit):
    changed = bytearray(BODY)
    changed[place] ^= 1 << bit
    assert refused(signed(), bytes(changed))


def test_the_bytes_are_signed_not_their_meaning():
    again = json.dumps(json.loads(BODY), separators=(",", ":")).encode()
    assert json.loads(again) == json.loads(BODY)
    assert refused(signed(), again)


def test_id_and_time_are_signed_too():
    assert refused(signed() | {"webhook-id": "msg_2"})
    moved = str(int(NOW.timestamp()) + 1)
    assert refused(signed() | {"webhook-timestamp": moved})


@pytest.mark.parametrize(("off", "good"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_five_minutes_either_way(off, good):
    now = NOW.replace(microsecond=0)
    headers = signed(now=now + timedelta(seconds=off))
    if good:
        assert signing.verify(KEYS, headers, BODY, now)
    else:
        assert refused(headers, now=now)


def test_the_old_key_is_good_while_rotating_and_not_after():
    both = signing.keys(f"{OTHER} {SECRET}")
    assert signing.verify(both, signed(KEYS), BODY, NOW)
    assert signing.verify(both, signed(OTHER_KEYS), BODY, NOW)
    assert refused(signed(KEYS), keys=OTHER_KEYS)


def test_a_sender_may_sign_with_several_keys():
    headers = signed(both := signing.keys(f"{OTHER} {SECRET}"))
    assert len(headers["webhook-signature"].split(" ")) == len(both) == 2
    assert signing.verify(KEYS, headers, BODY, NOW)
    Webhook(SECRET).verify(BODY, signing.sign(both, "msg_1", BODY, datetime.now(UTC)))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_every_header_is_needed(name):
    assert refused(signed() | {name: ""})
    assert refused({k: v for k, v in signed().items() if k != name})


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-signature": "v1a,AAAA"},
        {"webhook-signature": "v1,é\udc80"},
        {"webhook-timestamp": "٣"},
        {"webhook-timestamp": "1_6"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "1e9"},
        {"webhook-timestamp": "9" * 5000},
        {"webhook-timestamp": "NaN"},
        {"webhook-id": "msg_1\n"},
        {"webhook-id": "msg.1"},
        {"webhook-id": "m" * 201},
    ],
)
def test_odd_headers_are_refused(headers):
    assert refused(signed() | headers)


def test_a_version_is_part_of_a_signature():
    assert refused(
        signed() | {"webhook-signature": signed()["webhook-signature"].replace("v1", "v2")}
    )


def test_a_flood_of_signatures_is_refused_even_with_a_good_one_in_it():
    flood = "v1,AAAA " * 1000 + signed()["webhook-signature"]
    assert refused(signed() | {"webhook-signature": flood})


headers_of_all_kinds = st.dictionaries(
    st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]) | st.text(),
    st.text() | st.from_regex(r"v1,.*") | st.integers().map(str),
)


@given(headers_of_all_kinds, st.binary(max_size=50))
def test_no_garbage_raises_anything_else(headers, body):
    assert refused(headers, body)


@given(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text())
def test_one_garbled_header_of_three_raises_nothing_else(name, garbage):
    good = signed()
    if garbage != good[name]:
        assert refused(good | {name: garbage})


def test_without_a_key_nobody_is_believed():
    assert refused(signed(), keys=())


def test_an_empty_or_short_key_proves_nothing():
    """A connection without a secret must not believe who signs with nothing."""
    for short in (b"", b"k" * 23):
        stamp = int(NOW.timestamp())
        forged = signing.signature(short, "msg_1", stamp, BODY)
        assert refused(signed() | {"webhook-signature": forged}, keys=(short,))


def test_a_new_secret_is_long_and_never_the_same():
    assert signing.new_secret() != signing.new_secret()
    assert len(signing.keys(signing.new_secret())[0]) == 32


@pytest.mark.parametrize("size", [24, 64])
def test_secrets_of_the_allowed_lengths(size):
    assert len(signing.keys("whsec_" + base64.b64encode(b"k" * size).decode())[0]) == size


@pytest.mark.parametrize(
    "text",
    [
        "whsec_",
        "whsec_" + base64.b64encode(b"k" * 23).decode(),
        "whsec_" + base64.b64encode(b"k" * 65).decode(),
        base64.b64encode(b"k" * 32).decode(),
        "whsec_not base64",
        "whsec_é",
        "whsec_A",
    ],
)
def test_a_secret_that_is_none_is_said_without_repeating_it(text):
    with pytest.raises(Misconfigured) as caught:
        signing.keys(text)
    assert str(caught.value) == "bad_secret"


def test_no_secret_is_no_key():
    assert signing.keys("") == ()


def test_we_do_not_send_what_we_cannot_sign():
    for keys, message_id in ((), "msg_1"), (KEYS, "msg.1"), (KEYS, ""):
        with pytest.raises(Misconfigured):
            signing.sign(keys, message_id, BODY, NOW)
