"""What Django and allauth send goes through the outbox as well: stored first, one recipient."""

from datetime import UTC, datetime

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection, send_mail
from django.db import connection, transaction

from scheduling.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def through_the_outbox(settings):
    """Django's test runner has put its own backend there."""
    settings.EMAIL_BACKEND = "scheduling.outbox.mail.OutboxBackend"


def send(to="nora@example.org"):
    send_mail("Your code", "123456 – use it soon", None, [to])


def test_a_code_is_stored_and_then_sent(sink, work):
    send()
    assert sink.messages == []
    work(datetime.now(UTC))
    (mine,) = sink.messages
    assert "123456 – use it soon" in mine.text
    assert (mine.to, mine.sender) == ("nora@example.org", "mail@clinic.example")
    assert mine.mail["Auto-Submitted"] == "auto-generated"
    assert mine.id.endswith("@clinic.example>")


def test_a_page_that_fails_sends_nothing(sink, work):
    with pytest.raises(RuntimeError), transaction.atomic():
        send()
        raise RuntimeError
    work(datetime.now(UTC))
    assert sink.messages == []


def test_the_code_is_not_readable_in_the_database_and_gone_once_sent(sink, work):
    """EN2: neither who it is for nor what it says."""
    send()

    def stored():
        with connection.cursor() as cursor:
            cursor.execute("SELECT recipient, message FROM scheduling_task")
            return cursor.fetchone()

    assert all(text.startswith("v1.") for text in stored())
    work(datetime.now(UTC))
    assert stored()[1] is None


def test_two_recipients_are_refused(settings):
    """PR4."""
    for crowd in (
        EmailMessage("s", "b", None, ["a@x.example", "b@x.example"]),
        EmailMessage("s", "b", None, ["a@x.example"], bcc=["b@x.example"]),
        EmailMessage("s", "b", None, ["a@x.example"], cc=["b@x.example"]),
    ):
        with pytest.raises(ValueError, match="one recipient"):
            get_connection().send_messages([crowd])
    assert not Task.objects.exists()


def test_html_goes_along(sink, work):
    message = EmailMultiAlternatives("s", "plain", None, ["nora@example.org"])
    message.attach_alternative("<p>rich</p>", "text/html")
    message.send()
    work(datetime.now(UTC))
    assert "<p>rich</p>" in sink.messages[0].html


def test_the_demo_finds_every_message_as_a_file(settings, tmp_path, work):
    settings.MAIL_BACKEND = "scheduling.outbox.folder.FolderBackend"
    settings.MAIL_FOLDER = tmp_path / "outbox"
    send()
    work(datetime.now(UTC))
    (file,) = (tmp_path / "outbox").iterdir()
    assert file.suffix == ".eml"
    assert b"To: nora@example.org" in file.read_bytes()
