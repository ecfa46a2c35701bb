"""From the invitation to the first booking: what an admin does for a new therapist."""

import re

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Therapist
from scheduling.models import Booking, Service, Task
from tests.doors import sign_in
from tests.web.desk import OFFICE, at_work, book_page
from tests.web.patient import filters, starts_in, text_of
from tests.world import NOW, at, user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def link_in_mail() -> str:
    """The invitation's path, from the mail that waits to be sent or was sent."""
    bodies = [row.message for row in Task.objects.filter(kind="account_mail")]
    bodies += [one.body for one in mail.outbox]
    return re.findall(r"/invite/[\w-]+/", "\n".join(bodies).replace("=\n", ""))[-1]


def test_invited_licensed_offering_working_and_booked(world):
    office = at_work(world.ada)
    tessa = user("Tessa")
    office.post(
        f"{OFFICE}staff/invite/", {"email": tessa.email, "name": "Tessa", "role": "therapist"}
    )
    hers = sign_in(Client(), tessa)
    assert hers.post(link_in_mail()).status_code == 302
    who = Therapist.objects.get(user=tessa)
    page = f"{OFFICE}therapists/{who.uuid}/"
    assert "None: nobody can book with this therapist." in text_of(office.get(page))
    service = {"name": "Evening talk", "minutes": "50", "telephone": "on", "active": "on"}
    service |= {"kind": "individual"}
    office.post(f"{OFFICE}services/new/", service | {"modality": world.cbt.modality_id})
    talk = Service.objects.get(slug="evening-talk")
    office.post(f"{page}services/{talk.uuid}/", {"active": "on"})
    office.post(
        f"{page}licences/",
        {
            "state": "CA",
            "kind": "state",
            "number": "LMFT 1",
            "valid_from": "2027-01-01",
            "valid_until": "2027-03-09",
        },
    )
    who.weekly_hours.create(pattern="1:1080-1260", valid_from=NOW.date())  # Tuesdays, 6 to 9 PM
    desk = at_work(world.dana)
    said = filters(service="evening-talk", medium="telephone", therapist=str(who.uuid))
    starts = starts_in(desk.get(book_page(world.nora), said))
    assert starts[0] == at("2027-03-02", 18)
    assert max(starts) < at("2027-03-10", 0)  # the licence ends on the ninth
    done = desk.post(book_page(world.nora), said | {"start": starts[0]})
    assert done.status_code == 302, text_of(done)
    assert Booking.objects.get().session.occupancies.get().profile == who
