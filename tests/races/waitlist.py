"""What the races of the waiting list do in processes of their own, on a database of their own.

`answered` and `worked` fill the database; `taking`, `taking_over` and `working` race; `outcome`
says what came of it.
"""

from datetime import timedelta
from typing import Any

from accounts.actor import Actor
from accounts.models import Clinic, Patient, Therapist, User
from accounts.policy import actor_for
from scheduling.actions import wait_offers as answers
from scheduling.actions.book import book
from scheduling.errors import Refusal
from scheduling.models import (
    Booking,
    DayHours,
    Event,
    Occupancy,
    WaitOffer,
    WeeklyHours,
)
from scheduling.outbox.offers import pass_on
from tests.groups import founded
from tests.waiting import for_a_place, offered, waiting
from tests.world import LA, NOW, at, build, patient

DAYS = ("2027-03-09", "2027-03-10", "2027-03-11")
HOURS = range(9, 13)
MINUTE = timedelta(minutes=1)


def starts() -> list[int]:
    return [at(day, hour) for day in DAYS for hour in HOURS]


def answered() -> None:
    """Twelve people are offered an hour each; nobody else may have it until the deadline."""
    world = build()
    for number, start in enumerate(starts()):
        who = patient(world.clinic, f"Wait{number}", user=None)
        offered(world, waiting(world, who, by=world.dana), start=start)


def worked() -> None:
    """Eight hours and two places in a group are free, and many more people wait."""
    world = build()
    WeeklyHours.objects.all().delete()
    for day in DAYS[:2]:
        DayHours.objects.create(therapist=world.alma, day=day, spans="540-780")
    group = founded(world, capacity=2)
    for number in range(14):
        who = patient(world.clinic, f"Wait{number}", user=None)
        if number % 2:
            waiting(world, who, by=world.dana)
        else:
            for_a_place(world, group, who, by=world.dana)
    for number in range(5):
        waiting(world, patient(world.clinic, f"More{number}", user=None), by=world.dana)


def dana() -> Actor:
    return actor_for(User.objects.get(name="Dana"), Clinic.objects.get(), today=NOW.date())


def taking() -> None:
    """Accept each, in the last minute; two processes do so."""
    for one in WaitOffer.objects.order_by("pk"):
        attempt(answers.accept, offer=one.uuid, actor=dana(), now=one.until - MINUTE)


def taking_over() -> None:
    """End each at its deadline, and book its hour for somebody else."""
    omar, alma = Patient.objects.get(first_name="Omar"), Therapist.objects.get(name="Alma")
    for one in WaitOffer.objects.order_by("-pk"):
        start = one.booking.start
        attempt(answers.expire, offer=one.uuid, actor=dana(), now=one.until)
        attempt(
            book,
            service=one.waiting.service.uuid,
            therapist=alma.uuid,
            start=start,
            medium="video",
            place="CA",
            zone=LA,
            patient=omar.pk,
            actor=dana(),
            now=one.until,
        )


def attempt(verb, **said) -> None:
    try:
        verb(**said)
    except Refusal:
        return


def working() -> None:
    """A worker's look, more than once."""
    for _turn in range(3):
        pass_on(Clinic.objects.get(), NOW)


def outcome() -> dict[str, Any]:
    live = Booking.objects.filter(live=True)
    offers = WaitOffer.objects.filter(state="open")
    return {
        "owners": sorted(
            Occupancy.objects.filter(live=True, session__series=None).values_list(
                "start", flat=True
            )
        ),
        "booked": live.filter(state="booked").count(),
        "held": live.filter(state="held", session__series=None).count(),
        "told": Event.objects.filter(kind="booked", booking__in=live).count(),
        "accepted": WaitOffer.objects.filter(
            state="accepted", booking__state="booked", booking__live=True
        ).count(),
        "offers": [WaitOffer.objects.filter(state="accepted").count(), offers.count()],
        "places": len(
            set(
                live.filter(state="held", session__series__isnull=False).values_list(
                    "patient", flat=True
                )
            )
        ),
    }
