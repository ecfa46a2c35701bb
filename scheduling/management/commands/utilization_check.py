"""`manage.py utilization_check`: whether reports say what a slow recount of every session says."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Clinic
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.periods import Length, latest
from scheduling.queries.recount import recount
from scheduling.queries.utilization import Asked, report


class Command(BaseCommand):
    help = "Compare the sums of utilization reports with a recount of all sessions, month by month."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clinic", default="", help="its address; every clinic without it")
        parser.add_argument("--months", type=int, default=3, help="so many that are over")

    def handle(self, *args: Any, **options: Any) -> None:
        clinics = Clinic.objects.order_by("slug")
        if options["clinic"]:
            clinics = clinics.filter(slug=options["clinic"])
        wrong = [line for one in clinics for line in self.check_clinic(one, options["months"])]
        for line in wrong:
            self.stderr.write(line)
        if wrong:
            raise CommandError(f"{len(wrong)} sums differ.")
        self.stdout.write(f"{len(clinics)} clinics: all sums agree.")

    def check_clinic(self, clinic: Clinic, months: int) -> list[str]:
        now = to_minute(timezone.now())
        period = latest(Length.MONTH, local_day(clinic.time_zone, now), clinic.week_starts)
        wrong = []
        for _ in range(months):
            told, counted = report(Asked(clinic, period)).total, recount(clinic, period)
            wrong += [
                f"{clinic.slug} {period.first:%Y-%m} {name}: {getattr(told, name)}, not {right}"
                for name, right in counted.items()
                if getattr(told, name) != right
            ]
            period = period.before
        return wrong
