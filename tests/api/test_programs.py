"""Levels of care and programs over the API: staff read, admins write."""

from __future__ import annotations

import pytest

from scheduling.models import Level, LevelRule, Program, ProgramPart
from tests.groups import founded
from tests.programs import iop, program
from tests.world import build


def test_a_level_with_dated_hours(world, caller):
    ada = caller(world.ada)
    made = ada.post("staff/levels/", {"name": "Evening IOP", "rank": 20})
    assert made.status_code == 201, made.content
    level = made.json()
    assert (level["code"], level["active"], level["rules"]) == ("evening-iop", True, [])
    first = {"valid_from": "2027-01-01", "min_minutes": 540, "max_minutes": 1140, "source": "x"}
    rules = f"staff/levels/{level['id']}/rules/"
    assert ada.post(rules, first).status_code == 201
    later = ada.post(rules, {"valid_from": "2027-04-01", "min_minutes": 600}).json()["rules"]
    assert [(one["valid_from"], one["valid_until"]) for one in later] == [
        ("2027-01-01", "2027-03-31"),
        ("2027-04-01", None),
    ]
    back = ada.delete(f"{rules}{later[1]['id']}/")
    assert [one["valid_until"] for one in back.json()["rules"]] == [None]
    ended = ada.patch(f"{rules}{later[0]['id']}/", {"last_day": "2027-05-31"})
    assert [one["valid_until"] for one in ended.json()["rules"]] == ["2027-05-31"]
    renamed = ada.patch(f"staff/levels/{level['id']}/", {"name": "Evenings"}).json()
    assert (renamed["name"], renamed["code"]) == ("Evenings", "evening-iop")
    assert caller(world.alma).get("staff/levels/").json() == [renamed]


def test_a_program_with_its_parts(world, caller):
    level, group = iop(world), founded(world)
    ada = caller(world.ada)
    said = {"name": "Days", "level": str(level.uuid), "weeks": 12}
    made = ada.post("staff/programs/", said)
    assert made.status_code == 201, made.content
    parts = f"staff/programs/{made.json()['id']}/parts/"
    assert ada.post(parts, {"group": str(group.uuid)}).status_code == 201
    single = {"service": str(world.cbt.uuid), "weekday": 3, "time": "10:30"}
    whole = ada.post(parts, single).json()
    assert [(one["name"], one["weekday"], one["time"]) for one in whole["parts"]] == [
        ("Evenings", None, None),
        ("CBT session", 3, "10:30"),
    ]
    left = ada.delete(f"{parts}{whole['parts'][0]['id']}/").json()
    assert [one["name"] for one in left["parts"]] == ["CBT session"]
    closed = ada.patch(f"staff/programs/{whole['id']}/", {"active": False}).json()
    assert not closed["active"] and closed["weeks"] == 12
    assert caller(world.dana).get("staff/programs/").json() == [closed]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"group": "6f1b4b54-0c9b-4a12-9a39-0d7a7b1a5a11", "weekday": 1},
        {"weekday": 1, "time": "10:00"},
        {"service": "6f1b4b54-0c9b-4a12-9a39-0d7a7b1a5a11", "weekday": 7, "time": "10:00"},
        {"group": "6f1b4b54-0c9b-4a12-9a39-0d7a7b1a5a11"},
    ],
)
def test_a_part_is_a_group_or_a_service_with_its_time(world, caller, said):
    made = program(world, iop(world))
    assert caller(world.ada).post(f"staff/programs/{made.uuid}/parts/", said).status_code == 422
    assert ProgramPart.objects.count() == 1


def test_the_past_is_not_written_anew(world, caller):
    level = iop(world)
    said = {"valid_from": "2019-01-01", "min_minutes": 60}
    answer = caller(world.ada).post(f"staff/levels/{level.uuid}/rules/", said)
    assert (answer.status_code, answer.json()["field"]) == (422, "valid_from")
    assert LevelRule.objects.count() == 1


def test_only_admins_write_and_only_staff_read(world, caller):
    """AC2, AC5."""
    level = iop(world)
    for who in (world.dana, world.alma, world.pia, world.nora):
        assert caller(who).post("staff/levels/", {"name": "X", "rank": 1}).status_code == 404
        assert caller(who).patch(f"staff/levels/{level.uuid}/", {"name": "X"}).status_code == 404
    for path in ("staff/levels/", "staff/programs/", f"staff/levels/{level.uuid}/"):
        assert caller(world.nora).get(path).status_code == 404
        assert caller().get(path).status_code == 401
        assert caller(world.pia).get(path).status_code == 200
    assert Level.objects.count() == 1


def test_another_clinics_are_not_there(world, caller):
    other = build("inlet", "2")
    theirs = iop(other)
    ada = caller(world.ada)
    assert ada.get(f"staff/levels/{theirs.uuid}/").status_code == 404
    said = {"name": "Days", "level": str(theirs.uuid), "weeks": 12}
    assert ada.post("staff/programs/", said).status_code == 404
    rule = theirs.rules.get()
    mine = iop(world)
    assert ada.delete(f"staff/levels/{mine.uuid}/rules/{rule.pk}/").status_code == 404
    assert Program.objects.count() == 0
    days, group = program(world, mine), founded(other)
    answer = ada.post(f"staff/programs/{days.uuid}/parts/", {"group": str(group.uuid)})
    assert answer.status_code == 422


def test_a_rule_and_a_part_stand_below_their_own(world, caller):
    level, other = iop(world), Level.objects.create(clinic=world.clinic, code="x", name="X", rank=1)
    made, more = program(world, level), program(world, level, name="More")
    ada, rule = caller(world.ada), level.rules.get().pk
    body = {"last_day": "2027-05-31"}
    assert ada.patch(f"staff/levels/{other.uuid}/rules/{rule}/", body).status_code == 404
    part = made.parts.get().pk
    assert ada.delete(f"staff/programs/{more.uuid}/parts/{part}/").status_code == 404


def test_the_same_key_makes_it_once(world, caller):
    ada = caller(world.ada)
    said = {"name": "Evening IOP", "rank": 20}
    first = ada.post("staff/levels/", said, Idempotency_Key="k1")
    again = ada.post("staff/levels/", said, Idempotency_Key="k1")
    assert again.json() == first.json() and again["Idempotency-Replayed"] == "true"
    assert Level.objects.count() == 1
