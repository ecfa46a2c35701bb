"""The clinic's report on its time: numbers, what is told of them, by whom and in what form.

February 2027 is the last whole month. Alma gave CBT to twenty people, of whom twelve missed a
session; Ben saw three people in DBT.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from io import StringIO

import pytest
from django.test import Client

from accounts.models import Consent, ConsentForm, Membership
from scheduling.engine.periods import Length, beginning
from scheduling.engine.told import MEASURES
from scheduling.errors import NotFound
from scheduling.models import AccessDay, Booking, Service, WeeklyHours
from scheduling.queries import told
from scheduling.queries.told import Wish
from tests.attended import crowd, held, starts
from tests.doors import sign_in
from tests.web.desk import OFFICE, at_work, audited
from tests.web.patient import text_of
from tests.world import NOW, World, build, offer, service

PAGE = f"{OFFICE}utilization/"
CSV = f"{PAGE}report.csv"
OWN = "/c/harbor/numbers/"
ROWS = f"{PAGE}rows/"
FEBRUARY, JANUARY = date(2027, 2, 1), date(2027, 1, 4)


@pytest.fixture
def world(db, clock) -> World:
    made = build()
    people = crowd(made.clinic, 20)
    dbt = service(made.clinic, "dbt-50", "dbt")
    offer(made.ben, dbt)
    rebt = service(made.clinic, "rebt-50", "rebt")
    offer(made.ben, rebt)
    times = starts(FEBRUARY, 42)
    held(made.alma, made.cbt, times[:30], people)
    held(made.alma, made.cbt, times[30:], people, "no_show")
    later = starts(date(2027, 2, 15), 23)
    held(made.ben, dbt, later[:3], people[:3])
    held(made.ben, rebt, later[3:], people)
    held(made.alma, made.cbt, starts(JANUARY, 24), people)
    return made


@pytest.fixture
def office(world) -> Client:
    return at_work(world.ada)


@pytest.fixture
def dbt(world) -> Service:
    return Service.objects.get(slug="dbt-50")


def table(response) -> dict[tuple[str, str], dict[str, str]]:
    """The file's lines by part and label."""
    lines = csv.DictReader(StringIO(response.content.decode()))
    return {(line["part"], line["label"]): line for line in lines}


# The numbers


def test_the_last_whole_month_is_shown_beside_the_one_before(office) -> None:
    page = text_of(office.get(PAGE))
    assert "Utilization: February 2027" in page
    assert "Days and hours are those of Los Angeles." in page
    assert "Offered 320:00 336:00 −16:00" in page  # twenty days of two people, and twenty-one
    assert "Booked 54:10 20:00 +34:10" in page  # 65 sessions and 24 of fifty minutes
    assert "Attended 53 24 +29" in page
    assert "No-shows 12 not shown –" in page


def test_another_period_a_breakdown_and_a_filter_stand_in_the_address(world, office) -> None:
    page = text_of(office.get(f"{PAGE}?period=4weeks&from=2027-02-03&by=service"))
    assert "Utilization: February 1, 2027 to February 28, 2027" in page
    assert "By: Service" in page and "DBT session" in page
    page = text_of(office.get(f"{PAGE}?period=week&from=2027-02-03&therapist={world.alma.uuid}"))
    assert "Utilization: February 1, 2027 to February 7, 2027" in page
    assert "Offered 40:00" in page and "Booked 35:00" in page
    assert "Therapist: Alma Days and hours are" in page  # what it is about stands on paper, too


def test_one_comes_from_a_period_to_its_neighbours_and_from_a_row_to_its_report(
    world, office
) -> None:
    page = office.get(PAGE).content.decode()
    assert "?period=month&amp;from=2027-01-01&amp;by=therapist" in page
    assert "?period=month&amp;from=2027-03-01&amp;by=therapist" in page
    assert f"?period=month&amp;from=2027-02-01&amp;therapist={world.alma.uuid}" in page
    year = office.get(f"{PAGE}?period=year&from=2027-01-01&by=period").content.decode()
    assert "?period=month&amp;from=2027-02-01" in year


