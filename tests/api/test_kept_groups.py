"""Groups for the programs of staff: found, change, pause, end; refused like the pages."""

from __future__ import annotations

import pytest

from accounts.models import AuditRow
from scheduling.actions.cancel import cancel
from scheduling.actions.group_members import leave
from scheduling.models import Booking, Event, Group, Member, Occupancy, Session, TimeOff
from tests.actions.test_groups import book_at
from tests.groups import comes_in, founded, group_service
from tests.world import LA, NOW, World, at, licence, offer, therapist

KEPT = "staff/groups/"


@pytest.fixture
def group(world: World) -> Group:
    return founded(world)


def new(world: World, **more) -> dict:
    return {
        "service": str(group_service(world).uuid),
        "name": "Mornings",
        "entry": "closed",
        "capacity": 8,
        "entry_sessions": 2,
        "medium": "video",
        "facilitators": [str(world.alma.uuid), str(world.ben.uuid)],
        "rule": "FREQ=WEEKLY;BYDAY=MO",
        "zone": LA,
        "time": "10:00",
        "first": "2027-03-08",
    } | more


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def one(group: Group, what: str = "") -> str:
    return f"{KEPT}{group.uuid}/{what}"


def day_off(who, day: str) -> None:
    TimeOff.objects.create(therapist=who, first_day=day, last_day=day)


# Found


def test_a_group_is_founded_with_its_sessions(world, caller):
    answer = caller(world.dana).post(KEPT, new(world))
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert len(told["dates"]) == Session.objects.count() == 13
    assert told["dates"][0] | {"id": ""} == {
        "id": "",
        "group": told["id"],
        "start": "2027-03-08T10:00:00-08:00",
        "end": "2027-03-08T11:30:00-08:00",
        "zone": LA,
        "slot": "2027-03-08T10:00:00-08:00",
        "medium": "video",
        "state": "scheduled",
        "seats": 0,
        "limit": 8,
        "present": None,
    }
    assert (told["name"], told["state"], told["time"]) == ("Mornings", "running", "10:00")
    assert [who["therapist"]["name"] for who in told["duty"]] == ["Alma", "Ben"]
    assert [who["lead"] for who in told["duty"]] == [True, False]
    assert caller(world.dana).get(f"{KEPT}{told['id']}/").json() == told


def test_once_for_each_key(world, caller):
    desk = caller(world.dana)
    first = desk.post(KEPT, new(world), Idempotency_Key="once")
    again = desk.post(KEPT, new(world), Idempotency_Key="once")
    assert again.json() == first.json() and again["Idempotency-Replayed"] == "true"
    assert Group.objects.count() == 1


def test_dates_against_it_are_named_and_can_be_left_out(world, caller):
    day_off(world.ben, "2027-03-15")
    answer = caller(world.dana).post(KEPT, new(world))
    assert refused(answer) == (409, "facilitators_busy")
    assert answer.json()["dates"] == [{"start": "2027-03-15T10:00:00-07:00", "why": "day_off"}]
    assert not Group.objects.exists()
    skip = [line["start"] for line in answer.json()["dates"]]
    made = caller(world.dana).post(KEPT, new(world, skip=skip)).json()
    assert [line["state"] for line in made["dates"]][:2] == ["scheduled", "cancelled"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"capacity": 0},
        {"entry": "rolling"},
        {"entry": "rolling", "module_sessions": 4, "cycle_sessions": 2},
        {"rule": "FREQ=HOURLY"},
        {"facilitators": []},
        {"last": "2027-03-01"},
        {"seats": 8},
    ],
)
def test_what_is_wrong_is_refused(world, caller, wrong):
    assert caller(world.dana).post(KEPT, new(world, **wrong)).status_code == 422
    assert not Group.objects.exists()


