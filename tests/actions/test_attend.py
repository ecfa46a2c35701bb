"""Mark who came: by whom, when, and that a mark can be corrected."""

from datetime import timedelta

import pytest

from accounts.models import AuditRow
from scheduling.actions.attend import mark
from scheduling.actions.cancel import cancel
from scheduling.actions.notice import note_emergency_contact
from scheduling.errors import BadInput, IllegalChange, NotFound, NotStarted
from scheduling.models import Event
from tests.web.therapist import booked, cover
from tests.world import NOW, World, at, build, patient

pytestmark = pytest.mark.django_db
TEN = at("2027-03-01", 10)
AFTER = NOW + timedelta(hours=2)


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def booking(world):
    return booked(world, TEN)


def said(world, booking, attendance="attended", by=None, now=AFTER):
    actor = world.actor(by or world.alma, now)
    return mark(booking=booking.uuid, attendance=attendance, actor=actor, now=now)


def events() -> list[dict]:
    return list(Event.objects.filter(kind="attendance").values_list("facts", flat=True))


@pytest.mark.parametrize("what", ["attended", "no_show", "technical_failure", "excused"])
def test_who_came(world, booking, what):
    marked = said(world, booking, what)
    assert (marked.attendance, marked.attendance_at, marked.state) == (what, AFTER, "booked")
    assert events() == [{"before": "", "after": what}]


def test_a_mark_is_corrected_and_taken_back(world, booking):
    said(world, booking, "no_show")
    said(world, booking, "attended")
    marked = said(world, booking, "")
    assert (marked.attendance, marked.attendance_at) == ("", None)
    assert [one["after"] for one in events()] == ["no_show", "attended", ""]


def test_the_same_mark_twice_is_told_once(world, booking):
    said(world, booking)
    said(world, booking)
    assert len(events()) == 1


def test_nobody_attends_before_the_start(world, booking):
    """BL2: from the first minute on, not before."""
    with pytest.raises(NotStarted):
        said(world, booking, now=booking.starts_at - timedelta(minutes=1))
    assert said(world, booking, now=booking.starts_at).attendance == "attended"


def test_a_cancelled_session_was_attended_by_nobody(world):
    """BL2."""
    booking = booked(world, at("2027-03-01", 12))
    cancel(booking=booking.uuid, reason="clinic", actor=world.actor(world.dana), now=NOW)
    with pytest.raises(IllegalChange):
        said(world, booking, now=NOW + timedelta(hours=5))


def test_words_that_are_no_mark(world, booking):
    with pytest.raises(BadInput):
        said(world, booking, "was there")


def test_who_may_say_so(world, booking):
    """AC12, BL2: who treats, who covers, and the desk; never the patient or a colleague."""
    for stranger in (world.ben, world.ada, world.pia, world.nora, world.omar, world.mallory):
        with pytest.raises(NotFound):
            said(world, booking, by=stranger)
    assert said(world, booking, by=world.dana).attendance == "attended"
    cover(world.ben, world.alma, "2027-03-01", "2027-03-01")
    assert said(world, booking, "excused", by=world.ben).attendance == "excused"


def test_nobody_marks_their_own_appointment(world):
    """BL2: a therapist who is a patient of a colleague, even while covering for that colleague."""
    mine = patient(world.clinic, "Benjamin", user=world.ben.user)
    booking = booked(world, TEN, mine)
    cover(world.ben, world.alma, "2027-03-01", "2027-03-01")
    with pytest.raises(NotFound):
        said(world, booking, by=world.ben)


def test_marks_and_refusals_are_in_the_audit(world, booking):
    """LG1."""
    with pytest.raises(NotStarted):
        said(world, booking, now=NOW)
    said(world, booking)
    found = AuditRow.objects.filter(action="booking.attend").order_by("pk")
    assert [(row.outcome, row.code) for row in found] == [("refused", "not_started"), ("ok", "")]
    assert {row.subject_id for row in found} == {str(world.nora.pk)}


def test_an_emergency_contact_is_noted_by_who_treats_the_patient(world, booking):
    """TH4, AC12; what the patient gave is not overwritten."""
    note = {"booking": booking.uuid, "now": NOW}
    for stranger in (world.ben, world.dana, world.ada, world.nora):
        with pytest.raises(NotFound):
            note_emergency_contact(**note, contact="Sam, 555-0142", actor=world.actor(stranger))
    alma = world.actor(world.alma)
    with pytest.raises(BadInput):
        note_emergency_contact(**note, contact="  ", actor=alma)
    patient = note_emergency_contact(**note, contact=" Sam, 555-0142 ", actor=alma)
    assert patient.emergency_contact == "Sam, 555-0142"
    with pytest.raises(IllegalChange):
        note_emergency_contact(**note, contact="Somebody else", actor=alma)
