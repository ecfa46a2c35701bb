"""A platform fills a room in, through the door (TK4, TK5; the fourteen cases of privacy.md D)."""

import json
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from standardwebhooks import Webhook

from accounts.models import AuditRow
from scheduling.actions.cancel import cancel
from scheduling.actions.reschedule import reschedule
from scheduling.engine.interval import from_minute
from scheduling.errors import BadRoomAddress
from scheduling.models import Booking, Connection, Event, HookReceipt, Room, Task
from scheduling.outbox.rooms import _compose, forget_receipts, owe
from scheduling.video import signing
from tests.databases import PATIENCE
from tests.doors import sign_in
from tests.ways_in.story import (
    ROOM,
    booked,
    booked_now,
    checked_in,
    filled,
    host_link,
    link_of,
    minutes,
    pasted,
    platform,
    rows_of_everything,
    signed,
    told,
)
from tests.world import NOW, World, build

pytestmark = pytest.mark.django_db
OTHER_ROOM = "https://meet.example/r/78"


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def rooms(world) -> Connection:
    return platform(world)


@pytest.fixture
def booking(world, rooms) -> Booking:
    return booked(world)


def room_of(booking) -> Room:
    return Room.objects.get(session=booking.session_id)


def test_a_room_is_filled_in(client, booking, rooms, clock):
    answer = told(client, rooms, filled(booking, host_url=OTHER_ROOM), NOW)
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    room = room_of(booking)
    assert (room.state, room.join_url, room.host_url) == ("ready", ROOM, OTHER_ROOM)
    assert Event.objects.get(kind="room").facts == {"what": "filled", "generation": 1}
    row = AuditRow.objects.get(action="room.filled")
    assert (row.actor_kind, row.actor_id) == ("platform", str(rooms.uuid))
    assert row.subject_id == str(booking.patient_id)


def test_what_is_filled_in_is_sealed(client, booking, rooms, clock):
    """EN2, and TK1: no address in clear in any table."""
    told(client, rooms, filled(booking), NOW)
    everything = str(rows_of_everything())
    assert "meet.example/r" not in everything
    assert "room-77" not in everything


# The fourteen cases. Each gives what is sent; nothing of it changes a room, and the answer says no
# more than the status, a code and perhaps a field's name.


def case(client, rooms, body, *, status, code, now=NOW, keys=None, headers=None, sent=None):
    before = rows_of_everything()
    whose = keys or rooms
    signed_body, proof = signed(whose, body, now)
    answer = client.post(
        f"/hooks/v1/{rooms.uuid}/",
        signed_body if sent is None else sent,
        **{"content_type": "application/json", **proof, **(headers or {})},
    )
    assert answer.status_code == status, answer.content
    assert rows_of_everything() == before
    problem = answer.json()
    assert set(problem) <= {"type", "title", "status", "code", "field"}
    assert problem["code"] == code
    assert rooms.secret not in answer.content.decode()
    return problem


@pytest.mark.parametrize("given", [None, "", "v1,", "v1," + "A" * 43 + "=", "garbage", "v2,x v1"])
def test_1_no_empty_or_wrong_signature(client, booking, rooms, given, clock):
    """TK4."""
    headers = {"HTTP_WEBHOOK_SIGNATURE": given or ""}
    case(client, rooms, filled(booking), status=401, code="bad_signature", headers=headers)
    row = AuditRow.objects.get(action="hook.receive")
    assert (row.outcome, row.code) == ("denied", "bad_signature")


def test_2_right_signature_altered_body(client, booking, rooms, clock):
    """TK4."""
    altered = json.dumps(filled(booking, join_url=OTHER_ROOM)).encode()
    case(client, rooms, filled(booking), status=401, code="bad_signature", sent=altered)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_3_and_4_old_and_future_timestamps(client, booking, rooms, seconds, clock):
    """TK4."""
    at = NOW + timedelta(seconds=seconds)
    case(client, rooms, filled(booking), status=401, code="bad_signature", now=at)


