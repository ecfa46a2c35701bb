"""An enrolment later on: its page, another level of care, a pause and back, the end."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from scheduling.actions.enroll import enroll
from scheduling.models import Booking, Enrollment, Pause, Program, ProgramPart
from scheduling.queries.plan import Choice
from tests.doors import sign_in
from tests.groups import founded
from tests.programs import a_rule, iop, program
from tests.web.desk import at_work, audited, booked
from tests.web.patient import text_of
from tests.web.visitor import Visitor
from tests.world import LA, NOW, World, at, build

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
C = "/c/harbor/"


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def days(world) -> Program:
    """Four weeks of the group on Tuesdays at four and of CBT on Thursdays at ten."""
    level = iop(world, rules=False)
    a_rule(level, min_minutes=120, max_minutes=180)
    return program(world, level, founded(world), weeks=4)


@pytest.fixture
def row(world, days) -> Enrollment:
    """Nora, from Monday, March 8, to Sunday, April 4, with Alma on Thursdays."""
    part = days.parts.get(service__isnull=False)
    return enroll(
        program=days.uuid,
        patient=world.nora.pk,
        first_day=date(2027, 3, 8),
        place="CA",
        zone=LA,
        choices=[Choice(part=part.pk, therapist=world.alma.uuid)],
        actor=world.actor(world.dana),
        now=NOW,
    )


@pytest.fixture
def dana(world) -> Visitor:
    return Visitor(at_work(world.dana))


def page(row: Enrollment, then: str = "") -> str:
    return f"{C}enrollments/{row.uuid}/{then}"


def starts(world: World) -> list[int]:
    rows = Booking.objects.filter(live=True, patient=world.nora, session__series__isnull=False)
    return list(rows.order_by("start").values_list("start", flat=True))


def test_its_page(world, row, dana):
    dana.goes(page(row))
    assert "begins later" in dana.reads
    assert "Evenings Every Tuesday at 4:00 PM (Los Angeles)" in dana.reads
    assert "CBT session Every Thursday at 10:00 AM (Los Angeles) with Alma" in dana.reads
    assert "To come (8)" in dana.reads
    assert "Tuesday, March 9, 2027, 4:00 PM to 5:30 PM PST (Los Angeles)" in dana.reads
    assert [one.subject_id for one in audited("enrollment.view")] == [str(world.nora.pk)]


def test_a_pause_says_first_what_falls_away(world, row, dana):
    """The places in groups stay; nothing is cancelled before it is confirmed."""
    dana.goes(page(row)).follows("Pause")
    dana.presses("See what it means", first="2027-03-15", last="2027-03-21")
    assert "2 dates fall away" in dana.reads
    assert "Thursday, March 18, 2027, 10:00 AM" in dana.reads
    assert len(starts(world)) == 8
    dana.presses("Pause it")
    assert "Paused from Monday, March 15, 2027 to Sunday, March 21, 2027." in dana.reads
    assert len(starts(world)) == 6
    assert at("2027-03-18", 10) not in starts(world)
    assert row.members.get().left_at is None


def test_back_from_a_pause_and_what_does_not_fit(world, row, dana):
    dana.goes(page(row, "pause/")).presses("See what it means", first="2027-03-15")
    dana.presses("Pause it")
    assert "until further notice" in dana.reads
    assert len(starts(world)) == 2
    booked(world, world.omar, at("2027-03-25", 10))
    dana.goes(page(row)).follows("Resume").presses("See what it means", first="2027-03-22")
    dana.presses("Resume it")
    assert "3 sessions stand again." in dana.reads
    assert "Not booked again: Thursday, March 25, 2027, 10:00 AM PDT" in dana.reads
    assert at("2027-04-01", 10) in starts(world)


def test_there_is_nothing_to_resume(row, dana):
    dana.goes(page(row, "resume/"))
    assert dana.at == page(row)


def test_the_end(world, row, dana):
    dana.goes(page(row)).follows("End")
    dana.presses("See what it means", first="2027-03-22", reason="left")
    assert "4 dates fall away" in dana.reads
    dana.presses("End it")
    assert len(starts(world)) == 4
    row.refresh_from_db()
    assert (row.last_day, row.end_reason) == (date(2027, 3, 21), "left")
    assert "The patient left" in dana.reads


def test_what_cannot_be_is_told_and_changes_nothing(world, row, dana):
    dana.goes(page(row, "pause/"))
    dana.presses("See what it means", first="2027-06-01", last="2027-06-03")
    dana.presses("Pause it")
    assert dana.response.status_code == 422
    assert "Nothing was changed." in dana.reads
    assert not Pause.objects.exists()
    dana.goes(page(row, "pause/")).presses("See what it means", first="2027-03-18", last="soon")
    assert dana.response.status_code == 422


def test_step_down_keeps_what_both_share(world, days, row, dana):
    """The Thursdays go on with the same session rows; the group's dates fall away."""
    after = program(world, days.level, name="Aftercare", weeks=4)
    kept = Booking.objects.get(start=at("2027-03-25", 10), patient=world.nora).pk
    dana.goes(page(row)).follows("Step up or down")
    dana.presses("Check the dates", program=str(after.uuid), first="2027-03-22")
    assert "It goes on as before." in dana.reads
    assert "2 dates fall away" in dana.reads
    dana.presses("Change the program")
    assert "Before: Days" in dana.reads
    new = Enrollment.objects.get(program=after)
    assert (new.follows, new.first_day) == (row, date(2027, 3, 22))
    assert Booking.objects.get(pk=kept).live
    assert starts(world)[-4:] == [
        at(f"2027-{day}", 10) for day in ("03-25", "04-01", "04-08", "04-15")
    ]
    assert "It goes on in Aftercare" in dana.goes(page(row)).reads


def test_step_up_brings_what_is_new(world, days, row, dana):
    more = program(world, days.level, name="More days", weeks=2)
    part = ProgramPart.objects.create(program=more, service=world.cbt, weekday=0, at=600)
    dana.goes(page(row, "step/"))
    dana.presses("Check the dates", program=str(more.uuid), first="2027-03-22")
    assert dana.fields("Check the dates")[f"part{part.pk}-therapist"] == str(world.alma.uuid)
    dana.presses("Change the program")
    assert at("2027-03-22", 10) in starts(world)
    assert at("2027-03-25", 10) in starts(world)


def test_others_do_not_find_it(world, row):
    """AC2, AC3: the patient has a page of their own; who does not treat them has none."""
    assert at_work(world.alma.user).get(page(row)).status_code == 200
    for who in (world.ada, world.pia, world.mallory):
        assert at_work(who).get(page(row)).status_code == 404
    nora = sign_in(Client(), world.nora.user, mfa=False)
    assert nora.get(page(row)).status_code == 404
    assert nora.post(page(row, "discharge/") + "?first=2027-03-22&reason=left").status_code == 404


def test_looking_changes_nothing(world, row):
    """BR1."""
    for then in ("pause/?first=2027-03-15", "discharge/?first=2027-03-15&reason=left"):
        assert at_work(world.dana).get(page(row, then)).status_code == 200
    assert len(starts(world)) == 8
    assert text_of(at_work(world.dana).get(page(row))).count("Paused") == 0


def test_nobody_changes_an_enrolment_of_their_own(world, row):
    """AC4: who sits at the desk and is a patient too reads it as a patient alone."""
    world.nora.user = world.dana
    world.nora.save()
    dana = at_work(world.dana)
    for then in ("", "step/", "pause/", "resume/", "discharge/"):
        assert dana.get(page(row, then)).status_code == 404
