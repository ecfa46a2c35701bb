"""The weekly hours editor: typed, copied, previewed, saved; nothing is lost, nothing moves."""

from datetime import date
from typing import Any

import pytest

from accounts.models import AuditRow, Licence
from scheduling.models import Booking, WeeklyHours
from scheduling.queries import times
from scheduling.queries.slots import Wanted, search
from tests.doors import sign_in
from tests.groups import comes_in, founded
from tests.web.patient import text_of
from tests.web.therapist import HOME, booked, later
from tests.world import LA, NOW, at, offer, service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
HOURS = HOME + "hours/"


@pytest.fixture
def alma(client, world):
    return sign_in(client, world.alma.user)


def typed(*days: str, **more: Any) -> dict[str, Any]:
    """A form: each text is "day from until", "0 9 AM/12 PM"."""
    said = {"valid_from": "2027-03-01", "valid_until": "", "do": "save"}
    count: dict[str, int] = {}
    for text in days:
        day, _blank, span = text.partition(" ")
        first, _slash, last = span.partition("/")
        row = count.get(day, 0)
        count[day] = row + 1
        said |= {f"d{day}_{row}_from": first, f"d{day}_{row}_until": last}
    return said | more


def value_of(page: str, name: str) -> str:
    field = page.split(f'name="{name}"')[1].split(">")[0]
    return field.split('value="')[1].split('"')[0] if 'value="' in field else ""


def test_the_present_hours_stand_in_the_form(alma):
    page = alma.get(HOURS).content.decode()
    assert value_of(page, "d0_0_from") == "9:00 AM"
    assert value_of(page, "d0_0_until") == "5:00 PM"
    assert value_of(page, "d6_0_from") == ""
    assert "Los Angeles" in page


def test_saving_begins_new_hours_and_keeps_the_old_ones_as_history(alma, world):
    form = typed("0 9:00 AM/12", "0 13:00/5 PM", "2 10/14:30", valid_from="2027-03-08")
    assert alma.post(HOURS, form).status_code == 302
    rows = WeeklyHours.objects.filter(therapist=world.alma).order_by("valid_from")
    assert [(r.valid_from, r.valid_until, r.pattern) for r in rows][1] == (
        date(2027, 3, 8),
        None,
        "0:540-720,780-1020;2:600-870",
    )
    assert rows[0].valid_until == date(2027, 3, 7)


def test_hours_for_a_while_give_way_to_the_old_ones(alma, world):
    form = typed("0 9/12", valid_from="2027-03-08", valid_until="2027-03-21")
    assert alma.post(HOURS, form).status_code == 302
    rows = WeeklyHours.objects.filter(therapist=world.alma).order_by("valid_from")
    assert [(r.valid_from.isoformat(), r.pattern[:9]) for r in rows] == [
        ("2020-01-01", "0:540-102"),
        ("2027-03-08", "0:540-720"),
        ("2027-03-22", "0:540-102"),
    ]


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("9", 540),
        ("9:00", 540),
        ("09:00", 540),
        ("9:00 AM", 540),
        ("9am", 540),
        ("9 a.m.", 540),
        ("0900", 540),
        ("12 PM", 720),
        ("noon", 720),
        ("5:30 pm", 1050),
        ("17.30", 1050),
        ("5:30 P.M.", 1050),
    ],
)
def test_times_are_read_as_people_type_them(alma, world, text, minute):
    assert alma.post(HOURS, typed(f"0 {text}/11 PM")).status_code == 302
    row = WeeklyHours.objects.get(therapist=world.alma, valid_from="2027-03-01")
    assert row.pattern == f"0:{minute}-1380"