def test_whose_it_is_to_keep_groups(world, group, caller):
    """AC1, AC2: desk and office found; facilitators read theirs; nobody else finds anything."""
    assert caller(world.alma).post(KEPT, new(world)).status_code == 404
    assert caller(world.nora).post(KEPT, new(world)).status_code == 404
    assert caller().post(KEPT, new(world)).status_code == 401
    other = therapist(world.clinic, "Cleo")
    assert [line["name"] for line in caller(world.alma).get(KEPT).json()] == ["Evenings"]
    assert caller(other).get(KEPT).json() == []
    assert caller(other).get(one(group)).status_code == 404
    assert caller(world.nora).get(KEPT).status_code == 404


def test_the_list(world, group, caller):
    (told,) = caller(world.ada).get(KEPT).json()
    assert told == {
        "id": str(group.uuid),
        "name": "Evenings",
        "state": "running",
        "entry": "closed",
        "service": {"id": str(group.service.uuid), "name": "DBT skills", "minutes": 90},
        "rule": "FREQ=WEEKLY;BYDAY=TU",
        "zone": LA,
        "time": "16:00",
        "last": None,
        "facilitators": ["Alma", "Ben"],
    }


# Its members


def test_members_are_named_to_who_runs_it(world, group, caller):
    """AC4, LG1: who schedules or treats; the office reads numbers."""
    comes_in(world, group, world.nora)
    (told,) = caller(world.dana).get(one(group, "members/")).json()
    assert told == {
        "id": str(Member.objects.get().uuid),
        "patient": {
            "reference": world.nora.reference,
            "name": world.nora.name,
            "called": world.nora.called,
        },
        "since": "2027-03-09T16:00:00-08:00",
        "until": None,
        "place": "CA",
        "missed": 0,
        "without_seat": [],
    }
    row = AuditRow.objects.filter(action="group.view").latest("pk")
    assert row.subject_id == str(world.nora.pk)
    assert caller(world.alma).get(one(group, "members/")).json() == [told]
    assert caller(world.ada).get(one(group, "members/")).status_code == 404
    shown = caller(world.ada).get(one(group))
    assert world.nora.reference not in shown.content.decode()
    assert shown.json()["dates"][0]["seats"] == 1


# Changed


def test_other_times_from_a_date_on(world, group, caller):
    comes_in(world, group, world.nora)
    body = {
        "rule": "FREQ=WEEKLY;BYDAY=TH",
        "zone": LA,
        "time": "17:00",
        "first": "2027-03-18",
        "since": "2027-03-16T16:00-07:00",
        "reason": "clinic",
    }
    answer = caller(world.dana).post(one(group, "times/"), body)
    assert answer.status_code == 200, answer.content
    assert [line["start"] for line in answer.json()["dates"]][:3] == [
        "2027-03-09T16:00:00-08:00",
        "2027-03-18T17:00:00-07:00",
        "2027-03-25T17:00:00-07:00",
    ]
    moved = Booking.objects.filter(patient=world.nora, live=True).order_by("start")
    assert moved[1].start == at("2027-03-18", 17)
    late = caller(world.dana).post(one(group, "times/"), body | {"since": "2028-03-16T16:00-07:00"})
    assert refused(late) == (409, "illegal_change")


def test_who_sits_elsewhere_is_named_by_reference(world, group, caller):
    """With `drop` they lose those seats and keep the others."""
    comes_in(world, group, world.nora)
    cleo = therapist(world.clinic, "Cleo")
    offer(cleo, world.cbt)
    book_at(world, "2027-03-18", 16, patient=world.nora, therapist=cleo)
    body = {
        "rule": "FREQ=WEEKLY;BYDAY=TH",
        "zone": LA,
        "time": "16:30",
        "first": "2027-03-18",
        "since": "2027-03-16T16:00-07:00",
        "reason": "clinic",
    }
    answer = caller(world.dana).post(one(group, "times/"), body)
    assert refused(answer) == (409, "members_busy")
    assert answer.json()["members"] == [world.nora.reference]
    assert caller(world.ada).post(one(group, "times/"), body).json()["members"] == []  # AC4
    assert caller(world.dana).post(one(group, "times/"), body | {"drop": True}).status_code == 200
    assert Booking.objects.filter(patient=world.nora, state="cancelled").count() == 1


