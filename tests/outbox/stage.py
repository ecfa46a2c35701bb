"""People who act on a real database, in a process of their own beside the worker's.

Reads one JSON command a line ({"do": "book", "count": 3}), answers one JSON line. Started by
`tests/outbox/test_worker.py`; the database is the one of the environment.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime, timedelta

import django


def main() -> None:
    django.setup()
    stage = Stage()
    say("ready")
    for line in sys.stdin:
        said = json.loads(line)
        say(getattr(stage, said.pop("do"))(**said))


def say(answer) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


class Stage:
    def __init__(self) -> None:
        from tests import world

        self.world = world.build()
        self.times = self.upcoming()

    def upcoming(self):
        """Hourly starts on the coming weekdays, in real time: the worker reads the clock."""
        from tests.world import at

        day = datetime.now(UTC).date() + timedelta(days=4)
        while True:
            if day.weekday() < 5:
                yield from (at(day, hour) for hour in range(9, 16))
            day += timedelta(days=1)

    def nora(self):
        """Nora, signed in, in a browser that lies about the host it came by."""
        from django.test import Client

        client = Client(headers={"x-forwarded-host": "evil.example"})
        client.force_login(self.world.nora.user)
        return client

    def book_at_the_page(self, medium: str = "video") -> str:
        from tests.web.patient import booked

        said = {"therapist": self.world.alma.uuid, "medium": medium}
        return booked(self.nora(), self.world, next(self.times), **said)

    def move_at_the_page(self, seat: str) -> int:
        from tests.web.patient import HOME, filters

        said = filters(therapist=self.world.alma.uuid) | {"start": next(self.times)}
        del said["service"]
        return self.nora().post(f"{HOME}my/{seat}/move/check/", said).status_code

    def cancel_at_the_page(self, seat: str) -> int:
        from tests.web.patient import HOME

        return self.nora().post(f"{HOME}my/{seat}/cancel/").status_code

    def shows(self, path: str) -> str:
        from tests.web.patient import text_of

        return text_of(self.nora().get(path, follow=True))

    def opens(self, path: str) -> int:
        return self.nora().get(path, follow=True).status_code

    def forged(self) -> int:
        return self.nora().get("/c/harbor/", headers={"host": "evil.example"}).status_code

    def knocks(self, path: str, email: str) -> list[str]:
        """Somebody opens a link in a new browser, is led to the door and types an address."""
        from django.test import Client

        self.browser = Client()
        assert self.browser.get(path).status_code == 200
        door = self.browser.post(path)["Location"]
        self.page = self.browser.post("/sign-in/", {"email": email, "next": path})["Location"]
        return [door, self.page]

    def accepts(self, path: str, code: str) -> list[str]:
        """Types the code, presses the button of the link; staff make a second factor at once."""
        from tests.doors import totp_code

        steps = [self.browser.post(self.page, {"code": code})["Location"]]
        steps.append(self.browser.post(path)["Location"])
        enrol = self.browser.get(steps[-1])["Location"]
        steps.append(enrol)
        page = self.browser.get(enrol).content.decode()
        secret = max(re.findall(r"\b[A-Z2-7]{16,64}\b", page), key=len)
        assert self.browser.post(enrol, {"code": totp_code(secret)}).status_code == 302
        return steps

    def reads(self, path: str) -> list:
        page = self.browser.get(path)
        return [page.status_code, page.content.decode()]

    def book(self, count: int = 1) -> list[str]:
        from tests.outbox.acts import booked

        now = datetime.now(UTC)
        seats = [booked(self.world, start=next(self.times), now=now) for _ in range(count)]
        return [str(seat.uuid) for seat in seats]

    def repeat(self, count: int) -> list[str]:
        """Nora comes every Monday; answers her seats, in order."""
        from scheduling.models import Booking
        from tests.outbox.serial import mondays, repeated

        now = datetime.now(UTC)
        monday = now.date() + timedelta(days=14 - now.weekday())
        made = repeated(self.world, wanted=mondays(count, first=monday.isoformat()), now=now)
        seats = Booking.objects.filter(session__series=made).order_by("start")
        return [str(seat.uuid) for seat in seats]

    def move_by_an_hour(self, seat: str) -> None:
        from tests.outbox.acts import moved

        one = self.seat(seat)
        moved(self.world, one, one.start + 60, now=datetime.now(UTC))

    def book_yesterday(self) -> str:
        """For half an hour from now, or a little more, whatever time it is."""
        from tests.outbox.acts import booked

        now = datetime.now(UTC)
        start = int(now.timestamp()) // 900 * 15 + 45
        why = "agreed by telephone"
        return str(booked(self.world, start=start, now=now - timedelta(days=1), override=why).uuid)

    def move(self, seat: str) -> None:
        from tests.outbox.acts import moved

        moved(self.world, self.seat(seat), next(self.times), now=datetime.now(UTC))

    def cancel(self, seat: str) -> None:
        from tests.outbox.acts import cancelled

        cancelled(self.world, self.seat(seat), now=datetime.now(UTC))

    def truth(self) -> list[str]:
        """When the sessions that stand begin, as calendars write it."""
        from scheduling.models import Session

        standing = Session.objects.filter(state="scheduled")
        return sorted(f"{session.starts_at:%Y%m%dT%H%M%SZ}" for session in standing)

    def seat(self, uuid: str):
        from scheduling.models import Booking

        return Booking.objects.get(uuid=uuid)

    def tasks(self) -> list[dict]:
        from scheduling.models import Task

        rows = Task.objects.order_by("pk").values("kind", "outcome", "attempts", "done_at")
        return [row | {"done_at": bool(row["done_at"])} for row in rows]

    def owed(self) -> int:
        """What has still to be planned or done."""
        from scheduling.models import Event, Task

        undone = Task.objects.filter(done_at__isnull=True, gave_up_at__isnull=True)
        return undone.count() + Event.objects.filter(planned_at__isnull=True).count()

    def asks_for_the_week(self, wanted: bool) -> None:
        """Ada, for the numbers of each week; one that began six days ago, whatever day it is."""
        from accounts.models import Membership
        from scheduling.actions.weekly import choose

        today = datetime.now(UTC).date()
        self.world.clinic.week_starts = (today - timedelta(days=6)).weekday()
        self.world.clinic.save(update_fields=["week_starts"])
        actor = self.world.actor(self.world.ada, datetime.now(UTC))
        choose(wanted=wanted, actor=actor, now=datetime.now(UTC))
        assert Membership.objects.filter(weekly_report=True).count() == wanted

    def clear(self) -> None:
        """As if nothing had ever been booked."""
        from scheduling.models import (
            Booking,
            Event,
            Invite,
            JoinLink,
            Occupancy,
            Room,
            Series,
            Session,
            Task,
        )

        for model in (Task, Invite, Event, JoinLink, Room, Booking, Occupancy, Session, Series):
            model.objects.all().delete()


if __name__ == "__main__":
    main()
