"""Who the caller is in this clinic, and what patients change about themselves."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.actions.consent import signed_forms
from accounts.actions.profile import change_profile, reminders_text
from accounts.models import Patient, Role, User
from scheduling.actions.reply import Reply
from scheduling.api.door import Door
from scheduling.api.fields import Body, ZoneField
from scheduling.api.holds import KEY
from scheduling.errors import NotAPatient

WEEK = 7 * 1440  # minutes
PLAIN = ("called", "phone", "no_mail")  # named as in the row


def reminders_field(**kwargs: Any) -> serializers.ListField:
    """Minutes before the start; null is as the clinic does, an empty list is none."""
    minute = serializers.IntegerField(min_value=1, max_value=WEEK)
    asks = "Minutes before the start; null: as the clinic does; []: none."
    return serializers.ListField(
        child=minute, max_length=5, allow_null=True, help_text=asks, **kwargs
    )


class ProfileShape(serializers.Serializer[Any]):
    reference = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    called = serializers.CharField()
    zone = serializers.CharField()
    phone = serializers.CharField()
    place = serializers.CharField(help_text="Home state.")
    reminders = reminders_field()
    no_mail = serializers.BooleanField()
    consents = serializers.ListField(
        child=serializers.CharField(), help_text="Forms that stand signed in the newest version."
    )


class MeShape(serializers.Serializer[Any]):
    email = serializers.EmailField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))
    patient = ProfileShape(allow_null=True)


class MeBody(Body):
    called = serializers.CharField(required=False, allow_blank=True, max_length=60)
    zone = ZoneField(required=False)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=32)
    reminders = reminders_field(required=False)
    no_mail = serializers.BooleanField(required=False)


class Me(Door):
    @extend_schema(operation_id="me", responses=MeShape)
    def get(self, request: Request) -> Response:
        """Three queries beside the door's, one of them the audit's."""
        return Response(self.told())

    @extend_schema(
        operation_id="me_change",
        parameters=[KEY],
        request=MeBody,
        responses=MeShape,
        description="Never e-mail, name or role: these are the clinic's to change.",
    )
    def patch(self, request: Request) -> Response:
        said = self.said(MeBody)
        return self.write(lambda: self.change(said))

    def change(self, said: dict[str, Any]) -> Reply:
        if self.actor.patient is None:
            raise NotAPatient
        changes: dict[str, Any] = {
            name: said[name] for name in ("called", "phone", "no_mail") if name in said
        }
        if "zone" in said:
            changes["time_zone"] = said["zone"]
        if "reminders" in said:
            changes["reminders"] = reminders_text(said["reminders"])
        change_profile(actor=self.actor, now=self.now, **changes)
        return Reply(200, self.told())

    def told(self) -> dict[str, Any]:
        user = self.actor.user
        assert isinstance(user, User)
        return {
            "email": user.email,
            "roles": sorted(self.actor.roles),
            "patient": self.profile(),
        }

    def profile(self) -> dict[str, Any] | None:
        """Read by its own person, and that is noted like every other look."""
        row = Patient.objects.filter(pk=self.actor.patient or 0).first()
        if row is None:
            return None
        audit.record(self.actor, "patient.view", subject=row, obj=row)
        return {
            "reference": row.reference,
            "first_name": row.first_name,
            "last_name": row.last_name,
            "called": row.called,
            "zone": row.time_zone,
            "phone": row.phone,
            "place": row.state,
            "reminders": reminders_of(row),
            "no_mail": row.no_mail,
            "consents": sorted(signed_forms(row, self.now)),
        }


def reminders_of(row: Patient) -> list[int] | None:
    if row.reminders == "default":
        return None
    return [int(part) for part in row.reminders.split(",") if part]
