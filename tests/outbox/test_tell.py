"""Bringing people up to date: asked for, moved, cancelled, restored, and told nothing needless."""

import re
from datetime import timedelta

import pytest

from accounts.models import AuditRow, Consent
from scheduling.models import Booking, Invite, JoinLink, Session, Task
from scheduling.outbox import plan, remind
from tests.outbox.acts import TUESDAY, booked, cancelled, in_vain, moved, restored
from tests.world import NOW, NY, at, patient

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def kinds(messages):
    return [message.calendar["method"] for message in messages]


def test_a_booking_reaches_patient_and_therapist_each_by_a_message_of_their_own(world, sink, work):
    booked(world)
    work()
    assert sorted(message.to for message in sink.messages) == [
        "alma@example.org",
        "nora@example.org",
    ]
    (mine,) = sink.to("nora@example.org")
    assert mine.sender == "mail@clinic.example"
    assert mine.mail["From"] == "Appointments <mail@clinic.example>"
    assert mine.mail["Subject"] == "Your appointment"
    assert "Tuesday, March 2, 2027, 2:00 PM to 2:50 PM PST (Los Angeles)" in mine.text
    assert "Tuesday, March 2, 2027, 2:00 PM to 2:50 PM PST (Los Angeles)" in mine.html
    token = JoinLink.objects.get(booking__patient=world.nora).token
    assert f"https://clinic.example/j/{token}/" in mine.text
    assert str(mine.event["location"]) == f"https://clinic.example/j/{token}/"


def test_one_life_in_the_calendar_request_request_cancel(world, sink, work):
    """One UID, SEQUENCE 0, 1, 2, stamps that rise though the clock stands still."""
    seat = booked(world)
    work()
    moved(world, seat, at(TUESDAY, 15))
    work()
    cancelled(world, seat)
    work()
    for who in ("nora@example.org", "alma@example.org"):
        story = sink.to(who)
        events = [message.event for message in story]
        assert kinds(story) == ["REQUEST", "REQUEST", "CANCEL"]
        assert len({event["uid"] for event in events}) == 1
        assert [event["sequence"] for event in events] == [0, 1, 2]
        stamps = [event.DTSTAMP for event in events]
        assert stamps[0] < stamps[1] < stamps[2]
        assert events[1].start.timestamp() == at(TUESDAY, 15) * 60
        assert {event["attendee"].email for event in events} == {who}
        for message in story:
            part = next(p for p in message.mail.walk() if p.get_content_type() == "text/calendar")
            assert part.get_param("method") == message.calendar["method"]
    uids = {message.event["uid"] for message in sink.messages}
    assert len(uids) == 2, "two recipients never share a UID"


def test_a_restored_appointment_is_asked_for_under_a_new_uid(world, sink, work):
    """No UID comes back after its CANCEL: calendars keep a tombstone of it."""
    seat = booked(world)
    work()
    cancelled(world, seat)
    work()
    restored(world, seat)
    work()
    first, second, third = sink.to("nora@example.org")
    assert kinds([first, second, third]) == ["REQUEST", "CANCEL", "REQUEST"]
    assert third.event["uid"] != first.event["uid"]
    assert third.event["sequence"] == 0
    assert "takes place after all" in third.text


def test_nobody_hears_the_end_of_what_they_never_heard_of(world, sink, work):
    seat = booked(world)
    cancelled(world, seat)
    work()
    assert sink.messages == []
    assert {task.outcome for task in Task.objects.all()} == {"nothing_to_tell"}


def test_changes_made_before_the_worker_looks_are_one_message(world, sink, work):
    seat = booked(world)
    moved(world, seat, at(TUESDAY, 15))
    moved(world, seat, at(TUESDAY, 16))
    work()
    (mine,) = sink.to("nora@example.org")
    assert "4:00 PM to 4:50 PM" in mine.text
    assert mine.event["sequence"] == 0


def test_a_cancellation_taken_back_before_the_worker_looks_is_no_message(world, sink, work):
    seat = booked(world)
    work()
    sink.clear()
    cancelled(world, seat)
    restored(world, seat)
    work()
    assert sink.messages == []


def test_who_cancelled_decides_the_words(world, sink, work):
    mine, theirs = booked(world), booked(world, world.omar, start=at(TUESDAY, 16))
    work()
    sink.clear()
    cancelled(world, mine, by=world.nora)
    cancelled(world, theirs, reason="therapist_ill")
    work()
    (to_nora,), (to_omar,) = sink.to("nora@example.org"), sink.to("omar@example.org")
    assert "Your appointment is cancelled." in to_nora.text
    assert "we had to cancel your appointment" in to_omar.text
    assert "https://clinic.example/c/harbor/" in to_omar.text
    assert "/j/" not in to_omar.text and "ill" not in to_omar.text.split()


