"""What happened to a sequence of hashes: which are gone, foreign, changed in place, or at another place."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Differences:
    """Positions of the two sequences.

    removed: expected positions whose hash is nowhere.   inserted: found positions with a hash nobody expected.
    changed: positions where the expected hash is gone and a foreign one stands in its place.
    moved: (expected, found) positions of hashes that stand out of their order, as few as possible.
    """

    removed: tuple[int, ...]
    inserted: tuple[int, ...]
    changed: tuple[int, ...]
    moved: tuple[tuple[int, int], ...]


def differences(expected: Mapping[int, bytes], found: Mapping[int, bytes]) -> Differences:
    """Compare what should stand at each position with what does. Both in ascending order of positions.

    A hash that only slid along, because something before it was removed or inserted, is no difference;
    when nothing was removed or inserted, each hash at another place than its own is one.
    """
    places: defaultdict[bytes, deque[int]] = defaultdict(deque)
    for position, hashed in expected.items():
        places[hashed].append(position)
    pairs: list[tuple[int, int]] = []
    foreign: list[int] = []
    for position, hashed in found.items():
        if places[hashed]:
            pairs.append((places[hashed].popleft(), position))
        else:
            foreign.append(position)
    gone = {position for left in places.values() for position in left}
    changed = gone.intersection(foreign)
    if gone or foreign:
        kept = _longest_ascending([wanted for wanted, _ in pairs])
    else:
        kept = frozenset(index for index, (wanted, position) in enumerate(pairs) if wanted == position)
    return Differences(
        removed=tuple(sorted(gone - changed)),
        inserted=tuple(position for position in foreign if position not in changed),
        changed=tuple(sorted(changed)),
        moved=tuple(pair for index, pair in enumerate(pairs) if index not in kept),
    )


def _longest_ascending(numbers: Sequence[int]) -> frozenset[int]:
    """Indexes of a longest strictly ascending subsequence, in O(n log n)."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, number in enumerate(numbers):
        length = bisect_left(tails, number)
        before.append(ends[length - 1] if length else -1)
        if length == len(tails):
            tails.append(number)
            ends.append(index)
        else:
            tails[length], ends[length] = number, index
    kept: list[int] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        kept.append(index)
        index = before[index]
    return frozenset(kept)
