"""Services and modalities; nothing that is booked moves."""

import pytest
from django.test import Client

from scheduling.models import Booking, Modality, Service
from tests.web.desk import OFFICE, at_work, audited, booked
from tests.web.patient import text_of
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def office(world) -> Client:
    return at_work(world.ada)


def said(world: World, **more) -> dict:
    return {
        "name": "Evening CBT",
        "modality": world.cbt.modality_id,
        "minutes": "45",
        "video": "on",
        "price": "$120",
        "kind": "individual",
        "active": "on",
    } | more


def test_a_new_service_with_the_clinics_terms(world, office):
    done = office.post(f"{OFFICE}services/new/", said(world, clinic=99, capacity=12))
    assert done.status_code == 302, text_of(done)
    row = Service.objects.get(slug="evening-cbt")
    assert (row.clinic, row.minutes, row.capacity, row.kind) == (world.clinic, 45, 1, "individual")
    assert (row.grid, row.buffer_after, row.max_per_day) == (None, None, None)
    office.post(f"{OFFICE}services/new/", said(world, minutes=30))
    assert Service.objects.filter(slug="evening-cbt-2").exists()
    assert "Evening CBT" in text_of(office.get(f"{OFFICE}services/"))
    assert len(audited("service.save")) == 2


def test_what_is_sent_twice_is_made_once(world, office):
    for page, form in (
        ("services/new/", said(world)),
        ("modalities/new/", {"name": "Schema"}),
        ("levels/new/", {"name": "Evenings", "rank": "2"}),
        ("staff/invite/", {"email": "zed@example.org", "name": "Zed", "role": "desk"}),
    ):
        assert office.post(OFFICE + page, form).status_code == 302, page
        again = office.post(OFFICE + page, form)
        assert (again.status_code, "already" in text_of(again)) == (422, True), page


def test_a_service_is_held_in_some_way(world, office):
    answer = office.post(f"{OFFICE}services/new/", said(world, video=""))
    assert "Please say: by video, by telephone, or both." in text_of(answer)


def test_a_service_for_groups_stays_one(world, office):
    office.post(f"{OFFICE}services/new/", said(world, kind="group", repeatable="on"))
    row = Service.objects.get(slug="evening-cbt")
    assert (row.kind, row.repeatable) == ("group", True)
    page = f"{OFFICE}services/{row.uuid}/"
    assert 'name="kind"' not in office.get(page).content.decode()
    office.post(page, said(world, kind="individual"))
    row.refresh_from_db()
    assert (row.kind, row.repeatable) == ("group", False)


def test_terms_of_its_own(world, office):
    page = f"{OFFICE}services/{world.cbt.uuid}/"
    assert "Left empty: 120" in text_of(office.get(page))
    office.post(page, said(world, grid="30", min_notice="1440", max_per_day="4"))
    world.cbt.refresh_from_db()
    assert (world.cbt.grid, world.cbt.min_notice, world.cbt.max_per_day) == (30, 1440, 4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": "4"},
        {"minutes": "481"},
        {"grid": "7"},
        {"buffer_after": "121"},
        {"video": ""},  # then it would be held in no way
        {"modality": "999999"},
        {"name": ""},
        {"max_per_day": "0"},
    ],
)
def test_a_service_that_cannot_be(world, office, wrong):
    given = {name: value for name, value in said(world, **wrong).items() if value}
    answer = office.post(f"{OFFICE}services/new/", given)
    assert answer.status_code == 422
    assert Service.objects.count() == 1


def test_what_no_longer_fits_is_listed_and_stays(world, office):
    booking = booked(world, world.nora)
    page = f"{OFFICE}services/{world.cbt.uuid}/"
    done = office.post(page, said(world, minutes="60"))
    answer = text_of(office.get(done["Location"]))
    assert "Booked otherwise than it now is (1)" in answer
    assert "Wednesday, March 3, 2027, 10:00 AM to 10:50 AM PST (Los Angeles) Alma" in answer
    assert "another length now" in answer
    assert "Nora" not in answer
    kept = Booking.objects.get(pk=booking.pk)
    assert (kept.start, kept.end, kept.state) == (booking.start, booking.end, "booked")
    by_phone = {k: v for k, v in said(world, minutes="50", telephone="on").items() if k != "video"}
    office.post(page, by_phone)
    assert "no longer held in this way" in text_of(office.get(page))


def test_a_modality_keeps_its_code(world, office):
    office.post(f"{OFFICE}modalities/new/", {"name": "Schema Therapy"})
    row = Modality.objects.get(name="Schema Therapy")
    assert (row.clinic, row.code) == (world.clinic, "schema-therapy")
    office.post(f"{OFFICE}modalities/{row.pk}/", {"name": "Schema", "code": "other"})
    row.refresh_from_db()
    assert (row.name, row.code) == ("Schema", "schema-therapy")
    page = f"{OFFICE}modalities/new/"
    assert "There is one of this name already." in text_of(office.post(page, {"name": "schema"}))
    for name in ("Schema therapy for children", "Schema therapy for couples", "図式療法"):
        assert office.post(page, {"name": name}).status_code == 302  # whatever its code
    codes = set(Modality.objects.values_list("code", flat=True))
    assert {"schema-therapy-for-c", "schema-therapy-f-2", "modality"} <= codes
    assert office.get(f"{OFFICE}modalities/999999/").status_code == 404
