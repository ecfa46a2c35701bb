"""Which fields each role receives, page or API: what is not here is not sent (AC4).

Written by hand, one line a row of the database; `tests/house/test_fields_by_role.py` compares it
with what is really told, both ways. The letters are those of `tests/house/routes.py`. A row
"nora.patient" is Nora's row of Patient. Whoever adds a field to a page decides who may read it.
"""

from __future__ import annotations


def of(**rows: str) -> set[str]:
    """`of(nora_patient="called")` is {"nora.patient.called"}; a row is named up to the first _."""
    found = set()
    for row, fields in rows.items():
        head, _, tail = row.partition("_")
        name = f"{head}.{tail}" if head in WHOSE else row
        found |= {f"{name}.{field}" for field in fields.split()}
    return found


def words(text: str) -> set[str]:
    return set(text.split())


WHOSE = {"nora", "omar", "alma", "ben", "dana", "ada", "pia"}

OPEN = of(
    clinic="name phone emergency_text",
    service="name about price",
    modality="name",
    group="name about",
    consent_form="text",
    alma_therapist="name credentials about",
    alma_licence="number",
    ben_therapist="name credentials about",
    ben_licence="number",
)
OWN = "first_name last_name called reference email phone address emergency_contact reminders"
KNOWN_BY = "first_name last_name called reference"
BOOKED = "override reference uuid"
FRAME = of(clinic="name phone emergency_text")

FIELDS: dict[str, set[str]] = {
    "a": OPEN,
    "s": OPEN,
    "p": OPEN
    | of(
        clinic="sender_name",  # in the file for calendars
        nora_account="email",
        nora_patient=OWN,
        nora_booking="reference uuid",
        nora_member="reference uuid",
        nora_patient_link="token",
    ),
    "q": OPEN
    | of(
        omar_account="email",
        omar_patient=OWN,
        omar_booking="reference uuid",
        omar_patient_link="token",
    ),
    "t": OPEN
    | of(
        alma_account="email",
        dana_account="name",  # who booked it
        nora_patient=KNOWN_BY,
        nora_booking=BOOKED,
        nora_session="uuid",
        nora_member="reference uuid",
        nora_waiting="priority_reason",
        nora_check_in="full_name address call_back emergency_contact",
        time_off="note",
    ),
    "u": OPEN
    | of(
        ben_account="email",
        omar_patient=KNOWN_BY + " uuid",  # in the address at which he is enrolled
        omar_booking=BOOKED,
        omar_session="uuid",
    ),
    "d": OPEN
    | of(
        dana_account="name email",
        nora_patient=KNOWN_BY + " uuid birth_date email phone",
        nora_booking=BOOKED,
        nora_member="reference uuid",
        nora_waiting="priority_reason",
        omar_patient=KNOWN_BY + " uuid",  # the walk opens Nora's page alone
        omar_booking=BOOKED,
    ),
    "c": OPEN
    | of(
        clinic="sender_name",
        ada_account="name email",
        alma_account="name email",
        ben_account="name email",
        dana_account="name email",
        pia_account="name email",
        alma_licence="source",
        connection="name hosts outgoing_url",
        holiday="name",
        invitation="name email",
        task="outcome",
    ),
    "o": OPEN | of(pia_account="email"),
}

FOUND = FRAME | of(nora_patient=KNOWN_BY + " uuid")
"""What the desk's search shows."""

AUDITED = FRAME | of(nora_patient="first_name last_name reference", dana_account="name")
"""What the privacy officer reads of the record, by the patient's reference."""

DOOR = {
    "asked": FRAME,  # before one has said who one is
    "known": FRAME,
}

