"""Two workers as real processes against a real mail server: a freed hour is offered once; a series,
a place in a group and a program are one mail to each, alone; staff hear once of short hours."""

from __future__ import annotations

import time

import pytest

from tests.databases import PATIENCE, fresh_database
from tests.outbox.files import events_of

OMAR, LEA, DESK = "omar@example.org", "lea@example.org", "dana@example.org"
SEVERAL = [f"{name}@example.org" for name in ("ida", "uma", "zoe")]


@pytest.mark.django_db
def test_a_freed_hour_is_offered_once_by_mail(tmp_path, mail_server):
    """PR1: the mail says the hour, until when to answer, and where."""
    sink, controller = mail_server
    sink.clear()
    said = {
        "TELEHEALTH_VAR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "telehealth.settings",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(controller.port),
        "SITE_URL": "https://clinic.example",
        "DEFAULT_FROM_EMAIL": "mail@clinic.example",
    }
    with fresh_database(tmp_path) as database:
        hour = database.run("-m", "tests.outbox.freed", **said).strip()
        workers = [database.start("manage.py", "worker", **said) for _ in range(2)]
        try:
            end = time.monotonic() + PATIENCE
            while not all(sink.to(one) for one in (OMAR, LEA, DESK, *SEVERAL)):
                assert time.monotonic() < end
                time.sleep(0.05)
        finally:
            for worker in workers:
                worker.terminate()
                worker.communicate(timeout=PATIENCE)
    (mail,) = sink.to(OMAR)
    assert hour in mail.text
    assert "https://clinic.example/c/harbor/my/offers/" in mail.text
    assert "Please answer before" in mail.text
    (mail,) = sink.to(DESK)
    assert mail.mail["Subject"] == "A look at this week"
    assert "https://clinic.example/c/harbor/programs/" in mail.text and "Kit" not in mail.text
    (mail,) = sink.to(LEA)
    assert mail.mail["Subject"] == "Your appointments" and mail.text.count("3 times, from") == 2
    assert len(events_of(mail)) == 2
    for address in SEVERAL:
        (mail,) = sink.to(address)
        assert mail.mail["Subject"] == "Your appointments" and mail.mail["To"] == address
        (entry,) = mail.calendar.events
        assert "RRULE" in entry
    read = {one: sink.to(one)[0].text + str(sink.to(one)[0].calendar_bytes) for one in SEVERAL}
    for address, text in read.items():
        others = [one for one in SEVERAL if one != address]
        assert not [one for one in others if one in text or one[:3].title() in text]
    sink.clear()
