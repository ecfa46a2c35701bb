"""A session's page: what the therapist reads there and may do, each with its refusals."""

import pytest

from accounts.models import AuditRow, Membership
from scheduling.models import Booking, Event
from tests.doors import sign_in
from tests.web.patient import text_of
from tests.web.therapist import at_session, booked, checked_in, cover, later, platform
from tests.world import NY, World, at, build, patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
TEN = at("2027-03-01", 10)
POSTS = ["attend/", "contact/", "room/", "room/accept/", "let-in/", "undo/", "again/"]
PAGES = ["", "cancel/", "move/"]


@pytest.fixture
def world() -> World:
    made = build()
    platform(made)
    made.nora.emergency_contact = "Sam, brother, +15595550142"
    made.nora.save()
    return made


@pytest.fixture
def alma(client, world):
    return sign_in(client, world.alma.user)


@pytest.fixture
def booking(world) -> Booking:
    return booked(world, TEN)


def test_it_says_who_when_and_how(alma, booking):
    page = text_of(alma.get(at_session(booking)))
    assert "Nora Quill" in page
    assert "Monday, March 1, 2027, 10:00 AM to 10:50 AM PST (Los Angeles)" in page
    assert "CBT session" in page
    assert booking.reference in page
    assert "The patient has not checked in yet. The door opens at 9:50 AM PST" in page


def test_the_patient_s_time_is_told_where_it_differs(alma, world):
    booking = booked(world, TEN, zone=NY)
    assert "1:00 PM to 1:50 PM EST (New York)" in text_of(alma.get(at_session(booking)))


def test_what_the_patient_said_at_check_in(alma, booking, world, clock):
    """TH1: name, place now, call-back number; TH4: whom to call, within one click."""
    checked_in(booking)
    later(clock, 56 * 60, alma, world.alma.user)
    page = text_of(alma.get(at_session(booking)))
    for said in (
        "Nora Anne Quill",
        "12 Orchard Lane, Fresno",
        "California",
        "(559) 555-0199",
        "Sam Quill, brother, +15595550142",
        "Checked in",
    ):
        assert said in page


def test_a_check_in_from_before_a_move_does_not_count(alma, world):
    """TH1: the place is that of this session's start."""
    booking = booked(world, at("2027-03-02", 10))
    checked_in(booking, at=booking.starts_at.replace(day=1))
    page = text_of(alma.get(at_session(booking)))
    assert "has not checked in yet" in page
    assert "Orchard Lane" not in page


def test_a_place_without_a_licence_is_told_and_can_be_answered_for(alma, booking, world, clock):
    """TH2: the patient is elsewhere today; staff go on with a reason, which is kept."""
    done = checked_in(booking, state="NV", licensed=False)
    later(clock, 56 * 60, alma, world.alma.user)
    page = text_of(alma.get(at_session(booking)))
    assert "You are not licensed in Nevada" in page
    assert "Go to the room" not in page
    assert alma.post(at_session(booking, "let-in/"), {"reason": " "}).status_code == 422
    assert alma.post(at_session(booking, "let-in/"), {"reason": "A crisis"}).status_code == 302
    done.refresh_from_db()
    assert done.override == "A crisis"
    assert "let in all the same: A crisis" in text_of(alma.get(at_session(booking)))


def test_without_an_emergency_contact_the_way_in_is_blocked(alma, booking, world, clock):
    """TH4: a prompt stands in the way until it is written down."""
    world.nora.emergency_contact = ""
    world.nora.save()
    alma.post(at_session(booking, "room/"), {"url": "https://video.example.org/r/1"})
    later(clock, 55 * 60, alma, world.alma.user)
    page = text_of(alma.get(at_session(booking)))
    assert "Nobody to call in an emergency is on file" in page
    assert "Go to the room" not in page
    refused = alma.post(at_session(booking, "contact/"), {"contact": " "})
    assert refused.status_code == 422
    done = alma.post(at_session(booking, "contact/"), {"contact": "Sam, +15595550142"})
    assert done.status_code == 302
    world.nora.refresh_from_db()
    assert world.nora.emergency_contact == "Sam, +15595550142"
    assert "Go to the room" in text_of(alma.get(at_session(booking)))
    assert AuditRow.objects.filter(
        action="patient.emergency_contact", subject_id=str(world.nora.pk), outcome="ok"
    ).exists()


def test_what_a_patient_put_on_file_is_not_overwritten(alma, booking, world):
    refused = alma.post(at_session(booking, "contact/"), {"contact": "Somebody else"})
    assert refused.status_code == 409
    world.nora.refresh_from_db()
    assert world.nora.emergency_contact.startswith("Sam")