def test_5_a_replay_changes_nothing(client, booking, rooms, clock):
    """TK4."""
    told(client, rooms, filled(booking), NOW)
    dana = Client()
    before = rows_of_everything()
    answer = told(dana, rooms, filled(booking), NOW)
    assert (answer.status_code, answer.json()) == (200, {"status": "duplicate"})
    assert rows_of_everything() == before


def test_5_another_body_under_the_same_id_is_refused(client, booking, rooms, clock):
    """TK4."""
    told(client, rooms, filled(booking), NOW)
    other = filled(booking, join_url=OTHER_ROOM)
    problem = case(client, rooms, other, status=422, code="id_reused")
    assert problem["field"] == "webhook-id"


def test_5_what_was_taken_is_known_for_a_month(client, booking, rooms, clock):
    told(client, rooms, filled(booking), NOW)
    assert forget_receipts(NOW + timedelta(days=30)) == 0
    assert forget_receipts(NOW + timedelta(days=30, seconds=1)) == 1


def test_5_an_id_belongs_to_its_connection(client, world, booking, rooms, clock):
    told(client, rooms, filled(booking), NOW)
    other = platform(world)
    assert told(client, other, filled(booking), NOW).json()["status"] == "ignored"
    assert HookReceipt.objects.count() == 2


def test_6_the_secret_of_another_clinic(client, booking, rooms, clock):
    """TK4."""
    twin = platform(build("twin", "2"))
    case(client, rooms, filled(booking), status=401, code="bad_signature", keys=twin)


def test_7_and_8_anothers_binding_and_nobodys_are_one_answer(client, world, booking, rooms, clock):
    """TK4: another clinic's, another platform's of the same clinic, unknown, and no uuid at all."""
    twin = build("twin", "2")
    platform(twin)
    theirs = booked(twin)
    second = platform(world)
    elsewhere = room_of(booked(world, world.omar, therapist=world.ben.uuid))
    elsewhere.connection = second
    elsewhere.save()
    bindings = [
        f"rb_{room_of(theirs).uuid.hex}",
        f"rb_{elsewhere.uuid.hex}",
        f"rb_{uuid4().hex}",
        "rb_notAuuid-at-all",
    ]
    answers = [
        told(client, rooms, filled(booking, binding=binding), NOW, f"msg_{n}")
        for n, binding in enumerate(bindings)
    ]
    seen = {(answer.status_code, answer.content) for answer in answers}
    assert seen == {(200, b'{"status": "ignored", "reason": "unknown_binding"}')}
    assert set(Room.objects.values_list("state", flat=True)) == {"pending"}


def test_9_a_key_that_stands_twice(client, booking, rooms, clock):
    """TK4."""
    twice = json.dumps(filled(booking)).encode()[:-1] + b', "type": "room.failed"}'
    case(client, rooms, twice, status=400, code="not_json")


@pytest.mark.parametrize("size", [65537, 5_000_000])
def test_10_a_body_that_is_too_large(client, booking, rooms, size, clock):
    """TK4."""
    case(client, rooms, b"x" * size, status=413, code="too_large")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_11_a_wrong_content_type(client, booking, rooms, kind, clock):
    """TK4."""
    headers = {"content_type": kind}
    case(client, rooms, filled(booking), status=415, code="wrong_type", headers=headers)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("javascript:alert(1)", "not_https"),
        ("data:text/html,hi", "not_https"),
        ("http://meet.example/r", "not_https"),
        ("https://meet.example@evil.example/", "userinfo"),
        ("https://evil.example/meet.example", "not_allowed"),
        ("https://xn--mt-9ia.example/", "punycode"),
        ("https://169.254.169.254/latest/", "ip_literal"),
        ("https://127.1/", "ip_literal"),
        ("https://meet.example/r/nora-quill", "names_a_person"),
        ("https://meet.example/r/1990-05-17", "names_a_person"),
        ("https://meet.example/r/3105550123", "names_a_person"),
    ],
)
@pytest.mark.parametrize("name", ["join_url", "host_url", "personal"])
def test_12_an_address_that_nobody_may_be_sent_to(client, booking, rooms, name, url, code, clock):
    """TK5, and that no address names the patient."""
    given = {link_of(booking).ref: url} if name == "personal" else url
    problem = case(client, rooms, filled(booking, **{name: given}), status=422, code=code)
    assert problem["field"] == name


