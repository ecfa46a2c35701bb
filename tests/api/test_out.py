"""A therapist cannot come, for programs: the choices, what everybody would read, all of it."""

from __future__ import annotations

from datetime import date

import pytest
from django.core import mail

from accounts.models import AuditRow
from scheduling.models import Booking, Event, Group, Occupancy, Session, TimeOff
from tests.actions.test_groups import book_at
from tests.groups import comes_in, founded
from tests.world import World, at, patient, therapist

DAY = "2027-03-02"
GROUP_DAY = "2027-03-09"


@pytest.fixture
def three(world: World) -> list[Booking]:
    """Alma's Tuesday: Nora at nine, Omar at eleven, Petra at three, when Ben is not there."""
    petra = patient(world.clinic, "Petra")
    times = ((world.nora, 9), (world.omar, 11), (petra, 15))
    return [book_at(world, DAY, hour, patient=who) for who, hour in times]


@pytest.fixture
def group(world: World) -> Group:
    """Alma's and Ben's, Tuesdays at four; each may look after one."""
    made = founded(world, per_facilitator=1)
    comes_in(world, made, world.nora)
    comes_in(world, made, world.omar)
    return made


def out(world: World, what: str = "") -> str:
    return f"staff/therapists/{world.alma.uuid}/out/{what}"


def said(*sessions: tuple[Booking, str], **more) -> dict:
    chosen = [{"booking": str(row.uuid), "what": what} for row, what in sessions]
    return {"first": DAY, "reason": "therapist_ill", "sessions": chosen} | more


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def rows() -> tuple:
    return tuple(list(kind.objects.order_by("pk").values()) for kind in (Booking, Occupancy, Event))


def test_what_could_become_of_each_session(world, three, caller):
    """LG1: whose they are is recorded."""
    told = caller(world.dana).get(out(world) + f"?first={DAY}").json()
    assert [one["booking"] for one in told["sessions"]] == [str(row.uuid) for row in three]
    nora, _omar, petra = told["sessions"]
    assert nora["start"] == "2027-03-02T09:00:00-08:00" and nora["telephone"]
    assert [who["name"] for who in nora["colleagues"]] == ["Ben"] and petra["colleagues"] == []
    assert len(petra["others"]) == 3 and told["group_dates"] == []
    seen = {row.subject_id for row in AuditRow.objects.filter(action="out.view")}
    assert seen == {str(row.patient_id) for row in three}
    none = caller(world.dana).get(out(world) + f"?first={DAY}&place=NV").json()
    assert none == {"sessions": [], "group_dates": []}


def test_a_preview_says_every_mail_and_changes_nothing(world, three, caller):
    before = rows()
    body = said((three[1], "telephone"), (three[2], "offer"), block=True)
    letters = caller(world.dana).post(out(world, "preview/"), body).json()["letters"]
    assert rows() == before and not mail.outbox and not TimeOff.objects.exists()
    texts = {one["patient"]: one["text"] for one in letters}
    assert "telephone" in texts[three[1].patient.reference]
    assert set(texts) == {three[1].patient.reference, three[2].patient.reference}


def test_then_all_of_it(world, three, caller):
    first, second, third = three
    body = said((first, "move"), (second, "telephone"), (third, "offer"), block=True)
    body["sessions"][0]["therapist"] = str(world.ben.uuid)
    answer = caller(world.alma).post(out(world), body, Idempotency_Key="out")
    assert answer.status_code == 200 and answer.json() == {"changed": 3}
    again = caller(world.alma).post(out(world), body, Idempotency_Key="out")
    assert again.json() == {"changed": 3} and again["Idempotency-Replayed"] == "true"
    for row in three:
        row.refresh_from_db()
    assert Occupancy.objects.get(session=first.session_id).profile == world.ben
    assert Session.objects.get(pk=second.session_id).medium == "telephone"
    assert (third.state, third.cancel_reason) == ("cancelled", "therapist_ill")
    assert len(Event.objects.get(booking=third, kind="cancelled").facts["others"]) == 3
    assert TimeOff.objects.get().first_day == date(2027, 3, 2)


def test_one_that_cannot_be_stops_all_of_it_and_is_named(world, three, caller):
    first, second, _third = three
    book_at(world, DAY, 9, patient=world.omar, therapist=world.ben)
    body = said((second, "cancel"), (first, "move"))
    body["sessions"][1]["therapist"] = str(world.ben.uuid)
    before = rows()
    for what in ("", "preview/"):
        answer = caller(world.dana).post(out(world, what), body)
        assert refused(answer) == (409, "slot_gone")
        assert answer.json()["booking"] == str(first.uuid)
    assert rows() == before


def test_dates_of_groups(world, group, caller):
    cleo = therapist(world.clinic, "Cleo")
    dana = caller(world.dana)
    (one,) = dana.get(out(world) + f"?first={GROUP_DAY}").json()["group_dates"]
    assert one | {"session": "", "group": ""} == {
        "session": "",
        "group": "",
        "name": "Evenings",
        "start": "2027-03-09T16:00:00-08:00",
        "end": "2027-03-09T17:30:00-08:00",
        "members": 2,
        "others": [{"id": str(world.ben.uuid), "name": "Ben", "credentials": ""}],
        "over": True,
        "substitutes": [{"id": str(cleo.uuid), "name": "Cleo", "credentials": ""}],
    }
    chosen = [{"session": one["session"], "what": "substitute", "therapist": str(cleo.uuid)}]
    body = said(first=GROUP_DAY, group_dates=chosen)
    assert dana.post(out(world), body).json() == {"changed": 1}
    row = Session.objects.get(uuid=one["session"])
    assert {who.profile.name for who in row.occupancies.filter(live=True)} == {"Ben", "Cleo"}
    assert row.start == at(GROUP_DAY, 16)


def test_members_whom_the_substitute_may_not_treat_are_named(world, group, caller):
    """TH2."""
    noah = therapist(world.clinic, "Noah", states=("NY",))
    session = Session.objects.filter(series__group=group).order_by("slot")[0]
    chosen = [{"session": str(session.uuid), "what": "substitute", "therapist": str(noah.uuid)}]
    body = said(first=GROUP_DAY, group_dates=chosen)
    answer = caller(world.dana).post(out(world), body)
    assert refused(answer) == (409, "members_not_licensed")
    assert answer.json()["members"] == sorted([world.nora.reference, world.omar.reference])


def test_it_is_for_the_desk_and_oneself_alone(world, three, caller):
    """AC1, AC2."""
    for who in (world.ben, world.ada, world.nora, world.mallory):
        assert caller(who).get(out(world) + f"?first={DAY}").status_code == 404
        for what in ("", "preview/"):
            assert caller(who).post(out(world, what), said((three[0], "cancel"))).status_code == 404
    assert caller().post(out(world), said()).status_code == 401
    assert not Event.objects.filter(kind="cancelled").exists()


def test_what_is_wrong_is_refused(world, three, caller):
    dana = caller(world.dana)
    elsewhere = book_at(world, "2027-03-03", 9, patient=world.nora)
    for body, status in (
        (said((three[0], "cancel"), reason="boredom"), 422),
        (said((three[0], "explode")), 422),
        (said((three[0], "cancel"), until="2027-03-01"), 422),
        (said((three[0], "cancel"), until="2030-03-01"), 422),
        (said((three[0], "move")), 422),
        (said((elsewhere, "cancel")), 404),
    ):
        assert dana.post(out(world), body).status_code == status, body
    assert not Event.objects.filter(kind="cancelled").exists()
