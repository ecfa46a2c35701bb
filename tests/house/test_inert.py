"""BR6: what people type stays text, in every page, answer, mail and calendar, to every reader."""

from __future__ import annotations

import json
import logging
import re
from email import message_from_bytes, policy

import icalendar
import pytest
import time_machine
from django.test import TestCase, override_settings

from accounts.models import Clinic, Patient
from scheduling.models import Task
from scheduling.outbox.worker import Worker
from tests.house.canaries import MOMENT
from tests.house.payloads import MARKS, RUN
from tests.house.payloads import Page as Parsed
from tests.house.poison import poisoned
from tests.house.walked import Page, walked
from tests.world import NOW

LOCAL = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
TYPED = re.compile(r"<(?:script|img|svg|iframe|b)\b[^>]*__xss")


@pytest.mark.django_db
def test_every_page_and_answer():
    """BR6: no tag, attribute, comment or address of a page comes from what was typed."""
    seen: set[str] = set()
    for page in walked().pages:
        if marks := {mark for mark in MARKS if mark in page.body}:
            found = faults(page)
            assert not found, f"{page.letter} {page.route}: {found}"
            seen |= marks
    assert len(seen) >= 10, f"only {sorted(seen)} were shown anywhere"


def faults(page: Page) -> list[str]:
    if page.is_of("text/html"):
        return html_faults(page.body)
    if page.is_of("text/calendar"):
        return calendar_faults(page.body)
    return []


@pytest.mark.django_db
def test_json_is_told_as_json():
    """BR6: a browser that is shown an answer of the API runs nothing of it."""
    answers = [page for page in walked().pages if page.route.startswith("api/v1/clinics/")]
    for page in answers:
        json.loads(page.body)
        assert page.is_of("application/json"), page.route
        assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert any(mark in page.body for page in answers for mark in MARKS)


class Inert(TestCase):
    """Through the forms that the site has."""

    @classmethod
    def setUpTestData(cls) -> None:
        with time_machine.travel(NOW, tick=False), override_settings(CACHES=LOCAL):
            cls.world, cls.known = poisoned()

    def setUp(self) -> None:
        travel = time_machine.travel(MOMENT, tick=False)
        travel.start()
        self.addCleanup(travel.stop)
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def test_it_was_stored_as_it_was_typed(self) -> None:
        """BR6: nothing is cut out or changed on the way in; it is made harmless on the way out."""
        nora = Patient.objects.get(pk=self.world.nora.pk)
        assert "<script>" in nora.first_name + nora.called + nora.address
        assert "<svg" in Clinic.objects.get(pk=self.world.clinic.pk).emergency_text

    def test_mail_and_invites(self) -> None:
        """BR6, TK9: no header, part or property comes from what was typed."""
        Task.objects.all().delete()
        Worker(clock=lambda: MOMENT).drain()
        tasks = [task for task in Task.objects.all() if task.message and task.kind != "room"]
        assert len(tasks) >= 4
        for task in tasks:
            mail = message_from_bytes(task.message.encode("latin-1"), policy=policy.SMTP)
            assert mail["Bcc"] is None and mail["Cc"] is None
            assert len(mail["To"].addresses) == len(mail["From"].addresses) == 1
            for part in mail.walk():
                kind = part.get_content_type()
                if kind == "text/html":
                    assert not html_faults(part.get_content())
                if kind == "text/calendar":
                    assert not calendar_faults(part.get_content())


def html_faults(body: str) -> list[str]:
    """Parsed as a browser would; and template text was not evaluated."""
    parsed = Parsed(body)
    found = parsed.faults + TYPED.findall(body)
    if "zq449" in " ".join(parsed.shown):
        found.append("template syntax was evaluated")
    if f"<script>{RUN}" in body:
        found.append("script")
    return found


def calendar_faults(body: str) -> list[str]:
    """Exactly the components and properties that we write."""
    calendar = icalendar.Calendar.from_ical(body)
    (event,) = calendar.events
    found = [name for name in event if name.startswith("X-ZQ") or name == "BCC"]
    return found + [line for line in body.splitlines() if line.startswith(("Bcc:", "X-ZQ"))]