def test_a_period_that_goes_on_says_so_and_leads_to_none_after_it(office) -> None:
    page = office.get(f"{PAGE}?period=week&from=2027-03-01")
    assert "This period is not over yet." in text_of(page)
    assert 'rel="next"' not in page.content.decode()


def test_a_time_without_anything_says_so(office, world) -> None:
    page = text_of(office.get(f"{PAGE}?period=week&from=2019-03-01"))
    assert "Nothing was offered or booked in this time" in page


def test_hours_of_who_leaves_end_with_that_day_till_they_are_back(world, office, clock) -> None:
    """March 1, 2027 is a Monday: Ben has eight hours on each of five days, and so has Alma."""
    week = f"{PAGE}?period=week&from=2027-03-01"
    profile = f"{OFFICE}therapists/{world.alma.uuid}/"
    said = {"name": "Alma", "time_zone": "America/Los_Angeles", "languages": "en"}
    assert "Offered 80:00" in text_of(office.get(week))
    office.post(f"{OFFICE}staff/{world.alma.user.uuid}/roles/therapist/end/")
    assert "Offered 48:00" in text_of(office.get(week))
    assert "Offered 320:00" in text_of(office.get(PAGE))  # February, as it was
    clock.shift(3 * 86_400)
    office = at_work(world.ada)
    assert office.post(profile, said | {"active": "on"}).status_code == 302
    assert "Offered 64:00" in text_of(office.get(week))
    office.post(profile, said)
    assert "Offered 56:00" in text_of(office.get(week))


@pytest.mark.parametrize(
    "asked",
    [
        "ordering=patient__user__password", "by=patient", "period=day", "from=yesterday",
        "from=3027-01-01", "therapist=1", "kind=both", "medium=fax", "by=service&by=kind",
        "patient__email__startswith=a",
    ],
)  # fmt: skip
def test_unknown_parameters_are_refused(office, asked: str) -> None:
    """AC8."""
    assert office.get(f"{PAGE}?{asked}").status_code == 400
    assert office.get(f"{CSV}?{asked}").status_code == 400


def test_what_is_another_clinics_is_not_there(office) -> None:
    """AC3."""
    other = build("haven", "2")
    assert office.get(f"{PAGE}?therapist={other.alma.uuid}").status_code == 404
    assert office.get(f"{PAGE}?service={other.cbt.uuid}").status_code == 404
    assert office.get(f"{PAGE}?modality=none").status_code == 404
    assert "Alma2" not in text_of(office.get(PAGE))


def test_each_number_leads_to_what_it_means(office) -> None:
    page = office.get(PAGE).content.decode()
    words = office.get("/c/harbor/numbers/meaning/")
    assert "Booked of offered time." in text_of(words)
    for name in ("offered", "utilization", "show_rate", "fill", "lead_90", "rebooking"):
        assert f'href="/c/harbor/numbers/meaning/#{name}"' in page
        assert f'id="{name}"' in words.content.decode()


def test_charts_say_what_they_show_and_have_their_numbers_beside_them(office) -> None:
    page = office.get(f"{PAGE}?period=4weeks&from=2027-02-01").content.decode()
    assert page.count('role="img"') == 3 == page.count("<desc ")
    assert "style=" not in page and "<script>" not in page
    assert "Booked of offered, in hours and minutes" in page


def noted(what: Service, day: date, third: int | None, waiting: int) -> None:
    AccessDay.objects.create(
        clinic=what.clinic,
        service=what,
        day=day,
        looked_at=NOW,
        wait_minutes=third,
        waiting=waiting,
        waited_minutes=3 * 1440 if waiting else None,
    )


def test_how_long_people_wait_is_what_was_noted_each_day(world, dbt, office) -> None:
    """PR5: the line of a service is not told where few wait, nor that of the next."""
    for day, third in ((26, 1440), (27, 4 * 1440), (28, 2 * 1440)):
        noted(world.cbt, date(2027, 2, day), third, 12)
    noted(dbt, date(2027, 2, 28), None, 30)
    page = text_of(office.get(PAGE))
    assert "CBT session 2 days 12 3 days" in page
    assert "DBT session fewer than three times were free 30 3 days" in page
    noted(Service.objects.get(slug="rebt-50"), date(2027, 2, 28), 60, 2)
    rows = table(office.get(CSV))
    assert rows["access", "CBT session"]["waiting"] == "not shown"
    assert rows["access", "REBT session"]["waiting"] == "not shown"
    assert rows["access", "DBT session"]["waiting"] == "30"
    assert rows["access", "CBT session"]["third_next"] == str(2 * 1440)