def test_each_reads_their_own_zone(world, sink, work):
    booked(world, therapist=world.ben, start=at(TUESDAY, 11))
    work()
    assert "11:00 AM to 11:50 AM PST (Los Angeles)" in sink.to("nora@example.org")[0].text
    to_ben = sink.to("ben@example.org")[0].text
    assert "2:00 PM to 2:50 PM EST (New York)" in to_ben
    assert "Los Angeles" not in to_ben


def test_a_session_that_goes_to_another_therapist_is_cancelled_for_the_first(world, sink, work):
    seat = booked(world)
    work()
    sink.clear()
    moved(world, seat, at(TUESDAY, 11), therapist=world.ben.uuid)
    work()
    assert kinds(sink.to("alma@example.org")) == ["CANCEL"]
    assert kinds(sink.to("ben@example.org")) == ["REQUEST"]
    assert kinds(sink.to("nora@example.org")) == ["REQUEST"]


def test_a_session_by_telephone_leads_to_the_check_in(world, sink, work):
    """TH1: mail and calendar of a telephone session lead to the page that asks where one is."""
    booked(world, medium="telephone")
    work()
    (mine,) = sink.to("nora@example.org")
    (link,) = JoinLink.objects.filter(booking__patient=world.nora)
    page = f"https://clinic.example/j/{link.token}/"
    for body in (mine.text, mine.html):
        assert "It is by telephone: we will call you at the number you gave us." in body
        assert "Please check in here, from ten minutes before:" in body
        assert page in body and "video" not in body and "Join" not in body
    assert str(mine.event["location"]) == page
    assert "We will call you." in mine.event["description"]
    assert "conference" not in mine.event, "there is nothing to dial in to"
    (theirs,) = sink.to("alma@example.org")
    assert "It is by telephone: please call." in theirs.text
    assert "/j/" not in theirs.text and "location" not in theirs.event


def test_no_mail_tells_the_number_that_is_called(world, sink, work):
    """PR1: not even the end of it, in mail to patient or therapist."""
    seat = booked(world, medium="telephone")
    work()
    near = seat.starts_at - timedelta(hours=1)
    assert remind.sweep(near) == 1
    work(near)
    assert len(sink.messages) == 3
    for message in sink.messages:
        said = re.sub(r"https?://\S+", "", message.text + message.html)
        assert world.nora.phone[-4:] not in said


def test_without_a_signature_there_is_a_notice_and_no_word_of_what(world, sink, work):
    """PR2: no record of the warning, so no details and no invite; with one, both."""
    Consent.objects.filter(patient=world.nora, form="mail").delete()
    seat = booked(world)
    work()
    (mine,) = sink.to("nora@example.org")
    assert mine.mail["Subject"] == "You have a message"
    assert "You have a message from us." in mine.text
    assert "https://clinic.example/c/harbor/my/" in mine.text
    assert mine.calendar is None
    for told in ("2027", "PM", "/j/", "appointment", str(seat.uuid)):
        assert told not in mine.text + mine.html, told
    Consent.objects.create(patient=world.nora, form="mail", version=1, signed_at=NOW)
    moved(world, seat, at(TUESDAY, 15))
    work()
    assert sink.to("nora@example.org")[1].event["sequence"] == 0


def test_a_consent_taken_back_holds_for_what_is_waiting(world, sink, work):
    """P24: the details were written already, and are not sent any more."""
    sink.answers["nora@example.org"] = "451 later"
    booked(world)
    work()
    Consent.objects.filter(patient=world.nora, form="mail").update(revoked_at=NOW)
    sink.answers.clear()
    work(NOW + 5 * MINUTE)
    (mine,) = sink.to("nora@example.org")
    assert mine.calendar is None and "PM" not in mine.text


NO_MAIL = [
    ({"no_mail": True}, "not_wanted"),
    ({"email": ""}, "no_address"),
    ({"active": False}, "inactive"),
]


@pytest.mark.parametrize("verb", ["book", "move", "cancel", "restore"])
def test_who_wants_no_mail_gets_none(world, sink, work, verb):
    """PR3: whichever message it is, also when staff caused it."""
    seat = booked(world)
    if verb != "book":
        work()
    if verb == "restore":
        cancelled(world, seat)
        work()
    for said, outcome in NO_MAIL:
        sink.clear()
        with in_vain():
            type(world.nora).objects.filter(pk=world.nora.pk).update(**said)
            if "active" not in said:  # of who is not, staff change nothing
                change(world, seat, verb)
            work()
            last = Task.objects.filter(kind="tell_patient").order_by("pk").last()
        assert sink.to("nora@example.org") == []
        assert last.outcome == outcome or "active" in said


def change(world, seat, verb: str) -> None:
    if verb == "move":
        moved(world, seat, at(TUESDAY, 15))
    if verb == "cancel":
        cancelled(world, seat)
    if verb == "restore":
        restored(world, seat)


