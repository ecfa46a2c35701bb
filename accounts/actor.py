"""Who acts. Doors make an Actor; actions, policy and the audit read it; none sees a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.models import Clinic, User


class ActorKind(StrEnum):
    ANONYMOUS = "anonymous"  # nobody has said who they are
    USER = "user"  # signed in on the pages
    LINK = "link"  # holds a join link and proved to be its person
    PLATFORM = "platform"  # a video platform with a signed callback
    TOKEN = "token"  # noqa: S105 - a program, in the name of its user
    WORKER = "worker"  # the background process, or a management command


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, in which clinic, and what this clinic knows them as at this moment.

    `roles` are those of Membership; `patient` and `therapist` the ids of the profiles they act as;
    `covers` the ids of the therapists they stand in for today (`accounts.policy.actor_for`).
    `where` is the address of the client; `purpose` what a look-up was said to be for (LG1).
    """

    kind: ActorKind
    id: str = ""
    clinic: Clinic | None = None
    user: User | None = field(default=None, repr=False)
    roles: frozenset[str] = frozenset()
    patient: int | None = None
    therapist: int | None = None
    covers: frozenset[int] = frozenset()
    where: str = ""
    purpose: str = ""

    @classmethod
    def anonymous(cls, clinic: Clinic | None = None, where: str = "") -> Actor:
        return cls(ActorKind.ANONYMOUS, clinic=clinic, where=where)

    @classmethod
    def of(cls, user: User, clinic: Clinic | None, *, where: str = "", purpose: str = "") -> Actor:
        """Signed in, without rights in a clinic; those come from `accounts.policy.actor_for`."""
        return cls(ActorKind.USER, str(user.pk), clinic, user, where=where, purpose=purpose)

    @classmethod
    def link(
        cls,
        link: object,
        clinic: Clinic,
        *,
        patient: int | None = None,
        therapist: int | None = None,
        where: str = "",
    ) -> Actor:
        """`link`: the join link's id, never its token."""
        return cls(
            ActorKind.LINK, str(link), clinic, patient=patient, therapist=therapist, where=where
        )

    @classmethod
    def platform(cls, name: str, clinic: Clinic | None, *, where: str = "") -> Actor:
        return cls(ActorKind.PLATFORM, name, clinic, where=where)

    @classmethod
    def worker(cls, clinic: Clinic | None = None) -> Actor:
        return cls(ActorKind.WORKER, clinic=clinic)

    def has(self, *roles: str) -> bool:
        """At least one of these roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_staff(self) -> bool:
        return bool(self.roles)

    @property
    def name(self) -> str:
        """`user:17`, `link:203`, `worker`: how history and audit speak of the actor."""
        return f"{self.kind.value}:{self.id}" if self.id else self.kind.value
