"""How long people wait for a time: what the worker notes each day, on the office's first page."""

from datetime import date

import pytest
from django.test import Client

from scheduling.models import AccessDay
from tests.databases import fresh_database
from tests.web.desk import OFFICE, at_work
from tests.web.patient import text_of
from tests.world import NOW, World, build, service

TODAY = date(2027, 3, 1)


@pytest.fixture
def world(db, clock) -> World:
    return build()


@pytest.fixture
def office(world) -> Client:
    return at_work(world.ada)


def noted(what, day: date, minutes: int | None) -> None:
    AccessDay.objects.create(
        clinic=what.clinic, service=what, day=day, looked_at=NOW, wait_minutes=minutes
    )


def test_each_service_with_its_third_next_time(world, office):
    noted(world.cbt, TODAY, 3 * 1440 + 50)
    noted(world.cbt, date(2027, 2, 1), 5 * 1440)
    noted(service(world.clinic, "dbt-50", "dbt"), TODAY, None)
    service(world.clinic, "rebt-50", "rebt")
    noted(service(world.clinic, "old-50", "old", active=False), TODAY, 60)
    page = text_of(office.get(OFFICE))
    assert "CBT session 3 days 5 days" in page
    assert "DBT session fewer than three times are free –" in page
    assert "REBT session not looked at yet –" in page
    assert "OLD session" not in page


def test_yesterdays_figure_stands_until_today_is_noted_and_no_longer(world, office, clock):
    noted(world.cbt, date(2027, 2, 28), 90)
    assert "CBT session 1 hour –" in text_of(office.get(OFFICE))
    clock.shift(86400)
    office = at_work(world.ada)
    assert "CBT session not looked at yet" in text_of(office.get(OFFICE))


def test_another_clinics_figures_are_not_told(world, office):
    """AC3."""
    other = build("haven", "2")
    noted(other.cbt, TODAY, 1440 * 9)
    assert "9 days" not in text_of(office.get(OFFICE))


def test_the_worker_notes_it_and_the_office_reads_it(tmp_path):
    """A worker's own process, on a database of its own, by the real clock."""
    with fresh_database(tmp_path) as database:
        story = "tests.web.waits_story"
        database.run("-m", story, "open")
        assert "CBT session not looked at yet" in database.run("-m", story, "read")
        database.run("manage.py", "worker", "--once")
        page = database.run("-m", story, "read")
        assert "CBT session not looked at yet" not in page
        wait = page.partition("Four weeks ago CBT session ")[2].partition(" –")[0]
        assert wait.split()[1] in ("hour", "hours", "day", "days"), page
