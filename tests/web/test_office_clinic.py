"""Policies, consent forms, holidays, video connections."""

import pytest
from django.db import connection as database
from django.test import Client

from accounts.actions.consent import missing_consents
from accounts.models import ConsentForm
from scheduling.actions.catalogue import save_service
from scheduling.actions.clinic import change_therapist, publish_form, set_policies
from scheduling.actions.connections import save_connection
from scheduling.actions.hours import set_holiday
from scheduling.actions.licences import revoke_licence
from scheduling.errors import BadInput, NotFound, OutsideHours, UnknownField
from scheduling.models import Booking, Connection, Holiday, Room, Session, Task
from scheduling.outbox.plan import plan
from tests.web.desk import OFFICE, at_work, audited, booked
from tests.web.patient import text_of
from tests.world import NOW, NY, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def office(world) -> Client:
    return at_work(world.ada)


def policies(**more) -> dict:
    return {
        "name": "Harbor",
        "time_zone": NY,
        "week_starts": "6",
        "phone": "555-0111",
        "sender_name": "Appointments",
        "emergency_text": "Call 911.",
        "newcomers": "invited",
        "grid": "30",
        "buffer_before": "5",
        "buffer_after": "10",
        "min_notice": "60",
        "horizon_days": "90",
        "max_per_day": "",
        "hold_minutes": "15",
        "max_holds": "2",
        "change_notice": "240",
        "late_notice": "1440",
        "reminders": "60, 1440",
    } | more


def test_policies(world, office):
    forged = {"slug": "other", "active": "", "part2": "", "uuid": "x"}
    done = office.post(f"{OFFICE}policies/", policies() | forged)
    assert done.status_code == 302, text_of(done)
    world.clinic.refresh_from_db()
    kept = world.clinic
    assert (kept.time_zone, kept.grid, kept.newcomers) == (NY, 30, "invited")
    assert (kept.hold_minutes, kept.max_per_day, kept.reminders) == (15, None, "1440,60")
    assert (kept.slug, kept.active, kept.part2) == ("harbor", True, True)  # AC5
    assert "Call 911." in text_of(office.get("/c/harbor/"))
    assert audited("clinic.policies")[0].detail["grid"] is True


def test_no_reminders(world, office):
    assert office.post(f"{OFFICE}policies/", policies(reminders="")).status_code == 302
    world.clinic.refresh_from_db()
    assert world.clinic.reminders == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"grid": "7"},
        {"grid": "1440"},
        {"time_zone": "Mars"},
        {"hold_minutes": "0"},
        {"horizon_days": "9999"},
        {"buffer_after": "500"},
        {"reminders": "1 day"},
        {"reminders": "99999"},
        {"reminders": "1,2,3,4,5,6"},
        {"newcomers": "all"},
        {"emergency_text": ""},
        {"phone": "ask for Dana"},
        {"sender_name": "Harbor Rehab"},  # P25
        {"sender_name": "Harbor <x@example.org>"},
    ],
)
def test_policies_that_cannot_be(world, office, wrong):
    answer = office.post(f"{OFFICE}policies/", policies(**wrong))
    assert answer.status_code == 422
    assert ("phone" in wrong) != ('value="555-0111"' in answer.content.decode())
    world.clinic.refresh_from_db()
    assert (world.clinic.grid, world.clinic.phone) == (15, "+13105550100")


def test_a_new_version_is_asked_of_everybody(world, office):
    """TH3: who signed the version before has to sign again."""
    assert not missing_consents(world.nora, NOW)
    page = f"{OFFICE}consent-forms/new/"
    assert "About telehealth." in text_of(office.get(page, {"form": "telehealth"}))
    assert office.post(page, {"form": "telehealth", "text": "Newer."}).status_code == 302
    row = ConsentForm.objects.get(clinic=world.clinic, form="telehealth", version=2)
    assert row.text == "Newer."
    assert missing_consents(world.nora, NOW) == ["telehealth"]
    assert office.post(page, {"form": "other", "text": "x"}).status_code == 422
    assert office.post(page, {"form": "mail", "text": " "}).status_code == 422


