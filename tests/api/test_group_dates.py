"""A group's date for the programs of staff: roster, who came, cancelled, taken back, moved."""

from __future__ import annotations

import pytest
import time_machine

from accounts.models import AuditRow
from scheduling.engine.interval import from_minute
from scheduling.models import Booking, Event, Group, Occupancy, Session
from tests.groups import comes_in, founded
from tests.world import LA, World, at, therapist

DATES = "staff/group-dates/"


@pytest.fixture
def group(world: World) -> Group:
    made = founded(world)
    comes_in(world, made, world.nora)
    comes_in(world, made, world.omar)
    return made


@pytest.fixture
def first(group) -> Session:
    return Session.objects.filter(series__group=group).order_by("slot")[0]


def one(session: Session, what: str = "") -> str:
    return f"{DATES}{session.uuid}/{what}"


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def seat(session: Session, who) -> Booking:
    return Booking.objects.get(session=session, patient=who)


def test_its_roster_names_who_has_a_seat(world, first, caller):
    """LG1: each who is shown is recorded."""
    told = caller(world.alma).get(one(first)).json()
    nora, omar = sorted(told["roster"], key=lambda line: line["patient"]["name"])
    assert nora == {
        "booking": str(seat(first, world.nora).uuid),
        "patient": {
            "reference": world.nora.reference,
            "name": world.nora.name,
            "called": world.nora.called,
        },
        "away": False,
        "attendance": "",
        "late_by": None,
        "left_early_by": None,
        "attended": 0,
        "missed": 0,
    }
    assert omar["patient"]["reference"] == world.omar.reference
    assert (told["seats"], told["limit"], told["state"]) == (2, 8, "scheduled")
    rows = AuditRow.objects.filter(action="roster.view")
    assert {row.subject_id for row in rows} == {str(world.nora.pk), str(world.omar.pk)}


def test_whose_it_is(world, first, caller):
    """AC1, AC2: the desk's, and of who gives it; of nobody else."""
    assert caller(world.dana).get(one(first)).status_code == 200
    for who in (world.ada, world.nora, world.mallory, therapist(world.clinic, "Cleo")):
        assert caller(who).get(one(first)).status_code == 404
        answer = caller(who).post(one(first, "cancel/"), {"reason": "clinic"})
        assert answer.status_code == 404
    assert caller().get(one(first)).status_code == 401
    assert Session.objects.get(pk=first.pk).state == "scheduled"


# Who came


def test_who_came_and_a_mark_taken_back(world, first, caller):
    marks = [
        {"booking": str(seat(first, world.nora).uuid), "attendance": "attended", "late_by": 10},
        {"booking": str(seat(first, world.omar).uuid), "attendance": "excused"},
    ]
    with time_machine.travel(from_minute(first.end), tick=False):
        alma = caller(world.alma)
        told = alma.post(one(first, "attend/"), {"marks": marks, "present": 3})
        assert told.status_code == 200 and told.json()["present"] == 3
        assert world.nora.reference not in told.content.decode()
        assert (seat(first, world.nora).late_by, seat(first, world.omar).attendance) == (
            10,
            "excused",
        )
        undone = [marks[1] | {"attendance": ""}]
        alma.post(one(first, "attend/"), {"marks": undone, "present": 2})
    assert seat(first, world.omar).attendance == ""
    assert seat(first, world.nora).attendance == "attended"
    assert Session.objects.get(pk=first.pk).present == 2
    assert Event.objects.filter(kind="attendance").count() == 3


@pytest.mark.parametrize("mark", ["attended", "no_show", "technical_failure", "excused"])
def test_each_mark(world, first, caller, mark):
    said = [{"booking": str(seat(first, world.nora).uuid), "attendance": mark}]
    with time_machine.travel(from_minute(first.start), tick=False):
        answer = caller(world.dana).post(one(first, "attend/"), {"marks": said, "present": None})
    assert answer.status_code == 200 and seat(first, world.nora).attendance == mark


def test_not_before_it_starts_and_not_for_others(world, group, first, caller):
    """BL2."""
    said = {"booking": str(seat(first, world.nora).uuid), "attendance": "attended"}
    answer = caller(world.alma).post(one(first, "attend/"), {"marks": [said], "present": None})
    assert refused(answer) == (409, "not_started")
    later = Session.objects.filter(series__group=group).order_by("slot")[1]
    elsewhere = said | {"booking": str(seat(later, world.nora).uuid)}
    with time_machine.travel(from_minute(first.end), tick=False):
        alma = caller(world.alma)
        for marks, status in (
            ([elsewhere], 404),
            ([said, said], 422),
            ([said | {"attendance": "no_show", "late_by": 5}], 422),
            ([said | {"attendance": "came"}], 422),
        ):
            answer = alma.post(one(first, "attend/"), {"marks": marks, "present": None})
            assert answer.status_code == status, marks
    assert not Booking.objects.exclude(attendance="").exists()


# The date itself


def test_cancelled_and_taken_back(world, first, caller):
    dana = caller(world.dana)
    assert dana.post(one(first, "cancel/"), {}).status_code == 422
    told = dana.post(one(first, "cancel/"), {"reason": "therapist_ill"}).json()
    assert (told["state"], told["seats"]) == ("cancelled", 0)
    assert refused(dana.post(one(first, "cancel/"), {"reason": "clinic"})) == (
        409,
        "cancelled_already",
    )
    back = dana.post(one(first, "undo-cancel/"), {}).json()
    assert (back["state"], back["seats"]) == ("scheduled", 2)
    assert Occupancy.objects.filter(session=first, live=True).count() == 2
    assert refused(dana.post(one(first, "undo-cancel/"), {})) == (409, "illegal_change")


def test_moved(world, first, caller):
    body = {"start": "2027-03-10T17:00-08:00", "reason": "clinic"}
    told = caller(world.alma).post(one(first, "move/"), body, Idempotency_Key="one").json()
    assert told["start"] == "2027-03-10T17:00:00-08:00"
    assert told["slot"] == "2027-03-09T16:00:00-08:00"
    again = caller(world.alma).post(one(first, "move/"), body, Idempotency_Key="one")
    assert again.json() == told
    assert seat(first, world.nora).start == at("2027-03-10", 17)
    assert Event.objects.filter(kind="moved", booking=None).count() == 1


def test_not_moved_where_somebody_is_busy(world, first, caller):
    body = {"start": "2027-03-16T16:00-07:00", "reason": "clinic"}
    answer = caller(world.dana).post(one(first, "move/"), body)
    assert refused(answer) == (409, "facilitators_busy")
    assert answer.json()["dates"] == [{"start": "2027-03-16T16:00:00-07:00", "why": "busy"}]
    body = {"date": "2027-03-16", "time": "18:00", "zone": LA, "reason": "clinic"}
    assert caller(world.dana).post(one(first, "move/"), body).status_code == 200
