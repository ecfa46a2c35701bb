"""The race's own database: four therapists, so that with few patients it is these who are busy."""

from tests.world import build, offer, patient, therapist


def fill(patients: int) -> None:
    made = build()
    for name in ("Cleo", "Dov"):
        offer(therapist(made.clinic, name), made.cbt)
    for number in range(patients - 2):  # Nora and Omar are there already
        patient(made.clinic, f"Racer{number}")