def test_a_group_is_joined_and_has_no_third_next_time(world, office) -> None:
    noted(
        service(world.clinic, "dbt-group", "dbt", name="Skills", kind="group"),
        date(2027, 2, 28),
        None,
        30,
    )
    assert "Skills – 30 3 days" in text_of(office.get(PAGE))


# What is told of people


def test_three_people_are_not_told_nor_found_by_subtracting(office) -> None:
    """PR5: of 53 visits 30 are CBT's, so 3 and 20 are kept back both."""
    rows = table(office.get(f"{CSV}?by=service"))
    assert rows["total", "February 2027"]["attended"] == "53"
    assert rows["service", "CBT session"]["attended"] == "30"
    assert rows["service", "DBT session"]["attended"] == "not shown"
    assert rows["service", "REBT session"]["attended"] == "not shown"
    assert rows["service", "DBT session"]["booked"] == "150"


def test_how_few_were_with_one_therapist_alone_is_not_to_be_subtracted(world, office) -> None:
    """PR5: of forty people 34 were with Alma, so six were with Ben alone. Visits add up."""
    people = crowd(world.clinic, 40)
    held(world.alma, world.cbt, starts(date(2026, 12, 1), 34), people[:34])
    held(world.ben, world.cbt, starts(date(2026, 12, 7), 26), people[14:])
    rows = table(office.get(f"{CSV}?period=month&from=2026-12-01&by=therapist"))
    assert rows["total", "December 2026"]["patients"] == "40"
    for name, visits in (("Alma", "34"), ("Ben", "26")):
        assert rows["therapist", name]["attended"] == visits
        assert rows["therapist", name]["patients"] == "not shown"


def test_how_few_had_one_service_of_a_modality_alone_is_not_to_be_subtracted(world, office) -> None:
    """PR5: DBT had 36 people, its first service thirty of them."""
    people, long = crowd(world.clinic, 60), service(world.clinic, "dbt-80", "dbt", name="Long")
    first = starts(date(2026, 12, 1), 96)
    held(world.ben, Service.objects.get(slug="dbt-50"), first[:30], people[:30])
    held(world.ben, long, first[30:52], people[14:36])
    held(world.ben, world.cbt, first[52:], people[16:])
    by = f"{CSV}?period=month&from=2026-12-01&by="
    rows = table(office.get(by + "service"))
    counts = [row["patients"] for (part, _name), row in rows.items() if part == "service"]
    assert sorted(counts) == ["22", "30", "44"]
    assert table(office.get(by + "modality"))["modality", "DBT"]["patients"] == "not shown"


def test_a_filter_tells_no_more_than_the_table(world, office) -> None:
    """PR5: all visits less those of Alma and of REBT would be the three of DBT."""
    rebt = Service.objects.get(slug="rebt-50")
    for what, count in ((world.cbt, "30"), (rebt, "not shown")):
        rows = table(office.get(f"{CSV}?service={what.uuid}"))
        assert rows["total", "February 2027"]["attended"] == count
    both = table(office.get(f"{CSV}?service={world.cbt.uuid}&therapist={world.alma.uuid}"))
    assert both["total", "February 2027"]["attended"] == "not shown"
    deeper = table(office.get(f"{CSV}?service={world.cbt.uuid}&by=therapist"))
    assert deeper["therapist", "Alma"]["attended"] == "not shown"
    assert deeper["therapist", "Alma"]["booked"] == "2100"


def test_what_is_made_of_services_tells_no_more_than_they(world, dbt, office) -> None:
    """PR5: 33 of a modality less the 30 of one of its two services would be three."""
    Service.objects.filter(pk=dbt.pk).update(modality=world.cbt.modality)
    rows = table(office.get(f"{CSV}?by=modality"))
    found = {label: row["attended"] for (part, label), row in rows.items() if part == "modality"}
    assert found == {"CBT": "not shown", "REBT": "not shown"}


