"""The tables of moves."""

import pytest

from scheduling.engine.lifecycle import (
    ATTENDANCE_MOVES,
    BOOKING_MOVES,
    GROUP_MOVES,
    OFFER_MOVES,
    ROOM_MOVES,
    SESSION_MOVES,
    WAIT_MOVES,
    Attendance,
    BookingState,
    GroupState,
    IllegalMove,
    OfferState,
    RoomState,
    SessionState,
    WaitState,
    require_move,
)

TABLES = [
    (SESSION_MOVES, SessionState),
    (BOOKING_MOVES, BookingState),
    (ATTENDANCE_MOVES, Attendance),
    (ROOM_MOVES, RoomState),
    (GROUP_MOVES, GroupState),
    (WAIT_MOVES, WaitState),
    (OFFER_MOVES, OfferState),
]


@pytest.mark.parametrize(("table", "states"), TABLES)
def test_every_state_has_a_line_and_no_move_stands_still(table, states):
    assert set(table) == set(states)
    assert all(state not in moves for state, moves in table.items())


@pytest.mark.parametrize(("table", "states"), TABLES)
def test_every_state_can_be_reached_from_the_first(table, states):
    seen, todo = set(), [next(iter(states))]
    while todo:
        if (state := todo.pop()) not in seen:
            seen.add(state)
            todo.extend(table[state])
    assert seen == set(states)


def test_a_move_outside_the_table_is_refused_by_name():
    require_move(BOOKING_MOVES, BookingState.HELD, BookingState.BOOKED)
    require_move(BOOKING_MOVES, BookingState.CANCELLED, BookingState.BOOKED)
    with pytest.raises(IllegalMove, match="BookingState: no way from RELEASED to BOOKED"):
        require_move(BOOKING_MOVES, BookingState.RELEASED, BookingState.BOOKED)
    with pytest.raises(IllegalMove):
        require_move(BOOKING_MOVES, BookingState.CANCELLED, BookingState.CANCELLED)
    with pytest.raises(IllegalMove):
        require_move(SESSION_MOVES, SessionState.SCHEDULED, SessionState.HELD)


def test_a_mark_can_always_be_corrected_and_taken_back():
    require_move(ATTENDANCE_MOVES, Attendance.NO_SHOW, Attendance.TECHNICAL_FAILURE)
    require_move(ATTENDANCE_MOVES, Attendance.ATTENDED, Attendance.UNKNOWN)
