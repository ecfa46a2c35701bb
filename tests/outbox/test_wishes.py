"""PR3: where a patient wants mail, and whether at all, holds for whatever sends it.

Nora's account has one address and her profile another. Every story that can send her something is
told twice: with none wanted, and with the wish changed, or not, while it waits.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from accounts.models import Patient
from scheduling.models import ActionLink, Connection, Room, Task
from scheduling.outbox import plan, remind, rooms
from tests.outbox.acts import TUESDAY, booked, cancelled, in_vain, moved, restored
from tests.world import NOW, at

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parent.parent.parent
ACCOUNT, QUIET = "nora@example.org", "quiet@home.example"
ALMA, BEN = "alma@example.org", "ben@example.org"
HOUR = timedelta(hours=1)

SENDERS = {  # what hands a message over, or stores one; with why it heeds the wish
    "accounts/actions/staff.py": "invites staff, by the address of the invitation",
    "accounts/web/adapter.py": "sign-in codes and notices, which prove an account's address",
    "accounts/web/again.py": "sign-in codes",
    "scheduling/outbox/doers.py": "hands over what those stored",
    "scheduling/outbox/ending.py": "series.of_patient",
    "scheduling/outbox/offers.py": "standing.of_patient",
    "scheduling/outbox/remind.py": "standing.of_patient",
    "scheduling/outbox/rooms.py": "to therapists alone",
    "scheduling/outbox/short_hours.py": "to staff alone",
    "scheduling/outbox/tell.py": "standing.of_patient",
    "scheduling/outbox/weekly.py": "to clinic admins who asked for it",
}
SENDS = re.compile(r"\bsend_mail\(|mailer\.deliver\(|\.send\(\)|\bdef ready\(task")


def waits(world, seat, work) -> datetime:
    """A booking that nobody was told of so far."""
    return NOW


def is_moved(world, seat, work) -> datetime:
    work()
    moved(world, seat, at(TUESDAY, 15))
    return NOW


def moves_herself(world, seat, work) -> datetime:
    from scheduling.actions.reschedule import reschedule

    work()
    reschedule(booking=seat.uuid, start=at(TUESDAY, 15), actor=world.actor(world.nora), now=NOW)
    return NOW


def is_called_off(world, seat, work) -> datetime:
    work()
    cancelled(world, seat, reason="therapist_ill")
    return NOW


def gives_it_up(world, seat, work) -> datetime:
    work()
    cancelled(world, seat, by=world.nora)
    return NOW


def is_restored(world, seat, work) -> datetime:
    work()
    cancelled(world, seat)
    work()
    restored(world, seat)
    return NOW


def is_treated_by_another(world, seat, work) -> datetime:
    work()
    moved(world, seat, at(TUESDAY, 11), therapist=world.ben.uuid)
    return NOW


def is_near(world, seat, work) -> datetime:
    """An hour before: a reminder."""
    work()
    remind.sweep(seat.starts_at - HOUR)
    return seat.starts_at - HOUR


def lacks_a_room(world, seat, work) -> datetime:
    """A quarter of an hour before, and no room: warnings go out, of therapists alone."""
    work()
    then = seat.starts_at - HOUR / 4
    assert rooms.warn_unfilled(then)
    return then


def gave_up_and_is_tried_again(world, seat, work) -> datetime:
    from scheduling.actions.messages import retry

    plan.plan(NOW)
    Task.objects.filter(patient=world.nora).update(gave_up_at=NOW, outcome="refused")
    task = Task.objects.get(patient=world.nora)
    retry(task=task.uuid, actor=world.actor(world.ada), now=NOW)
    return NOW


def has_no_account(world, seat, work) -> datetime:
    """Then there are links to cancel and to move in the mail."""
    Patient.objects.filter(pk=world.nora.pk).update(user=None)
    return NOW


STORIES = [
    waits,
    is_moved,
    moves_herself,
    is_called_off,
    gives_it_up,
    is_restored,
    is_treated_by_another,
    is_near,
    lacks_a_room,
    gave_up_and_is_tried_again,
    has_no_account,
]
SILENT = {lacks_a_room}  # there is nothing in it for a patient


@pytest.fixture
def seat(world):
    Patient.objects.filter(pk=world.nora.pk).update(email=QUIET)
    Connection.objects.create(
        clinic=world.clinic,
        kind="paste",
        name="R",
        hosts="meet.example",
        baa_on_file=NOW.date(),
    )
    made = booked(world)
    assert Room.objects.filter(session=made.session).exists()
    return made


def wish(world, **said) -> None:
    if said:
        Patient.objects.filter(pk=world.nora.pk).update(**said)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_who_wants_none_gets_none(world, sink, work, seat, story):
    """PR3: the wish was there first; no link to cancel or to move is made either."""
    wish(world, no_mail=True)
    work(story(world, seat, work))
    assert sink.to(QUIET) == sink.to(ACCOUNT) == []
    assert not ActionLink.objects.exists()


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_mail_goes_where_it_is_wanted_by_then(world, sink, work, seat, story):
    """PR3: to the address that was given, and none of it to the account's, whoever caused it. What
    was planned before another wish goes by that one; where that is none, nowhere."""
    then = story(world, seat, work)
    plan.plan(then)
    for said, told in (
        ({}, [QUIET]),
        ({"email": "new@home.example"}, ["new@home.example"]),
        ({"no_mail": True}, []),
        ({"email": ""}, []),
    ):
        sink.clear()
        with in_vain():
            wish(world, **said)
            work(then)
        heard = {message.to for message in sink.messages} - {ALMA, BEN}
        assert heard == (set() if story in SILENT else set(told)), said


def test_bytes_written_before_the_wish_are_not_sent_after_it(world, sink, work, seat):
    """PR3: nor where the mail server took them perhaps, and they are tried again."""
    sink.answers[QUIET] = "451 later"
    work()
    assert Task.objects.get(patient=world.nora).message
    wish(world, email="new@home.example")
    sink.answers.clear()
    work(NOW + 2 * HOUR)
    assert sink.to(QUIET) == [] and len(sink.to("new@home.example")) == 1


def test_a_sign_in_code_goes_to_the_account_and_says_nothing_of_appointments(
    client, world, sink, work, seat, settings, clock
):
    """PR3: who types an address proves to read it; that mail knows of no appointment."""
    settings.EMAIL_BACKEND = "scheduling.outbox.mail.OutboxBackend"
    work()
    sink.clear()
    client.post("/c/harbor/sign-in/", {"email": ACCOUNT})
    work()
    (code,) = sink.messages
    assert code.to == ACCOUNT
    for told in ("appointment", "Harbor", "Alma", "Nora", "March 2"):
        assert told not in code.text, code.text


def test_every_sender_is_known_here():
    """PR3: a new sender has to say how it heeds the wishes, in SENDERS."""
    files = [*ROOT.glob("accounts/**/*.py"), *ROOT.glob("scheduling/**/*.py")]
    found = {str(path.relative_to(ROOT)) for path in files if SENDS.search(path.read_text("utf-8"))}
    assert found == SENDERS.keys(), sorted(found ^ SENDERS.keys())
