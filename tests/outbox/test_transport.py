"""The mail server says no, says nothing, or goes away: what the task then knows."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from scheduling.actions.messages import retry
from scheduling.errors import IllegalChange, NotFound
from scheduling.models import Booking, Event, Invite, Task
from scheduling.outbox import queue
from scheduling.outbox.transport import Mailer
from tests.outbox.acts import TUESDAY, booked, cancelled, moved
from tests.outbox.sink import listen
from tests.world import NOW, at

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NORA = "nora@example.org"


@pytest.fixture
def sink(over_a_socket):
    return over_a_socket


def to_patient() -> Task:
    return Task.objects.filter(kind="tell_patient").latest("pk")


def test_a_broken_server_leaves_no_half_booking_and_everything_arrives_later(
    world, sink, work, settings
):
    """BL2: the booking is whole, the mail waits, and comes once the server is back."""
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
    seat = booked(world)
    work()
    seat.refresh_from_db()
    assert seat.state == "booked" and Event.objects.get().planned_at
    assert to_patient().outcome == "unreachable" and to_patient().done_at is None
    settings.EMAIL_PORT = port
    work(NOW + HOUR)
    assert len(sink.messages) == 2
    assert to_patient().outcome == "sent"


def test_no_encryption_no_mail(world, sink, work, settings):
    """EN1: a server without STARTTLS is not spoken to in the clear; the mail waits."""
    settings.EMAIL_USE_TLS = True
    booked(world)
    work()
    assert sink.messages == []
    assert to_patient().outcome == "no_tls"
    assert to_patient().done_at is None and to_patient().gave_up_at is None


def test_a_deferred_message_is_repeated_byte_for_byte(world, sink, work):
    sink.answer_data = "451 later"
    booked(world)
    work()
    before = to_patient()
    assert before.outcome == "deferred" and before.message
    sink.clear()
    work(NOW + HOUR)
    (mine,) = sink.to(NORA)
    assert (mine.id, mine.data) == (before.message_id, before.message.encode("latin-1"))


def test_what_surely_did_not_arrive_is_written_anew_after_a_change(world, sink, work):
    sink.answers[NORA] = "450 mailbox busy"
    seat = booked(world)
    work()
    first = to_patient().message_id
    moved(world, seat, at(TUESDAY, 15))
    sink.clear()
    work(NOW + HOUR)
    (mine,) = sink.to(NORA)
    assert mine.id != first
    assert mine.event["sequence"] == 0 and "3:00 PM" in mine.text
    assert "is confirmed" in mine.text, "nobody told them of any other time"


def test_what_perhaps_arrived_is_repeated_first_and_then_corrected(world, sink, work, settings):
    """The server took the message and was cut off before it could say so."""
    settings.EMAIL_TIMEOUT = 0.3
    sink.stall = "data"
    seat = booked(world)
    work()
    assert to_patient().outcome == "no_answer" and to_patient().maybe_sent
    sink.stall = ""
    cancelled(world, seat)
    work(NOW + HOUR)
    first, again, end = sink.to(NORA)
    assert (first.id, first.data) == (again.id, again.data)
    assert end.calendar["method"] == "CANCEL"
    assert end.event["uid"] == first.event["uid"] and end.event["sequence"] == 1


def test_never_accepted_and_then_cancelled_is_no_message_at_all(world, sink, work):
    sink.answer_data = "451 later"
    seat = booked(world)
    work()
    cancelled(world, seat)
    sink.clear()
    work(NOW + HOUR)
    assert sink.messages == []
    assert to_patient().outcome == "nothing_to_tell"
    assert set(Invite.objects.values_list("told", flat=True)) == {""}


def test_an_address_that_does_not_exist_gives_up_at_once_and_holds_nobody_up(world, sink, work):
    sink.answers[NORA] = "550 no such user"
    booked(world)
    work()
    task = to_patient()
    assert task.outcome == "bounced" and task.gave_up_at == NOW and task.attempts == 1
    assert len(sink.to("alma@example.org")) == 1
    work(NOW + HOUR)
    assert sink.to(NORA) == []


def test_a_later_change_starts_with_the_confirmation_that_bounced(world, sink, work):
    sink.answers[NORA] = "550 no such user"
    seat = booked(world)
    work()
    sink.clear()
    moved(world, seat, at(TUESDAY, 15))
    work(NOW + HOUR)
    assert "is confirmed" in sink.to(NORA)[0].text
    assert sink.to(NORA)[0].event["sequence"] == 0


def test_waits_double_up_to_an_hour_and_then_it_gives_up_visibly(world, sink, work, settings):
    settings.EMAIL_PORT = 9
    booked(world)
    now, waits = NOW, []
    while to_patient_or_none() is None or to_patient().gave_up_at is None:
        work(now)
        due = to_patient().due_at
        waits.append((due - now).total_seconds())
        now = max(due, now)
    for wait, planned in zip(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600], strict=False):
        assert 0.8 * planned <= wait <= 1.2 * planned
    assert len(set(waits)) == len(waits), "jitter"
    task = to_patient()
    assert task.attempts == queue.ATTEMPTS and task.outcome == "unreachable"


def to_patient_or_none():
    return Task.objects.filter(kind="tell_patient").last()


def test_staff_have_it_tried_again(world, sink, work):
    sink.answers[NORA] = "550 no such user"
    booked(world)
    work()
    sink.clear()
    retry(task=to_patient().uuid, actor=world.actor(world.dana), now=NOW + HOUR)
    work(NOW + HOUR)
    assert len(sink.to(NORA)) == 1
    with pytest.raises(IllegalChange):
        retry(task=to_patient().uuid, actor=world.actor(world.dana), now=NOW + HOUR)


def test_trying_again_what_another_message_is_about_to_say_ends_it(world, sink, work):
    sink.answers[NORA] = "550 no such user"
    seat = booked(world)
    work()
    gone = to_patient()
    sink.clear()
    moved(world, seat, at(TUESDAY, 15))
    from scheduling.outbox.plan import plan

    plan(NOW)
    assert retry(task=gone.uuid, actor=world.actor(world.ada), now=NOW).outcome == "superseded"
    work()
    assert len(sink.to(NORA)) == 1


@pytest.mark.parametrize("who", ["nora", "omar", "alma", "mallory"])
def test_nobody_else_may(world, sink, work, who):
    sink.answers[NORA] = "550 no such user"
    booked(world)
    work()
    with pytest.raises(NotFound):
        retry(task=to_patient().uuid, actor=world.actor(getattr(world, who)), now=NOW)


def test_a_batch_shares_one_connection(world, sink, work):
    booked(world)
    booked(world, world.omar, start=at(TUESDAY, 16))
    sink.connections = 0
    work()
    assert (len(sink.messages), sink.connections) == (4, 1)


def test_a_server_that_hangs_up_between_two_messages_is_called_again(sink):
    mailer = Mailer()
    for _ in range(2):
        mailer.deliver(NORA, b"Subject: x\r\n\r\nx\r\n")
        mailer.backend.server.sock.close()
    assert len(sink.messages) == 2
    mailer.backend.server.close()


def test_an_address_that_cannot_be_one_gives_up_and_is_seen(world, sink, work):
    """TK9: nothing that was typed gets into an envelope or a header."""
    type(world.nora).objects.filter(pk=world.nora.pk).update(email="nora@x\r\nBcc: all@x")
    booked(world)
    work()
    assert to_patient().outcome == "bad_address" and to_patient().gave_up_at
    assert Booking.objects.get().state == "booked"
    assert [m.to for m in sink.messages] == ["alma@example.org"]


def test_one_task_that_breaks_stops_no_other(world, sink, work, monkeypatch):
    from scheduling.outbox import doers

    def broken(task, mailer, now):
        raise RuntimeError("nora@example.org")

    monkeypatch.setitem(doers.DOERS, "tell_patient", broken)
    booked(world)
    work()
    assert to_patient().outcome == "error" and to_patient().done_at is None
    assert len(sink.to("alma@example.org")) == 1


def test_logs_name_no_recipient_and_no_token(world, sink, work, capsys, monkeypatch):
    """LG4: also where something breaks with the address in its message."""
    sink.answers[NORA] = "550 <nora@example.org> unknown"
    booked(world)
    work()
    sink.clear()
    from scheduling.outbox import doers

    def broken(task, mailer, now):
        raise RuntimeError("nora@example.org")

    monkeypatch.setitem(doers.DOERS, "tell_patient", broken)
    booked(world, start=at(TUESDAY, 16))
    work()
    said = capsys.readouterr().err
    assert '"code": "bounced"' in said and '"code": "error"' in said
    for word in ("nora", "alma", "example.org", "/j/", "/a/"):
        assert word not in said.lower()


@pytest.fixture
def certified(tmp_path):
    """A server certificate for 127.0.0.1, and the file in which OpenSSL looks for whom to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink.example")])
    today = datetime.now(UTC)
    place = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - HOUR)
        .not_valid_after(today + HOUR)
        .add_extension(place, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = tmp_path / "cert.pem", tmp_path / "key.pem"
    public.write_bytes(made.public_bytes(Encoding.PEM))
    form = PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(Encoding.PEM, form, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    sink, controller = listen(tls_context=context, require_starttls=True)
    yield sink, controller.port, public
    controller.stop()


def test_mail_goes_out_encrypted_to_a_server_that_is_trusted(
    certified, settings, sink, monkeypatch
):
    """EN1: STARTTLS, with the certificate checked; the server here takes nothing in the clear."""
    safe, settings.EMAIL_PORT, trusted = certified
    settings.EMAIL_USE_TLS = True
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    mailer = Mailer()
    mailer.deliver(NORA, b"Subject: x\r\n\r\nx\r\n")
    mailer.close()
    assert len(safe.messages) == 1


def test_a_server_that_nobody_vouches_for_gets_nothing(certified, settings, sink):
    """EN1."""
    safe, settings.EMAIL_PORT, _ = certified
    settings.EMAIL_USE_TLS = True
    with pytest.raises(queue.Failed, match="unreachable"):
        Mailer().deliver(NORA, b"Subject: x\r\n\r\nx\r\n")
    assert safe.messages == []


def test_what_gave_up_but_may_have_arrived_counts_as_told(world, sink, work, settings, monkeypatch):
    """The invite may stand in a calendar, so a cancellation still goes after it."""
    monkeypatch.setattr(queue, "ATTEMPTS", 1)
    settings.EMAIL_TIMEOUT = 0.3
    sink.stall = "data"
    seat = booked(world)
    work()
    assert to_patient().gave_up_at and not to_patient().maybe_sent
    sink.clear()
    cancelled(world, seat)
    work()
    assert sink.to(NORA)[0].calendar["method"] == "CANCEL"