@pytest.mark.parametrize("period", ["week", "4weeks"])
def test_people_are_not_counted_by_weeks(office, period: str) -> None:
    """PR5: a month less its weeks would be a few days."""
    asked = f"period={period}&from=2027-02-01"
    rows = table(office.get(f"{CSV}?{asked}"))
    assert {row["attended"] for row in rows.values()} == {"not shown"}
    page = text_of(office.get(f"{PAGE}?{asked}"))
    assert "People are counted for whole months that are over" in page
    assert "Attended" not in page


def test_nor_in_a_month_that_is_not_over(world, office) -> None:
    """PR5: today's number less yesterday's would be a day."""
    held(world.alma, world.cbt, starts(date(2027, 3, 8), 12), crowd(world.clinic, 12))
    rows = table(office.get(f"{CSV}?period=month&from=2027-03-01"))
    assert rows["total", "March 2027"]["attended"] == "not shown"
    assert rows["before", "February 2027"]["attended"] == "53"
    year = table(office.get(f"{CSV}?period=year&from=2027-01-01"))
    assert year["total", "2027"]["attended"] == "not shown"
    assert (
        year["step", "Feb"]["attended"] == "53" and year["step", "Mar"]["attended"] == "not shown"
    )


@pytest.mark.parametrize(
    ("asked", "part"), [("month&from=2027-03-01", "before"), ("year&from=2027-01-01", "step")]
)
def test_beside_what_goes_on_a_month_that_is_over_is_told_as_in_its_own_report(
    office, asked: str, part: str
) -> None:
    month = table(office.get(f"{CSV}?period=month&from=2027-02-01"))["total", "February 2027"]
    lines = table(office.get(f"{CSV}?period={asked}")).values()
    told = next(one for one in lines if (one["part"], one["key"]) == (part, "2027-02-01"))
    assert month["patients"] == "20"
    assert {name: told[name] for name in MEASURES} == {name: month[name] for name in MEASURES}


def test_a_year_gives_none_of_its_months_away(world, office, clock) -> None:
    """PR5: 77 less 24 and 53 would be nought for all others; and here March has one."""
    held(world.alma, world.cbt, starts(date(2027, 3, 8), 1), crowd(world.clinic, 1))
    clock.shift(366 * 86400)
    office = at_work(world.ada)
    year = table(office.get(f"{CSV}?period=year&from=2027-01-01"))
    assert year["step", "Feb"]["attended"] == "53"
    assert year["total", "2027"]["attended"] == "not shown"
    assert year["total", "2027"]["booked"] == str(90 * 50)


# Who reads it


def test_only_the_clinics_admin(world) -> None:
    """AC1: names are none of it, but what a therapist's time came to is the admin's."""
    for person in (world.dana, world.pia, world.alma.user, world.nora.user):
        assert at_work(person).get(PAGE).status_code == 404
        with pytest.raises(NotFound):
            told.tell(world.actor(person), Wish(beginning(Length.MONTH, FEBRUARY)), NOW.date())


def test_a_therapist_reads_their_own_and_the_clinics_mean(world) -> None:
    alma = at_work(world.alma.user)
    page = text_of(alma.get(OWN))
    assert "My numbers: February 2027" in page
    assert "Booked 35:00 27:05" in page  # hers, and half of what both had
    assert "No-shows 12 not" not in page and "No-shows 12 0 +12" in page
    assert "Ben" not in page
    assert alma.get(f"{OWN}?therapist={world.ben.uuid}").status_code == 400


def test_the_others_rate_is_not_found_from_ones_own(world) -> None:
    """PR5: Ben's people all came, which all of them less Alma's would tell."""
    assert "Show rate 71 % –" in text_of(at_work(world.alma.user).get(OWN))


def test_where_one_works_alone_there_is_no_mean(world) -> None:
    solo = build("haven", "2")
    WeeklyHours.objects.filter(therapist=solo.ben).delete()
    page = text_of(at_work(solo.alma.user).get("/c/haven/numbers/"))
    assert "Beside the clinic" not in page


# Files


