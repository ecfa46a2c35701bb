"""Book, list and look over the API: whose, in which order, told to whom."""

from datetime import date, timedelta

import pytest

from accounts.models import AuditRow, Cover
from scheduling.models import Booking, Room
from tests.world import LA, build, patient

TEN = "2027-03-02T10:00-08:00"


@pytest.fixture
def direct(slot):
    """The body with which staff book in one step."""

    def body(who, start: str = TEN, **said):
        return slot(start) | {"patient": who.reference} | said

    return body


def test_a_hold_is_confirmed(world, caller, book):
    told = book(caller(world.nora))
    assert told["state"] == "booked" and len(told["reference"]) == 8
    assert (told["start"], told["end"]) == (
        "2027-03-02T10:00:00-08:00",
        "2027-03-02T10:50:00-08:00",
    )
    assert told["service"]["name"] == "CBT session"


def test_confirmed_twice_it_is_one_booking(world, caller, slot):
    nora = caller(world.nora)
    held = nora.post("holds/", slot()).json()
    hold = {"hold": held["id"], "secret": held["secret"]}
    first, second = nora.post("bookings/", hold), nora.post("bookings/", hold)
    assert first.json() == second.json()
    assert Booking.objects.count() == 1


def test_consent_is_accepted_in_the_same_step(world, caller, slot):
    """TH3."""
    zoe = patient(world.clinic, "Zoe", consent=False)
    calling = caller(zoe)
    held = calling.post("holds/", slot()).json()
    hold = {"hold": held["id"], "secret": held["secret"]}
    missing = calling.post("bookings/", hold)
    assert (missing.status_code, missing.json()["code"]) == (422, "consent_missing")
    old = calling.post("bookings/", hold | {"accept": {"telehealth": 7}})
    assert (old.status_code, old.json()["field"]) == (422, "telehealth")
    assert calling.post("bookings/", hold | {"accept": {"telehealth": 1}}).status_code == 201


def test_a_stranger_cannot_confirm(world, caller, slot):
    held = caller().post("holds/", slot()).json()
    hold = {"hold": held["id"], "secret": held["secret"]}
    answer = caller().post("bookings/", hold)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"
    nobody = caller(world.mallory).post("bookings/", hold)
    assert (nobody.status_code, nobody.json()["code"]) == (422, "not_a_patient")


def test_the_desk_books_in_one_step(world, caller, direct):
    told = caller(world.dana).post("bookings/", direct(world.nora))
    assert told.status_code == 201
    assert told.json()["patient"]["reference"] == world.nora.reference
    assert Booking.objects.get().patient == world.nora


def test_the_desk_sets_hours_aside_with_a_reason(world, caller, direct):
    dana, six = caller(world.dana), "2027-03-02T18:00-08:00"
    assert dana.post("bookings/", direct(world.nora, six)).json()["code"] == "outside_hours"
    told = dana.post("bookings/", direct(world.nora, six, override="Agreed by telephone"))
    assert told.status_code == 201 and told.json()["override"] == "Agreed by telephone"


def test_the_desk_confirms_a_hold_for_a_patient(world, caller, slot):
    dana = caller(world.dana)
    held = dana.post("holds/", slot()).json()
    hold = {"hold": held["id"], "secret": held["secret"], "patient": world.omar.reference}
    assert dana.post("bookings/", hold).status_code == 201
    assert Booking.objects.get().patient == world.omar


def test_patients_book_for_nobody_else(world, caller, slot, direct):
    """AC5: the patient of a booking is who asks, whatever the body says."""
    nora = caller(world.nora)
    assert nora.post("bookings/", direct(world.omar)).json()["code"] == "unknown_field"
    held = nora.post("holds/", slot()).json()
    hold = {"hold": held["id"], "secret": held["secret"], "patient": world.omar.reference}
    assert nora.post("bookings/", hold).status_code == 404
    assert not Booking.objects.filter(patient__isnull=False).exists()


def test_admins_and_privacy_officers_book_nothing(world, caller, direct):
    for who in (world.ada, world.pia):
        assert caller(who).post("bookings/", direct(world.nora)).status_code == 422


