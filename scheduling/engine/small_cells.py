"""Which counts of people a report may tell, so that nobody is found by counting (PR5).

A count under LEAST is not told, nor is another one that would give it away: the sum of a table is
always taken as known, since every other table of the same people tells it too. Which others are
kept back beside a small one depends on the order of the rows alone, never on what they hold; so
even who knows these rules cannot work a small count out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

LEAST = 11
ROOM = 2 * LEAST - 1  # what is kept back together holds more people than two small counts can


def small(count: int) -> bool:
    """Nought is small too: "nobody came" tells about everybody."""
    return count < LEAST


def kept_back(counts: Sequence[int], also: Iterable[int] = ()) -> frozenset[int]:
    """The places in a table that are not told; `also` are kept back for another reason.

    A table with a small sum is kept back whole.
    """
    everything = range(len(counts))
    if small(sum(counts)):
        return frozenset(everything)
    back = {place for place in everything if small(counts[place])} | set(also)
    for place in everything:
        if not back or _room(counts, back):
            break
        back.add(place)
    return frozenset(back)


def may_tell_sum(counts: Sequence[int]) -> bool:
    """Whether the sum may stand beside counts that are told elsewhere, each unless it is small."""
    back = {place for place, count in enumerate(counts) if small(count)}
    return not small(sum(counts)) and (not back or _room(counts, back))


def _room(counts: Sequence[int], back: set[int]) -> bool:
    return len(back) > 1 and sum(counts[place] for place in back) >= ROOM
