"""Which counts of people a report may tell, so that nobody is found by counting (PR5).

A count under LEAST is not told, nor is another one that would give it away: the sum of a table is
always taken as known, since every other table of the same people tells it too. Beside a small one
the rows that follow it are kept back, whatever they hold; so even who knows these rules cannot work
a small count out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

LEAST = 11


def small(count: int) -> bool:
    """Nought is small too: "nobody came" tells about everybody."""
    return count < LEAST


def kept_back(counts: Sequence[int], also: Iterable[int] = ()) -> frozenset[int]:
    """The places in a table that are not told; `also` are kept back for another reason.

    A table with a small sum is kept back whole.
    """
    places = range(len(counts))
    if small(sum(counts)):
        return frozenset(places)
    back = {place for place in places if small(counts[place])} | set(also)
    if back:
        first = min(back)
        for place in [*places[first:], *places[:first]]:
            if _room(counts, back):
                break
            back.add(place)
    return frozenset(back)


def of_few(counts: Sequence[int], whole: int) -> frozenset[int]:
    """The places in a table of different people, of whom one can stand in several rows, that tell
    of a few: that so many of the `whole` are in no such row, or, of two rows, in both."""
    if len(counts) < 2:
        return frozenset()
    if len(counts) == 2 and small(sum(counts) - whole):
        return frozenset((0, 1))
    return frozenset(place for place, count in enumerate(counts) if small(whole - count))


def may_tell_sum(counts: Sequence[int]) -> bool:
    """Whether the sum may stand beside counts that are told elsewhere, each unless it is small."""
    back = {place for place, count in enumerate(counts) if small(count)}
    return not small(sum(counts)) and (not back or _room(counts, back))


def _room(counts: Sequence[int], back: set[int]) -> bool:
    """Whether what is kept back could be shared out in another way as well."""
    together = [counts[place] for place in back]
    return len(back) > 1 and not small(sum(together)) and set(together) != {LEAST - 1}
