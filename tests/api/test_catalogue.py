"""Services, therapists and forms: open to everybody, nothing of another clinic."""

from datetime import date

import pytest
from django.core.cache import cache

from accounts.models import ConsentForm
from tests.world import build, licence, service


def test_services_say_what_can_be_booked(world, caller):
    told = caller().get("services/").json()
    assert [one["slug"] for one in told] == ["cbt-50"]
    assert told[0] | {"id": "", "about": ""} == {
        "id": "",
        "slug": "cbt-50",
        "name": "CBT session",
        "about": "",
        "modality": "cbt",
        "modality_name": "CBT",
        "kind": "individual",
        "minutes": 50,
        "media": ["video", "telephone"],
        "price": "",
    }


def test_what_cannot_be_booked_is_not_listed(world, caller):
    service(world.clinic, "old", active=False)
    service(world.clinic, "circle", kind="group")
    assert len(caller().get("services/").json()) == 1
    world.ben.active = False
    world.ben.save()
    assert [one["name"] for one in caller().get("therapists/").json()] == ["Alma"]


def test_a_therapist_is_told_with_the_licences_of_today(world, caller):
    """TH3: number and state of the licence are told before anything is booked."""
    licence(world.alma, "NV", until=date(2027, 2, 27))
    alma, ben = caller().get("therapists/").json()
    assert [one["state"] for one in alma["licences"]] == ["CA"]
    assert {one["state"] for one in ben["licences"]} == {"NY", "CA"}
    assert alma["services"] == [str(world.cbt.uuid)]
    assert "email" not in str(alma) and "user" not in alma


def test_the_newest_version_of_each_form(world, caller):
    ConsentForm.objects.create(clinic=world.clinic, form="telehealth", version=2, text="New.")
    told = caller().get("consent-forms/").json()
    assert {one["form"]: one["version"] for one in told} == {"telehealth": 2, "mail": 1}


def test_two_clinics_never_see_each_other(world, caller):
    """AC3."""
    twin = build("cove", "Twin")
    for path in ("services/", "therapists/", "consent-forms/"):
        here = caller().get(path).json()
        there = caller(clinic=twin.clinic).get(path).json()
        assert len(here) == len(there)
        assert not {str(one.get("id")) for one in here} & {str(one.get("id", "-")) for one in there}


@pytest.mark.parametrize(
    ("path", "queries"), [("services/", 2), ("therapists/", 5), ("consent-forms/", 2)]
)
def test_queries_do_not_grow_with_the_rows(
    world, caller, django_assert_num_queries, path: str, queries: int
):
    stranger = caller()
    with django_assert_num_queries(queries):
        stranger.get(path)


def test_an_unknown_clinic_is_not_found(world, caller):
    """AC2: and one that has closed is the same."""
    stranger = caller()
    absent = stranger.get("/api/v1/clinics/nowhere/services/")
    world.clinic.active = False
    world.clinic.save()
    closed = stranger.get("services/")
    assert absent.status_code == closed.status_code == 404
    assert absent.content == closed.content


@pytest.mark.parametrize(
    "query",
    [
        {"ordering": "clinic__memberships__user__password"},
        {"_connector": "OR 1=1"},
        {"name__startswith": "A"},
        {"format": "api"},
    ],
)
def test_unknown_parameters_are_refused(world, caller, query):
    """AC8."""
    answer = caller().get("therapists/", query)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")
    assert answer.json()["field"] in query


def test_nothing_is_kept_by_anybody_in_between(world, caller):
    """SE6, and reading costs no count of a limit."""
    cache.clear()
    assert "no-store" in caller().get("services/")["Cache-Control"]
