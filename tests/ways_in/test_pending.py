"""A platform asks which rooms it still owes (video.md 2.2): signed, and of nobody (TK4)."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from accounts.models import AuditRow
from scheduling.actions.cancel import cancel
from scheduling.engine.interval import from_minute
from scheduling.models import Booking, Connection, Room
from scheduling.video import links, pending, signing
from tests.ways_in.story import (
    TUESDAY_10,
    booked,
    filled,
    host_link,
    link_of,
    platform,
    rows_of_everything,
    told,
)
from tests.world import NOW, World, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def rooms(world) -> Connection:
    return platform(world)


@pytest.fixture
def booking(world, rooms) -> Booking:
    return booked(world)


def where_to(rooms: Connection, cursor: str = "") -> str:
    path = f"/hooks/v1/{rooms.uuid}/pending/"
    return f"{path}?cursor={cursor}" if cursor else path


def ask(client, rooms, path="", *, signed_path="", keys=None, now=NOW, message_id="", sign=True):
    """A question as its platform would put it."""
    path = path or where_to(rooms)
    whose, message_id = keys or rooms, message_id or f"msg_{uuid4().hex}"
    proof = signing.sign(
        signing.keys(whose.secret), message_id, (signed_path or path).encode(), now
    )
    return client.get(path, headers=proof if sign else {})


def bindings(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [one["binding"] for one in answer.json()["pending"]]


def binding(booking: Booking) -> str:
    return links.binding_of(Room.objects.get(session=booking.session_id))


def test_what_is_wanted_is_told_without_a_word_about_anybody(client, world, booking, rooms, clock):
    """PR1, TK4: opaque references and times. LG1: whose they are is on record."""
    answer = ask(client, rooms)
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {
        "pending": [
            {
                "binding": binding(booking),
                "generation": 1,
                "opens_at": "2027-03-02T17:50:00Z",
                "starts_at": "2027-03-02T18:00:00Z",
                "ends_at": "2027-03-02T18:50:00Z",
                "closes_at": "2027-03-02T19:20:00Z",
                "seats": 2,
                "hosts": [host_link(booking).ref],
                "participants": [link_of(booking).ref],
                "waiting_room": True,
                "recording": False,
            }
        ],
        "next": None,
    }
    row = AuditRow.objects.get(action="hook.pending")
    assert (row.actor_kind, row.actor_id, row.outcome) == ("platform", str(rooms.uuid), "ok")
    assert row.subject_id == str(world.nora.pk)


def test_only_what_is_still_to_be_filled_in(client, world, booking, rooms, clock):
    """Not the filled, the cancelled, the telephone's, nor what is over."""
    ready = booked(world, world.omar, therapist=world.ben.uuid)
    told(client, rooms, filled(ready), NOW)
    gone = booked(world, world.omar, start=TUESDAY_10 + 120)
    cancel(booking=gone.uuid, reason="clinic", actor=world.actor(world.dana), now=NOW)
    booked(world, world.omar, start=TUESDAY_10 + 240, medium="telephone")
    assert bindings(ask(client, rooms)) == [binding(booking)]
    closes = from_minute(booking.end) + timedelta(minutes=30)
    clock.move_to(closes - timedelta(seconds=1))
    assert bindings(ask(client, rooms, now=closes)) == [binding(booking)]
    clock.move_to(closes)
    assert bindings(ask(client, rooms, now=closes)) == []


def test_another_platforms_and_another_clinics_are_not_told(client, world, booking, rooms, clock):
    """TK4, AC3."""
    twin = build("twin", "2")
    theirs = platform(twin)
    booked(twin)
    second = platform(world)
    assert bindings(ask(client, rooms)) == [binding(booking)]
    assert bindings(ask(client, second)) == []
    assert ask(client, rooms, where_to(rooms, "rb_" + uuid4().hex)).status_code == 422
    assert ask(client, second, where_to(second, binding(booking))).status_code == 422
    assert ask(client, rooms, keys=theirs).status_code == 401
    assert ask(client, theirs, where_to(rooms), keys=theirs).status_code == 401


def test_it_goes_on_page_by_page_the_oldest_first(client, world, rooms, clock, monkeypatch):
    made = [booked(world, start=TUESDAY_10 + 60 * n) for n in (3, 0, 1)]
    monkeypatch.setattr(pending, "MOST", 2)
    first = ask(client, rooms)
    assert bindings(first) == [binding(one) for one in made[:2]]
    onward = first.json()["next"]
    assert onward == binding(made[1])
    told(client, rooms, filled(made[1]), NOW)  # what was filled in meanwhile is no gap
    last = ask(client, rooms, where_to(rooms, onward))
    assert (bindings(last), last.json()["next"]) == ([binding(made[2])], None)


