"""A series is told as one: one mail, one calendar entry, one link; and what changes, once."""

import random
import re
from datetime import timedelta

import icalendar
import pytest

from accounts.models import Consent
from scheduling.models import Booking, Invite, Occupancy, Series, SeriesLink, Session, Task
from scheduling.outbox import plan
from tests.calendars.receiver import Receiver
from tests.outbox.acts import cancelled, moved, restored
from tests.outbox.serial import (
    calendar_of,
    changed,
    ended,
    mondays,
    repeated,
    seat,
    times_of,
)
from tests.world import NOW, at, patient

pytestmark = pytest.mark.django_db
NORA, ALMA, BEN = "nora@example.org", "alma@example.org", "ben@example.org"
WEEK, DAY, MINUTE = timedelta(weeks=1), timedelta(days=1), timedelta(minutes=1)


def hers(now=NOW):
    return Booking.objects.filter(patient__email=NORA, state="booked").order_by("start")


def given_by(who):
    return Occupancy.objects.filter(profile=who, live=True)


def methods(messages):
    return [message.calendar["method"] for message in messages]


def test_fifty_two_dates_are_one_mail_each(world, sink, work):
    series = repeated(world, wanted=mondays(52))
    work()
    assert sorted(message.to for message in sink.messages) == [ALMA, NORA]
    assert calendar_of(sink, NORA).shows() == times_of(hers())
    assert calendar_of(sink, ALMA).shows() == times_of(given_by(world.alma))
    (mine,) = sink.to(NORA)
    assert "Every Monday at 3:00 PM PST (Los Angeles)" in mine.text
    assert "When the clocks change, it stays the same time on the clock." in mine.text
    assert "52 times, from Monday, March 8, 2027 to Monday, February 28, 2028" in mine.text
    assert "Next: Monday, March 8, 2027, 3:00 PM to 3:50 PM PST (Los Angeles)" in mine.text
    assert mine.text.count("March") == 2, "the dates are not listed one by one"
    assert Task.objects.filter(series=series).count() == 2
    assert not Task.objects.filter(session__isnull=False, kind__startswith="tell").exists()


def test_the_mail_has_one_link_for_all_dates(world, sink, work):
    """TK1: the patient's own; the therapist has another."""
    series = repeated(world)
    work()
    tokens = {
        address: SeriesLink.objects.get(series=series, **whose).token
        for address, whose in ((NORA, {"patient": world.nora}), (ALMA, {"patient": None}))
    }
    assert tokens[NORA] != tokens[ALMA]
    for address, token in tokens.items():
        (message,) = sink.to(address)
        assert re.findall(r"/j/([^/]+)/", message.text) == [token]
        (rule,) = message.calendar.events
        assert str(rule["location"]) == f"https://clinic.example/j/{token}/"
    assert f"https://clinic.example/c/harbor/series/{series.uuid}/" in sink.to(NORA)[0].text


def test_dates_that_differ_from_the_rule_are_named(world, sink, work):
    wanted = mondays()
    slots = [one.start for one in wanted.dates()]
    how = {"instead": {slots[1]: slots[1] + 60}, "without": [slots[2]]}
    repeated(world, wanted=wanted, how=how)
    work()
    (mine,) = sink.to(NORA)
    said = "Instead of Monday, March 15, 2027, 3:00 PM PDT (Los Angeles): "
    said += "Monday, March 15, 2027, 4:00 PM to 4:50 PM PDT (Los Angeles)"
    assert said in mine.text and said in mine.html
    assert "Not on Monday, March 22, 2027, 3:00 PM PDT (Los Angeles)" in mine.text
    assert "11 times" in mine.text
    assert calendar_of(sink, NORA).shows() == times_of(hers())


