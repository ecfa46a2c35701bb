"""The way in of a patient: link, who, where, go in (TK1, TH1-TH4, BR1)."""

from datetime import date, timedelta

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import AuditRow, Consent, ConsentForm, Licence
from scheduling.actions.cancel import cancel
from scheduling.actions.check_in import let_in
from scheduling.actions.links import mint_action_link
from scheduling.actions.reschedule import reschedule
from scheduling.actions.way_in import enter
from scheduling.engine.interval import from_minute
from scheduling.errors import NotFound, ReasonMissing
from scheduling.models import Booking, CheckIn, Event, JoinLink, WeeklyHours
from scheduling.queries import way_in
from scheduling.queries.way_in import REMEMBERED
from scheduling.web.join import pages
from tests.doors import sign_in
from tests.ways_in.story import (
    BIRTHDAY,
    PLACE,
    ROOM,
    at_the_door,
    booked,
    checked_in,
    contact_on_file,
    host_link,
    link_of,
    minutes,
    opened,
    pasted,
    platform,
    rows_of_everything,
)
from tests.world import NOW, World, at, build, patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def booking(world) -> Booking:
    platform(world)
    return booked(world)


def said(answer) -> str:
    return answer.content.decode()


def test_from_the_link_into_the_room(client, world, booking, clock):
    """TK1."""
    pasted(world, booking)
    clock.move_to(minutes(booking, 5))
    assert "Your room is ready" in said(checked_in(client, booking))
    answer = client.post("/join/enter/")
    assert (answer.status_code, answer["Location"]) == (303, ROOM)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert JoinLink.objects.get(booking=booking).used_at == minutes(booking, 5)
    booking.session.room.refresh_from_db()
    assert booking.session.room.state == "open"
    done = AuditRow.objects.filter(subject_id=str(world.nora.pk)).values_list("action", flat=True)
    assert {"link.open", "link.identify", "join.check_in", "join.enter"} <= set(done)


def test_who_comes_back_needs_no_second_check_in(client, world, booking, clock):
    pasted(world, booking)
    clock.move_to(minutes(booking, 5))
    checked_in(client, booking)
    client.post("/join/enter/")
    clock.shift(timedelta(minutes=20))
    assert "Your room is ready" in said(client.get("/join/"))
    assert client.post("/join/enter/")["Location"] == ROOM
    assert CheckIn.objects.count() == 1
    # on another device the link asks again who it is, and no more than that
    assert "Your room is ready" in said(at_the_door(Client(), booking))


# The link and its cookie


def test_the_token_stands_in_one_address_and_the_cookie_is_not_the_token(client, booking, clock):
    """TK1, SE5: neither history nor Referer carries it on."""
    token = link_of(booking).token
    answer = client.get(f"/j/{token}/")
    assert (answer.status_code, answer["Location"]) == (303, "/join/")
    cookie = answer.cookies["join"]
    assert token not in cookie.value
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert not cookie["domain"]
    page = client.get("/join/")
    assert token not in said(page)
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]


def test_a_forged_cookie_is_no_link(client, booking):
    client.cookies["join"] = link_of(booking).uuid.hex
    assert client.get("/join/").status_code == 404


def test_unknown_expired_and_revoked_links_are_one_page(world, booking, clock):
    """TK1, TK10: the same status, headers and bytes."""
    link = link_of(booking)
    unknown = Client().get("/j/" + "x" * 43 + "/")
    clock.move_to(from_minute(booking.end) + timedelta(minutes=30) + REMEMBERED)
    expired = Client().get(f"/j/{link.token}/")
    clock.move_to(minutes(booking, 5))
    JoinLink.objects.update(revoked_at=minutes(booking, 6))
    revoked = Client().get(f"/j/{link.token}/")

    def seen(answer):
        headers = {k: v for k, v in answer.headers.items() if k != "X-Request-ID"}
        return answer.status_code, headers, answer.content

    assert seen(unknown) == seen(expired) == seen(revoked)
    assert unknown.status_code == 404
    assert AuditRow.objects.filter(action="link.open", outcome="denied").count() == 3


