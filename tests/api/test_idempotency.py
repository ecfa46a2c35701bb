"""The same Idempotency-Key: done once, answered alike."""

import json
from datetime import timedelta

import pytest
from django.db import connection

from accounts.errors import AuditFailed
from scheduling.models import Booking, Event, StoredReply
from scheduling.outbox import sweeps
from tests.api.caller import Caller
from tests.databases import fresh_database
from tests.world import NOW, build

KEY = "9f6d1c7e-4b1d-4a53-8a0e-6b8f6c0d2a11"


def test_a_hold_is_taken_once(caller, slot):
    stranger = caller()
    first = stranger.post("holds/", slot(), Idempotency_Key=KEY)
    again = stranger.post("holds/", slot(), Idempotency_Key=KEY)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json() and first.json()["secret"]
    assert "Idempotency-Replayed" not in first and again["Idempotency-Replayed"] == "true"
    assert Booking.objects.count() == 1


def test_another_request_under_the_same_key(caller, slot):
    stranger = caller()
    stranger.post("holds/", slot(), Idempotency_Key=KEY)
    other = stranger.post("holds/", slot("2027-03-02T13:00-08:00"), Idempotency_Key=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert Booking.objects.count() == 1


def test_every_write_knows_it(world, caller, slot):
    """Book, move, cancel, take back, change: each once, whatever the program repeats."""
    nora = caller(world.nora)
    held = nora.post("holds/", slot("2027-03-08T10:00-08:00")).json()
    secret = {"X_Hold_Secret": held["secret"]}
    book = {"hold": held["id"], "secret": held["secret"]}
    steps = [("post", f"holds/{held['id']}/extend/", None), ("post", "bookings/", book)]
    steps = [(*step, f"key-{n}") for n, step in enumerate(steps)]
    told = {}
    for method, path, body, key in steps:
        told = twice(nora, method, path, body, key, **secret)
    here = f"bookings/{told['id']}"
    twice(nora, "post", f"{here}/reschedule/", {"start": "2027-03-09T10:00-08:00"}, "key-3")
    twice(nora, "post", f"{here}/cancel/", None, "key-4")
    twice(nora, "post", f"{here}/undo-cancel/", None, "key-5")
    twice(nora, "patch", "me/", {"called": "Nono"}, "key-6")
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["booked", "moved", "cancelled", "restored"]


def twice(who: Caller, method: str, path: str, body, key: str, **headers: str) -> dict:
    first, again = (
        who.send(method, path, body, headers | {"Idempotency_Key": key}) for _ in range(2)
    )
    assert first.status_code == again.status_code < 300, (path, first.content, again.content)
    assert first.json() == again.json(), path
    return again.json()


def test_giving_back_twice(caller, slot):
    held = caller().post("holds/", slot()).json()
    for _ in range(2):
        answer = caller().delete(
            f"holds/{held['id']}/", X_Hold_Secret=held["secret"], Idempotency_Key="k"
        )
        assert answer.status_code == 204


def test_keys_are_each_persons_own(world, caller, slot):
    first = caller(world.nora).post("holds/", slot(), Idempotency_Key="k1")
    other = caller(world.omar).post("holds/", slot(), Idempotency_Key="k1")
    assert first.status_code == 201
    assert other.json()["code"] == "slot_gone"


@pytest.mark.parametrize("key", ["", " ", "k" * 101, "schlüssel" * 3, "short"])
def test_a_key_that_is_none(caller, slot, key: str):
    """Where nobody is signed in, who guesses the key would read the hold's secret."""
    answer = caller().post("holds/", slot(), Idempotency_Key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")


def test_what_was_refused_may_be_tried_again(world, caller, slot):
    """A refusal changed nothing, so it is not kept."""
    nora, omar = caller(world.nora), caller(world.omar)
    held = omar.post("holds/", slot()).json()
    assert nora.post("holds/", slot(), Idempotency_Key="k").json()["code"] == "slot_gone"
    omar.delete(f"holds/{held['id']}/", X_Hold_Secret=held["secret"])
    assert nora.post("holds/", slot(), Idempotency_Key="k").status_code == 201


def test_a_refusal_leaves_its_audit_row(world, caller, slot):
    """LG1: the key's transaction does not swallow it."""
    from accounts.models import AuditRow

    nora = caller(world.nora)
    nora.post("holds/", slot(place="TX"), Idempotency_Key="k")
    row = AuditRow.objects.latest("pk")
    assert (row.action, row.outcome, row.code) == ("hold.take", "refused", "not_licensed")
    assert not StoredReply.objects.exists()


def test_a_crash_leaves_neither(world, caller, slot, monkeypatch):
    """LG7: the answer's row and the action are one transaction."""
    nora = caller(world.nora)
    held = nora.post("holds/", slot()).json()
    hold = {"hold": held["id"], "secret": held["secret"]}

    def broken(*args, **kwargs):
        raise AuditFailed

    with monkeypatch.context() as patch:
        patch.setattr("scheduling.actions.reply.seal", broken)
        answer = nora.post("bookings/", hold, Idempotency_Key="k")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert not Booking.objects.filter(state="booked").exists()
    assert not StoredReply.objects.exists()
    assert nora.post("bookings/", hold, Idempotency_Key="k").status_code == 201


def test_neither_key_nor_answer_is_kept_in_clear(caller, slot):
    """EN2: the hold's secret is in the answer."""
    told = caller().post("holds/", slot(), Idempotency_Key=KEY).json()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM scheduling_storedreply")
        kept = str(cursor.fetchall())
    assert told["secret"] not in kept and KEY not in kept and told["id"] not in kept


def test_an_answer_is_not_repeated_to_who_may_no_longer_read_it(world, caller, slot):
    """AC6."""
    dana = caller(world.dana)
    body = slot() | {"patient": world.nora.reference}
    assert dana.post("bookings/", body, Idempotency_Key="k").status_code == 201
    Booking.objects.update(clinic=build("cove", "Twin").clinic)
    assert dana.post("bookings/", body, Idempotency_Key="k").status_code == 404


def test_answers_are_kept_for_a_day_at_least_and_then_forgotten(world, caller, slot):
    caller(world.nora).post("holds/", slot(), Idempotency_Key="k")
    assert sweeps.forget_replies(NOW + timedelta(days=1)) == 0
    assert sweeps.forget_replies(NOW + timedelta(days=3)) == 1


@pytest.mark.django_db
def test_four_at_once_are_one(tmp_path):
    """The others wait for the first, and answer the same. On a database of its own, by threads."""
    with fresh_database(tmp_path) as database:
        told = json.loads(database.run("-m", "tests.api.at_once", KEY).splitlines()[-1])
    assert told["statuses"] == [201] * 4
    assert len(set(told["answers"])) == 1
    assert told["bookings"] == 1 and sorted(told["replayed"]) == [False, True, True, True]
