"""Members of a group, each told alone of their own dates; and who gives it (GR1, BL4, PR4)."""

import re
from datetime import date, timedelta

import pytest

from accounts.models import Consent
from scheduling.actions.links import new_join_link
from scheduling.models import (
    Booking,
    Facilitator,
    Group,
    Holiday,
    Invite,
    Member,
    Occupancy,
    SeriesLink,
    Session,
    Task,
)
from scheduling.outbox import group_window
from tests.outbox.serial import (
    calendar_of,
    gives_up,
    group,
    happens,
    joins,
    meetings,
    sits,
    times_of,
)
from tests.outbox.test_words import DENIED, plain
from tests.world import NOW, at, patient

pytestmark = pytest.mark.django_db
SWEPT = [group_window.fill_windows]
NORA, OMAR, ALMA, BEN = (f"{name}@example.org" for name in ("nora", "omar", "alma", "ben"))
WEEK = timedelta(weeks=1)


def seats_of(who):
    return Booking.objects.filter(patient=who, state="booked")


def given_by(who):
    return Occupancy.objects.filter(profile=who, live=True, session__state="scheduled")


@pytest.fixture
def closed(world):
    """Twelve Mondays, all made; Nora and Omar are in it."""
    series = group(world)
    sessions = meetings(series, 12)
    joins(series, world.nora, sessions)
    joins(series, world.omar, sessions)
    return series


def test_each_member_and_facilitator_gets_one_mail(world, sink, work, closed):
    work()
    assert sorted(message.to for message in sink.messages) == [ALMA, NORA, OMAR]
    (mine,) = sink.to(NORA)
    assert "Every Monday at 5:00 PM PST (Los Angeles)" in mine.text
    assert "12 times, from Monday, March 8, 2027 to Monday, May 24, 2027" in mine.text
    assert calendar_of(sink, NORA).shows() == times_of(seats_of(world.nora))
    assert calendar_of(sink, ALMA).shows() == times_of(given_by(world.alma))
    token = SeriesLink.objects.get(series=closed, patient=world.nora).token
    assert re.findall(r"/j/([^/]+)/", mine.text) == [token]


def test_the_mail_of_one_is_the_same_with_and_without_the_other(world, sink, work):
    """GR1: byte for byte, links and ids aside; and nothing of the group (PR1)."""
    series = group(world)
    sessions = meetings(series, 12)
    joins(series, world.nora, sessions)
    work()
    alone = neutral(sink.to(NORA)[0])
    for model in (Task, Invite, SeriesLink, Member):
        model.objects.filter(patient=world.nora).delete()
    Booking.objects.filter(patient=world.nora).update(state="released", live=False)
    sink.clear()
    joins(series, world.omar, sessions)
    joins(series, world.nora, sessions)
    work()
    (mine,) = sink.to(NORA)
    assert neutral(mine) == alone
    said = re.sub(r"https?://\S+|text/\S+|multipart/\S+|CLASS:PRIVATE", "", plain(mine))
    assert not DENIED.search(said) and "Omar" not in said and "Skills" not in said


def neutral(message) -> str:
    ids = r"/j/[^/\s]+/|UID:\S+|<[0-9a-f]{32}@\S+|=_[0-9a-f]{40}"
    return re.sub(ids, "", plain(message).replace("\n ", ""))


def test_one_member_gives_up_a_date_and_nobody_else_hears_of_it(world, sink, work, closed):
    """BL4, GR1: not the other member, not even the therapist by mail."""
    work()
    sink.clear()
    gives_up(seats_of(world.nora)[2])
    work()
    assert [message.to for message in sink.messages] == [NORA]
    assert sink.to(NORA)[0].text.startswith("One of your appointments is cancelled:")
    assert Session.objects.filter(series=closed, state="scheduled").count() == 12


def test_one_member_leaves_and_nobody_else_hears_of_it(world, sink, work, closed):
    """BL4: the CANCEL goes to that member only; the others' calendars stay."""
    work()
    before = calendar_of(sink, OMAR).shows()
    count = len(sink.to(OMAR)) + len(sink.to(ALMA))
    Member.objects.filter(patient=world.nora).update(left_at=NOW)
    for seat in seats_of(world.nora):
        gives_up(seat)
    work()
    assert sink.to(NORA)[-1].calendar["method"] == "CANCEL"
    assert calendar_of(sink, NORA).shows() == []
    assert len(sink.to(OMAR)) + len(sink.to(ALMA)) == count
    assert calendar_of(sink, OMAR).shows() == before