def test_a_cancelled_booking_lets_nobody_in(client, world, booking, clock):
    at_link = link_of(booking)
    opened(client, booking)
    cancel(
        booking=booking.uuid,
        reason="clinic",
        actor=world.actor(world.dana),
        now=minutes(booking, 60),
    )
    assert client.get("/join/").status_code == 404
    assert client.get(f"/j/{at_link.token}/").status_code == 404


@pytest.mark.parametrize("who", ["patient", "account", "clinic"])
def test_who_was_deactivated_has_no_link(client, world, booking, who, clock):
    """AC7."""
    row = {"patient": world.nora, "account": world.nora.user, "clinic": world.clinic}[who]
    setattr(row, "is_active" if who == "account" else "active", False)
    row.save()
    clock.move_to(minutes(booking, 5))
    assert client.get(f"/j/{link_of(booking).token}/").status_code == 404


def test_guesses_are_limited(booking, clock):
    """TK10: 429 for hit and miss alike."""
    answers = [Client().get(f"/j/guess-{n}/").status_code for n in range(40)]
    assert (answers[0], answers[-1]) == (404, 429)
    assert Client().get(f"/j/{link_of(booking).token}/").status_code == 429
    clock.shift(timedelta(minutes=5))
    assert Client().get(f"/j/{link_of(booking).token}/").status_code == 303


def test_a_look_changes_nothing(client, world, booking, clock):
    """BR1: GET and HEAD, three times each, of every page behind the link, at every stage."""
    pasted(world, booking)
    token = link_of(booking).token
    for before_start in (60, 5, -100):
        clock.move_to(minutes(booking, before_start))
        before = rows_of_everything()
        for _ in range(3):
            for method in (client.get, client.head):
                method(f"/j/{token}/")
                for page in ("", "state/", "identify/", "check-in/", "enter/"):
                    method(f"/join/{page}")
        assert rows_of_everything() == before
    clock.move_to(minutes(booking, 5))
    checked_in(client, booking)
    before = rows_of_everything()
    for method in (client.get, client.head):
        assert method("/join/enter/").status_code == 405
        method("/join/")
    assert rows_of_everything() == before
    assert client.post("/join/enter/")["Location"] == ROOM


def test_a_page_that_fetches_itself_does_not_keep_a_person_signed_in():
    """SE2."""
    assert pages.show.polling
    assert pages.moved_on.polling


# When


@pytest.fixture
def over_the_change(world) -> Booking:
    """1:30 AM PST to 3:20 AM PDT: fifty minutes over the night in which clocks go forward."""
    platform(world)
    WeeklyHours.objects.update(pattern="6:0-600")
    return booked(world, start=at("2027-03-14", 1, 30))


@pytest.mark.parametrize(
    ("after_opening", "page"),
    [
        (timedelta(seconds=-1), "You are a little early"),
        (timedelta(0), "Is it you?"),
        (timedelta(minutes=90, seconds=-1), "Is it you?"),
        (timedelta(minutes=90), "This appointment is over"),
        (timedelta(minutes=90, seconds=-1) + REMEMBERED, "This appointment is over"),
        (timedelta(minutes=90) + REMEMBERED, "This link does not work"),
    ],
)
def test_the_window_to_the_second(client, over_the_change, after_opening, page, clock):
    """TK1: from ten minutes before to thirty after the end, also while the clock changes."""
    clock.move_to(minutes(over_the_change, 10) + after_opening)
    assert f"<h1>{page}</h1>" in said(opened(client, over_the_change))


def test_before_it_opens_the_page_says_when_in_the_patients_zone(client, over_the_change, clock):
    clock.move_to(minutes(over_the_change, 40))
    page = said(opened(client, over_the_change))
    assert "1:20 AM PST" in page
    assert "Sunday, March 14, 2027, 1:30 AM PST to 3:20 AM PDT (Los Angeles)" in page


def test_nobody_goes_in_outside_the_window(client, world, over_the_change, clock):
    pasted(world, over_the_change)
    clock.move_to(minutes(over_the_change, 5))
    checked_in(client, over_the_change)
    clock.move_to(minutes(over_the_change, 10) - timedelta(seconds=1))
    assert client.post("/join/enter/")["Location"] == "/join/"
    clock.move_to(minutes(over_the_change, 10) + timedelta(minutes=90))
    assert client.post("/join/enter/")["Location"] == "/join/"
    clock.shift(timedelta(seconds=-1))
    assert client.post("/join/enter/")["Location"] == ROOM