def test_a_night_runs_into_the_next_day(alma, world):
    assert alma.post(HOURS, typed("0 10 PM/6 AM", "1 8 PM/midnight")).status_code == 302
    row = WeeklyHours.objects.get(therapist=world.alma, valid_from="2027-03-01")
    assert row.pattern == "0:1320-1800;1:1200-1440"
    page = alma.get(HOURS).content.decode()
    assert value_of(page, "d0_0_until") == "6:00 AM"
    assert value_of(page, "d1_0_until") == "12:00 AM"
    assert "10:00 PM to 6:00 AM on the next day" in text_of(alma.get(HOURS))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["0 nine/5 PM"], "Type a time like 9:00 AM, 09:00 or 9."),
        (["0 9/25:00"], "Type a time like 9:00 AM, 09:00 or 9."),
        (["0 13 PM/5 PM"], "Type a time like 9:00 AM, 09:00 or 9."),
        (["0 9/"], "Type both times, or leave both empty."),
        (["0 /5 PM"], "Type both times, or leave both empty."),
        (["0 9/5"], "5:00 AM is before 9:00 AM. Did you mean 5:00 PM?"),
        (["0 9/9"], "9:00 AM is before 9:00 AM"),
        (["0 9/12", "0 11/2 PM"], "This overlaps with another span of the day."),
    ],
)
def test_what_cannot_be_read_is_told_at_the_field_and_nothing_is_lost(alma, world, rows, said):
    form = typed(*rows, "4 8:15/9:45 PM", valid_until="2027-04-01")
    answer = alma.post(HOURS, form)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in text_of(answer)
    assert "Please check this" in page
    assert value_of(page, "d4_0_from") == "8:15"
    assert value_of(page, "d4_0_until") == "9:45 PM"
    assert value_of(page, "valid_until") == "2027-04-01"
    assert WeeklyHours.objects.filter(therapist=world.alma).count() == 1


def test_the_field_that_is_wrong_is_named_and_marked(alma):
    page = alma.post(HOURS, typed("2 soon/5 PM")).content.decode()
    assert '<a href="#id_d2_0_from">Wednesday, from' in page
    assert 'aria-invalid="true"' in page


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ({"valid_from": "2027-02-28"}, "Hours that are past stay as they were."),
        ({"valid_from": "2027-02-30"}, "This date does not exist. Please check it."),
        ({"valid_until": "2027-02-01"}, "The last day is before the first."),
    ],
)
def test_dates_that_cannot_be(alma, dates, said):
    answer = alma.post(HOURS, typed("0 9/12", **dates))
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_a_span_more_and_one_less(alma, world):
    page = alma.post(HOURS, typed("0 9/12", do="add-0")).content.decode()
    assert value_of(page, "d0_0_from") == "9"
    assert 'name="d0_1_from"' in page
    assert WeeklyHours.objects.filter(therapist=world.alma).count() == 1
    assert alma.post(HOURS, typed("0 /", "1 9/12")).status_code == 302
    row = WeeklyHours.objects.get(therapist=world.alma, valid_from="2027-03-01")
    assert row.pattern == "1:540-720"


def test_copying_to_other_days_needs_no_script_and_saves_nothing(alma, world):
    form = typed("0 9/12", "0 1 PM/4 PM", "5 8/9", do="copy", copy_day="0", copy_to=["1", "5"])
    page = alma.post(HOURS, form).content.decode()
    for day in (0, 1, 5):
        assert value_of(page, f"d{day}_0_from") == "9"
        assert value_of(page, f"d{day}_1_until") == "4 PM"
    assert value_of(page, "d2_0_from") == ""
    assert WeeklyHours.objects.filter(therapist=world.alma).count() == 1


def test_the_preview_is_the_search_itself_and_writes_nothing(alma, world):
    """What it shows is what patients find once the hours are saved."""
    booked(world, at("2027-03-09", 9), override="")
    form = typed("0 8/12", "1 9/11", valid_from="2027-03-08", do="preview")
    before = list(WeeklyHours.objects.values())
    answer = alma.post(HOURS, form)
    assert answer.status_code == 200
    assert list(WeeklyHours.objects.values()) == before
    page = text_of(answer)
    assert "Nothing is saved yet" in page
    alma.post(HOURS, form | {"do": "save"})
    wanted = Wanted(
        service=world.cbt.pk,
        place="CA",
        zone=LA,
        medium="video",
        first=at("2027-03-08", 0),
        until=at("2027-03-15", 0),
        therapist=world.alma.user_id,
    )
    starts = search(wanted, NOW)[0].starts
    monday = [start for start in starts if start < at("2027-03-09", 0)]
    assert f"Monday, March 8, 2027: {len(monday)} times" in page
    assert f"Tuesday, March 9, 2027: {len(starts) - len(monday)} time" in page
    assert "8:00 AM PST" in page
    assert "Wednesday, March 10, 2027: no times" in page


def test_hours_beyond_the_horizon_are_previewed_too(alma):
    """Patients book sixty days ahead; planned hours show their times all the same."""
    page = text_of(alma.post(HOURS, typed("0 9/11", valid_from="2027-09-06", do="preview")))
    assert "Monday, September 6, 2027: 5 times" in page


