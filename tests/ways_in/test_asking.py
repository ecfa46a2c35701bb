"""We ask the platform for a room, and warn while none is there (video.md 2.2, 2.3)."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from standardwebhooks import Webhook

from scheduling.actions.cancel import cancel, undo_cancel
from scheduling.actions.reschedule import reschedule
from scheduling.models import Booking, Room, Task
from scheduling.outbox import queue, rooms
from scheduling.outbox.plan import plan
from scheduling.outbox.transport import Mailer
from scheduling.video import signing
from tests.ways_in.story import booked, host_link, link_of, minutes, pasted, platform
from tests.world import NOW, World, build

pytestmark = pytest.mark.django_db
NAMES = ("Nora", "Quill", "example.org", "310", "1990", "Alma", "CBT", "cbt", "Harbor")


class Platform:
    """Somebody's server: keeps what it was told, answers what `status` says."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict, bytes]] = []
        self.status = 202
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                platform.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(platform.status)
                if platform.status == 302:
                    self.send_header("Location", "http://localhost:1/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args):
                """Silent."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/rooms"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def said(self) -> list[tuple[str, int]]:
        bodies = [json.loads(body) for _, body in self.heard]
        return [(body["type"], body["data"]["generation"]) for body in bodies]


@pytest.fixture
def outside():
    made = Platform()
    yield made
    made.close()


@pytest.fixture
def world(outside) -> World:
    made = build()
    platform(made, outgoing_url=outside.url, outgoing_secret=signing.new_secret())
    return made


def work(now=NOW) -> list[str]:
    """The worker's turn, room tasks alone: plan, then do what is due."""
    plan(now)
    outcomes = []
    for task in Task.objects.filter(queue.UNDONE, kind="room", due_at__lte=now):
        task.attempts += 1
        task.save()
        try:
            outcomes.append(rooms.ask(task, Mailer(), now))
        except queue.Failed as failure:
            queue.failed(task, failure, now)
            outcomes.append(failure.code)
    return outcomes


def test_a_booking_asks_for_a_room(world, outside):
    booking = booked(world)
    assert work() == ["sent"]
    ((headers, body),) = outside.heard
    room = Room.objects.get()
    secret = room.connection.outgoing_secret
    assert int(headers["webhook-timestamp"]) == int(NOW.timestamp())
    expected = signing.sign(signing.keys(secret), headers["webhook-id"], body, NOW)
    assert headers["webhook-signature"] == expected["webhook-signature"]
    assert (
        Webhook(secret).sign(headers["webhook-id"], NOW, body.decode())
        == (headers["webhook-signature"])
    )
    message = json.loads(body)
    assert message["type"] == "room.requested"
    assert message["data"]["binding"] == f"rb_{room.uuid.hex}"
    assert message["data"]["starts_at"] == "2027-03-02T18:00:00Z"
    assert message["data"]["opens_at"] == "2027-03-02T17:50:00Z"
    assert message["data"]["closes_at"] == "2027-03-02T19:20:00Z"
    assert message["data"]["participants"] == [link_of(booking).ref]
    assert message["data"]["hosts"] == [host_link(booking).ref]
    assert room.asked == "1:on"
    assert work() == []


def test_nothing_that_is_asked_names_anybody(world, outside):
    """video.md 0.4: no name, title, modality or clinic leaves with it."""
    booked(world)
    work()
    sent = str(outside.heard)
    assert not [word for word in NAMES if word in sent]


def test_a_move_a_cancel_and_an_undo_are_told(world, outside):
    booking = booked(world)
    work()
    dana = world.actor(world.dana)
    reschedule(
        booking=booking.uuid, start=booking.start + 240, reason="clinic", actor=dana, now=NOW
    )
    work()
    cancel(booking=booking.uuid, reason="clinic", actor=dana, now=NOW)
    work()
    undo_cancel(booking=booking.uuid, actor=dana, now=NOW)
    work()
    assert outside.said == [
        ("room.requested", 1),
        ("room.rescheduled", 2),
        ("room.cancelled", 2),
        ("room.requested", 3),
    ]
    ids = [headers["webhook-id"] for headers, _ in outside.heard]
    assert len(set(ids)) == 4


def test_what_came_to_nothing_before_it_was_asked_is_never_asked(world, outside):
    booking = booked(world)
    cancel(booking=booking.uuid, reason="clinic", actor=world.actor(world.dana), now=NOW)
    assert work() == ["nothing_to_ask"]
    assert outside.heard == []


def test_a_session_by_telephone_asks_for_nothing(world, outside):
    booked(world, medium="telephone")
    assert work() == []


@pytest.mark.parametrize("status", [500, 503, 429, 401, 302])
def test_a_retry_is_the_same_bytes_under_the_same_id(world, outside, status):
    booked(world)
    outside.status = status
    assert work() == [f"answered_{status}"]
    outside.status = 202
    later = NOW + timedelta(minutes=5)
    assert work(later) == ["sent"]
    (first, body), (second, again) = outside.heard
    assert body == again
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]


