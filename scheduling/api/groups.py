"""Groups: find one, join it, leave it. Of who is in one, one word goes out (GR1)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.models import Patient
from scheduling import policy
from scheduling.actions import group_members as acts
from scheduling.actions.reply import Reply
from scheduling.api import shapes
from scheduling.api.bookings import Accept, BookingDoor, ReasonField
from scheduling.api.door import Door, Public
from scheduling.api.fields import Body, MediumField, MomentField, PlaceField, ZoneField, clock, told
from scheduling.api.holds import KEY
from scheduling.engine.slots import PartOfDay
from scheduling.errors import ConsentMissing, LicenceLapses, NotFound, PatientBusy, Refusal
from scheduling.models import Booking, Entry, Group, Medium, Member
from scheduling.queries import find_group as query
from scheduling.queries.find_group import Seen, Sought, Standing

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class GroupsQuery(Body):
    """What is left out is anything."""

    entry = serializers.ChoiceField(choices=Entry.choices, required=False)
    modality = serializers.CharField(max_length=40, required=False, help_text="Its code, as dbt.")
    medium = MediumField(required=False)
    place = PlaceField(required=False)
    day = serializers.ChoiceField(choices=WEEKDAYS, required=False)
    part = serializers.ChoiceField(choices=[p.value for p in PartOfDay], required=False)
    zone = ZoneField(required=False, help_text="Of day and part; else the clinic's.")


class NextEntry(serializers.Serializer[Any]):
    start = serializers.DateTimeField(help_text="The first date of who joins now.")
    until = serializers.DateTimeField(allow_null=True, help_text="The last, where it is known.")


class GroupShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    about = serializers.CharField(help_text="What to expect.")
    entry = serializers.ChoiceField(choices=Entry.choices)
    standing = serializers.ChoiceField(
        choices=[one.value for one in Standing],
        help_text="All that is told of how full it is.",
    )
    next_entry = NextEntry(allow_null=True, help_text="null: nobody comes in now.")
    service = shapes.BriefService()
    modality = serializers.CharField()
    medium = serializers.ChoiceField(choices=Medium.choices, allow_null=True)
    rule = serializers.CharField(help_text="RFC 5545; empty where it does not meet at present.")
    zone = serializers.CharField(help_text="On whose wall clock it meets.")
    time = serializers.CharField()
    therapists = shapes.BriefTherapist(many=True)
    places = serializers.ListField(
        child=serializers.CharField(), help_text="States where one may be during its sessions."
    )


class DateShape(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    open = serializers.BooleanField(help_text="Of open groups: there is a place on this date.")


class OneGroupShape(GroupShape):
    dates = DateShape(many=True)


class GroupAccept(Accept):
    group = serializers.IntegerField(required=False, min_value=1, max_value=32767)


class JoinBody(Body):
    place = PlaceField()
    zone = ZoneField(help_text="The patient's.")
    start = MomentField(
        required=False, help_text="Of an open group: which date. Else the next way in."
    )
    accept = GroupAccept(required=False)
    patient = serializers.CharField(
        required=False, max_length=8, help_text="Staff: whose, by the patient's reference."
    )


class LeaveBody(Body):
    reason = ReasonField()


class MembershipShape(serializers.Serializer[Any]):
    """A place in a closed or rolling group, with the seats that it has brought so far."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    group = serializers.UUIDField()
    name = serializers.CharField()
    since = serializers.DateTimeField(help_text="Its first date.")
    until = serializers.DateTimeField(allow_null=True, help_text="Its last date, where known.")
    place = serializers.CharField()
    zone = serializers.CharField()
    left_at = serializers.DateTimeField(allow_null=True)
    bookings = shapes.BookingShape(many=True)


class JoinedShape(serializers.Serializer[Any]):
    membership = MembershipShape(allow_null=True, help_text="null: a seat in an open group.")
    bookings = shapes.BookingShape(many=True, help_text="Those that were booked now.")


def shown(seen: Seen) -> dict[str, Any]:
    group, series = seen.group, seen.series
    zone = series.zone if series else group.clinic.time_zone
    return {
        "id": str(group.uuid),
        "name": group.name,
        "about": group.about,
        "entry": group.entry,
        "standing": seen.standing.value,
        "next_entry": next_entry(seen, zone),
        "service": {
            "id": str(group.service.uuid),
            "name": group.service.name,
            "minutes": group.service.minutes,
        },
        "modality": group.service.modality.code,
        "medium": series.medium if series else None,
        "rule": series.rule if series else "",
        "zone": zone,
        "time": clock(series.at) if series else "",
        "therapists": [
            {"id": str(who.uuid), "name": who.name, "credentials": who.credentials}
            for who in seen.hosts
        ],
        "places": seen.places,
    }


def next_entry(seen: Seen, zone: str) -> dict[str, Any] | None:
    if seen.way is None:
        return None
    until = None if seen.dropped_in else seen.way.until
    start = seen.way.sessions[0].start
    return {"start": told(start, zone), "until": told(until, zone) if until is not None else None}


def dates(seen: Seen) -> list[dict[str, Any]]:
    free = {way.sessions[0].start for way in seen.free} if seen.dropped_in else set()
    return [
        {
            "start": told(one.start, one.zone),
            "end": told(one.end, one.zone),
            "open": one.start in free,
        }
        for one in seen.dates
    ]


