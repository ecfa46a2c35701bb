"""Fill the race's own database: python -m tests.races.world PATIENTS

Four therapists, so that with few patients it is these who are busy.
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
django.setup()

from tests.world import build, offer, patient, therapist  # noqa: E402

if __name__ == "__main__":
    made = build()
    for name in ("Cleo", "Dov"):
        offer(therapist(made.clinic, name), made.cbt)
    for number in range(int(sys.argv[1]) - 2):  # Nora and Omar are there already
        patient(made.clinic, f"Racer{number}")