def test_a_substitute_from_a_day_on(world, group, caller):
    """TH2: licensed for every member; the refusal names those who are not."""
    comes_in(world, group, world.nora)
    cleo = therapist(world.clinic, "Cleo", states=())
    body = {"leaving": str(world.alma.uuid), "coming": str(cleo.uuid), "first": "2027-03-16"}
    answer = caller(world.ada).post(one(group, "facilitators/"), body | {"until": "2027-03-16"})
    assert refused(answer) == (409, "members_not_licensed") and answer.json()["members"] == []
    answer = caller(world.dana).post(one(group, "facilitators/"), body)
    assert answer.json()["members"] == [world.nora.reference]
    licence(cleo, "CA")
    told = caller(world.dana).post(one(group, "facilitators/"), body).json()
    lines = [(who["therapist"]["name"], who["since"], who["until"]) for who in told["duty"]]
    assert lines == [
        ("Alma", "2027-03-09", "2027-03-15"),
        ("Ben", "2027-03-09", None),
        ("Cleo", "2027-03-16", None),
    ]
    assert Occupancy.objects.filter(profile=cleo, live=True).count() == 11
    nobody = caller(world.dana).post(one(group, "facilitators/"), {"first": "2027-03-16"})
    assert nobody.status_code == 422


# Its words and seats


def test_name_text_seats_and_who_finds_it(world, group, caller):
    """AC1: as on the pages, that is for desk and office."""
    said = {
        "name": "Nights",
        "about": "Two hours.",
        "capacity": 9,
        "per_facilitator": 4,
        "listed": False,
    }
    told = caller(world.dana).patch(one(group), said).json()
    assert {name: told[name] for name in said} == said
    assert {date["limit"] for date in told["dates"]} == {8}
    again = caller(world.ada).patch(one(group), {"per_facilitator": None}).json()
    assert again == told | {"per_facilitator": None, "dates": again["dates"]}
    assert {date["limit"] for date in again["dates"]} == {9}
    row = AuditRow.objects.filter(action="group.change").latest("pk")
    assert row.detail == {"per_facilitator": True}
    for who in (world.alma, world.nora):
        assert caller(who).patch(one(group), {"name": "Mine"}).status_code == 404
    group.refresh_from_db()
    assert group.name == "Nights"


@pytest.mark.parametrize(
    "wrong",
    [{"capacity": 0}, {"name": " "}, {"per_facilitator": 0}, {"entry": "open"}, {"seats": 9}],
)
def test_what_is_no_change_of_a_group_is_refused(world, group, caller, wrong):
    """The rules of joining stay."""
    assert caller(world.dana).patch(one(group), wrong).status_code == 422


def test_no_seat_is_taken_away_that_somebody_has(world, group, caller):
    comes_in(world, group, world.nora)
    comes_in(world, group, world.omar)
    desk = caller(world.dana)
    assert refused(desk.patch(one(group), {"capacity": 1})) == (409, "too_few_seats")
    Occupancy.objects.filter(profile=world.ben, session__start=at("2027-03-16", 16)).delete()
    assert refused(desk.patch(one(group), {"per_facilitator": 1})) == (409, "too_few_seats")
    group.refresh_from_db()
    assert (group.capacity, group.per_facilitator) == (8, None)
    assert desk.patch(one(group), {"capacity": 2, "per_facilitator": 2}).status_code == 200


def test_nor_the_seat_of_one_date(world, caller):
    group = founded(world, entry="open")
    for who in (world.nora, world.omar):
        comes_in(world, group, who, start=at("2027-03-16", 16))
    desk = caller(world.dana)
    assert refused(desk.patch(one(group), {"capacity": 1})) == (409, "too_few_seats")
    assert desk.patch(one(group), {"capacity": 2}).status_code == 200


