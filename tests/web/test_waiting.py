"""The waiting list at the pages: enter, answer an offer, leave; staff see and steer all of it."""

import pytest
from django.test import Client

from accounts.models import Consent, ConsentForm
from scheduling.actions.group_members import leave
from scheduling.models import Booking, Member, Waiting, WaitOffer, WeeklyHours
from tests.doors import sign_in
from tests.groups import comes_in, founded
from tests.outbox.acts import booked
from tests.waiting import offered, waiting
from tests.web.patient import HOME, filters, text_of
from tests.world import LA, NOW, World, at, build, patient

pytestmark = pytest.mark.django_db
MINE, LIST = f"{HOME}my/waiting/", f"{HOME}waiting/"


@pytest.fixture
def world(clock) -> World:
    return build()


@pytest.fixture
def nora(world) -> Client:
    return sign_in(Client(), world.nora.user, mfa=False)


@pytest.fixture
def dana(world) -> Client:
    return sign_in(Client(), world.dana)


def page_of(offer) -> str:
    return f"{HOME}my/offers/{offer.uuid}/"


def test_where_nothing_is_free_one_can_wait_for_a_time(world, nora):
    """The search is carried along, and what suits is asked."""
    WeeklyHours.objects.all().delete()
    page = nora.get(HOME, filters(therapist=world.alma.uuid))
    assert "Wait for a time" in text_of(page)
    there = page.context["wait_url"]
    assert "CBT session" in text_of(nora.get(there))
    done = nora.post(
        f"{MINE}new/", filters(therapist=world.alma.uuid) | {"days": ["2"], "parts": ["morning"]}
    )
    assert (done.status_code, done["Location"]) == (302, MINE)
    row = Waiting.objects.get()
    assert (row.patient, row.therapist, row.service) == (world.nora, world.alma, world.cbt)
    assert (row.days, row.parts, row.place, row.zone) == ("2", "morning", "CA", LA)
    shown = text_of(nora.get(MINE))
    assert "Wednesday; Morning, until noon" in shown


def test_twice_for_the_same_is_refused(world, nora):
    waiting(world, world.nora)
    again = nora.post(f"{MINE}new/", filters())
    assert again.status_code == 409
    assert "You are on the waiting list for this already." in text_of(again)


def test_where_a_time_is_free_nobody_is_sent_to_wait(world, nora):
    assert "Wait for a time" not in text_of(nora.get(HOME, filters()))


def test_a_stranger_signs_in_first(world):
    page = Client().get(f"{MINE}new/", filters())
    assert page.status_code == 302
    assert "/sign-in/" in page["Location"]


def test_an_offer_has_a_page_with_two_buttons(world, nora):
    """BR1: looking at it answers nothing."""
    offer = offered(world, waiting(world, world.nora))
    said = "10:00 AM to 10:50 AM PST (Los Angeles) CBT session We keep it until"
    for path in (f"{HOME}my/", f"{HOME}my/waiting/"):
        assert f"A time is free for you Wednesday, March 3, 2027, {said}" in text_of(nora.get(path))
    page = text_of(nora.get(page_of(offer)))
    assert "We keep it for you until Tuesday, March 2, 2027, 9:00 AM PST" in page
    assert "Take this time" in page
    assert "Let it go" in page
    assert WaitOffer.objects.get().state == "open"
    done = nora.post(page_of(offer), {"take": "1"})
    assert done["Location"] == f"{HOME}booked/{offer.booking.uuid}/"
    assert Booking.objects.get(pk=offer.booking_id).state == "booked"
    assert nora.get(page_of(offer))["Location"] == done["Location"]


def test_let_it_go(world, nora):
    offer = offered(world, waiting(world, world.nora))
    done = nora.post(page_of(offer), {"pass": "1"}, follow=True)
    assert "You stay on the waiting list" in text_of(done)
    assert WaitOffer.objects.get().state == "declined"
    assert "not kept for you any more" in text_of(nora.get(page_of(offer)))


def test_an_answer_too_late(world, nora, clock):
    offer = offered(world, waiting(world, world.nora))
    clock.move_to(offer.until)
    sign_in(nora, world.nora.user, mfa=False)
    late = nora.post(page_of(offer), {"take": "1"})
    assert late.status_code == 409
    assert "This time is not kept for you any more" in text_of(late)
    assert not Booking.objects.filter(state="booked").exists()


