"""Levels of care with dated hours, and programs; nothing that is booked moves."""

from datetime import date

import pytest
from django.test import Client

from scheduling.models import Level, LevelRule, Program, ProgramPart
from tests.groups import founded
from tests.programs import a_rule, iop, program
from tests.web.desk import OFFICE, at_work, audited
from tests.web.patient import text_of
from tests.web.visitor import Visitor
from tests.world import build

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def office(world) -> Client:
    return at_work(world.ada)


@pytest.fixture
def ada(office) -> Visitor:
    return Visitor(office)


def rules(level: Level) -> list[tuple[str, str, int, int | None]]:
    """From, until, least and most hours."""
    rows = LevelRule.objects.filter(level=level).order_by("age_from", "valid_from")
    return [
        (
            str(one.valid_from),
            str(one.valid_until or ""),
            one.min_minutes // 60,
            one.max_minutes and one.max_minutes // 60,
        )
        for one in rows
    ]


# Levels


def test_a_clinic_without_levels_is_led_to_make_one(ada):
    ada.goes(f"{OFFICE}programs/")
    assert "No level of care yet" in ada.reads
    ada.follows("New level of care").presses("Save", name="Evening IOP", rank="20", active="on")
    assert Level.objects.get().code == "evening-iop"
    assert "No program yet" in ada.reads
    assert len(audited("level.save")) == 1


def test_it_may_begin_with_the_usual_levels(ada):
    ada.goes(f"{OFFICE}programs/").presses("Begin with the usual ones")
    assert "Below 18 years: 6 to 19 hours a week" in ada.reads
    assert "18 years and over: 9 to 19 hours a week" in ada.reads
    assert "18 years and over: under 9 hours a week" in ada.reads
    assert len(audited("level.usual")) == 1


def test_a_second_level_of_the_same_name_is_refused_and_what_was_typed_stays(world, office):
    iop(world)
    said = {"name": "intensive", "rank": "7"}
    answer = office.post(f"{OFFICE}levels/new/", said)
    assert answer.status_code == 422
    assert 'value="intensive"' in answer.content.decode()
    assert 'value="7"' in answer.content.decode()
    assert Level.objects.count() == 1


def test_a_second_program_of_the_same_name_is_refused_and_what_was_typed_stays(world, office):
    said = {"name": "Evenings", "level": iop(world).pk, "weeks": "11", "active": "on"}
    assert office.post(f"{OFFICE}programs/new/", said).status_code == 302
    answer = office.post(f"{OFFICE}programs/new/", said)
    assert "There is one of this name already." in text_of(answer)
    assert 'value="11"' in answer.content.decode()
    assert Program.objects.count() == 1


def test_hours_are_typed_as_hours_with_a_source(world, ada):
    level = iop(world, rules=False)
    ada.goes(f"{OFFICE}levels/{level.uuid}/")
    assert "Nothing is asked for yet" in ada.reads
    ada.follows("Say its hours").presses(
        "Save",
        valid_from="2026-01-01",
        age_from="12",
        age_until="18",
        min_minutes="6",
        max_minutes="19:30",
        day_minutes="3",
        days="3",
        source="State rule 12",
    )
    row = LevelRule.objects.get()
    assert (row.min_minutes, row.max_minutes, row.day_minutes, row.days) == (360, 1170, 180, 3)
    assert "12 to 17 years" in ada.reads
    assert "6 hours to 19 h 30 min a week, at least 3 hours on each of 3 days" in ada.reads
    assert "State rule 12" in ada.reads
    assert "12 to 17 years: 6 hours to 19 h 30 min a week" in ada.goes(f"{OFFICE}programs/").reads


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("8:30", 510), ("8.5", 510), ("8,5", 510), ("8 h 30", 510), ("8h30 min", 510), ("8 H", 480),
     ("8", 480), ("0:45", 45), (" 168 ", 10_080)],
)  # fmt: skip
def test_hours_are_taken_as_people_write_them_and_shown_as_on_a_clock(
    world, ada, typed, minutes
) -> None:
    level = iop(world, rules=False)
    ada.goes(f"{OFFICE}levels/{level.uuid}/hours/")
    ada.presses("Save", valid_from="2027-03-01", age_from="0", min_minutes=typed)
    rule = LevelRule.objects.get()
    assert rule.min_minutes == minutes
    ada.goes(f"{OFFICE}levels/{level.uuid}/hours/?like={rule.pk}")
    assert ada.fields("Save")["min_minutes"] == f"{minutes // 60}:{minutes % 60:02}"


def test_a_change_ends_one_rule_and_begins_another(world, ada):
    """History stays: weeks that are past are counted by what was asked then."""
    level = iop(world)
    ada.goes(f"{OFFICE}levels/{level.uuid}/")
    ada.follows("Change: All ages, 9 to 19 hours a week")
    assert ada.fields("Save")["min_minutes"] == "9:00"
    ada.presses("Save", valid_from="2027-04-01", min_minutes="10")
    assert rules(level) == [("2020-01-01", "2027-03-31", 9, 19), ("2027-04-01", "", 10, 19)]
    assert "from Thursday, April 1, 2027 planned" in ada.reads
    ada.presses("Take back")
    assert rules(level) == [("2020-01-01", "", 9, 19)]
    assert [row.action for row in audited("level.rule_back")] == ["level.rule_back"]


def test_what_was_asked_in_the_past_is_not_written_anew(world, office):
    level = iop(world)
    said = {"valid_from": "2019-01-01", "age_from": "0", "min_minutes": "1"}
    answer = office.post(f"{OFFICE}levels/{level.uuid}/hours/", said)
    assert answer.status_code == 422
    assert rules(level) == [("2020-01-01", "", 9, 19)]