def test_the_file_is_the_page_in_numbers(world, office) -> None:
    response = office.get(f"{CSV}?by=therapist")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "utilization-2027-02-01-2027-02-28.csv" in response["Content-Disposition"]
    rows = table(response)
    assert rows["total", "February 2027"]["booked"] == "3250"
    assert rows["before", "January 2027"]["booked"] == "1200"
    assert rows["therapist", "Alma"]["booked"] == "2100"
    assert rows["therapist", "Alma"]["zone"] == "America/Los_Angeles"


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\uff1d1", '"=1"', "'=1", "\r=1"]
)
def test_no_cell_is_a_formula(world, office, name: str) -> None:
    """TK8."""
    Service.objects.filter(slug="dbt-50").update(name=name)
    rows = csv.reader(StringIO(office.get(f"{CSV}?by=service").content.decode(), newline=""))
    labels = [row[2] for row in rows]
    assert f"'{name}" in labels and name not in labels


def days(**more: str) -> dict[str, str]:
    return {"first": "2027-02-01", "last": "2027-02-28", "to": "inside"} | more


@pytest.fixture
def exporter(world) -> Client:
    Membership.objects.create(clinic=world.clinic, user=world.ada, role="export")
    return at_work(world.ada)


def read(response) -> list[list[str]]:
    return list(csv.reader(StringIO(b"".join(response.streaming_content).decode())))


def test_single_rows_are_a_right_of_their_own(world, office) -> None:
    """PR5: an admin alone has it not."""
    assert office.get(ROWS).status_code == office.post(ROWS, days()).status_code == 404


def test_they_go_out_with_a_notice_and_on_record(world, exporter) -> None:
    """P22, LG1: 42 CFR 2.32 stands in the file, and each person in it on record."""
    assert "42 CFR part 2 prohibits" in text_of(exporter.get(ROWS))
    rows = read(exporter.post(ROWS, days()))
    assert rows[0] == ["42 CFR part 2 prohibits unauthorized use or disclosure of these records."]
    assert rows[1] == [
        "For people who work in the clinic. A row without a consent must not go to anybody else."
    ]
    assert rows[2][:4] == ["booking", "patient", "start", "end"] and len(rows) == 3 + 65
    assert rows[3][2] == "2027-02-01T09:00:00-08:00"
    assert not any("Quill" in cell or "@" in cell for row in rows for cell in row)
    found = audited("export.rows")
    assert len({row.subject_id for row in found}) == 20
    assert found[0].detail == {"first": "2027-02-01", "last": "2027-02-28", "to": "inside"}


def test_nothing_is_stored_for_anybody_to_find(world, exporter, office, tmp_path, settings) -> None:
    """TK7: it is made while it is sent, and there is no address at which it could be had again."""
    settings.MEDIA_ROOT = settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    answer = exporter.post(ROWS, days())
    assert answer.streaming and len(read(answer)) == 3 + 65
    assert list(tmp_path.iterdir()) == []
    assert "DBT" not in text_of(exporter.get(ROWS))


def test_they_ask_for_a_fresh_proof(world, exporter, clock) -> None:
    """AU7."""
    clock.shift(400)
    answer = exporter.post(ROWS, days())
    assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
    assert audited("export.rows") == []


def test_nothing_of_another_clinic_goes_out(world, exporter) -> None:
    """AC3."""
    other = build("haven", "2")
    held(other.alma, other.cbt, starts(FEBRUARY, 1), crowd(other.clinic, 1))
    assert len(read(exporter.post(ROWS, days()))) == 3 + 65


@pytest.mark.parametrize("last", ["2027-01-31", "2028-02-02", "soon"])
def test_days_out_of_order_or_too_many_are_refused(exporter, last: str) -> None:
    assert exporter.post(ROWS, days(last=last)).status_code == 422


@pytest.fixture
def signed(world) -> list[Consent]:
    """Of five people, by the first version or the second: the third's is over, the fourth's taken
    back; the last had signed the older text, too."""
    for version in (1, 2):
        text = f"To the plan, text {version}."
        ConsentForm.objects.create(
            clinic=world.clinic, form="disclosure", version=version, text=text
        )
    people = [seat.patient for seat in Booking.objects.order_by("start")[:5]]
    day = timedelta(days=1)
    said: list[dict] = [
        {"version": 1, "signed_at": NOW - 9 * day},
        {"version": 2, "signed_at": NOW - 8 * day, "expires_at": NOW + day},
        {"version": 2, "signed_at": NOW - 8 * day, "expires_at": NOW},
        {"version": 2, "signed_at": NOW - 8 * day, "revoked_at": NOW - day},
        {"version": 2, "signed_at": NOW - 5 * day},
    ]
    Consent.objects.create(
        patient=people[4], form="disclosure", version=1, signed_at=NOW - 30 * day
    )
    return [
        Consent.objects.create(patient=who, form="disclosure", **one)
        for who, one in zip(people, said, strict=True)
    ]