def test_one_date_that_moves_is_one_short_mail(world, sink, work):
    series = repeated(world)
    work()
    sink_before = len(sink.messages)
    moved(world, seat(series, 2), at("2027-03-23", 11))
    work()
    assert len(sink.messages) == sink_before + 2
    mine = sink.to(NORA)[1]
    (event,) = mine.calendar.events
    assert methods(sink.to(NORA)) == ["REQUEST", "REQUEST"]
    assert "recurrence-id" in event and "rrule" not in event and event["sequence"] == 1
    assert mine.text.startswith("One of your appointments has changed:")
    said = "Instead of Monday, March 22, 2027, 3:00 PM PDT (Los Angeles): "
    assert said + "Tuesday, March 23, 2027, 11:00 AM to 11:50 AM PDT (Los Angeles)" in mine.text
    for who, rows in ((NORA, hers()), (ALMA, given_by(world.alma))):
        assert calendar_of(sink, who).shows() == times_of(rows)


def test_one_date_that_is_cancelled_takes_no_other_with_it(world, sink, work):
    series = repeated(world)
    work()
    cancelled(world, seat(series, 2), by=world.nora)
    work()
    mine = sink.to(NORA)[1]
    assert methods(sink.to(NORA)) == ["REQUEST", "CANCEL"]
    assert "recurrence-id" in mine.event
    assert mine.text.startswith("One of your appointments is cancelled:")
    assert "Monday, March 22, 2027, 3:00 PM to 3:50 PM PDT (Los Angeles)" in mine.text
    for who, rows in ((NORA, hers()), (ALMA, given_by(world.alma))):
        assert calendar_of(sink, who).shows() == times_of(rows)
    restored(world, seat(series, 2), by=world.nora)
    work()
    assert methods(sink.to(NORA)) == ["REQUEST", "CANCEL", "REQUEST"]
    assert "Also on Monday, March 22, 2027" in sink.to(NORA)[2].text
    assert calendar_of(sink, NORA).shows() == times_of(hers())


def test_the_clinic_says_sorry_for_what_it_cancels(world, sink, work):
    series = repeated(world)
    work()
    cancelled(world, seat(series, 2), reason="therapist_ill")
    work()
    assert "we had to cancel one of your appointments" in sink.to(NORA)[1].text
    ended(world, series)
    work()
    last = sink.to(NORA)[2]
    assert "we had to cancel your appointments" in last.text
    assert "Every Monday at 3:00 PM" in last.text and "/j/" not in last.text


def test_all_of_it_cancelled_before_it_began_leaves_nothing(world, sink, work):
    series = repeated(world)
    work()
    ended(world, series)
    work()
    assert methods(sink.to(NORA)) == methods(sink.to(ALMA)) == ["REQUEST", "CANCEL"]
    assert "recurrence-id" not in sink.to(NORA)[1].event
    assert calendar_of(sink, NORA).shows() == []
    assert sink.to(ALMA)[1].text.startswith("Appointments with you are cancelled.")


def test_ended_in_the_middle_the_past_stays_in_the_calendar(world, sink, work):
    series = repeated(world)
    work()
    later = seat(series, 5).starts_at - DAY
    ended(world, series, now=later)
    work(later)
    mine = sink.to(NORA)[1]
    assert mine.calendar["method"] == "REQUEST"
    assert "UNTIL=20270405T220000Z" in mine.event["rrule"].to_ical().decode()
    assert calendar_of(sink, NORA).shows() == times_of(hers())
    assert len(calendar_of(sink, NORA).shows()) == 5


def test_one_that_ends_earlier_says_so(world, sink, work):
    series = repeated(world)
    work()
    ended(world, series, seat(series, 8).session.slot)
    work()
    mine = sink.to(NORA)[1]
    assert "The last one is now on Monday, April 26, 2027." in mine.text
    assert "Not on" not in mine.text
    assert calendar_of(sink, NORA).shows() == times_of(hers())