class Groups(Door):
    """Eight queries, however many there are, beside the door's."""

    permission_classes = Public
    Query = GroupsQuery

    @extend_schema(operation_id="groups", parameters=[GroupsQuery], responses=GroupShape(many=True))
    def get(self, request: Request) -> Response:
        asked = self.asked()
        zone = asked.pop("zone", self.clinic.time_zone)
        if "day" in asked:
            asked["day"] = str(WEEKDAYS.index(asked["day"]))
        found = query.seek(query.listed(self.actor), Sought(zone=zone, **asked), self.now)
        return Response([shown(seen) for seen in found])


class OneGroup(Door):
    permission_classes = Public

    @extend_schema(operation_id="group", responses=OneGroupShape)
    def get(self, request: Request, group: UUID) -> Response:
        seen = query.one(policy.find(Group, self.actor, uuid=group), self.now)
        return Response(shown(seen) | {"dates": dates(seen)})


class MembershipDoor(BookingDoor):
    def shown_seats(self, rows: Any) -> list[dict[str, Any]]:
        return [
            shapes.booking(row, self.actor) for row in shapes.with_times(rows).order_by("start")
        ]

    def shown_place(self, row: Member) -> dict[str, Any]:
        seats = policy.visible(Booking, self.actor).filter(
            patient=row.patient_id,
            session__series__group=row.group_id,
            session__slot__gte=row.from_start,
        )
        until = row.until_start
        return {
            "id": str(row.uuid),
            "reference": row.reference,
            "group": str(row.group.uuid),
            "name": row.group.name,
            "since": told(row.from_start, row.zone),
            "until": told(until, row.zone) if until is not None else None,
            "place": row.place,
            "zone": row.zone,
            "left_at": shapes.instant(row.left_at),
            "bookings": self.shown_seats(seats),
        }

    def told_dates(self, refusal: Refusal, zone: str) -> Refusal:
        """As answers say it: each start, and why."""
        starts = refusal.extra.get("dates", [])
        refusal.extra["dates"] = [
            {"start": told(start, zone), "why": refusal.code} for start in starts
        ]
        return refusal


class JoinGroup(MembershipDoor):
    @extend_schema(
        operation_id="group_join",
        parameters=[KEY],
        request=JoinBody,
        responses={201: JoinedShape},
        description="Every seat or none. A refusal names the dates that stand against it.",
    )
    def post(self, request: Request, group: UUID) -> Response:
        said = self.said(JoinBody)
        return self.write(lambda: self.join(group, said))

    def join(self, group: UUID, said: dict[str, Any]) -> Reply:
        patient = self.patient_of(said)
        try:
            seats = acts.join(group=group, patient=patient, **said, actor=self.actor, now=self.now)
        except PatientBusy as busy:
            raise self.told_dates(self.kindly(busy), said["zone"]) from busy
        except LicenceLapses as lapses:
            raise self.told_dates(lapses, said["zone"]) from lapses
        except ConsentMissing as missing:
            missing.extra["field"] = f"accept.{missing.extra.get('form', 'telehealth')}"
            raise
        places = policy.visible(Member, self.actor).filter(group__uuid=group, patient=patient)
        place = places.filter(left_at__isnull=True).select_related("group").first()
        bookings = Booking.objects.filter(pk__in=[seat.pk for seat in seats])
        body = {
            "membership": self.shown_place(place) if place else None,
            "bookings": self.shown_seats(bookings),
        }
        return Reply(201, body, str(seats[0].uuid))

    def patient_of(self, said: dict[str, Any]) -> int:
        """Who joins: oneself, or by staff a patient whom they may see."""
        reference = said.pop("patient", None)
        if reference:
            return policy.find(Patient, self.actor, reference=reference.upper()).pk
        if self.actor.patient is None:
            raise NotFound
        return self.actor.patient


class Memberships(MembershipDoor):
    @extend_schema(operation_id="memberships", responses=MembershipShape(many=True))
    def get(self, request: Request) -> Response:
        """The patient's own that stand; of staff too, only their own."""
        rows = query.memberships(self.actor)
        audit.record(self.actor, "member.list", subject=self.actor.patient)
        return Response([self.shown_place(row) for row in rows])


class OneMembership(MembershipDoor):
    @extend_schema(operation_id="membership", responses=MembershipShape)
    def get(self, request: Request, member: UUID) -> Response:
        row = policy.find(Member, self.actor, uuid=member)
        audit.record(self.actor, "member.view", subject=row.patient_id, obj=row)
        return Response(self.shown_place(row))


class LeaveGroup(MembershipDoor):
    @extend_schema(
        operation_id="membership_leave",
        parameters=[KEY],
        request=LeaveBody,
        responses=MembershipShape,
        description="Gives up the place and the seats to come. Nobody else in the group is told.",
    )
    def post(self, request: Request, member: UUID) -> Response:
        said = self.said(LeaveBody)
        return self.write(lambda: self.leave(member, said))

    def leave(self, member: UUID, said: dict[str, Any]) -> Reply:
        row = acts.leave(member=member, **said, actor=self.actor, now=self.now)
        return Reply(200, self.shown_place(row))
