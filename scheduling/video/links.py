"""From a room's row to the address that somebody is sent to at the click, and back.

No address ever leaves but by `enter` and `enter_as_host`, in a redirect; all are checked when they
come in and once more when they go out, for the clinic may have crossed a host off its list since.
"""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from accounts.actor import Actor
from scheduling.actions import rooms, way_in
from scheduling.actions.rooms import Filling
from scheduling.errors import BadRoomAddress, RoomNotReady
from scheduling.models import Room
from scheduling.queries.way_in import closes_at, hosts_of, opens_at, words_about
from scheduling.video import platforms
from scheduling.video.addresses import allowed_hosts, check_room, check_room_url
from scheduling.video.contract import BadAddress, Gone, RoomRequest, Secret
from scheduling.video.contract import Room as RoomOutside


def binding_of(room: Room) -> str:
    """What a platform calls this session's room; random, says nothing."""
    return f"rb_{room.uuid.hex}"


def uuid_of(binding: str) -> UUID | None:
    """The uuid in a binding that may be ours."""
    try:
        return UUID(hex=binding.removeprefix("rb_"))
    except ValueError:
        return None


def request_for(room: Room) -> RoomRequest:
    """All that the platform is told: opaque references and times."""
    session = room.session
    refs = sorted((link.pk, link.ref, link.therapist_id) for link in session.join_links.all())
    return RoomRequest(
        binding_id=binding_of(room),
        generation=room.generation,
        opens_at=opens_at(session),
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        closes_at=closes_at(session),
        seats=len(refs),
        host_refs=tuple(ref for _pk, ref, host in refs if host),
        participant_refs=tuple(ref for _pk, ref, host in refs if not host),
    )


# In


def paste(*, session: UUID, url: str, confirmed: bool = False, actor: Actor, now: datetime) -> Room:
    """A therapist pastes one address for everybody; raises BadRoomAddress, RoomInUse, NotFound."""
    return rooms.paste(
        session=session,
        filling=Filling(join_url=url.strip()),
        check=check_pasted,
        confirmed=confirmed,
        actor=actor,
        now=now,
    )


def check_pasted(room: Room, filling: Filling) -> None:
    """Any platform of the clinic will do for a paste; nothing typed is no address."""
    if not filling.join_url:
        raise BadRoomAddress(field="join_url", reason="missing")
    _check(room, filling, hosts_of(room.session.clinic))


def check_called_back(room: Room, filling: Filling) -> None:
    """A platform fills in addresses on its own hosts alone."""
    _check(room, filling, room.connection.hosts if room.connection else "")


def _check(room: Room, filling: Filling, hosts: str) -> None:
    try:
        check_room(_outside(filling), allowed_hosts(hosts), words_about(room.session))
    except BadAddress as error:
        raise BadRoomAddress(field=error.field, reason=error.code) from None


def _outside(filling: Filling) -> RoomOutside:
    return RoomOutside(
        external_id=filling.external_id,
        join_url=Secret(filling.join_url) if filling.join_url else None,
        host_url=Secret(filling.host_url) if filling.host_url else None,
        personal={ref: Secret(url) for ref, url in filling.personal.items()},
    )


# Out


def enter(*, link: UUID, actor: Actor, now: datetime) -> Secret:
    """Where a patient goes now; the refusals of `actions.way_in.enter`."""
    room, ref = way_in.enter(link=link, actor=actor, now=now)
    return _address(room, ref, host=False)


def enter_as_host(*, session: UUID, actor: Actor, now: datetime) -> Secret:
    """Where the session's therapist goes now; those of `actions.way_in.enter_as_host`."""
    room, ref = way_in.enter_as_host(session=session, actor=actor, now=now)
    return _address(room, ref, host=True)


def _address(room: Room, ref: str, *, host: bool) -> Secret:
    kind = room.connection.kind if room.connection else "paste"
    filling = Filling(
        join_url=room.join_url,
        host_url=room.host_url,
        external_id=room.external_id,
        personal=json.loads(room.personal or "{}"),
    )
    try:
        given = platforms.adapter(kind).participant_link(
            _outside(filling), ref, host=host, not_after=closes_at(room.session)
        )
        check_room_url(given.reveal(), allowed_hosts(hosts_of(room.session.clinic)))
    except (Gone, BadAddress):
        raise RoomNotReady from None
    return given