def test_12_a_refused_message_may_come_again_mended(client, booking, rooms, clock):
    told(client, rooms, filled(booking, join_url="http://meet.example/r"), NOW)
    assert told(client, rooms, filled(booking), NOW).status_code == 202


def test_13_extra_fields_reach_nothing(client, booking, rooms, clock):
    """TK4: may only fill rooms: no status, patient, time or owner of anything."""
    before = rows_of_everything()
    extra = {
        "status": "cancelled",
        "state": "cancelled",
        "patient": 2,
        "start": 5,
        "session": str(uuid4()),
        "clinic": 2,
        "attendance": "attended",
    }
    told(client, rooms, filled(booking, **extra) | extra, NOW)
    after = rows_of_everything()
    changed = {table for table in after if after[table] != before[table]}
    assert changed == {"scheduling_room", "scheduling_event", "scheduling_hookreceipt"}
    assert room_of(booking).join_url == ROOM


def test_14_out_of_order_started_and_ended_change_nothing(client, booking, rooms, clock):
    """TK4."""
    told(client, rooms, filled(booking), NOW, "msg_0")
    room = filled(booking)["data"]
    said = [
        {"type": "room.ended", "data": room | {"at": "2027-03-01T16:59:00Z"}},
        {"type": "room.opened", "data": room | {"at": "2027-03-01T16:41:00Z"}},
        {
            "type": "participant.left",
            "data": {
                "external_id": "room-77",
                "ref": link_of(booking).ref,
                "leg": "a",
                "at": "2027-03-01T16:59:00Z",
            },
        },
    ]
    for n, message in enumerate(said, 1):
        answer = told(client, rooms, message, NOW, f"msg_{n}")
        assert answer.json() == {"status": "ignored", "reason": "not_kept"}
    assert room_of(booking).state == "ready"


def test_15_no_handshake_gets_anything_signed(client, booking, rooms, clock):
    """TK4."""
    handshake = {"event": "endpoint.url_validation", "payload": {"plainToken": "msg_1.1.x"}}
    body = json.dumps(handshake).encode()
    answer = client.post(f"/hooks/v1/{rooms.uuid}/", body, content_type="application/json")
    assert answer.status_code == 401
    case(client, rooms, handshake, status=422, code="bad_field")


# What else may be said


def test_a_word_on_a_room_that_was_moved_on_is_ignored(client, world, booking, rooms, clock):
    """TK4: the generation."""
    late = filled(booking)
    dana = world.actor(world.dana)
    reschedule(
        booking=booking.uuid, start=booking.start + 240, reason="clinic", actor=dana, now=NOW
    )
    answer = told(client, rooms, late, NOW)
    assert answer.json() == {"status": "ignored", "reason": "stale_generation"}
    assert room_of(booking).join_url == ""
    fresh = filled(Booking.objects.get(pk=booking.pk))
    assert told(client, rooms, fresh, NOW, "msg_2").status_code == 202


def test_a_word_on_a_cancelled_session_is_ignored(client, world, booking, rooms, clock):
    told(client, rooms, filled(booking), NOW)
    cancel(booking=booking.uuid, reason="clinic", actor=world.actor(world.dana), now=NOW)
    assert room_of(booking).join_url == ""
    answer = told(client, rooms, filled(booking), NOW, "msg_2")
    assert answer.json() == {"status": "ignored", "reason": "cancelled"}
    assert room_of(booking).state == "revoked"


