"""Load the demo clinic, or add what is missing since it was last loaded."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import Clinic, User
from accounts.policy import actor_for
from scheduling.management.demo.clinic import (
    PASSWORD,
    PATIENT_EMAIL,
    let_a_licence_lapse,
    make_clinic,
)
from scheduling.management.demo.groups import live_in_groups
from scheduling.management.demo.history import live_through, tell_nobody_of_the_past
from scheduling.management.demo.series import live_in_series
from scheduling.management.demo.waiting import wait
from scheduling.models import Booking

LOGINS = """
  The clinic   {url}/c/tidewater/
  Everything   {url}/demo/   (mail that people would have read, codes of the second factor)

  patient      {patient}      type the address; the code is in {url}/demo/outbox/
  therapist    therapist@example.org    {password}
  front desk   desk@example.org         {password}
  clinic admin admin@example.org        {password}
  privacy      privacy@example.org      {password}
  single rows  export@example.org       {password}
"""


class Command(BaseCommand):
    help = "Load the demo clinic; safe to repeat. Only in demo mode."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Only the demo is loaded: run scripts/demo.")
        began, now = time.monotonic(), timezone.now().replace(microsecond=0)
        with transaction.atomic():
            clinic = make_clinic(timezone.localdate())
            made = live(clinic, now)
            let_a_licence_lapse(clinic, timezone.localdate())
        if made:
            self.stdout.write(f"  {made} bookings loaded in {time.monotonic() - began:.1f} s")
        self.stdout.write(
            LOGINS.format(url=settings.SITE_URL, patient=PATIENT_EMAIL, password=PASSWORD)
        )


def live(clinic: Clinic, now: datetime) -> int:
    """Everything up to `now` and some weeks on, by the front desk; answers how many were booked."""
    desk = User.objects.get(email="desk@example.org")
    actor = actor_for(desk, clinic, today=now.date())
    before = Booking.objects.filter(clinic=clinic).count()
    live_in_groups(clinic, actor, now)
    live_in_series(clinic, actor, now)
    live_through(clinic, actor, now)
    wait(clinic, actor, now)
    tell_nobody_of_the_past(clinic, now)
    return Booking.objects.filter(clinic=clinic).count() - before
