"""Who waits, for what, and since when; one of them has an offer to answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from accounts.actor import Actor
from accounts.models import Clinic, Patient, Therapist
from scheduling.actions.wait_offers import offer_time
from scheduling.actions.waitlist import prefer, wait_for_earlier, wait_for_group, wait_for_service
from scheduling.engine.interval import to_minute
from scheduling.errors import Refusal
from scheduling.models import Booking, Group, Kind, Service, Waiting, WaitOffer
from scheduling.queries.waitlist import Look


class Wait(NamedTuple):
    """`what` is a service or the name of a group; "" is an earlier time than one's own.
    `therapist` None is anybody."""

    patient: int
    since: int  # days
    what: str
    therapist: int | None = None
    days: str = ""
    parts: str = ""
    priority: int = 0
    reason: str = ""


W = Wait
WAITS = [
    W(0, 1, "checkin-25", 0),
    W(3, 24, "dbt-60", 8),
    W(10, 12, "dbt-60", 8, parts="morning", priority=2, reason="Left hospital last week"),
    W(22, 30, "cbt-50", 0, days="5,6"),
    W(27, 9, "cbt-50", 0, days="5,6", parts="morning", priority=1, reason="Works in shifts"),
    W(34, 5, "rebt-45", days="5,6"),
    W(41, 17, "dbt-60", 8, days="0,1"),
    W(50, 3, "checkin-25", 9, days="2"),
    W(5, 2, "", days="0,1,2,3,4", parts="morning"),
    W(17, 6, "", parts="evening"),
    W(29, 4, "", days="4"),
    W(7, 11, "DBT skills", priority=3, reason="Steps down from residential next week"),
    W(12, 20, "DBT skills"),
    W(36, 15, "DBT skills"),
    W(46, 8, "DBT skills"),
    W(31, 6, "Morning block"),
]


def wait(clinic: Clinic, actor: Actor, now: datetime) -> None:
    """Each comes into the line once, whatever became of it since."""
    patients = list(Patient.objects.filter(clinic=clinic).order_by("pk"))
    before = set(Waiting.objects.filter(clinic=clinic).values_list("patient_id", flat=True))
    for plan in WAITS:
        if plan.patient < len(patients) and patients[plan.patient].pk not in before:
            stand_in_line(plan, clinic, patients[plan.patient], actor, now)
    offer_first(clinic, patients[0], actor, now)


def stand_in_line(plan: Wait, clinic: Clinic, who: Patient, actor: Actor, now: datetime) -> None:
    at = now - timedelta(days=plan.since)
    try:
        row = enter(plan, clinic, who, actor, at)
        if row is not None and plan.priority:
            prefer(
                waiting=row.uuid,
                priority=plan.priority,
                reason=plan.reason,
                actor=actor,
                now=at + timedelta(hours=1),
            )
    except Refusal:
        return  # the session that was to be earlier is off


def enter(plan: Wait, clinic: Clinic, who: Patient, actor: Actor, at: datetime) -> Waiting | None:
    group = Group.objects.filter(clinic=clinic, name=plan.what).first()
    if group is not None:
        return wait_for_group(
            patient=who.pk,
            group=group.uuid,
            place=who.state,
            zone=who.time_zone,
            actor=actor,
            now=at,
        )
    if not plan.what:
        mine = Booking.objects.filter(patient=who, state="booked", start__gt=to_minute(at) + 20160)
        single = mine.filter(session__service__kind=Kind.INDIVIDUAL.value).order_by("start").first()
        if single is None:
            return None
        return wait_for_earlier(
            booking=single.uuid, days=plan.days, parts=plan.parts, actor=actor, now=at
        )
    therapists = list(Therapist.objects.filter(clinic=clinic).order_by("pk"))
    return wait_for_service(
        patient=who.pk,
        service=Service.objects.get(clinic=clinic, slug=plan.what).uuid,
        therapist=None if plan.therapist is None else therapists[plan.therapist].uuid,
        medium="video",
        place=who.state,
        zone=who.time_zone,
        days=plan.days,
        parts=plan.parts,
        actor=actor,
        now=at,
    )


def offer_first(clinic: Clinic, who: Patient, actor: Actor, now: datetime) -> None:
    """The first offer, by hand; those that follow are the worker's."""
    row = Waiting.objects.filter(clinic=clinic, patient=who, booking=None).first()
    if row is None or WaitOffer.objects.filter(waiting=row).exists():
        return
    in_two_days = to_minute(now + timedelta(days=2))
    for time in Look(clinic.pk, now).times(row):
        if time.start > in_two_days:
            host = Therapist.objects.get(pk=time.profile)
            offer_time(
                waiting=row.uuid, therapist=host.uuid, start=time.start, actor=actor, now=now
            )
            return