def test_another_age_has_hours_of_its_own(world, office):
    level = iop(world)
    said = {"valid_from": "2027-03-01", "age_from": "12", "age_until": "18", "min_minutes": "6"}
    office.post(f"{OFFICE}levels/{level.uuid}/hours/", said)
    assert rules(level) == [("2020-01-01", "", 9, 19), ("2027-03-01", "", 6, None)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_minutes": "20", "max_minutes": "9"},
        {"age_from": "18", "age_until": "12"},
        {"day_minutes": "3"},
        {"days": "3"},
        {"max_minutes": "200"},
        {"max_minutes": "12:75"},
        {"max_minutes": "-9"},
        {"max_minutes": "١٢"},
        {"day_minutes": "24:01", "days": "3"},
        {"valid_from": "soon"},
    ],
    ids=lambda one: "-".join(one),
)
def test_hours_that_cannot_be_are_refused_beside_their_field(world, office, wrong):
    level = iop(world, rules=False)
    said = {"valid_from": "2027-03-01", "age_from": "0", "min_minutes": "9"} | wrong
    answer = office.post(f"{OFFICE}levels/{level.uuid}/hours/", said)
    assert answer.status_code == 422
    assert 'class="errorlist"' in answer.content.decode()
    assert rules(level) == []


def test_hours_end_without_others(world, office):
    level = iop(world)
    rule = LevelRule.objects.get()
    end = f"{OFFICE}levels/hours/{rule.pk}/end/"
    assert office.post(end, {"last_day": "2027-02-01"}).status_code == 422
    assert office.post(end, {"last_day": "2027-05-31"}).status_code == 302
    assert rules(level) == [("2020-01-01", "2027-05-31", 9, 19)]


def test_hours_in_force_are_not_taken_back(world, office):
    iop(world)
    rule = LevelRule.objects.get()
    assert office.post(f"{OFFICE}levels/hours/{rule.pk}/back/").status_code == 404


# Programs


def test_a_program_is_made_of_groups_and_weekly_sessions(world, ada):
    level = iop(world)
    group = founded(world)
    ada.goes(f"{OFFICE}programs/").follows("New program")
    ada.presses("Make the program", name="Day program", level=str(level.pk), weeks="12")
    assert "Nothing yet" in ada.reads
    ada.presses("Add the group", group=str(group.uuid))
    assert "Every Tuesday at 4:00 PM (Los Angeles) 1 h 30 min" in ada.reads
    assert "1 h 30 min a week" in ada.reads
    assert "All ages: 9 to 19 hours a week below the band" in ada.reads
    ada.presses("Add the session", weekday="3", at="10:00")
    assert "Every Thursday at 10:00 AM (Los Angeles) 50 min" in ada.reads
    assert "2 h 20 min a week" in ada.reads
    made = Program.objects.get()
    assert [(one.group, one.service) for one in made.parts.all()] == [
        (group, None),
        (None, world.cbt),
    ]
    assert len(audited("program.part")) == 2


def test_the_week_keeps_the_band(world, ada):
    """The preview follows the rule that holds today."""
    level = iop(world, rules=False)
    a_rule(level, min_minutes=50, max_minutes=60)
    made = program(world, level)
    page = f"{OFFICE}programs/{made.uuid}/"
    assert "within the band" in ada.goes(page).reads
    LevelRule.objects.update(max_minutes=50, min_minutes=0)
    assert "within the band" in ada.goes(page).reads
    LevelRule.objects.update(max_minutes=49)
    assert "above the band" in ada.goes(page).reads
    LevelRule.objects.update(valid_from=date(2027, 3, 2))
    assert "The level asks for no hours at present" in ada.goes(page).reads


def test_a_part_is_taken_out(world, ada):
    made = program(world, iop(world), founded(world))
    ada.goes(f"{OFFICE}programs/{made.uuid}/").presses("Take out: Evenings")
    assert [one.group for one in made.parts.all()] == [None]
    assert "Evenings" in ada.reads, "it can be added again"


def test_a_program_takes_nobody_in_any_more(world, ada):
    made = program(world, iop(world))
    ada.goes(f"{OFFICE}programs/{made.uuid}/").presses("Save", active=None)
    assert "It takes nobody in at present" in ada.reads
    assert not Program.objects.get(pk=made.pk).active
    assert "closed" in ada.goes(f"{OFFICE}programs/").reads


def test_a_refused_part_keeps_what_was_typed(world, office):
    made = program(world, iop(world))
    said = {"service": str(world.cbt.uuid), "weekday": "4", "at": "late"}
    answer = office.post(f"{OFFICE}programs/{made.uuid}/session/", said)
    assert answer.status_code == 422
    assert '<option value="4" selected>' in answer.content.decode()
    assert ProgramPart.objects.count() == 1


def test_nothing_of_another_clinic_becomes_part_of_a_program(world, office):
    """AC2: a group of another clinic is not on the list, and is refused."""
    other = build("inlet", "2")
    theirs = founded(other)
    made = program(world, iop(world))
    answer = office.post(f"{OFFICE}programs/{made.uuid}/group/", {"group": str(theirs.uuid)})
    assert answer.status_code == 422
    assert theirs.name not in text_of(answer)
    their_level = iop(other)
    said = {"name": "Days", "level": str(their_level.pk), "weeks": "12"}
    assert office.post(f"{OFFICE}programs/new/", said).status_code == 422


def test_the_clinics_week_begins_on_a_day_of_its_choice(world, ada):
    ada.goes(f"{OFFICE}policies/").presses("Save the policies", week_starts="6")
    world.clinic.refresh_from_db()
    assert world.clinic.week_starts == 6
