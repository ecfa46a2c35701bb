"""`manage.py createclinic`: a real clinic's first minute."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.staff import invite_staff
from accounts.actor import Actor
from accounts.errors import BadInput
from accounts.models import Clinic, ConsentForm, Form, Newcomers, Role
from scheduling.actions.ship_levels import ship_levels
from scheduling.engine.hours import UnknownZone, require_zone
from scheduling.models import Modality

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MODALITIES = {
    "cbt": "Cognitive behavioral therapy (CBT)",
    "dbt": "Dialectical behavior therapy (DBT)",
    "rebt": "Rational emotive behavior therapy (REBT)",
}
TELEHEALTH = _(
    """Some of my sessions will be held by video or telephone. I understand that:

- I may stop at any time, and ask for sessions in person where the clinic offers them.
- Nobody records a session without my written consent.
- The line may break or be overheard. I will be in a private place, and my therapist will be too.
- My therapist must be licensed in the state where I am. I say at each session where I am.
- Video is not for emergencies. If I am in danger, I call 911, or call or text 988.
- If the line breaks, my therapist calls the number that I give at the beginning of the session.

My therapist's name, kind of licence and licence number are shown before I book."""
)
MAIL = _(
    """E-mail is not encrypted on its whole way, and others may read it. If I accept, the clinic \
sends me the time of my appointments and calendar entries by e-mail. They never name the service \
or the therapist. If I do not accept, I only get notices that ask me to sign in."""
)
GROUP = _(
    """What is said in a group stays there. I agree that:

- I tell nobody who is in the group, or what anybody said, not even without a name.
- I join from a private place where nobody can see or hear the others, and I record nothing.
- I meet other members outside the group only if the group's rules allow it.

The clinic tells no member about another. It cannot promise that every member keeps to this."""
)


class Command(BaseCommand):
    help = "Make a clinic with its forms and modalities, and invite its first admin by e-mail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument("--slug", required=True, help="its address: /c/<slug>/")
        parser.add_argument("--zone", required=True, help="e.g. America/Los_Angeles")
        parser.add_argument("--admin-email", required=True)
        parser.add_argument("--admin-name", default="")
        parser.add_argument("--phone", default="")
        parser.add_argument(
            "--invited-only",
            action="store_true",
            help="patients are invited before they can book",
        )

    @transaction.atomic
    def handle(self, *_args: Any, **said: Any) -> None:
        self.check_words(said["slug"], said["zone"])
        clinic = Clinic.objects.create(
            name=said["name"],
            slug=said["slug"],
            time_zone=said["zone"],
            phone=said["phone"],
            newcomers=Newcomers.INVITED if said["invited_only"] else Newcomers.OPEN,
        )
        equip(clinic)
        try:
            _invitation, link = invite_staff(
                email=said["admin_email"],
                name=said["admin_name"],
                role=Role.ADMIN.value,
                actor=Actor.worker(clinic),
                now=timezone.now(),
            )
        except BadInput as error:
            raise CommandError("--admin-email is not an address.") from error
        self.stdout.write(f"{clinic.name} is at {settings.SITE_URL.rstrip('/')}/c/{clinic.slug}/")
        self.stdout.write(f"Its first admin is invited by e-mail, and may also open:\n{link}")

    def check_words(self, slug: str, zone: str) -> None:
        if not SLUG.fullmatch(slug):
            raise CommandError("--slug takes small letters, figures and single hyphens.")
        if Clinic.objects.filter(slug=slug).exists():
            raise CommandError("There is a clinic at this address already.")
        try:
            require_zone(zone)
        except UnknownZone as error:
            raise CommandError(f"{zone} is not a time zone.") from error


def equip(clinic: Clinic) -> None:
    """The forms that booking and groups ask for, what services are made of, levels of care."""
    texts = {Form.TELEHEALTH: TELEHEALTH, Form.MAIL: MAIL, Form.GROUP: GROUP}
    for form, text in texts.items():
        ConsentForm.objects.create(clinic=clinic, form=form.value, version=1, text=str(text))
    for code, name in MODALITIES.items():
        Modality.objects.create(clinic=clinic, code=code, name=name)
    ship_levels(clinic)
