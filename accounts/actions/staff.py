"""Who works in a clinic: invite, accept, take back, end a role, deactivate."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions.newcomers import open_invitations
from accounts.actor import Actor, ActorKind
from accounts.errors import BadInput, InvitationGone, LastAdmin, NotFound
from accounts.mail import ClinicMail
from accounts.models import (
    ApiToken,
    Clinic,
    Departure,
    Invitation,
    Membership,
    MembershipState,
    Patient,
    Role,
    Therapist,
    User,
)
from accounts.policy import staff_of

VALID = timedelta(days=7)


def invite_staff(
    *, email: str, role: str, name: str = "", actor: Actor, now: datetime
) -> tuple[Invitation, str]:
    """Ask somebody to join the actor's clinic; answers the invitation and the link in its mail.

    A clinic's admin may, for this clinic alone (AC5), or a management command. Whether the address
    has an account already is neither looked up nor told (AU9).
    """
    clinic = managed_clinic(actor)
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise BadInput(field="email") from error
    if role not in Role.values:
        raise BadInput(field="role")
    if open_invitations(now).filter(clinic=clinic, email=email, role=role).exists():
        raise BadInput(_("This invitation is open already."), field="email")
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            clinic=clinic,
            email=email,
            name=name[:120],
            role=role,
            token_hash=hash_token(token),
            invited_by=actor.user,
            created_at=now,
            expires_at=now + VALID,
        )
        audit.record(actor, "invitation.create", obj=invitation, detail={"role": role})
        return invitation, tell(invitation, token)


def renew_invitation(*, invitation: UUID, actor: Actor, now: datetime) -> Invitation:
    """Send it once more, with a link of its own; the one before is void."""
    clinic = managed_clinic(actor)
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        rows = open_invitations(now).filter(clinic=clinic, uuid=invitation)
        if not rows.update(token_hash=hash_token(token), expires_at=now + VALID):
            raise InvitationGone
        renewed = Invitation.objects.get(uuid=invitation)
        audit.record(actor, "invitation.renew", obj=renewed)
        tell(renewed, token)
    return renewed


def tell(invitation: Invitation, token: str) -> str:
    """Neutral: whoever reads it on the way learns no clinic, no role, no name (PR1)."""
    link = f"{settings.SITE_URL.rstrip('/')}/invite/{token}/"
    text = render_to_string("accounts/mail/invitation.txt", {"link": link})
    ClinicMail(
        _("Your invitation"),
        text,
        settings.DEFAULT_FROM_EMAIL,
        [invitation.email],
        clinic=invitation.clinic,
        about=invitation.uuid,
    ).send()
    return link


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def managed_clinic(actor: Actor) -> Clinic:
    """The clinic whose staff the actor may change, or NotFound."""
    allowed = actor.kind is ActorKind.WORKER or actor.has(Role.ADMIN.value)
    if actor.clinic is None or not allowed:
        raise NotFound
    return actor.clinic


def find_invitation(token: str, now: datetime) -> Invitation:
    """Unknown, used, taken back and expired are one answer."""
    found = open_invitations(now).filter(token_hash=hash_token(token)).first()
    if found is None:
        raise InvitationGone
    return found


def accept_invitation(*, token: str, user: User, now: datetime) -> Membership:
    """The person joins. Bound to the invited address: anybody else gets InvitationGone (AU12).

    Changes nothing about the account: no password, name or address that is already there.
    """
    with transaction.atomic():
        invitation = find_invitation(token, now)
        invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if invitation.accepted_at or user.email != invitation.email or not user.is_active:
            raise InvitationGone
        invitation.accepted_at = now
        invitation.save(update_fields=["accepted_at"])
        membership, _made = Membership.objects.update_or_create(
            clinic=invitation.clinic,
            user=user,
            role=invitation.role,
            defaults={"state": MembershipState.ACTIVE.value},
        )
        if not user.name and invitation.name:
            user.name = invitation.name
            user.save(update_fields=["name"])
        if invitation.role == Role.THERAPIST:
            make_therapist(user, invitation)
        actor = Actor.of(user, invitation.clinic)
        audit.record(actor, "invitation.accept", obj=invitation, detail={"role": invitation.role})
    return membership


def make_therapist(user: User, invitation: Invitation) -> Therapist:
    """The profile, without licences or services: nobody can book before the clinic adds them."""
    therapist, _made = Therapist.objects.get_or_create(
        user=user,
        clinic=invitation.clinic,
        defaults={
            "name": invitation.name or user.name or user.email.partition("@")[0],
            "time_zone": user.time_zone or invitation.clinic.time_zone,
        },
    )
    return therapist


def revoke_invitation(*, invitation: UUID, actor: Actor, now: datetime) -> None:
    clinic = managed_clinic(actor)
    with transaction.atomic():
        rows = open_invitations(now).filter(clinic=clinic, uuid=invitation)
        if not rows.update(revoked_at=now):
            raise NotFound
        audit.record(actor, "invitation.revoke", obj=invitation)


def end_role(*, person: UUID, role: str, actor: Actor, now: datetime) -> None:
    """Somebody has one role less; acts on the next request (AC6).

    With the last role all access ends, as by `deactivate_person`. A clinic keeps one admin.
    """
    clinic = managed_clinic(actor)
    with transaction.atomic():
        user = lock_staff(clinic, person)
        roles = active_roles(clinic, user)
        if role not in roles:
            raise NotFound
        if roles == {role}:
            return deactivate_person(person=person, actor=actor, now=now)
        if role == Role.ADMIN:
            require_another_admin(clinic, user)
        Membership.objects.filter(user=user, clinic=clinic, role=role).update(
            state=MembershipState.SUSPENDED.value
        )
        if role == Role.THERAPIST:
            treat_no_more(user, clinic, now)
        asked = open_invitations(now).filter(clinic=clinic, email=user.email, role=role)
        asked.update(revoked_at=now)
        what = audit.Ref("user", str(user.uuid))
        audit.record(actor, "role.end", obj=what, detail={"role": role})


def treat_no_more(user: User, clinic: Clinic, now: datetime) -> None:
    for who in Therapist.objects.filter(user=user, clinic=clinic, active=True):
        who.active = False
        who.save(update_fields=["active"])
        note_departure(who, now)


def note_departure(therapist: Therapist, now: datetime) -> None:
    """`active` was changed: keep the day on which their hours end, or begin again."""
    today = now.astimezone(ZoneInfo(therapist.time_zone)).date()
    if therapist.active:
        Departure.objects.filter(therapist=therapist, back=None).update(back=today)
    else:
        Departure.objects.get_or_create(
            therapist=therapist, back=None, defaults={"last_day": today}
        )


def lock_staff(clinic: Clinic, person: UUID) -> User:
    """Somebody who works or worked here, or NotFound. Two who change the staff wait for another."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    rows = User.objects.select_for_update().filter(uuid=person)
    user = rows.filter(pk__in=Membership.objects.filter(clinic=clinic).values("user")).first()
    if user is None:
        raise NotFound
    return user