def test_a_check_in_before_a_move_does_not_count_after_it(client, world, booking, clock):
    """TH1: captured at the start of each session."""
    pasted(world, booking)
    clock.move_to(minutes(booking, 5))
    checked_in(client, booking)
    dana = world.actor(world.dana)
    moved = reschedule(
        booking=booking.uuid,
        start=booking.start + 240,
        actor=dana,
        reason="clinic",
        now=minutes(booking, 5),
    )
    assert "a little early" in said(client.get("/join/"))
    clock.move_to(minutes(moved, 5))
    assert "Check in" in said(at_the_door(client, moved))
    assert client.post("/join/enter/")["Location"] == "/join/"


def test_while_no_room_is_filled_in_the_page_waits_and_goes_on(client, world, booking, clock):
    clock.move_to(minutes(booking, 5))
    page = checked_in(client, booking)
    assert "The room is being prepared" in said(page)
    assert 'http-equiv="refresh"' in said(page)
    same = client.get("/join/state/?shown=waiting")
    assert (same.status_code, same.get("X-Go-To")) == (204, None)
    pasted(world, booking, now=minutes(booking, 5))
    assert client.get("/join/state/?shown=waiting")["X-Go-To"] == "/join/"
    assert "Your room is ready" in said(client.get("/join/"))


def test_afterwards_it_says_what_to_do(client, booking, clock):
    clock.move_to(from_minute(booking.end) + timedelta(minutes=31))
    page = said(opened(client, booking))
    assert "tel:+13105550100" in page
    assert 'href="/c/harbor/"' in page
    assert "988" in page


def test_by_telephone_it_says_how_the_call_comes(client, world, clock):
    by_phone = booked(world, medium="telephone")
    clock.move_to(minutes(by_phone, 30))
    assert "We will call you" in said(opened(client, by_phone))
    clock.move_to(minutes(by_phone, 5))
    page = said(checked_in(client, by_phone))
    assert "ending in 0188" in page and "Go in" not in page
    assert "555-01" not in page.replace("(310) 555-0100", "")
    assert client.post("/join/enter/")["Location"] == "/join/"
    client.get("/join/?again=1")
    client.post("/join/check-in/", PLACE | {"call_back": "310 555 0177"})
    assert "ending in 0177" in said(client.get("/join/"))


# Who


def test_before_one_has_said_who_one_is_the_page_names_nobody(client, world, booking, clock):
    """P23."""
    for before_start in (60, 5, -90):
        clock.move_to(minutes(booking, before_start))
        page = said(opened(client, booking))
        for word in ("Nora", "Quill", "Alma", "CBT", "0123", "1990", "@", booking.reference):
            assert word not in page


def test_a_forwarded_link_asks_somebody_else_who_it_is(world, booking, clock):
    """TK1: Omar is signed in, and has Nora's link."""
    world.omar.birth_date = "1971-01-02"
    world.omar.save()
    pasted(world, booking)
    clock.move_to(minutes(booking, 5))
    omar = sign_in(Client(), world.omar.user, mfa=False)
    assert "Is it you?" in said(opened(omar, booking))
    assert omar.post("/join/check-in/", PLACE)["Location"] == "/join/"
    assert omar.post("/join/enter/")["Location"] == "/join/"
    answer = omar.post("/join/identify/", {"birth_date": "1971-01-02"})
    assert answer.status_code == 422
    assert CheckIn.objects.count() == 0


def test_the_person_who_is_signed_in_is_not_asked(client, world, booking, clock):
    clock.move_to(minutes(booking, 5))
    sign_in(client, world.nora.user, mfa=False)
    assert "<h1>Check in</h1>" in said(opened(client, booking))
    client.post("/join/check-in/", PLACE)
    assert CheckIn.objects.get().identity == "signed_in"


def test_one_of_two_people_who_share_an_account_is_asked(client, world, booking, clock):
    patient(world.clinic, "Sam", user=world.nora.user)
    clock.move_to(minutes(booking, 5))
    sign_in(client, world.nora.user, mfa=False)
    assert "Is it you?" in said(opened(client, booking))


