"""The proof of a booking, and what brings it into a calendar."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts import audit
from scheduling.calendars import invites
from scheduling.engine.lifecycle import BookingState
from scheduling.errors import NotFound
from scheduling.models import Booking, Invite, JoinLink, Medium
from scheduling.outbox.series_calendar import file_of
from scheduling.outbox.transport import sender_address
from scheduling.outbox.words import link, sender_name
from scheduling.queries import mine
from scheduling.web.booking import words
from scheduling.web.door import PageRequest, signed_in


@signed_in
@require_safe
def booked(request: PageRequest, booking: UUID) -> HttpResponse:
    row = mine.own_one(request.actor, booking)
    if row.state != BookingState.BOOKED.value:  # the way back, after it was cancelled
        return redirect("booking_one", request.clinic.slug, row.uuid)
    one = mine.appointment(row)
    facts = calendar_facts(row, one.zone, request.now)
    page = {
        "one": one,
        "facts": words.facts(one),
        "steps": words.steps(),
        "google": invites.google_url(facts),
        "outlook": invites.outlook_url(facts),
        "by_video": one.medium == Medium.VIDEO.value,
        "mail": words.mail_about_it(mine.own_profile(request.actor), request.now),
    }
    audit.record(request.actor, "booking.view", subject=row.patient_id, obj=row.uuid)
    return render(request, "booking/booked.html", page)


@signed_in
@require_safe
def calendar_file(request: PageRequest, booking: UUID) -> HttpResponse:
    """The booking, or the series that it is of, as a file for any calendar: a neutral title, our
    own link, nobody's name."""
    row = mine.own_one(request.actor, booking)
    if row.state != BookingState.BOOKED.value:
        raise NotFound
    body = file_of(row, request.now) or invites.render(calendar_facts(row, row.zone, request.now))
    audit.record(request.actor, "booking.calendar", subject=row.patient_id, obj=row.uuid)
    return HttpResponse(
        body,
        content_type="text/calendar; charset=utf-8; method=PUBLISH",
        headers={"Content-Disposition": 'attachment; filename="appointment.ics"'},
    )


def calendar_facts(row: Booking, zone: str, now: datetime) -> invites.InviteFacts:
    """As the invite by mail says it, with the same UID where there is one."""
    sent = Invite.objects.filter(session=row.session_id, patient=row.patient_id)
    told = sent.filter(method=invites.Method.REQUEST.value).first()
    return invites.InviteFacts(
        uid=str(told.uid if told else row.uuid),
        sequence=max(told.sequence, 0) if told else 0,
        method=invites.Method.PUBLISH,
        stamp=invites.next_stamp(now, told.stamp if told else None),
        start=row.starts_at,
        end=row.ends_at,
        zone=zone,
        organizer=sender_address(),
        organizer_name=sender_name(row.clinic.sender_name),
        join_url=join_url(row),
        by_telephone=row.session.medium == Medium.TELEPHONE.value,
    )


def join_url(row: Booking) -> str | None:
    """The patient's own way in."""
    way_in = JoinLink.objects.filter(booking=row, revoked_at__isnull=True).first()
    return link(f"/j/{way_in.token}/") if way_in else None