def test_ended_and_taken_back_it_is_what_it_was(world, sink, work):
    from scheduling.actions.series_life import undo_cancel_from

    series = repeated(world)
    work()
    ended(world, series, by=world.nora)
    work()
    undo_cancel_from(series=series.uuid, actor=world.actor(world.nora), now=NOW)
    work()
    uids = [str(message.calendar.events[0]["uid"]) for message in sink.to(NORA)]
    assert methods(sink.to(NORA)) == ["REQUEST", "CANCEL", "REQUEST"]
    assert uids[0] == uids[1] != uids[2], "no UID comes back after its CANCEL"
    assert "take place after all" in sink.to(NORA)[2].text
    assert calendar_of(sink, NORA).shows() == times_of(hers())


def test_from_now_on_is_another_entry_and_the_old_one_ends(world, sink, work):
    """35: the rule of the old one ends; nothing says "this and all following"."""
    series = repeated(world)
    work()
    slot = seat(series, 4).session.slot
    changed(world, series, slot, mondays(8, hour=11, first="2027-04-05"))
    work()
    old, new = sink.to(NORA)[1:]
    assert {str(old.event["uid"])} == {str(sink.to(NORA)[0].calendar.events[0]["uid"])}
    assert str(new.calendar.events[0]["uid"]) != str(old.event["uid"])
    assert b"THISANDFUTURE" not in old.data + new.data
    assert "4 times, from Monday, March 8, 2027 to Monday, March 29, 2027" in old.text
    assert "Every Monday at 11:00 AM PDT (Los Angeles)" in new.text
    for who, rows in ((NORA, hers()), (ALMA, given_by(world.alma))):
        assert calendar_of(sink, who).shows() == times_of(rows)


def test_many_changes_before_the_worker_looks_are_one_mail(world, sink, work):
    series = repeated(world)
    work()
    moved(world, seat(series, 1), at("2027-03-16", 11))
    cancelled(world, seat(series, 3))
    moved(world, seat(series, 5), at("2027-04-13", 11))
    work()
    assert len(sink.to(NORA)) == len(sink.to(ALMA)) == 2
    mine = sink.to(NORA)[1]
    assert mine.text.startswith("Your appointments have changed:")
    assert mine.text.count("Instead of") == 2 and mine.text.count("Not on") == 1
    assert calendar_of(sink, NORA).shows() == times_of(hers())


def test_a_change_taken_back_before_the_worker_looks_is_no_mail(world, sink, work):
    series = repeated(world)
    work()
    sink.clear()
    cancelled(world, seat(series, 3))
    restored(world, seat(series, 3))
    work()
    assert sink.messages == []


def test_dates_that_pass_are_no_news(world, sink, work):
    series = repeated(world)
    work()
    sink.clear()
    later = seat(series, 11).starts_at + WEEK
    Session.objects.filter(series=series).first().events.update(planned_at=None)
    work(later)
    assert [m for m in sink.messages if m.calendar] == []


def test_what_has_ended_is_not_told_of(world, sink, work):
    series = repeated(world)
    plan.plan(NOW)
    work(seat(series, 11).starts_at + WEEK)
    assert sink.messages == []
    assert {task.outcome for task in Task.objects.filter(series=series)} == {"nothing_to_tell"}


def test_a_date_with_another_therapist_goes_to_the_other_calendar(world, sink, work):
    """The one who gives it hears of that date alone, with a link of their own."""
    series = repeated(world)
    work()
    sink.clear()
    moved(world, seat(series, 2), at("2027-03-22", 9), therapist=world.ben.uuid)
    work()
    assert methods(sink.to(ALMA)) == ["CANCEL"]
    (his,) = sink.to(BEN)
    assert "Once: Monday, March 22, 2027" in his.text
    assert calendar_of(sink, BEN).shows() == times_of(given_by(world.ben))
    assert SeriesLink.objects.get(therapist=world.ben.user).token in his.text


def test_each_reads_their_own_zone(world, sink, work):
    repeated(world, how={"who": world.ben}, wanted=mondays(hour=11))
    work()
    assert "Every Monday at 11:00 AM PST (Los Angeles)" in sink.to(NORA)[0].text
    his = sink.to(BEN)[0].text
    assert "Every Monday at 2:00 PM EST (New York)" in his and "Los Angeles" not in his