def test_five_wrong_birth_dates_shut_the_link_until_signed_in(client, world, booking, clock):
    """TK1."""
    clock.move_to(minutes(booking, 5))
    opened(client, booking)
    wrong = {"birth_date": "1990-05-18"}
    answers = [client.post("/join/identify/", wrong).status_code for _ in range(5)]
    assert answers == [422, 422, 422, 422, 429]
    assert client.post("/join/identify/", BIRTHDAY).status_code == 429
    other_device = Client()
    opened(other_device, booking)
    assert other_device.post("/join/identify/", BIRTHDAY).status_code == 429
    refused = AuditRow.objects.filter(action="link.identify", outcome="refused")
    assert refused.count() == 7
    sign_in(client, world.nora.user, mfa=False)
    assert "<h1>Check in</h1>" in said(client.get("/join/"))


def test_four_wrong_ones_and_a_right_one(client, booking, clock):
    """They are forgotten: another browser has five tries again."""
    clock.move_to(minutes(booking, 5))
    wrong = {"birth_date": "1990-05-18"}
    for browser in (client, Client()):
        opened(browser, booking)
        for _ in range(4):
            assert browser.post("/join/identify/", wrong).status_code == 422
        answer = browser.post("/join/identify/", {"birth_date": "05/17/1990"})
        assert answer.status_code == 303


def test_the_tries_are_the_persons_not_the_links(client, world, booking, clock):
    """TK1: by whichever link, five in a day; somebody else's are their own."""
    later = booked(world, start=booking.start + 120)
    his = booked(world, world.omar, start=booking.start + 240)
    wrong = {"birth_date": "1990-05-18"}
    clock.move_to(minutes(booking, 5))
    opened(client, booking)
    for _ in range(3):
        client.post("/join/identify/", wrong)
    mailed = f"/a/{mint_action_link(later, 'cancel', NOW, expires_at=later.starts_at)}/"
    assert [client.post(mailed, wrong).status_code for _ in range(2)] == [422, 429]
    clock.move_to(minutes(later, 5))
    opened(client, later)
    assert client.post("/join/identify/", BIRTHDAY).status_code == 429
    assert client.post(mailed, BIRTHDAY).status_code == 429
    clock.move_to(minutes(his, 5))
    opened(client, his)
    assert client.post("/join/identify/", wrong).status_code == 422


def test_a_day_later_there_are_five_again(client, world, booking, clock):
    again = booked(world, start=booking.start + 1455)
    clock.move_to(minutes(booking, 5))
    opened(client, booking)
    for _ in range(6):
        client.post("/join/identify/", {"birth_date": "1990-05-18"})
    clock.move_to(minutes(again, 5))
    opened(client, again)
    assert client.post("/join/identify/", BIRTHDAY).status_code == 303


def test_a_date_that_does_not_exist_costs_no_try(client, booking, clock):
    clock.move_to(minutes(booking, 5))
    opened(client, booking)
    answer = client.post("/join/identify/", {"birth_date": "1990-02-30"})
    assert answer.status_code == 422
    assert "This date does not exist" in said(answer)
    assert not AuditRow.objects.filter(action="link.identify").exists()


def test_without_a_birth_date_on_file_only_the_sign_in_helps(client, world, booking, clock):
    world.nora.birth_date = ""
    world.nora.save()
    clock.move_to(minutes(booking, 5))
    opened(client, booking)
    assert client.post("/join/identify/", BIRTHDAY).status_code == 422


def test_the_cookie_of_one_link_is_not_good_for_another(client, world, booking, clock):
    """TK1: Known as Nora, then Omar's link is opened in the same browser."""
    world.omar.birth_date = "1971-01-02"
    world.omar.save()
    other = booked(world, world.omar, therapist=world.ben.uuid)
    clock.move_to(minutes(booking, 5))
    at_the_door(client, booking)
    assert "Is it you?" in said(opened(client, other))


