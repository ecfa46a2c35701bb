"""Mint the ways in: one opaque link per participant (TK1)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from scheduling.models import ActionLink, Booking, JoinLink, Series, SeriesLink, Session


def hash_token(token: str) -> str:
    """What a token is looked up by."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_join_link(session: Session, now: datetime, **whose: object) -> JoinLink:
    """An unsaved link for a booking (`booking=`) or a therapist (`therapist_id=`): 256 bits."""
    token = secrets.token_urlsafe(32)
    return JoinLink(
        session=session,
        ref=f"ap_{secrets.token_hex(12)}",
        token=token,
        token_hash=hash_token(token),
        created_at=now,
        **whose,
    )


def new_series_link(series: Series, now: datetime, **whose: object) -> SeriesLink:
    """An unsaved link for the patient (`patient=`) or a therapist (`therapist_id=`) of a series."""
    token = secrets.token_urlsafe(32)
    return SeriesLink(
        series=series, token=token, token_hash=hash_token(token), created_at=now, **whose
    )


def series_token(series: Series, now: datetime, **whose: object) -> str:
    """The token of a participant's link; who came in later, or again, gets one here."""
    links = SeriesLink.objects.filter(series=series, **whose)
    link = links.filter(revoked_at__isnull=True).first()
    if link is None:
        links.delete()
        link = new_series_link(series, now, **whose)
        link.save()
    return link.token


def mint_action_link(booking: Booking, action: str, now: datetime, expires_at: datetime) -> str:
    """A token for one action on one booking (TK3), stored hashed only; answers the token."""
    token = secrets.token_urlsafe(32)
    ActionLink.objects.create(
        booking=booking,
        action=action,
        token_hash=hash_token(token),
        created_at=now,
        expires_at=expires_at,
    )
    return token
