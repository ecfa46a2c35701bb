"""Staff are told while a week can still be saved: hours of somebody on their caseload are short.

Once for each patient and week, one mail to whoever treats them; it names nobody (PR1). Where nobody
has treated them of late, the desk is told.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import Clinic, Membership, MembershipState, Role
from scheduling.engine.interval import DAY, to_minute
from scheduling.engine.lifecycle import BookingState
from scheduling.models import Enrollment, Occupancy
from scheduling.outbox import words
from scheduling.queries.ledger import Kept, ledgers

OF_LATE = 28 * DAY


def warn_short(now: datetime) -> int:
    """Answers of how many patients staff are told. Safe to run anywhere, any time."""
    return sum(_warn(clinic, now) for clinic in Clinic.objects.filter(active=True).order_by("pk"))


def _warn(clinic: Clinic, now: datetime) -> int:
    minute = to_minute(now)
    rows = Enrollment.objects.filter(clinic=clinic, live=True, start__lte=minute, end__gt=minute)
    short = [one for one in ledgers(rows.filter(patient__active=True), now) if one.short]
    with transaction.atomic():
        new = [one.enrollment.patient_id for one in short if _claimed(one)]
        if not new:
            return 0
        for page, addresses in _whom(clinic, new, minute).items():
            for address in sorted(addresses):
                _tell(clinic, page, address)
        audit.record(Actor.worker(clinic), "enrollment.short", subject=new)
    return len(new)


def _claimed(kept: Kept) -> bool:
    """Nobody else tells of this week."""
    assert kept.week is not None
    week, row = kept.week.first, Enrollment.objects.filter(pk=kept.enrollment.pk)
    return bool(row.exclude(short_told=week).update(short_told=week))


def _whom(clinic: Clinic, patients: list[int], minute: int) -> dict[str, set[str]]:
    """Page of the clinic -> addresses. Three queries or fewer."""
    given = Occupancy.objects.filter(
        start__gte=minute - OF_LATE,
        session__bookings__patient__in=patients,
        session__bookings__state=BookingState.BOOKED.value,
        profile__active=True,
        therapist__is_active=True,
    )
    found: dict[str, set[str]] = defaultdict(set)
    treated = set()
    for who, address in given.values_list("session__bookings__patient", "therapist__email"):
        treated.add(who)
        found["caseload"].add(address)
    if set(patients) - treated:
        desk = Membership.objects.filter(
            clinic=clinic,
            role=Role.DESK.value,
            state=MembershipState.ACTIVE.value,
            user__is_active=True,
        )
        found["programs"] |= set(desk.values_list("user__email", flat=True))
    return found


def _tell(clinic: Clinic, page: str, address: str) -> None:
    text = _(
        "Hours of this week are short for somebody whom you look after. There is still time to "
        "make up for them:\n%(page)s\n"
    ) % {"page": words.link(f"/c/{clinic.slug}/{page}/")}
    sender = words.sender(clinic.sender_name)
    EmailMessage(_("A look at this week"), text, sender, [address]).send()
