"""What comes back after a server had accepted it: read, shown to the office, tried again."""

from __future__ import annotations

import mailbox
import re
import smtplib
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import AuditRow, Invitation
from scheduling.actions.messages import retry
from scheduling.models import Invite, Task
from scheduling.outbox import bounces, remind
from scheduling.outbox.dsn import lost
from tests.outbox import returned
from tests.outbox.acts import TUESDAY, booked, cancelled, in_vain, moved
from tests.web.desk import OFFICE, at_work
from tests.web.patient import text_of
from tests.world import NOW, at

pytestmark = pytest.mark.django_db
SWEPT = [bounces.read_bounces, remind.sweep]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NORA = "nora@example.org"


@pytest.fixture
def sink(over_a_socket):
    return over_a_socket


@pytest.fixture
def box(settings, tmp_path) -> mailbox.Maildir:
    """The mailbox of what comes back."""
    settings.BOUNCE_ADDRESS = "bounces@clinic.example"
    settings.BOUNCE_MAILDIR = str(tmp_path / "bounces")
    return mailbox.Maildir(settings.BOUNCE_MAILDIR)


def to_nora() -> Task:
    return Task.objects.filter(kind="tell_patient").latest("pk")


@pytest.fixture
def sent(world, sink, work, box):
    """What Nora's mail server took: the confirmation."""
    booked(world)
    work()
    (mine,) = sink.to(NORA)
    sink.clear()
    return mine


def come_back(sink, box, notice: bytes, *, to: str, port: int) -> None:
    """As a mail server hands it over: by SMTP, from nobody; and as the clinic's own keeps it."""
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.sendmail("", [to], notice)
    (message,) = sink.to(to)
    assert message.sender == "<>"
    box.add(message.data)
    sink.messages.remove(message)


@pytest.mark.parametrize("shape", returned.SHAPES)
def test_from_the_worker_over_a_socket_and_back_to_the_office(
    world, sink, work, box, sent, clock, settings, shape
):
    """It goes out from the address for such news, comes back there, is shown with its reason and
    the button, and goes out again as what is true by then."""
    write, status = returned.SHAPES[shape]
    assert sent.sender == "bounces@clinic.example"
    assert sent.mail["From"] == "Appointments <mail@clinic.example>"
    come_back(sink, box, write(sent.data), to=sent.sender, port=settings.EMAIL_PORT)
    work(NOW + MINUTE)
    task = to_nora()
    assert (task.outcome, task.gave_up_at) == (f"bounced:{status}", NOW + MINUTE)
    assert len(box) == 0, "what came back is not kept"

    office = at_work(world.ada)
    page = text_of(office.get(f"{OFFICE}messages/"))
    assert f"It came back: {PLAIN[status]} ({status})" in page
    assert "n…@example.org" in page and NORA not in page

    office.post(f"{OFFICE}messages/{task.uuid}/retry/")
    work(NOW + MINUTE)
    (again,) = sink.to(NORA)
    assert again.id != sent.id
    assert "is confirmed" in again.text, "nobody had heard of it"
    assert again.event["uid"] == sent.event["uid"] and again.event["sequence"] == 1
    assert "Nothing was given up" in text_of(office.get(f"{OFFICE}messages/"))


PLAIN = {
    "5.1.1": "nobody has this address",
    "5.1.10": "nobody has this address",
    "4.0.0": "the other server did not say why",
}


def test_the_status_is_told_in_plain_words(world, work, box, sent, clock):
    office = at_work(world.ada)
    for status, said in (
        ("5.2.2", "the mailbox is full"),
        ("5.2.3", "the mailbox cannot take it"),
        ("4.4.7", "the other server could not be reached for days"),
        ("5.4.1", "the other server refuses the address"),
        ("5.7.26", "our own mail server is not set up well (SPF, DKIM, DMARC)"),
        ("5.7.1", "the other server refuses mail from us"),
        ("5.0.0", "the other server did not say why"),
        ("5.9.99", "the other server did not say why"),
    ):
        with in_vain():
            box.add(returned.postfix(sent.data, status=status))
            work(NOW + MINUTE)
            page = text_of(office.get(f"{OFFICE}messages/"))
        assert f"It came back: {said} ({status})" in page


def test_a_delay_is_no_bounce(work, box, sent):
    """The server goes on trying, and says so once; the message may still arrive."""
    box.add(returned.postfix(sent.data, status="4.4.1", action="delayed"))
    work(NOW + MINUTE)
    assert to_nora().outcome == "sent" and len(box) == 0


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_neither_is_a_receipt(sent, action):
    assert lost(returned.postfix(sent.data, status="2.0.0", action=action)) is None