def test_consent_is_asked_on_the_page(world, nora):
    """TH3."""
    Consent.objects.filter(patient=world.nora, form="telehealth").delete()
    offer = offered(world, waiting(world, world.nora))
    assert "About telehealth." in text_of(nora.get(page_of(offer)))
    refused = nora.post(page_of(offer), {"take": "1"})
    assert refused.status_code == 422
    done = nora.post(page_of(offer), {"take": "1", "telehealth": "on"})
    assert done.status_code == 302
    let_go = offered(world, waiting(world, world.omar), start=at("2027-03-04", 10))
    assert sign_in(Client(), world.omar.user, mfa=False).get(page_of(let_go)).status_code == 200


def test_a_time_can_be_let_go_without_consent(world, nora):
    Consent.objects.all().delete()
    offer = offered(world, waiting(world, world.nora))
    assert nora.post(page_of(offer), {"pass": "1"}).status_code == 302


def test_an_earlier_time_than_mine(world, nora):
    seat = booked(world, start=at("2027-03-10", 10))
    one = f"{HOME}my/{seat.uuid}/"
    assert "Tell me of an earlier time" in text_of(nora.get(one))
    assert nora.get(f"{one}earlier/").status_code == 200
    done = nora.post(f"{one}earlier/", {"days": ["2"]}, follow=True)
    assert "Your session stays until you take it" in text_of(done)
    offer = offered(world, Waiting.objects.get())
    page = text_of(nora.get(page_of(offer)))
    assert "your session of Wednesday, March 10, 2027, 10:00 AM" in page
    assert nora.post(page_of(offer), {"take": "1"})["Location"] == f"{HOME}booked/{seat.uuid}/"
    seat.refresh_from_db()
    assert seat.start == at("2027-03-03", 10)


def test_nothing_of_others_is_ever_shown(world, nora):
    """GR1: what Nora reads is the same, byte for byte, whoever else waits, before or after her."""
    row = waiting(world, world.nora)
    before = text_of(nora.get(MINE))
    first = waiting(world, world.omar)
    waiting(world, patient(world.clinic, "Rosa"))
    assert text_of(nora.get(MINE)) == before
    offered(world, first)
    assert text_of(nora.get(MINE)) == before
    assert nora.get(page_of(WaitOffer.objects.get())).status_code == 404
    assert nora.post(f"{MINE}{first.uuid}/leave/").status_code == 404
    assert nora.post(f"{MINE}{row.uuid}/leave/").status_code == 302
    assert "You wait for nothing" in text_of(nora.get(MINE))


def test_wait_for_a_place_in_a_group(world, nora, dana):
    """Full: one waits; offered by hand, taken with two buttons."""
    ConsentForm.objects.create(clinic=world.clinic, form="group", version=1, text="What is said.")
    group = founded(world, capacity=1)
    (full, *_rest) = comes_in(world, group, world.omar, accept={"group": 1})
    there = f"{MINE}group/{group.uuid}/"
    asked = text_of(nora.get(there))
    assert "Wait for a place When a place is free" in asked and "Evenings" in asked
    done = nora.post(there, {"place": "CA", "zone": LA}, follow=True)
    assert "We write when a place is free" in text_of(done)
    assert "When it suits" not in text_of(done)
    assert nora.post(there, {"place": "CA", "zone": LA}).status_code == 409
    row = Waiting.objects.get()
    assert dana.get(f"{LIST}{row.uuid}/").context["times"] == []
    leave(member=Member.objects.get().uuid, actor=world.actor(world.omar), now=NOW)
    chosen = dana.get(f"{LIST}{row.uuid}/").context["times"][0]["value"]
    assert dana.post(f"{LIST}{row.uuid}/offer/", {"time": chosen}).status_code == 302
    offer = WaitOffer.objects.get()
    assert "4:00 PM" in text_of(nora.get(page_of(offer)))
    assert nora.post(page_of(offer), {"take": "1"}).status_code == 422
    taken = nora.post(page_of(offer), {"take": "1", "group": "on"})
    seat = Booking.objects.filter(patient=world.nora, state="booked").order_by("start")[0]
    assert (seat.start, taken["Location"]) == (full.start, f"{HOME}booked/{seat.uuid}/")
    assert nora.get(page_of(offer))["Location"] == taken["Location"]


def test_staff_see_and_steer_the_whole_list(world, dana):
    waiting(world, world.nora)
    omar = waiting(world, world.omar)
    page = text_of(dana.get(LIST))
    assert page.index("Nora Quill") < page.index("Omar Quill")
    refused = dana.post(f"{LIST}{omar.uuid}/prefer/", {"priority": "2", "reason": ""})
    assert refused.status_code == 422
    dana.post(f"{LIST}{omar.uuid}/prefer/", {"priority": "2", "reason": "discharged"})
    page = text_of(dana.get(LIST))
    assert page.index("Omar Quill") < page.index("Nora Quill")
    assert "Priority 2" in page


