"""Each refusal of the issue through the API: its code, its status, one sentence, nothing done."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.errors import Refusal
from accounts.models import Licence
from scheduling.models import Booking, Occupancy
from tests.world import LA, licence, patient


def refused(answer, code: str, status: int = 409) -> dict:
    """A problem in the one shape; answers it."""
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code), told
    assert answer["Content-Type"] == "application/problem+json"
    assert told["status"] == status and told["type"] == "about:blank"
    assert told["title"] and told["detail"].endswith((".", "!"))
    return told


@pytest.fixture
def hold(caller, slot):
    """What a stranger is told who wants a time."""

    def answer(start: str = "2027-03-02T10:00-08:00", **said):
        return caller().post("holds/", slot(start, **said))

    return answer


@pytest.fixture
def on_the_clock(caller, slot):
    """The same with date and time on the wall clock."""

    def answer(**said):
        body = slot(**said)
        del body["start"]
        return caller().post("holds/", body)

    return answer


def test_slot_gone_with_the_three_nearest_others(world, caller, book, hold):
    book(caller(world.nora))
    told = refused(hold("2027-03-02T10:30-08:00"), "slot_gone")
    assert [one["start"] for one in told["nearest"]] == [
        "2027-03-02T11:00:00-08:00",
        "2027-03-02T11:15:00-08:00",
        "2027-03-02T11:30:00-08:00",
    ]


def test_what_is_held_is_gone_too(hold):
    assert hold().status_code == 201
    refused(hold(), "slot_gone")


def test_too_late(hold):
    """Two hours' notice; it is nine o'clock."""
    refused(hold("2027-03-01T10:00-08:00"), "too_late")


def test_too_late_to_move_or_cancel(world, caller, book, clock):
    nora = caller(world.nora)
    hers = book(nora)
    clock.move_to(datetime(2027, 3, 2, 16, 30, tzinfo=UTC))  # an hour and a half before
    refused(nora.post(f"bookings/{hers['id']}/cancel/"), "too_late")
    to = {"start": "2027-03-03T10:00-08:00"}
    refused(nora.post(f"bookings/{hers['id']}/reschedule/", to), "too_late")
    done = caller(world.dana).post(f"bookings/{hers['id']}/cancel/", {"reason": "patient"})
    assert done.json()["late"] is True


def test_too_far_ahead(hold):
    refused(hold("2027-06-01T10:00-07:00"), "too_far_ahead")
    refused(hold("2037-06-01T10:00-07:00"), "too_far_ahead")


def test_outside_hours(hold):
    refused(hold("2027-03-02T18:00-08:00"), "outside_hours")
    refused(hold("2027-03-06T10:00-08:00"), "outside_hours")  # a Saturday


def test_off_the_grid(hold):
    refused(hold("2027-03-02T10:07-08:00"), "off_grid")


def test_daily_limit(world, caller, book, hold):
    world.cbt.max_per_day = 1
    world.cbt.save()
    book(caller(world.nora))
    refused(hold("2027-03-02T14:00-08:00"), "daily_limit")


def test_not_licensed_there(hold):
    """TH2."""
    refused(hold(place="TX"), "not_licensed")


def test_the_licence_lapses_before(world, hold):
    """TH2."""
    Licence.objects.filter(therapist=world.alma).delete()
    licence(world.alma, "CA", until=date(2027, 3, 5))
    assert hold("2027-03-05T10:00-08:00").status_code == 201
    refused(hold("2027-03-08T10:00-08:00"), "licence_lapses")


def test_the_patient_is_busy(world, caller, book, slot):
    nora = caller(world.nora)
    book(nora)
    other = nora.post("holds/", slot("2027-03-02T10:30-08:00", therapist=str(world.ben.uuid)))
    hold = {"hold": other.json()["id"], "secret": other.json()["secret"]}
    told = refused(nora.post("bookings/", hold), "patient_busy")
    assert told["detail"] == "You have another appointment at this time."


def test_staff_are_not_told_of_a_booking_they_cannot_see(world, caller, book, slot):
    """P23: Ben treats Nora too, but her time with Alma is none of his knowledge."""
    nora = caller(world.nora)
    book(nora, "2027-03-04T10:00-08:00", therapist=str(world.ben.uuid))
    book(nora)
    body = slot(therapist=str(world.ben.uuid)) | {"patient": world.nora.reference}
    told = refused(caller(world.ben).post("bookings/", body), "patient_busy")
    assert told["detail"] == "This time cannot be booked for this patient."


def test_the_hold_has_expired(world, caller, slot, clock):
    nora = caller(world.nora)
    held = nora.post("holds/", slot()).json()
    clock.shift(timedelta(minutes=10))
    hold = {"hold": held["id"], "secret": held["secret"]}
    refused(nora.post("bookings/", hold), "hold_expired")
    assert not Booking.objects.filter(state="booked").exists()


def test_too_many_holds(world, caller, slot):
    """BL3."""
    nora = caller(world.nora)
    for hour in ("10", "12"):
        nora.post("holds/", slot(f"2027-03-02T{hour}:00-08:00"))
    answer = nora.post("holds/", slot("2027-03-02T14:00-08:00"))
    refused(answer, "too_many_holds", 429)
    assert int(answer["Retry-After"]) > 0


def test_no_consent(world, caller, slot):
    """TH3."""
    zoe = caller(patient(world.clinic, "Zoe", consent=False))
    held = zoe.post("holds/", slot()).json()
    hold = {"hold": held["id"], "secret": held["secret"]}
    refused(zoe.post("bookings/", hold), "consent_missing", 422)


def test_not_a_patient_of_the_clinic(world, caller, slot):
    mallory = caller(world.mallory)
    held = mallory.post("holds/", slot()).json()
    hold = {"hold": held["id"], "secret": held["secret"]}
    refused(mallory.post("bookings/", hold), "not_a_patient", 422)


def test_the_therapist_does_not_accept(world, hold):
    world.alma.accepting = False
    world.alma.save()
    refused(hold(), "not_accepting")


def test_who_takes_no_new_ones_is_there_for_their_own_patients(world, caller, slot):
    nora, book_it = caller(world.nora), slot("2027-03-02T10:00-08:00")
    held = nora.post("holds/", book_it).json()
    nora.post("bookings/", {"hold": held["id"], "secret": held["secret"]})
    world.alma.accepting = False
    world.alma.save()
    assert nora.post("holds/", slot("2027-03-09T10:00-08:00")).status_code == 201
    refused(caller(world.omar).post("holds/", slot("2027-03-09T11:00-08:00")), "not_accepting")
    asked = {key: book_it[key] for key in ("service", "therapist", "place", "zone")}
    assert nora.get("slots/", asked).json()["therapists"] != []
    assert caller(world.omar).get("slots/", asked).json()["therapists"] == []


def test_a_group_is_not_booked_like_a_single_session(world, hold):
    world.cbt.kind = "group"
    world.cbt.save()
    refused(hold(), "group_service")


def test_the_therapist_does_not_offer_it_so(world, hold):
    world.cbt.telephone = False
    world.cbt.save()
    refused(hold(medium="telephone"), "not_offered")


def test_in_the_past(hold):
    refused(hold("2027-03-01T08:00-08:00"), "in_the_past")


@pytest.mark.parametrize("zone", [LA, "America/New_York"])
def test_in_a_spring_gap(on_the_clock, zone: str):
    """Sunday, March 14, 2027: half past two does not exist."""
    said = {"date": "2027-03-14", "time": "02:30", "zone": zone}
    refused(on_the_clock(**said), "spring_gap", 422)


@pytest.mark.parametrize("day", ["2027-02-29", "2027-13-01", "0000-01-01"])
def test_a_date_that_does_not_exist(hold, on_the_clock, day: str):
    assert refused(hold(f"{day}T10:00-08:00"), "no_such_date", 422)["field"] == "start"
    said = {"date": day, "time": "10:00"}
    assert refused(on_the_clock(**said), "no_such_date", 422)["field"] == "date"


def test_a_zone_that_does_not_exist(hold):
    told = refused(hold(zone="America/Atlantis"), "no_such_zone", 422)
    assert told["field"] == "zone"


@pytest.mark.parametrize(
    ("start", "code"),
    [
        ("2027-03-02T10:00", "no_offset"),
        ("2027-03-02", "moment"),
        ("tomorrow", "moment"),
        (1803924000, "moment"),
        (None, "moment"),
        ("2027-03-02T10:00:30-08:00", "seconds"),
        ("2027-03-02T10:00:00.5-08:00", "moment"),
    ],
)
def test_a_moment_is_said_with_its_offset(hold, start, code: str):
    told = refused(hold(start), "invalid", 422)
    assert told["errors"][0]["field"] == "start"
    assert told["errors"][0]["code"] in {code, "null"}


def test_cancelled_already(world, caller, book):
    nora = caller(world.nora)
    hers = book(nora, "2027-03-08T10:00-08:00")
    nora.post(f"bookings/{hers['id']}/cancel/")
    refused(nora.post(f"bookings/{hers['id']}/cancel/"), "cancelled_already")
    to = {"start": "2027-03-09T10:00-08:00"}
    refused(nora.post(f"bookings/{hers['id']}/reschedule/", to), "cancelled_already")


def test_started_already(world, caller, book, clock):
    hers = book(caller(world.nora))
    clock.move_to(datetime(2027, 3, 2, 18, 5, tzinfo=UTC))
    for who in (world.nora, world.dana):
        cancel = caller(who).post(f"bookings/{hers['id']}/cancel/", {"reason": "clinic"})
        refused(cancel, "started_already")


def test_unknown_fields(hold):
    """AC5."""
    for name in ("state", "clinic", "patient", "id", "join_url", "held_until"):
        told = refused(hold(**{name: "1"}), "unknown_field", 422)
        assert told["field"] == name


def test_fields_that_are_missing_or_wrong_are_listed(caller):
    told = refused(caller().post("holds/", {"medium": "letter"}), "invalid", 422)
    fields = {one["field"]: one["code"] for one in told["errors"]}
    assert fields == {
        "service": "required",
        "therapist": "required",
        "medium": "invalid_choice",
        "place": "required",
        "zone": "required",
    }


def test_a_refusal_leaves_nothing_behind(world, caller, book, hold):
    book(caller(world.nora))
    before = Occupancy.objects.count(), Booking.objects.count()
    for body in ({"place": "TX"}, {"start": "2027-03-02T10:15-08:00"}, {"zone": "X/Y"}):
        assert hold(**body).status_code >= 400
    assert (Occupancy.objects.count(), Booking.objects.count()) == before


def test_every_refusal_has_a_code_of_its_own_and_a_status():
    """A new leaf of the tree needs nothing more than its class."""
    from scheduling.api.problems import leaves, refused

    found = leaves(Refusal)
    assert len(found) > 30
    assert len({leaf.code for leaf in found}) == len(found)
    for leaf in found:
        answer = refused(leaf())
        assert answer.status_code == leaf.status and 400 <= leaf.status < 500, leaf
        assert leaf.code.encode() in answer.content or leaf.status == 404