def test_a_place_is_kept_for_who_is_away_or_the_group_in_a_pause(world, group, caller):
    comes_in(world, group, world.nora)
    comes_in(world, group, world.omar)
    for seat in Booking.objects.filter(patient=world.omar):
        cancel(booking=seat.uuid, actor=world.actor(world.omar), now=NOW)
    desk = caller(world.dana)
    assert refused(desk.patch(one(group), {"capacity": 1})) == (409, "too_few_seats")
    desk.post(one(group, "pause/"), {"reason": "clinic"})
    assert refused(desk.patch(one(group), {"capacity": 1})) == (409, "too_few_seats")
    leave(
        member=Member.objects.get(patient=world.omar).uuid, actor=world.actor(world.omar), now=NOW
    )
    assert desk.patch(one(group), {"capacity": 1}).json()["capacity"] == 1


def test_a_group_that_has_too_many_already_can_be_changed(world, group, caller):
    """A facilitator has fallen out: nobody is sent away, and the text can be put right."""
    comes_in(world, group, world.nora)
    comes_in(world, group, world.omar)
    Group.objects.update(per_facilitator=1)
    Occupancy.objects.filter(profile=world.ben).delete()
    desk = caller(world.dana)
    assert desk.patch(one(group), {"about": "New.", "per_facilitator": 1}).status_code == 200
    desk.post(one(group, "end/"), {"reason": "clinic"})
    assert refused(desk.patch(one(group), {"about": "x"})) == (409, "illegal_change")


def test_patients_cannot_tell_how_many_seats_it_has(world, group, caller):
    """GR1: while there is a place, byte for byte the same with more seats or fewer."""
    comes_in(world, group, world.nora)
    paths = ("groups/", f"groups/{group.uuid}/", "memberships/")
    before = [caller(world.nora).get(path).content for path in paths]
    for seats in (20, 2):
        caller(world.dana).patch(one(group), {"capacity": seats})
        assert [caller(world.nora).get(path).content for path in paths] == before
    assert caller(world.nora).get(one(group)).status_code == 404


# Paused, ended


def test_it_pauses_goes_on_and_ends(world, group, caller):
    desk = caller(world.dana)
    comes_in(world, group, world.nora)
    assert desk.post(one(group, "pause/"), {}).status_code == 422
    paused = desk.post(one(group, "pause/"), {"reason": "clinic"}).json()
    assert paused["state"] == "paused" and {d["state"] for d in paused["dates"]} <= {"cancelled"}
    assert refused(desk.post(one(group, "pause/"), {"reason": "clinic"})) == (409, "illegal_change")
    goes_on = desk.post(one(group, "resume/"), {"first": "2027-04-06"}).json()
    assert goes_on["state"] == "running"
    assert goes_on["dates"][0]["start"] == "2027-04-06T16:00:00-07:00"
    assert goes_on["dates"][0]["seats"] == 1
    ended = desk.post(one(group, "end/"), {"reason": "clinic"}).json()
    assert ended["state"] == "ended" and Member.objects.get().left_at
    assert refused(desk.post(one(group, "resume/"), {"first": "2027-04-06"})) == (
        409,
        "illegal_change",
    )


def test_it_goes_on_but_for_the_dates_that_cannot_be(world, group, caller):
    desk = caller(world.dana)
    desk.post(one(group, "pause/"), {"reason": "clinic"})
    day_off(world.ben, "2027-04-13")
    answer = desk.post(one(group, "resume/"), {"first": "2027-04-06"})
    assert refused(answer) == (409, "facilitators_busy")
    skip = [line["start"] for line in answer.json()["dates"]]
    told = desk.post(one(group, "resume/"), {"first": "2027-04-06", "skip": skip})
    assert [line["state"] for line in told.json()["dates"]][:2] == ["scheduled", "cancelled"]


def test_a_facilitator_does_not_decide_when_it_meets(world, group, caller):
    """AC1: as on the pages, that is for desk and office."""
    for what in ("pause/", "end/"):
        answer = caller(world.alma).post(one(group, what), {"reason": "clinic"})
        assert answer.status_code == 404
    assert Group.objects.get().state == "running"
    assert not Event.objects.exclude(kind="booked").exists()
