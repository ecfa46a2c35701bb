"""Short names for those who wait and what they are offered; all through the public actions."""

from scheduling.actions import wait_offers as answers
from scheduling.actions import waitlist as acts
from tests.world import LA, NOW, World, at


def waiting(world: World, who, *, therapist=None, by=None, now=NOW, **said):
    return acts.wait_for_service(
        **{
            "patient": who.pk,
            "service": world.cbt.uuid,
            "therapist": therapist.uuid if therapist else None,
            "medium": "video",
            "place": "CA",
            "zone": LA,
            "actor": world.actor(by or who),
            "now": now,
        }
        | said
    )


def earlier(world: World, seat, *, now=NOW, **said):
    return acts.wait_for_earlier(booking=seat.uuid, actor=world.actor(world.dana), now=now, **said)


def for_a_place(world: World, group, who, *, by=None, now=NOW, **said):
    return acts.wait_for_group(
        **{
            "patient": who.pk,
            "group": group.uuid,
            "place": "CA",
            "zone": LA,
            "actor": world.actor(by or who),
            "now": now,
        }
        | said
    )


def placed(world: World, row, *, start=None, now=NOW):
    return answers.offer_place(
        waiting=row.uuid, start=start, actor=world.actor(world.dana), now=now
    )


def offered(world: World, row, *, therapist=None, start=None, now=NOW):
    return answers.offer_time(
        waiting=row.uuid,
        therapist=(therapist or world.alma).uuid,
        start=start or at("2027-03-03", 10),
        actor=world.actor(world.dana),
        now=now,
    )