def test_a_word_after_the_end_is_ignored(client, booking, rooms, clock):
    over = from_minute(booking.end) + timedelta(minutes=30)
    clock.move_to(over)
    assert told(client, rooms, filled(booking), over).json()["reason"] == "over"


@pytest.mark.parametrize("kind", ["room.withdrawn", "room.failed"])
def test_a_room_that_was_taken_away_is_not_handed_out(client, world, booking, rooms, kind, clock):
    now = minutes(booking, 5)
    clock.move_to(now)
    told(client, rooms, filled(booking), now)
    checked_in(client, booking)
    told(client, rooms, filled(booking) | {"type": kind}, now, "msg_2")
    assert room_of(booking).state == "pending"
    assert client.post("/join/enter/")["Location"] == "/join/"
    assert "being prepared" in client.get("/join/").content.decode()


def test_everybody_gets_the_address_that_is_their_own(client, world, booking, rooms, clock):
    """GR1: a reference of another session is dropped, unseen."""
    now = minutes(booking, 5)
    clock.move_to(now)
    stranger = link_of(booked(world, world.omar, therapist=world.ben.uuid, now=NOW))
    personal = {
        link_of(booking).ref: "https://meet.example/p/1",
        host_link(booking).ref: "https://meet.example/p/2",
        stranger.ref: "https://meet.example/p/3",
    }
    assert told(client, rooms, filled(booking, personal=personal), now).status_code == 202
    assert "p/3" not in room_of(booking).personal
    checked_in(client, booking)
    assert client.post("/join/enter/")["Location"] == "https://meet.example/p/1"
    alma = sign_in(Client(), world.alma.user)
    door = f"/c/harbor/sessions/{booking.session.uuid}/enter/"
    assert alma.post(door)["Location"] == "https://meet.example/p/2"


def test_before_it_opens_the_last_one_wins_afterwards_a_therapist_must_agree(
    client, world, booking, rooms, clock
):
    """video.md 2.3: else a session splits in two rooms."""
    from scheduling.actions.rooms import accept_proposal

    told(client, rooms, filled(booking), NOW)
    told(client, rooms, filled(booking, join_url=OTHER_ROOM), NOW, "msg_2")
    assert room_of(booking).join_url == OTHER_ROOM
    now = minutes(booking, 5)
    clock.move_to(now)
    assert told(client, rooms, filled(booking), now, "msg_3").status_code == 202
    assert room_of(booking).join_url == OTHER_ROOM
    accept_proposal(session=booking.session.uuid, actor=world.actor(world.alma), now=now)
    assert room_of(booking).join_url == ROOM
    assert room_of(booking).proposed == ""


def test_while_secrets_rotate_both_prove(client, booking, rooms, clock):
    old = Connection.objects.get(pk=rooms.pk)
    rooms.secret = f"{signing.new_secret()} {rooms.secret}"
    rooms.save()
    assert told(client, old, filled(booking), NOW).status_code == 202
    assert told(client, rooms, filled(booking), NOW, "msg_2").status_code == 202
    rooms.secret = rooms.secret.split()[0]
    rooms.save()
    assert told(client, old, filled(booking), NOW, "msg_3").status_code == 401


def test_who_is_not_there_and_who_is_switched_off(client, world, booking, rooms, clock):
    body, proof = signed(rooms, filled(booking), NOW)
    answer = client.post(f"/hooks/v1/{uuid4()}/", body, content_type="application/json", **proof)
    assert answer.status_code == 404
    by_hand = platform(world, kind="paste")
    assert told(client, by_hand, filled(booking), NOW).status_code == 404
    Connection.objects.filter(pk=rooms.pk).update(enabled=False)
    assert told(client, rooms, filled(booking), NOW).status_code == 410