def test_a_proof_given_at_one_link_is_none_at_another_of_the_same_person(world, booking):
    """TK1: neither an action link's nor another session's."""
    other = link_of(booked(world, start=booking.start + 120))
    for known_at in ("action-1", other.pk):
        holder = Actor.link(known_at, world.clinic, patient=world.nora.pk)
        with pytest.raises(NotFound):
            enter(link=link_of(booking).uuid, actor=holder, now=minutes(booking, 5))
    assert way_in.identity(other, Actor.link(other.pk, world.clinic, patient=world.nora.pk))


# Where


@pytest.mark.parametrize("left_out", sorted(PLACE))
def test_without_name_place_and_numbers_nobody_goes_in(client, world, booking, left_out, clock):
    """TH1, TH4: and nothing that was typed is lost."""
    pasted(world, booking)
    clock.move_to(minutes(booking, 5))
    at_the_door(client, booking)
    answer = client.post("/join/check-in/", PLACE | {left_out: " "})
    assert answer.status_code == 422
    kept = [value for name, value in PLACE.items() if name not in (left_out, "state")]
    assert all(value in said(answer) for value in kept)
    assert CheckIn.objects.count() == 0
    assert client.post("/join/enter/")["Location"] == "/join/"


def test_what_was_said_is_kept_sealed(client, booking, clock, django_db_blocker):
    """TH1, EN2."""
    clock.move_to(minutes(booking, 5))
    checked_in(client, booking)
    row = CheckIn.objects.get()
    assert (row.state, row.identity, row.licensed) == ("CA", "birth_date", True)
    assert row.address == "12 Canary Lane, Fresno"
    assert row.full_name == "Nora Quill"
    everything = str(rows_of_everything())
    assert "Canary" not in everything
    assert "555-0188" not in everything
    assert "Sam Quill" not in everything


def test_an_emergency_contact_is_asked_once(client, world, booking, clock):
    """TH4."""
    clock.move_to(minutes(booking, 5))
    assert "Emergency contact" in said(at_the_door(client, booking))
    client.post("/join/check-in/", PLACE)
    world.nora.refresh_from_db()
    assert world.nora.emergency_contact == PLACE["emergency_contact"]
    again = said(client.get("/join/?again=1"))
    assert "Emergency contact" not in again
    assert PLACE["emergency_contact"] not in again


@pytest.mark.parametrize("how", ["revoked", "newer version", "expired"])
def test_without_a_consent_in_force_it_is_signed_at_the_door(client, world, booking, how, clock):
    """TH3."""
    if how == "newer version":
        ConsentForm.objects.create(
            clinic=world.clinic, form="telehealth", version=2, text="The new risks."
        )
    else:
        Consent.objects.filter(form="telehealth").update(
            **{f"{how}_at": minutes(booking, 60)}
            if how == "revoked"
            else {"expires_at": minutes(booking, 60)}
        )
    clock.move_to(minutes(booking, 5))
    page = said(at_the_door(client, booking))
    assert ("The new risks." if how == "newer version" else "About telehealth.") in page
    assert client.post("/join/check-in/", PLACE).status_code == 422
    assert CheckIn.objects.count() == 0
    assert client.post("/join/check-in/", PLACE | {"telehealth": "on"}).status_code == 303
    signed = Consent.objects.latest("pk")
    assert signed.version == (2 if how == "newer version" else 1)


def test_a_consent_revoked_after_the_check_in_shuts_the_door(client, world, booking, clock):
    """TH3, P24."""
    pasted(world, booking)
    clock.move_to(minutes(booking, 5))
    checked_in(client, booking)
    Consent.objects.update(revoked_at=minutes(booking, 4))
    assert client.post("/join/enter/")["Location"] == "/join/"
    assert "Consent to telehealth" in said(client.get("/join/"))


def test_where_the_therapist_may_not_treat_the_way_in_stays_shut(client, world, booking, clock):
    """TH2: the patient is in Nevada today."""
    pasted(world, booking)
    clock.move_to(minutes(booking, 5))
    page = said(checked_in(client, booking, state="NV"))
    assert "may not treat you in that state today" in page
    assert "988" in page
    assert "(310) 555-0100" in page
    assert client.post("/join/enter/")["Location"] == "/join/"
    event = Event.objects.get(kind="checked_in")
    assert event.facts == {"licensed": False}
    row = AuditRow.objects.get(action="join.check_in")
    assert (row.outcome, row.code) == ("refused", "not_licensed")
    # it was a slip: once more, with the right one
    assert "<h1>Check in</h1>" in said(client.get("/join/?again=1"))
    client.post("/join/check-in/", PLACE)
    assert client.post("/join/enter/")["Location"] == ROOM