def test_people_whose_account_was_closed_get_none(world, sink, work):
    """PR3, AC7: patient and therapist alike."""
    booked(world)
    for who in (world.nora.user, world.alma.user):
        who.is_active = False
        who.save()
    work()
    assert sink.messages == []
    assert {task.outcome for task in Task.objects.all()} == {"inactive"}


def test_mail_goes_to_the_address_that_the_patient_gave(world, sink, work):
    """PR3: the alternate address, not the account's."""
    world.nora.email = "quiet@home.example"
    world.nora.save()
    booked(world)
    work()
    assert sink.to("nora@example.org") == []
    assert sink.to("quiet@home.example")[0].event["attendee"].email == "quiet@home.example"


def test_nothing_is_sent_about_a_session_that_has_ended(world, sink, work):
    seat = booked(world)
    plan.plan(NOW)
    assert Task.objects.filter(done_at=None).count() == 2
    work(NOW + timedelta(days=2))
    assert {task.outcome for task in Task.objects.all()} == {"over"}
    Task.objects.all().delete()
    seat.events.update(planned_at=None)
    work(NOW + timedelta(days=2))
    assert sink.messages == [] and not Task.objects.exists()


def test_one_patients_change_is_told_to_nobody_else(world, sink, work):
    """BL4: two sit in one session; the other hears nothing."""
    seat = booked(world)
    other = Booking.objects.get(pk=seat.pk)
    other.pk, other.uuid, other.reference, other.seat = None, world.omar.uuid, "OMARSEAT", 2
    other.patient = world.omar
    other.save()
    work()
    cancelled(world, seat)
    work()
    assert sink.to("omar@example.org") == []


def test_somebody_without_an_account_gets_links_that_expire(world, sink, work):
    """TK3: a token for each action, kept as a hash; TK6: on our own site."""
    guest = patient(world.clinic, "Rosa", user=None, email="rosa@home.example")
    seat = booked(world, guest)
    work()
    (mine,) = sink.to("rosa@home.example")
    assert mine.text.count("https://clinic.example/a/") == 2
    assert "/my/" not in mine.text
    links = seat.action_links.all()
    assert {link.action for link in links} == {"move", "cancel"}
    assert all(link.expires_at == seat.starts_at for link in links)
    assert not any(link.token_hash in mine.text for link in links)


def test_links_come_from_the_settings_alone(world, sink, work, client, settings):
    """TK6: a forged Host on the way changes no link."""
    settings.ALLOWED_HOSTS = ["*"]
    client.get("/healthz", HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST="evil.example")
    booked(world)
    work()
    for message in sink.messages:
        assert b"evil" not in message.data
        links = [word for word in message.text.split() if "://" in word]
        assert links and all(link.startswith("https://clinic.example/") for link in links)


def test_a_changed_zone_alone_sends_nothing_and_the_next_mail_has_it(world, sink, work):
    seat = booked(world)
    work()
    sink.clear()
    world.nora.time_zone = NY
    world.nora.save()
    work()
    assert sink.messages == []
    moved(world, seat, at(TUESDAY, 15))
    work()
    assert "6:00 PM to 6:50 PM EST (New York)" in sink.to("nora@example.org")[0].text


def test_every_mail_about_a_patient_leaves_a_row(world, sink, work):
    """LG1: to whom, about what; never the address."""
    booked(world)
    work()
    rows = AuditRow.objects.filter(action="mail.send", subject_id=str(world.nora.pk))
    assert [row.code for row in rows] == ["tell_patient"]


def test_a_change_while_the_mail_is_on_its_way_is_told_after_it(world, sink, work, monkeypatch):
    """The planner relies on the undone task, and the task looks again before it ends."""
    from scheduling.outbox.transport import Mailer

    seat = booked(world)
    deliver = Mailer.deliver

    def meanwhile(mailer, recipient, data):
        deliver(mailer, recipient, data)
        monkeypatch.setattr(Mailer, "deliver", deliver)
        moved(world, seat, at(TUESDAY, 15))
        plan.plan(NOW)

    monkeypatch.setattr(Mailer, "deliver", meanwhile)
    work()
    assert kinds(sink.to("nora@example.org")) == ["REQUEST", "REQUEST"]
    assert "3:00 PM to 3:50 PM" in sink.to("nora@example.org")[1].text
    assert Invite.objects.get(patient=world.nora).sequence == 1
    assert (
        Session.objects.get().revision == Task.objects.filter(kind="tell_patient").last().revision
    )


def test_the_file_on_the_page_and_the_invite_are_one_entry(world, sink, work):
    """Whoever downloads the calendar file before the invite comes has the appointment once."""
    seat = booked(world)
    work()
    assert Invite.objects.get(patient=world.nora).uid == seat.uuid
