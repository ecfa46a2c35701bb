"""The slow truth about utilization: reads every row and counts in plain Python, with zoneinfo.

Shares nothing with what it checks but the models, so that both cannot be wrong in the same way.
Hours are looked at every quarter of an hour: the random clinics keep to that grid.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.models import Clinic, Departure, Therapist
from scheduling.models import (
    Booking,
    DayHours,
    Enrollment,
    Holiday,
    Occupancy,
    Session,
    TimeOff,
    WeeklyHours,
)
from scheduling.queries.utilization import Asked

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
QUARTER = 15
BOUNDS = [1, 2, 4, 7, 14, 28, 56]
CANCELS = {
    "patient": "cancelled",
    "patient_late": "cancelled_late",
    "technical_failure": "cancelled_technical",
}
MARKS = {
    "": "unmarked",
    "attended": "attended",
    "no_show": "no_show",
    "technical_failure": "technical",
    "excused": "excused",
}


def hour_of(wall: datetime) -> str:
    return f"{wall.weekday()}-{wall.hour}"


class Known:
    """A clinic's rows, read once."""

    def __init__(self, clinic: Clinic) -> None:
        self.zone = ZoneInfo(clinic.time_zone)
        rows = Session.objects.filter(clinic=clinic).exclude(state="held")
        self.sessions = list(rows.select_related("service__modality", "series__group"))
        seats = Booking.objects.filter(clinic=clinic, state__in=["booked", "cancelled"])
        self.bookings = list(seats.select_related("session__service", "session__series"))
        given = Occupancy.objects.filter(session__clinic=clinic).order_by("pk")
        self.occupancies = list(given.select_related("profile"))
        places = Enrollment.objects.filter(clinic=clinic, live=True)
        self.enrollments = list(places.select_related("program__level"))
        self.therapists = list(Therapist.objects.filter(clinic=clinic))
        self.open: Counter[tuple[Therapist, date, str]] = Counter()

    def wall(self, minute: int) -> datetime:
        return (EPOCH + timedelta(minutes=minute)).astimezone(self.zone)

    def quarters(self, first: int, last: int) -> Counter[tuple[Therapist, date, str]]:
        """In how many quarters of an hour somebody works, by day and hour of the clinic's clock."""
        if not self.open:
            works = [(who, Opened(who)) for who in self.therapists]
            walls = [(minute, self.wall(minute)) for minute in range(first, last, QUARTER)]
            self.open = Counter(
                (who, wall.date(), hour_of(wall))
                for who, opened in works
                for minute, wall in walls
                if opened.at(minute)
            )
        return self.open


