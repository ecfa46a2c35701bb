"""AC4: each role receives its allow-listed fields and no others. A new key here is a decision."""

import pytest

from accounts.models import Patient
from tests.world import LA

TIMES = {
    "start": str,
    "end": str,
    "zone": str,
    "medium": str,
    "place": str,
    "service": {"id": str, "name": str, "minutes": int},
    "therapist": {"id": str, "name": str, "credentials": str},
}
FORMS = [{"form": str, "version": int, "text": str}]
HOLD = TIMES | {"id": str, "state": str, "held_until": str, "extended": bool, "consents": FORMS}
OWN = TIMES | {
    "id": str,
    "reference": str,
    "state": str,
    "booked_at": str,
    "cancelled_at": type(None),
    "late": bool,
    "join_page": str,
}
STAFF = {name: kind for name, kind in OWN.items() if name != "join_page"} | {
    "patient": {"reference": str, "name": str, "called": str},
    "cancel_reason": str,
    "attendance": str,
    "override": str,
}
PROFILE = {
    "reference": str,
    "first_name": str,
    "last_name": str,
    "called": str,
    "zone": str,
    "phone": str,
    "place": str,
    "reminders": type(None),
    "no_mail": bool,
    "consents": [str],
}
SERVICE = {
    "id": str,
    "slug": str,
    "name": str,
    "about": str,
    "modality": str,
    "modality_name": str,
    "kind": str,
    "minutes": int,
    "media": [str],
    "price": str,
}
THERAPIST = {
    "id": str,
    "name": str,
    "credentials": str,
    "about": str,
    "time_zone": str,
    "languages": [str],
    "accepting": bool,
    "services": [str],
    "licences": [{"state": str, "kind": str, "number": str, "valid_until": str}],
}


def shape(told):
    """The same nesting with types for values."""
    if isinstance(told, dict):
        return {name: shape(value) for name, value in told.items()}
    if isinstance(told, list):
        return [shape(told[0])] if told else []
    return type(told)


def test_what_is_open_to_all(world, caller, slot):
    stranger = caller()
    assert shape(stranger.get("services/").json()) == [SERVICE]
    assert shape(stranger.get("therapists/").json()) == [THERAPIST]
    assert shape(stranger.get("consent-forms/").json()) == FORMS
    asked = {"service": str(world.cbt.uuid), "place": "CA", "zone": LA}
    assert shape(stranger.get("slots/", asked).json()) == {
        "zone": str,
        "therapists": [{"therapist": str, "name": str, "starts": [str]}],
    }
    first = stranger.get("next-available/", asked).json()
    assert shape(first) == {"start": str, "therapist": str, "name": str}
    held = stranger.post("holds/", slot()).json()
    assert shape(held) == HOLD | {"secret": str}
    shown = stranger.get(f"holds/{held['id']}/", **{"X-Hold-Secret": held["secret"]})
    assert shape(shown.json()) == HOLD


@pytest.mark.parametrize(("name", "fields"), [("nora", OWN), ("alma", STAFF), ("dana", STAFF)])
def test_a_booking_by_role(world, caller, book, name: str, fields):
    book(caller(world.nora))
    calling = caller(getattr(world, name))
    listed = calling.get("bookings/").json()
    assert shape(listed) == {"next": type(None), "results": [fields]}
    assert shape(calling.get(f"bookings/{listed['results'][0]['id']}/").json()) == fields


def test_a_therapist_who_is_a_patient_too_reads_the_own_as_a_patient(world, caller, book):
    """What Alma's colleagues note about her is not hers to read by her role."""
    profile = Patient.objects.create(
        clinic=world.clinic, user=world.alma.user, first_name="Alma", state="CA", time_zone=LA
    )
    from accounts.models import Consent
    from tests.world import NOW

    Consent.objects.create(patient=profile, form="telehealth", version=1, signed_at=NOW)
    told = book(caller(world.alma), therapist=str(world.ben.uuid))
    assert shape(told) == OWN


@pytest.mark.parametrize(
    ("name", "patient"), [("nora", PROFILE), ("alma", type(None)), ("dana", type(None))]
)
def test_oneself(world, caller, name: str, patient):
    told = caller(getattr(world, name)).get("me/").json()
    roles = [str] if name != "nora" else []
    assert shape(told) == {"email": str, "roles": roles, "patient": patient}


def test_what_is_kept_back_from_everybody(world, caller, book):
    """Birth date, address and the mail of a patient are in no answer to staff."""
    book(caller(world.nora))
    for who in (world.alma, world.dana):
        told = caller(who).get("bookings/").content.decode()
        for secret in ("1990-05-17", "nora@example.org", "+13105550123", "owner_hash", "token"):
            assert secret not in told
