"""The slot search over the database: who is in it, on which days, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.engine.interval import DAY, to_minute
from scheduling.models import DayHours, Holiday, Occupancy, Offering, TimeOff, WeeklyHours
from scheduling.queries.slots import Wanted, nearest, next_available, search
from tests.world import LA, NOW, NY, World, at, build, licence, offer, service, therapist

pytestmark = pytest.mark.django_db
TUESDAY, WEDNESDAY = date(2027, 3, 2), date(2027, 3, 3)


@pytest.fixture
def world() -> World:
    return build()


def wanted(world: World, **said) -> Wanted:
    """Tuesday, for a patient in California."""
    first = at(TUESDAY, 0)
    return Wanted(
        **{
            "service": world.cbt.pk,
            "place": "CA",
            "zone": LA,
            "medium": "video",
            "first": first,
            "until": first + DAY,
        }
        | said
    )


def starts(world: World, who, now=NOW, **said) -> list[int]:
    found = search(wanted(world, **said), now)
    return next((one.starts for one in found if one.profile == who.pk), [])


def test_the_hours_of_the_day_on_the_grid(world):
    found = starts(world, world.alma)
    assert found[:2] == [at(TUESDAY, 9), at(TUESDAY, 9, 15)]
    assert found[-1] == at(TUESDAY, 16)  # 50 minutes end by five; 4:15 would not
    assert len(found) == 29


def test_three_selects_for_any_number_of_therapists_and_days(world):
    for number in range(12):
        who = therapist(world.clinic, f"More{number}")
        offer(who, world.cbt)
        TimeOff.objects.create(therapist=who, first_day=WEDNESDAY, last_day=WEDNESDAY)
    for days in (1, 14, 60):
        with CaptureQueriesContext(connection) as sent:
            found = search(wanted(world, until=at(TUESDAY, 0) + days * DAY), NOW)
        assert len(found) == 14
        # 1. therapists, terms, hours, licences  2. single days  3. time taken
        assert len(sent) == 3


def test_the_time_taken_comes_from_the_covering_index_alone(world):
    for hour in range(100):
        occupy(world, at(TUESDAY, 0) + 60 * hour)
    with CaptureQueriesContext(connection) as sent:
        search(wanted(world), NOW)
    busy = next(q["sql"] for q in sent if "scheduling_occupancy" in q["sql"])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # its planner takes what so few rows make cheapest
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'occupancy_busy'")
            (index,) = cursor.fetchone()
            assert index.endswith("(therapist_id, live, busy_from, busy_until, held_until)")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {busy}")
            plan = "\n".join(row[-1] for row in cursor.fetchall())
            assert "USING COVERING INDEX occupancy_busy" in plan
            assert "TEMP B-TREE" not in plan


def test_only_who_is_licensed_where_the_patient_will_be(world):
    """TH2."""
    assert {one.profile for one in search(wanted(world, place="NY"), NOW)} == {world.ben.pk}
    assert search(wanted(world, place="TX"), NOW) == []


def test_a_licence_counts_on_the_day_of_the_slot(world):
    """TH2: valid through Tuesday, in the days of the patient's zone."""
    world.alma.licences.update(valid_until=TUESDAY)
    found = starts(world, world.alma, until=at(TUESDAY, 0) + 3 * DAY)
    assert found
    assert max(found) < at(WEDNESDAY, 0)
    # Where it is three hours later, Tuesday ends three hours earlier.
    WeeklyHours.objects.filter(therapist=world.alma).update(pattern="1:540-1440")
    late = starts(world, world.alma, zone=NY, until=at(TUESDAY, 0) + 3 * DAY)
    assert max(late) < at(WEDNESDAY, 0, zone=NY)


def test_a_second_licence_takes_over(world):
    world.alma.licences.update(valid_until=TUESDAY)
    licence(world.alma, "CA", since=WEDNESDAY)
    found = starts(world, world.alma, until=at(TUESDAY, 0) + 2 * DAY)
    assert min(found) < at(WEDNESDAY, 0) < max(found)


def test_a_revoked_licence_counts_no_more(world):
    world.alma.licences.update(revoked_at=NOW)
    assert starts(world, world.alma) == []


