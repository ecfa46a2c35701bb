"""Find a time: filters, days, the next available one; nobody signs in for it."""

from datetime import date

import pytest
from django.test import Client

from scheduling.models import Booking
from tests.web.patient import HOME, filters, starts_in, text_of
from tests.world import LA, NY, World, at, build, offer, service, therapist

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def world() -> World:
    return build()


def test_it_leads_with_the_next_available_time(world, client: Client):
    page = client.get(HOME)
    assert "Next available Monday, March 1, 2027, 11:00 AM PST (Los Angeles)" in text_of(page)
    assert "CBT session, 50 minutes. Video, if you will be in California then." in text_of(page)
    assert starts_in(page)[0] == at("2027-03-01", 11)


def test_it_begins_with_what_most_therapists_offer(world, client: Client):
    offer(world.ben, service(world.clinic, "act-25", "act", 25))
    assert "CBT session, 50 minutes." in text_of(client.get(HOME))


def test_of_services_that_as_many_offer_it_begins_with_the_longest(world, client: Client):
    short = service(world.clinic, "act-25", "act", 25)
    for who in (world.alma, world.ben):
        offer(who, short)
    assert "CBT session, 50 minutes." in text_of(client.get(HOME))


def test_the_first_day_is_open_and_the_others_unfold(world, client: Client):
    """No script needed: each day is a `details`, so that a telephone shows a short page."""
    body = client.get(HOME, filters(therapist=world.alma.uuid)).content.decode()
    assert body.count('<details class="day" open>') == 1
    assert body.count('<details class="day">') == 2
    assert body.index('<details class="day" open>') < body.index('<details class="day">')


def test_rarely_used_filters_are_folded_until_they_say_something(world, client: Client):
    folded = "<details>\n    <summary>Language, time zone, first day"
    assert folded in client.get(HOME).content.decode()
    for said in ({"day": "2027-03-10"}, {"zone": "Mars"}, {"language": "en"}):
        assert folded not in client.get(HOME, filters(**said)).content.decode()


def test_days_have_full_dates_and_counts_and_each_time_its_whole_name(world, client: Client):
    page = text_of(client.get(HOME, filters(therapist=world.alma.uuid)))
    assert "Monday, March 1, 2027 21 times Morning" in page
    assert "Tuesday, March 2, 2027 29 times Morning" in page
    assert "9:15 AM Tuesday, March 2, 2027, 9:15 AM PST (Los Angeles)" in page


def test_any_therapist_is_the_union_of_all(world, client: Client):
    early = at("2027-03-02", 9, zone=NY)  # Ben's day begins three hours before Alma's
    anybody = starts_in(client.get(HOME, filters()))
    hers = starts_in(client.get(HOME, filters(therapist=world.alma.uuid)))
    assert early in anybody
    assert early not in hers
    assert set(hers) <= set(anybody)


def test_part_of_day_is_that_of_the_patients_zone(world, client: Client):
    """Alma works from 9 AM to 5 PM in Los Angeles: in New York that is until 8 PM."""
    evening = filters(therapist=world.alma.uuid, part="evening")
    assert "There are free times with another" in text_of(client.get(HOME, evening))
    page = client.get(HOME, evening | {"zone": NY, "place": "CA"})
    assert starts_in(page)[0] == at("2027-03-01", 17, zone=NY)
    assert "EST (New York)" in text_of(page)


def test_language(world, client: Client):
    world.ben.languages = "en,es"
    world.ben.save()
    found = starts_in(client.get(HOME, filters(language="es")))
    assert at("2027-03-02", 9, zone=NY) in found
    assert at("2027-03-02", 16) not in found


def test_by_telephone_only_where_the_service_is(world, client: Client):
    service(world.clinic, "dbt-50", "dbt", telephone=True)
    world.cbt.telephone = False
    world.cbt.save()
    page = text_of(client.get(HOME, filters(medium="telephone")))
    assert "Not offered in this way" in page


def test_from_a_date_and_on_to_later_days_and_back(world, client: Client):
    page = client.get(HOME, filters(day="2027-03-10"))
    assert min(starts_in(page)[1:]) >= at("2027-03-10", 0)
    body = page.content.decode()
    assert "day=2027-03-13" in body  # later: after three days with times
    assert "day=2027-03-03" in body  # earlier
    assert "Next available Monday, March 1, 2027, 11:00 AM" in text_of(page)


def test_it_jumps_over_empty_weeks(world, client: Client):
    for who in (world.alma, world.ben):
        hours = who.weekly_hours.get()
        hours.valid_from = date(2027, 4, 12)
        hours.save()
    page = client.get(HOME)
    assert "Next available Monday, April 12, 2027, 6:00 AM PDT (Los Angeles)" in text_of(page)
    assert "There is nothing free before this." in text_of(page)


