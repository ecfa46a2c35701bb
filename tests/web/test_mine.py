"""My sessions: to come with the way in, past with how they went; one's own and nobody else's."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import AuditRow
from scheduling.actions.attend import mark
from scheduling.models import Booking, JoinLink
from tests.web.patient import HOME, booked, text_of
from tests.world import NOW, NY, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
TUESDAY = at("2027-03-02", 10)
MINE = HOME + "my/"


def test_an_empty_list_says_what_next(world, nora: Client):
    page = nora.get(MINE)
    assert "You have no session to come. Find a time" in text_of(page)
    assert 'href="/c/harbor/"' in page.content.decode()


def test_sessions_to_come_in_order_with_all_that_can_be_done(world, nora: Client):
    late, early = (booked(nora, world, at(day, 10)) for day in ("2027-03-05", "2027-03-02"))
    page = nora.get(MINE)
    body = page.content.decode()
    assert body.index(early) < body.index(late)
    assert (
        "Tuesday, March 2, 2027, 10:00 AM to 10:50 AM PST (Los Angeles) Video with Alma"
        in text_of(page)
    )
    for path in ("", "move/", "cancel/"):
        assert f'href="{MINE}{early}/{path}"' in body


def test_times_are_told_in_the_zone_of_the_profile(world, nora: Client):
    booked(nora, world, TUESDAY)
    world.nora.time_zone = NY
    world.nora.save()
    assert "1:00 PM to 1:50 PM EST (New York)" in text_of(nora.get(MINE))


def test_join_says_when_it_opens_and_then_is_a_link(world, nora: Client, clock):
    uuid = booked(nora, world, TUESDAY)
    token = JoinLink.objects.get(booking__uuid=uuid).token
    for path in (MINE, f"{MINE}{uuid}/"):
        page = nora.get(path)
        assert "“Join” opens here at 9:50 AM PST that day." in text_of(page)
        assert token not in page.content.decode()
    clock.move_to(Booking.objects.get(uuid=uuid).starts_at - timedelta(minutes=10))
    nora.force_login(world.nora.user)
    for path in (MINE, f"{MINE}{uuid}/"):
        assert f'href="/j/{token}/"' in nora.get(path).content.decode()


def test_by_telephone_one_checks_in_and_is_then_called(world, nora: Client, clock):
    """TH1: the place is asked for at each session, so these pages lead there as for video."""
    uuid = booked(nora, world, TUESDAY, medium="telephone")
    link = JoinLink.objects.get(booking__uuid=uuid)
    for path in (MINE, f"{MINE}{uuid}/"):
        page = text_of(nora.get(path))
        assert "We will call you at the number ending in 0123." in page
        assert "“Check in” opens here at 9:50 AM PST that day." in page
        assert "“Join”" not in page and world.nora.phone not in page
    clock.move_to(Booking.objects.get(uuid=uuid).starts_at - timedelta(minutes=10))
    nora.force_login(world.nora.user)
    for path in (MINE, f"{MINE}{uuid}/"):
        page = nora.get(path)
        assert f'href="/j/{link.token}/"' in page.content.decode()
        assert "Check in" in text_of(page) and "Join" not in text_of(page)
    door = text_of(nora.get(f"/j/{link.token}/", follow=True))
    assert "By telephone" in door and "State where you are now" in door


def test_by_telephone_without_a_number_on_file(world, nora: Client):
    world.nora.phone = ""
    world.nora.save()
    booked(nora, world, TUESDAY, medium="telephone")
    said = "We will call you at the number that you give us when you check in."
    assert said in text_of(nora.get(MINE))


def test_when_it_is_too_late_to_change_the_page_says_whom_to_call(world, nora: Client, clock):
    uuid = booked(nora, world, TUESDAY)
    clock.move_to(Booking.objects.get(uuid=uuid).starts_at - timedelta(minutes=119))
    nora.force_login(world.nora.user)
    page = nora.get(f"{MINE}{uuid}/")
    assert "It is too late to change this online. Please call (310) 555-0100" in text_of(page)
    assert "/cancel/" not in nora.get(MINE).content.decode()


@pytest.mark.parametrize(
    ("attendance", "word"),
    [
        ("attended", "Attended"),
        ("no_show", "Missed"),
        ("technical_failure", "The call failed"),
        ("excused", "Excused"),
        ("", "Over"),
    ],
)
def test_past_sessions_say_how_they_went(world, nora: Client, clock, attendance, word):
    uuid = booked(nora, world, TUESDAY)
    clock.shift(timedelta(days=2))
    if attendance:
        mark(
            booking=uuid,
            attendance=attendance,
            actor=world.actor(world.alma),
            now=NOW + timedelta(days=2),
        )
    nora.force_login(world.nora.user)
    assert f"PST (Los Angeles) with Alma {word}" in text_of(nora.get(MINE))
    assert f"Your session {word} Reference" in text_of(nora.get(f"{MINE}{uuid}/"))


def test_past_sessions_come_by_the_page(world, nora: Client, monkeypatch):
    monkeypatch.setattr("scheduling.web.booking.mine.PER_PAGE", 2)
    for hour in (10, 12, 14):
        nora.post(f"{MINE}{booked(nora, world, at('2027-03-02', hour))}/cancel/")
    first = nora.get(MINE)
    assert text_of(first).count("Cancelled") == 2
    assert "?skip=2" in first.content.decode()
    assert "10:00 AM to 10:50 AM" in text_of(nora.get(MINE + "?skip=2"))
    assert nora.get(MINE + "?skip=x").status_code == 200


def test_nobody_elses_are_in_it(world, nora: Client):
    """AC2, AC3, also where staff could see more on their own pages."""
    uuid = booked(nora, world, TUESDAY)
    for user in (world.omar.user, world.mallory):
        client = Client()
        client.force_login(user)
        for path in ("", "move/", "move/check/", "cancel/"):
            assert client.get(f"{MINE}{uuid}/{path}").status_code == 404, path
        for path in ("move/check/", "cancel/", "undo/"):
            assert client.post(f"{MINE}{uuid}/{path}").status_code == 404, path
    assert Booking.objects.get(uuid=uuid).state == "booked"


def test_staff_do_not_find_their_patients_here(world, nora: Client, sign_in):
    """AC4: for them there are other pages."""
    uuid = booked(nora, world, TUESDAY, therapist=world.alma.uuid)
    for user in (world.dana, world.alma.user):
        client = sign_in(Client(), user)
        assert client.get(f"{MINE}{uuid}/").status_code == 404
        assert client.get(f"{HOME}booked/{uuid}/").status_code == 404


def test_whoever_has_not_signed_in_is_led_to_the_door(world, client: Client):
    """AC1."""
    assert client.get(MINE).status_code == 302
    assert client.get(MINE + "profile/").status_code == 302


def test_every_list_and_page_leaves_a_row(world, nora: Client):
    """LG1."""
    uuid = booked(nora, world, TUESDAY)
    AuditRow.objects.filter(pk=0)
    before = AuditRow.objects.count()
    nora.get(MINE)
    nora.get(f"{MINE}{uuid}/")
    rows = AuditRow.objects.order_by("pk")[before:]
    assert [(r.action, r.subject_id) for r in rows] == [
        ("booking.list", str(world.nora.pk)),
        ("booking.view", str(world.nora.pk)),
    ]


def test_asking_for_what_is_not_ones_own_leaves_a_row(world, nora: Client):
    """LG1, AC2: alike for what is not there."""
    uuid = booked(nora, world, TUESDAY)
    omar = Client()
    omar.force_login(world.omar.user)
    for asked in (uuid, "00000000-0000-4000-8000-000000000000"):
        omar.get(f"{MINE}{asked}/")
        row = AuditRow.objects.latest("pk")
        assert (row.actor_id, row.action, row.outcome, row.code, row.object_id) == (
            str(world.omar.user.pk),
            "page.one",
            "denied",
            "not_found",
            asked,
        )


def test_the_number_of_queries_does_not_grow(world, nora: Client, django_assert_max_num_queries):
    for hour in (9, 11, 13, 15):
        booked(nora, world, at("2027-03-02", hour))
    nora.get(MINE)
    with django_assert_max_num_queries(16):
        nora.get(MINE)