def test_many_cost_as_few_queries_as_one(
    client, world, booking, rooms, clock, django_assert_num_queries
):
    ask(client, rooms)
    for n in (1, 2, 3):
        booked(world, start=TUESDAY_10 + 60 * n)
    with django_assert_num_queries(2):
        assert len(pending._listed(pending._unfilled(rooms, 0, NOW)).body["pending"]) == 4


@pytest.mark.parametrize("cursor", ["0", "rb_", "rb_zzz", "%27", "a" * 3000])
def test_a_cursor_that_is_none_of_ours(client, booking, rooms, cursor, clock):
    answer = ask(client, rooms, where_to(rooms, cursor))
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_field")
    assert answer.json()["field"] == "cursor"


def refused(answer, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"type", "title", "status", "code"}


def test_no_or_a_wrong_signature(client, booking, rooms, clock):
    """TK4: whatever is wrong, the answer is one, and denied in the audit."""
    before = rows_of_everything()
    path = where_to(rooms)
    refused(ask(client, rooms, sign=False), 401, "bad_signature")
    refused(ask(client, rooms, signed_path=path + "?cursor=x"), 401, "bad_signature")
    refused(ask(client, rooms, signed_path=f"/hooks/v1/{rooms.uuid}/"), 401, "bad_signature")
    refused(ask(client, rooms, path + "?cursor=x", signed_path=path), 401, "bad_signature")
    for seconds in (-301, 301):
        late = NOW + timedelta(seconds=seconds)
        refused(ask(client, rooms, now=late), 401, "bad_signature")
    assert rows_of_everything() == before
    rows = AuditRow.objects.filter(action="hook.pending", subject_id="")
    assert {(row.outcome, row.code) for row in rows} == {("denied", "bad_signature")}


def test_the_proof_of_a_callback_opens_no_list_and_the_other_way_round(
    client, booking, rooms, clock
):
    """TK4: what is signed says what it is for."""
    path = where_to(rooms)
    proof = signing.sign(signing.keys(rooms.secret), "msg_9", path.encode(), NOW)
    url = f"/hooks/v1/{rooms.uuid}/"
    answer = client.post(url, path, content_type="application/json", headers=proof)
    assert (answer.status_code, answer.json()["code"]) == (400, "not_json")


def test_a_question_that_was_overheard_is_not_answered_again(client, booking, rooms, clock):
    """TK4: a replay."""
    assert ask(client, rooms, message_id="msg_once").status_code == 200
    refused(ask(client, rooms, message_id="msg_once"), 401, "bad_signature")
    told(client, rooms, filled(booking), NOW, "msg_callback")
    refused(ask(client, rooms, message_id="msg_callback"), 401, "bad_signature")


@pytest.mark.parametrize("fields", [{"enabled": False}, {"baa_on_file": None}])
def test_who_is_switched_off_or_has_no_agreement_is_told_nothing(
    client, booking, rooms, fields, clock
):
    Connection.objects.filter(pk=rooms.pk).update(**fields)
    refused(ask(client, rooms), 410, "disabled")
    Connection.objects.filter(pk=rooms.pk).update(enabled=True, baa_on_file=date(2026, 1, 5))
    assert bindings(ask(client, rooms)) == [binding(booking)]


def test_a_secret_that_was_taken_away_proves_nobody(client, booking, rooms, clock):
    """TK4: both count while they rotate; then the old one is revoked."""
    old = Connection.objects.get(pk=rooms.pk)
    rooms.secret = f"{signing.new_secret()} {rooms.secret}"
    rooms.save()
    assert ask(client, rooms, keys=old).status_code == 200
    rooms.secret = rooms.secret.split()[0]
    rooms.save()
    refused(ask(client, rooms, keys=old), 401, "bad_signature")
    assert ask(client, rooms).status_code == 200


def test_who_is_not_there_and_who_has_nothing_to_ask(client, world, booking, rooms, clock):
    nobody = f"/hooks/v1/{uuid4()}/pending/"
    refused(ask(client, rooms, nobody), 404, "not_found")
    by_hand = platform(world, kind="paste")
    refused(ask(client, by_hand), 404, "not_found")


def test_guessing_is_limited(client, booking, rooms, clock):
    """TK10."""
    seen = [ask(client, rooms, sign=False).status_code for _ in range(35)]
    assert (seen[0], seen[-1]) == (401, 429)


def test_only_get(client, booking, rooms, clock):
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(where_to(rooms)).status_code == 405
