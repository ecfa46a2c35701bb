"""TK1, LG4: the room's address is in no page, answer, mail, calendar, log or clear column.

A session goes through its whole life; then everybody fetches every address there is.
"""

from email import message_from_bytes

import pytest
from django.test import Client

from scheduling.models import Task
from scheduling.outbox.plan import plan
from scheduling.outbox.worker import Worker
from tests.house.routes import things
from tests.house.test_routes import ROUTES, Site, address, refused, row_of
from tests.ways_in.story import (
    booked,
    checked_in,
    filled,
    host_link,
    link_of,
    minutes,
    platform,
    rows_of_everything,
    told,
)
from tests.world import NOW, World, build

pytestmark = pytest.mark.django_db
SECRET = "q8Zr2mLw"
URL = f"https://rooms.meet.example/r/77?pwd={SECRET}"
READERS = "aptd"  # anybody with a link, the patient, the therapist, the front desk
HOST_URL = f"https://rooms.meet.example/h/77?pwd={SECRET}"


@pytest.fixture
def world() -> World:
    return build()


def leaks(text: str) -> bool:
    return SECRET in text or "rooms.meet.example" in text


def read(message: str) -> str:
    """A mail as its reader sees it, headers and every part decoded."""
    mail = message_from_bytes(message.encode("latin-1"))
    parts = [part.get_payload(decode=True) or b"" for part in mail.walk()]
    return str(mail.items()) + b"\n".join(parts).decode()


def everything_fetched(world: World, known: dict) -> list[str]:
    """Whatever those of a session get by GET, at every address of the site, that holds the room's.
    Who is refused is answered as where nothing is: tests/house/test_routes.py compares the bodies;
    what all roles read before anybody comes in: tests/house/test_fields_by_role.py."""
    site, found = Site(world), []
    for route in ROUTES:
        row = row_of(route)
        if row is None or row.below:
            continue
        for letter, answer in row.expected("GET").items():
            if letter not in READERS or refused(answer):
                continue
            response = site.ask(letter, "GET", address(route, row, known))
            body = b"".join(response) if response.streaming else response.content
            if leaks(f"{body.decode(errors='replace')}{dict(response.items())}"):
                found.append(f"{letter} {route}")
    return found


def test_the_rooms_address_is_nowhere(client, world, clock, capfd):
    """TK1, LG4."""
    rooms = platform(world)
    booking = booked(world)
    message = filled(booking, join_url=URL, host_url=HOST_URL)
    assert told(client, rooms, message, NOW).status_code == 202
    plan(NOW)
    Worker(clock=lambda: NOW).batch()
    known = things(world) | {
        "booking": booking.uuid,
        "session": booking.session.uuid,
        "join_token": link_of(booking).token,
    }
    now = minutes(booking, 5)
    clock.move_to(now)
    pages = [checked_in(client, booking).content.decode()]
    going = client.post("/join/enter/")
    assert going["Location"] == URL  # the one place
    assert going.content == b""
    assert leaks(str(going.items()))
    pages.append(client.get("/join/").content.decode())
    other_room = filled(booking, join_url=URL + "2")
    pages.append(told(client, rooms, other_room, now, "msg_2").content.decode())
    assert not [page for page in pages if leaks(page)]
    assert everything_fetched(world, known) == []
    sent = [read(task.message) for task in Task.objects.all()]
    assert [text for text in sent if "BEGIN:VCALENDAR" in text]
    assert not [text for text in sent if leaks(text)]
    assert not leaks(str(rows_of_everything()))
    said = capfd.readouterr()
    assert not leaks(said.out + said.err)


def test_no_token_reaches_a_log(client, world, clock, capfd):
    """LG4: nor a Referer, by the header that every page has."""
    booking = booked(world)
    tokens = [link_of(booking).token, host_link(booking).token, "x" * 43]
    for token in tokens:
        for path in (f"/j/{token}/", f"/a/{token}/"):
            for method in ("get", "post", "put"):
                answer = getattr(Client(), method)(path)
                assert answer["Referrer-Policy"] == "no-referrer"
    said = capfd.readouterr()
    assert '"route": "j/<str:token>/"' in said.err
    assert not [token for token in tokens if token in said.out + said.err]
    assert not [token for token in tokens[:2] if token in str(rows_of_everything())]
