"""What the booking refuses, each through a page and through the API: this table is kept true.

A proof is a test that names the refusal's code or says a part of its sentence. Where a door answers
in another way, `instead` is what its test looks for. A new leaf of the tree of refusals belongs in
the table, or in BESIDES with the place where it is tried.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import scheduling.errors  # noqa: F401  the whole tree is there
from scheduling.api.problems import leaves

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Proof:
    file: str
    test: str
    instead: str = ""


def page(file: str, test: str, instead: str = "") -> Proof:
    return Proof(f"tests/web/test_{file}.py", f"test_{test}", instead)


def api(test: str, file: str = "refusals") -> Proof:
    return Proof(f"tests/api/test_{file}.py", f"test_{test}")


A_TIME = page("hold", "a_time_that_cannot_be_is_refused_with_its_reason")
LATE = page("cancel", "too_late_and_started_already")

TABLE: dict[str, tuple[Proof, Proof]] = {
    "slot_gone": (
        page("hold", "slot_gone_shows_three_others_and_keeps_the_filters"),
        api("slot_gone_with_the_three_nearest_others"),
    ),
    "too_late": (A_TIME, api("too_late")),
    "too_far_ahead": (A_TIME, api("too_far_ahead")),
    "outside_hours": (A_TIME, api("outside_hours")),
    "in_the_past": (A_TIME, api("in_the_past")),
    "off_grid": (page("hold", "not_between_two_start_times"), api("off_the_grid")),
    "daily_limit": (page("hold", "the_day_is_full"), api("daily_limit")),
    "not_licensed": (page("hold", "not_licensed_there"), api("not_licensed_there")),
    "licence_lapses": (page("hold", "the_licence_lapses_before"), api("the_licence_lapses_before")),
    "patient_busy": (
        page("book", "patient_busy_keeps_the_time_and_shows_others"),
        api("the_patient_is_busy"),
    ),
    "hold_expired": (
        page("book", "a_time_kept_too_long_is_offered_again_and_nothing_typed_is_lost"),
        api("the_hold_has_expired"),
    ),
    "too_many_holds": (
        page(
            "hold",
            "a_third_one_at_a_time_is_too_many_and_one_can_be_let_go",
            instead="Please confirm one, or let one go.",
        ),
        api("too_many_holds"),
    ),
    "extended_already": (
        page("hold", "it_is_kept_longer_once"),
        api("it_can_be_extended_once", "holds"),
    ),
    "consent_missing": (
        page("book", "the_consent_to_telehealth_is_asked_for_and_what_was_ticked_stays"),
        api("no_consent"),
    ),
    "not_a_patient": (
        page("book", "who_was_not_invited_is_not_a_patient_of_a_closed_clinic", instead="/who/"),
        api("not_a_patient_of_the_clinic"),
    ),
    "not_accepting": (
        page("hold", "the_therapist_takes_no_new_bookings"),
        api("the_therapist_does_not_accept"),
    ),
    "group_service": (
        page("hold", "a_group_is_not_kept_like_a_single_session", instead="group"),
        api("a_group_is_not_booked_like_a_single_session"),
    ),
    "not_offered": (
        page("hold", "the_therapist_does_not_offer_it_in_this_way"),
        api("the_therapist_does_not_offer_it_so"),
    ),
    "spring_gap": (page("desk_book", "a_time_that_the_clock_skips"), api("in_a_spring_gap")),
    "cancelled_already": (page("cancel", "cancelled_already"), api("cancelled_already")),
    "started_already": (LATE, api("started_already")),
    "undo_too_late": (
        page("cancel", "undo_later_is_refused_and_not_offered"),
        api("it_is_taken_back_within_five_minutes", "cancel"),
    ),
    "no_such_zone": (page("hold", "a_zone_that_does_not_exist"), api("a_zone_that_does_not_exist")),
    "no_such_date": (
        page("move", "bad_filters_are_said_at_their_field"),
        api("a_date_that_does_not_exist"),
    ),
    "not_json": (
        page("hold", "a_body_that_is_no_form", instead="Please check this"),
        api("not_a_json_object", "bodies"),
    ),
    "unknown_field": (
        page("hold", "what_is_not_ones_to_set_is_passed_over", instead="held_until"),
        api("unknown_fields"),
    ),
    "series_refused": (
        page("series", "a_date_taken_while_one_was_reading_brings_the_report_back"),
        api("a_conflict_and_what_could_be_instead", "series"),
    ),
    "waiting_already": (
        page("waiting", "twice_for_the_same_is_refused", instead="You are on the waiting list"),
        api("waiting_for_the_same_again_is_refused", "waiting"),
    ),
    "offer_gone": (
        page("waiting", "an_answer_too_late", instead="is not kept for you any more"),
        api("an_offer_taken_and_one_let_go", "waiting"),
    ),
    "group_full": (
        page("find_group", "group_full_while_one_was_reading"),
        api("group_full", "groups"),
    ),
    "group_closed": (
        page("find_group", "group_closed_while_one_was_reading"),
        api("group_closed", "groups"),
    ),
    "member_already": (
        page("find_group", "member_already_pressed_twice"),
        api("member_already", "groups"),
    ),
    "facilitators_busy": (
        page(
            "groups",
            "who_is_busy_is_said_first_and_the_date_left_out_if_that_is_meant",
            instead="day off",
        ),
        api("dates_against_it_are_named_and_can_be_left_out", "kept_groups"),
    ),
    "too_few_seats": (
        page("groups", "no_seat_is_taken_away_that_somebody_has"),
        api("no_seat_is_taken_away_that_somebody_has", "kept_groups"),
    ),
    "members_busy": (
        page("groups", "members_who_are_busy_at_the_new_time_are_named_first", "Omar Quill"),
        api("who_sits_elsewhere_is_named_by_reference", "kept_groups"),
    ),
    "members_not_licensed": (
        page("groups", "who_gives_it_changes_from_a_day_on", "Nora Quill"),
        api("a_substitute_from_a_day_on", "kept_groups"),
    ),
    "enrollment_refused": (
        page("enroll", "nothing_is_booked_when_a_time_is_gone_meanwhile", "Please decide about"),
        api("what_is_open_is_refused_with_its_dates_and_settled", "enrollments"),
    ),
    "enrolled_already": (
        page("enroll", "who_is_in_a_program_is_led_to_step"),
        api("one_program_at_a_time", "enrollments"),
    ),
    "resume_refused": (
        page("enrollment", "what_does_not_fit_is_decided_or_nothing_is_booked"),
        api("what_cannot_come_back_is_refused_with_its_dates_and_left_out", "enrollments"),
    ),
    "outside_program": (
        page("enrollment", "a_session_of_it_is_not_moved_past_its_end"),
        api("a_session_of_it_is_not_moved_past_its_end", "enrollments"),
    ),
    "taken_meanwhile": (
        page("enrollment", "an_end_is_taken_back_or_refused_with_what_is_taken_meanwhile"),
        api("a_step_and_an_end_are_undone", "enrollments"),
    ),
    "reason_missing": (
        page("desk_change", "no_cancel_without_a_reason", instead="422"),
        api("staff_give_a_reason", "cancel"),
    ),
}

BESIDES = {
    "not_found": "every route: tests/house/test_routes.py",
    "key_reused": "programs alone: tests/api/test_idempotency.py",
    "illegal_change": "tests/api/test_cancel.py",
    "not_started": "tests/web/test_therapist_session.py",
    "wrong_birth_date": "tests/ways_in, tests/accounts/test_profiles.py",
    "too_many_tries": "tests/ways_in, tests/accounts/test_profiles.py",
    "invitation_gone": "tests/accounts/test_invitations.py",
    "last_admin": "tests/web/test_office_staff.py",
    "not_invited": "tests/accounts/test_profiles.py",
    "not_open_yet": "tests/ways_in/test_join.py",
    "over_already": "tests/ways_in/test_join.py",
    "contact_missing": "tests/ways_in/test_join.py",
    "check_in_missing": "tests/ways_in/test_join.py",
    "patient_elsewhere": "tests/ways_in/test_join.py",
    "room_not_ready": "tests/ways_in/test_join.py",
    "bad_room_address": "tests/web/test_therapist_session.py",
    "offer_open": "tests/web/test_waiting.py, tests/api/test_waiting.py",
    "room_in_use": "tests/web/test_therapist_session.py",
}
SENTENCES = {leaf.code: str(leaf.sentence) for leaf in leaves()}


@cache
def module(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


@cache
def said(file: str, test: str) -> tuple[str, ...]:
    """Every text and number of a test, its cases and the tables of the file that it reads."""
    tables = {
        target.id: node.value
        for node in module(file).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = [n for n in module(file).body if isinstance(n, ast.FunctionDef) and n.name == test]
    assert found, f"{file} has no {test}"
    read = {n.id for n in ast.walk(found[0]) if isinstance(n, ast.Name)}
    nodes = [found[0], *(tables[name] for name in read & set(tables))]
    walked = [n for node in nodes for n in ast.walk(node)]
    return tuple(str(n.value) for n in walked if isinstance(n, ast.Constant))


def speaks_of(code: str, text: str) -> bool:
    sentence = SENTENCES[code]
    return text == code or sentence[:24] in text or (len(text) > 24 and text in sentence)


def test_every_refusal_is_in_the_table_or_beside_it():
    assert sorted(SENTENCES) == sorted([*TABLE, *BESIDES])


@pytest.mark.parametrize("code", TABLE)
def test_each_is_tried_through_page_and_api(code: str):
    for proof in TABLE[code]:
        texts = said(proof.file, proof.test)
        if proof.instead:
            assert any(proof.instead in text for text in texts), proof
        else:
            assert any(speaks_of(code, text) for text in texts), proof