TIMES = "start end zone medium place service therapist"
BOOKING = set(
    f"{TIMES} id reference state booked_at cancelled_at late service.id service.name "
    "service.minutes therapist.id therapist.name therapist.credentials".split()
)
NAMED = words(
    "service.id service.name service.minutes therapist.id therapist.name therapist.credentials"
)
OF_STAFF = words(
    "patient patient.reference patient.name patient.called cancel_reason attendance override"
)
PATIENT = words("reference first_name last_name called zone phone place reminders no_mail consents")
SLOTS = words("zone therapists therapists.therapist therapists.name therapists.starts")
SERVICES = words("id slug name about modality modality_name kind minutes media price")
THERAPISTS = words(
    "id name credentials about time_zone languages accepting services licences "
    "licences.state licences.kind licences.number licences.valid_until"
)


def booking_keys(letter: str) -> set[str]:
    more = {"p": {"join_page"}, "q": {"join_page"}, "t": OF_STAFF, "u": OF_STAFF, "d": OF_STAFF}
    return BOOKING | more[letter] if letter in more else set()


def booking_list(letter: str) -> set[str]:
    keys = {f"results.{key}" for key in booking_keys(letter)}
    return {"next", "results"} | keys


def me(letter: str) -> set[str]:
    own = {f"patient.{key}" for key in PATIENT} if letter in "pq" else set()
    return {"email", "roles", "patient"} | own


def series_keys(letter: str) -> set[str]:
    told = "id rule zone time first last medium review_after follows bookings"
    return set(told.split()) | {f"bookings.{key}" for key in booking_keys(letter)}


def waiting_keys(letter: str) -> set[str]:
    offer = {f"offer.{key}" for key in words(f"id state until {TIMES}")}
    named = {f"{above}{key}" for above in ("", "offer.") for key in NAMED}
    told = words("id state group booking medium place zone days parts offer service therapist")
    staff = words(
        "patient patient.reference patient.name patient.called priority priority_reason entered_at"
    )
    return told | offer | named | (staff if letter in "tud" else set())


def waiting_list(letter: str) -> set[str]:
    return {"results"} | {f"results.{key}" for key in waiting_keys(letter)}


GROUP = words(
    "id name about entry standing next_entry next_entry.start next_entry.until service service.id "
    "service.name service.minutes modality medium rule zone time places therapists therapists.id "
    "therapists.name therapists.credentials"
)
DATES = words("dates dates.start dates.end dates.open")
PLACE = words("id reference group name since until place zone left_at bookings")


def membership(letter: str) -> set[str]:
    return PLACE | {f"bookings.{key}" for key in booking_keys(letter)}


KEPT_GROUP = words(
    "id name state entry service service.id service.name service.minutes rule zone time last "
    "facilitators"
)
KEPT_DATE = words("id group start end zone slot medium state seats limit present")
ONE_KEPT_GROUP = words(
    "about listed capacity per_facilitator entry_sessions module_sessions cycle_sessions dates "
    "gaps duty duty.lead duty.since duty.until duty.therapist duty.therapist.id "
    "duty.therapist.name duty.therapist.credentials"
) | {f"dates.{key}" for key in KEPT_DATE}
BRIEF_PATIENT = words("patient patient.reference patient.name patient.called")
GROUP_PLACE = BRIEF_PATIENT | words("id since until place missed without_seat")
SEAT = {"roster"} | {
    f"roster.{key}"
    for key in BRIEF_PATIENT
    | words("booking away attendance late_by left_early_by attended missed")
}

HOURS = words("planned booked attended excused missed cancelled unmarked ahead")
WEEK = words(
    "first last band band.least band.most band.day_least band.days missing over days_missing hours "
    "days days.day days.hours on_calendar"
) | {f"{above}hours.{key}" for above in ("", "days.") for key in HOURS}
IN_PROGRAM = words("enrollment program level first_day last_day paused")
THIS_WEEK = {"week", "ends_soon", "absent"} | IN_PROGRAM | {f"week.{key}" for key in WEEK}
MAKE_UPS = words("make_ups") | {
    f"make_ups.{key}" for key in words("start end medium group service therapist")
}
CASE = (
    BRIEF_PATIENT
    | words("next_session absent program")
    | {f"program.{key}" for key in THIS_WEEK | BRIEF_PATIENT}
)


