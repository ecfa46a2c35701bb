"""How a request of the API comes in: the clinic of the address, who asks, what time it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import audit
from accounts.actor import Actor, ActorKind
from accounts.models import ApiToken, Clinic, Patient, User
from accounts.web.who import actor_of
from scheduling import policy
from scheduling.actions.hold import owner_hash
from scheduling.actions.reply import Reply, once
from scheduling.api.fields import Body
from scheduling.api.problems import BadKey, BadParameter, SecondFactorRequired
from scheduling.errors import NotFound
from scheduling.models import Booking

SECRET_HEADER = "X-Hold-Secret"  # noqa: S105 - its name
LONG_KEY = 22  # characters: where nobody is signed in, the key itself is what nobody else knows
Public: list[type[BasePermission]] = [AllowAny]


class Door(APIView):
    """Handlers have `clinic`, `actor` and `now`. Parameters that no `Query` names are 400 (AC8).

    Costs one query for the clinic, and one for who asks, if they are signed in.
    """

    metadata_class = None
    Query: ClassVar[type[Body] | None] = None
    clinic: Clinic
    actor: Actor
    now: datetime

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.slug = kwargs.pop("slug", "")
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.now = timezone.now()
        self.clinic = self.clinic_of(request)
        self.actor = self.who(request, self.clinic)
        self.require_known_parameters(request)

    def clinic_of(self, request: Request) -> Clinic:
        if isinstance(request.auth, ApiToken):
            return request.auth.clinic  # a token is good at its own clinic's addresses alone
        found = Clinic.at(self.slug)
        if found is None:
            raise NotFound
        return found

    def who(self, request: Request, clinic: Clinic) -> Actor:
        token = request.auth if isinstance(request.auth, ApiToken) else None
        kind = ActorKind.TOKEN if token else ActorKind.USER
        patient = self.chosen_patient(request, clinic)
        actor = actor_of(request, clinic, self.now, kind=kind, patient=patient)
        if token and actor.is_staff and not token.second_factor:
            raise SecondFactorRequired
        return actor

    def chosen_patient(self, request: Request, clinic: Clinic) -> int | None:
        """Where several people share an account, `X-Patient` names one by the reference."""
        reference = request.headers.get("X-Patient")
        if not reference or not isinstance(request.user, User):
            return None
        mine = Patient.objects.filter(user=request.user, clinic=clinic, active=True)
        found = mine.filter(reference=reference[:8].upper()).values_list("pk", flat=True).first()
        if found is None:
            raise NotFound
        return found

    def require_known_parameters(self, request: Request) -> None:
        query = self.Query() if self.Query and request.method in ("GET", "HEAD") else None
        known = query.fields if query else {}
        for name, values in request.query_params.lists():
            if name not in known or len(values) != 1:
                raise BadParameter(name[:60])

    # What was said

    def said(self, body: type[Body]) -> dict[str, Any]:
        return _valid(body(data=self.request.data))

    def asked(self) -> dict[str, Any]:
        assert self.Query is not None
        return _valid(self.Query(data=self.request.query_params.dict()))

    def secret(self) -> str:
        """Owns a hold; never in an address, which is logged elsewhere."""
        return self.request.headers.get(SECRET_HEADER, "")[:200]

    # What is answered

    def write(self, act: Callable[[], Reply]) -> Response:
        """Run a verb; under an Idempotency-Key once, and the same answer again after that."""
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            return answered(act())
        reply = once(act, owner=self.owner(key), key=key, request=self.fingerprint(), now=self.now)
        if reply.again and reply.booking:
            booking = policy.find(Booking, self.actor, uuid=reply.booking)
            audit.record(self.actor, "booking.view", subject=booking.patient_id, obj=booking.uuid)
        return answered(reply)

    def owner(self, key: str) -> str:
        """Whose the key is. A stranger's own must be too long to guess."""
        if not 1 <= len(key) <= 100 or not all("!" <= letter <= "~" for letter in key):
            raise BadKey
        if self.actor.user is not None:
            return self.actor.name
        if self.secret():
            return owner_hash(self.secret())
        if len(key) < LONG_KEY:
            raise BadKey
        return self.actor.name

    def fingerprint(self) -> str:
        """All that was asked, as one text."""
        said = json.dumps(self.request.data, sort_keys=True)
        patient = self.request.headers.get("X-Patient", "")
        return "\n".join([self.request.method or "", self.request.path, patient, said])


def answered(reply: Reply) -> Response:
    headers = {"Idempotency-Replayed": "true"} if reply.again else None
    return Response(reply.body, status=reply.status, headers=headers)


def _valid(serializer: Body) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    said: Mapping[str, Any] = serializer.validated_data
    return dict(said)
