"""The seats race's own database: a closed group of two sessions, and patients without accounts who
all want in."""

from tests.groups import a_session, group, group_series
from tests.world import build, patient


def fill(patients: int, capacity: int) -> None:
    made = build()
    series = group_series(group(made, capacity=capacity))
    for day in ("2027-03-08", "2027-03-15"):
        a_session(series, day, made.alma)
    for number in range(patients - 2):  # Nora and Omar are there already
        patient(made.clinic, f"Seat{number}", user=None, consent=False)
