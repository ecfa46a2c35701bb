"""A small clinic with named people, for tests: plain functions, real rows.

Alma is a therapist in Los Angeles, licensed in California; Ben is one in New York, licensed in
New York and California. Dana sits at the front desk, Ada is the clinic's admin, Pia its privacy
officer. Nora and Omar are patients. Mallory has an account and belongs to nobody.

The world's first day is Monday, March 1, 2027; `NOW` is that day at 17:00 UTC (9 AM in Los
Angeles).
"""

from __future__ import annotations

import pickle
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import time_machine
from django.db import connection, transaction
from django.db.models import Model
from django.db.models.signals import post_save

from accounts.actor import Actor
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
from accounts.policy import actor_for
from scheduling.engine.hours import wall_to_minute
from scheduling.models import Modality, Offering, Service, WeeklyHours

NOW = datetime(2027, 3, 1, 17, 0, tzinfo=UTC)
WEEKDAYS = "0:540-1020;1:540-1020;2:540-1020;3:540-1020;4:540-1020"  # 9 AM to 5 PM
LA, NY = "America/Los_Angeles", "America/New_York"


def at(day: date | str, hour: int, minute: int = 0, zone: str = LA) -> int:
    """The minute at which the wall clock in `zone` shows this time."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return wall_to_minute(zone, day, hour * 60 + minute)


def user(name: str, **fields: Any) -> User:
    return User.objects.create_user(f"{name.lower()}@example.org", name=name, **fields)


def clinic(slug: str = "harbor", **fields: Any) -> Clinic:
    made = Clinic.objects.create(
        **{"name": slug.title(), "slug": slug, "time_zone": LA, "phone": "+13105550100"} | fields
    )
    for form in ("telehealth", "mail"):
        ConsentForm.objects.create(clinic=made, form=form, version=1, text=f"About {form}.")
    return made


def member(clinic: Clinic, name: str, role: str) -> User:
    made = user(name)
    Membership.objects.create(clinic=clinic, user=made, role=role)
    return made


def therapist(
    clinic: Clinic,
    name: str,
    *,
    zone: str = LA,
    states: tuple[str, ...] = ("CA",),
    pattern: str = WEEKDAYS,
    account: User | None = None,
) -> Therapist:
    made = account or user(name)
    Membership.objects.create(clinic=clinic, user=made, role=Role.THERAPIST.value)
    who = Therapist.objects.create(clinic=clinic, user=made, name=name, time_zone=zone)
    for state in states:
        licence(who, state)
    WeeklyHours.objects.create(therapist=who, pattern=pattern, valid_from=date(2020, 1, 1))
    return who


def licence(
    who: Therapist,
    state: str,
    since: date = date(2020, 1, 1),
    until: date = date(2029, 12, 31),
) -> Licence:
    return Licence.objects.create(
        therapist=who, state=state, number=f"{state}-{who.pk}", valid_from=since, valid_until=until
    )


def patient(clinic: Clinic, name: str, *, consent: bool = True, **fields: Any) -> Patient:
    account = fields.pop("user") if "user" in fields else user(name)
    made = Patient.objects.create(
        **{
            "clinic": clinic,
            "user": account,
            "first_name": name,
            "last_name": "Quill",
            "email": account.email if account else "",
            "birth_date": "1990-05-17",
            "phone": "+13105550123",
            "state": "CA",
            "time_zone": LA,
        }
        | fields
    )
    if consent:
        for form in ("telehealth", "mail"):
            Consent.objects.create(
                patient=made, form=form, version=1, signed_at=NOW - timedelta(days=30)
            )
    return made


def service(
    clinic: Clinic, slug: str = "cbt-50", modality: str = "cbt", minutes: int = 50, **fields: Any
) -> Service:
    kind, _ = Modality.objects.get_or_create(
        clinic=clinic, code=modality, defaults={"name": modality.upper()}
    )
    return Service.objects.create(
        **{
            "clinic": clinic,
            "slug": slug,
            "name": f"{kind.name} session",
            "modality": kind,
            "minutes": minutes,
            "video": True,
            "telephone": True,
        }
        | fields
    )


def offer(who: Therapist, what: Service, **terms: Any) -> Offering:
    return Offering.objects.create(therapist=who, service=what, **terms)


@dataclass
class World:
    clinic: Clinic
    alma: Therapist
    ben: Therapist
    dana: User
    ada: User
    pia: User
    nora: Patient
    omar: Patient
    mallory: User
    cbt: Service

    def actor(self, who: User | Patient | Therapist, now: datetime = NOW) -> Actor:
        """The person as the clinic's doors would make them."""
        account = who if isinstance(who, User) else who.user
        assert account is not None
        return actor_for(account, self.clinic, today=now.date())


def build(slug: str = "harbor", suffix: str = "") -> World:
    """The clinic of the module's docstring; `suffix` sets a twin clinic's people apart.

    It is made once a process; later its rows are written as they were then, a tenth of the work.
    """
    if User.objects.exists():  # its ids may be taken
        return _made(slug, suffix)
    if (slug, suffix) not in KEPT:
        KEPT[slug, suffix] = _kept(slug, suffix)
    world, statements = KEPT[slug, suffix]
    with connection.cursor() as cursor:
        for sql, values in statements:
            cursor.execute(sql, values)
    return pickle.loads(world)


KEPT: dict[tuple[str, str], tuple[bytes, list[tuple[str, Any]]]] = {}


def _kept(slug: str, suffix: str) -> tuple[bytes, list[tuple[str, Any]]]:
    """The world, pickled, and the statements that write its rows."""
    rows: defaultdict[type[Model], list[Model]] = defaultdict(list)
    statements: list[tuple[str, Any]] = []

    def keep(sender: type[Model], instance: Model, **_: Any) -> None:
        rows[sender].append(instance)

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with time_machine.travel(NOW - timedelta(days=30), tick=False):
        with transaction.atomic():
            post_save.connect(keep)
            world = _made(slug, suffix)
            post_save.disconnect(keep)
            transaction.set_rollback(True)
        with transaction.atomic():
            with connection.execute_wrapper(note):
                for model, made in rows.items():
                    model._base_manager.bulk_create(made)
            transaction.set_rollback(True)
    return pickle.dumps(world), statements


def _made(slug: str, suffix: str) -> World:
    home = clinic(slug)
    alma = therapist(home, f"Alma{suffix}")
    ben = therapist(home, f"Ben{suffix}", zone=NY, states=("NY", "CA"))
    cbt = service(home)
    offer(alma, cbt)
    offer(ben, cbt)
    return World(
        clinic=home,
        alma=alma,
        ben=ben,
        dana=member(home, f"Dana{suffix}", Role.DESK.value),
        ada=member(home, f"Ada{suffix}", Role.ADMIN.value),
        pia=member(home, f"Pia{suffix}", Role.PRIVACY.value),
        nora=patient(home, f"Nora{suffix}"),
        omar=patient(home, f"Omar{suffix}"),
        mallory=user(f"Mallory{suffix}"),
        cbt=cbt,
    )
