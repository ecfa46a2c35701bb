"""A link in mail that cancels or moves one booking (TK3, BR1)."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import AuditRow
from scheduling.actions.action_links import cancel_by_link, find_action_link, holder
from scheduling.actions.cancel import cancel
from scheduling.actions.links import mint_action_link
from scheduling.errors import NotFound
from scheduling.models import ActionLink, Booking
from tests.doors import sign_in
from tests.ways_in.story import BIRTHDAY, booked, link_of, minutes, rows_of_everything
from tests.world import NOW, World, build, patient

pytestmark = pytest.mark.django_db
WRONG = {"birth_date": "1990-05-18"}


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def rose(world):
    """A patient without an account: only such get links for actions."""
    return patient(world.clinic, "Rose", user=None)


@pytest.fixture
def booking(world, rose) -> Booking:
    return booked(world, rose)


def mailed(booking: Booking, action: str) -> str:
    token = mint_action_link(booking, action, NOW, expires_at=booking.starts_at)
    return f"/a/{token}/"


def state_of(booking: Booking) -> tuple[str, int]:
    fresh = Booking.objects.get(pk=booking.pk)
    return fresh.state, fresh.start


def test_cancel_asks_who_it_is_then_cancels_once(client, rose, booking, clock):
    """TK3."""
    url = mailed(booking, "cancel")
    page = client.get(url).content.decode()
    assert "Nothing is cancelled before you confirm" in page
    assert "10:00 AM to 10:50 AM PST (Los Angeles)" in page
    for word in ("Rose", "Quill", "Alma", "CBT"):
        assert word not in page
    answer = client.post(url, BIRTHDAY)
    assert "Your appointment is cancelled" in answer.content.decode()
    fresh = Booking.objects.get(pk=booking.pk)
    assert (fresh.state, fresh.cancel_reason) == ("cancelled", "patient")
    assert (client.get(url).status_code, client.post(url, BIRTHDAY).status_code) == (404, 404)
    row = AuditRow.objects.get(action="booking.cancel")
    assert (row.actor_kind, row.subject_id) == ("link", str(rose.pk))


def test_move_offers_times_and_keeps_the_old_one_until_confirmed(client, booking, clock):
    url = mailed(booking, "move")
    page = client.get(url).content.decode()
    offered = [int(start) for start in re.findall(r'name="slot" value="(\d+)"', page)]
    assert offered
    assert booking.start not in offered
    assert state_of(booking) == ("booked", booking.start)
    answer = client.post(url, BIRTHDAY | {"slot": offered[0]})
    assert "Your appointment is moved" in answer.content.decode()
    assert state_of(booking) == ("booked", offered[0])
    assert client.get(url).status_code == 404


def test_a_time_that_is_gone_spends_nothing(client, world, booking, clock):
    url = mailed(booking, "move")
    taken = booking.start + 120
    booked(world, world.omar, start=taken)
    answer = client.post(url, BIRTHDAY | {"slot": taken})
    assert answer.status_code == 409
    assert "just taken this time" in answer.content.decode()
    assert state_of(booking) == ("booked", booking.start)
    assert client.get(url).status_code == 200
    assert AuditRow.objects.get(action="link.move").subject_id == str(booking.patient_id)


@pytest.mark.parametrize("slot", ["", "soon", "9" * 30, "-1"])
def test_what_is_no_time_is_refused(client, booking, slot, clock):
    url = mailed(booking, "move")
    assert client.post(url, BIRTHDAY | {"slot": slot}).status_code in (409, 422)
    assert state_of(booking) == ("booked", booking.start)


def test_a_scanner_changes_nothing(client, booking, clock):
    """BR1: GET and HEAD, three times, of both links; they still work for the person."""
    urls = [mailed(booking, "cancel"), mailed(booking, "move")]
    before = rows_of_everything()
    for url in urls * 3:
        assert client.get(url, {"_method": "POST", "birth_date": "1990-05-17"}).status_code == 200
        client.head(url)
        client.options(url)
    assert rows_of_everything() == before
    assert client.post(urls[0], BIRTHDAY).status_code == 200


def test_five_wrong_birth_dates_shut_the_link(client, booking, clock):
    """TK3."""
    url = mailed(booking, "cancel")
    answers = [client.post(url, WRONG).status_code for _ in range(5)]
    assert answers == [422, 422, 422, 422, 429]
    assert client.post(url, BIRTHDAY).status_code == 429
    assert state_of(booking)[0] == "booked"


def test_signed_in_as_the_person_nothing_is_asked(client, world, clock):
    booking = booked(world)
    url = mailed(booking, "cancel")
    sign_in(client, world.nora.user, mfa=False)
    assert "birth_date" not in client.get(url).content.decode()
    assert client.post(url).status_code == 200
    assert state_of(booking)[0] == "cancelled"


def test_signed_in_as_somebody_else_it_is_asked(world, booking, clock):
    url = mailed(booking, "cancel")
    for who in (world.omar.user, world.dana, world.alma.user):
        other = sign_in(Client(), who)
        assert other.post(url).status_code == 422
    assert state_of(booking)[0] == "booked"


def test_a_link_is_for_one_action_on_one_booking(world, rose, booking, clock):
    """TK3: no cross-action, no cross-booking use."""
    other = booked(world, rose, start=booking.start + 120)
    mailed(booking, "move")
    link = ActionLink.objects.get()
    with pytest.raises(NotFound):
        cancel_by_link(link=link, actor=holder(link, ""), now=NOW)
    url = mailed(other, "cancel")
    answer = Client().post(url, BIRTHDAY | {"booking": booking.uuid, "action": "move"})
    assert answer.status_code == 200
    assert state_of(booking)[0] == "booked"
    assert state_of(other)[0] == "cancelled"


def test_unknown_expired_used_and_dead_links_are_one_page(client, world, booking, clock):
    """TK3, TK10."""
    expired, dead = mailed(booking, "cancel"), mailed(booking, "move")
    seen = [Client().get("/a/" + "x" * 43 + "/")]
    clock.move_to(minutes(booking, 0))
    seen.append(Client().get(expired))
    seen.append(Client().post(expired, BIRTHDAY))
    clock.move_to(NOW)
    dana = world.actor(world.dana)
    cancel(booking=booking.uuid, reason="clinic", actor=dana, now=NOW)
    seen.append(Client().get(dead))
    join = Client().get("/j/" + "x" * 43 + "/")
    assert {(answer.status_code, answer.content) for answer in seen} == {(404, join.content)}


def test_a_token_cannot_be_worked_out(booking, rose, clock):
    """TK3: not derived from anything that can be seen; kept hashed only."""
    url = mailed(booking, "cancel")
    token = url.split("/")[2]
    assert len(token) >= 43
    everything = str(rows_of_everything())
    assert token not in everything
    public = [
        booking.uuid,
        booking.uuid.hex,
        booking.pk,
        booking.reference,
        booking.start,
        "cancel",
    ]
    for text in map(str, public):
        for guess in (hashlib.md5, hashlib.sha1, hashlib.sha256):
            assert find_action_link(guess(text.encode()).hexdigest(), NOW) is None
    assert find_action_link(link_of(booking).token, NOW) is None


def test_too_late_for_the_patient_is_too_late_by_link(client, booking, clock):
    """The clinic's notice holds here too; the link stays good for nothing else."""
    url = mailed(booking, "cancel")
    clock.move_to(minutes(booking, 60))
    answer = client.post(url, BIRTHDAY)
    assert answer.status_code == 409
    assert "too late for this online" in answer.content.decode()
    assert state_of(booking)[0] == "booked"


def test_guesses_are_limited(booking, clock):
    """TK10."""
    url = mailed(booking, "cancel")
    seen = [Client().get(f"/a/guess-{n}/").status_code for n in range(40)]
    assert (seen[0], seen[-1]) == (404, 429)
    assert Client().get(url).status_code == 429
    clock.shift(timedelta(minutes=5))
    assert Client().get(url).status_code == 200