def test_a_room_is_pasted_and_never_shown_again(alma, booking, world, clock):
    """TK1: the address leaves by the way in alone."""
    url = "https://video.example.org/r/7"
    assert alma.post(at_session(booking, "room/"), {"url": url}).status_code == 302
    booking.session.room.refresh_from_db()
    assert booking.session.room.join_url == url
    later(clock, 55 * 60, alma, world.alma.user)
    answer = alma.get(at_session(booking))
    assert "Go to the room" in text_of(answer)
    assert "video.example.org" not in answer.content.decode()


def test_a_strange_room_is_refused_and_what_was_typed_stays(alma, booking):
    answer = alma.post(at_session(booking, "room/"), {"url": "https://evil.example.net/x"})
    assert answer.status_code == 422
    assert 'value="https://evil.example.net/x"' in answer.content.decode()


@pytest.mark.parametrize("nothing", ["", "  "])
def test_nothing_typed_is_no_room(alma, booking, nothing):
    answer = alma.post(at_session(booking, "room/"), {"url": nothing})
    assert answer.status_code == 422
    assert "not an address of a video room" in text_of(answer)
    booking.session.room.refresh_from_db()
    assert (booking.session.room.state, booking.session.room.join_url) == ("pending", "")


def test_another_room_while_people_are_inside_needs_a_yes(alma, booking, world, clock):
    alma.post(at_session(booking, "room/"), {"url": "https://video.example.org/r/1"})
    later(clock, 65 * 60, alma, world.alma.user)
    other = {"url": "https://video.example.org/r/2"}
    answer = alma.post(at_session(booking, "room/"), other)
    assert answer.status_code == 409
    assert "All shall change to this room now" in text_of(answer)
    assert alma.post(at_session(booking, "room/"), other | {"confirmed": "1"}).status_code == 302


@pytest.mark.parametrize("said", ["attended", "no_show", "technical_failure", "excused"])
def test_who_came_is_marked_and_taken_back(alma, booking, world, clock, said):
    later(clock, 2 * 3600, alma, world.alma.user)
    assert alma.post(at_session(booking, "attend/"), {"attendance": said}).status_code == 302
    booking.refresh_from_db()
    assert booking.attendance == said
    page = text_of(alma.get(at_session(booking)))
    assert "Undo the mark" in page
    assert "Marked:" in page
    alma.post(at_session(booking, "attend/"), {"attendance": ""})
    booking.refresh_from_db()
    assert booking.attendance == ""
    assert "Mark taken back" in text_of(alma.get(at_session(booking)))


def test_nobody_attends_before_the_start(alma, booking):
    """BL2."""
    assert "Undo the mark" not in text_of(alma.get(at_session(booking)))
    refused = alma.post(at_session(booking, "attend/"), {"attendance": "attended"})
    assert refused.status_code == 409
    assert "has not started yet" in text_of(refused)
    booking.refresh_from_db()
    assert booking.attendance == ""


def test_an_unknown_mark_is_refused(alma, booking, world, clock):
    later(clock, 2 * 3600, alma, world.alma.user)
    assert alma.post(at_session(booking, "attend/"), {"attendance": "late"}).status_code == 422


def test_cancelling_asks_for_a_reason_and_can_be_undone(alma, booking):
    page = at_session(booking, "cancel/")
    assert "The patient is told at once" in text_of(alma.get(page))
    refused = alma.post(page, {"reason": "", "note": "Dentist"})
    assert refused.status_code == 422
    assert 'value="Dentist"' in refused.content.decode()
    assert alma.post(page, {"reason": "therapist_ill"}).status_code == 302
    booking.refresh_from_db()
    assert (booking.state, booking.cancel_reason) == ("cancelled", "therapist_ill")
    shown = text_of(alma.get(at_session(booking)))
    assert "This session was cancelled: The therapist is ill." in shown
    assert alma.post(at_session(booking, "undo/")).status_code == 302
    booking.refresh_from_db()
    assert booking.state == "booked"


def test_a_cancellation_is_undone_for_five_minutes_only(alma, booking, clock):
    alma.post(at_session(booking, "cancel/"), {"reason": "clinic"})
    clock.shift(301)
    assert "Undo the cancellation" not in text_of(alma.get(at_session(booking)))
    assert alma.post(at_session(booking, "undo/")).status_code == 409