def ledger(letter: str) -> set[str]:
    own = IN_PROGRAM | {"weeks"} | {f"weeks.{key}" for key in WEEK}
    return own if letter == "p" else own | BRIEF_PATIENT | MAKE_UPS | {"absent"}


PEOPLE = words(
    "patients attended no_show technical cancelled cancelled_late cancelled_clinic lost_no_show "
    "lost_late lost_clinic lost_technical show_rate present fill lead_median lead_90 rebooking"
)
NUMBERS = words("offered booked delivered utilization people kept_back") | {
    f"people.{name}" for name in PEOPLE
}
REPORT = words(
    "zone length period period.first period.last before before.first before.last by total "
    "total_before series rows heat heat.offered heat.booked heat.delivered access access.key "
    "access.name access.third_next access.waiting access.waited"
) | {
    f"{above}.{key}"
    for above in ("series", "rows")
    for key in words("key name numbers") | {f"numbers.{name}" for name in NUMBERS}
}
REPORT |= {f"{above}.{name}" for above in ("total", "total_before") for name in NUMBERS}


LEVEL = words("id code name rank active rules") | {
    f"rules.{key}"
    for key in words(
        "id valid_from valid_until age_from age_until min_minutes max_minutes day_minutes days "
        "source"
    )
}
PROGRAM = words("id name level weeks active parts") | {
    f"parts.{key}" for key in words("id name group service weekday time")
}
WHOLE_ENROLLMENT = (
    words("pauses pauses.first_day pauses.last_day week dates dates.booking dates.start dates.end")
    | {f"week.{key}" for key in words("name rule zone time group series membership therapists")}
    | {f"week.therapists.{key}" for key in words("id name credentials")}
)


def enrollment(letter: str) -> set[str]:
    told = words("id reference program name first_day last_day state end_reason follows")
    return told if letter == "p" else told | BRIEF_PATIENT


def results(keys: set[str]) -> set[str]:
    return {"results"} | {f"results.{key}" for key in keys}


API = {  # route below the clinic -> letter -> keys
    "bookings/": booking_list,
    "bookings/<uuid:booking>/": booking_keys,
    "series/<uuid:series>/": series_keys,
    "waiting/": waiting_list,
    "waiting/<uuid:waiting>/": waiting_keys,
    "groups/": lambda _letter: GROUP,
    "groups/<uuid:group>/": lambda _letter: GROUP | DATES,
    "memberships/": membership,
    "memberships/<uuid:member>/": membership,
    "staff/groups/": lambda _letter: KEPT_GROUP,
    "staff/groups/<uuid:group>/": lambda _letter: KEPT_GROUP | ONE_KEPT_GROUP,
    "staff/groups/<uuid:group>/members/": lambda _letter: GROUP_PLACE,
    "staff/group-dates/<uuid:session>/": lambda _letter: KEPT_DATE | SEAT,
    "enrollments/": lambda letter: {"next"} | results(enrollment(letter)),
    "enrollments/<uuid:enrollment>/": lambda letter: enrollment(letter) | WHOLE_ENROLLMENT,
    "enrollments/<uuid:enrollment>/hours/": ledger,
    "staff/levels/": lambda _letter: LEVEL,
    "staff/levels/<uuid:level>/": lambda _letter: LEVEL,
    "staff/programs/": lambda _letter: PROGRAM,
    "staff/programs/<uuid:program>/": lambda _letter: PROGRAM,
    "staff/caseload/": lambda _letter: results(CASE),
    "staff/hours/": lambda _letter: results(THIS_WEEK | BRIEF_PATIENT),
    "staff/hours/numbers/": lambda _letter: words(
        "week levels levels.level levels.people short absent ending"
    ),
    "utilization/": lambda _letter: REPORT,
    "utilization/mine/": lambda _letter: REPORT,
    "me/": me,
    "consent-forms/": lambda _letter: {"form", "version", "text"},
    "services/": lambda _letter: SERVICES,
    "therapists/": lambda _letter: THERAPISTS,
    "slots/": lambda _letter: SLOTS,
    "next-available/": lambda _letter: {"start", "therapist", "name"},
}
