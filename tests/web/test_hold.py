"""Keep a time while signing in: whose it is, for how long, and what is refused."""

import json
from datetime import date, timedelta

import pytest
from django.test import Client

from accounts.models import AuditRow, Licence
from scheduling.models import Booking, Occupancy
from tests.web.patient import HOME, booked, filters, held, starts_in, take, text_of
from tests.world import NY, World, at, build, service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
TUESDAY = at("2027-03-02", 10)


@pytest.fixture
def world() -> World:
    return build()


def therapist_of(page: str):
    uuid = page.strip("/").split("/")[-1]
    return Occupancy.objects.get(session__bookings__uuid=uuid).profile


def test_a_kept_time_says_until_when_and_leads_to_signing_in(world, client: Client):
    page = client.get(held(client, TUESDAY))
    assert "We keep this time for you until 9:10 AM PST" in text_of(page)
    assert "Tuesday, March 2, 2027, 10:00 AM to 10:50 AM PST (Los Angeles)" in text_of(page)
    assert "Sign in to book" in text_of(page)
    assert 'data-countdown-until="2027-03-01T17:10:00+00:00"' in page.content.decode()


def test_the_therapists_time_is_told_where_it_differs(world, client: Client):
    page = client.get(held(client, TUESDAY, therapist=world.ben.uuid))
    assert (
        "For your therapist Tuesday, March 2, 2027, 1:00 PM to 1:50 PM EST (New York)"
        in text_of(page)
    )


def test_the_secret_is_in_a_cookie_that_no_script_reads(world, client: Client):
    """SE5. The secret is random, and the database knows its hash alone."""
    held(client, TUESDAY)
    cookie = client.cookies["hold"]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == ("Lax", "/", "")
    assert len(cookie.value) >= 43
    assert cookie.value not in Booking.objects.get().owner_hash


def test_the_same_browser_keeps_its_secret(world, client: Client):
    held(client, TUESDAY)
    first = client.cookies["hold"].value
    held(client, at("2027-03-02", 13))
    assert client.cookies["hold"].value == first


def test_a_kept_time_of_another_browser_is_not_there(world, client: Client):
    """AC2."""
    page = held(client, TUESDAY)
    other = Client()
    assert other.get(page).status_code == 404
    held(other, at("2027-03-02", 13))
    for verb, path in (("get", ""), ("post", ""), ("post", "more/"), ("post", "let-go/")):
        assert getattr(other, verb)(page + path).status_code == 404
    assert Booking.objects.filter(state="held").count() == 2


def test_any_therapist_means_the_one_with_the_least_that_day(world, client: Client):
    client.force_login(world.omar.user)
    booked(client, world, at("2027-03-02", 15), therapist=world.alma.uuid)
    assert therapist_of(held(Client(), TUESDAY)) == world.ben


def test_any_therapist_means_whoever_is_free(world, client: Client):
    assert {therapist_of(held(Client(), TUESDAY)) for _ in range(2)} == {world.alma, world.ben}
    assert take(Client(), TUESDAY).status_code == 409


def test_it_is_kept_longer_once(world, client: Client, clock):
    page = held(client, TUESDAY)
    clock.shift(timedelta(minutes=9))
    again = client.post(page + "more/", follow=True)
    assert "We keep this time for you until 9:19 AM PST" in text_of(again)
    assert "I need more time" not in text_of(again)
    twice = client.post(page + "more/", follow=True)
    assert "This time was kept longer once already. Please confirm now." in text_of(twice)


def test_letting_go_leads_back_to_the_same_search(world, client: Client):
    page = held(client, TUESDAY, zone=NY, medium="telephone")
    back = client.post(page + "let-go/", follow=True)
    assert "We let that time go." in text_of(back)
    assert back.context["form"].cleaned_data["zone"] == NY
    assert back.context["form"].cleaned_data["medium"] == "telephone"
    assert take(Client(), TUESDAY).status_code == 302
    assert "no longer" not in text_of(client.post(page + "let-go/", follow=True))


def test_what_one_keeps_is_shown_while_looking_on(world, client: Client):
    held(client, TUESDAY)
    page = text_of(client.get(HOME))
    assert "We keep for you Tuesday, March 2, 2027, 10:00 AM to 10:50 AM PST" in page
    assert "We keep for you" not in text_of(Client().get(HOME))