def forged(sent) -> list[bytes]:
    """By who knows the address, the mail system, all but the random id."""
    good = returned.postfix(sent.data)
    room = sent.data.replace(sent.id.encode(), b"<rb_1@clinic.example>")
    return [
        good.replace(sent.id.encode(), b"<00000000000000000000000000000000@clinic.example>"),
        good.replace(sent.id.encode(), b""),
        good.replace(b"multipart/report; report-type=delivery-status;", b"multipart/mixed;"),
        good.replace(b"message/delivery-status", b"text/plain"),
        good.replace(b"Action: failed", b"Action: perhaps"),
        good.replace(b"Content-Type: message/rfc822", b"Content-Type: text/plain"),
        returned.postfix(room),
        sent.data,
        b"Subject: out of office\r\nIn-Reply-To: " + sent.id.encode() + b"\r\n\r\nback on Monday",
        b"",
        b"\xff\xfe\x00" * 100,
        good[:900],
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n" * 50,
        good + b" " * 1_000_001,
        b"".join(
            b"Content-Type: multipart/report; boundary=%d\n\n--%d\n" % (i, i) for i in range(3000)
        ),
    ]


def test_what_is_forged_or_of_nobody_changes_nothing_and_is_not_answered(
    sink, work, box, sent, capsys
):
    """P23, LG4: no row changes, nobody gets a mail, no word of it is in a log; nothing is kept."""
    columns = ("pk", "done_at", "gave_up_at", "outcome", "message_id", "telling", "attempts")
    before = list(Task.objects.order_by("pk").values(*columns))
    told = list(Invite.objects.order_by("pk").values())
    rows = AuditRow.objects.count()
    for notice in forged(sent):
        box.add(notice)
    work(NOW + MINUTE)
    assert list(Task.objects.order_by("pk").values(*columns)) == before
    assert list(Invite.objects.order_by("pk").values()) == told
    assert AuditRow.objects.count() == rows
    assert sink.messages == [] and len(box) == 0
    assert "bounce" not in capsys.readouterr().err


def test_nothing_of_it_is_stored_or_logged_but_the_code(work, box, sent, capsys):
    """LG1, LG4: the record says who was not reached, and the status."""
    box.add(returned.postfix(sent.data))
    work(NOW + MINUTE)
    row = AuditRow.objects.get(action="mail.bounce")
    assert (row.subject_id, row.code) == (str(to_nora().patient_id), "5.1.1")
    task = to_nora()
    assert (task.message, task.telling, task.outcome) == ("", {}, "bounced:5.1.1")
    logged = capsys.readouterr().err
    assert '"kind": "read_bounces", "count": 1' in logged
    for word in ("nora", "example.org", "User unknown", "/j/", sent.id):
        assert word not in logged


def test_the_same_notice_twice_counts_once(world, sink, work, box, sent):
    """The second is of a message that has been written anew since."""
    box.add(returned.postfix(sent.data))
    work(NOW + MINUTE)
    retry(task=to_nora().uuid, actor=world.actor(world.ada), now=NOW + MINUTE)
    box.add(returned.postfix(sent.data))
    work(NOW + 2 * MINUTE)
    assert to_nora().outcome == "sent" and len(sink.to(NORA)) == 1
    box.add(returned.postfix(sink.to(NORA)[0].data, status="5.2.2"))
    work(NOW + 3 * MINUTE)
    assert to_nora().outcome == "bounced:5.2.2"


def test_a_confirmation_that_came_back_needs_no_cancellation(world, sink, work, box):
    """Nobody hears the end of what they never heard of."""
    seat = booked(world)
    work()
    box.add(returned.postfix(sink.to(NORA)[0].data))
    work(NOW + MINUTE)
    sink.clear()
    cancelled(world, seat)
    work(NOW + 2 * MINUTE)
    assert sink.to(NORA) == []
    assert len(sink.to("alma@example.org")) == 1


def test_a_cancellation_that_came_back_is_sent_again_for_the_same_entry(world, sink, work, box):
    seat = booked(world)
    work()
    cancelled(world, seat)
    work()
    first, end = sink.to(NORA)
    sink.clear()
    box.add(returned.google(end.data))
    work(NOW + MINUTE)
    retry(task=to_nora().uuid, actor=world.actor(world.ada), now=NOW + MINUTE)
    work(NOW + MINUTE)
    (again,) = sink.to(NORA)
    assert again.calendar["method"] == "CANCEL"
    assert again.event["uid"] == first.event["uid"]
    assert again.event["sequence"] == end.event["sequence"] + 1


def test_an_old_one_that_comes_back_late_undoes_nothing_that_was_told_since(world, sink, work, box):
    """The confirmation is lost, the change after it arrives: the cancellation must follow."""
    seat = booked(world)
    work()
    (first,) = sink.to(NORA)
    moved(world, seat, at(TUESDAY, 15))
    work(NOW + MINUTE)
    box.add(returned.microsoft(first.data))
    work(NOW + 2 * MINUTE)
    assert Task.objects.filter(outcome="bounced:5.1.10").count() == 1
    cancelled(world, seat)
    work(NOW + 3 * MINUTE)
    assert sink.to(NORA)[-1].calendar["method"] == "CANCEL"