def test_a_holiday_shows_first_what_it_hits(world, office):
    booked(world, world.nora)
    page, said = f"{OFFICE}holidays/new/", {"day": "2027-03-03", "name": "Founders' Day"}
    answer = office.post(page, said)
    assert answer.status_code == 409
    assert "These sessions are booked that day, and stay booked (1)" in text_of(answer)
    assert "10:00 AM to 10:50 AM PST (Los Angeles) Alma" in text_of(answer)
    assert "Nora" not in text_of(answer)
    assert not Holiday.objects.exists()
    assert office.post(page, said | {"anyway": "1"}).status_code == 302
    assert Holiday.objects.get().clinic == world.clinic
    assert Booking.objects.get().state == "booked"
    with pytest.raises(OutsideHours):
        booked(world, world.omar, at("2027-03-03", 14))
    assert office.post(f"{OFFICE}holidays/2027-03-03/remove/").status_code == 302
    assert not Holiday.objects.exists()


def test_a_free_day_is_closed_at_once(world, office):
    said = {"day": "2027-03-05", "name": "Quiet day"}
    assert office.post(f"{OFFICE}holidays/new/", said).status_code == 302
    assert "Friday, March 5, 2027: Quiet day" in text_of(office.get(f"{OFFICE}policies/"))


def test_holidays_that_cannot_be(world, office):
    for day in ("2027-02-30", ""):
        answer = office.post(f"{OFFICE}holidays/new/", {"day": day, "name": "x"})
        assert answer.status_code == 422
    assert office.post(f"{OFFICE}holidays/2027-03-09/remove/").status_code == 404
    assert office.post(f"{OFFICE}holidays/nonsense/remove/").status_code == 404


VIDEO = {
    "kind": "standard",
    "name": "Meet",
    "hosts": "Meet.Example\n.rooms.example",
    "outgoing_url": "https://meet.example/hook",
    "outgoing_secret": "whsec_" + "QUJD" * 8,
    "baa_on_file": "2027-01-15",
    "enabled": "on",
}


def test_a_video_connection(world, office):
    done = office.post(f"{OFFICE}video/new/", VIDEO | {"secret": "whsec_mine"})
    assert done.status_code == 302, text_of(done)
    row = Connection.objects.get()
    assert (row.clinic, row.kind, row.secret) == (world.clinic, "standard", "")  # AC5
    assert row.hosts == "meet.example\n.rooms.example"
    page = office.get(f"{OFFICE}video/{row.uuid}/")
    assert VIDEO["outgoing_secret"] not in page.content.decode()
    kept = {name: value for name, value in VIDEO.items() if name != "outgoing_secret"}
    office.post(f"{OFFICE}video/{row.uuid}/", kept | {"name": "Rooms", "kind": "paste"})
    row.refresh_from_db()
    assert (row.name, row.kind) == ("Rooms", "standard")
    assert row.outgoing_secret == VIDEO["outgoing_secret"]


def test_a_secret_is_shown_once_and_rotates(world, office):
    office.post(f"{OFFICE}video/new/", VIDEO)
    row = Connection.objects.get()
    shown = []
    for _ in range(3):
        answer = office.post(f"{OFFICE}video/{row.uuid}/secret/")
        row.refresh_from_db()
        shown.append(row.secret.split()[0])
        assert shown[-1] in text_of(answer)
    assert row.secret.split() == [shown[2], shown[1]]
    page = office.get(f"{OFFICE}video/{row.uuid}/").content.decode()
    assert not any(one in page for one in shown)
    with database.cursor() as cursor:
        cursor.execute("SELECT secret FROM scheduling_connection")
        assert shown[2] not in cursor.fetchone()[0]  # sealed (EN2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "zoomish"},
        {"hosts": "not a host"},
        {"hosts": "10.0.0.1"},
        {"outgoing_url": "http://meet.example/hook"},
        {"outgoing_secret": "guess"},
        {"name": ""},
        {"baa_on_file": "2027-03-09"},  # signed next week
    ],
)
def test_a_connection_that_cannot_be(world, office, wrong):
    assert office.post(f"{OFFICE}video/new/", VIDEO | wrong).status_code == 422
    assert not Connection.objects.exists()


