"""Book at the desk for somebody on the telephone: one page, one POST."""

import pytest
from django.test import Client

from accounts.models import Consent
from scheduling.models import Booking, Offering
from tests.web.desk import DESK, at_work, audited, book_page, booked
from tests.web.patient import filters, starts_in, text_of
from tests.world import NY, World, at, offer, patient, service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def desk(world) -> Client:
    return at_work(world.dana)


def typed(world: World, day: str, time: str, why: str = "Asked by Dr. Alma", **said) -> dict:
    """`therapist` is whose time is taken; the filter above the times stays at "any"."""
    whose = said.pop("therapist", str(world.alma.uuid))
    at = {"typed-date": day, "typed-time": time, "typed-why": why, "typed-therapist": whose}
    return filters(**said, **at, typed="1")


def test_from_the_sheet_to_the_booking(world, desk):
    assert desk.get(DESK).status_code == 200
    found = desk.post(f"{DESK}patients/", {"text": "nor"})
    assert "Nora Quill" in text_of(found)
    assert book_page(world.nora) in found.content.decode()
    start = starts_in(desk.get(book_page(world.nora)))[0]
    done = desk.post(book_page(world.nora), filters(start=start))
    assert done.status_code == 302, text_of(done)
    booking = Booking.objects.get()
    assert (booking.patient, booking.start, booking.state) == (world.nora, start, "booked")
    assert [row.subject_id for row in audited("booking.book")] == [str(world.nora.pk)]
    page = text_of(desk.get(done["Location"]))
    assert "Monday, March 1, 2027, 11:00 AM to 11:50 AM PST (Los Angeles)" in page
    sheet = text_of(desk.get(DESK))
    assert "11:00 AM to 11:50 AM PST Nora Quill Video, 50 minutes Booked" in sheet


def test_the_consent_is_read_out_and_kept(world, desk):
    """TH3: without it nothing is booked; with it, who recorded it is on file."""
    nina = patient(world.clinic, "Nina", consent=False)
    page = desk.get(book_page(nina))
    assert "About telehealth." in text_of(page)
    start = at("2027-03-03", 10)
    refused = desk.post(book_page(nina), filters(start=start))
    assert refused.status_code == 422
    assert f'value="{start}" required checked' in refused.content.decode()
    assert not Booking.objects.exists()
    done = desk.post(book_page(nina), filters(start=start, telehealth="on", mail="on"))
    assert done.status_code == 302, text_of(done)
    signed = Consent.objects.filter(patient=nina).order_by("-form")
    assert [(one.form, one.signed_by) for one in signed] == [
        ("telehealth", f"user:{world.dana.pk}"),
        ("mail", f"user:{world.dana.pk}"),
    ]


def test_who_is_full_for_new_patients_is_booked_by_name(world, desk):
    world.alma.accepting = False
    world.alma.save(update_fields=["accepting"])
    Offering.objects.filter(therapist=world.ben).delete()
    anybody = desk.get(book_page(world.nora), filters())
    assert "Nobody takes new bookings" in text_of(anybody)
    by_name = filters(therapist=str(world.alma.uuid), start=at("2027-03-03", 10))
    assert desk.post(book_page(world.nora), by_name).status_code == 302


def test_a_taken_time_is_told_with_others(world, desk):
    start = at("2027-03-03", 10)
    booked(world, world.omar, start)
    said = filters(therapist=str(world.alma.uuid), start=start)
    answer = desk.post(book_page(world.nora), said)
    assert answer.status_code == 409
    assert "The therapist has another session, or a break, at this time." in text_of(answer)
    nearest = starts_in(answer)[:3]
    assert at("2027-03-03", 11) in nearest
    assert "Nearest free times: Wednesday, March 3, 2027" in text_of(answer)
    assert Booking.objects.filter(patient=world.nora).count() == 0


def test_any_therapist_is_whoever_is_free(world, desk):
    start = at("2027-03-03", 10)
    booked(world, world.omar, start)
    assert desk.post(book_page(world.nora), filters(start=start)).status_code == 302
    mine = Booking.objects.get(patient=world.nora)
    assert mine.session.occupancies.get().profile == world.ben


def test_patient_busy_tells_nothing_of_the_other_booking(world, desk):
    booked(world, world.nora, therapist=world.ben.uuid)
    said = filters(therapist=str(world.alma.uuid), start=at("2027-03-03", 10))
    answer = desk.post(book_page(world.nora), said)
    assert answer.status_code == 409
    assert "This time cannot be booked for this patient." in text_of(answer)
    assert "another appointment" not in text_of(answer)


