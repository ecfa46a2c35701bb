"""Taking a therapist's time: lock the therapist, then ask every rule about one start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.actor import Actor
from accounts.models import Licence, Patient, Therapist, User
from scheduling.actions.release import release_expired
from scheduling.engine.hours import UnknownZone, local_day, require_zone
from scheduling.engine.interval import Span, to_minute, whole_days
from scheduling.engine.slots import Terms, Why, reasons
from scheduling.errors import (
    BadInput,
    DailyLimit,
    GroupService,
    InThePast,
    LicenceLapses,
    NoSuchZone,
    NotAccepting,
    NotFound,
    NotLicensed,
    NotOffered,
    OffGrid,
    OutsideHours,
    Refusal,
    SlotGone,
    TooFarAhead,
    TooLate,
)
from scheduling.models import Kind, Medium, Occupancy, Offering, Session
from scheduling.queries import slots

REFUSALS: dict[Why, type[Refusal]] = {
    Why.TOO_SOON: TooLate,
    Why.TOO_FAR: TooFarAhead,
    Why.NOT_ALLOWED: LicenceLapses,
    Why.DAY_OFF: OutsideHours,
    Why.OUTSIDE_HOURS: OutsideHours,
    Why.OFF_GRID: OffGrid,
    Why.DAILY_LIMIT: DailyLimit,
    Why.BUSY: SlotGone,
}
# What staff may set aside with a reason: never an overlap, never a licence.
OVERRIDABLE = {
    Why.TOO_SOON,
    Why.TOO_FAR,
    Why.DAY_OFF,
    Why.OUTSIDE_HOURS,
    Why.OFF_GRID,
    Why.DAILY_LIMIT,
}


@dataclass(frozen=True)
class Offer:
    """A therapist's time that passed every rule; the therapist is locked. Ids, no instances."""

    service: int
    clinic: int
    therapist: int  # user id
    profile: int
    terms: Terms
    start: int
    place: str
    zone: str
    medium: str

    @property
    def end(self) -> int:
        return self.start + self.terms.minutes


def lock_therapists(*users: int) -> None:
    """Take the therapists' locks; on SQLite the transaction itself is the lock.

    Every action that takes or moves time locks therapists first, then patients, by id.
    """
    if connection.vendor == "postgresql":
        rows = User.objects.select_for_update(no_key=True).filter(pk__in=set(users))
        list(rows.order_by("pk").values_list("pk"))


def lock_people(therapists: Iterable[int], patients: Iterable[int]) -> None:
    """All that one action will lock, in order, before it begins with the first of several."""
    lock_therapists(*therapists)
    rows = Patient.objects.select_for_update(no_key=True).filter(pk__in=set(patients))
    list(rows.order_by("pk").values_list("pk"))


def occupancy(
    session: Session,
    who: tuple[int, int],
    margins: tuple[int, int],
    held_until: int | None = None,
) -> Occupancy:
    """The therapist's time that the session takes. `who`: ids of user and profile; `margins`:
    minutes free before and after."""
    before, after = margins
    return Occupancy(
        session=session,
        therapist_id=who[0],
        profile_id=who[1],
        start=session.start,
        end=session.end,
        buffer_before=before,
        buffer_after=after,
        busy_from=session.start - before,
        busy_until=session.end + after,
        held_until=held_until,
    )


def require_offer(
    *,
    service: UUID,
    therapist: UUID,
    start: int,
    medium: str,
    place: str,
    zone: str,
    override: str = "",
    known: bool = False,
    own: tuple[int, ...] = (),
    without_session: int | None = None,
    actor: Actor,
    now: datetime,
) -> Offer:
    """Lock the therapist and check one start; raise the refusal that fits best. Four SELECTs.

    `known`: the patient is the therapist's own already, who may be full for new ones; `own`: the
    therapists (profiles) of whoever asks, where that is known. `override`
    is the reason for which staff set notice, hours, grid or daily limit aside.
    """
    _require_words(start, medium, zone, now)
    what, clinic, profile, who = _lock_and_read(service, therapist, actor)
    wanted = slots.Wanted(
        service=what,
        place=place,
        zone=zone,
        medium=medium,
        first=start,
        until=start + 1,
        therapist=who,
        accepting=not known,
        own=own,
        without_session=without_session,
    )
    terms, busy = _terms_and_busy(wanted, profile, now)
    against = [why for why in reasons(start, terms, busy) if not (override and why in OVERRIDABLE)]
    if against:
        raise REFUSALS[against[0]](wanted=wanted)
    return Offer(what, clinic, who, profile, terms, start, place, zone, medium)


