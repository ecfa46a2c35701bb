"""Who works at and comes to the demo clinic: all invented."""

from __future__ import annotations

from typing import NamedTuple

from scheduling.engine.hours import format_pattern, parse_pattern
from scheduling.engine.interval import merge

LA, DENVER, PHOENIX, NY = (
    "America/Los_Angeles",
    "America/Denver",
    "America/Phoenix",
    "America/New_York",
)


class DemoTherapist(NamedTuple):
    name: str
    credentials: str
    zone: str
    states: tuple[str, ...]
    languages: str
    pattern: str
    service: str
    medium_share: float  # of video among their sessions
    groups: str = ""  # hours for groups, beside those of `pattern`

    @property
    def hours(self) -> str:
        """The whole week."""
        both = zip(parse_pattern(self.pattern), parse_pattern(self.groups), strict=True)
        return format_pattern([merge([*single, *together]) for single, together in both])


def week(*days: str) -> str:
    """From Monday on, from texts like "540-720,780-1020"; "" is a day without hours."""
    return ";".join(f"{number}:{spans}" for number, spans in enumerate(days) if spans)


FULL, EARLY, LATE, HALF = "540-720,780-1080", "480-720,750-960", "660-840,900-1200", "540-780"

FULL_WEEK, LATE_WEEK = week(FULL, FULL, "", FULL, FULL), week(LATE, LATE, LATE, HALF)
EARLY_WEEK = week(EARLY, "", EARLY, EARLY, EARLY)
# Three mornings a week are a group's.
NO_MORNINGS = week("780-1080", FULL, "780-1080", FULL, "780-1080")
NOON_OR_LATE = week("780-840,900-1200", LATE, "780-840,900-1200", LATE, "780-840,900-1200")
# The day program takes five mornings until half past one in Los Angeles.
AFTER_HALF_PAST_ONE, THE_SAME_IN_DENVER = week(*["840-1080"] * 5), week(*["885-1170"] * 5)
DAYS = week(*["540-810"] * 5, "600-660")
DAYS_IN_DENVER = week("600-870,1170-1260", *["600-870"] * 4)
BLOCK = "0:540-720;2:540-720;4:540-720"
D = DemoTherapist

# Hours are typed on each therapist's own wall clock.
THERAPISTS = [
    D("Maya Torres", "PsyD", LA, ("CA", "OR"), "en,es", FULL_WEEK, "cbt-50", 0.9, "1:1095-1185"),
    D("Daniel Okafor", "LMFT", LA, ("CA",), "en", EARLY_WEEK, "cbt-50", 0.8),
    D("Priya Raman", "PhD", LA, ("CA", "OR", "NV"), "en", FULL_WEEK, "dbt-60", 0.95, "0:1080-1200"),
    D("Jonas Weber", "LCSW", DENVER, ("CA", "NV"), "en", LATE_WEEK, "dbt-60", 0.9),
    D("Leah Goldberg", "PhD", NY, ("CA",), "en", LATE_WEEK, "rebt-45", 0.9),
    D("Samuel Reyes", "LPCC", LA, ("CA", "NV"), "en,es", NO_MORNINGS, "cbt-50", 0.7,
      BLOCK + ";3:1110-1185"),
    D("Grace Lin", "PsyD", LA, ("CA", "OR"), "en", NOON_OR_LATE, "rebt-45", 1.0, BLOCK),
    D("Amir Haddad", "LMFT", PHOENIX, ("CA", "NV"), "en", EARLY_WEEK, "cbt-50", 0.85),
    D("Ruth Andersen", "LCSW", DENVER, ("CA", "OR"), "en", THE_SAME_IN_DENVER, "dbt-60", 0.9,
      DAYS_IN_DENVER),
    D("Noah Bennett", "LMFT", LA, ("CA",), "en", AFTER_HALF_PAST_ONE, "checkin-25", 0.4, DAYS),
    D("Elena Petrova", "PhD", NY, ("CA", "NV"), "en", LATE_WEEK, "cbt-50", 0.9),
    D("Tomas Silva", "LPCC", LA, ("CA", "OR"), "en,es", FULL_WEEK, "rebt-45", 0.9,
      "1:1095-1185;2:1095-1185"),
]  # fmt: skip

FIRST = (
    "Avery Blake Casey Drew Ellis Frankie Gray Harper Indigo Jules Kai Lane Morgan Nico Oakley "
    "Parker Quinn Reese Sage Taylor Uma Vivian Wren Ximena Yael Zion Alba Bruno Clara Dario "
)
LAST = (
    "Abbott Barnes Castillo Dalton Egan Fischer Garner Hale Ibarra Jensen Keller Lowe Mercer "
    "Nolan Ortega Pratt Quill Rossi Sawyer Tran Ueda Vance Whitfield Xiong Yates Zamora Ashby "
    "Boyle "
)


def pick(names: str, number: int) -> str:
    listed = names.split()
    return listed[number % len(listed)]


class DemoPatient(NamedTuple):
    first: str
    last: str
    email: str  # "" for some: they book by telephone
    phone: str
    birth_date: str
    state: str
    zone: str


def patient(number: int) -> DemoPatient:
    """The patient of this number, always the same one."""
    turn = number // len(THERAPISTS) * 13  # so that one therapist's patients differ
    first = pick(FIRST, number * 7 + turn)
    last = pick(LAST, number * 11 + turn)
    state = {8: "OR", 9: "NV"}.get(number % 10, "CA")
    email = "" if number % 13 == 5 else f"{first}.{last}{number}@example.org".lower()
    birth = f"{1950 + number * 3 % 55}-{number % 12 + 1:02}-{number * 5 % 28 + 1:02}"
    return DemoPatient(first, last, email, f"+1310555{100 + number:04}", birth, state, LA)
