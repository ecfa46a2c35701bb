"""The first page: everybody's day begins where their work is."""

import pytest

from accounts.models import Membership, MembershipState, Role
from tests import world
from tests.doors import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def home():
    return world.build()


@pytest.mark.parametrize(
    ("who", "page"),
    [
        ("alma", "today/"),
        ("dana", "desk/"),
        ("ada", "office/"),
        ("pia", "office/audit/"),
        ("nora", ""),
    ],
)
def test_everybody_starts_at_their_own_work(home, client, who: str, page: str):
    person = getattr(home, who)
    answer = sign_in(client, getattr(person, "user", person)).get("/", follow=True)
    assert answer.redirect_chain == [(f"/c/harbor/{page}", 302)]
    assert answer.status_code == 200


def test_a_role_that_rests_leads_nowhere(home, client):
    Membership.objects.create(
        clinic=home.clinic,
        user=home.dana,
        role=Role.ADMIN.value,
        state=MembershipState.SUSPENDED.value,
    )
    Membership.objects.create(clinic=home.clinic, user=home.dana, role=Role.THERAPIST.value)
    assert sign_in(client, home.dana).get("/")["Location"] == "/c/harbor/desk/"


def test_who_works_in_two_clinics_chooses(home, client):
    cove = world.clinic("cove")
    Membership.objects.create(clinic=cove, user=home.dana, role=Role.ADMIN.value)
    page = sign_in(client, home.dana).get("/").content.decode()
    assert 'href="/c/harbor/desk/"' in page and 'href="/c/cove/office/"' in page
