"""An enrolment later on: its page, another level of care, a pause and back, the end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scheduling.actions.enroll import enroll
from scheduling.models import Booking, Enrollment, Pause, Program, ProgramPart, Session
from scheduling.queries.plan import Choice
from tests.courses import enrolled
from tests.doors import sign_in
from tests.groups import founded
from tests.programs import four_weeks, program
from tests.web.desk import DESK, at_work, audited, booked
from tests.web.patient import filters, text_of
from tests.web.visitor import Visitor
from tests.world import LA, NOW, World, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
C = "/c/harbor/"


@pytest.fixture
def days(world) -> Program:
    """Four weeks of the group on Tuesdays at four and of CBT on Thursdays at ten."""
    return four_weeks(world, founded(world))


@pytest.fixture
def row(world, days) -> Enrollment:
    """Nora, from Monday, March 8, to Sunday, April 4, with Alma on Thursdays."""
    return enrolled(world, days)


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


def away(dana, row) -> None:
    dana.goes(page(row, "pause/")).presses("See what it means", first="2027-03-15")
    dana.presses("Pause it")


def test_back_from_a_pause_every_date_and_each_weeks_hours_first(world, row, dana):
    """Nothing is booked by looking (BR1); then all of it."""
    away(dana, row)
    assert "until further notice" in dana.reads and len(starts(world)) == 2
    dana.goes(page(row)).follows("Resume").presses("Check the dates", first="2027-03-22")
    assert "4 dates come back Nothing stands against it." in dana.reads
    assert "Thursday, March 25, 2027, 10:00 AM to 10:50 AM PDT (Los Angeles) CBT session" in (
        dana.reads
    )
    assert "Mar 22 2:20 within Mar 29 2:20 within" in dana.reads
    assert "Mar 15" not in dana.reads and len(starts(world)) == 2
    dana.presses("Resume it")
    assert "4 sessions stand again." in dana.reads
    assert at("2027-04-01", 10) in starts(world) and len(starts(world)) == 6


def test_what_does_not_fit_is_decided_or_nothing_is_booked(world, row, dana):
    """resume_refused: all of it or nothing."""
    away(dana, row)
    booked(world, world.omar, at("2027-03-25", 10))
    dana.goes(page(row, "resume/")).presses("Check the dates", first="2027-03-22")
    assert "3 dates come back 1 thing is to be decided." in dana.reads
    assert "Mar 22 1:30 30 min below Mar 29 2:20 within" in dana.reads
    dana.presses("Resume it")
    assert dana.response.status_code == 409
    assert "Some dates cannot be booked again as they were." in dana.reads
    assert len(starts(world)) == 2
    (date,) = dana.response.context["open"]
    dana.presses("Resume it", leave=date["date"])
    assert "3 sessions stand again." in dana.reads
    assert at("2027-03-25", 10) not in starts(world)


def test_a_day_that_cannot_be_is_told(row, dana):
    away(dana, row)
    for first, said in (("2027-02-28", "This time has passed."), ("2027-08-01", "")):
        answer = dana.client.get(page(row, f"resume/?first={first}"))
        assert answer.status_code in (409, 422) and said in answer.content.decode()


def test_the_page_of_resume_costs_the_same_for_a_few_weeks_and_many(world, days):
    counts = []
    for weeks, who in ((2, world.nora), (4, world.omar)):
        days.weeks = weeks
        days.save()
        part = days.parts.get(service__isnull=False)
        one = enroll(
            program=days.uuid, patient=who.pk, first_day=date(2027, 3, 8), place="CA", zone=LA,
            choices=[Choice(part=part.pk, therapist=world.alma.uuid, at=600 + 60 * weeks)],
            actor=world.actor(world.dana), now=NOW,
        )  # fmt: skip
        dana = at_work(world.dana)
        assert dana.post(page(one, "pause/?first=2027-03-08")).status_code == 302
        dana.get(page(one))
        with CaptureQueriesContext(connection) as sent:
            shown = dana.get(page(one, "resume/?first=2027-03-08"))
        assert f"{2 * weeks} dates come back" in text_of(shown)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 60


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


def test_a_step_is_taken_back_with_one_button(world, days, row, dana):
    """From the page of either program; the patient is where they were."""
    after, before = program(world, days.level, name="Aftercare", weeks=4), starts(world)
    dana.goes(page(row, "step/"))
    dana.presses("Check the dates", program=str(after.uuid), first="2027-03-22")
    dana.presses("Change the program")
    assert starts(world) != before
    assert "The patient came from Days just now This can be taken back until 9:05 AM" in dana.reads
    assert "Undo" in dana.goes(page(row)).reads
    dana.goes(page(Enrollment.objects.get(program=after))).presses("Undo")
    assert "The program goes on as before." in dana.reads and dana.at == page(row)
    assert starts(world) == before
    assert "It goes on in" not in dana.reads and "Undo" not in dana.reads
    gone = Enrollment.objects.get(program=after)
    assert "never began" in dana.goes(page(gone)).reads
    assert "The step was taken back" in dana.reads and "Undo" not in dana.reads


def test_an_end_is_taken_back_or_refused_with_what_is_taken_meanwhile(world, row, dana):
    before = starts(world)
    dana.client.post(page(row, "discharge/?first=2027-03-22&reason=discharged"))
    booked(world, world.omar, at("2027-03-25", 10))
    dana.goes(page(row)).presses("Undo")
    assert dana.response.status_code == 409
    assert "Some of what was given up is taken by now" in dana.reads
    assert "Thursday, March 25, 2027, 10:00 AM PDT" in dana.reads
    assert len(starts(world)) == 4
    Session.objects.filter(bookings__patient=world.omar).get().occupancies.update(live=False)
    dana.presses("Undo")
    assert starts(world) == before


def test_after_five_minutes_there_is_no_way_back(row, dana, clock):
    """undo_too_late"""
    dana.client.post(page(row, "discharge/?first=2027-03-22&reason=discharged"))
    clock.move_to(NOW + timedelta(minutes=6))
    assert "Undo" not in dana.goes(page(row)).reads
    assert dana.client.post(page(row, "undo/")).status_code == 409


def test_step_up_brings_what_is_new(world, days, row, dana):
    more = program(world, days.level, name="More days", weeks=2)
    part = ProgramPart.objects.create(program=more, service=world.cbt, weekday=0, at=600)
    dana.goes(page(row, "step/"))
    dana.presses("Check the dates", program=str(more.uuid), first="2027-03-22")
    assert dana.fields("Check the dates")[f"part{part.pk}-therapist"] == str(world.alma.uuid)
    dana.presses("Change the program")
    assert at("2027-03-22", 10) in starts(world)
    assert at("2027-03-25", 10) in starts(world)


def test_a_session_of_it_is_not_moved_past_its_end(world, row, dana):
    """outside_program: the patient chooses another time; staff say why, and it is done."""
    one = Booking.objects.get(patient=world.nora, start=at("2027-04-01", 10))
    nora = sign_in(Client(), world.nora.user, mfa=False)
    start = {"start": at("2027-04-06", 14), "therapist": world.alma.uuid}
    there = filters(**start)
    del there["service"]
    answer = nora.post(f"{C}my/{one.uuid}/move/check/", there)
    assert answer.status_code == 409
    assert "Your program is not going on at this time." in text_of(answer)
    move = f"{DESK}bookings/{one.uuid}/move/"
    answer = dana.client.post(move, filters(**start, reason="patient"))
    assert answer.status_code == 409
    assert "The patient's program is not going on at this time." in text_of(answer)
    assert at("2027-04-01", 10) in starts(world)
    said = {"typed": "1", "typed-date": "2027-04-06", "typed-time": "14:00"}
    said |= {"typed-why": "A last look together", "reason": "patient"}
    assert dana.client.post(move, filters(**said)).status_code == 302
    assert starts(world)[-1] == at("2027-04-06", 14)


def test_nor_by_its_therapist_without_a_reason(world, row):
    one = Booking.objects.get(patient=world.nora, start=at("2027-04-01", 10))
    alma, move = at_work(world.alma.user), f"{C}sessions/{one.session.uuid}/move/"
    said = {"slot": at("2027-04-06", 14), "reason": "clinic", "override": ""}
    answer = alma.post(move, said)
    assert answer.status_code == 409
    assert "Say why, and it can be done." in text_of(answer)
    assert alma.post(move, said | {"override": "A last look"}).status_code == 302
    assert starts(world)[-1] == at("2027-04-06", 14)


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
    assert dana.post(page(row, "undo/")).status_code == 404