class Truth:
    """`parts` are the sums by (part, key): "total", "before", "row", "series"; every sum is a dict
    of fields, with the set of patients."""

    def __init__(self, asked: Asked, known: Known) -> None:
        self.asked, self.known, self.wall = asked, known, known.wall
        self.parts: dict = defaultdict(lambda: defaultdict(int))
        self.patients: dict = defaultdict(set)
        self.leads: dict = defaultdict(lambda: [0] * 8)
        self.heat: dict = defaultdict(int)
        for session in known.sessions:
            if self.wanted(session):
                self.session(session)
        self.nothing_offered = bool(asked.service or asked.modality or asked.kind or asked.medium)
        self.rows_offer = asked.by in ("therapist", "weekday_hour")
        if not self.nothing_offered:
            self.offered()

    def wanted(self, session: Session) -> bool:
        asked, service = self.asked, session.service
        return (
            asked.service in (None, service.pk)
            and asked.modality in (None, service.modality_id)
            and asked.kind in ("", service.kind)
            and asked.medium in ("", session.medium)
        )

    # Where something counts

    def times(self, day: date) -> list[tuple]:
        """The parts to which a day belongs, but for the rows."""
        period = self.asked.period
        if period.before.first <= day < period.first:
            return [("before", "")]
        if not period.first <= day < period.until:
            return []
        if period.length.value in ("month", "year"):
            step = day.replace(day=1)
        else:
            step = day - timedelta(days=(day - period.first).days % 7)
        return [("total", ""), ("series", step.isoformat())]

    def level(self, booking: Booking) -> str:
        start = booking.session.start
        for one in self.known.enrollments:
            if one.patient_id == booking.patient_id and one.start <= start < one.end:
                return one.program.level.code
        return ""

    def key(self, session: Session, level: str, cell: str, giver: Therapist | None) -> str | None:
        service = session.service
        return {
            None: None,
            "therapist": str(giver.uuid) if giver else None,
            "service": str(service.uuid),
            "modality": service.modality.code,
            "kind": service.kind,
            "medium": session.medium,
            "level": level,
            "weekday_hour": cell,
            "period": None,
        }[self.asked.by and self.asked.by.value]

    # Sessions

    def session(self, session: Session) -> None:
        start = self.wall(session.start)
        parts = self.times(start.date())
        givers = [
            one.profile
            for one in self.known.occupancies
            if one.session_id == session.pk and (one.live or session.state == "cancelled")
        ]
        if self.asked.therapist is not None:
            givers = [one for one in givers if one.pk == self.asked.therapist]
        if not parts or not givers:
            return
        now = parts[0][0] == "total"
        cell = hour_of(start)
        seats = [one for one in self.known.bookings if one.session_id == session.pk]
        group = session.service.kind == "group"
        for fields, minutes in self.minutes(session, seats):
            for giver in givers:
                for part in parts:
                    for field in fields:
                        self.parts[part][field] += minutes
                if now:
                    level = self.level_of_all(seats)
                    if self.asked.by == "weekday_hour":
                        self.laid(start, fields, minutes)
                    elif (key := self.key(session, level, cell, giver)) is not None:
                        for field in fields:
                            self.parts["row", key][field] += minutes
                    self.warm(start, fields, minutes)
        # A seat belongs to each who gives the session, but only once to the clinic.
        rows = givers if self.asked.by == "therapist" else givers[:1]
        if group and session.state == "scheduled":
            there = sum(one.state == "booked" and one.attendance == "attended" for one in seats)
            counted = {
                "group_sessions": 1,
                "group_seats": self.seats_for_sale(session),
                "group_taken": sum(one.state == "booked" for one in seats),
                "group_present": there if session.present is None else session.present,
            }
            level = self.level_of_all(seats)
            keys = [self.key(session, level, cell, giver) for giver in rows] if now else []
            for part in parts + [("row", key) for key in keys if key is not None]:
                for field, count in counted.items():
                    self.parts[part][field] += count
        for seat in seats:
            keys = [self.key(session, self.level(seat), cell, giver) for giver in rows]
            for part in parts + [("row", key) for key in keys if now and key is not None]:
                self.seat(part, seat, group)

    def level_of_all(self, seats: list[Booking]) -> str:
        booked = [one for one in seats if one.state == "booked"]
        levels = {self.level(one) for one in booked or seats} or {""}
        return levels.pop() if len(levels) == 1 else "several"

    def minutes(self, session: Session, seats: list[Booking]) -> list[tuple[list[str], int]]:
        """What becomes of the minutes of one who gives the session."""
        length = session.end - session.start
        booked = [one for one in seats if one.state == "booked"]
        marks = {one.attendance for one in booked}
        came = [one for one in booked if one.attendance == "attended"]
        if session.state == "scheduled" and (booked or session.present):
            found = [(["booked"], length)]
            if session.service.kind == "group" and (came or session.present):
                found.append((["delivered"], length))
            elif came:
                [one] = came
                missing = (one.late_by or 0) + (one.left_early_by or 0)
                found.append((["delivered"], max(0, length - missing)))
            elif "technical_failure" in marks:
                found.append((["lost_technical"], length))
            elif "no_show" in marks:
                found.append((["lost_no_show"], length))
            return found
        reasons = {one.cancel_reason for one in seats}
        if "technical_failure" in reasons:
            return [(["lost_technical"], length)]
        if reasons & {"clinic", "therapist_ill", "other"}:
            return [(["lost_clinic"], length)]
        if "patient_late" in reasons:
            return [(["lost_late"], length)]
        return []

    def seats_for_sale(self, session: Session) -> int:
        if session.series is None or session.series.group is None:
            return session.service.capacity
        group = session.series.group
        every = self.known.occupancies
        givers = sum(one.session_id == session.pk and one.live for one in every)
        each = group.per_facilitator
        return group.capacity if each is None else min(group.capacity, each * givers)

    def seat(self, part: tuple, seat: Booking, group: bool) -> None:
        sums = self.parts[part]
        if seat.state == "booked":
            sums["seats"] += 1
            sums[MARKS[seat.attendance]] += 1
            self.patients[part].add(seat.patient_id)
            if not group and seat.session.series is None:
                ahead = EPOCH + timedelta(minutes=seat.session.start) - seat.booked_at
                within = [ahead < timedelta(days=bound) for bound in [*BOUNDS, 10**6]]
                self.leads[part][within.index(True)] += 1
            return
        sums[CANCELS.get(seat.cancel_reason, "cancelled_clinic")] += 1
        if not group:
            sums["individual_cancels"] += 1
            others = [
                one
                for one in self.known.bookings
                if one.patient_id == seat.patient_id
                and one.session.service.kind == "individual"
                and seat.cancelled_at < one.booked_at < seat.cancelled_at + timedelta(days=14)
            ]
            sums["rebooked"] += bool(others)

    # The hours of the week

    def cells(self, start: datetime, minutes: int) -> list[str]:
        """The hour of the week of each minute, as the clock at the start goes on."""
        wall = start.replace(tzinfo=None)
        moments = [wall + timedelta(minutes=count) for count in range(minutes)]
        return [hour_of(one) for one in moments]

    def laid(self, start: datetime, fields: list[str], minutes: int) -> None:
        for cell in self.cells(start, minutes):
            for field in fields:
                self.parts["row", cell][field] += 1

    def warm(self, start: datetime, fields: list[str], minutes: int) -> None:
        for cell in self.cells(start, minutes):
            for field in fields:
                self.heat[cell, field] += 1

    # Hours

    def offered(self) -> None:
        period = self.asked.period
        first = ((period.before.first - EPOCH.date()).days - 1) * 1440
        last = first + ((period.until - period.before.first).days + 3) * 1440
        for (who, day, cell), quarters in self.known.quarters(first, last).items():
            parts = self.times(day)
            if not parts or self.asked.therapist not in (None, who.pk):
                continue
            if parts[0][0] == "total":
                self.heat[cell, "offered"] += quarters * QUARTER
                if self.asked.by == "therapist":
                    parts = [*parts, ("row", str(who.uuid))]
                if self.asked.by == "weekday_hour":
                    parts = [*parts, ("row", cell)]
            for part in parts:
                self.parts[part]["offered"] += quarters * QUARTER