def test_a_state_without_a_licence_says_why_and_what_else_there_is(world, client: Client):
    page = client.get(HOME, filters(place="TX"))
    assert "Nobody here may treat you in Texas" in text_of(page)
    assert "If you will be in one of these states, look there: California New York" in text_of(page)
    assert "place=NY" in page.content.decode()
    assert starts_in(page) == []


def test_beyond_what_can_be_booked_yet_no_licence_is_blamed(world, client: Client):
    page = client.get(HOME, filters(day="2028-11-01"))
    assert "Nothing is free from that day on" in text_of(page)
    assert "may treat you" not in text_of(page)
    assert "Next available Monday, March 1, 2027, 11:00 AM" in text_of(page)


def test_nobody_takes_new_bookings(world, client: Client):
    world.clinic.therapists.update(accepting=False)
    assert "No new bookings at present" in text_of(client.get(HOME))


def test_everything_is_taken(world, client: Client):
    world.clinic.therapists.all()[0].weekly_hours.all().delete()
    world.ben.weekly_hours.all().delete()
    page = text_of(client.get(HOME))
    assert "No free time at present" in page
    assert "call us at (310) 555-0100" in page


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"zone": "Mars/Base"}, "Time zone"),
        ({"day": "2027-02-30"}, "This date does not exist. Please check it."),
        ({"day": "2092-02-01"}, "This date is too far ahead."),
        ({"place": "XX"}, "State where you will be"),
        ({"service": "nothing"}, "What for"),
        ({"therapist": "7"}, "Therapist"),
        ({"part": "night"}, "Time of day"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_lost(
    world, client: Client, said, sentence
):
    page = client.get(HOME, filters(language="en") | said)
    assert page.status_code == 422
    assert "Please check this" in text_of(page)
    assert sentence in text_of(page)
    assert 'aria-invalid="true"' in page.content.decode()
    assert '<option value="en" selected>' in page.content.decode()


def test_unknown_parameters_change_nothing(world, client: Client):
    """AC8."""
    page = client.get(HOME, filters(ordering="patient__user__password", clinic="7"))
    assert starts_in(page) == starts_in(client.get(HOME, filters()))


def test_another_clinics_people_are_not_in_it(world, client: Client):
    """AC3."""
    other = build("anchor", "Canary")
    service(other.clinic, "canary", "canary")
    page = client.get(HOME).content.decode()
    assert "Canary" not in page
    assert "CANARY" not in page
    assert client.get(HOME, filters(therapist=other.alma.uuid)).status_code == 422


def test_a_clinic_on_its_first_day(world, client: Client):
    world.clinic.services.update(active=False)
    page = client.get(HOME)
    assert page.status_code == 200
    assert "Nothing can be booked here yet" in text_of(page)


def test_an_unknown_clinic_is_not_there(world, client: Client):
    assert client.get("/c/nowhere/").status_code == 404


def test_looking_changes_nothing_and_sets_no_secret(world, client: Client):
    """BR1."""
    client.get(HOME)
    client.head(HOME)
    assert not Booking.objects.exists()
    assert set(client.cookies) <= {"csrf"}
    assert client.post(HOME).status_code == 405


def test_the_emergency_text_is_there(world, client: Client):
    assert "call or text 988" in text_of(client.get(HOME))


def test_the_patients_own_zone_and_state_come_first(world, client: Client):
    world.nora.time_zone, world.nora.state = NY, "NY"
    world.nora.save()
    client.force_login(world.nora.user)
    page = client.get(HOME)
    assert "12:00 PM EST (New York)" in text_of(page)
    assert "if you will be in New York then" in text_of(page)
    assert "data-guess-zone" not in page.content.decode()


def test_the_browser_is_asked_for_its_zone_only_where_none_is_known(world, client: Client):
    assert 'data-guess-zone="submit"' in client.get(HOME).content.decode()
    assert "data-guess-zone" not in client.get(HOME, {"zone": LA}).content.decode()


def test_the_number_of_queries_does_not_grow(world, client: Client, django_assert_num_queries):
    """The clinic, three for the choices, three for the search."""
    with django_assert_num_queries(8):
        client.get(HOME)
    for number in range(6):
        who = therapist(world.clinic, f"More{number}", states=("CA", "NY"))
        offer(who, world.cbt)
    with django_assert_num_queries(8):
        client.get(HOME)
    with django_assert_num_queries(11):  # another day: the next available is looked for too
        client.get(HOME, filters(day="2027-03-20"))
