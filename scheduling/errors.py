"""The refusals; their root is in accounts/errors.py.

Each has a `code` for programs, one sentence that a patient may read, and a status.

Refusal
+-- NotFound                    not yours and not there are one (AC2)
+-- BadInput                    the caller said something that cannot be
|   +-- NoSuchZone, NoSuchDate, SpringGap, UnknownField, NotJson, KeyReused
+-- NotNow                      a rule of the calendar stands against it
|   +-- SlotGone                carries the three nearest other starts
|   +-- TooLate, TooFarAhead, InThePast, OutsideHours, OffGrid, DailyLimit
|   +-- PatientBusy, NotAccepting, NotOffered, GroupService
|   +-- GroupFull, GroupClosed, MemberAlready, FacilitatorsBusy, TooFewSeats
|   +-- MembersBusy, MembersNotLicensed        carry the patients whom staff must look at
|   +-- NotLicensed, LicenceLapses
|   +-- SeriesRefused           carries the dates that cannot be, each with its code
|   +-- EnrollmentRefused       the same, by part of the program
|   +-- ResumeRefused           the same, of what comes back out of a pause
|   +-- OutsideProgram          a session that a program brought
+-- HoldRefused                 about a hold
|   +-- HoldExpired, TooManyHolds, ExtendedAlready, OfferGone
+-- ConsentMissing, NotAPatient, ReasonMissing, WrongBirthDate, TooManyTries
+-- StateRefused                the life cycle stands against it
|   +-- CancelledAlready, StartedAlready, NotStarted, UndoTooLate, IllegalChange
|   +-- WaitingAlready, OfferOpen, EnrolledAlready
|   +-- TakenMeanwhile          carries the dates that stand against an undo
+-- WayInRefused                about a join link
    +-- NotOpenYet, OverAlready, CheckInMissing, ContactMissing, PatientElsewhere
    +-- RoomNotReady, BadRoomAddress, RoomInUse
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.errors import (
    BadInput,
    NotFound,
    ReasonMissing,
    Refusal,
    TooManyTries,
    WrongBirthDate,
)

__all__ = ["BadInput", "NotFound", "ReasonMissing", "Refusal", "TooManyTries", "WrongBirthDate"]


class NoSuchZone(BadInput):
    code = "no_such_zone"
    sentence = _("We do not know this time zone. Please choose one from the list.")


class NoSuchDate(BadInput):
    code = "no_such_date"
    sentence = _("This date does not exist. Please check it.")


class SpringGap(BadInput):
    code = "spring_gap"
    sentence = _("Clocks go forward that night: this time does not exist. Please choose another.")


class UnknownField(BadInput):
    code = "unknown_field"
    sentence = _("The request has a field that is not known here.")


class NotJson(BadInput):
    code, status = "not_json", 400
    sentence = _("The body of the request is not a JSON object.")


class KeyReused(BadInput):
    code = "key_reused"
    sentence = _("This Idempotency-Key was used for another request. Please take a new one.")


class NotNow(Refusal):
    code = "not_now"


class SlotGone(NotNow):
    """`extra["nearest"]`: up to three other starts (minutes) of the same search."""

    code = "slot_gone"
    sentence = _("Somebody else has just taken this time. Here are the nearest others.")


class TooLate(NotNow):
    code = "too_late"
    sentence = _("It is too late for this online. Please call the clinic.")


class TooFarAhead(NotNow):
    code = "too_far_ahead"
    sentence = _("This date is too far ahead. Please choose an earlier one.")


class InThePast(NotNow):
    code = "in_the_past"
    sentence = _("This time has passed. Please choose a later one.")


class OutsideHours(NotNow):
    code = "outside_hours"
    sentence = _("The therapist does not work at this time. Please choose another.")


class OffGrid(NotNow):
    code = "off_grid"
    sentence = _("Sessions do not start at this minute. Please choose a time from the list.")


class DailyLimit(NotNow):
    code = "daily_limit"
    sentence = _("This day is full. Please choose another.")


class PatientBusy(NotNow):
    """Told to the patient; staff without sight of the other booking read `FOR_STAFF`."""

    code = "patient_busy"
    sentence = _("You have another appointment at this time.")
    FOR_STAFF = _("This time cannot be booked for this patient.")


class NotAccepting(NotNow):
    code = "not_accepting"
    sentence = _(
        "This therapist does not take new bookings at present. Their own patients sign in first."
    )


class NotOffered(NotNow):
    code = "not_offered"
    sentence = _("This therapist does not offer this service in this way.")


class GroupService(NotNow):
    code = "group_service"
    sentence = _("This is a group: a place in it is not booked like a single session.")


class GroupFull(NotNow):
    """Whoever is refused learns no number (GR1)."""

    code = "group_full"
    sentence = _("No place is open in this group at present.")


class GroupClosed(NotNow):
    code = "group_closed"
    sentence = _("This group cannot be joined at present.")


class MemberAlready(NotNow):
    code = "member_already"
    sentence = _("This place in the group is yours already.")


class FacilitatorsBusy(NotNow):
    """To staff. `extra["dates"]`: start that the rule gave (minutes) -> code of why not."""

    code = "facilitators_busy"
    sentence = _("Somebody who gives the group is busy on some of these dates.")


class TooFewSeats(NotNow):
    """To staff."""

    code = "too_few_seats"
    sentence = _("More places than this are taken already. Please leave at least as many seats.")


class MembersBusy(NotNow):
    """To staff. `extra["patients"]`: ids of those who sit elsewhere at the new time."""

    code = "members_busy"
    sentence = _("Some members have another appointment at this time.")


class MembersNotLicensed(NotNow):
    """To staff. `extra["patients"]`: ids of those whom the new lead may not treat."""

    code = "members_not_licensed"
    sentence = _("There are members whom this therapist may not treat in their state.")


class NotLicensed(NotNow):
    code = "not_licensed"
    sentence = _(
        "This therapist may not treat you in the state where you will be. Other therapists can."
    )


class LicenceLapses(NotNow):
    code = "licence_lapses"
    sentence = _("This therapist's licence for your state ends before this date.")


class SeriesRefused(NotNow):
    """`extra["dates"]`: start that the rule gave (minutes) -> code of why it cannot be."""

    code = "series_refused"
    sentence = _("Some of these dates cannot be booked any more. Please look at them again.")


class EnrollmentRefused(NotNow):
    """To staff. `extra["parts"]`: id of the part -> slot (minutes; 0: the part as a whole) -> code
    of what somebody has to decide about."""

    code = "enrollment_refused"
    sentence = _("Some dates of this plan cannot be booked as they are. Please decide about them.")


class ResumeRefused(NotNow):
    """To staff. `extra["dates"]`: start (minutes) -> code of what somebody has to decide about."""

    code = "resume_refused"
    sentence = _("Some dates cannot be booked again as they were. Please decide about them.")


class OutsideProgram(NotNow):
    code = "outside_program"
    sentence = _("Your program is not going on at this time. Please choose another.")


class HoldRefused(Refusal):
    code = "hold_refused"


class HoldExpired(HoldRefused):
    code = "hold_expired"
    sentence = _("We could not keep this time any longer. Please choose it again if it is free.")


class TooManyHolds(HoldRefused):
    code, status = "too_many_holds", 429
    sentence = _("You are keeping several times already. Please confirm one, or let one go.")


class ExtendedAlready(HoldRefused):
    code = "extended_already"
    sentence = _("This time was kept longer once already. Please confirm now.")


class OfferGone(HoldRefused):
    code = "offer_gone"
    sentence = _("This time is not kept for you any more. You are still on the waiting list.")


class ConsentMissing(Refusal):
    code, status = "consent_missing", 422
    sentence = _("Please read and accept the consent to telehealth first.")
    OF_GROUP = _("Please read and accept the confidentiality in groups first.")


class NotAPatient(Refusal):
    code, status = "not_a_patient", 422
    sentence = _("Please ask the clinic for an invitation before you book.")


class StateRefused(Refusal):
    code = "state_refused"


class CancelledAlready(StateRefused):
    code = "cancelled_already"
    sentence = _("This appointment was cancelled already.")


class StartedAlready(StateRefused):
    code = "started_already"
    sentence = _("This appointment has started already.")


class NotStarted(StateRefused):
    code = "not_started"
    sentence = _("This appointment has not started yet.")


class UndoTooLate(StateRefused):
    code = "undo_too_late"
    sentence = _("A cancellation can be undone for five minutes only. Please book again.")


class IllegalChange(StateRefused):
    code = "illegal_change"
    sentence = _("This cannot be changed in this way any more.")


class WaitingAlready(StateRefused):
    code = "waiting_already"
    sentence = _("You are on the waiting list for this already.")


class OfferOpen(StateRefused):
    code = "offer_open"
    sentence = _("Another time is being kept already. Please wait for the answer.")


class EnrolledAlready(StateRefused):
    """To staff."""

    code = "enrolled_already"
    sentence = _("This patient is in a program at that time already. One can follow the other.")


class TakenMeanwhile(StateRefused):
    """To staff. `extra["dates"]`: start (minutes) -> code of why it cannot be had again."""

    code = "taken_meanwhile"
    sentence = _("Some of what was given up is taken by now, so this cannot be undone any more.")


class WayInRefused(Refusal):
    code = "way_in_refused"


class NotOpenYet(WayInRefused):
    code = "not_open_yet"
    sentence = _("The room is not open yet.")


class OverAlready(WayInRefused):
    code = "over_already"
    sentence = _("This appointment is over. Please call the clinic if you missed it.")


class CheckInMissing(WayInRefused):
    code = "check_in_missing"
    sentence = _("Please check in first: it takes a minute.")


class ContactMissing(WayInRefused):
    code = "contact_missing"
    sentence = _("Nobody to call in an emergency is on file. Please ask the patient first.")


class PatientElsewhere(WayInRefused):
    code = "patient_elsewhere"
    sentence = _("The patient is now where you are not licensed.")


class RoomNotReady(WayInRefused):
    code = "room_not_ready"
    sentence = _("The room is being prepared. Please stay on this page.")


class BadRoomAddress(WayInRefused):
    code, status = "bad_room_address", 422
    sentence = _("This is not an address of a video room that the clinic allows.")


class RoomInUse(WayInRefused):
    """Another address would split the session into two rooms; `confirmed` says it is meant."""

    code = "room_in_use"
    sentence = _("People may be in the room already. Please confirm that all shall change to this.")
