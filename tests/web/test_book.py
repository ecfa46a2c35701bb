"""Check the booking and confirm it: what is shown, signed, refused, and never lost."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import AuditRow, Consent, ConsentForm, Newcomers, Patient
from scheduling.models import Booking, Event, JoinLink
from tests.web.patient import HOME, booked, held, starts_in, take, text_of
from tests.world import LA, NY, at, patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
TUESDAY = at("2027-03-02", 10)


def test_find_hold_sign_in_check_confirm(world, client: Client):
    first = starts_in(client.get(HOME))[0]
    where = take(client, first)["Location"]
    page = client.get(where)
    assert f"/c/harbor/sign-in/?next={where.replace('/', '%2F')}" in page.content.decode()
    client.force_login(world.nora.user)
    page = client.get(where)
    assert "Check your booking Nothing is booked yet." in text_of(page)
    done = client.post(where)
    booking = Booking.objects.get()
    assert (booking.state, booking.patient, booking.start) == ("booked", world.nora, first)
    page = client.get(done["Location"])
    assert f"Your reference is {booking.reference}" in text_of(page)
    assert Event.objects.get().kind == "booked"
    assert JoinLink.objects.filter(booking=booking).count() == 1


def test_check_your_booking_says_everything(world, nora: Client):
    world.cbt.price = "$120, or your insurance"
    world.cbt.save()
    world.alma.credentials = "PhD"
    world.alma.save()
    page = text_of(nora.get(held(nora, TUESDAY, therapist=world.alma.uuid)))
    for fact in (
        "For Nora Quill",
        "When Tuesday, March 2, 2027, 10:00 AM to 10:50 AM PST (Los Angeles)",
        "What CBT session",
        "Length 50 minutes",
        "With Alma, PhD",
        f"Licence California, State licence, CA-{world.alma.pk}",
        "How Video",
        "You will be in California",
        "Price or cover $120, or your insurance",
        "call or text 988",
    ):
        assert fact in page


def test_by_telephone_the_number_stands_there_and_can_be_changed(world, nora: Client):
    page = held(nora, TUESDAY, medium="telephone")
    assert "We call you at (310) 555-0123 Change" in text_of(nora.get(page))
    world.nora.phone = ""
    world.nora.save()
    assert "We call you at no number is kept yet Change" in text_of(nora.get(page))


def test_only_a_post_books(world, nora: Client):
    """BR1."""
    page = held(nora, TUESDAY)
    nora.get(page)
    nora.head(page)
    assert Booking.objects.get().state == "held"


def test_whoever_has_not_signed_in_books_nothing(world, client: Client):
    page = held(client, TUESDAY)
    answer = client.post(page)
    assert answer.status_code == 302
    assert "/c/harbor/sign-in/?next=" in answer["Location"]
    assert Booking.objects.get().state == "held"


def test_the_consent_to_telehealth_is_asked_for_and_what_was_ticked_stays(world, nora: Client):
    """TH3, 3.3.4."""
    Consent.objects.all().delete()
    page = held(nora, TUESDAY)
    shown = text_of(nora.get(page))
    assert "About telehealth. I have read this and agree" in shown
    refused = nora.post(page, {"mail": "on"})
    assert refused.status_code == 422
    sentence = "Please read and accept the consent to telehealth first."
    assert text_of(refused).count(sentence) == 2  # summary and field
    body = refused.content.decode()
    assert 'href="#id_telehealth"' in body
    assert "checked" in body.split('name="mail"')[1].split(">")[0]
    assert Booking.objects.get().state == "held"
    assert nora.post(page, {"telehealth": "on", "mail": "on"}).status_code == 302
    assert {(c.form, c.version) for c in world.nora.consents.all()} == {
        ("telehealth", 1),
        ("mail", 1),
    }


def test_an_outdated_consent_is_asked_for_again(world, nora: Client):
    """TH3."""
    ConsentForm.objects.create(clinic=world.clinic, form="telehealth", version=2, text="New text.")
    page = held(nora, TUESDAY)
    assert "New text." in text_of(nora.get(page))
    assert nora.post(page).status_code == 422
    assert nora.post(page, {"telehealth": "on"}).status_code == 302
    assert world.nora.consents.filter(form="telehealth", version=2, signed_by__startswith="user:")


def test_without_the_box_for_mail_nothing_is_agreed_to(world, nora: Client):
    """PR2: only the box is a consent to details by unencrypted mail."""
    Consent.objects.all().delete()
    nora.post(held(nora, TUESDAY), {"telehealth": "on"})
    assert [c.form for c in world.nora.consents.all()] == ["telehealth"]


def test_boxes_are_not_ticked_beforehand(world, nora: Client):
    Consent.objects.all().delete()
    assert "checked" not in nora.get(held(nora, TUESDAY)).content.decode()


def test_confirming_twice_is_one_booking(world, nora: Client):
    page = held(nora, TUESDAY)
    first, second = nora.post(page), nora.post(page)
    assert first["Location"] == second["Location"]
    assert Booking.objects.filter(state="booked").count() == 1
    assert Event.objects.count() == 1
    assert nora.get(page)["Location"] == first["Location"]


def test_another_number_for_the_call_leads_back_to_the_booking(world, nora: Client):
    page = held(nora, TUESDAY, medium="telephone", therapist=world.alma.uuid)
    change = f"{HOME}my/profile/?next={page}"
    assert f'href="{change}"' in nora.get(page).content.decode()
    said = {"time_zone": LA, "phone": "310 555 0188", "reminders": "default"}
    back = nora.post(change, said, follow=True)
    assert back.redirect_chain == [(page, 302)]
    assert "We call you at (310) 555-0188" in text_of(back)


@pytest.mark.parametrize("evil", ["//evil.example", "https://evil.example/", "javascript:1"])
def test_the_profile_leads_nowhere_else(world, nora: Client, evil):
    """AU11."""
    said = {"time_zone": LA, "reminders": "default"}
    saved = nora.post(f"{HOME}my/profile/?next={evil}", said)
    assert saved["Location"] == f"{HOME}my/profile/"


def test_a_time_kept_too_long_is_offered_again_and_nothing_typed_is_lost(world, nora, clock):
    """3.3.7: boxes that were ticked are ticked at the next time that is chosen."""
    Consent.objects.all().delete()
    page = held(nora, TUESDAY, medium="telephone", therapist=world.alma.uuid)
    clock.shift(timedelta(minutes=11))
    lost = nora.post(page, {"telehealth": "on", "mail": "on"})
    assert lost.status_code == 409
    assert 'role="alert"' in lost.content.decode()
    assert "We could not keep this time any longer." in text_of(lost)
    assert "Take Tuesday, March 2, 2027, 10:00 AM PST (Los Angeles) again" in text_of(lost)
    assert len(lost.context["nearest"]) == 3
    again = take(nora, starts_in(lost)[0], **dict(lost.context["carried"]))["Location"]
    check = nora.get(again)
    assert check.content.decode().count(" checked") == 2
    assert "How Telephone" in text_of(check)
    assert nora.post(again, {"telehealth": "on", "mail": "on"}).status_code == 302


def test_a_lost_time_that_somebody_else_has_is_not_offered_again(world, nora: Client, clock):
    page = held(nora, TUESDAY, therapist=world.alma.uuid)
    clock.shift(timedelta(minutes=11))
    for therapist in (world.alma, world.ben):
        held(Client(REMOTE_ADDR="203.0.113.5"), TUESDAY, therapist=therapist.uuid)
    lost = nora.get(page)
    assert "It is still free" not in text_of(lost)
    assert TUESDAY not in starts_in(lost)


def test_patient_busy_keeps_the_time_and_shows_others(world, nora: Client):
    booked(nora, world, TUESDAY, therapist=world.alma.uuid)
    page = held(nora, at("2027-03-02", 10, 30), therapist=world.ben.uuid)
    refused = nora.post(page)
    assert refused.status_code == 409
    assert "You have another appointment at this time." in text_of(refused)
    assert "Check your booking" in text_of(refused)
    assert len(refused.context["nearest"]) == 3
    assert AuditRow.objects.filter(outcome="refused", code="patient_busy").exists()


def test_a_licence_withdrawn_meanwhile(world, nora: Client):
    """TH2."""
    page = held(nora, TUESDAY, therapist=world.alma.uuid)
    world.alma.licences.all().delete()
    refused = nora.post(page)
    assert refused.status_code == 409
    assert "may not treat you in the state where you will be" in text_of(refused)


def test_who_is_no_patient_yet_says_who_they_are_first(world, client: Client):
    client.force_login(world.mallory)
    page = held(client, TUESDAY)
    first = client.get(page)
    assert first.status_code == 302
    assert first["Location"].startswith("/c/harbor/who/?next=%2Fc%2Fharbor%2Fhold%2F")
    assert client.post(page).status_code == 302
    assert Booking.objects.get().state == "held"


def test_who_was_not_invited_is_not_a_patient_of_a_closed_clinic(world, client: Client):
    world.clinic.newcomers = Newcomers.INVITED.value
    world.clinic.save()
    client.force_login(world.mallory)
    page = client.get(held(client, TUESDAY), follow=True)
    assert page.redirect_chain[-1][0].startswith("/c/harbor/who/known/")
    assert Booking.objects.get().patient is None


def test_two_who_share_an_account_say_which_one_they_are(world, nora: Client):
    child = patient(world.clinic, "Nell", user=world.nora.user)
    page = held(nora, TUESDAY)
    assert nora.get(page)["Location"].startswith("/c/harbor/who/")
    session = nora.session
    session[f"patient:{world.clinic.pk}"] = child.pk
    session.save()
    assert "For Nell Quill" in text_of(nora.get(page))


def test_the_proof_leads_into_the_calendar(world, nora: Client):
    uuid = booked(nora, world, TUESDAY)
    page = nora.get(f"{HOME}booked/{uuid}/")
    body = page.content.decode()
    assert f"/c/harbor/booked/{uuid}/appointment.ics" in body
    assert (
        "https://calendar.google.com/calendar/render?action=TEMPLATE&amp;text=Appointment" in body
    )
    assert "https://outlook.live.com/calendar/" in body
    assert "Try both in a video call" in text_of(page)
    assert "Call (310) 555-0100" in text_of(page)


def test_the_proof_says_what_mail_to_expect(world, nora: Client):
    """PR2, PR3: nobody waits for mail that will not come."""
    page = f"{HOME}booked/{booked(nora, world, TUESDAY)}/"
    full = f"We send the details and a calendar entry to {world.nora.email}."
    assert full in text_of(nora.get(page))
    Consent.objects.filter(patient=world.nora, form="mail").delete()
    bare = f"We only write to {world.nora.email} that there is a message for you here."
    assert bare in text_of(nora.get(page))
    Patient.objects.filter(pk=world.nora.pk).update(no_mail=True)
    assert "We send you no e-mail about it." in text_of(nora.get(page))


def test_the_calendar_file_is_neutral(world, nora: Client):
    """PR1: title and text name no therapist, service or clinic; the link is ours."""
    uuid = booked(nora, world, TUESDAY)
    file = nora.get(f"{HOME}booked/{uuid}/appointment.ics")
    body = file.content.decode().replace("\r\n ", "")
    assert file["Content-Type"].startswith("text/calendar")
    assert 'filename="appointment.ics"' in file["Content-Disposition"]
    assert "SUMMARY:Appointment" in body
    assert "DTSTART:20270302T180000Z" in body
    link = JoinLink.objects.get(booking__uuid=uuid)
    assert f"/j/{link.token}/" in body
    for secret in ("Alma", "Ben", "CBT", "Harbor", "Nora", "ATTENDEE"):
        assert secret not in body


def test_a_session_by_telephone_leads_to_the_check_in(world, nora: Client):
    """TH1."""
    uuid = booked(nora, world, TUESDAY, medium="telephone")
    link = JoinLink.objects.get(booking__uuid=uuid)
    file = nora.get(f"{HOME}booked/{uuid}/appointment.ics").content.decode()
    assert f"/j/{link.token}/" in file.replace("\r\n ", "")
    assert "We will call you." in file and "CONFERENCE" not in file
    page = text_of(nora.get(f"{HOME}booked/{uuid}/"))
    assert "choose “Check in”. It opens 10 minutes before." in page
    assert "We will call you then, at the number in your profile" in page


def test_another_patients_booking_is_not_there(world, nora: Client):
    """AC2."""
    uuid = booked(nora, world, TUESDAY)
    other = Client()
    other.force_login(world.omar.user)
    missing = other.get(f"{HOME}booked/00000000-0000-4000-8000-000000000000/")
    for path in (f"booked/{uuid}/", f"booked/{uuid}/appointment.ics"):
        page = other.get(HOME + path)
        assert page.status_code == 404
        assert page.content == missing.content
        assert Client().get(HOME + path).status_code == 302


def test_every_look_at_ones_own_leaves_a_row(world, nora: Client):
    """LG1."""
    page = held(nora, TUESDAY)
    nora.get(page)
    uuid = nora.post(page)["Location"].strip("/").split("/")[-1]
    nora.get(f"{HOME}booked/{uuid}/")
    nora.get(f"{HOME}booked/{uuid}/appointment.ics")
    rows = AuditRow.objects.filter(subject_id=str(world.nora.pk)).values_list("action", flat=True)
    assert list(rows.order_by("pk")) == [
        "hold.view",
        "booking.book",
        "booking.view",
        "booking.calendar",
    ]


def test_both_zones_stand_on_the_check_page(world, nora: Client):
    page = text_of(nora.get(held(nora, TUESDAY, zone=NY, therapist=world.alma.uuid)))
    assert "When Tuesday, March 2, 2027, 1:00 PM to 1:50 PM EST (New York)" in page
    assert "For your therapist Tuesday, March 2, 2027, 10:00 AM to 10:50 AM PST" in page


def test_the_statements_of_the_check_page_are_few(world, nora, django_assert_max_num_queries):
    page = held(nora, TUESDAY)
    nora.get(page)
    with django_assert_max_num_queries(16):
        nora.get(page)