def test_the_preview_lists_what_would_no_longer_fit(alma, world):
    booking = booked(world, at("2027-03-09", 15), override="")
    answer = alma.post(HOURS, typed("1 9/12", do="preview"))
    page = text_of(answer)
    assert "Booked sessions that would no longer fit" in page
    assert "Nora Quill" in page
    assert "outside the weekly hours" in page
    row = AuditRow.objects.get(action="hours.misfits")
    assert row.subject_id == str(world.nora.pk)  # LG1
    assert Booking.objects.get().start == booking.start


def test_a_groups_session_that_no_longer_fits_is_told_once_and_of_nobody(alma, world):
    """Its members stand on its own page."""
    evenings = founded(world)
    first = [comes_in(world, evenings, who)[0] for who in (world.nora, world.omar)][0].session
    answer = alma.post(HOURS, typed("0 9/12", do="preview"))
    page = text_of(answer)
    assert page.count(times.when(first.start, first.end, LA)) == 1
    assert f"/desk/groups/sessions/{first.uuid}/" in answer.content.decode()
    assert "Quill" not in page
    assert not AuditRow.objects.filter(action="hours.misfits").exists()


def test_saving_moves_nothing_and_lists_what_no_longer_fits(alma, world):
    booking = booked(world, at("2027-03-09", 15), override="")
    answer = alma.post(HOURS, typed("1 9/12"), follow=True)
    assert "Booked sessions that no longer fit" in text_of(answer)
    assert f"/sessions/{booking.session.uuid}/" in answer.content.decode()
    booking.refresh_from_db()
    assert (booking.start, booking.state) == (at("2027-03-09", 15), "booked")


def test_the_preview_says_which_planned_hours_it_would_replace(alma):
    alma.post(HOURS, typed("0 9/12", valid_from="2027-06-01"))
    page = text_of(alma.post(HOURS, typed("0 10/12", do="preview")))
    assert "Hours that were planned are replaced: from Tuesday, June 1, 2027" in page


def test_planned_hours_can_be_edited(alma):
    alma.post(HOURS, typed("3 7/8", valid_from="2027-06-01"))
    page = alma.get(HOURS, {"from": "2027-06-01"}).content.decode()
    assert value_of(page, "d3_0_from") == "7:00 AM"
    assert value_of(page, "valid_from") == "2027-06-01"


def test_a_change_of_the_clock_is_told(alma, world, clock):
    """March 14, 2027 in Los Angeles."""
    assert "Clocks go forward on Sunday, March 14, 2027" in text_of(alma.get(HOURS))
    later(clock, 20 * 86400, alma, world.alma.user)
    assert "Clocks go" not in text_of(alma.get(HOURS))


def test_the_preview_may_be_for_another_service(alma, world):
    long = service(world.clinic, "dbt-120", "dbt", 120)
    offer(world.alma, long)
    form = typed("0 9/10:30", do="preview", service=str(long.uuid), valid_from="2027-03-08")
    page = text_of(alma.post(HOURS, form))
    assert "Monday, March 8, 2027: no times" in page


def test_without_a_licence_the_preview_says_so(alma, world):
    Licence.objects.filter(therapist=world.alma).delete()
    assert "Patients find no times" in text_of(alma.post(HOURS, typed("0 9/12", do="preview")))


def test_an_unknown_button_saves_nothing(alma, world):
    for asked in ("add-9", "nothing", "copy"):
        assert alma.post(HOURS, typed("0 9/12", do=asked, copy_day="x")).status_code == 200
    assert WeeklyHours.objects.filter(therapist=world.alma).count() == 1


@pytest.mark.parametrize("who", ["dana", "ada", "pia", "nora", "mallory"])
def test_the_editor_is_the_therapist_s_own(client, world, who):
    """AC1, AC2."""
    person = getattr(world, who)
    sign_in(client, getattr(person, "user", person))
    assert client.get(HOURS).status_code == 404
    assert client.post(HOURS, typed("0 9/12")).status_code == 404
    assert WeeklyHours.objects.count() == 2


def test_nobody_changes_a_colleague_s_hours(client, world):
    """AC5, AC12: whose hours they are is not a field of the form."""
    sign_in(client, world.ben.user)
    form = typed("0 6/7", therapist=str(world.alma.pk), of=str(world.alma.uuid))
    assert client.post(HOURS, form).status_code == 302
    assert WeeklyHours.objects.filter(therapist=world.alma).count() == 1
