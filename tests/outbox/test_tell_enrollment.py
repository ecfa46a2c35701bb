"""What a program brings is told to its patient as one: a mail a change, with a file for each
entry."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from icalendar import Calendar

from accounts.models import Consent
from scheduling.actions.cancel import cancel
from scheduling.actions.enroll_life import complete
from scheduling.actions.messages import retry
from scheduling.engine.recurrence import weekly
from scheduling.models import Booking, Invite, Occupancy, SeriesLink, Task
from scheduling.outbox import group_window
from scheduling.queries.repeat import Pattern
from tests.courses import (
    FIRST,
    alone,
    discharged,
    enrolled,
    iop,
    mornings,
    paused,
    program,
    resumed,
    stepped,
)
from tests.groups import comes_in
from tests.outbox.files import events_of, files_of
from tests.outbox.serial import calendar_of, times_of
from tests.outbox.test_words import DENIED, plain
from tests.world import LA, NOW, World, at, build

pytestmark = pytest.mark.django_db
SWEPT = [group_window.fill_windows, complete]
NORA, OMAR, ALMA, BEN = (f"{name}@example.org" for name in ("nora", "omar", "alma", "ben"))
WEEK = timedelta(weeks=1)
FOURTH = FIRST + 3 * WEEK


@pytest.fixture
def world(db) -> World:
    made = build()
    made.clinic.horizon_days = 400
    made.clinic.save()
    return made


@pytest.fixture
def made(world):
    return iop(world)


def seats_of(who):
    return Booking.objects.filter(patient=who, state="booked")


def given_by(who):
    return Occupancy.objects.filter(profile=who, live=True, session__state="scheduled")


def right(world, sink) -> bool:
    return calendar_of(sink, NORA).shows() == times_of(seats_of(world.nora))


def test_one_mail_with_the_week_in_words_and_one_link(world, sink, work, made):
    enrolled(world, made)
    work()
    (mine,) = sink.to(NORA)
    assert mine.mail["Subject"] == "Your appointments"
    assert mine.text.startswith("Your appointments are confirmed.")
    assert "Every Monday, Wednesday and Friday at 9:00 AM PST (Los Angeles)" in mine.text
    assert "36 times, from Monday, March 8, 2027 to Friday, May 28, 2027" in mine.text
    assert "Every Tuesday at 10:00 AM PST (Los Angeles)" in mine.text
    assert "12 times, from Tuesday, March 9, 2027 to Tuesday, May 25, 2027" in mine.text
    assert "When the clocks change, it stays the same time on the clock." in mine.text
    assert re.findall(r"https?://\S+", mine.text) == ["https://clinic.example/c/harbor/my/"]


def test_each_entry_is_a_file_with_its_own_way_in(world, sink, work, made):
    """RFC 5546 3.2.2: a REQUEST holds one UID. Which has the most dates stands in the mail."""
    enrolled(world, made)
    work()
    (mine,) = sink.to(NORA)
    names = [one.get_filename() for one in mine.mail.iter_attachments()]
    assert names == ["invite-1.ics", "invite-2.ics"] and right(world, sink)
    assert "a file for each of them; please open all" in mine.text
    assert [Calendar.from_ical(one)["method"] for one in files_of(mine)] == ["REQUEST"] * 2
    assert mine.calendar_bytes == files_of(mine)[0]
    assert "BYDAY=MO,WE,FR" in mine.event["rrule"].to_ical().decode()
    entries = {str(one["uid"]): one for one in events_of(mine)}
    assert set(entries) == {str(one.uid) for one in Invite.objects.filter(patient=world.nora)}
    assert len(events_of(mine)) == len(entries)
    tokens = {f"https://clinic.example/j/{one.token}/" for one in SeriesLink.objects.filter(
        patient=world.nora)}  # fmt: skip
    assert {str(one["location"]) for one in entries.values()} == tokens and len(tokens) == 2


def test_nothing_in_it_tells_of_care(world, sink, work, made):
    """PR1: neither the mail nor the file names the program, the group, the level or anybody."""
    enrolled(world, made)
    work()
    (mine,) = sink.to(NORA)
    said = plain(mine).replace("X-MICROSOFT-DISALLOW-COUNTER", "").replace("CLASS:PRIVATE", "")
    assert not DENIED.search(said), DENIED.search(said)
    for word in ("IOP", "Mornings", "program", "Alma", "Ben", "Nora", "Quill"):
        assert word not in said.replace(NORA, ""), word


def test_therapists_are_told_as_usual_and_members_hear_nothing(world, sink, work, made):
    """BL4, GR1: who gives the individual sessions has one mail; nobody else in the group any."""
    comes_in_as_omar(world, made)
    work()
    sink.messages.clear()
    enrolled(world, made)
    work()
    assert sorted(one.to for one in sink.messages) == [ALMA, NORA]
    discharged(world, made.enrollments.get(patient=world.nora), FOURTH)
    work()
    assert sorted(one.to for one in sink.messages) == [ALMA, ALMA, NORA, NORA]


def comes_in_as_omar(world, made) -> None:
    group = made.parts.get(group__isnull=False).group
    comes_in(world, group, world.omar, start=at("2027-03-10", 9))


def test_without_consent_to_details_a_notice_alone(world, sink, work, made):
    """PR2."""
    Consent.objects.filter(patient=world.nora, form="mail").delete()
    enrolled(world, made)
    work()
    (mine,) = sink.to(NORA)
    assert mine.mail["Subject"] == "You have a message" and mine.calendar is None
    assert "AM" not in mine.text


def test_without_an_account_each_has_its_link(world, sink, work, made):
    world.nora.user = None
    world.nora.save()
    enrolled(world, made)
    work()
    (mine,) = sink.to(NORA)
    tokens = {one.token for one in SeriesLink.objects.filter(patient=world.nora)}
    assert set(re.findall(r"/j/([^/]+)/", mine.text)) == tokens and len(tokens) == 2


def test_what_changes_in_one_alone_is_told_as_of_a_series(world, sink, work, made):
    """Under the UID of its file."""
    enrolled(world, made)
    work()
    seat = seats_of(world.nora).get(start=at("2027-03-30", 10))
    cancel(booking=seat.uuid, reason="clinic", actor=world.actor(world.dana), now=NOW)
    work()
    first, second = sink.to(NORA)
    assert second.text.startswith("We are sorry: we had to cancel one of your appointments:")
    assert second.calendar["method"] == "CANCEL"
    assert str(second.event["uid"]) in {str(one["uid"]) for one in events_of(first)}
    assert right(world, sink)


def test_a_step_is_one_mail_and_what_goes_on_keeps_its_entry(world, sink, work, made):
    row = enrolled(world, made)
    afternoons = mornings(
        world, days=(0, 2), name="Afternoons", facilitators=[world.alma.uuid],
        pattern=Pattern(weekly((0, 2)), LA, 13 * 60, FIRST),
    )  # fmt: skip
    more = program(world, made.parts.first().group, afternoons, of=made.level, weeks=6)
    work()
    before = {one.series_id: one.uid for one in Invite.objects.filter(patient=world.nora)}
    stepped(world, row, more, FOURTH)
    work()
    (_, mine) = sink.to(NORA)
    assert mine.text.startswith("Your appointments have changed. From now on they are:")
    assert "Every Monday and Wednesday at 1:00 PM PDT (Los Angeles)" in mine.text
    now = {one.series_id: one.uid for one in Invite.objects.filter(patient=world.nora)}
    assert before.items() <= now.items() and len(now) == 3
    assert len(files_of(mine)) == 3
    assert right(world, sink)


def test_a_pause_and_the_way_back(world, sink, work, made):
    row = enrolled(world, made)
    work()
    paused(world, row, FOURTH, FOURTH + timedelta(days=6))
    work()
    assert len(sink.to(NORA)) == 2 and right(world, sink)
    told = sink.to(NORA)[1]
    assert "Not on Tuesday, March 30, 2027" in told.text
    assert all("rrule" in one for one in events_of(told)), "whole, though one date alone is off"
    resumed(world, row, FOURTH)
    work()
    assert len(sink.to(NORA)) == 3 and right(world, sink)
    assert "Also on Tuesday, March 30, 2027" in sink.to(NORA)[2].text


def test_all_of_it_cancelled_and_all_of_it_back(world, sink, work, made):
    row = enrolled(world, made)
    work()
    paused(world, row, FIRST)
    work()
    mine = sink.to(NORA)[1]
    assert mine.text.startswith("Your appointments are cancelled. They were:")
    assert [Calendar.from_ical(one)["method"] for one in files_of(mine)] == ["CANCEL"] * 2
    assert calendar_of(sink, NORA).shows() == []
    resumed(world, row, FIRST)
    work()
    assert sink.to(NORA)[2].text.startswith("Your appointments take place after all.")
    assert len(sink.to(NORA)) == 3 and right(world, sink)


def test_the_end_of_a_program_is_one_mail(world, sink, work, made):
    row = enrolled(world, made)
    work()
    later = NOW + 3 * WEEK
    discharged(world, row, FOURTH + timedelta(days=2), now=later)
    work(later)
    mine = [one for one in sink.to(NORA) if one.calendar][1]
    assert mine.text.startswith("Your appointments have changed.")
    assert "The last one is now on" in mine.text
    assert right(world, sink)


def test_dates_that_are_made_later_are_told_with_the_rest(world, sink, work):
    made = program(world, mornings(world), weeks=20)
    alone(world, made)
    enrolled(world, made)
    work()
    assert "60 times" in sink.to(NORA)[0].text
    work(NOW + 8 * WEEK)
    told = [one for one in sink.to(NORA) if one.calendar]
    assert len(told) == 1 and set(times_of(seats_of(world.nora))) <= set(
        calendar_of(sink, NORA).shows()
    )


def test_a_pause_of_dates_that_are_not_made_yet_is_told_at_once(world, sink, work):
    made = program(world, mornings(world, days=(0,)), weeks=20)
    row = enrolled(world, made, choices=[])
    work()
    paused(world, row, FIRST + 15 * WEEK, FIRST + 15 * WEEK)
    work()
    assert "Monday, June 21, 2027" in sink.to(NORA)[1].text
    assert len(calendar_of(sink, NORA).shows()) == 19
    resumed(world, row, FIRST + 15 * WEEK)
    discharged(world, row, FIRST + 18 * WEEK)
    work()
    assert len(sink.to(NORA)) == 3 and len(calendar_of(sink, NORA).shows()) == 18


def test_a_retry_sends_the_same_bytes(world, sink, work, made):
    enrolled(world, made)
    sink.answer_data = "451 later"
    work()
    task = Task.objects.get(kind="tell_program")
    kept, known = task.message, task.message_id
    assert kept and not sink.messages
    sink.answer_data = ""
    work(NOW + timedelta(minutes=5))
    (mine,) = sink.to(NORA)
    assert mine.id == known and mine.data.rstrip() == kept.encode("latin-1").rstrip()


def test_one_that_came_back_is_told_anew(world, sink, work, made):
    enrolled(world, made)
    sink.answers[NORA] = "550 no such user"
    work()
    task = Task.objects.get(kind="tell_program")
    assert task.gave_up_at
    sink.answers.clear()
    retry(task=task.uuid, actor=world.actor(world.dana), now=NOW)
    work()
    assert len(sink.to(NORA)) == 1 and right(world, sink)


def test_who_joined_a_group_beside_the_program_is_told_of_it_alone(world, sink, work):
    group = mornings(world, entry="rolling", module_sessions=1, cycle_sessions=37)
    comes_in(world, group, world.nora)
    made = program(world, group)
    alone(world, made)
    enrolled(world, made)
    work()
    assert [one.calendar["method"] for one in sink.to(NORA)] == ["REQUEST", "REQUEST"]
    assert set(Task.objects.filter(patient=world.nora).values_list("kind", flat=True)) == {
        "tell_patient", "tell_program",
    }  # fmt: skip
    assert right(world, sink)


def test_the_end_of_its_series_is_no_news_of_its_own(world, sink, work, made):
    enrolled(world, made)
    work()
    work(NOW + 10 * WEEK)
    assert not Task.objects.filter(kind="series_ends").exists()
