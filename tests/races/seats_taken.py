"""Print the live seat numbers of every session, in order: python -m tests.races.seats_taken"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
django.setup()

from scheduling.models import Session  # noqa: E402

if __name__ == "__main__":
    sessions = Session.objects.order_by("pk")
    found = [
        sorted(one.bookings.filter(live=True).values_list("seat", flat=True)) for one in sessions
    ]
    sys.stdout.write(json.dumps(found))
