"""The worker as a real process against a real mail server, killed at every kind of point.

Nothing is lost, and at most one message is repeated per kill, then byte for byte.
"""

from __future__ import annotations

import json
import mailbox
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.calendars.receiver import Receiver
from tests.databases import PATIENCE, fresh_database
from tests.outbox import returned
from tests.ready import Forked

TOP = Path(__file__).resolve().parents[2]
LEASE = 1  # seconds; what a killed worker held is taken up after that


@pytest.fixture(scope="module")
def environment(tmp_path_factory, mail_server) -> Iterator[dict[str, str]]:
    """A database of its own, SQLite or PostgreSQL as the suite runs, and the mail server."""
    folder = tmp_path_factory.mktemp("worker")
    with fresh_database(folder) as database:
        yield database.env(
            TELEHEALTH_VAR=str(folder),
            DJANGO_SETTINGS_MODULE="telehealth.settings",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=str(mail_server[1].port),
            SITE_URL="https://clinic.example",
            DEFAULT_FROM_EMAIL="mail@clinic.example",
            OUTBOX_LEASE_SECONDS=str(LEASE),
        )


class Stage:
    def __init__(self, environment: dict[str, str]) -> None:
        self.process = Forked(["-m", "tests.outbox.stage"], environment)
        assert self.answer() == "ready"

    def __call__(self, do: str, **said):
        self.process.stdin.write(json.dumps({"do": do, **said}) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self):
        return json.loads(self.process.stdout.readline())

    def settle(self) -> None:
        """Wait until nothing is owed any more."""
        end = time.monotonic() + PATIENCE
        while self("owed"):
            assert time.monotonic() < end, self("tasks")
            time.sleep(0.05)

    def close(self) -> None:
        self.process.communicate(PATIENCE)


@pytest.fixture(scope="module")
def staged(environment) -> Iterator[Stage]:
    made = Stage(environment)
    yield made
    made.close()


@pytest.fixture
def stage(staged, mail_server) -> Iterator[Stage]:
    mail_server[0].clear()
    yield staged
    mail_server[0].clear()
    staged("clear")


@pytest.fixture
def smtp(mail_server):
    return mail_server[0]


@contextmanager
def working(environment, *flags: str) -> Iterator[Forked]:
    worker = Forked(["manage.py", "worker", *flags], environment)
    try:
        yield worker
    finally:
        worker.kill()
        worker.communicate(PATIENCE)


def kill(worker: Forked) -> None:
    worker.kill()
    worker.wait(PATIENCE)


def repeats(smtp) -> int:
    """How many messages came again; each with the bytes it had the first time."""
    seen: dict[str, bytes] = {}
    for message in smtp.messages:
        assert seen.setdefault(message.id, message.data) == message.data
    return len(smtp.messages) - len(seen)


def test_killed_after_the_message_was_taken_it_is_repeated_byte_for_byte(environment, stage, smtp):
    """The kill falls between the server's taking it and the worker's noting it."""
    smtp.stall = "data"
    stage("book")
    with working(environment) as worker:
        assert smtp.stalled.wait(PATIENCE)
        kill(worker)
    smtp.stall = ""
    with working(environment):
        smtp.wait(3)
        stage.settle()
    assert repeats(smtp) == 1
    assert len({message.id for message in smtp.messages}) == 2
    assert {task["outcome"] for task in stage("tasks")} == {"sent"}


def test_the_numbers_of_the_week_come_by_mail(environment, stage, smtp):
    """By the real clock: on whatever day it runs, the clinic's week has begun."""
    stage("asks_for_the_week", wanted=True)
    with working(environment, "--once") as worker:
        worker.wait(PATIENCE)
    stage("asks_for_the_week", wanted=False)
    (mail,) = smtp.to("ada@example.org")
    assert "Offered: 80:00 (80:00)" in mail.text and "Booked: 0:00 (0:00)" in mail.text


def test_killed_before_the_message_was_taken_nobody_hears_the_end_of_what_they_never_heard_of(
    environment, stage, smtp
):
    """Cancelled meanwhile: the message that may have gone goes, and then its CANCEL; the therapist
    was told nothing and hears nothing."""
    smtp.stall = "rcpt"
    dropped, _kept = stage("book", count=2)
    with working(environment) as worker:
        assert smtp.stalled.wait(PATIENCE)  # on the way to the patient of the first
        kill(worker)
    smtp.stall = ""
    stage("cancel", seat=dropped)
    with working(environment) as worker:
        smtp.wait(4)
        stage.settle()
        worker.terminate()
        assert worker.wait(PATIENCE) == 0, "asked to stop, it stops by itself"
    assert repeats(smtp) == 0
    methods = Counter(message.calendar["method"] for message in smtp.to("nora@example.org"))
    assert methods == {"REQUEST": 2, "CANCEL": 1}
    story = [m.calendar["method"] for m in smtp.to("nora@example.org")]
    assert story.index("CANCEL") > 0
    assert [m.calendar["method"] for m in smtp.to("alma@example.org")] == ["REQUEST"]