def test_who_is_signed_in_checks_in_again_by_a_click(client, world, booking, clock):
    """TH1: the place is asked at each check-in; what was said at this door need not be typed."""
    pasted(world, booking)
    clock.move_to(minutes(booking, 5))
    sign_in(client, world.nora.user)
    opened(client, booking)
    first = said(client.get("/join/"))
    assert "12 Canary Lane" not in first
    assert "only confirm it" not in first
    client.post("/join/check-in/", PLACE)
    page = client.get("/join/?again=1")
    assert "only confirm it" in said(page)
    shown = page.context["form"].initial
    assert shown == {name: PLACE[name] for name in ("full_name", "state", "address", "call_back")}
    assert "12 Canary Lane, Fresno" in said(page)
    clock.shift(timedelta(minutes=2))
    assert client.post("/join/check-in/", shown).status_code == 303
    assert CheckIn.objects.count() == 2
    assert client.post("/join/enter/")["Location"] == ROOM


def test_a_link_and_a_birth_date_read_out_no_place_and_no_number(client, world, booking, clock):
    """TK1: whoever holds both learns nothing that was said or is on file."""
    clock.move_to(minutes(booking, 5))
    checked_in(client, booking)
    stranger = Client()
    page = said(at_the_door(stranger, booking)) + said(stranger.get("/join/?again=1"))
    assert "<h1>Check in</h1>" in page
    for word in ("Canary Lane", "555-0188", "5550188", "5550123", "555-0123", "only confirm it"):
        assert word not in page


@pytest.mark.parametrize(
    ("last_day", "licensed"), [(date(2027, 3, 1), False), (date(2027, 3, 2), True)]
)
def test_the_licence_counts_on_the_day_of_the_session(
    client, world, booking, last_day, licensed, clock
):
    """TH2: the day in the patient's zone."""
    Licence.objects.filter(therapist=world.alma).update(valid_until=last_day)
    clock.move_to(minutes(booking, 5))
    checked_in(client, booking)
    assert CheckIn.objects.get().licensed is licensed


def test_the_therapist_may_let_somebody_in_with_a_reason(client, world, booking, clock):
    """TH2: override needs a reason, and is audited."""
    pasted(world, booking)
    clock.move_to(minutes(booking, 5))
    checked_in(client, booking, state="NV")
    row = CheckIn.objects.get()
    now = minutes(booking, 4)
    with pytest.raises(ReasonMissing):
        let_in(check_in=row.uuid, reason=" ", actor=world.actor(world.alma), now=now)
    for stranger in (world.ben, world.dana, world.nora, world.mallory):
        with pytest.raises(NotFound):
            let_in(check_in=row.uuid, reason="why not", actor=world.actor(stranger), now=now)
    let_in(check_in=row.uuid, reason="in crisis", actor=world.actor(world.alma), now=now)
    assert AuditRow.objects.filter(action="check_in.let_in", outcome="ok").count() == 1
    assert client.get("/join/state/?shown=stopped")["X-Go-To"] == "/join/"
    assert client.post("/join/enter/")["Location"] == ROOM


# The therapist's own link


def test_a_therapists_link_asks_for_the_sign_in(client, world, booking, clock):
    pasted(world, booking)
    contact_on_file(booking)
    clock.move_to(minutes(booking, 5))
    answer = client.get(f"/j/{host_link(booking).token}/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/sign-in/")
    for page in ("identify", "check-in", "enter"):
        assert client.post(f"/join/{page}/").status_code in (303, 404)
    sign_in(client, world.alma.user)
    page = client.get("/join/", follow=True)
    door = f"/c/harbor/sessions/{booking.session.uuid}/enter/"
    assert page.redirect_chain == [(door, 303)]
    assert client.post(door)["Location"] == ROOM


