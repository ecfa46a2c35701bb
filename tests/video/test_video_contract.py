"""What a platform may be told, and what never prints itself."""

import copy
import dataclasses
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone

import pytest

from scheduling.video import platforms
from scheduling.video.contract import (
    Capability,
    FilledFromOutside,
    Gone,
    Misconfigured,
    RawRequest,
    Refused,
    Room,
    RoomRequest,
    Secret,
    Verified,
)

START = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
ADDRESS = "https://meet.example/r/very-secret"


def wanted(**changes):
    asked = {
        "binding_id": "rb_q8Zr2mLw",
        "generation": 1,
        "opens_at": START - timedelta(minutes=10),
        "starts_at": START,
        "ends_at": START + timedelta(minutes=50),
        "closes_at": START + timedelta(minutes=80),
        "seats": 2,
        "host_refs": ("ap_h0st0001",),
        "participant_refs": ("ap_p4t1ent1",),
    }
    return RoomRequest(**(asked | changes))


def test_a_request_has_no_place_for_a_person():
    """TK4, PR1: a new field must be thought about here before a platform is told it."""
    assert {f.name for f in dataclasses.fields(RoomRequest)} == {
        "binding_id",
        "generation",
        "opens_at",
        "starts_at",
        "ends_at",
        "closes_at",
        "seats",
        "host_refs",
        "participant_refs",
        "waiting_room",
        "recording",
    }
    texts = [f.name for f in dataclasses.fields(RoomRequest) if "str" in str(f.type)]
    assert texts == ["binding_id", "host_refs", "participant_refs"]


@pytest.mark.parametrize(
    "changes",
    [
        {"binding_id": "Maria Lopez"},
        {"binding_id": "rb_Maria Lopez"},
        {"participant_refs": ("Maria",)},
        {"participant_refs": ("ap_maria@example.org",)},
        {"host_refs": ("Dr. Adams",)},
        {"participant_refs": ("ap_p4t1ent1\n",)},
        {"starts_at": START.replace(tzinfo=None)},
        {"starts_at": START.astimezone(timezone(timedelta(hours=-8)))},
        {"ends_at": START - timedelta(minutes=1)},
    ],
)
def test_a_request_refuses_what_is_not_opaque(changes):
    with pytest.raises(ValueError, match="is|are|opens"):
        wanted(**changes)


def test_the_key_tells_the_generations_apart():
    assert wanted().key == "rb_q8Zr2mLw.1"
    assert wanted(generation=2).key == "rb_q8Zr2mLw.2"


def test_a_secret_never_prints_itself():
    """TK1, LG4: no log, page, JSON, traceback or pickle holds the address of a room."""
    secret = Secret(ADDRESS)
    room = Room("r-1-hush", secret, host_url=secret, personal={"ap_p4t1ent1": secret})
    shown = [str(secret), repr(secret), f"{secret}", f"{secret:>60}", f"{secret!r:>9}"]
    shown += [repr(room), str(room), repr(dataclasses.asdict(room)["join_url"])]
    assert not any("very-secret" in text or "hush" in text for text in shown)
    with pytest.raises(TypeError):
        json.dumps({"url": secret})
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_a_secret_is_still_good_for_use():
    assert Secret(ADDRESS).reveal() == ADDRESS
    assert Secret(ADDRESS) == Secret(ADDRESS) == copy.deepcopy(Secret(ADDRESS))
    assert len({Secret("a"), Secret("a"), Secret("é")}) == 2
    assert Secret("a") != "a"


def test_a_callback_does_not_print_its_body():
    """LG4."""
    raw = RawRequest({"X-A": "Maria"}, b"Maria")
    assert raw.headers == {"x-a": "Maria"}
    assert "Maria" not in repr(raw)
    assert "Maria" not in repr(Verified("msg_1", START, b"Maria"))


def test_everybody_gets_the_most_personal_address():
    common, host, own = Secret("common"), Secret("host"), Secret("own")
    room = Room("r", common, host_url=host, personal={"ap_p4t1ent1": own})
    later = START + timedelta(hours=1)
    for kind in ("paste", "standard"):
        link = platforms.adapter(kind).participant_link
        assert link(room, "ap_p4t1ent1", host=False, not_after=later) == own
        assert link(room, "ap_other001", host=False, not_after=later) == common
        assert link(room, "ap_h0st0001", host=True, not_after=later) == host
        assert link(Room("r", common), "ap_h0st0001", host=True, not_after=later) == common


def test_a_patient_never_gets_the_host_address():
    room = Room("r", None, host_url=Secret("host"))
    with pytest.raises(Gone):
        room.address("ap_p4t1ent1", host=False)


def test_the_registry_knows_each_adapter_by_its_kind():
    for kind in ("paste", "standard"):
        assert platforms.adapter(kind).kind == kind
    with pytest.raises(Misconfigured):
        platforms.adapter("skype")


def test_nothing_is_automatic_with_a_pasted_address():
    paste = platforms.adapter("paste")
    room = Room("r", Secret(ADDRESS))
    assert paste.capabilities == Capability.NONE
    for call in (
        lambda: paste.create_room(wanted()),
        lambda: paste.update(room, wanted()),
        lambda: paste.cancel(room),
        lambda: paste.reconcile(room),
        lambda: paste.verify_webhook(RawRequest({}, b"{}"), [b"k" * 32], START),
        lambda: paste.parse_event(Verified("msg_1", START, b"{}")),
    ):
        with pytest.raises(Refused):
            call()


def test_a_platform_that_is_asked_does_not_claim_to_answer_at_once():
    standard = platforms.adapter("standard")
    assert isinstance(standard, FilledFromOutside)
    assert Capability.ASKED in standard.capabilities
    assert not standard.capabilities & (
        Capability.CREATE | Capability.UPDATE | Capability.CANCEL | Capability.RECONCILE
    )
