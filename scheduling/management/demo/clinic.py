"""The demo clinic's standing data: staff, services, hours, licences, patients. Made once."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import (
    Clinic,
    Consent,
    ConsentForm,
    Licence,
    Membership,
    Patient,
    Role,
    Therapist,
    User,
)
from scheduling.actions.ship_levels import ship_levels
from scheduling.management.demo.people import LA, THERAPISTS, patient
from scheduling.models import Connection, Modality, Offering, Service, WeeklyHours

SLUG = "tidewater"
PATIENTS = 200
PASSWORD = "calm-harbor-2027"  # noqa: S105  staff of the demo; production never loads it
STAFF = {
    "desk@example.org": ("Dana Whitlock", Role.DESK),
    "admin@example.org": ("Adele Novak", Role.ADMIN),
    "privacy@example.org": ("Piers Calder", Role.PRIVACY),
    "export@example.org": ("Rosa Lindqvist", Role.EXPORT),
}
THERAPIST_EMAIL = "therapist@example.org"
PATIENT_EMAIL = "patient@example.org"
TOTP_SECRETS = {
    THERAPIST_EMAIL: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "desk@example.org": "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU",
    "admin@example.org": "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK",
    "privacy@example.org": "NBSWY3DPO5XXE3DENBSWY3DPO5XXE3DE",
    "export@example.org": "OBZGK43TNFXW4ZLSOBZGK43TNFXW4ZLS",
}

SERVICES = [
    # slug, name, modality, minutes, video, telephone, price, about
    ("cbt-50", "Individual CBT", "cbt", 50, True, True, "$160, or your plan's copay",
     "Cognitive Behavioral Therapy: weekly, most often 12 to 20 sessions."),
    ("dbt-60", "Individual DBT", "dbt", 60, True, False, "$185, or your plan's copay",
     "Dialectical Behavior Therapy: weekly, beside a skills group."),
    ("rebt-45", "Individual REBT", "rebt", 45, True, True, "$150, or your plan's copay",
     "Rational Emotive Behavior Therapy: weekly, most often 10 to 20 sessions."),
    ("checkin-25", "Short check-in", "cbt", 25, True, True, "$85, or your plan's copay",
     "A short session between longer ones."),
    ("intake-30", "First call", "intake", 30, True, True, "Free of charge",
     "We get to know you and find out together what fits."),
]  # fmt: skip
GROUP_SERVICES = [
    ("dbt-skills", "DBT skills group", "dbt", 120, True, False, "$90, or your plan's copay",
     "Two hours a week, beside individual DBT."),
    ("cbt-group", "CBT group", "cbt", 90, True, False, "$70, or your plan's copay",
     "Twelve evenings with the same people."),
    ("rebt-group", "REBT group", "rebt", 90, True, False, "$70, or your plan's copay",
     "Rational Emotive Behavior Therapy in a small group."),
    ("iop-morning", "Intensive outpatient, mornings", "iop", 180, True, False,
     "As your plan covers it", "Three mornings a week of three hours."),
    ("day-program", "Day program", "php", 270, True, False, "As your plan covers it",
     "Five mornings a week of four and a half hours."),
    ("support", "Support group", "support", 75, True, False, "$20", "An open evening."),
    ("alumni", "Alumni group", "support", 60, False, True, "Free of charge",
     "For those who have been through one of our programs."),
]  # fmt: skip
GROUP_SLUGS = {row[0] for row in GROUP_SERVICES}

TELEHEALTH = """By accepting I agree to be treated by video or telephone.

- It can help as much as a visit, but calls can fail, and others near me may overhear. I will find \
a private place.
- I will say at the start of each session where I am, so that help can reach me in an emergency.
- My therapist's licence type and number are shown with each appointment.
- I may take this consent back at any time.
"""
MAIL = """Ordinary e-mail is not encrypted: others who can open my mailbox may read it. I would \
like to get the times of my appointments and calendar invitations by e-mail all the same. I may \
take this back at any time. Without it we only write that there is a message for me here.
"""
GROUP = """What is said in the group stays in the group.

- I tell nobody who is in it or what somebody said, not even without a name.
- I join from a private place where nobody overhears, and I record nothing.
- The clinic cannot promise that every other member keeps to this.
"""
DISCLOSURE = """By signing I let Tidewater Clinic tell Harbor County Health Plan which sessions I \
had, when, and whether I came, so that it can pay for them.

