"""Find a patient, make one, change one, put a signature on file."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import AuditRow, Consent, ConsentForm, Patient
from scheduling.actions.patients import make_patient
from scheduling.errors import UnknownField
from tests.web.desk import DESK, at_work, audited, booked
from tests.web.patient import text_of
from tests.world import LA, NOW, World, build, patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PEOPLE = f"{DESK}patients/"
NEW = {
    "first_name": "Rosa",
    "last_name": "Delgado",
    "birth_date": "1979-11-02",
    "phone": "(415) 555-0188",
    "state": "CA",
    "time_zone": LA,
}


@pytest.fixture
def world() -> World:
    cache.clear()
    return build()


@pytest.fixture
def desk(world) -> Client:
    return at_work(world.dana)


def search(desk: Client, text: str):
    return desk.post(PEOPLE, {"text": text})


@pytest.mark.parametrize("text", ["nor", "NOR", "ora", "quil", "nora q", "Quill Nora"])
def test_by_three_letters_of_a_name(world, desk, text):
    page = search(desk, text)
    assert page.status_code == 200
    assert "Nora Quill" in text_of(page)
    assert world.nora.reference in text_of(page)


def test_letters_beyond_ascii_in_any_case(world, desk):
    patient(world.clinic, "Émile", user=None, last_name="Ångström")
    for text in ("émi", "ÉMI", "ångs", "ÅNGS"):
        assert "Émile Ångström" in text_of(search(desk, text)), text


@pytest.mark.parametrize(
    "text", ["310-555-0123", "(310) 555 0123", "+1 310 555 0123", "1.310.555.0123", "3105550123"]
)
def test_by_a_telephone_number_however_it_is_written(world, desk, text):
    page = text_of(search(desk, text))
    assert "Nora Quill" in page
    assert "Omar Quill" in page  # they share the number


def test_by_the_reference(world, desk):
    assert "Nora Quill" in text_of(search(desk, world.nora.reference.lower()))


@pytest.mark.parametrize("text", ["no", "", "  ", "%%%", "___", "a b c d", "555", "555-01", "*.*"])
def test_fewer_letters_list_nobody(world, desk, text):
    page = search(desk, text)
    assert page.status_code == 422
    assert "Quill" not in text_of(page)


def test_wildcards_are_letters_like_others(world, desk):
    for text in ("nor%", "n_ra", "no%ra"):
        assert "Nora Quill" not in text_of(search(desk, text))


def test_a_birth_date_stands_only_on_the_page_behind(world, desk):
    """AC4: the list tells enough to choose, no more."""
    found = text_of(search(desk, "nora"))
    page = text_of(desk.get(f"{PEOPLE}{world.nora.uuid}/"))
    for hidden in ("May 17, 1990", "(310) 555-0123", "nora@example.org"):
        assert hidden not in found
        assert hidden in page


def test_names_stand_in_no_address(world, desk):
    """LG4: a GET with a text searches nothing."""
    page = desk.get(PEOPLE, {"text": "nora"})
    assert "Nora Quill" not in text_of(page)
    assert not audited("patient.search")


def test_everybody_who_is_shown_is_on_record(world, desk):
    """LG1: one row for each patient that a search showed; a search without one leaves one too."""
    search(desk, "quill")
    shown = {row.subject_id for row in audited("patient.search")}
    assert shown == {str(world.nora.pk), str(world.omar.pk)}
    search(desk, "nobody")
    last = audited("patient.search")[-1]
    assert (last.subject_id, last.actor_id, last.outcome) == ("", str(world.dana.pk), "ok")


def test_twenty_at_most(world, desk):
    for number in range(25):
        patient(world.clinic, f"Quinn{number}", user=None)
    page = search(desk, "quinn")
    assert page.content.decode().count("Quinn") < 70
    assert "There are more." in text_of(page)
    assert len(audited("patient.search")) == 20


def test_searches_are_limited(world, desk, monkeypatch):
    monkeypatch.setattr("scheduling.web.desk.limits.MOST", 3)
    for _ in range(3):
        assert search(desk, "nora").status_code == 200
    page = search(desk, "nora")
    assert page.status_code == 429
    assert "Nora Quill" not in text_of(page)
    assert audited("patient.search")[-1].outcome == "refused"
    other = at_work(world.dana)
    assert other.post(PEOPLE, {"text": "nora"}).status_code == 429  # the person, not the browser


def test_a_search_costs_the_same_for_one_and_for_many(world, desk, django_assert_max_num_queries):
    """Session, user, clinic, roles, own profile; the limit's counter in the shared cache (6);
    the search and its audit. Nothing per patient."""
    search(desk, "nora")
    for number in range(15):
        patient(world.clinic, f"Quinn{number}", user=None)
    with django_assert_max_num_queries(13):
        search(desk, "quinn")


def test_staff_never_meet_their_own_file(world, desk):
    """Rule 8 of the matrix: Dana is a patient here too, but not at her own desk."""
    own = patient(world.clinic, "Dana", user=world.dana)
    assert "Dana Quill" not in text_of(search(desk, "dana"))
    for path in ("", "edit/", "book/"):
        assert desk.get(f"{PEOPLE}{own.uuid}/{path}").status_code == 404
    booking = booked(world, world.nora)
    booking.patient = own
    booking.save()
    assert desk.get(f"{DESK}bookings/{booking.uuid}/").status_code == 404


def test_the_page_of_a_patient(world, desk):
    booked(world, world.nora)
    page = text_of(desk.get(f"{PEOPLE}{world.nora.uuid}/"))
    assert "Wednesday, March 3, 2027, 10:00 AM to 10:50 AM PST (Los Angeles)" in page
    assert "Linked: they see and change their sessions themselves." in page
    assert "CBT" not in page  # the desk needs no kind of therapy
    assert [row.subject_id for row in audited("patient.view")] == [str(world.nora.pk)]


def test_a_patient_without_account_or_mail(world, desk):
    done = desk.post(f"{PEOPLE}new/", NEW | {"telehealth": "on"})
    assert done.status_code == 302, text_of(done)
    rosa = Patient.objects.get(first_name="Rosa")
    assert (rosa.user, rosa.email, rosa.phone, rosa.clinic) == (
        None,
        "",
        "+14155550188",
        world.clinic,
    )
    consent = Consent.objects.get(patient=rosa)
    assert (consent.form, consent.signed_by) == ("telehealth", f"user:{world.dana.pk}")
    assert [row.subject_id for row in audited("patient.make")] == [str(rosa.pk)]
    page = text_of(desk.get(done["Location"]))
    assert f"this reference: {rosa.reference}" in page


def test_they_meet_their_account_later(world, desk):
    """The reference on the page, with the birth date, links the account of a first sign-in."""
    desk.post(f"{PEOPLE}new/", NEW)
    rosa = Patient.objects.get(first_name="Rosa")
    client = Client()
    client.force_login(world.mallory)
    known = {"birth_date": NEW["birth_date"], "reference": rosa.reference.lower()}
    assert client.post("/c/harbor/who/known/", known).status_code == 302
    rosa.refresh_from_db()
    assert rosa.user == world.mallory
    assert "Linked" in text_of(desk.get(f"{PEOPLE}{rosa.uuid}/"))


def test_no_state_is_chosen_for_anybody(desk):
    """Alabama, the first of the list, was on file of all for whom nobody chose."""
    page = desk.get(f"{PEOPLE}new/").content.decode()
    states = page[page.index('name="state"') :].partition("</select>")[0]
    assert '<option value="" selected>Please choose</option>' in states
    assert states.count("selected") == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"first_name": ""}, "First name"),
        ({"birth_date": "2027-02-30"}, "Date of birth"),
        ({"birth_date": "2031-01-01"}, "Date of birth"),
        ({"phone": "12"}, "Telephone"),
        ({"email": "rosa@"}, "E-mail"),
        ({"state": "ZZ"}, "State"),
        ({"state": ""}, "State"),
        ({"time_zone": "Mars/Olympus"}, "Time zone"),
    ],
)
def test_what_cannot_be_stands_at_its_field_and_nothing_is_lost(world, desk, wrong, said):
    answer = desk.post(f"{PEOPLE}new/", NEW | wrong)
    assert answer.status_code == 422
    assert said in text_of(answer)
    if "last_name" not in wrong:
        assert 'value="Delgado"' in answer.content.decode()
    assert not Patient.objects.filter(last_name="Delgado").exists()


@pytest.mark.parametrize(
    "same",
    [
        {"phone": "310.555.0123"},
        {"first_name": "NORA", "last_name": "quill", "birth_date": "1990-05-17"},
    ],
)
def test_who_may_be_the_same_person_is_shown_first(world, desk, same):
    answer = desk.post(f"{PEOPLE}new/", NEW | same)
    assert answer.status_code == 409
    assert "Is it one of these?" in text_of(answer)
    assert "Nora Quill" in text_of(answer)
    assert str(world.nora.pk) in {row.subject_id for row in audited("patient.alike")}
    before = Patient.objects.count()
    assert desk.post(f"{PEOPLE}new/", NEW | same | {"anyway": "1"}).status_code == 302
    assert Patient.objects.count() == before + 1


def test_the_same_name_with_another_birth_date_is_nobody_we_know(world, desk):
    said = NEW | {"first_name": "Nora", "last_name": "Quill"}
    assert desk.post(f"{PEOPLE}new/", said).status_code == 302


def test_change_details(world, desk):
    page = f"{PEOPLE}{world.nora.uuid}/edit/"
    said = NEW | {"first_name": "Nora", "last_name": "Marsh", "email": "n@example.org"}
    forged = {"user": world.mallory.pk, "clinic": 9, "reference": "AAAAAAAA", "active": ""}
    assert desk.post(page, said | forged).status_code == 302
    world.nora.refresh_from_db()
    kept = world.nora
    assert (kept.last_name, kept.email, kept.phone) == ("Marsh", "n@example.org", "+14155550188")
    assert (kept.user.name, kept.clinic, kept.active) == ("Nora", world.clinic, True)  # AC5
    assert kept.reference != "AAAAAAAA"
    assert "Marsh" in text_of(search(desk, "(415) 555-0188"))
    assert audited("patient.change")[0].detail["phone"] is True


def test_the_action_knows_its_own_fields_alone(world):
    """AC5: whatever a door hands down, nobody sets clinic, account or reference."""
    for name in ("clinic", "clinic_id", "user", "reference", "uuid", "active"):
        with pytest.raises(UnknownField):
            make_patient(**NEW, **{name: 1}, actor=world.actor(world.dana), now=NOW)


def test_a_signature_on_paper(world, desk):
    nina = patient(world.clinic, "Nina", consent=False)
    page = f"{PEOPLE}{nina.uuid}/consent/"
    assert desk.post(page, {"form": "telehealth", "version": "1"}).status_code == 302
    assert Consent.objects.get(patient=nina).signed_by == f"user:{world.dana.pk}"
    assert [row.subject_id for row in audited("consent.sign")] == [str(nina.pk)]
    desk.post(page, {"form": "telehealth", "withdraw": "1"})
    assert Consent.objects.get(patient=nina).revoked_at == NOW


def test_only_the_newest_version_can_be_signed(world, desk):
    nina = patient(world.clinic, "Nina", consent=False)
    ConsentForm.objects.create(clinic=world.clinic, form="telehealth", version=2, text="New.")
    page = f"{PEOPLE}{nina.uuid}/consent/"
    for version in ("1", "3", "x", "²"):
        assert desk.post(page, {"form": "telehealth", "version": version}).status_code == 422
    assert desk.post(page, {"form": "nonsense", "version": "1"}).status_code == 404
    assert not Consent.objects.filter(patient=nina).exists()


def test_an_old_signature_is_missing_again(world, desk):
    ConsentForm.objects.create(clinic=world.clinic, form="telehealth", version=2, text="New.")
    page = text_of(desk.get(f"{PEOPLE}{world.nora.uuid}/"))
    assert "Consent to telehealth missing" in page


def test_without_its_record_nothing_is_shown(world, desk, monkeypatch):
    """LG7: if the audit cannot be written, the page is not there."""
    from django.db import DatabaseError

    def fails(*args, **kwargs):
        raise DatabaseError

    monkeypatch.setattr(AuditRow.objects, "bulk_create", fails)
    for answer in (
        desk.get(DESK),
        search(desk, "nora"),
        desk.get(f"{PEOPLE}{world.nora.uuid}/"),
    ):
        assert answer.status_code == 503
        assert b"Nora" not in answer.content


def test_a_new_address_is_read_back_before_details_go_there(world, desk):
    """PR2: what was accepted for one address is not accepted for another."""
    page = f"{PEOPLE}{world.nora.uuid}/edit/"
    same = NEW | {"email": world.nora.email}
    assert "Read the new address back" not in text_of(desk.post(page, same, follow=True))
    mail = Consent.objects.get(patient=world.nora, form="mail")
    assert mail.revoked_at is None
    answer = desk.post(page, same | {"email": "nora@new.example"}, follow=True)
    assert "Read the new address back" in text_of(answer)
    mail.refresh_from_db()
    assert mail.revoked_at == NOW
    assert Consent.objects.get(patient=world.nora, form="telehealth").revoked_at is None