def test_with_any_therapist_the_next_one_is_tried_if_the_first_is_just_gone(
    world, client: Client, monkeypatch
):
    held(Client(), TUESDAY, therapist=world.alma.uuid)
    both = [world.alma.uuid, world.ben.uuid]
    monkeypatch.setattr("scheduling.queries.find.who_is_free", lambda *_: both)
    assert therapist_of(held(client, TUESDAY)) == world.ben


def refused(client: Client, start: int, **said):
    page = take(client, start, **said)
    assert not Booking.objects.filter(state="held", start=start).exists()
    return page


def test_slot_gone_shows_three_others_and_keeps_the_filters(world, client: Client):
    other = Client()
    other.force_login(world.omar.user)
    booked(other, world, TUESDAY, therapist=world.alma.uuid)
    page = refused(client, TUESDAY, therapist=world.alma.uuid, part="morning")
    assert page.status_code == 409
    assert 'role="alert"' in page.content.decode()
    assert (
        "Somebody else has just taken this time. Here are the nearest others. "
        "Tuesday, March 2, 2027, 9:00 AM PST (Los Angeles) "
        "Tuesday, March 2, 2027, 11:00 AM PST (Los Angeles) "
        "Tuesday, March 2, 2027, 11:15 AM PST (Los Angeles)" in text_of(page)
    )
    assert page.context["form"].cleaned_data["part"] == "morning"
    assert f'value="{world.alma.uuid}" selected' in page.content.decode()
    assert take(client, starts_in(page)[0], therapist=world.alma.uuid).status_code == 302


REFUSED = {
    "too_late": ("2027-03-01", 10, "It is too late for this online. Please call the clinic."),
    "too_far_ahead": ("2027-05-20", 10, "This date is too far ahead."),
    "in_the_past": ("2027-02-26", 10, "This time has passed. Please choose a later one."),
    "outside_hours": ("2027-03-02", 18, "The therapist does not work at this time."),
}


@pytest.mark.parametrize("code", REFUSED)
@pytest.mark.parametrize("anybody", [True, False])
def test_a_time_that_cannot_be_is_refused_with_its_reason(
    world, client: Client, code: str, anybody: bool
):
    day, hour, sentence = REFUSED[code]
    who = "" if anybody else world.alma.uuid
    page = refused(client, at(day, hour), therapist=who)
    assert page.status_code == 409
    assert page.context["refusal"].code == code
    assert sentence in text_of(page)
    assert page.context["form"].cleaned_data["place"] == "CA"
    assert AuditRow.objects.filter(action="hold.take", outcome="refused", code=code).exists()


def test_not_between_two_start_times(world, client: Client):
    page = refused(client, at("2027-03-02", 10, 7), therapist=world.alma.uuid)
    assert "Please choose a time from the list." in text_of(page)


def test_not_licensed_there(world, client: Client):
    """TH2."""
    page = refused(client, TUESDAY, place="NY", therapist=world.alma.uuid)
    assert page.context["refusal"].code == "not_licensed"
    assert "may not treat you in the state where you will be" in text_of(page)
    assert "These times, with any therapist, are near it:" in text_of(page)
    others = dict(page.context["others_carried"])
    assert "therapist" not in others
    again = client.post(HOME + "hold/", others | {"start": page.context["nearest"][0]["value"]})
    assert therapist_of(again["Location"]) == world.ben


def test_the_licence_lapses_before(world, client: Client):
    """TH2."""
    Licence.objects.filter(therapist=world.alma).update(valid_until=date(2027, 3, 1))
    page = refused(client, TUESDAY, therapist=world.alma.uuid)
    assert page.context["refusal"].code == "licence_lapses"
    assert "licence for your state ends before this date" in text_of(page)


def test_the_therapist_takes_no_new_bookings(world, client: Client):
    world.alma.accepting = False
    world.alma.save()
    page = refused(client, TUESDAY, therapist=world.alma.uuid)
    assert "does not take new bookings at present" in text_of(page)


def test_who_takes_no_new_ones_is_there_for_their_own_patients(world, client: Client):
    """`accepting` is about new patients: whoever is treated already finds and keeps a time."""
    nora = Client()
    nora.force_login(world.nora.user)
    booked(nora, world, at("2027-03-02", 15), therapist=world.alma.uuid)
    world.clinic.therapists.update(accepting=False)
    assert "No new bookings at present" in text_of(client.get("/c/harbor/"))
    omar = Client()
    omar.force_login(world.omar.user)
    refused(omar, at("2027-03-09", 10), therapist=world.alma.uuid)
    assert "Next available" in text_of(nora.get("/c/harbor/"))
    kept = take(nora, at("2027-03-09", 10), therapist=world.alma.uuid)
    assert kept.status_code == 302
    assert therapist_of(kept["Location"]) == world.alma
    refused(nora, at("2027-03-09", 11), therapist=world.ben.uuid)


