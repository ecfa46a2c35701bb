"""Groups for programs: find one, join it, one's own places, leave; refused like the pages."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from accounts.models import Consent, ConsentForm
from scheduling.actions.group_life import pause
from scheduling.engine.recurrence import weekly
from scheduling.models import Booking, Event, Group, Member
from scheduling.queries.repeat import Pattern
from tests.groups import comes_in, founded
from tests.world import LA, NOW, World, at, licence, patient, therapist

WHERE = {"place": "CA", "zone": LA}


@pytest.fixture
def group(world: World) -> Group:
    return founded(world)


def full(world: World, group: Group) -> None:
    Group.objects.filter(pk=group.pk).update(capacity=1)
    group.refresh_from_db()
    comes_in(world, group, world.omar)


def test_whoever_asks_reads_what_it_is(world, group, caller):
    (one,) = caller().get("groups/").json()
    assert one == {
        "id": str(group.uuid),
        "name": "Evenings",
        "about": "We practise one skill each time.",
        "entry": "closed",
        "standing": "open",
        "next_entry": {"start": "2027-03-09T16:00:00-08:00", "until": None},
        "service": {"id": str(group.service.uuid), "name": "DBT skills", "minutes": 90},
        "modality": "dbt",
        "medium": "video",
        "rule": "FREQ=WEEKLY;BYDAY=TU",
        "zone": LA,
        "time": "16:00",
        "therapists": [
            {"id": str(who.uuid), "name": who.name, "credentials": ""}
            for who in (world.alma, world.ben)
        ],
        "places": ["CA"],
    }
    told = caller().get(f"groups/{group.uuid}/").json()
    assert {name: told[name] for name in one} == one and len(told["dates"]) == 12
    assert told["dates"][0] == {
        "start": "2027-03-09T16:00:00-08:00",
        "end": "2027-03-09T17:30:00-08:00",
        "open": False,
    }


def test_what_is_looked_for(world, group, caller):
    for asked, count in {
        "entry=closed": 1, "entry=open": 0, "day=tue": 1, "day=wed": 0, "part=afternoon": 1,
        "part=evening": 0, "part=evening&zone=America/New_York": 1, "place=CA": 1, "place=TX": 0,
        "medium=video": 1, "medium=telephone": 0, "modality=dbt": 1, "modality=x": 0,
    }.items():  # fmt: skip
        assert len(caller().get(f"groups/?{asked}").json()) == count, asked
    assert caller().get("groups/?seats=1").status_code == 400
    assert caller().get("groups/?day=someday").status_code == 422


def test_in_the_list_each_reads_as_it_does_alone(world, group, caller):
    """However different they are: one is full, one begins in turns, one pauses."""
    thursday = partial(Pattern, weekly((3,)), LA, first=date(2027, 3, 11))
    open_one = founded(world, entry="open", facilitators=[world.ben.uuid], pattern=thursday(at=600))
    founded(world, entry="rolling", pattern=thursday(at=900))
    paused = founded(world, pattern=thursday(at=1100))
    pause(group=paused.uuid, reason="clinic", actor=world.actor(world.dana), now=NOW)
    full(world, group)
    comes_in(world, open_one, world.omar, start=at("2027-03-11", 10))
    Group.objects.filter(pk=open_one.pk).update(capacity=1)
    listed = caller().get("groups/").json()
    alone = [caller().get(f"groups/{one['id']}/").json() for one in listed]
    assert listed == [{k: v for k, v in one.items() if k != "dates"} for one in alone]
    said = {(one["entry"], one["standing"]) for one in listed}
    assert said == {
        ("open", "open"),
        ("rolling", "open"),
        ("closed", "waiting_list"),
        ("closed", "closed"),
    }
    assert [who["name"] for one in listed for who in one["therapists"]].count("Alma") == 3


def test_one_word_and_no_number(world, group, caller):
    """GR1: the same answer, byte for byte, however many are in it while there is a place."""
    before = [caller().get(path).content for path in ("groups/", f"groups/{group.uuid}/")]
    comes_in(world, group, world.omar)
    comes_in(world, group, patient(world.clinic, "Ida"))
    assert [caller().get(path).content for path in ("groups/", f"groups/{group.uuid}/")] == before
    Group.objects.update(capacity=2)
    (one,) = caller().get("groups/").json()
    assert (one["standing"], one["next_entry"]) == ("waiting_list", None)
    Group.objects.update(state="paused")
    assert caller().get("groups/").json()[0]["standing"] == "closed"


def test_join_look_and_leave(world, group, caller):
    nora = caller(world.nora)
    answer = nora.post(f"groups/{group.uuid}/join/", WHERE)
    assert answer.status_code == 201, answer.content
    place = answer.json()["membership"]
    assert len(answer.json()["bookings"]) == len(place["bookings"]) == 12
    assert place["bookings"][0]["therapist"]["name"] == "Alma"
    assert nora.get("memberships/").json() == [place]
    assert nora.get(f"memberships/{place['id']}/").json() == place
    assert caller(world.omar).get("memberships/").json() == []
    comes_in(world, group, world.omar)
    gone = nora.post(f"memberships/{place['id']}/leave/", {}).json()
    assert gone["left_at"] and {one["state"] for one in gone["bookings"]} == {"cancelled"}
    assert nora.get("memberships/").json() == []
    assert Booking.objects.filter(patient=world.omar, live=True).count() == 12


def test_a_seat_in_an_open_group(world, caller):
    group = founded(world, entry="open")
    body = WHERE | {"start": "2027-03-16T16:00-07:00"}
    answer = caller(world.nora).post(f"groups/{group.uuid}/join/", body)
    assert answer.status_code == 201 and answer.json()["membership"] is None
    (seat,) = answer.json()["bookings"]
    assert seat["start"] == "2027-03-16T16:00:00-07:00"
    gone = caller(world.nora).post(f"bookings/{seat['id']}/cancel/", {})
    assert gone.json()["state"] == "cancelled"
    assert Group.objects.get().state == "running"
    assert not Event.objects.filter(kind="cancelled", booking=None).exists()


def test_once_for_each_key(world, group, caller):
    nora = caller(world.nora)
    first = nora.post(f"groups/{group.uuid}/join/", WHERE, Idempotency_Key="k" * 22)
    again = nora.post(f"groups/{group.uuid}/join/", WHERE, Idempotency_Key="k" * 22)
    assert again.json() == first.json() and again["Idempotency-Replayed"] == "true"
    assert Member.objects.count() == 1


def test_by_staff_for_a_patient(world, group, caller):
    body = WHERE | {"patient": world.nora.reference}
    answer = caller(world.dana).post(f"groups/{group.uuid}/join/", body)
    assert answer.status_code == 201
    assert answer.json()["bookings"][0]["patient"]["reference"] == world.nora.reference
    place = answer.json()["membership"]["id"]
    assert caller(world.dana).post(f"memberships/{place}/leave/", {}).status_code == 422
    assert (
        caller(world.dana)
        .post(f"memberships/{place}/leave/", {"reason": "other"})
        .json()["left_at"]
    )


def test_nobody_joins_for_somebody_else(world, group, caller):
    body = WHERE | {"patient": world.nora.reference}
    assert caller(world.omar).post(f"groups/{group.uuid}/join/", body).status_code == 404
    assert caller(world.mallory).post(f"groups/{group.uuid}/join/", WHERE).status_code == 404
    assert caller().post(f"groups/{group.uuid}/join/", WHERE).status_code == 401
    assert not Member.objects.exists()


def test_a_place_is_its_owners_alone(world, group, caller):
    """AC2."""
    comes_in(world, group, world.nora)
    comes_in(world, group, world.omar)
    place = Member.objects.get(patient=world.nora).uuid
    assert caller(world.omar).get(f"memberships/{place}/").status_code == 404
    assert caller(world.omar).post(f"memberships/{place}/leave/", {}).status_code == 404
    assert caller(world.ada).get(f"memberships/{place}/").status_code == 404
    assert caller(world.alma).get(f"memberships/{place}/").status_code == 200


# Refused


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_group_full(world, group, caller):
    """GR1: the sentence says no number."""
    full(world, group)
    answer = caller(world.nora).post(f"groups/{group.uuid}/join/", WHERE)
    assert refused(answer) == (409, "group_full")
    assert answer.json()["detail"] == "No place is open in this group at present."


def test_group_closed(world, group, caller):
    Group.objects.update(state="paused")
    answer = caller(world.nora).post(f"groups/{group.uuid}/join/", WHERE)
    assert refused(answer) == (409, "group_closed")


def test_member_already(world, group, caller):
    comes_in(world, group, world.nora)
    answer = caller(world.nora).post(f"groups/{group.uuid}/join/", WHERE)
    assert refused(answer) == (409, "member_already")


def test_no_licence_or_one_that_ends(world, group, caller):
    """TH2."""
    nora, there = caller(world.nora), WHERE | {"place": "TX"}
    answer = nora.post(f"groups/{group.uuid}/join/", there)
    assert refused(answer) == (409, "not_licensed")
    licence(world.alma, "TX", until="2027-05-20")
    answer = nora.post(f"groups/{group.uuid}/join/", there)
    assert refused(answer) == (409, "licence_lapses")
    assert answer.json()["dates"] == [
        {"start": "2027-05-25T16:00:00-07:00", "why": "licence_lapses"}
    ]


def test_consent_is_missing(world, group, caller):
    """TH3: which one, stands in `field`."""
    ConsentForm.objects.create(clinic=world.clinic, form="group", version=1, text="What is said.")
    nora = caller(world.nora)
    answer = nora.post(f"groups/{group.uuid}/join/", WHERE)
    assert refused(answer) == (422, "consent_missing")
    assert answer.json()["field"] == "accept.group"
    assert "confidentiality in groups" in answer.json()["detail"]
    signed = nora.post(f"groups/{group.uuid}/join/", WHERE | {"accept": {"group": 1}})
    assert signed.status_code == 201
    assert Consent.objects.filter(patient=world.nora, form="group").count() == 1


def test_the_patient_is_busy(world, group, caller):
    """The dates are one's own; staff without sight of them read that it cannot be."""
    comes_in(world, group, world.nora)
    cleo = founded(world, name="Others", facilitators=[other(world).uuid])
    answer = caller(world.nora).post(f"groups/{cleo.uuid}/join/", WHERE)
    assert refused(answer) == (409, "patient_busy")
    assert answer.json()["dates"][0]["start"] == "2027-03-09T16:00:00-08:00"


def other(world: World):

    return therapist(world.clinic, "Cleo")