def test_a_therapist_books_own_patients_only(world, caller, direct, book):
    """AC12: Omar was never Alma's."""
    book(caller(world.nora))
    alma = caller(world.alma)
    later = "2027-03-03T10:00-08:00"
    assert alma.post("bookings/", direct(world.nora, later)).status_code == 201
    assert alma.post("bookings/", direct(world.omar, later)).status_code == 404


# Looking


def test_everybody_sees_their_own(world, caller, book):
    """AC2, AC12: Nora's with Alma, Omar's with Ben; the desk sees both, an admin none."""
    hers = book(caller(world.nora))
    his = book(caller(world.omar), "2027-03-03T10:00-08:00", therapist=str(world.ben.uuid))
    sees = {
        world.nora: {hers["id"]},
        world.omar: {his["id"]},
        world.alma: {hers["id"]},
        world.ben: {his["id"]},
        world.dana: {hers["id"], his["id"]},
        world.ada: set(),
        world.pia: set(),
        world.mallory: set(),
    }
    for who, ids in sees.items():
        calling = caller(who)
        listed = calling.get("bookings/").json()["results"]
        assert {one["id"] for one in listed} == ids, who
        for told in (hers, his):
            status = calling.get(f"bookings/{told['id']}/").status_code
            assert status == (200 if told["id"] in ids else 404), who


def test_hidden_and_absent_are_one_answer(world, caller, book):
    """AC2: for looking and for every verb; the same bytes as an address that does not exist."""
    hers = book(caller(world.nora))["id"]
    absent = "00000000-0000-4000-8000-000000000000"
    omar = caller(world.omar)
    for path, body in {
        "reschedule/": {"start": TEN},
        "cancel/": {},
        "undo-cancel/": {},
    }.items():
        mine = omar.post(f"bookings/{hers}/{path}", body)
        none = omar.post(f"bookings/{absent}/{path}", body)
        assert mine.status_code == none.status_code == 404
        assert mine.content == none.content
    nowhere = omar.get("/api/v1/nothing/here/")
    for path in (f"bookings/{hers}/", f"bookings/{absent}/"):
        assert omar.get(path).content == nowhere.content
    drop = {"X-Request-ID", "Content-Length"}
    mine, none = (dict(omar.get(f"bookings/{i}/").headers) for i in (hers, absent))
    assert {k: mine[k] for k in mine if k not in drop} == {
        k: none[k] for k in none if k not in drop
    }


def test_a_held_time_is_nobodys_booking(world, caller, slot):
    caller(world.nora).post("holds/", slot())
    for who in (world.nora, world.dana, world.alma):
        assert caller(who).get("bookings/").json()["results"] == []


def test_covering_is_a_dated_grant(world, caller, book, clock):
    """AC12, AC6."""
    hers = book(caller(world.nora))["id"]
    Cover.objects.create(
        covering=world.ben,
        covered=world.alma,
        first_day=date(2027, 3, 1),
        last_day=date(2027, 3, 1),
    )
    ben = caller(world.ben)
    assert ben.get(f"bookings/{hers}/").status_code == 200
    clock.shift(timedelta(days=1))
    assert ben.get(f"bookings/{hers}/").status_code == 404


def test_two_clinics(world, caller, book):
    """AC3: the desk of one clinic reads nothing of the other, by list or by id."""
    twin = build("cove", "Twin")
    hers = book(caller(world.nora))["id"]
    there = caller(twin.dana, twin.clinic)
    assert there.get("bookings/").json()["results"] == []
    assert there.get(f"bookings/{hers}/").status_code == 404


def test_the_rooms_address_is_in_no_answer(world, caller, book):
    """TK1: ready or open, to patient, therapist and desk."""
    hers = book(caller(world.nora))["id"]
    room = Room.objects.get()
    room.state, room.join_url, room.host_url = "open", "https://room.example/x", "https://h.example"
    room.save()
    for who in (world.nora, world.alma, world.dana):
        for path in (f"bookings/{hers}/", "bookings/"):
            told = caller(who).get(path).content.decode()
            assert "room.example" not in told and "h.example" not in told and "token" not in told