class Opened:
    """When one therapist works."""

    def __init__(self, who: Therapist) -> None:
        self.zone = ZoneInfo(who.time_zone)
        self.weeks = list(WeeklyHours.objects.filter(therapist=who))
        self.single = {one.day: one.spans for one in DayHours.objects.filter(therapist=who)}
        self.off = list(TimeOff.objects.filter(therapist=who))
        self.spans: dict[date, list[tuple[int, int]]] = {}
        self.gone = [(one.last_day, one.back) for one in Departure.objects.filter(therapist=who)]
        self.closed = {one.day for one in Holiday.objects.filter(clinic=who.clinic)}

    def at(self, minute: int) -> bool:
        wall = (EPOCH + timedelta(minutes=minute)).astimezone(self.zone)
        today, clock = wall.date(), wall.hour * 60 + wall.minute
        if today in self.closed or any(one.first_day <= today <= one.last_day for one in self.off):
            return False
        if any(last < today and (back is None or today < back) for last, back in self.gone):
            return False
        return self.within(today, clock) or self.within(today - ONE_DAY, clock + 1440)

    def within(self, day: date, clock: int) -> bool:
        if day not in self.spans:
            self.spans[day] = self.spans_of(day)
        return any(start <= clock < end for start, end in self.spans[day])

    def spans_of(self, day: date) -> list[tuple[int, int]]:
        if day in self.single:
            texts = [self.single[day]]
        else:
            texts = [
                text.partition(":")[2]
                for one in self.weeks
                if one.valid_from <= day and (one.valid_until is None or day <= one.valid_until)
                for text in one.pattern.split(";")
                if text.partition(":")[0] == str(day.weekday())
            ]
        pairs = [span.split("-") for text in texts if text for span in text.split(",")]
        return [(int(start), int(end)) for start, end in pairs]