BOTH = """
SELECT s.id, s.clinic_id, t.id, t.user_id, s.kind FROM accounts_therapist t
JOIN scheduling_service s ON s.clinic_id = t.clinic_id
JOIN accounts_user u ON u.id = t.user_id
WHERE t.clinic_id = %s AND t.uuid = %s AND t.active = TRUE AND s.uuid = %s AND s.active = TRUE"""


def _lock_and_read(service: UUID, therapist: UUID, actor: Actor) -> tuple[int, int, int, int]:
    """Ids of service, clinic, profile and user, of the actor's clinic; the user is locked."""
    lock = " FOR NO KEY UPDATE OF u" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        clinic = actor.clinic.pk if actor.clinic else None
        cursor.execute(BOTH + lock, [clinic, therapist.hex, service.hex])
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    if row[4] != Kind.INDIVIDUAL.value:
        raise GroupService
    ids: tuple[int, int, int, int] = row[:4]
    return ids


def _require_words(start: int, medium: str, zone: str, now: datetime) -> None:
    if medium not in Medium.values:
        raise BadInput(field="medium")
    try:
        require_zone(zone)
    except UnknownZone as error:
        raise NoSuchZone from error
    if start < to_minute(now):
        raise InThePast
    if start > to_minute(now) + 1440 * 366 * 2:
        raise TooFarAhead


def _terms_and_busy(wanted: slots.Wanted, profile: int, now: datetime) -> tuple[Terms, list[Span]]:
    """The three SELECTs of the search, for one therapist and one day, under the lock.

    Time that is no longer held is let go here: the guard would still see it.
    """
    assert wanted.therapist is not None
    window = whole_days(wanted.first, wanted.until)
    with slots.reading() as cursor:
        offers = slots.read_offers(cursor, wanted, window)
        if not offers:
            raise _why_no_offer(wanted, profile)
        terms = slots.terms_of(cursor, offers, wanted, window, now)[wanted.therapist]
        rows = slots.taken_rows(cursor, wanted.therapist, window, terms, wanted.without_session)
    second = int(now.timestamp())
    if any(held_until is not None and held_until <= second for _, _, held_until in rows):
        release_expired(wanted.therapist, now)
    return terms, [
        (busy_from, busy_until)
        for busy_from, busy_until, held_until in rows
        if held_until is None or held_until > second
    ]


def _why_no_offer(wanted: slots.Wanted, profile: int) -> Refusal:
    """The first SELECT found nobody: say which of its conditions failed."""
    who = Therapist.objects.select_related("user").get(pk=profile)
    offered = Offering.objects.filter(
        therapist=who, service=wanted.service, active=True, **{f"service__{wanted.medium}": True}
    )
    if not offered.exists():
        return NotOffered()
    if wanted.accepting and not who.accepting and who.pk not in wanted.own:
        return NotAccepting()
    licences = Licence.objects.filter(therapist=who, state=wanted.place, revoked_at__isnull=True)
    day = local_day(wanted.zone, wanted.first)
    if licences.filter(valid_until__lt=day).exists():
        return LicenceLapses()
    return NotLicensed() if who.user.is_active else NotFound()


def licensed_on(therapist: int, place: str, zone: str, moment: int) -> bool:
    """Whether the therapist (profile id) may treat in that state on that day of the zone (TH2)."""
    day = local_day(zone, moment)
    return Licence.objects.filter(
        therapist_id=therapist,
        state=place,
        valid_from__lte=day,
        valid_until__gte=day,
        revoked_at__isnull=True,
    ).exists()