def test_without_an_agreement_the_office_says_so(world, office):
    office.post(f"{OFFICE}video/new/", VIDEO | {"baa_on_file": ""})
    assert "no agreement on file" in text_of(office.get(f"{OFFICE}policies/"))
    page = f"{OFFICE}video/{Connection.objects.get().uuid}/"
    assert "this platform gets no rooms and nobody is sent there" in text_of(office.get(page))
    assert "1 video connection without a signed agreement" in text_of(office.get(OFFICE))


def test_an_agreement_brings_rooms_to_what_was_booked_without_one(world, office):
    """Those to come that nobody has pasted a room for; the platform is asked for each."""
    office.post(f"{OFFICE}video/new/", VIDEO | {"baa_on_file": ""})
    row = Connection.objects.get()
    waits = booked(world, world.nora)
    pasted = booked(world, world.omar, therapist=world.ben.uuid)
    Room.objects.filter(session=pasted.session_id).update(state="ready")
    past = booked(world, world.omar, at("2027-03-04", 10))
    Session.objects.filter(pk=past.session_id).update(start=1, end=2)
    plan(NOW)
    assert not Task.objects.filter(kind="room").exists()
    office.post(f"{OFFICE}video/{row.uuid}/", VIDEO)
    rooms = Room.objects.filter(connection=row)
    assert [room.session_id for room in rooms] == [waits.session_id]
    plan(NOW)
    assert Task.objects.get(kind="room").session_id == waits.session_id
    assert [one.subject_id for one in audited("room.wanted")] == [str(world.nora.pk)]


def test_the_actions_know_their_own_fields_alone(world):
    """AC5: whatever a door hands down, nobody sets the address, the clinic or an account."""
    ada = {"actor": world.actor(world.ada), "now": NOW}
    for name in ("slug", "active", "part2", "uuid", "id"):
        with pytest.raises(UnknownField):
            set_policies(**{name: "x"}, **ada)
    for name in ("user", "clinic", "clinic_id", "uuid"):
        with pytest.raises(UnknownField):
            change_therapist(therapist=world.alma.uuid, **{name: "x"}, **ada)
    for name in ("clinic", "slug", "capacity"):
        with pytest.raises(UnknownField):
            save_service(service=world.cbt.uuid, **{name: "x"}, **ada)
    with pytest.raises(BadInput):  # what was made for one patient is never a group's
        save_service(service=world.cbt.uuid, kind="group", **ada)
    for name in ("clinic", "secret"):
        with pytest.raises(UnknownField):
            save_connection(**{name: "x"}, **ada)


def test_the_actions_are_for_admins_alone(world):
    """AC5: below the pages too, nobody else runs the clinic."""
    for who in (world.dana, world.alma, world.pia, world.nora, world.mallory):
        them = {"actor": world.actor(who), "now": NOW}
        for verb, said in (
            (set_policies, {"grid": 30}),
            (publish_form, {"form": "mail", "text": "x"}),
            (change_therapist, {"therapist": world.alma.uuid, "name": "x"}),
            (save_service, {"service": world.cbt.uuid, "name": "x"}),
            (save_connection, {"name": "x"}),
            (revoke_licence, {"licence": world.alma.licences.get().pk}),
            (set_holiday, {"day": NOW.date(), "name": "x"}),
        ):
            with pytest.raises(NotFound):
                verb(**said, **them)