def test_other_hours_on_one_date(world):
    DayHours.objects.create(therapist=world.alma, day=TUESDAY, spans="600-660")
    assert starts(world, world.alma) == [at(TUESDAY, 10)]


def test_a_day_off_and_a_holiday(world):
    DayHours.objects.create(therapist=world.alma, day=TUESDAY, spans="")
    assert starts(world, world.alma) == []
    Holiday.objects.create(clinic=world.clinic, day=TUESDAY, name="Closed")
    assert starts(world, world.ben) == []


def test_time_off_over_several_days(world):
    TimeOff.objects.create(therapist=world.alma, first_day=TUESDAY, last_day=WEDNESDAY)
    found = starts(world, world.alma, until=at(TUESDAY, 0) + 3 * DAY)
    assert min(found) == at("2027-03-04", 9)


def test_hours_change_from_a_day_on(world):
    WeeklyHours.objects.filter(therapist=world.alma).update(valid_until=TUESDAY)
    WeeklyHours.objects.create(therapist=world.alma, pattern="2:600-660", valid_from=WEDNESDAY)
    found = starts(world, world.alma, until=at(TUESDAY, 0) + 2 * DAY)
    assert found[0] == at(TUESDAY, 9)
    assert [s for s in found if s > at(WEDNESDAY, 0)] == [at(WEDNESDAY, 10)]


def test_terms_of_the_offering_go_before_the_service_and_the_clinic(world):
    world.clinic.grid = 30
    world.clinic.save()
    assert starts(world, world.alma)[1] == at(TUESDAY, 9, 30)
    world.cbt.grid = 60
    world.cbt.save()
    assert starts(world, world.alma)[1] == at(TUESDAY, 10)
    Offering.objects.filter(therapist=world.alma).update(grid=15)
    assert starts(world, world.alma)[1] == at(TUESDAY, 9, 15)
    assert starts(world, world.ben)[1] == at(TUESDAY, 10, zone=NY) == at(TUESDAY, 7)


def test_notice_and_horizon(world):
    now = NOW + timedelta(days=1)  # Tuesday, 9 AM in Los Angeles
    assert min(starts(world, world.alma, now=now)) == at(TUESDAY, 11)
    later = at(TUESDAY, 0) + 61 * DAY
    assert starts(world, world.alma, first=later, until=later + DAY) == []


def test_who_takes_no_new_patients_is_left_out_unless_known(world):
    world.alma.accepting = False
    world.alma.save()
    assert starts(world, world.alma) == []
    assert starts(world, world.alma, accepting=False) != []


def test_language_and_medium(world):
    world.ben.languages = "en,es"
    world.ben.save()
    assert {one.profile for one in search(wanted(world, language="es"), NOW)} == {world.ben.pk}
    assert search(wanted(world, language="e"), NOW) == []
    world.cbt.telephone = False
    world.cbt.save()
    assert search(wanted(world, medium="telephone"), NOW) == []


def occupy(world: World, start: int, **fields) -> Occupancy:
    from scheduling.models import Session

    session = Session.objects.create(
        clinic=world.clinic, service=world.cbt, start=start, end=start + 50, zone=LA,
        medium="video", state="scheduled", created_at=NOW,
    )  # fmt: skip
    return Occupancy.objects.create(
        **{
            "session": session,
            "therapist": world.alma.user,
            "profile": world.alma,
            "start": start,
            "end": start + 50,
            "buffer_before": 0,
            "buffer_after": 10,
            "busy_from": start,
            "busy_until": start + 60,
        }
        | fields
    )


def test_a_taken_time_and_its_buffers_are_gone(world):
    occupy(world, at(TUESDAY, 11))
    found = starts(world, world.alma)
    assert at(TUESDAY, 10) in found  # 10:00 to 10:50, and ten minutes after
    assert at(TUESDAY, 10, 15) not in found
    assert at(TUESDAY, 11, 45) not in found
    assert at(TUESDAY, 12) in found


def test_a_held_time_is_free_when_the_hold_ends(world):
    """Right even when no worker lives."""
    occupy(world, at(TUESDAY, 11), held_until=int(NOW.timestamp()) + 60)
    assert at(TUESDAY, 11) not in starts(world, world.alma)
    assert at(TUESDAY, 11) in starts(world, world.alma, now=NOW + timedelta(seconds=60))