def test_history_says_what_happened_and_who_did_it(alma, booking):
    alma.post(at_session(booking, "cancel/"), {"reason": "clinic"})
    page = text_of(alma.get(at_session(booking)))
    assert "Booked" in page
    assert "Cancelled: The clinic has to" in page
    assert "Dana" in page
    assert "Alma" in page


def test_each_look_is_in_the_audit(alma, booking, world):
    """LG1."""
    alma.get(at_session(booking))
    row = AuditRow.objects.get(action="session.view")
    assert (row.subject_id, row.actor_id) == (str(world.nora.pk), str(world.alma.user.pk))


def test_a_refusal_is_in_the_audit(alma, booking, world):
    """LG1."""
    alma.post(at_session(booking, "attend/"), {"attendance": "attended"})
    row = AuditRow.objects.get(outcome="refused")
    assert (row.action, row.code) == ("booking.attend", "not_started")
    assert row.subject_id == str(world.nora.pk)


def test_a_telephone_session_shows_the_number(alma, world, clock):
    booking = booked(world, TEN, medium="telephone")
    checked_in(booking)
    later(clock, 56 * 60, alma, world.alma.user)
    page = alma.get(at_session(booking))
    assert "Call (559) 555-0199" in text_of(page)
    assert "Paste" not in text_of(page)


def test_a_call_waits_for_the_emergency_contact_too(alma, world):
    """TH4."""
    world.nora.emergency_contact = ""
    world.nora.save()
    booking = booked(world, TEN, medium="telephone")
    page = text_of(alma.get(at_session(booking)))
    assert "Telephone on file: (310) 555-0123" in page
    assert "Call (310) 555-0123" not in page
    alma.post(at_session(booking, "contact/"), {"contact": "Sam, +15595550142"})
    assert "Call (310) 555-0123" in text_of(alma.get(at_session(booking)))


@pytest.mark.parametrize("what", PAGES + POSTS)
def test_a_colleague_s_session_is_not_there(client, world, booking, what):
    """AC12: Ben on Alma's things: 404 for reading, changing and cancelling; nothing changes."""
    ben = sign_in(client, world.ben.user)
    before = Booking.objects.values().get()
    answers = [ben.post(at_session(booking, what), {"reason": "clinic", "attendance": ""})]
    if what in PAGES:
        answers[:] = [ben.get(at_session(booking, what))] + answers[: bool(what)]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert Booking.objects.values().get() == before
    assert Event.objects.count() == 1


@pytest.mark.parametrize("what", PAGES)
def test_with_a_cover_it_is_and_after_it_not(client, world, booking, what, clock):
    """AC12."""
    cover(world.ben, world.alma, "2027-03-01", "2027-03-01")
    ben = sign_in(client, world.ben.user)
    assert ben.get(at_session(booking, what)).status_code == 200
    later(clock, 24 * 3600, ben, world.ben.user)
    assert ben.get(at_session(booking, what)).status_code == 404


def test_who_covers_marks_and_cancels(client, world, booking):
    """AC12."""
    cover(world.ben, world.alma, "2027-03-01", "2027-03-01")
    ben = sign_in(client, world.ben.user)
    page = at_session(booking, "cancel/")
    assert ben.post(page, {"reason": "therapist_ill"}).status_code == 302


def test_a_therapist_who_is_admin_too_sees_no_more_sessions(client, world, booking):
    """AC12: a second role opens nobody else's session here."""
    Membership.objects.create(clinic=world.clinic, user=world.ben.user, role="admin")
    Membership.objects.create(clinic=world.clinic, user=world.ben.user, role="desk")
    ben = sign_in(client, world.ben.user)
    assert ben.get(at_session(booking)).status_code == 404


def test_another_clinic_s_session_is_not_there(client, world, booking):
    """AC3."""
    other = build("cove", "2")
    sign_in(client, other.alma.user)
    assert client.get(at_session(booking)).status_code == 404
    assert client.get(at_session(booking).replace("harbor", "cove")).status_code == 404


def test_looking_changes_nothing(alma, booking):
    """BR1: GET and HEAD leave everything but the audit as it was; what changes is a POST."""
    before = Booking.objects.values().get(), Event.objects.count()
    for what in PAGES:
        alma.get(at_session(booking, what))
        alma.head(at_session(booking, what))
    for what in POSTS:
        assert alma.get(at_session(booking, what)).status_code == 405
    assert (Booking.objects.values().get(), Event.objects.count()) == before


def test_the_names_of_patients_are_escaped(alma, world):
    who = patient(world.clinic, "Mia", called="<script>x</script>")
    page = alma.get(at_session(booked(world, TEN, who))).content.decode()
    assert "<script>x" not in page