def test_a_series_survives_a_kill_as_one_mail_each(environment, stage, smtp):
    """Killed after the first mail was taken; then dates move, are cancelled, and it is killed
    again: the same bytes come again, and in the end each calendar holds what stands in ours."""
    smtp.stall = "data"
    seats = stage("repeat", count=52)
    with working(environment) as worker:
        assert smtp.stalled.wait(PATIENCE)
        kill(worker)
    smtp.stalled.clear()
    stage("move_by_an_hour", seat=seats[3])
    stage("cancel", seat=seats[5])
    with working(environment) as worker:
        assert smtp.stalled.wait(PATIENCE)
        kill(worker)
    smtp.stall = ""
    with working(environment):
        stage.settle()
    assert 1 <= repeats(smtp) <= 2
    truth = stage("truth")
    assert len(truth) == 51
    for who in ("nora@example.org", "alma@example.org"):
        calendar = Receiver()
        for message in {m.id: m for m in smtp.to(who)}.values():
            calendar.take(message.calendar_bytes)
        assert [f"{start:%Y%m%dT%H%M%SZ}" for start, _ in calendar.shows()] == truth
    assert len({m.id for m in smtp.to("nora@example.org")}) == 2
    assert len({m.id for m in smtp.to("alma@example.org")}) == 1


def test_killed_anywhere_nothing_is_lost_and_little_comes_twice(environment, stage, smtp):
    count, kills, dice = 10, 2, random.Random(17)
    smtp.slow = 0.02
    stage("book", count=count)
    for _ in range(kills):
        before = len(smtp.messages)
        with working(environment) as worker:
            smtp.wait(min(before + 1, 2 * count))
            time.sleep(dice.uniform(0, 0.15))
            kill(worker)
    smtp.slow = 0
    with working(environment):
        stage.settle()
    assert Counter(m.to for m in {m.id: m for m in smtp.messages}.values()) == {
        "nora@example.org": count,
        "alma@example.org": count,
    }
    assert repeats(smtp) <= kills
    assert all(task["done_at"] for task in stage("tasks"))


def test_several_workers_send_each_message_once_and_what_was_told_last_is_what_is(
    environment, stage, smtp
):
    """Three workers send while people go on moving and cancelling: SEQUENCE rises message by
    message, and in the end each calendar holds what stands in ours."""
    smtp.slow = 0.02
    dice = random.Random(5)
    seats = stage("book", count=10)
    patient = environment | {"OUTBOX_LEASE_SECONDS": "60"}  # however slow this machine is
    with working(patient), working(patient), working(patient):
        smtp.wait(1)
        for _ in range(12):
            stage("move", seat=dice.choice(seats))
            time.sleep(dice.uniform(0, 0.05))
        for seat in seats[:2]:
            stage("cancel", seat=seat)
        stage.settle()
    truth = stage("truth")
    assert len(truth) == 8
    for who in ("nora@example.org", "alma@example.org"):
        told: dict[str, list] = {}
        for message in smtp.to(who):
            told.setdefault(str(message.event["uid"]), []).append(message)
        last = []
        for story in told.values():
            assert [m.event["sequence"] for m in story] == list(range(len(story)))
            stamps = [m.event.DTSTAMP for m in story]
            assert all(a < b for a, b in zip(stamps, stamps[1:], strict=False))
            if story[-1].calendar["method"] == "REQUEST":
                last.append(story[-1].event["dtstart"].to_ical().decode())
        assert sorted(last) == truth
    assert repeats(smtp) == 0
    assert max(task["attempts"] for task in stage("tasks")) == 1


def test_from_the_page_to_the_calendar(environment, stage, smtp):
    """Nora books, moves and cancels on the pages; the worker and the mail server are processes.

    TK6: every link is on the site of the settings, whatever host a browser claims, and opens.
    """
    assert stage("forged") == 400
    seat = stage("book_at_the_page")
    with working(environment):
        smtp.wait(2)
        assert stage("move_at_the_page", seat=seat) == 302
        smtp.wait(4)
        links = re.findall(r"https?://\S+", smtp.to("nora@example.org")[-1].text)
        assert len(links) == 2
        for link in links:
            assert link.startswith("https://clinic.example/")
            assert stage("opens", path=link.removeprefix("https://clinic.example")) == 200
        assert stage("cancel_at_the_page", seat=seat) == 302
        smtp.wait(6)
    for who in ("nora@example.org", "alma@example.org"):
        story = [(m.calendar["method"], m.event["sequence"]) for m in smtp.to(who)]
        assert story == [("REQUEST", 0), ("REQUEST", 1), ("CANCEL", 2)]