def test_a_list_goes_page_by_page(world, caller, book):
    nora = caller(world.nora)
    days = ["2027-03-04", "2027-03-02", "2027-03-03"]
    made = {book(nora, f"{day}T10:00-08:00")["id"] for day in days}
    seen, address = [], "bookings/?limit=2"
    while address:
        answer = nora.get(address).json()
        assert len(answer["results"]) <= 2
        seen += answer["results"]
        address = answer["next"]
    assert {one["id"] for one in seen} == made and len(seen) == 3
    assert [one["start"] for one in seen] == sorted(one["start"] for one in seen)


@pytest.mark.parametrize("cursor", ["x", "WyIxIl0:1x:2y", "🙂"])
def test_a_made_up_cursor(world, caller, cursor: str):
    answer = caller(world.nora).get("bookings/", {"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")


def test_a_list_is_narrowed(world, caller, book):
    nora = caller(world.nora)
    first = book(nora, "2027-03-08T10:00-08:00")
    second = book(nora, "2027-03-09T10:00-08:00")
    nora.post(f"bookings/{first['id']}/cancel/")
    for query, ids in (
        ({"state": "cancelled"}, {first["id"]}),
        ({"state": "booked"}, {second["id"]}),
        ({"from": "2027-03-09T00:00-08:00"}, {second["id"]}),
        ({"until": "2027-03-09T00:00-08:00"}, {first["id"]}),
    ):
        listed = nora.get("bookings/", query).json()["results"]
        assert {one["id"] for one in listed} == ids, query


@pytest.mark.parametrize(
    "query",
    [
        {"patient__email__startswith": "n"},
        {"ordering": "patient__user__password"},
        {"_connector": "OR 1=1"},
        {"page": "2"},
    ],
)
def test_no_other_filter(world, caller, query):
    """AC8."""
    answer = caller(world.dana).get("bookings/", query)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")


def test_every_look_is_noted(world, caller, book):
    """LG1: who, whose, what; a list names each patient, a refused look as well."""
    hers = book(caller(world.nora))["id"]
    his = book(caller(world.omar), "2027-03-03T10:00-08:00")["id"]
    before = AuditRow.objects.count()
    dana = caller(world.dana)
    dana.get("bookings/")
    rows = list(AuditRow.objects.order_by("pk")[before:])
    assert {(r.action, r.subject_id) for r in rows} == {
        ("booking.list", str(world.nora.pk)),
        ("booking.list", str(world.omar.pk)),
    }
    assert {(r.actor_kind, r.actor_id) for r in rows} == {("token", str(world.dana.pk))}
    dana.get(f"bookings/{hers}/")
    last = AuditRow.objects.latest("pk")
    assert (last.action, last.subject_id, last.object_id) == (
        "booking.view",
        str(world.nora.pk),
        hers,
    )
    caller(world.nora).get(f"bookings/{his}/")
    last = AuditRow.objects.latest("pk")
    assert (last.action, last.outcome, last.code, last.object_id) == (
        "booking.view",
        "refused",
        "not_found",
        his,
    )


def test_queries_do_not_grow_with_the_rows(world, caller, book, django_assert_num_queries):
    """Token, clinic, roles, profile; then bookings, occupancies, therapists, audit."""
    nora = caller(world.nora)
    book(nora)
    with django_assert_num_queries(6):
        nora.get("bookings/")
    for day in ("03", "04"):
        book(nora, f"2027-03-{day}T10:00-08:00")
    with django_assert_num_queries(6):
        nora.get("bookings/")


def test_several_people_of_one_mailbox(world, caller, book):
    """`X-Patient` says for whom; without it nobody is guessed."""
    twin = patient(world.clinic, "Nick", user=world.nora.user)
    calling = caller(world.nora)
    assert calling.get("me/").json()["patient"] is None
    calling.headers["X-Patient"] = twin.reference
    assert calling.get("me/").json()["patient"]["first_name"] == "Nick"
    assert book(calling)["state"] == "booked"
    assert Booking.objects.get().patient == twin
    calling.headers["X-Patient"] = world.omar.reference
    assert calling.get("me/").status_code == 404


def test_the_zone_of_a_booking_is_the_patients(world, caller, book):
    told = book(caller(world.nora), zone="America/New_York")
    assert (told["start"], told["zone"]) == ("2027-03-02T13:00:00-05:00", "America/New_York")
    assert told["zone"] != LA