def test_a_rule_that_does_not_stay_on_a_clock_is_told_by_its_own(world, sink, work):
    """Arizona does not change its clocks: the same hour in Los Angeles is another one there."""
    world.nora.time_zone = "America/Phoenix"
    world.nora.save()
    repeated(world)
    work()
    (mine,) = sink.to(NORA)
    assert "Every Monday at 3:00 PM PST (Los Angeles)" in mine.text
    assert "Next: Monday, March 8, 2027, 4:00 PM to 4:50 PM MST (Phoenix)" in mine.text


def test_by_telephone(world, sink, work):
    """TH1: it leads to the check-in; whoever calls needs no link."""
    repeated(world, medium="telephone")
    work()
    (mine,), (theirs,) = sink.to(NORA), sink.to(ALMA)
    assert "Please check in here each time, from ten minutes before:" in mine.text
    assert "/j/" in mine.text and "video" not in mine.text
    assert "conference" not in mine.event
    assert "It is by telephone: please call." in theirs.text and "/j/" not in theirs.text


def test_without_a_signature_there_is_a_notice_and_then_all_of_it(world, sink, work):
    """PR2: no record of the warning, so no details and no invite; with one, both."""
    Consent.objects.filter(patient=world.nora, form="mail").delete()
    series = repeated(world)
    work()
    (mine,) = sink.to(NORA)
    assert mine.mail["Subject"] == "You have a message" and mine.calendar is None
    for told in ("2027", "PM", "/j/", "appointment", "Monday"):
        assert told not in mine.text + mine.html, told
    moved(world, seat(series, 1), at("2027-03-16", 11))
    work()
    assert sink.to(NORA)[1].calendar is None
    Consent.objects.create(patient=world.nora, form="mail", version=1, signed_at=NOW)
    cancelled(world, seat(series, 3))
    work()
    assert sink.to(NORA)[2].calendar.events[0]["sequence"] == 0
    assert calendar_of(sink, NORA).shows() == times_of(hers())


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ({"no_mail": True}, "not_wanted"),
        ({"email": ""}, "no_address"),
        ({"active": False}, "inactive"),
    ],
)
def test_who_wants_no_mail_gets_none(world, sink, work, said, outcome):
    """PR3."""
    series = repeated(world)
    type(world.nora).objects.filter(pk=world.nora.pk).update(**said)
    work()
    assert sink.to(NORA) == []
    assert Task.objects.get(series=series, kind="tell_patient").outcome == outcome


def test_somebody_without_an_account_is_told_whom_to_call(world, sink, work):
    guest = patient(world.clinic, "Rosa", user=None, email="rosa@home.example")
    repeated(world, guest)
    work()
    (mine,) = sink.to("rosa@home.example")
    assert "/series/" not in mine.text and "/my/" not in mine.text
    assert "Questions? Call (310) 555-0100." in mine.text


def test_and_gets_links_for_the_next_date_that_expire(world, sink, work):
    """TK3: as in mail about a single session."""
    guest = patient(world.clinic, "Rosa", user=None, email="rosa@home.example")
    series = repeated(world, guest)
    work()
    (mine,) = sink.to("rosa@home.example")
    assert mine.text.count("https://clinic.example/a/") == 2
    first = seat(series, 0)
    assert {link.action for link in first.action_links.all()} == {"move", "cancel"}
    assert all(link.expires_at == first.starts_at for link in first.action_links.all())
    work(first.starts_at)
    sink.clear()
    cancelled(world, seat(series, 1), now=first.starts_at)
    work(first.starts_at)
    (mine,) = [one for one in sink.to("rosa@home.example") if one.calendar]
    assert mine.text.count("https://clinic.example/a/") == 2
    assert seat(series, 2).action_links.count() == 2


