"""A therapist falls out: what becomes of each session, what everybody reads, then all of it."""

from __future__ import annotations

from datetime import date

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Patient
from scheduling.actions.book import book
from scheduling.actions.group_members import join
from scheduling.actions.groups import found
from scheduling.actions.repeat import Chosen, repeat
from scheduling.engine.recurrence import weekly
from scheduling.models import Booking, Event, JoinLink, Occupancy, Session, Task, TimeOff
from scheduling.outbox.doers import DOERS
from scheduling.outbox.plan import plan
from scheduling.queries.repeat import Pattern
from tests.doors import sign_in
from tests.groups import group_service
from tests.web.patient import HOME
from tests.web.visitor import Visitor
from tests.world import LA, NOW, World, at, build, patient, therapist

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
DAY = "2027-03-02"


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def dana(world: World) -> Visitor:
    return Visitor(sign_in(Client(), world.dana))


@pytest.fixture
def three(world: World) -> list[Booking]:
    """Alma's Tuesday: Nora at nine, Omar at eleven, Petra at three, when Ben is not there."""
    petra = patient(world.clinic, "Petra")
    return [
        taken(world, who, hour) for who, hour in ((world.nora, 9), (world.omar, 11), (petra, 15))
    ]


def taken(world: World, who: Patient, hour: int, day: str = DAY) -> Booking:
    return book(
        service=world.cbt.uuid, therapist=world.alma.uuid, start=at(day, hour), medium="video",
        place="CA", zone=LA, patient=who.pk, actor=world.actor(world.dana), now=NOW,
    )  # fmt: skip


def page_of(world: World) -> str:
    return f"{HOME}therapists/{world.alma.uuid}/out/?from={DAY}&until={DAY}"


def what(booking: Booking) -> str:
    return f"what-{booking.uuid}"


def test_every_session_has_the_choices_that_are_really_there(world, dana, three):
    page = dana.goes(page_of(world))
    assert "Alma cannot come" in page.reads
    assert page.reads.count("Same time with Ben") == 2
    assert page.reads.count("By telephone at the same time") == 3
    assert "Other times: Tuesday, March 2, 2027," in page.reads


def test_a_preview_shows_every_mail_and_changes_nothing(world, dana, three):
    first, second, third = three
    tell_all()
    before = rows()
    page = dana.goes(page_of(world)).presses(
        "See what everybody would read",
        **{
            what(first): f"move:{world.ben.uuid}",
            what(second): "telephone",
            what(third): "offer",
        },
    )
    assert "Nothing is done yet." in page.reads
    assert "You will meet somebody else than planned. Your page says who." in page.reads
    assert "It is by telephone" in page.reads
    assert "We are sorry: we had to cancel your appointment." in page.reads
    assert "These times were free when we wrote this:" in page.reads
    assert rows() == before and not mail.outbox


def test_a_preview_gives_nobody_the_patients_way_in(world, dana, three):
    """TK1: who reads it does not hold the links of the patient."""
    tell_all()
    said = {what(one): f"move:{world.ben.uuid}" for one in three[:1]}
    page = dana.goes(page_of(world)).presses("See what everybody would read", **said)
    assert "Come in here, from ten minutes before: http://localhost:8000/j/…/" in page.reads
    for link in JoinLink.objects.all():
        assert link.token not in page.reads


class Posted:
    """A mail server that takes everything."""

    def deliver(self, recipient: str, message: bytes) -> None: ...


def tell_all() -> None:
    """Everybody has read what was booked so far."""
    plan(NOW)
    for task in Task.objects.filter(kind="tell_patient"):
        assert DOERS[task.kind](task, Posted(), NOW) == "sent"


def rows() -> tuple:
    return (
        list(Booking.objects.order_by("pk").values()),
        list(Occupancy.objects.order_by("pk").values()),
        list(Event.objects.order_by("pk").values()),
        list(Task.objects.order_by("pk").values_list("pk", "done_at", "outcome")),
        TimeOff.objects.count(),
    )


def test_then_all_of_it_at_once(world, dana, three):
    first, second, third = three
    dana.goes(page_of(world)).presses(
        "See what everybody would read",
        **{
            what(first): f"move:{world.ben.uuid}",
            what(second): "telephone",
            what(third): "offer",
        },
    )
    page = dana.presses("Do all of it, and send")
    assert "3 sessions are changed. Everybody concerned is told." in page.reads
    for booking in three:
        booking.refresh_from_db()
    assert Occupancy.objects.get(session=first.session_id).profile == world.ben
    second.session.refresh_from_db()
    assert second.session.medium == "telephone"
    assert (third.state, third.cancel_reason) == ("cancelled", "therapist_ill")
    facts = Event.objects.get(booking=third, kind="cancelled").facts
    assert len(facts["others"]) == 3
    assert TimeOff.objects.get().therapist == world.alma