def test_once_the_address_is_mended_it_goes_to_the_right_one(world, sink, work, box, sent):
    """And with links that work: those of what came back are not repeated."""
    box.add(returned.postfix(sent.data))
    work(NOW + MINUTE)
    type(world.nora).objects.filter(pk=world.nora.pk).update(email="nora@home.example")
    retry(task=to_nora().uuid, actor=world.actor(world.ada), now=NOW + MINUTE)
    work(NOW + MINUTE)
    (again,) = sink.messages
    assert again.to == "nora@home.example" and "is confirmed" in again.text


def test_a_reminder_that_came_back_is_tried_again_while_it_is_of_use(world, sink, work, box):
    seat = booked(world)
    work()
    sink.clear()
    near = seat.starts_at - HOUR
    work(near)
    (reminder,) = sink.to(NORA)
    box.add(returned.postfix(reminder.data))
    work(near + MINUTE)
    task = Task.objects.get(kind="remind")
    assert task.outcome == "bounced:5.1.1" and task.gave_up_at
    retry(task=task.uuid, actor=world.actor(world.ada), now=near + MINUTE)
    work(near + MINUTE)
    assert len(sink.to(NORA)) == 2
    task.refresh_from_db()
    assert task.outcome == "sent"


def test_what_comes_back_before_its_sending_was_noted_waits(world, sink, work, box, settings):
    """A fast server, a slow worker: the notice stays until the task says what became of it."""
    settings.EMAIL_TIMEOUT = 0.3
    sink.stall = "data"
    booked(world)
    work()
    assert to_nora().maybe_sent
    box.add(returned.postfix(sink.to(NORA)[0].data))
    work(NOW + timedelta(seconds=1))
    assert len(box) == 1
    sink.stall = ""
    work(NOW + HOUR)  # the same bytes once more
    work(NOW + HOUR + MINUTE)
    assert to_nora().outcome == "bounced:5.1.1" and len(box) == 0


def test_without_a_mailbox_nothing_is_read_and_the_sender_stays(world, sink, work, settings):
    assert (settings.BOUNCE_ADDRESS, settings.BOUNCE_MAILDIR) == ("", "")
    booked(world)
    work()
    assert {message.sender for message in sink.messages} == {"mail@clinic.example"}


def test_a_mailbox_that_is_not_there_is_told_in_the_log_and_stops_no_mail(
    world, sink, work, settings, tmp_path, capsys
):
    settings.BOUNCE_MAILDIR = str(tmp_path / "nowhere")
    booked(world)
    work()
    assert len(sink.messages) == 2
    assert "sweep failed" in capsys.readouterr().err


INA = {"email": "ina@example.org", "name": "Ina", "role": "desk"}
INVITED = re.compile(r"/invite/[-\w]+/")


@pytest.fixture
def office(world, sink, box, clock, settings):
    """The admin's browser, with mail as it goes out in production."""
    settings.EMAIL_BACKEND = "scheduling.outbox.mail.OutboxBackend"
    return at_work(world.ada)


def test_an_invitation_that_comes_back_is_sent_anew_with_another_link(office, sink, work, box):
    """AU12: the first link is void, wherever it went."""
    office.post(f"{OFFICE}staff/invite/", INA)
    work()
    (first,) = sink.to(INA["email"])
    sink.clear()
    box.add(returned.postfix(first.data))
    work(NOW + MINUTE)
    page = office.get(f"{OFFICE}messages/")
    assert "Invitation to the staff" in text_of(page)
    assert "It came back: nobody has this address" in text_of(page)
    assert INA["email"] not in text_of(page)

    task = Task.objects.get(gave_up_at__isnull=False)
    office.post(f"{OFFICE}messages/{task.uuid}/retry/")
    work(NOW + MINUTE)
    (second,) = sink.to(INA["email"])
    old, new = (INVITED.search(one.text)[0] for one in (first, second))
    assert (Client().get(old).status_code, Client().get(new).status_code) == (410, 200)
    assert "Nothing was given up" in text_of(office.get(f"{OFFICE}messages/"))


def test_an_invitation_that_is_refused_stands_there_until_it_is_taken_back(office, sink, work):
    sink.answers[INA["email"]] = "550 no such user"
    office.post(f"{OFFICE}staff/invite/", INA)
    work()
    task = Task.objects.get(gave_up_at__isnull=False)
    assert "Invitation to the staff" in text_of(office.get(f"{OFFICE}messages/"))
    office.post(f"{OFFICE}staff/invitations/{Invitation.objects.get().uuid}/revoke/")
    assert "Nothing was given up" in text_of(office.get(f"{OFFICE}messages/"))
    done = office.post(f"{OFFICE}messages/{task.uuid}/retry/", follow=True)
    assert "It is tried again" not in text_of(done)
    work(NOW + HOUR)
    assert sink.to(INA["email"]) == []


def test_a_code_that_is_refused_is_nobody_elses_to_see(office, sink, work):
    """AU9, P23: who asks for a code is known to no office."""
    sink.answers["omar@example.org"] = "550 no such user"
    Client().post("/sign-in/", {"email": "omar@example.org"})
    work()
    assert Task.objects.get(kind="account_mail").gave_up_at == NOW
    assert "Nothing was given up" in text_of(office.get(f"{OFFICE}messages/"))