def test_nothing_says_what_kind_of_care_it_is(world, sink, work):
    """PR1: in no mail of a whole story, to nobody."""
    from tests.outbox.test_words import DENIED, plain

    series = repeated(world)
    work()
    moved(world, seat(series, 1), at("2027-03-16", 11))
    work()
    cancelled(world, seat(series, 2))
    work()
    changed(world, series, seat(series, 4).session.slot, mondays(8, first="2027-04-05", hour=11))
    work()
    ended(world, Series.objects.latest("pk"))
    work()
    assert len(sink.messages) > 8
    for message in sink.messages:
        said = re.sub(r"https?://\S+|text/\S+|multipart/\S+|CLASS:PRIVATE", "", plain(message))
        assert not DENIED.search(said), DENIED.search(said)
        for name in ("Nora", "Alma", "Harbor", "CBT"):
            assert name not in said.replace("alma@", "").replace("nora@", "")


def test_a_change_while_the_mail_is_on_its_way_is_told_after_it(world, sink, work, monkeypatch):
    """The planner relies on the undone task, and the task looks again before it ends."""
    from scheduling.outbox.transport import Mailer

    series = repeated(world)
    deliver = Mailer.deliver

    def meanwhile(mailer, recipient, data):
        deliver(mailer, recipient, data)
        monkeypatch.setattr(Mailer, "deliver", deliver)
        moved(world, seat(series, 2), at("2027-03-23", 11))
        plan.plan(NOW)

    monkeypatch.setattr(Mailer, "deliver", meanwhile)
    work()
    for who in (NORA, ALMA):
        assert calendar_of(sink, who).shows() == times_of(hers())
    assert Task.objects.filter(series=series).count() == 2


def test_a_server_that_says_later_gets_the_same_bytes_again(world, sink, work):
    repeated(world)
    sink.answer_data = "451 later"
    work()
    first = Task.objects.get(kind="tell_patient")
    assert first.message and not sink.messages
    sink.answer_data = ""
    work(NOW + 5 * MINUTE)
    assert sink.to(NORA)[0].data.decode("latin-1") == first.message
    assert sink.to(NORA)[0].id == first.message_id


def test_what_never_went_out_is_written_anew(world, sink, work):
    """Cancelled while the server said "later": nobody hears the end of what they never heard of."""
    series = repeated(world)
    sink.answer_data = "451 later"
    work()
    sink.answer_data = ""
    ended(world, series)
    work(NOW + 5 * MINUTE)
    assert sink.messages == []


def test_a_mail_that_came_back_was_never_told(world, sink, work):
    """What is sent next leads from what is known to what is, with a higher SEQUENCE."""
    from scheduling.outbox.told import take_back

    series = repeated(world)
    work()
    moved(world, seat(series, 2), at("2027-03-23", 11))
    work()
    lost = sink.to(NORA)[1]
    take_back(Task.objects.get(message_id=lost.id))
    sink.messages.remove(lost)
    cancelled(world, seat(series, 4))
    work()
    assert sink.to(NORA)[1].calendar.events[0]["sequence"] == 2
    assert calendar_of(sink, NORA).shows() == times_of(hers())


def test_one_that_gave_up_is_not_tried_again_beside_another(world, sink, work):
    from scheduling.actions.messages import retry

    series = repeated(world)
    plan.plan(NOW)
    task = Task.objects.get(kind="tell_patient")
    Task.objects.filter(pk=task.pk).update(gave_up_at=NOW)
    moved(world, seat(series, 2), at("2027-03-23", 11))
    plan.plan(NOW)
    retry(task=task.uuid, actor=world.actor(world.ada), now=NOW)
    task.refresh_from_db()
    assert task.outcome == "superseded"
    work()
    assert len(sink.to(NORA)) == 1


