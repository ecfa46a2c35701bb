"""The seeded world of the measurements, laid into the tables by bulk statements.

Therapists work Monday to Friday, 9 to 12 and 1 to 5 on their own wall clocks, in four zones in
turn. Each hour is booked with probability 0.6 (50 minutes, 10 after; a day begins 0, 5 or 10
minutes late); one day off a fortnight; one booking in a hundred is only held. The window begins on
2027-03-08: clocks go forward inside it. What a table holds beyond the window is past.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Max, Model

from accounts.models import (
    Clinic,
    Consent,
    ConsentForm,
    Licence,
    Membership,
    Patient,
    Role,
    Therapist,
    User,
)
from accounts.models.people import new_reference
from scheduling.engine.hours import wall_to_minute
from scheduling.engine.interval import to_minute
from scheduling.models import (
    Holiday,
    Modality,
    Occupancy,
    Offering,
    Service,
    Session,
    TimeOff,
    WeeklyHours,
)
from tests.guard.lift import lifted

FIRST_DAY = date(2027, 3, 8)
NOW = datetime(2027, 3, 8, 0, 0, tzinfo=UTC)
ZONES = ("America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York")
HOURS = "540-720,780-1020"
PATTERN = ";".join(f"{day}:{HOURS}" for day in range(5))
HELD_UNTIL = int(NOW.timestamp()) + 600
Row = tuple[int, int, int | None]
"""(therapist number, start minute, held until)"""


def make_clinic(therapists: int) -> Clinic:
    """A clinic with a service that everybody offers, licences, a holiday and a daily limit."""
    clinic = Clinic.objects.create(
        name="Bench",
        slug="bench",
        time_zone=ZONES[0],
        max_per_day=8,
        min_notice=0,
        horizon_days=400,
    )
    ConsentForm.objects.create(clinic=clinic, form="telehealth", version=1, text="-")
    Holiday.objects.create(clinic=clinic, day=date(2027, 3, 28), name="A Sunday")
    modality = Modality.objects.create(clinic=clinic, code="cbt", name="CBT")
    service = Service.objects.create(
        clinic=clinic, slug="cbt", name="CBT", modality=modality, minutes=50
    )
    users = User.objects.bulk_create(
        [User(email=f"t{number}@example.org", password="!") for number in range(therapists)]
    )
    Membership.objects.bulk_create(
        [Membership(clinic=clinic, user=user, role=Role.THERAPIST.value) for user in users]
    )
    people = Therapist.objects.bulk_create(
        [
            Therapist(clinic=clinic, user=user, name=f"T{n}", time_zone=ZONES[n % 4])
            for n, user in enumerate(users)
        ]
    )
    since, until = FIRST_DAY - timedelta(days=900), FIRST_DAY + timedelta(days=900)
    Licence.objects.bulk_create(
        [
            Licence(therapist=one, state="CA", number="-", valid_from=since, valid_until=until)
            for one in people
        ]
    )
    WeeklyHours.objects.bulk_create(
        [WeeklyHours(therapist=one, pattern=PATTERN, valid_from=since) for one in people]
    )
    Offering.objects.bulk_create([Offering(therapist=one, service=service) for one in people])
    TimeOff.objects.bulk_create(
        [
            TimeOff(therapist=one, first_day=day, last_day=day)
            for n, one in enumerate(people)
            for day in days_off(n)
        ]
    )
    return clinic


def make_people(clinic: Clinic, patients: int) -> None:
    """A front desk, and patients with their consent on file."""
    desk = User.objects.create(email="desk@example.org", password="!")
    Membership.objects.create(clinic=clinic, user=desk, role=Role.DESK.value)
    people = Patient.objects.bulk_create(
        [
            Patient(clinic=clinic, first_name=f"P{n}", reference=new_reference())
            for n in range(patients)
        ]
    )
    Consent.objects.bulk_create(
        [Consent(patient=one, form="telehealth", version=1, signed_at=NOW) for one in people]
    )


def empty() -> None:
    """Away with what the measurement before has left."""
    with lifted(connection):
        call_command("flush", interactive=False, verbosity=0)


def days_off(number: int) -> list[date]:
    """One working day a fortnight."""
    dice = random.Random(number)
    return [FIRST_DAY + timedelta(days=14 * k + dice.choice((0, 1, 2, 3, 4))) for k in range(5)]


def window_rows(therapists: int, days: int) -> Iterator[Row]:
    for number in range(therapists):
        dice, off = random.Random(1000 + number), set(days_off(number))
        for day in (FIRST_DAY + timedelta(days=k) for k in range(days)):
            if day.weekday() > 4 or day in off:
                continue
            late = dice.choice((0, 5, 10))
            for hour in (9, 10, 11, 13, 14, 15, 16):
                if dice.random() < 0.6:
                    at = hour * 60 + late
                    start = wall_to_minute(ZONES[number % 4], day, at)
                    yield number, start, HELD_UNTIL if dice.random() < 0.01 else None


def past_rows(therapists: int, count: int) -> Iterator[Row]:
    """`count` rows before the window, hour by hour back, over all therapists alike."""
    begin = to_minute(NOW) - 1440
    for k in range(count):
        yield k % therapists, begin - 60 * (k // therapists + 1), None


SESSION = (
    "id", "uuid", "clinic_id", "service_id", "start", "end", "zone", "medium", "state", "revision",
    "created_at",
)  # fmt: skip
OCCUPANCY = (
    "session_id", "therapist_id", "profile_id", "start", "end", "buffer_before", "buffer_after",
    "busy_from", "busy_until", "live", "held_until",
)  # fmt: skip


def load(clinic: Clinic, rows: Iterator[Row]) -> int:
    """Insert sessions and occupancies as fast as the database takes them; answers how many."""
    people = list(Therapist.objects.filter(clinic=clinic).order_by("pk"))
    service = Service.objects.get(clinic=clinic, slug="cbt").pk
    known = list(rows)
    first = (Session.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    when = connection.ops.adapt_datetimefield_value(NOW)
    put(
        Session,
        SESSION,
        (
            (first + n, uuid4().hex, clinic.pk, service, start, start + 50, "UTC", "video",
             "scheduled", 0, when)
            for n, (_, start, _) in enumerate(known)
        ),
    )  # fmt: skip
    put(
        Occupancy,
        OCCUPANCY,
        (
            (first + n, people[who].user_id, people[who].pk, start, start + 50, 0, 10, start,
             start + 60, True, held_until)
            for n, (who, start, held_until) in enumerate(known)
        ),
    )  # fmt: skip
    return len(known)


def put(model: type[Model], columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
    table, names = model._meta.db_table, ", ".join(f'"{name}"' for name in columns)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), MAX(id)) FROM {table}"
            )
        else:
            marks = ", ".join(["?"] * len(columns))
            cursor.cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


@contextmanager
def unguarded(*models: type) -> Iterator[None]:
    """Without the guards of these tables: to load them quickly, or to measure what they cost."""
    unguard(*models)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            for model in models:
                for constraint in guards(model):
                    editor.deferred_sql.extend(constraint.statements(model, editor))


def unguard(*models: type) -> None:
    """On SQLite the triggers are dropped: a remake of the table would make them again."""
    with connection.schema_editor() as editor:
        for model in models:
            for constraint in guards(model):
                if connection.vendor == "postgresql":
                    editor.remove_constraint(model, constraint)
                    continue
                for when in ("insert", "update"):
                    editor.execute(f"DROP TRIGGER {constraint.name}_{when}")


def guards(model: type) -> list:
    return [c for c in model._meta.constraints if type(c).__name__ == "NoOverlap"]


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def service_of(clinic: Clinic, therapists: int) -> int:
    """A service of 50 minutes that the first so many therapists offer."""
    modality = Modality.objects.get(clinic=clinic)
    service, made = Service.objects.get_or_create(
        clinic=clinic, slug=f"of-{therapists}", modality=modality, minutes=50
    )
    if made:
        people = Therapist.objects.filter(clinic=clinic).order_by("pk")[:therapists]
        Offering.objects.bulk_create([Offering(therapist=one, service=service) for one in people])
    return service.pk