def test_only_own_and_covered_sessions_have_a_door(client, world, booking, clock):
    """AC12."""
    pasted(world, booking)
    contact_on_file(booking)
    clock.move_to(minutes(booking, 5))
    door = f"/c/harbor/sessions/{booking.session.uuid}/enter/"
    for who in (world.ben.user, world.dana, world.ada, world.mallory, world.nora.user):
        other = sign_in(Client(), who)
        assert (other.get(door).status_code, other.post(door).status_code) == (404, 404)
    world.ben.covers.create(
        covered=world.alma, first_day=date(2027, 3, 2), last_day=date(2027, 3, 2)
    )
    ben = sign_in(Client(), world.ben.user)
    assert ben.post(door)["Location"] == ROOM


def test_nobody_goes_in_while_nobody_can_be_called_in_an_emergency(world, booking, clock):
    """TH4: the door asks too, not only the session's page; what was said at check-in will do."""
    pasted(world, booking)
    clock.move_to(minutes(booking, 5))
    alma = sign_in(Client(), world.alma.user)
    door = f"/c/harbor/sessions/{booking.session.uuid}/enter/"
    answer = alma.post(door)
    assert answer.status_code == 409
    assert "meet.example" not in said(answer)
    for page in (answer, alma.get(door)):
        assert "Nobody to call in an emergency is on file." in page.content.decode()
        assert '<form method="post"><' not in page.content.decode()
    assert AuditRow.objects.filter(action="session.enter", code="contact_missing").count() == 1
    alma.post(
        f"/c/harbor/sessions/{booking.session.uuid}/contact/", {"contact": "Sam, 310 555 0199"}
    )
    assert alma.post(door)["Location"] == ROOM


def test_the_therapist_does_not_go_in_where_the_patient_may_not_be_treated(
    client, world, booking, clock
):
    """TH2: the door asks what the session's page asks, until somebody says why all the same."""
    pasted(world, booking)
    clock.move_to(minutes(booking, 5))
    checked_in(client, booking, state="NV")
    alma = sign_in(Client(), world.alma.user)
    page = f"/c/harbor/sessions/{booking.session.uuid}/"
    answer = alma.post(f"{page}enter/")
    assert answer.status_code == 409
    for shown in (answer, alma.get(f"{page}enter/")):
        assert "The patient is now where you are not licensed." in said(shown)
        assert "meet.example" not in said(shown)
        assert '<form method="post"><' not in said(shown)
    assert f"{page}enter/" not in said(alma.get(page))
    assert AuditRow.objects.filter(action="session.enter", code="patient_elsewhere").count() == 1
    alma.post(f"{page}let-in/", {"reason": "in crisis"})
    assert f"{page}enter/" in said(alma.get(page))
    assert alma.post(f"{page}enter/")["Location"] == ROOM


def test_of_several_one_who_is_stopped_stays_outside_and_the_others_begin(
    client, world, booking, clock
):
    """TH2, for members of a group."""
    Booking.objects.create(
        clinic=world.clinic,
        session=booking.session,
        patient=world.omar,
        seat=2,
        start=booking.start,
        end=booking.end,
        state="booked",
        place="CA",
        zone=booking.zone,
        created_at=booking.created_at,
    )
    contact_on_file(booking)
    world.omar.emergency_contact = PLACE["emergency_contact"]
    world.omar.save(update_fields=["emergency_contact"])
    pasted(world, booking)
    clock.move_to(minutes(booking, 5))
    checked_in(client, booking, state="NV")
    assert client.post("/join/enter/")["Location"] == "/join/"
    door = f"/c/harbor/sessions/{booking.session.uuid}/enter/"
    assert sign_in(Client(), world.alma.user).post(door)["Location"] == ROOM


def test_the_therapists_door_has_the_same_hours(world, booking, clock):
    pasted(world, booking)
    door = f"/c/harbor/sessions/{booking.session.uuid}/enter/"
    for before_start in (11, -81):
        clock.move_to(minutes(booking, before_start))
        answer = sign_in(Client(), world.alma.user).post(door)
        assert answer.status_code == 409
        assert "meet.example" not in said(answer)


def test_the_cookie_in_production_can_be_set_by_no_other_host(client, booking, settings):
    """SE5."""
    settings.SESSION_COOKIE_SECURE = True
    cookie = client.get(f"/j/{link_of(booking).token}/").cookies["__Host-join"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
