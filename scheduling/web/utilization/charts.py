"""Charts as SVG: where each shape stands. Across in percent, so that they fit every width; down
in pixels, so that text keeps its size. The numbers stand in a table beside each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from scheduling.engine.told import Told
from scheduling.queries.told import Line
from scheduling.queries.utilization import Cell
from scheduling.web.utilization import words

TALL, FOOT, HEAD = 200, 22, 14  # pixels: the bars, the labels below, the room above
ROW, THICK = 50, 16


class Bar(NamedTuple):
    """One shape; `across` and `wide` in percent."""

    kind: str  # offered, booked, delivered
    across: str
    wide: str
    top: int
    tall: int


class Mark(NamedTuple):
    text: str
    across: str
    top: int


class Chart(NamedTuple):
    tall: int
    bars: list[Bar]
    marks: list[Mark]  # labels of the bars
    rules: list[Mark]  # lines across, with what they stand for


KINDS = (("offered", 84), ("booked", 56), ("delivered", 28))  # percent of a step's width


def over_time(lines: Sequence[Line], labels: Sequence[str]) -> Chart | None:
    """Upright, one within the other: offered the widest, delivered the narrowest."""
    most = _most(line.told for line in lines)
    if len(lines) < 2 or not most:
        return None
    top, step = _round_up(most), 100 / len(lines)
    bars, marks = [], []
    for place, (line, label) in enumerate(zip(lines, labels, strict=True)):
        middle = (place + 0.5) * step
        marks.append(Mark(label, _percent(middle), HEAD + TALL + FOOT - 5))
        for kind, share in KINDS:
            value, wide = getattr(line.told, kind), step * share / 100
            if value:
                tall = round(TALL * value / top)
                across = _percent(middle - wide / 2)
                bars.append(Bar(kind, across, _percent(wide), HEAD + TALL - tall, tall))
    rules = [
        Mark(words.hours(top * part // 2), "0%", HEAD + TALL - TALL * part // 2) for part in (1, 2)
    ]
    return Chart(HEAD + TALL + FOOT, bars, marks, rules)


def by_row(lines: Sequence[Line]) -> Chart | None:
    """Lying, one below the other, each below its name."""
    most = _most(line.told for line in lines)
    if not most:
        return None
    bars, marks = [], []
    for place, line in enumerate(lines):
        top = place * ROW
        marks.append(Mark(line.label, "0%", top + 16))
        for kind, share in KINDS:
            value, tall = getattr(line.told, kind), round(THICK * 1.4 * share / 100)
            if value:
                middle = top + 24 + THICK * 7 // 10
                bars.append(Bar(kind, "0%", _percent(100 * value / most), middle - tall // 2, tall))
    return Chart(len(lines) * ROW + 4, bars, marks, [])


class Hour(NamedTuple):
    """A cell of the heat map: how much of what was offered is booked, in fifths."""

    across: str
    wide: str
    top: int
    middle: str
    shade: str  # 0 to 5; 0: nothing offered and nothing booked; "beyond": only booked
    text: str
    said: str


class Heat(NamedTuple):
    tall: int
    cells: list[Hour]
    days: list[Mark]
    clocks: list[Mark]
    table: list[tuple[str, list[tuple[str, str]]]]  # hour, then of each day booked and offered


SIDE, CELL = 16, 30  # percent for the names of the days; pixels


def heat(
    cells: Sequence[Sequence[Cell]], days: Sequence[str], clocks: Sequence[str]
) -> Heat | None:
    """The hours from the first to the last in which anything was offered or booked."""
    used = [
        hour for hour in range(24) if any(day[hour].offered or day[hour].booked for day in cells)
    ]
    if not used:
        return None
    shown = range(used[0], used[-1] + 1)
    wide = (100 - SIDE) / len(shown)
    found = []
    for row, day in enumerate(cells):
        for column, hour in enumerate(shown):
            cell = day[hour]
            found.append(
                Hour(
                    _percent(SIDE + column * wide),
                    _percent(wide),
                    HEAD + 8 + row * CELL,
                    _percent(SIDE + (column + 0.5) * wide),
                    _shade(cell),
                    _share(cell),
                    f"{days[row]}, {clocks[hour]}: {words.hours(cell.booked)}",
                )
            )
    return Heat(
        HEAD + 8 + 7 * CELL + 2,
        found,
        [Mark(name, "0%", HEAD + 28 + row * CELL) for row, name in enumerate(days)],
        [
            Mark(clocks[hour], _percent(SIDE + (column + 0.5) * wide), HEAD)
            for column, hour in enumerate(shown)
        ],
        [
            (
                clocks[hour],
                [(words.hours(day[hour].booked), words.hours(day[hour].offered)) for day in cells],
            )
            for hour in shown
        ],
    )


def _shade(cell: Cell) -> str:
    if not cell.offered:
        return "beyond" if cell.booked else "0"
    return str(min(5, 1 + 4 * cell.booked // cell.offered))


def _share(cell: Cell) -> str:
    return f"{round(100 * cell.booked / cell.offered)}" if cell.offered else ""


def _most(told: Iterable[Told]) -> int:
    return max((max(one.offered or 0, one.booked, one.delivered) for one in told), default=0)


def _round_up(minutes: int) -> int:
    """To an even number of hours that is easy to read: 2, 4, 6, 8, 10, 20, 40..."""
    ten = 1
    while ten * 8 * 60 < minutes:
        ten *= 10
    return next(part * ten for part in (1, 2, 4, 6, 8) if part * ten * 60 >= minutes) * 60


def _percent(value: float) -> str:
    return f"{value:.2f}%"
