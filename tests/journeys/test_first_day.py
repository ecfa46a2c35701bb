"""A real clinic's first day: from `manage.py createclinic` to the first booking, by the pages."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from accounts.models import Therapist, User
from scheduling.models import Booking, Event, Service
from tests.doors import come_in, sign_in
from tests.web.patient import text_of
from tests.web.visitor import Visitor
from tests.world import LA

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
CLINIC = "/c/bay/"
OFFICE = CLINIC + "office/"


def invited(email: str) -> Client:
    """Opens the newest link in the mailbox, comes in by a code, accepts, makes a second factor."""
    link = re.findall(r"/invite/[\w-]+/", [m.body for m in mail.outbox if m.to == [email]][-1])[0]
    client = Client()
    come_in(client, email, onward=link)
    assert client.post(link).status_code == 302
    return sign_in(client, User.objects.get(email=email))


def sends(client: Client, path: str, said: dict) -> None:
    answer = client.post(path, said)
    assert answer.status_code == 302, text_of(answer)


def test_from_the_command_to_the_first_booking():
    call_command(
        "createclinic", name="Bay Clinic", slug="bay", zone=LA, admin_email="ida@example.org"
    )
    ida = invited("ida@example.org")
    for page in ("", "staff/", "licences/", "services/", "policies/", "messages/"):
        assert ida.get(OFFICE + page).status_code == 200, page
    assert "Nothing can be booked here yet" in text_of(Client().get(CLINIC))

    cbt = re.findall(
        r'value="(\d+)"[^>]*>Cognitive', ida.get(OFFICE + "services/new/").content.decode()
    )
    talk = {"name": "CBT talk", "kind": "individual", "minutes": "50", "video": "on"}
    talk |= {"active": "on"}
    sends(ida, OFFICE + "services/new/", talk | {"modality": cbt[0]})
    sends(
        ida,
        OFFICE + "staff/invite/",
        {"email": "theo@example.org", "name": "Theo", "role": "therapist"},
    )
    theo = invited("theo@example.org")
    profile = f"{OFFICE}therapists/{Therapist.objects.get().uuid}/"
    sends(ida, f"{profile}services/{Service.objects.get().uuid}/", {"active": "on"})
    licence = {"state": "CA", "kind": "state", "number": "LMFT 7", "valid_from": "2026-01-01"}
    sends(ida, f"{profile}licences/", licence | {"valid_until": "2028-12-31"})
    tuesdays = {"valid_from": "2027-03-01", "valid_until": "", "do": "save"}
    sends(theo, CLINIC + "hours/", tuesdays | {"d1_0_from": "9:00 AM", "d1_0_until": "12:00 PM"})

    nell = Visitor(Client()).goes(CLINIC).presses("Show times", place="CA")
    nell.presses("Take this time").follows("Sign in to book")
    nell.presses("Send", email="nell@example.org")
    code = [m.body for m in mail.outbox if m.to == ["nell@example.org"]][-1]
    nell.presses("Confirm", code=re.findall(r"^\s*([A-Z0-9-]{4,12})\s*$", code, re.M)[0])
    nell.presses(
        "Go on",
        first_name="Nell",
        last_name="Reed",
        birth_date="1991-02-03",
        phone="310 555 0142",
        state="CA",
        time_zone=LA,
    )
    assert "Some of my sessions will be held by video or telephone." in nell.reads
    nell.presses("Confirm booking", telehealth="on", mail="on")
    assert "Your session is booked" in nell.reads
    assert "Tuesday, March 2, 2027, 9:00 AM to 9:50 AM PST (Los Angeles)" in nell.reads
    assert "Nell" in text_of(theo.get(CLINIC + "today/?day=2027-03-02"))
    assert Event.objects.filter(kind="booked", session=Booking.objects.get().session).exists()
