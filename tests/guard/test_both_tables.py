"""BL1: the two real tables refuse what overlaps, with no action, form or page in between."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.models.guard import violated
from scheduling.models import Booking, Occupancy, Session
from tests.web.desk import booked
from tests.world import World, at, build, offer, therapist

pytestmark = pytest.mark.django_db
TEN, ELEVEN = at("2027-03-03", 10), at("2027-03-03", 11)
TABLES = [Occupancy, Booking]
NAMES = {Occupancy: "occupancy_no_overlap", Booking: "booking_no_overlap"}


@pytest.fixture
def world() -> World:
    """Nora is with Alma at ten on Wednesday. At eleven Nora is with Ben, and Alma with Omar."""
    made = build()
    booked(made, made.nora, TEN)
    booked(made, made.nora, ELEVEN, therapist=made.ben.uuid)
    booked(made, made.omar, ELEVEN)
    return made


def rows_of(world: World, table: type) -> tuple[Any, Any]:
    """The row at ten and the one at eleven of one owner: Alma's, or Nora's."""
    owner = {"therapist": world.alma.user} if table is Occupancy else {"patient": world.nora}
    first, second = table.objects.filter(**owner).order_by("start")
    return first, second


def refused(name: str, write: Any) -> None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        write()
    assert violated(caught.value) == name


def moved(table: type, minutes: int) -> dict[str, int]:
    """The columns of a row that is 50 minutes long and begins `minutes` after ten."""
    start, end = TEN + minutes, TEN + minutes + 50
    busy = {"busy_from": start, "busy_until": end + 10} if table is Occupancy else {}
    return {"start": start, "end": end} | busy


def copy_of(row: Any, session: Session) -> Any:
    """Another row of the same owner, not saved."""
    fields = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}
    for name in ("id", "uuid", "reference"):
        fields.pop(name, None)
    made = type(row)(**fields | {"session_id": session.pk})
    if isinstance(row, Booking):
        made.reference = "ZZZZZZZZ"
    return made


@pytest.mark.parametrize("minutes", [0, 15, 50, 59])
@pytest.mark.parametrize("table", TABLES)
def test_moving_a_row_onto_another(world, table: type, minutes: int):
    """By update(), by save() as a shell would, and in SQL; buffers count for the therapist."""
    _first, second = rows_of(world, table)
    to = moved(table, minutes)
    if table is Booking and minutes >= 50:  # a patient needs no break
        table.objects.filter(pk=second.pk).update(**to)
        return
    refused(NAMES[table], lambda: table.objects.filter(pk=second.pk).update(**to))
    for name, value in to.items():
        setattr(second, name, value)
    refused(NAMES[table], second.save)
    sets = ", ".join(f'"{name}" = {value}' for name, value in to.items())
    sql = f"UPDATE {table._meta.db_table} SET {sets} WHERE id = {second.pk}"
    refused(NAMES[table], lambda: connection.cursor().execute(sql))


@pytest.mark.parametrize("table", TABLES)
def test_adding_a_row_over_another(world, table: type):
    """By save(), bulk_create() and INSERT ... SELECT, as an import would."""
    first, _second = rows_of(world, table)
    spare = Session.objects.create(
        **{f.attname: getattr(first.session, f.attname) for f in Session._meta.concrete_fields
           if f.attname not in ("id", "uuid")}
    )  # fmt: skip
    refused(NAMES[table], copy_of(first, spare).save)
    refused(NAMES[table], lambda: table.objects.bulk_create([copy_of(first, spare)]))
    columns = [f.column for f in table._meta.concrete_fields if f.column != "id"]
    new = {"session_id": str(spare.pk), "reference": "'YYYYYYYY'", "uuid": "'{}'".format("0" * 32)}
    into = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(new.get(name, f'"{name}"') for name in columns)
    name = table._meta.db_table
    sql = f"INSERT INTO {name} ({into}) SELECT {values} FROM {name} WHERE id = {first.pk}"
    refused(NAMES[table], lambda: connection.cursor().execute(sql))


@pytest.mark.parametrize("table", TABLES)
def test_bringing_a_cancelled_row_back(world, table: type):
    first, second = rows_of(world, table)
    table.objects.filter(pk=first.pk).update(live=False)
    table.objects.filter(pk=second.pk).update(**moved(table, 30))
    refused(NAMES[table], lambda: table.objects.filter(pk=first.pk).update(live=True))


def test_giving_a_session_to_somebody_else(world):
    """Alma's at ten is handed to Ben, who has Nora at eleven: fine; hers at eleven is not."""
    first, second = rows_of(world, Occupancy)
    ben = {"therapist": world.ben.user, "profile": world.ben}
    Occupancy.objects.filter(pk=first.pk).update(**ben)
    refused(
        "occupancy_no_overlap",
        lambda: Occupancy.objects.filter(pk=second.pk).update(**ben),
    )
    omars = Booking.objects.get(patient=world.omar)
    refused(
        "booking_no_overlap",
        lambda: Booking.objects.filter(pk=omars.pk).update(patient=world.nora),
    )


def test_one_person_in_two_clinics_is_booked_once(world):
    """The owner is the person, not the profile of one clinic."""
    other = build("meadow", suffix="M")
    there = therapist(other.clinic, "Alma", account=world.alma.user)
    offer(there, other.cbt)
    row = Occupancy.objects.get(session=booked(other, other.nora, ELEVEN + 180).session)
    refused(
        "occupancy_no_overlap",
        lambda: Occupancy.objects.filter(pk=row.pk).update(
            therapist=world.alma.user, profile=there, **moved(Occupancy, 0)
        ),
    )


@pytest.mark.parametrize("table", TABLES)
def test_a_form_says_so(world, table: type):
    """What full_clean says, an admin form would."""
    _first, second = rows_of(world, table)
    for name, value in moved(table, 15).items():
        setattr(second, name, value)
    with pytest.raises(ValidationError, match="overlaps"):
        second.full_clean()


def test_the_busy_time_is_tied_to_start_end_and_buffers(world):
    """So that nobody makes room by shrinking what the guard looks at."""
    first, _second = rows_of(world, Occupancy)
    shrunk = Occupancy.objects.filter(pk=first.pk)
    refused("occupancy_buffers_tied", lambda: shrunk.update(busy_until=first.end))
    refused("occupancy_buffers_tied", lambda: shrunk.update(start=first.start + 5))