def test_one_that_cannot_be_stops_all_of_it_and_is_named(world, dana, three):
    first, second, _third = three
    page = dana.goes(page_of(world)).presses(
        "See what everybody would read",
        **{what(first): f"move:{world.ben.uuid}", what(second): "cancel"},
    )
    book(
        service=world.cbt.uuid, therapist=world.ben.uuid, start=at(DAY, 9), medium="video",
        place="CA", zone=LA, patient=world.omar.pk, actor=world.actor(world.dana), now=NOW,
    )  # fmt: skip
    page.presses("Do all of it, and send")
    assert page.response.status_code in (409, 422) and "Nothing was changed." in page.reads
    second.refresh_from_db()
    assert second.state == "booked"


def test_the_days_sheet_and_ones_own_day_lead_there(world, dana, three):
    page = dana.goes(f"{HOME}desk/?day={DAY}").follows("Cannot come? Alma")
    assert "Alma cannot come" in page.reads
    alma = Visitor(sign_in(Client(), world.alma.user))
    page = alma.goes(f"{HOME}today/?day={DAY}").follows("I cannot come on this day")
    assert "I cannot come" in page.reads and "Nora" in page.reads


def test_what_it_costs_however_many_sessions_there_are(
    world, dana, three, django_assert_num_queries
):
    one = f"{HOME}therapists/{world.alma.uuid}/out/?from=2027-03-03&until=2027-03-03"
    taken(world, world.nora, 9, day="2027-03-03")
    dana.goes(one)
    with CaptureQueriesContext(connection) as alone:
        dana.goes(one)
    with django_assert_num_queries(len(alone)):
        dana.goes(page_of(world))


def test_suggested_for_all(world, dana, three):
    page = dana.goes(page_of(world) + "&all=offer")
    chosen = page.fields("See what everybody would read")
    assert [chosen[what(one)] for one in three] == ["offer"] * 3


def test_a_therapist_does_it_for_oneself(world, three):
    alma = Visitor(sign_in(Client(), world.alma.user))
    page = alma.goes(f"{HOME}out/?from={DAY}&until={DAY}")
    assert "I cannot come" in page.reads
    page.presses("See what everybody would read", **{what(three[0]): "cancel"})
    page.presses("Do all of it, and send")
    assert "1 session is changed." in page.reads


def test_who_leaves_for_good_and_a_licence_that_ends_use_the_same_page(world, dana, three):
    later = taken(world, world.nora, 10, day="2027-03-25")
    page = dana.goes(f"{HOME}therapists/{world.alma.uuid}/out/?good=1")
    assert "For good, from March 1, 2027 on." in page.reads and "March 25" in page.reads
    assert what(later) in page.fields("See what everybody would read")
    elsewhere = dana.goes(f"{HOME}therapists/{world.alma.uuid}/out/?good=1&state=NV")
    assert "Only sessions of people in Nevada." in elsewhere.reads
    assert "No session of one patient is booked" in elsewhere.reads


def test_who_has_no_mail_is_to_be_called(world, dana, three):
    Patient.objects.filter(pk=world.nora.pk).update(email="")
    page = dana.goes(page_of(world))
    page.presses("See what everybody would read", **{what(three[0]): "cancel"})
    assert "No e-mail is on file: please call. (310) 555-0123" in page.reads


def test_without_a_reason_or_days_that_exist_nothing_happens(world, dana, three):
    page = dana.goes(page_of(world)).presses(
        "See what everybody would read", reason="boredom", **{what(three[0]): "cancel"}
    )
    assert page.response.status_code == 422
    assert dana.goes(page_of(world) + "&from=2027-02-31").response.status_code == 422


def test_it_is_for_the_desk_and_oneself_alone(world, three):
    """AC1: a colleague, the office and patients have no such page."""
    for who in (world.ben.user, world.ada, world.nora.user, world.mallory):
        page = Visitor(sign_in(Client(), who)).goes(page_of(world))
        assert page.response.status_code == 404


