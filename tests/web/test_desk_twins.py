"""AC3: two clinics in one database; nothing of one is on any page of the other."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Cover, Patient
from scheduling.models import Booking, Connection, Holiday, Task
from tests.web.desk import DESK, OFFICE, at_work, booked
from tests.web.patient import filters
from tests.world import LA, NOW, World, at, build, licence, service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
CANARY = "Kanarek"


@pytest.fixture
def here() -> World:
    return build()


@pytest.fixture
def twin() -> World:
    """All that the other clinic has bears the canary's name."""
    other = build("meadow", suffix=CANARY)
    for row in (other.nora, other.omar):
        row.last_name = CANARY
        row.save()
    dbt = service(other.clinic, "dbt", "dbt", name=CANARY)
    dbt.modality.name = CANARY
    dbt.modality.save()
    licence(other.alma, "NV")
    other.alma.licences.update(number=CANARY)
    booking = booked(other, other.nora, at("2027-03-03", 10), actor=other.actor(other.dana))
    other.alma.licences.filter(state="CA").update(valid_until="2027-03-02")
    Holiday.objects.create(clinic=other.clinic, day="2027-03-08", name=CANARY)
    Connection.objects.create(clinic=other.clinic, kind="paste", name=CANARY, hosts="a.example")
    Cover.objects.create(
        covering=other.ben, covered=other.alma, first_day="2027-03-01", last_day="2027-03-09"
    )
    Task.objects.create(
        kind="tell_patient", clinic=other.clinic, session=booking.session, patient=other.nora,
        created_at=NOW, due_at=NOW, gave_up_at=NOW, recipient=f"x@{CANARY}.example",
    )  # fmt: skip
    return other


LISTS = [
    DESK,
    f"{DESK}?day=2027-03-03",
    f"{DESK}patients/",
    f"{DESK}patients/new/",
    OFFICE,
    *(f"{OFFICE}{path}" for path in (
        "staff/", "staff/invite/", "staff/cover/", "licences/", "services/", "services/new/",
        "policies/", "consent-forms/new/", "messages/", "audit/",
    )),
]  # fmt: skip


def test_no_list_of_any_role_shows_the_twin(here, twin):
    for user in (here.dana, here.ada, here.pia, here.alma.user, here.nora.user):
        client = at_work(user)
        for page in LISTS:
            answer = client.get(page)
            assert CANARY.lower() not in answer.content.decode().lower(), (user.name, page)


def test_no_search_finds_the_twin(here, twin):
    dana = at_work(here.dana)
    for text in ("kanarek", "NoraKanarek", "+1 310 555 0123", twin.nora.reference):
        answer = dana.post(f"{DESK}patients/", {"text": text}).content.decode()
        shown = answer.replace(f'value="{text}"', "")
        assert CANARY not in shown, text
        assert str(twin.nora.uuid) not in shown
    pia = at_work(here.pia)
    answer = pia.post(f"{OFFICE}audit/", {"reference": twin.nora.reference})
    assert CANARY not in answer.content.decode()


def test_nobody_alike_is_the_twins(here, twin):
    said = {
        "first_name": "NoraKanarek", "last_name": CANARY, "birth_date": "1990-05-17",
        "phone": "+1 212 555 0100", "state": "CA", "time_zone": LA,
    }  # fmt: skip
    assert at_work(here.dana).post(f"{DESK}patients/new/", said).status_code == 302


def test_figures_count_ones_own_alone(here, twin):
    page = at_work(here.ada).get(OFFICE).content.decode()
    assert page.count('<span class="figure">0</span>') == 5


def desk_pages(world: World) -> list[str]:
    patient, booking = world.nora.uuid, Booking.objects.get(clinic=world.clinic).uuid
    return [
        f"patients/{patient}/",
        f"patients/{patient}/edit/",
        f"patients/{patient}/book/",
        f"bookings/{booking}/",
        f"bookings/{booking}/move/",
    ]