def test_the_session_that_is_moved_takes_no_time(world):
    taken = occupy(world, at(TUESDAY, 11))
    found = starts(world, world.alma, without_session=taken.session_id)
    assert at(TUESDAY, 11) in found


def test_an_enough_busy_day_offers_nothing(world):
    world.cbt.max_per_day = 1
    world.cbt.save()
    occupy(world, at(TUESDAY, 16))
    found = starts(world, world.alma, until=at(TUESDAY, 0) + 2 * DAY)
    assert min(found) == at(WEDNESDAY, 9)


def test_next_available_jumps_over_empty_weeks(world):
    for who in (world.alma, world.ben):
        TimeOff.objects.create(therapist=who, first_day=TUESDAY, last_day=date(2027, 4, 9))
    asked = wanted(world, until=at(TUESDAY, 0) + 90 * DAY)
    found = next_available(asked, NOW)
    assert found is not None
    one, start = found
    assert (one.profile, start) == (world.ben.pk, at("2027-04-12", 9, zone=NY))
    assert next_available(replace(asked, place="TX"), NOW) is None


def test_nearest_gives_three_others(world):
    occupy(world, at(TUESDAY, 11))
    world.ben.active = False
    world.ben.save()
    found = nearest(wanted(world), at(TUESDAY, 11), NOW)
    assert [start for start, _ in found] == [
        at(TUESDAY, 10),
        at(TUESDAY, 12),
        at(TUESDAY, 9, 45),
    ]


def test_another_clinics_therapists_are_not_in_it(world):
    """AC3."""
    other = build("twin", "2")
    assert {one.profile for one in search(wanted(world), NOW)} == {world.alma.pk, world.ben.pk}
    assert {one.profile for one in search(wanted(other), NOW)} == {other.alma.pk, other.ben.pk}


def test_a_person_of_two_clinics_is_booked_once(world):
    """Occupancies are the person's: a session in one clinic takes the time in the other."""
    other = build("twin", "2")
    both = therapist(other.clinic, "Alma there", account=world.alma.user)
    offer(both, other.cbt)
    occupy(world, at(TUESDAY, 11))
    assert at(TUESDAY, 11) not in starts(other, both)


def test_over_a_clock_change_hours_stay_on_the_wall(world):
    """Clocks go forward on Sunday, March 14."""
    friday, monday = at("2027-03-12", 9), at("2027-03-15", 9)
    found = starts(world, world.alma, first=friday, until=monday + DAY)
    assert friday in found
    assert monday in found
    assert monday - friday == 3 * DAY - 60


def test_a_short_service_has_its_own_length(world):
    short = service(world.clinic, "short", minutes=25)
    offer(world.alma, short)
    found = starts(world, world.alma, service=short.pk)
    assert max(found) == at(TUESDAY, 16, 30)
    assert to_minute(NOW) < min(found)


def test_two_licences_that_overlap_offer_each_time_once(world):
    """TH2: renewed before the old one has lapsed."""
    world.alma.licences.update(valid_until=WEDNESDAY)
    licence(world.alma, "CA", since=TUESDAY)
    found = starts(world, world.alma, until=at(TUESDAY, 0) + 4 * DAY)
    assert found == sorted(set(found))
    assert max(found) > at("2027-03-04", 9)


def test_from_and_until_bound_the_start_to_the_minute(world):
    """Both lie within a day, as they do when somebody looks from now on."""
    found = starts(world, world.alma, first=at(TUESDAY, 10, 7), until=at(WEDNESDAY, 11, 15))
    assert found[0] == at(TUESDAY, 10, 15)
    assert found[-1] == at(WEDNESDAY, 11)


def test_a_search_is_planned_once_a_connection(world):
    """On PostgreSQL planning the three SELECTs would take longer than running them."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite keeps prepared statements by itself.")
    for _ in range(8):
        search(wanted(world), NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        prepared = "".join(row[0] for row in cursor.fetchall())
    assert "FROM scheduling_offering" in prepared
    assert "FROM scheduling_timeoff" in prepared
    assert "FROM scheduling_occupancy" in prepared
