"""Fill the seats race's own database: python -m tests.races.group PATIENTS CAPACITY

A closed group of two sessions, and patients without accounts who all want in.
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
django.setup()

from tests.groups import a_session, group, group_series  # noqa: E402
from tests.world import build, patient  # noqa: E402

if __name__ == "__main__":
    made = build()
    series = group_series(group(made, capacity=int(sys.argv[2])))
    for day in ("2027-03-08", "2027-03-15"):
        a_session(series, day, made.alma)
    for number in range(int(sys.argv[1]) - 2):  # Nora and Omar are there already
        patient(made.clinic, f"Seat{number}", user=None, consent=False)
