"""One shape for everything that is refused, and nothing of the inside in it."""

import pytest

from accounts.errors import AuditFailed
from scheduling.models import Booking


def test_what_is_not_there_is_one_answer(world, caller):
    """AC2: no such route, no such clinic, no such row, not visible."""
    nora = caller(world.nora)
    absent = "00000000-0000-4000-8000-000000000000"
    paths = [
        "/api/",
        "/api/v2/",
        "/api/v1/clinics/nowhere/bookings/",
        "nothing/",
        "bookings/17/",
        f"bookings/{absent}/",
        f"holds/{absent}/",
    ]
    answers = [nora.get(path) for path in paths]
    # A token is good in its own clinic alone.
    assert [answer.status_code for answer in answers] == [404, 404, 401, 404, 404, 404, 404]
    found = [answer for answer in answers if answer.status_code == 404]
    assert len({answer.content for answer in found}) == 1
    assert {answer["Content-Type"] for answer in found} == {"application/problem+json"}


def test_without_its_record_nothing_is_done(world, caller, slot, monkeypatch):
    """LG7: 503, and the booking is not made."""
    nora = caller(world.nora)
    held = nora.post("holds/", slot()).json()

    def broken(*args, **kwargs):
        raise AuditFailed

    monkeypatch.setattr("accounts.audit.record", broken)
    hold = {"hold": held["id"], "secret": held["secret"]}
    for answer in (nora.post("bookings/", hold), nora.get("bookings/"), nora.get("me/")):
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer["Retry-After"] == "30"
    assert not Booking.objects.filter(state="booked").exists()


def test_our_own_mistake_says_nothing_of_the_inside(world, caller, monkeypatch):
    """EN5."""
    nora = caller(world.nora)
    nora.client.raise_request_exception = False

    def broken(*args, **kwargs):
        raise ValueError("Nora Canary was here")

    monkeypatch.setattr("scheduling.policy.visible", broken)
    answer = nora.get("bookings/")
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
    for word in ("Canary", "ValueError", "scheduling", "Traceback"):
        assert word not in answer.content.decode()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "me/"),
        ("patch", "me/"),
        ("get", "bookings/"),
        ("post", "bookings/"),
        ("get", "bookings/{id}/"),
        ("post", "bookings/{id}/reschedule/"),
        ("post", "bookings/{id}/cancel/"),
        ("post", "bookings/{id}/undo-cancel/"),
        ("get", "/api/v1/schema/"),
    ],
)
def test_nobody_is_let_in_who_has_not_signed_in(world, caller, book, method: str, path: str):
    """AC1: 401, whether the row is there or not."""
    hers = book(caller(world.nora))["id"]
    answers = []
    for uuid in (hers, "00000000-0000-4000-8000-000000000000"):
        address = path.replace("{id}", uuid)
        send = getattr(caller(), method)
        answers.append(send(address, {}) if method != "get" else send(address))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