def test_the_file_on_the_page_and_the_invite_are_one_entry(world, sink, work, client, clock):
    """Whoever takes both has each date once: with the past, and with what changed since."""
    series = repeated(world)
    client.force_login(world.nora.user)
    path = f"/c/harbor/booked/{seat(series, 8).uuid}/appointment.ics"
    before = client.get(path)
    assert before["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    assert shown(before.content) == times_of(hers()) and b"ATTENDEE" not in before.content
    work()
    moved(world, seat(series, 5), at("2027-04-13", 11))
    later = seat(series, 2).ends_at
    work(later)
    clock.move_to(later)
    client.force_login(world.nora.user)
    file = client.get(path).content
    over = client.get(f"/c/harbor/booked/{seat(series, 1).uuid}/appointment.ics").content
    assert uid(over) == uid(file) and shown(over) == shown(file)
    assert uid(file) == uid(before.content) == str(Invite.objects.get(patient=world.nora).uid)
    assert shown(file) == times_of(hers())
    cancelled(world, seat(series, 8), now=later)
    assert client.get(path).status_code == 404, "a date that is off is in no file"
    uids = {str(message.calendar.events[0]["uid"]) for message in sink.messages if message.calendar}
    assert len(uids) == 2, "two recipients never share one"


def uid(file: bytes) -> str:
    return str(icalendar.Calendar.from_ical(file).events[0]["uid"])


def shown(file: bytes):
    calendar = Receiver()
    calendar.take(file)
    return calendar.shows()


@pytest.mark.parametrize("seed", [0, 1, 4])
def test_whatever_happens_each_calendar_shows_the_recipients_dates(world, sink, work, seed):
    """A story by chance, over both changes of the clock, told now and then; time only goes on far
    once all is told, since nothing is told of a date that is over."""
    dice, now = random.Random(seed), NOW
    rule = dice.choice(["FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH"])
    wanted = mondays(40, rule=rule, hour=dice.choice([9, 15]))
    skipped = {one.start for one in dice.sample(wanted.dates(), 3)}
    repeated(world, wanted=wanted, how={"without": skipped})
    calendars = {NORA: Receiver(), ALMA: Receiver()}
    for _ in range(14):
        ahead = [one for one in hers() if one.starts_at > now]
        if ahead:
            happens_to(world, dice, dice.choice(ahead), now)
        if dice.random() > 0.7:
            now += MINUTE
            continue
        work(now)
        for who, rows in ((NORA, hers()), (ALMA, given_by(world.alma))):
            assert calendar_of(sink, who, calendars[who]).shows() == times_of(rows), who
        now += dice.choice([MINUTE, DAY, 2 * WEEK])


def happens_to(world, dice, one, now):
    deed = dice.choice(["move", "cancel", "cancel", "undo", "end", "other"])
    if deed == "move":
        start = one.session.slot + dice.choice([-60, 60, 1440])
        if not Booking.objects.filter(start=start, live=True).exists():
            moved(world, one, start, now=now, override="agreed")
    elif deed == "cancel":
        cancelled(world, one, now=now)
    elif deed == "undo":
        cancelled(world, one, now=now)
        restored(world, one, now=now)
    elif deed == "end" and dice.random() < 0.3:
        ended(world, one.session.series, one.session.slot, now=now)
    elif deed == "other":
        moved(world, one, one.session.slot, now=now, therapist=world.ben.uuid, override="agreed")


def test_times_that_are_named_in_place_of_one_that_is_cancelled(world, sink, work):
    from scheduling.actions.cancel import cancel

    series = repeated(world)
    work()
    free = at("2027-03-23", 11)
    cancel(
        booking=seat(series, 2).uuid,
        reason="therapist_ill",
        others=(free,),
        actor=world.actor(world.dana),
        now=NOW,
    )
    work()
    mine = sink.to(NORA)[1]
    for body in (mine.text, mine.html):
        assert "These times were free when we wrote this:" in body
        assert "Tuesday, March 23, 2027, 11:00 AM PDT (Los Angeles)" in body
    assert "These times" not in sink.to(ALMA)[1].text