def active_roles(clinic: Clinic, user: User) -> set[str]:
    rows = Membership.objects.filter(user=user, clinic=clinic, state=MembershipState.ACTIVE.value)
    return set(rows.values_list("role", flat=True))


def require_another_admin(clinic: Clinic, user: User) -> None:
    """Whatever happens to `user`, somebody can still run the clinic; else LastAdmin."""
    if not User.objects.filter(staff_of(clinic, [Role.ADMIN.value])).exclude(pk=user.pk).exists():
        raise LastAdmin


def deactivate_person(*, person: UUID, actor: Actor, now: datetime) -> None:
    """Somebody works in this clinic no more; acts at once (AC7).

    Roles are suspended, tokens and invitations of this clinic taken back, web sessions ended. What
    they held besides (a join link, a code) is checked against this state when it is used. The
    account itself is closed only where no other clinic has to do with it. Nobody does it to
    themselves, nor to the clinic's last admin.
    """
    clinic = managed_clinic(actor)
    with transaction.atomic():
        user = lock_staff(clinic, person)
        if user == actor.user:
            raise NotFound
        if Role.ADMIN in active_roles(clinic, user):
            require_another_admin(clinic, user)
        theirs = Membership.objects.filter(user=user, clinic=clinic)
        theirs.update(state=MembershipState.SUSPENDED.value)
        treat_no_more(user, clinic, now)
        ApiToken.objects.filter(user=user, clinic=clinic, revoked_at__isnull=True).update(
            revoked_at=now
        )
        open_invitations(now).filter(clinic=clinic, email=user.email).update(revoked_at=now)
        if not belongs_somewhere(user):
            user.is_active = False
            user.save(update_fields=["is_active"])
        end_sessions(user)
        audit.record(actor, "person.deactivate", obj=audit.Ref("user", str(user.uuid)))


def belongs_somewhere(user: User) -> bool:
    """Works in a clinic still, or is somebody's patient, or operates the service."""
    works = Membership.objects.filter(user=user, state=MembershipState.ACTIVE.value).exists()
    return works or user.is_staff or Patient.objects.filter(user=user, active=True).exists()


def end_sessions(user: User) -> None:
    for session in UserSession.objects.filter(user=user):
        session.end()