def test_a_platform_that_says_gone_is_left_alone_and_staff_see_it(world, outside):
    booked(world)
    outside.status = 410
    assert work() == ["answered_410"]
    task = Task.objects.get(kind="room")
    assert (task.gave_up_at, task.outcome) == (NOW, "answered_410")


def test_a_server_that_is_down_is_tried_again(world, outside):
    booked(world)
    room = Room.objects.get()
    room.connection.outgoing_url = "http://127.0.0.1:1/rooms"
    room.connection.save()
    assert work() == ["unreachable"]
    assert Task.objects.get(kind="room").gave_up_at is None


@pytest.mark.parametrize("url", ["http://rooms.example/", "file:///etc/passwd", "ftp://x/"])
def test_it_asks_over_tls_alone(world, url, outside):
    """EN1."""
    booked(world)
    room = Room.objects.get()
    room.connection.outgoing_url = url
    room.connection.save()
    assert work() == ["not_https"]
    assert Task.objects.get(kind="room").gave_up_at == NOW


def test_what_changes_while_it_is_asked_is_asked_next(world, outside, monkeypatch):
    booking = booked(world)
    post = rooms.post

    def post_and_move(url, body, headers):
        monkeypatch.setattr(rooms, "post", post)
        answer = post(url, body, headers)
        dana = world.actor(world.dana)
        reschedule(
            booking=booking.uuid, start=booking.start + 240, reason="clinic", actor=dana, now=NOW
        )
        return answer

    monkeypatch.setattr(rooms, "post", post_and_move)
    work()
    work()
    assert outside.said == [("room.requested", 1), ("room.rescheduled", 2)]
    assert Room.objects.get().asked == "2:on"


# Warnings


@pytest.fixture
def mails(settings):
    """Messages in the outbox, as (recipient, text)."""
    settings.EMAIL_BACKEND = "scheduling.outbox.mail.OutboxBackend"

    def read():
        tasks = Task.objects.filter(kind="account_mail").order_by("pk")
        return [(task.recipient, task.message) for task in tasks]

    return read


def test_a_missing_room_is_told_of_three_times_and_not_more(world, mails):
    """video.md 2.8.9."""
    booking = booked(world)
    told = []
    for left in (61, 60, 59, 30, 16, 15, 14, 6, 5, 4, 1, 0, -5):
        if rooms.warn_unfilled(minutes(booking, left)):
            told.append(left)
    assert told == [60, 15, 5]
    assert [recipient for recipient, _ in mails()] == ["alma@example.org"] * 3
    recipient, text = mails()[0]
    assert "Subject: A room is missing" in text
    assert f"/c/harbor/sessions/{booking.session.uuid}/" in text
    assert "10:00 AM" in text
    for word in ("Nora", "Quill", "CBT", "Harbor", booking.reference):
        assert word not in text.replace("/c/harbor/", "")


def test_a_worker_that_was_away_warns_once(world, mails):
    booking = booked(world)
    assert rooms.warn_unfilled(minutes(booking, 4)) == 1
    assert rooms.warn_unfilled(minutes(booking, 3)) == 0


def test_no_warning_where_there_is_a_room_or_no_session(world, mails):
    filled_in = booked(world)
    pasted(world, filled_in)
    assert rooms.warn_unfilled(minutes(filled_in, 5)) == 0
    off = booked(world, world.omar, therapist=world.ben.uuid)
    cancel(booking=off.uuid, reason="clinic", actor=world.actor(world.dana), now=NOW)
    assert rooms.warn_unfilled(minutes(off, 5)) == 0
    assert mails() == []


def test_after_a_move_the_warnings_begin_anew(world, mails):
    booking = booked(world)
    rooms.warn_unfilled(minutes(booking, 60))
    dana = world.actor(world.dana)
    reschedule(
        booking=booking.uuid, start=booking.start + 240, reason="clinic", actor=dana, now=NOW
    )
    moved = Booking.objects.get(pk=booking.pk)
    assert rooms.warn_unfilled(minutes(moved, 60)) == 1