def test_without_a_signed_agreement_a_platform_gets_no_room_and_nobody_is_sent_there(
    client, world, clock
):
    """BAA: neither asked, nor filled in, nor pasted to, nor led to (video.md 1)."""
    unsigned = platform(world, outgoing_url="https://meet.example/hook", baa_on_file=None)
    booking = booked(world)
    assert room_of(booking).connection is None
    owe(Event.objects.all(), NOW)
    assert not Task.objects.filter(kind="room").exists()
    assert told(client, unsigned, filled(booking), NOW).status_code == 410
    with pytest.raises(BadRoomAddress):
        pasted(world, booking)
    Connection.objects.filter(pk=unsigned.pk).update(baa_on_file=date(2026, 1, 5))
    pasted(world, booking)
    now = minutes(booking, 5)
    clock.move_to(now)
    checked_in(client, booking)
    Connection.objects.filter(pk=unsigned.pk).update(baa_on_file=None)
    assert client.post("/join/enter/")["Location"] == "/join/"
    Connection.objects.filter(pk=unsigned.pk).update(baa_on_file=date(2026, 1, 5))
    assert client.post("/join/enter/")["Location"] == ROOM


def test_a_platform_with_an_agreement_goes_before_one_without(client, world, clock):
    platform(world, baa_on_file=None)
    signed_one = platform(world)
    assert room_of(booked(world)).connection == signed_one


def test_a_request_that_waits_is_not_sent_once_the_agreement_ended(world, rooms, clock):
    Connection.objects.filter(pk=rooms.pk).update(outgoing_url="https://meet.example/hook")
    booked(world)
    owe(Event.objects.all(), NOW)
    task = Task.objects.get(kind="room")
    Connection.objects.filter(pk=rooms.pk).update(baa_on_file=None)
    assert _compose(task, NOW) is None


def test_a_connection_without_a_good_secret_proves_nobody(client, world, booking, clock):
    empty = platform(world, secret="")
    for header in ({}, {"HTTP_WEBHOOK_SIGNATURE": "v1,"}):
        answer = client.post(
            f"/hooks/v1/{empty.uuid}/", b"{}", content_type="application/json", **header
        )
        assert answer.status_code == 401


def test_guessing_secrets_is_limited(client, booking, rooms, clock):
    """TK10."""
    wrong = {"HTTP_WEBHOOK_SIGNATURE": "v1,AAAA"}
    seen = [told(client, rooms, filled(booking), NOW, **wrong).status_code for _ in range(35)]
    assert (seen[0], seen[-1]) == (401, 429)


def test_only_post_and_no_cookie_of_anybody(client, booking, rooms, clock):
    for method in ("get", "head", "put", "patch", "delete"):
        assert getattr(client, method)(f"/hooks/v1/{rooms.uuid}/").status_code == 405
    answer = told(Client(enforce_csrf_checks=True), rooms, filled(booking), NOW)
    assert answer.status_code == 202
    assert not answer.cookies


@pytest.mark.django_db(transaction=True)
def test_over_the_wire_with_somebody_elses_signer(live_server):
    """TK4: the platform is the `standardwebhooks` package and a plain HTTP client."""
    world = build()
    rooms = platform(world)
    now = datetime.now(UTC).replace(microsecond=0)
    booking = booked_now(world)
    body = json.dumps(filled(booking))
    headers = {
        "webhook-id": "msg_wire",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(rooms.secret).sign("msg_wire", now, body),
        "content-type": "application/json",
    }
    wire = HTTPConnection(urlsplit(live_server.url).netloc, timeout=PATIENCE)
    seen = []
    for _ in range(2):
        wire.request("POST", f"/hooks/v1/{rooms.uuid}/", body, headers)
        answer = wire.getresponse()
        seen.append((answer.status, json.loads(answer.read())["status"]))
    wire.request("POST", f"/hooks/v1/{rooms.uuid}/", body.replace("77", "78"), headers)
    answer = wire.getresponse()
    seen.append((answer.status, json.loads(answer.read())["code"]))
    wire.close()
    assert seen == [(202, "accepted"), (200, "duplicate"), (401, "bad_signature")]
    assert room_of(booking).join_url == ROOM