def desk_posts(world: World) -> list[tuple[str, dict]]:
    patient, booking = world.nora.uuid, Booking.objects.get(clinic=world.clinic).uuid
    move = filters(start=at("2027-03-04", 10), reason="clinic")
    return [
        (f"patients/{patient}/edit/", {"first_name": "x"}),
        (f"patients/{patient}/consent/", {"form": "telehealth", "withdraw": "1"}),
        (f"patients/{patient}/book/", filters(start=at("2027-03-04", 10))),
        (f"bookings/{booking}/move/", move),
        (f"bookings/{booking}/cancel/", {"reason": "clinic"}),
        (f"bookings/{booking}/undo/", {}),
    ]


def office_pages(world: World) -> list[str]:
    row = world.alma.licences.first()
    video = Connection.objects.get(clinic=world.clinic)
    return [
        f"staff/{world.dana.uuid}/deactivate/",
        f"therapists/{world.alma.uuid}/",
        f"therapists/{world.alma.uuid}/licences/",
        f"therapists/{world.alma.uuid}/services/{world.cbt.uuid}/",
        f"licences/{row.pk}/",
        f"licences/{row.pk}/revoke/",
        f"services/{world.cbt.uuid}/",
        f"modalities/{world.cbt.modality_id}/",
        f"video/{video.uuid}/",
    ]


def test_the_twins_ids_are_ids_of_nothing(here, twin):
    """AC2, AC5: every page and every post with an id of the other clinic is not there."""
    dana, ada = at_work(here.dana), at_work(here.ada)
    missing = dana.get(f"{DESK}patients/00000000-0000-4000-8000-000000000000/")
    for path in desk_pages(twin):
        answer = dana.get(DESK + path)
        assert (answer.status_code, answer.content) == (404, missing.content), path
    for path, data in desk_posts(twin):
        assert dana.post(DESK + path, data).status_code == 404, path
    for path in office_pages(twin):
        assert ada.get(OFFICE + path).status_code == 404, path
        assert ada.post(OFFICE + path, {}).status_code == 404, path
    cover, task = Cover.objects.get(), Task.objects.get()
    video = Connection.objects.get()
    for path in (
        f"staff/cover/{cover.pk}/end/",
        f"messages/{task.uuid}/retry/",
        f"video/{video.uuid}/secret/",
        "holidays/2027-03-08/remove/",
    ):
        assert ada.post(OFFICE + path).status_code == 404, path
    assert Booking.objects.get().state == "booked"
    assert Patient.objects.get(pk=twin.nora.pk).first_name == twin.nora.first_name
    assert Cover.objects.exists() and Holiday.objects.exists()


def test_staff_here_are_strangers_there(here, twin):
    for user in (here.dana, here.ada, here.pia):
        client = at_work(user)
        for page in LISTS:
            there = page.replace("/c/harbor/", "/c/meadow/")
            assert client.get(there).status_code == 404, (user.name, there)


def test_anonymous_is_led_to_the_door(here):
    for page in LISTS:
        answer = Client().get(page)
        assert answer.status_code == 302
        assert "sign-in" in answer["Location"]


def test_the_twins_people_in_ones_own_forms(here, twin):
    """AC5: a foreign therapist, service or modality in a form of one's own is no choice."""
    ada, dana = at_work(here.ada), at_work(here.dana)
    said = {"covering": str(twin.ben.uuid), "covered": str(here.alma.uuid)}
    days = {"first_day": "2027-03-01", "last_day": "2027-03-09"}
    assert ada.post(f"{OFFICE}staff/cover/", said | days).status_code == 422
    new = {"name": "X", "minutes": "50", "video": "on", "modality": twin.cbt.modality_id}
    assert ada.post(f"{OFFICE}services/new/", new).status_code == 422
    path = f"{OFFICE}therapists/{here.alma.uuid}/services/{twin.cbt.uuid}/"
    assert ada.post(path, {"active": "on"}).status_code == 404
    start = at("2027-03-04", 10)
    book = filters(start=start, therapist=str(twin.alma.uuid))
    assert dana.post(f"{DESK}patients/{here.nora.uuid}/book/", book).status_code == 422
    assert not Booking.objects.filter(clinic=here.clinic).exists()
