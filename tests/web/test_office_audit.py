"""The privacy officer's page: who saw or changed what about a patient (LG2, LG6)."""

import pytest
from django.test import Client

from tests.web.desk import DESK, OFFICE, at_work, audited
from tests.web.patient import text_of
from tests.world import patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PAGE = f"{OFFICE}audit/"


@pytest.fixture
def officer(world) -> Client:
    return at_work(world.pia)


def ask(client: Client, reference: str, **more):
    return client.post(PAGE, {"reference": reference} | more)


def test_who_looked_newest_first(world, officer):
    """LG6: golden: Dana searched for Nora and then opened her page; Omar is another matter."""
    dana = at_work(world.dana)
    dana.post(f"{DESK}patients/", {"text": "nora"})
    dana.get(f"{DESK}patients/{world.nora.uuid}/")
    dana.get(f"{DESK}patients/{world.omar.uuid}/")
    page = text_of(ask(officer, world.nora.reference.lower()))
    seen = page.index("Saw the file patient.view")
    searched = page.index("Found by a search patient.search")
    assert seen < searched
    assert page.count("Dana (Front desk)") == 2
    assert "Nora Quill" in page
    assert "Omar" not in page


def test_reading_it_is_on_record(world, officer):
    """LG2: the officer's own reading stands in the next answer."""
    ask(officer, world.nora.reference)
    row = audited("audit.view")[0]
    assert (row.actor_id, row.subject_id) == (str(world.pia.pk), str(world.nora.pk))
    again = text_of(ask(officer, world.nora.reference))
    assert "Pia (Privacy officer) Read this record audit.view" in again


def test_by_day(world, officer, clock):
    ask(officer, world.nora.reference)
    today = audited("audit.view")[0].at.date().isoformat()
    early = text_of(ask(officer, world.nora.reference, last="2020-01-01"))
    assert "Nothing in this time." in early
    assert "audit.view" in text_of(ask(officer, world.nora.reference, first="2020-01-01"))
    wrong = ask(officer, world.nora.reference, first="2027-02-30")
    assert wrong.status_code == 422
    assert today


def test_nobody_has_this_reference(world, officer):
    answer = ask(officer, "AAAAAAAA")
    assert answer.status_code == 422
    assert "Nobody here has this reference." in text_of(answer)
    assert audited("audit.view")[0].outcome == "denied"


def test_not_ones_own_file(world, officer):
    own = patient(world.clinic, "Pia", user=world.pia)
    assert "Nobody here has this reference." in text_of(ask(officer, own.reference))


def test_not_by_the_address(world, officer):
    """LG4: a reference stands in no address."""
    page = officer.get(PAGE, {"reference": world.nora.reference})
    assert "Nora" not in text_of(page)


def test_for_the_privacy_officer_alone(world):
    for user in (world.ada, world.dana, world.alma.user, world.nora.user, world.mallory):
        client = at_work(user)
        assert client.get(PAGE).status_code == 404
        assert ask(client, world.nora.reference).status_code == 404