def test_by_telephone_from_the_page_to_the_mail_to_the_door(environment, stage, smtp):
    """TH1: a telephone session's mail leads to the page that asks for the place."""
    stage("book_at_the_page", medium="telephone")
    with working(environment):
        smtp.wait(2)
    (mine,) = smtp.to("nora@example.org")
    assert "we will call you at the number you gave us" in mine.text
    (door,) = re.findall(r"https://clinic\.example(/j/\S+)", mine.text)
    page = stage("shows", path=door)
    assert "By telephone" in page and "We will call you." in page


def test_a_reminder_goes_out_and_none_after_a_cancel(environment, stage, smtp):
    """The worker sweeps by itself: who booked yesterday for soon is reminded once; after a cancel
    another worker has nothing left to say but that."""
    seat = stage("book_yesterday")
    with working(environment):
        smtp.wait(3)
        stage.settle()
    hers = smtp.to("nora@example.org")
    (reminder,) = [message.text for message in hers if message.calendar is None]
    assert len(hers) == 2 and "reminder" in reminder
    before = len(smtp.messages)
    stage("cancel", seat=seat)
    stage("cancel", seat=stage("book_yesterday"))  # nobody had heard of this one
    with working(environment):
        smtp.wait(before + 2)
        stage.settle()
    after = smtp.messages[before:]
    assert [m.calendar and m.calendar["method"] for m in after] == ["CANCEL", "CANCEL"]


def test_what_comes_back_is_read_by_the_worker(environment, stage, smtp, tmp_path):
    """Sent by one worker, returned to the envelope's sender, noticed by the next one."""
    box = mailbox.Maildir(tmp_path / "bounces")
    own = {"BOUNCE_ADDRESS": "bounces@clinic.example", "BOUNCE_MAILDIR": str(tmp_path / "bounces")}
    stage("book")
    with working(environment | own):
        smtp.wait(2)
        stage.settle()
    (mine,) = smtp.to("nora@example.org")
    assert mine.sender == "bounces@clinic.example"
    box.add(returned.microsoft(mine.data))
    with working(environment | own):
        end = time.monotonic() + PATIENCE
        while len(box):
            assert time.monotonic() < end, stage("tasks")
            time.sleep(0.05)
    outcomes = {task["kind"]: task["outcome"] for task in stage("tasks")}
    assert outcomes == {"tell_patient": "bounced:5.1.10", "tell_therapist": "sent"}


def test_a_clinics_first_day(environment, stage, smtp):
    """`manage.py createclinic`, the invitation and the code by real mail, the second factor, and
    the first admin stands in the office. No process but these has to know the link."""
    command = [sys.executable, "manage.py", "createclinic", "--name", "Quiet Bay"]
    command += ["--slug", "quiet-bay", "--zone", "America/Denver", "--phone", "555-0177"]
    command += ["--admin-email", "Ida@example.org", "--admin-name", "Ida Reed"]
    done = subprocess.run(command, cwd=TOP, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "https://clinic.example/c/quiet-bay/" in done.stdout
    with working(environment):
        smtp.wait(1)
        (link,) = re.findall(r"https://clinic\.example(/invite/\S+)", smtp.messages[0].text)
        door, _page = stage("knocks", path=link, email="ida@example.org")
        assert door.startswith("/sign-in/?next=%2Finvite%2F")
        smtp.wait(2)
    assert [message.to for message in smtp.messages] == ["ida@example.org"] * 2
    (code,) = re.findall(r"^\s*([A-Z0-9-]{4,12})\s*$", smtp.messages[1].text, re.M)
    back, office, enrol = stage("accepts", path=link, code=code)
    assert (back, office) == (link, "/c/quiet-bay/office/")
    assert enrol == "/accounts/2fa/totp/activate/"
    status, page = stage("reads", path=office)
    assert status == 200 and "Quiet Bay" in page
    assert stage("reads", path="/c/harbor/office/")[0] == 404


def test_drain_ends_when_nothing_is_due(environment, stage, smtp):
    """As a person starts it, from its first byte."""
    stage("book")
    command = [sys.executable, "manage.py", "worker", "--drain"]
    done = subprocess.run(command, cwd=TOP, env=environment, stderr=subprocess.DEVNULL)
    assert done.returncode == 0
    assert len(smtp.messages) == 2
