"""A person becomes a patient, meets the desk's profile, or says which of several they are."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.http import HttpRequest
from django.test import Client

from accounts.models import AuditRow, Newcomers, Patient
from accounts.policy import actor_for
from accounts.web.profile import require_profile
from tests import world
from tests.doors import sign_in
from tests.world import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
ABOUT = {
    "first_name": "Ines",
    "last_name": "Marsh",
    "called": "Nes",
    "birth_date": "1988-02-29",
    "phone": "(310) 555-0188",
    "state": "CA",
    "time_zone": "America/Los_Angeles",
}
NEW, KNOWN, WHO = "/c/harbor/who/new/", "/c/harbor/who/known/", "/c/harbor/who/"
HOLD = "/c/harbor/hold/abc/"


@pytest.fixture
def harbor():
    return world.clinic()


@pytest.fixture
def ines():
    """Has an account and no profile."""
    return world.user("Ines")


@pytest.fixture
def browser(ines):
    return sign_in(Client(), ines, mfa=False)


@pytest.fixture
def desk_made(harbor):
    """Made by the front desk: no account."""
    return world.patient(harbor, "Ines", user=None, birth_date="1988-02-29", email="")


def answer(patient: Patient, **other: str) -> dict[str, str]:
    return {"birth_date": patient.birth_date, "reference": patient.reference} | other


def test_a_newcomer_says_who_they_are_and_goes_on(harbor, browser, ines):
    page = browser.get(f"{WHO}?next={quote(HOLD)}")
    assert page["Location"].startswith(NEW)
    done = browser.post(NEW, ABOUT | {"next": HOLD})
    assert done["Location"] == HOLD
    made = Patient.objects.get()
    assert (made.user, made.clinic, made.email) == (ines, harbor, ines.email)
    assert (made.birth_date, made.phone, made.name) == ("1988-02-29", "+13105550188", "Ines Marsh")
    row = AuditRow.objects.get(action="patient.register")
    assert row.subject_id == str(made.pk) and row.outcome == "ok"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birth_date", "2027-03-02"),
        ("birth_date", "1988-02-30"),
        ("birth_date", "1850-01-01"),
        ("first_name", ""),
        ("phone", "123"),
        ("phone", "9" * 30),
        ("state", "XX"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
    ],
)
def test_what_cannot_be_is_said_at_the_field_and_nothing_is_lost(harbor, browser, field, value):
    page = browser.post(NEW, ABOUT | {field: value})
    assert page.status_code == 422 and not Patient.objects.exists()
    errors = page.context["form"].errors
    assert errors.keys() == {field} and "Enter a valid date" not in str(errors)
    assert b"Marsh" in page.content


def test_nobody_chooses_their_own_clinic_or_account(harbor, browser, ines):
    """AC5: fields that are not asked for change nothing."""
    cove = world.clinic("cove")
    mallory = world.user("Mallory")
    extra = {
        "clinic": str(cove.pk),
        "user": str(mallory.pk),
        "reference": "AAAAAAAA",
        "active": "",
        "email": "evil@example.org",
        "id": "1",
        "created_at": "2001-01-01",
    }
    browser.post(NEW, ABOUT | extra)
    made = Patient.objects.get()
    assert (made.clinic, made.user, made.email) == (harbor, ines, ines.email)
    assert made.reference != "AAAAAAAA" and made.active


def test_an_account_registers_once(harbor, browser):
    browser.post(NEW, ABOUT)
    assert browser.post(NEW, ABOUT)["Location"].startswith(WHO)
    assert Patient.objects.count() == 1


def test_where_patients_are_invited_nobody_registers(harbor, browser):
    harbor.newcomers = Newcomers.INVITED
    harbor.save()
    assert browser.get(WHO)["Location"].startswith(KNOWN)
    assert browser.post(NEW, ABOUT)["Location"].startswith(KNOWN)
    assert not Patient.objects.exists()
    assert b"ask the clinic for an invitation" in browser.get(KNOWN).content


def test_birth_date_and_reference_meet_the_desks_profile(harbor, browser, ines, desk_made):
    done = browser.post(KNOWN, answer(desk_made) | {"next": HOLD})
    desk_made.refresh_from_db()
    assert done["Location"] == HOLD and desk_made.user == ines
    assert browser.session[f"patient:{harbor.pk}"] == desk_made.pk
    assert AuditRow.objects.get(action="patient.link").subject_id == str(desk_made.pk)


def test_the_reference_may_be_typed_as_it_was_read_out(browser, desk_made):
    spoken = f" {desk_made.reference[:4].lower()}-{desk_made.reference[4:]} "
    browser.post(KNOWN, answer(desk_made, reference=spoken))
    desk_made.refresh_from_db()
    assert desk_made.user is not None


def test_a_wrong_answer_says_no_more_than_that(harbor, browser, desk_made):
    """AU9, P23: wrong date, unknown reference, another account's, another clinic's: one page."""
    taken = world.patient(harbor, "Nora", birth_date="1988-02-29")
    elsewhere = world.patient(world.clinic("cove"), "Olga", user=None, birth_date="1988-02-29")
    wrong = [
        answer(desk_made, birth_date="1988-02-28"),
        answer(desk_made, reference="AAAAAAAA"),
        answer(taken),
        answer(elsewhere),
    ]
    seen = set()
    for said in wrong:
        page = browser.post(KNOWN, said)
        form = page.context["form"]
        seen.add((page.status_code, str(form.errors)))
        assert AuditRow.objects.filter(action="patient.link", outcome="refused").exists()
    assert len(seen) == 1 and next(iter(seen))[0] == 422
    assert not Patient.objects.filter(user__email="ines@example.org").exists()


def test_five_tries_a_day(browser, ines, desk_made, clock):
    """AU9: then the right answer does not help either, until tomorrow; each is audited."""
    for _ in range(5):
        browser.post(KNOWN, answer(desk_made, birth_date="1988-02-28"))
    assert browser.post(KNOWN, answer(desk_made)).status_code == 429
    assert AuditRow.objects.filter(action="patient.link", code="too_many_tries").count() == 1
    clock.shift(timedelta(days=1, minutes=1))
    sign_in(browser, ines, mfa=False)
    assert browser.post(KNOWN, answer(desk_made)).status_code == 302


def test_two_people_share_a_mailbox(harbor, browser, ines, desk_made):
    """The second meets a profile of their own; from then on the page asks who is there, once."""
    twin = world.patient(harbor, "Ivo", user=ines, birth_date="1992-07-01")
    browser.post(KNOWN, answer(desk_made))
    assert set(Patient.objects.filter(user=ines)) == {twin, desk_made}
    other = sign_in(Client(), ines, mfa=False)
    page = other.get(f"{WHO}?next={quote(HOLD)}")
    assert page.status_code == 200 and b"Ivo" not in page.content
    done = other.post(WHO, {"birth_date": "1992-07-01", "next": HOLD})
    assert done["Location"] == HOLD
    assert other.session[f"patient:{harbor.pk}"] == twin.pk


def test_a_wrong_birth_date_chooses_nobody(harbor, browser, ines):
    for name, day in (("Ivo", "1992-07-01"), ("Ida", "1994-07-01")):
        world.patient(harbor, name, user=ines, birth_date=day)
    assert browser.post(WHO, {"birth_date": "1990-01-01"}).status_code == 422
    assert f"patient:{harbor.pk}" not in browser.session


def test_twins_are_told_apart_by_reference(harbor, browser, ines):
    _ivo, ida = (
        world.patient(harbor, n, user=ines, birth_date="1992-07-01") for n in ("Ivo", "Ida")
    )
    assert browser.post(WHO, {"birth_date": "1992-07-01"}).status_code == 422
    browser.post(WHO, {"birth_date": "1992-07-01", "reference": ida.reference})
    assert browser.session[f"patient:{harbor.pk}"] == ida.pk


def test_a_profile_of_another_account_is_never_chosen(harbor, browser, ines):
    """AC2: whatever the session says, the account's own profiles alone act."""
    nora = world.patient(harbor, "Nora")
    session = browser.session
    session[f"patient:{harbor.pk}"] = nora.pk
    session.save()
    page = browser.get(WHO)
    assert page["Location"].startswith(NEW)
    assert actor_for(ines, harbor, today=NOW.date(), patient=nora.pk).patient is None


def asks(user, clinic, path: str = "/c/harbor/my/", method: str = "GET"):
    request = HttpRequest()
    request.path = path
    request.method = method
    request.actor = actor_for(user, clinic, today=NOW.date())
    return require_profile(request)


def test_pages_that_need_a_profile_lead_there_and_back(harbor, ines):
    assert asks(ines, harbor)["Location"] == f"{WHO}?next={quote('/c/harbor/my/', safe='')}"
    assert asks(ines, harbor, method="POST")["Location"].endswith(quote("/c/harbor/", safe=""))
    world.patient(harbor, "Ines", user=ines)
    assert asks(ines, harbor) is None