def test_who_joins_late_gets_what_is_to_come(world, sink, work, closed):
    """38: not the history."""
    later = Session.objects.filter(series=closed).order_by("slot")[4].starts_at + WEEK / 7
    ahead = Session.objects.filter(series=closed, start__gt=later.timestamp() // 60)
    rosa = type(world.nora).objects.create(
        clinic=world.clinic, first_name="Rosa", last_name="Q", email="rosa@home.example",
        birth_date="1990-01-01", state="CA",
    )  # fmt: skip
    Consent.objects.create(patient=rosa, form="mail", version=1, signed_at=NOW)
    work(later)
    joins(closed, rosa, list(ahead.order_by("slot")))
    work(later)
    assert calendar_of(sink, "rosa@home.example").shows() == times_of(seats_of(rosa))
    assert len(seats_of(rosa)) == 7


def test_a_date_that_moves_is_told_to_everybody_each_alone(world, sink, work, closed):
    """PR4."""
    work()
    session = Session.objects.filter(series=closed).order_by("slot")[3]
    for rows in (Booking, Occupancy):
        for one in rows.objects.filter(session=session):
            one.start, one.end = one.start + 60, one.end + 60
            if rows is Occupancy:
                one.busy_from, one.busy_until = one.start, one.end
            one.save()
    session.start, session.end = session.start + 60, session.end + 60
    session.save()
    happens(session, "moved")
    sent = len(sink.messages)
    work()
    assert sorted(message.to for message in sink.messages[sent:]) == [ALMA, NORA, OMAR]
    for who, rows in ((NORA, seats_of(world.nora)), (OMAR, seats_of(world.omar))):
        assert "Instead of Monday, March 29, 2027" in sink.to(who)[1].text
        assert calendar_of(sink, who).shows() == times_of(rows)
    assert calendar_of(sink, ALMA).shows() == times_of(given_by(world.alma))


def test_a_date_that_is_called_off_is_told_to_everybody(world, sink, work, closed):
    work()
    session = Session.objects.filter(series=closed).order_by("slot")[3]
    session.state = "cancelled"
    session.save()
    session.bookings.update(state="cancelled", live=False, cancel_reason="clinic", cancelled_at=NOW)
    session.occupancies.update(live=False)
    happens(session, "cancelled")
    work()
    assert "had to cancel one of your appointments" in sink.to(NORA)[1].text
    assert calendar_of(sink, OMAR).shows() == times_of(seats_of(world.omar))
    assert calendar_of(sink, ALMA).shows() == times_of(given_by(world.alma))


def test_another_facilitator_from_a_date_on(world, sink, work, closed):
    """Members read that it is somebody else, not who; each therapist gets their own dates."""
    work()
    sink_before = len(sink.messages)
    sessions = list(Session.objects.filter(series=closed).order_by("slot"))[6:]
    Facilitator.objects.create(
        group=closed.group, therapist=world.ben, from_day=sessions[0].starts_at.date()
    )
    for session in sessions:
        one = session.occupancies.get()
        one.therapist, one.profile = world.ben.user, world.ben
        one.save()
        new_join_link(session, NOW, therapist_id=world.ben.user_id).save()
        happens(session, "moved")
    work()
    assert {m.to for m in sink.messages[sink_before:]} == {ALMA, BEN, NORA, OMAR}
    mine = sink.to(NORA)[1]
    assert "From Monday, April 19, 2027, 5:00 PM PDT (Los Angeles) on, with somebody else" in (
        mine.text
    )
    assert "Ben" not in mine.text and mine.calendar is None
    for who, profile in ((ALMA, world.alma), (BEN, world.ben)):
        assert calendar_of(sink, who).shows() == times_of(given_by(profile))


def test_those_who_drop_in_are_told_of_each_date_alone(world, sink, work):
    """One confirmation per seat, with the seat's own link; the therapist has the whole."""
    series = group(world, "open")
    sessions = meetings(series, 12)
    seats = [sits(sessions[number], world.nora) for number in (1, 3)]
    work()
    assert len(sink.to(NORA)) == 2 and len(sink.to(ALMA)) == 1
    for message, seat in zip(sink.to(NORA), seats, strict=True):
        assert message.text.startswith("Your appointment is confirmed.")
        assert f"/j/{seat.join_link.token}/" in message.text
    gives_up(seats[0])
    work()
    assert [m.calendar["method"] for m in sink.to(NORA)] == ["REQUEST", "REQUEST", "CANCEL"]
    assert len(sink.to(ALMA)) == 1
    assert calendar_of(sink, ALMA).shows() == times_of(given_by(world.alma))


def told_by_calendar(sink, *people) -> int:
    """Mails that are no reminders."""
    return len([m for who in people for m in sink.to(who) if m.calendar])


def test_what_the_window_has_not_made_yet_is_told_with_the_rest(world, sink, work):
    """Sessions are made some weeks ahead; nobody is told anew each week that it goes on."""
    series = group(world, last="2027-09-27")
    joins(series, world.nora, meetings(series, 12))
    work()
    assert "30 times" in sink.to(NORA)[0].text
    assert len(calendar_of(sink, NORA).shows()) == 30 > seats_of(world.nora).count()
    for weeks in (6, 12, 18):
        work(NOW + weeks * WEEK)
    assert told_by_calendar(sink, NORA, ALMA) == 2
    assert calendar_of(sink, NORA).shows() == times_of(seats_of(world.nora))
    assert seats_of(world.nora).count() == 30


def test_a_date_that_is_not_made_after_all_is_told_then(world, sink, work):
    series = group(world, last="2027-09-27")
    joins(series, world.nora, meetings(series, 12))
    work()
    Holiday.objects.create(clinic=world.clinic, day=date(2027, 7, 5), name="A day off")
    work(NOW + 2 * WEEK)
    told = [m for m in sink.to(NORA) if m.calendar][1]
    assert told.text.startswith("One of your appointments is cancelled:")
    assert "Monday, July 5, 2027" in told.text
    assert len(calendar_of(sink, NORA).shows()) == 29


def test_without_end_it_goes_on_and_no_mail_says_so_again(world, sink, work):
    series = group(world, last=None)
    joins(series, world.nora, meetings(series, 12))
    work()
    assert "From Monday, March 8, 2027 on" in sink.to(NORA)[0].text
    assert b"UNTIL" not in sink.to(NORA)[0].data
    for weeks in range(12, 61, 12):
        work(NOW + weeks * WEEK)
    assert told_by_calendar(sink, NORA, ALMA) == 2
    shown = calendar_of(sink, NORA).shows()
    assert seats_of(world.nora).count() > 60
    assert set(times_of(seats_of(world.nora))) <= set(shown)


def test_a_rolling_members_time_ends_with_the_cycle(world, sink, work):
    series = group(world, "rolling", last=None)
    joins(series, world.nora, meetings(series, 4), until=at("2027-04-26", 17))
    work()
    assert "8 times, from Monday, March 8, 2027 to Monday, April 26, 2027" in sink.to(NORA)[0].text
    assert len(calendar_of(sink, NORA).shows()) == 8


@pytest.mark.parametrize("state", ["paused", "ended"])
def test_a_group_that_pauses_or_ends_promises_nothing(world, sink, work, state):
    series = group(world, last=None)
    joins(series, world.nora, meetings(series, 4))
    work()
    Group.objects.filter(pk=series.group_id).update(state=state)
    for session in Session.objects.filter(series=series):
        session.state = "cancelled"
        session.save()
        session.bookings.update(
            state="cancelled", live=False, cancel_reason="clinic", cancelled_at=NOW
        )
        session.occupancies.update(live=False)
        happens(session, "cancelled")
    work()
    for who in (NORA, ALMA):
        assert sink.to(who)[-1].calendar["method"] == "CANCEL"
        assert calendar_of(sink, who).shows() == []


def test_one_of_two_falls_out_and_members_hear_nothing(world, sink, work):
    """It goes on with the other one; somebody new they would hear of."""
    series = group(world, hosts=[world.alma, world.ben])
    sessions = meetings(series, 12)
    joins(series, world.nora, sessions)
    work()
    sent = len(sink.messages)
    Occupancy.objects.filter(session=sessions[2], profile=world.ben).update(live=False)
    happens(sessions[2], "moved")
    work()
    assert [m.to for m in sink.messages[sent:]] == [BEN]
    assert calendar_of(sink, BEN).shows() == times_of(given_by(world.ben))


def test_a_holiday_is_not_promised(world, sink, work):
    Holiday.objects.create(clinic=world.clinic, day=date(2027, 5, 10), name="A day off")
    series = group(world)
    joins(series, world.nora, meetings(series, 4))
    work()
    (mine,) = sink.to(NORA)
    assert "11 times" in mine.text and "Not on Monday, May 10, 2027" in mine.text
    assert len(calendar_of(sink, NORA).shows()) == 11


def test_a_group_seat_is_given_up_by_such_a_link_and_not_moved(world, sink, work):
    guest = patient(world.clinic, "Rosa", user=None, email="rosa@home.example")
    made = group(world)
    joins(made, guest, meetings(made, 3))
    work()
    (mine,) = sink.to("rosa@home.example")
    assert mine.text.count("https://clinic.example/a/") == 1
    assert "Cancel the next one:" in mine.text