def test_a_date_of_a_series_names_other_times_too(world, dana):
    pattern = Pattern(weekly((1,)), LA, 9 * 60, date(2027, 3, 2), count=3)
    repeat(
        service=world.cbt.uuid, pattern=pattern, medium="video", place="CA",
        chosen=[Chosen(one.start, one.start, world.alma.uuid) for one in pattern.dates()],
        patient=world.nora.pk, actor=world.actor(world.dana), now=NOW,
    )  # fmt: skip
    tell_all()
    one = Booking.objects.get(start=at(DAY, 9))
    page = dana.goes(page_of(world))
    page.presses("See what everybody would read", **{what(one): "offer"})
    assert "We are sorry: we had to cancel one of your appointments:" in page.reads
    assert "These times were free when we wrote this:" in page.reads


MONDAY = "2027-03-08"


@pytest.fixture
def group(world):
    """Mondays at ten by Alma and Ben; two each at most; Nora, Omar and Petra are in it."""
    made = found(
        service=group_service(world).uuid, name="Mornings", entry="closed", capacity=8,
        per_facilitator=2, pattern=Pattern(weekly((0,)), LA, 600, date(2027, 3, 8)),
        medium="video", facilitators=[world.alma.uuid, world.ben.uuid],
        actor=world.actor(world.dana), now=NOW,
    )  # fmt: skip
    for who in (world.nora, world.omar, patient(world.clinic, "Petra")):
        join(
            group=made.uuid, patient=who.pk, place="CA", zone=LA,
            actor=world.actor(world.dana), now=NOW,
        )  # fmt: skip
    return made


def of_group(group) -> tuple[str, Session]:
    session = Session.objects.get(series__group=group, start=at(MONDAY, 10))
    return f"what-{session.uuid}", session


def settle(dana: Visitor, world: World, **chosen: str) -> Visitor:
    dana.goes(f"{HOME}therapists/{world.alma.uuid}/out/?from={MONDAY}&until={MONDAY}")
    dana.presses("See what everybody would read", **chosen)
    return dana.presses("Do all of it, and send")


def givers(session: Session) -> list[str]:
    rows = Occupancy.objects.filter(session=session, live=True).order_by("pk")
    return [one.profile.name for one in rows]


def test_a_group_goes_on_with_the_other_one_and_staff_are_warned(world, dana, group):
    field, session = of_group(group)
    page = dana.goes(f"{HOME}therapists/{world.alma.uuid}/out/?from={MONDAY}&until={MONDAY}")
    assert "Mornings , Monday, March 8" in page.reads and "3 members" in page.reads
    assert "More members than one facilitator fewer should look after." in page.reads
    settle(dana, world, **{field: "without"})
    assert givers(session) == ["Ben"]
    assert Booking.objects.filter(session=session, live=True).count() == 3
    later = Session.objects.get(series__group=group, start=at("2027-03-15", 10))
    assert givers(later) == ["Alma", "Ben"]


def test_or_with_a_substitute_who_is_licensed_for_every_member(world, dana, group):
    cleo = therapist(world.clinic, "Cleo")
    therapist(world.clinic, "Noah", states=("NY",))
    field, session = of_group(group)
    page = dana.goes(f"{HOME}therapists/{world.alma.uuid}/out/?from={MONDAY}&until={MONDAY}")
    assert "With Cleo in place" in page.reads and "Noah" not in page.reads
    settle(dana, world, **{field: f"substitute:{cleo.uuid}"})
    assert sorted(givers(session)) == ["Ben", "Cleo"]


def test_what_dates_of_groups_cost_however_many_there_are(
    world, dana, group, django_assert_num_queries
):
    therapist(world.clinic, "Cleo")
    page = f"{HOME}therapists/{world.alma.uuid}/out/?from={MONDAY}&until="
    dana.goes(page + MONDAY)
    with CaptureQueriesContext(connection) as alone:
        dana.goes(page + MONDAY)
    with django_assert_num_queries(len(alone)):
        four = dana.goes(page + "2027-03-29")
    assert four.reads.count("With Cleo in place") == 4


def test_or_it_is_called_off_and_each_member_is_told_alone(world, dana, group):
    tell_all()
    field, session = of_group(group)
    dana.goes(f"{HOME}therapists/{world.alma.uuid}/out/?from={MONDAY}&until={MONDAY}")
    page = dana.presses("See what everybody would read", **{field: "cancel"})
    assert "Mail to each of 3 members, alone" in page.reads
    assert "We are sorry: we had to cancel one of your appointments:" in page.reads
    page.presses("Do all of it, and send")
    session.refresh_from_db()
    assert session.state == "cancelled"