def test_offer_by_hand_take_back_take_out(world, dana):
    row = waiting(world, world.nora, therapist=world.alma)
    one = f"{LIST}{row.uuid}/"
    chosen = dana.get(one).context["times"][0]["value"]
    assert dana.post(f"{one}offer/", {"time": "nonsense"}).status_code == 422
    assert dana.post(f"{one}offer/", {"time": chosen}).status_code == 302
    assert "Offer open" in text_of(dana.get(LIST))
    twice = dana.post(f"{one}offer/", {"time": chosen})
    assert twice.status_code == 409
    offer = WaitOffer.objects.get()
    assert dana.post(f"{LIST}offers/{offer.uuid}/take-back/").status_code == 302
    assert WaitOffer.objects.get().state == "withdrawn"
    assert dana.post(f"{one}take-out/").status_code == 302
    assert Waiting.objects.get().state == "left"
    assert dana.get(one).status_code == 404


def test_add_somebody(world, dana):
    there = f"{LIST}add/{world.nora.uuid}/"
    assert "Put on the waiting list" in text_of(dana.get(f"{HOME}desk/patients/{world.nora.uuid}/"))
    said = {
        "service": str(world.cbt.uuid),
        "therapist": "",
        "medium": "video",
        "place": "CA",
        "zone": LA,
        "days": ["0"],
    }
    assert dana.get(there).status_code == 200
    assert dana.post(there, said).status_code == 302
    assert Waiting.objects.get().patient == world.nora
    assert dana.post(there, said).status_code == 422


def test_a_therapist_sees_who_waits_for_them_alone(world):
    """AC2: not those of colleagues, nor those who take anybody."""
    mine = waiting(world, world.nora, therapist=world.alma)
    other = waiting(world, world.omar, therapist=world.ben)
    anyone = waiting(world, patient(world.clinic, "Rosa"))
    alma = sign_in(Client(), world.alma.user)
    page = text_of(alma.get(LIST))
    assert "Nora Quill" in page
    assert "Omar" not in page
    assert "Rosa" not in page
    assert alma.get(f"{LIST}{mine.uuid}/").status_code == 200
    assert alma.get(f"{LIST}{other.uuid}/").status_code == 404
    assert alma.get(f"{LIST}{anyone.uuid}/").status_code == 404


def test_an_offer_makes_nobody_a_therapists_patient(world):
    """AC12: before it is taken the therapist does not see who it is for."""
    offered(world, waiting(world, world.nora))
    alma = sign_in(Client(), world.alma.user)
    assert "Nora" not in text_of(alma.get(f"{HOME}today/"))
    assert "Nora" not in text_of(alma.get(f"{HOME}week/"))
    assert alma.get(f"{LIST}add/{world.nora.uuid}/").status_code == 404


def test_a_link_in_mail_answers_for_who_has_no_account(world, client):
    """TK3: it still asks who one is, and works once."""
    from scheduling.actions.links import mint_action_link

    lena = patient(world.clinic, "Lena", user=None, email="lena@example.org")
    offer = offered(world, waiting(world, lena, by=world.dana))
    link = f"/a/{mint_action_link(offer.booking, 'offer', NOW, expires_at=offer.until)}/"
    page = text_of(client.get(link))
    assert "Take this time" in page
    for word in ("Lena", "Quill", "Alma", "CBT"):
        assert word not in page
    assert client.post(link, {"take": "1", "birth_date": "1990-01-01"}).status_code == 422
    done = client.post(link, {"take": "1", "birth_date": "1990-05-17"})
    assert "Your appointment is confirmed" in text_of(done)
    assert Booking.objects.get(pk=offer.booking_id).state == "booked"
    assert client.get(link).status_code == 404


def test_and_lets_it_go(world, client):
    from scheduling.actions.links import mint_action_link

    lena = patient(world.clinic, "Lena", user=None, email="lena@example.org")
    offer = offered(world, waiting(world, lena, by=world.dana))
    link = f"/a/{mint_action_link(offer.booking, 'offer', NOW, expires_at=offer.until)}/"
    done = client.post(link, {"pass": "1", "birth_date": "1990-05-17"})
    assert "You let it go" in text_of(done)
    assert WaitOffer.objects.get().state == "declined"
    assert client.get(link).status_code == 404
