"""Move one's session: the old time stays until the new one is confirmed."""

from datetime import timedelta

import pytest
from django.test import Client

from scheduling.models import Booking, Occupancy
from tests.web.patient import HOME, booked, filters, held, starts_in, text_of
from tests.world import NY, World, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
TUESDAY, THURSDAY = at("2027-03-02", 10), at("2027-03-04", 9)
MINE = HOME + "my/"


@pytest.fixture
def mine(world: World, nora: Client) -> str:
    return f"{MINE}{booked(nora, world, TUESDAY, therapist=world.alma.uuid)}/"


def said(world: World, start: int, **more):
    given = filters(therapist=world.alma.uuid) | more
    del given["service"]
    return given | {"start": start}


def test_choose_compare_confirm(world, nora: Client, mine: str):
    before = Booking.objects.get()
    page = nora.get(mine + "move/")
    assert (
        "Now: Tuesday, March 2, 2027, 10:00 AM to 10:50 AM PST (Los Angeles). You keep this time "
        "until you have confirmed the new one." in text_of(page)
    )
    assert THURSDAY in starts_in(nora.get(mine + "move/", {"day": "2027-03-04"}))
    assert TUESDAY not in starts_in(page)
    assert at("2027-03-02", 10, 30) in starts_in(page)  # overlaps the old time, which gets free
    check = nora.get(mine + "move/check/", said(world, THURSDAY))
    assert "New When Thursday, March 4, 2027, 9:00 AM to 9:50 AM PST (Los Angeles)" in text_of(
        check
    )
    assert "In place of When Tuesday, March 2, 2027, 10:00 AM" in text_of(check)
    assert Booking.objects.get().start == TUESDAY
    done = nora.post(mine + "move/check/", said(world, THURSDAY), follow=True)
    assert "Your session is moved." in text_of(done)
    after = Booking.objects.get()
    assert (after.pk, after.reference, after.start) == (before.pk, before.reference, THURSDAY)
    assert Occupancy.objects.get().start == THURSDAY


def test_to_another_therapist_medium_and_zone(world, nora: Client, mine: str):
    to = said(world, THURSDAY, therapist=world.ben.uuid, medium="telephone", zone=NY)
    check = text_of(nora.get(mine + "move/check/", to))
    assert "With Ben How Telephone" in check
    assert "EST (New York)" in check
    nora.post(mine + "move/check/", to)
    seat = Booking.objects.get()
    assert (seat.session.medium, seat.zone) == ("telephone", NY)
    assert Occupancy.objects.get().profile == world.ben


def test_with_any_therapist_ones_own_comes_first(world, nora: Client, mine: str):
    check = nora.get(mine + "move/check/", said(world, THURSDAY, therapist=""))
    assert check.context["chosen"] == world.alma
    at_dawn = at("2027-03-04", 7)  # Ben alone
    check = nora.get(mine + "move/check/", said(world, at_dawn, therapist=""))
    assert check.context["chosen"] == world.ben


def test_ones_own_therapist_moves_also_who_takes_no_new_bookings(world, nora: Client, mine: str):
    world.alma.accepting = False
    world.alma.save()
    assert THURSDAY in starts_in(nora.get(mine + "move/", {"day": "2027-03-04"}))
    nora.post(mine + "move/check/", said(world, THURSDAY))
    assert Booking.objects.get().start == THURSDAY


def test_who_loses_the_race_keeps_the_old_time_and_gets_three_others(world, nora, mine: str):
    nora.get(mine + "move/check/", said(world, THURSDAY))
    held(Client(), THURSDAY, therapist=world.alma.uuid)
    lost = nora.post(mine + "move/check/", said(world, THURSDAY, part="morning"))
    assert lost.status_code == 409
    assert 'role="alert"' in lost.content.decode()
    assert (
        "Somebody else has just taken this time. Here are the nearest others. "
        "Your session stays where it is." in text_of(lost)
    )
    assert len(lost.context["nearest"]) == 3
    assert lost.context["form"].cleaned_data["part"] == "morning"
    assert Booking.objects.get(patient=world.nora).start == TUESDAY
    gone = nora.get(mine + "move/check/", said(world, THURSDAY))
    assert gone.status_code == 409


@pytest.mark.parametrize(
    ("start", "more", "code"),
    [
        (at("2027-03-01", 10), {}, "too_late"),
        (at("2027-05-20", 10), {}, "too_far_ahead"),
        (at("2027-02-26", 10), {}, "in_the_past"),
        (at("2027-03-04", 18), {}, "outside_hours"),
        (THURSDAY, {"place": "NY"}, "not_licensed"),
    ],
)
def test_refused_and_stays(world, nora: Client, mine: str, start, more, code):
    page = nora.post(mine + "move/check/", said(world, start, **more))
    assert page.status_code == 409
    assert page.context["refusal"].code == code
    assert str(page.context["refusal"].sentence) in text_of(page)
    assert "Your session stays where it is." in text_of(page)
    assert Booking.objects.get().start == TUESDAY


def test_onto_another_session_of_ones_own(world, nora: Client, mine: str):
    booked(nora, world, THURSDAY, therapist=world.ben.uuid)
    page = nora.post(mine + "move/check/", said(world, THURSDAY))
    assert page.status_code == 409
    assert "You have another appointment at this time." in text_of(page)


@pytest.mark.parametrize(
    ("minutes", "sentence"),
    [(-90, "It is too late for this online."), (5, "This appointment has started already.")],
)
def test_too_late_to_move(world, nora: Client, mine: str, clock, minutes, sentence):
    clock.move_to(Booking.objects.get().starts_at + timedelta(minutes=minutes))
    nora.force_login(world.nora.user)
    assert nora.get(mine + "move/").status_code == 302
    page = nora.post(mine + "move/check/", said(world, THURSDAY))
    assert page.status_code == 409
    assert sentence in text_of(page)


def test_a_cancelled_session_is_not_moved(world, nora: Client, mine: str):
    nora.post(mine + "cancel/")
    page = nora.post(mine + "move/check/", said(world, THURSDAY))
    assert "This appointment was cancelled already." in text_of(page)


def test_bad_filters_are_said_at_their_field(world, nora: Client, mine: str):
    page = nora.get(mine + "move/", {"zone": "Mars/Base", "day": "2027-02-30"})
    assert page.status_code == 422
    assert "This date does not exist. Please check it." in text_of(page)


def test_without_a_time_it_goes_back_to_the_choice(world, nora: Client, mine: str):
    back = nora.post(mine + "move/check/", {"part": "morning", "csrfmiddlewaretoken": "x"})
    assert back["Location"] == f"{mine}move/?part=morning"
    assert "Please choose a time." in text_of(nora.get(back["Location"]))


def test_only_a_post_moves(world, nora: Client, mine: str):
    """BR1."""
    for path in ("move/", "move/check/"):
        nora.get(mine + path, said(world, THURSDAY))
        nora.head(mine + path, said(world, THURSDAY))
    assert Booking.objects.get().start == TUESDAY