- It ends a year after my last session, or when I take it back; what was told before stays told.
- Nobody makes my treatment depend on it.
- Who gets these records may not pass them on, unless 42 CFR part 2 lets them.
"""
TEXTS = {"telehealth": TELEHEALTH, "mail": MAIL, "group": GROUP, "disclosure": DISCLOSURE}


@transaction.atomic
def make_clinic(today: date) -> Clinic:
    """The clinic of the demo with everybody in it; made once, found again later."""
    found = Clinic.objects.filter(slug=SLUG).first()
    if found is not None:
        return found
    clinic = Clinic.objects.create(
        name="Tidewater Clinic", slug=SLUG, time_zone=LA, phone="(310) 555-0100", horizon_days=130
    )
    for form, text in TEXTS.items():
        ConsentForm.objects.create(clinic=clinic, form=form, version=1, text=text)
    Connection.objects.create(
        clinic=clinic,
        kind="paste",
        name="Video room of the clinic",
        hosts=".zoom.us\nmeet.example.org\ndoxy.me",
        baa_on_file=today - timedelta(days=300),
    )
    make_services(clinic)
    ship_levels(clinic)
    for email, (name, role) in STAFF.items():
        Membership.objects.create(clinic=clinic, user=make_staff(email, name), role=role.value)
    for number, _ in enumerate(THERAPISTS):
        make_therapist(clinic, number, today)
    make_patients(clinic, today)
    return clinic


def make_services(clinic: Clinic) -> None:
    names = {
        "cbt": "CBT",
        "dbt": "DBT",
        "rebt": "REBT",
        "intake": "First call",
        "iop": "Intensive outpatient",
        "php": "Partial hospitalization",
        "support": "Support",
    }
    kinds = {
        code: Modality.objects.create(clinic=clinic, code=code, name=name)
        for code, name in names.items()
    }
    for slug, name, modality, minutes, video, telephone, price, about in SERVICES + GROUP_SERVICES:
        Service.objects.create(
            clinic=clinic,
            slug=slug,
            name=name,
            kind="group" if slug in GROUP_SLUGS else "individual",
            modality=kinds[modality],
            minutes=minutes,
            video=video,
            telephone=telephone,
            price=price,
            about=about,
        )


@cache
def encoded_password() -> str:
    """Made once for all: Argon2 takes its time on purpose."""
    return make_password(PASSWORD)


def make_staff(email: str, name: str) -> User:
    """An account with a password and a second factor whose codes the demo page shows."""
    user = User.objects.create(email=email, name=name, password=encoded_password())
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    if email in TOTP_SECRETS:
        TOTP.activate(user, TOTP_SECRETS[email])
        RecoveryCodes.activate(user)
    return user


def make_therapist(clinic: Clinic, number: int, today: date) -> Therapist:
    one = THERAPISTS[number]
    email = THERAPIST_EMAIL if number == 0 else f"therapist{number + 1}@example.org"
    user = make_staff(email, one.name)
    Membership.objects.create(clinic=clinic, user=user, role=Role.THERAPIST.value)
    therapist = Therapist.objects.create(
        clinic=clinic,
        user=user,
        name=one.name,
        credentials=one.credentials,
        time_zone=one.zone,
        languages=one.languages,
        accepting=number != 8,
    )
    for place, state in enumerate(one.states):
        Licence.objects.create(
            therapist=therapist,
            state=state,
            number=f"{state}-{30100 + number * 37 + place}",
            valid_from=today - timedelta(days=900),
            valid_until=today + timedelta(days=400 + 11 * number),
            source="Board register, looked up by the clinic",
        )
    WeeklyHours.objects.create(
        therapist=therapist, pattern=one.hours, valid_from=today - timedelta(days=400)
    )
    for slug in {one.service, "intake-30", "checkin-25"}:
        service = Service.objects.get(clinic=clinic, slug=slug)
        Offering.objects.create(therapist=therapist, service=service)
    return therapist


def let_a_licence_lapse(clinic: Clinic, today: date) -> None:
    """The fourth therapist's second licence ends in twelve days, under sessions booked before."""
    who = THERAPISTS[3]
    Licence.objects.filter(
        therapist__clinic=clinic,
        therapist__name=who.name,
        state=who.states[1],
        valid_until__gt=today + timedelta(days=200),
    ).update(valid_until=today + timedelta(days=12))


def forms_signed(number: int) -> list[str]:
    left_out = {"group", "mail" if number % 7 == 3 else "", "disclosure" if number % 3 else ""}
    return [form for form in TEXTS if form not in left_out]


def make_patients(clinic: Clinic, today: date) -> None:
    signed = []
    for number in range(PATIENTS):
        one = patient(number)
        email = PATIENT_EMAIL if number == 0 else one.email
        account = None
        if number == 0 or (email and number % 3):
            account = User.objects.create_user(email, name=f"{one.first} {one.last}")
            EmailAddress.objects.create(user=account, email=email, verified=True, primary=True)
        who = Patient.objects.create(
            clinic=clinic,
            user=account,
            first_name=one.first,
            last_name=one.last,
            email=email,
            phone=one.phone,
            birth_date=one.birth_date,
            address=f"{100 + number} Harbor Street",
            emergency_contact=f"A relative, +1 310 555 {900 + number % 100:04}",
            state=one.state,
            time_zone=one.zone,
        )
        signed += [
            Consent(patient=who, form=form, version=1, signed_at=who.created_at, signed_by="demo")
            for form in forms_signed(number)
        ]
    Consent.objects.bulk_create(signed)