@pytest.mark.parametrize(
    ("day", "time"),
    [
        ("2027-03-01", "09:30"),  # half an hour ahead: notice
        ("2027-03-03", "20:00"),  # after hours
        ("2027-03-07", "10:00"),  # a Sunday
        ("2027-03-03", "10:07"),  # between the starts
        ("2027-09-01", "10:00"),  # beyond the horizon
    ],
)
def test_notice_hours_and_grid_give_way_to_a_reason(world, desk, day, time):
    done = desk.post(book_page(world.nora), typed(world, day, time))
    assert done.status_code == 302, text_of(done)
    hour, minute = map(int, time.split(":"))
    booking = Booking.objects.get()
    assert booking.start == at(day, hour, minute)
    assert booking.override == "Asked by Dr. Alma"


def test_the_daily_limit_gives_way_to_a_reason(world, desk):
    Offering.objects.update(max_per_day=1)
    booked(world, world.omar, at("2027-03-03", 14))
    done = desk.post(book_page(world.nora), typed(world, "2027-03-03", "10:00"))
    assert done.status_code == 302, text_of(done)


def test_no_reason_no_override(world, desk):
    answer = desk.post(book_page(world.nora), typed(world, "2027-03-03", "20:00", why=""))
    assert answer.status_code == 422
    assert 'value="20:00"' in answer.content.decode()
    assert not Booking.objects.exists()


def test_never_over_another_session(world, desk):
    booked(world, world.omar)
    answer = desk.post(book_page(world.nora), typed(world, "2027-03-03", "10:30"))
    assert answer.status_code == 409
    assert "That cannot be set aside." in text_of(answer)
    assert not Booking.objects.filter(patient=world.nora).exists()


def test_never_without_a_licence(world, desk):
    """TH2: a reason does not stand in for one."""
    answer = desk.post(book_page(world.nora), typed(world, "2027-03-03", "10:00", place="NV"))
    assert answer.status_code == 409
    assert "no licence for the state where the patient will be" in text_of(answer)
    world.alma.licences.update(valid_until="2027-03-02")
    answer = desk.post(book_page(world.nora), typed(world, "2027-03-03", "10:00"))
    assert "licence for that state ends before this date" in text_of(answer)
    assert not Booking.objects.exists()


def test_never_in_the_past(world, desk):
    answer = desk.post(book_page(world.nora), typed(world, "2027-02-26", "10:00"))
    assert answer.status_code == 409
    assert "This time has passed." in text_of(answer)


def test_a_time_that_the_clock_skips(world, desk):
    answer = desk.post(book_page(world.nora), typed(world, "2027-03-14", "02:30"))
    assert answer.status_code == 422
    assert "Clocks go forward that night" in text_of(answer)
    assert 'value="02:30"' in answer.content.decode()


def test_a_date_that_does_not_exist(world, desk):
    answer = desk.post(book_page(world.nora), typed(world, "2027-02-30", "10:00"))
    assert answer.status_code == 422
    assert "This date does not exist." in text_of(answer)


def test_a_typed_time_is_read_in_the_zone_that_is_shown(world, desk):
    said = typed(world, "2027-03-03", "15:00", zone=NY)
    assert desk.post(book_page(world.nora), said).status_code == 302
    assert Booking.objects.get().start == at("2027-03-03", 12)


def test_a_rule_is_set_aside_for_one_therapist(world, desk):
    answer = desk.post(book_page(world.nora), typed(world, "2027-03-03", "20:00", therapist=""))
    assert answer.status_code == 422
    assert "Choose whose time is taken." in text_of(answer)
    page = answer.content.decode()
    for kept in ("2027-03-03", "20:00", "Asked by Dr. Alma"):
        assert f'value="{kept}"' in page


def test_no_time_chosen(world, desk):
    answer = desk.post(book_page(world.nora), filters())
    assert answer.status_code == 422
    assert "Please choose a time." in text_of(answer)


def test_a_forged_field_changes_nothing(world, desk):
    """AC5: the patient is the one of the address, the clinic the desk's own."""
    said = filters(start=at("2027-03-03", 10), patient=world.omar.pk, clinic=99, state="cancelled")
    assert desk.post(book_page(world.nora), said).status_code == 302
    booking = Booking.objects.get()
    assert (booking.patient, booking.clinic, booking.state) == (world.nora, world.clinic, "booked")


def test_only_who_offers_the_service_can_be_named_for_a_typed_time(world, desk):
    """Ben alone offers DBT; Alma's name is not there, and naming her all the same is refused."""
    offer(world.ben, service(world.clinic, "dbt-50", "dbt"))
    page = desk.get(book_page(world.nora), filters(service="dbt-50")).content.decode()
    names = page.split('name="typed-therapist"')[1].split("</select>")[0]
    assert str(world.ben.uuid) in names
    assert str(world.alma.uuid) not in names
    said = typed(world, "2027-03-03", "20:00", service="dbt-50")
    answer = desk.post(book_page(world.nora), said | {"typed-therapist": str(world.alma.uuid)})
    assert answer.status_code == 422
    assert not Booking.objects.exists()
