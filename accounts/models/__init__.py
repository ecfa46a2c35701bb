"""Users, clinics, roles, licences, consents. Nothing here knows of sessions."""

from accounts.models.audit import AuditRow, AuditSeal
from accounts.models.clinic import Clinic, Invitation, Membership, MembershipState, Newcomers, Role
from accounts.models.consent import Consent, ConsentForm, Form
from accounts.models.licence import STATES, Licence, LicenceKind
from accounts.models.people import Cover, Departure, Patient, Therapist
from accounts.models.token import ApiToken
from accounts.models.user import User

__all__ = [
    "STATES",
    "ApiToken",
    "AuditRow",
    "AuditSeal",
    "Clinic",
    "Consent",
    "ConsentForm",
    "Cover",
    "Departure",
    "Form",
    "Invitation",
    "Licence",
    "LicenceKind",
    "Membership",
    "MembershipState",
    "Newcomers",
    "Patient",
    "Role",
    "Therapist",
    "User",
]
