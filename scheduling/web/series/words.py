"""Why a date of a series cannot be, as it is said to a person."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

WHY = {
    "busy": gettext_lazy("The therapist has another session then."),
    "day_off": gettext_lazy("The therapist is off."),
    "holiday": gettext_lazy("The clinic is closed."),
    "outside_hours": gettext_lazy("The therapist does not work at this time."),
    "off_grid": gettext_lazy("Sessions do not start at this minute."),
    "daily_limit": gettext_lazy("This day is full."),
    "not_allowed": gettext_lazy("The therapist's licence does not cover this day."),
    "not_licensed": gettext_lazy("The therapist may not treat in this state."),
    "too_far": gettext_lazy("Too far ahead to be booked yet."),
    "too_soon": gettext_lazy("Too soon to be booked online."),
    "spring_gap": gettext_lazy("Clocks go forward: this time does not exist."),
}
MINE_BUSY = gettext_lazy("You have another appointment then.")
THEIRS_BUSY = gettext_lazy("This time cannot be booked for this patient.")


def why(code: str, own: bool) -> str:
    """Staff without sight of the patient's other booking learn nothing of it."""
    if code == "patient_busy":
        return str(MINE_BUSY if own else THEIRS_BUSY)
    return str(WHY[code])