def by_patient(lines: list[list[str]]) -> dict[str, str]:
    """The reference of each patient in the file, and the consent beside it."""
    head = next(place for place, line in enumerate(lines) if line[0] == "booking")
    columns = [lines[head].index(name) for name in ("patient", "consent", "consent_signed_at")]
    return {row[columns[0]]: " ".join(row[at] for at in columns[1:]) for row in lines[head + 1 :]}


def test_what_goes_to_others_holds_only_who_consented_and_names_that_consent(
    world, exporter, signed
) -> None:
    """P22: the statement, the consent's id in each row and its text; who has none is not there."""
    lines = read(exporter.post(ROWS, days(to="outside")))
    first, second, _over, _back, last = (one.patient.reference for one in signed)
    assert lines[0][0].startswith("42 CFR part 2")
    assert lines[1] == ["disclosure/1", "To the plan, text 1."]
    assert lines[2] == ["disclosure/2", "To the plan, text 2."]
    assert by_patient(lines) == {
        first: "disclosure/1 2027-02-20T17:00:00+00:00",
        second: "disclosure/2 2027-02-21T17:00:00+00:00",
        last: "disclosure/2 2027-02-24T17:00:00+00:00",
    }
    found = audited("export.rows")
    assert {row.subject_id for row in found} == {str(signed[at].patient_id) for at in (0, 1, 4)}
    assert found[0].detail["to"] == "outside"


def test_within_the_clinic_each_row_says_whether_it_may_go_on(world, exporter, signed) -> None:
    """P22."""
    told = by_patient(read(exporter.post(ROWS, days())))
    assert len(told) == 20
    assert [told[one.patient.reference].partition(" ")[0] for one in signed] == [
        "disclosure/1", "disclosure/2", "", "", "disclosure/2",
    ]  # fmt: skip


def test_without_any_consent_nothing_goes_to_others(exporter) -> None:
    """P22."""
    lines = read(exporter.post(ROWS, days(to="outside")))
    assert len(lines) == 2 and lines[1][0] == "booking"
    assert audited("export.rows")[0].subject_id == ""


def test_a_consent_taken_back_at_the_desk_counts_at_once(world, exporter, signed) -> None:
    """P22, P24."""
    who = signed[0].patient
    desk, page = at_work(world.dana), f"/c/harbor/desk/patients/{signed[0].patient.uuid}/"
    assert "Disclosure of records to others not given" in text_of(desk.get(page))
    desk.post(f"{page}consent/", {"form": "disclosure", "version": "2"})
    assert "Disclosure of records to others signed" in text_of(desk.get(page))
    assert who.reference in by_patient(read(exporter.post(ROWS, days(to="outside"))))
    desk.post(f"{page}consent/", {"form": "disclosure", "withdraw": "1"})
    assert who.reference not in by_patient(read(exporter.post(ROWS, days(to="outside"))))


@pytest.mark.parametrize("to", ["", "me", "INSIDE"])
def test_for_whom_it_is_has_to_be_said(exporter, to: str) -> None:
    """P22."""
    assert exporter.post(ROWS, days(to=to)).status_code == 422
    assert audited("export.rows") == []


def test_text_in_them_is_no_formula_either(world, exporter) -> None:
    """TK8."""
    Service.objects.filter(slug="dbt-50").update(name="=1+1")
    cells = [cell for row in read(exporter.post(ROWS, days())) for cell in row]
    assert "'=1+1" in cells and "=1+1" not in cells


def test_who_signs_in_without_a_second_factor_gets_none(world, exporter) -> None:
    """AU2."""
    client = sign_in(Client(), world.ada, mfa=False)
    assert client.post(ROWS, days()).status_code == 302