def test_a_group_is_not_kept_like_a_single_session(world, client: Client):
    world.cbt.kind = "group"
    world.cbt.save()
    assert take(client, TUESDAY, therapist=world.alma.uuid).status_code == 422
    assert not Booking.objects.exists()


def test_the_therapist_does_not_offer_it_in_this_way(world, client: Client):
    service(world.clinic, "dbt-50", "dbt")
    page = refused(client, TUESDAY, service="dbt-50", therapist=world.alma.uuid)
    assert "does not offer this service in this way" in text_of(page)


def test_the_day_is_full(world, client: Client):
    world.cbt.max_per_day = 1
    world.cbt.save()
    other = Client()
    other.force_login(world.omar.user)
    booked(other, world, at("2027-03-02", 15), therapist=world.alma.uuid)
    page = refused(client, TUESDAY, therapist=world.alma.uuid)
    assert "This day is full. Please choose another." in text_of(page)


def test_a_third_one_at_a_time_is_too_many_and_one_can_be_let_go(world, client: Client):
    """BL3."""
    held(client, TUESDAY)
    held(client, at("2027-03-02", 13))
    page = refused(client, at("2027-03-02", 15))
    assert page.status_code == 429
    assert "Please confirm one, or let one go." in text_of(page)
    assert len(page.context["kept"]) == 2


def test_hoarding_from_one_address_ends_and_others_still_find_times(world, client: Client):
    """BL3: 36 tries, each with a new cookie."""
    starts = starts_in(client.get(HOME, filters(day="2027-03-08")))[1:]
    answers = [take(Client(), starts[number % len(starts)]).status_code for number in range(36)]
    assert 0 < answers.count(302) <= 30
    assert answers[-6:] == [429] * 6
    page = take(Client(), at("2027-03-02", 15))
    assert "Too many times were kept from here just now." in text_of(page)
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    first = starts_in(elsewhere.get(HOME))[0]
    assert take(elsewhere, first).status_code == 302


def test_the_limit_is_not_passed_by_a_header(world, client: Client):
    """AU8."""
    for number in range(30):
        headers = {"HTTP_X_FORWARDED_FOR": f"198.51.100.{number}"}
        take(Client(**headers), at("2027-03-09", 10))
    late = take(Client(HTTP_X_FORWARDED_FOR="198.51.100.200"), at("2027-03-10", 10))
    assert late.status_code == 429


@pytest.mark.parametrize("start", ["", "soon", "-5", "9" * 30, "1.5"])
def test_no_time_or_none_that_is_one(world, client: Client, start: str):
    page = client.post(HOME + "hold/", filters(start=start, language="en"))
    assert page.status_code == 422
    assert "Please choose a time." in text_of(page)
    assert page.context["form"].cleaned_data["language"] == "en"


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_a_body_that_is_no_form(world, client: Client, kind: str):
    said = json.dumps(filters(start=TUESDAY, therapist=str(world.alma.uuid)))
    page = client.post(HOME + "hold/", said, content_type=kind)
    assert page.status_code == 422
    assert "Please check this" in text_of(page)
    assert not Booking.objects.exists()


def test_a_zone_that_does_not_exist(world, client: Client):
    page = take(client, TUESDAY, zone="Mars/Base")
    assert page.status_code == 422
    assert "We do not know this time zone." in text_of(page)


def test_what_is_not_ones_to_set_is_passed_over(world, client: Client):
    """AC5."""
    client.post(
        HOME + "hold/",
        filters(start=TUESDAY) | {"patient": world.omar.pk, "state": "booked", "held_until": 9**9},
    )
    made = Booking.objects.get()
    assert (made.state, made.patient) == ("held", None)


def test_only_a_post_holds(world, client: Client):
    """BR1."""
    page = held(client, TUESDAY)
    before = Booking.objects.values_list("state", "held_until").get()
    assert client.get(HOME + "hold/")["Location"] == HOME
    for path in (page, page + "more/", page + "let-go/"):
        client.get(path)
        client.head(path)
    assert Booking.objects.values_list("state", "held_until").get() == before
