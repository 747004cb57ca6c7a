"""Which parts of a recording make the best reel of a given length: 0/1 knapsack over intervals.

Candidates are runs of sentences. The best set of those that do not overlap and together are as long
as asked for is found by dynamic programming: weighted interval scheduling with a capacity. See
Kellerer, Pferschy and Pisinger, Knapsack Problems, 2004, 2.3, doi:10.1007/978-3-540-24777-7.
"""

import math
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEAST = 0.9  # of the length that is asked for
_STEPS = 600  # into which that length is divided
_NEVER = -math.inf


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Sentences `first` to `last`, how long they are (milliseconds) and what speaks for them.

    A score below 0 speaks against them: they are chosen only where nothing else is long enough.
    Those that are `offered` were chosen by somebody who understands what is said, and says that
    they are worth so much, from 0 to 1.
    """

    first: int
    last: int
    length: int
    score: float
    title: str = ""
    offered: bool = False
    worth: float = 0.0


def best(candidates: Iterable[Candidate], length_ms: int) -> list[Candidate]:
    """Return the candidates of the greatest sum of scores that do not overlap, in order.

    Together they are from 90 to 100 % as long as asked for, or, where none are, as long as can be.
    Each length is rounded up, to 1/600 of what is asked for, so that no sum is too long.

    >>> given = [Candidate(first=i, last=i, length=4000, score=i) for i in range(5)]
    >>> [found.first for found in best(given, 10_000)]
    [3, 4]
    """
    step = length_ms / _STEPS
    ending: dict[int, list[tuple[Candidate, int]]] = defaultdict(list)
    for candidate in candidates:
        cost = math.ceil(candidate.length / step)
        if cost <= _STEPS:
            ending[candidate.last].append((candidate, cost))
    ends = sorted(ending)
    rows, chosen = _table([(end, ending[end]) for end in ends])
    last = rows[-1]
    reached = [used for used in range(_STEPS + 1) if last[used] > _NEVER]
    least = min(math.ceil(LEAST * _STEPS), reached[-1])
    used = max((used for used in reached if used >= least), key=lambda used: last[used])
    found: list[Candidate] = []
    at = len(ends)
    while at:
        taken = chosen[at - 1][used]
        if taken < 0:
            at -= 1
            continue
        candidate, cost = ending[ends[at - 1]][taken]
        found.append(candidate)
        used -= cost
        at = _before(ends, candidate.first)
    return found[::-1]


def _table(
    ending: Sequence[tuple[int, list[tuple[Candidate, int]]]],
) -> tuple[list["array[float]"], list["array[int]"]]:  # array takes no type before 3.12
    """Return, for each end, the best score of each exact length, and which candidate ends there."""
    ends = [end for end, _ in ending]
    nothing = array("d", [0.0] + [_NEVER] * _STEPS)
    rows, chosen = [nothing], []
    for _, candidates in ending:
        row, taken = array("d", rows[-1]), array("l", [-1]) * (_STEPS + 1)
        for number, (candidate, cost) in enumerate(candidates):
            before, score = rows[_before(ends, candidate.first)], candidate.score
            for used in range(cost, _STEPS + 1):
                worth = before[used - cost] + score
                if worth > row[used]:
                    row[used], taken[used] = worth, number
        rows.append(row)
        chosen.append(taken)
    return rows, chosen


def _before(ends: Sequence[int], first: int) -> int:
    """Return how many of the ends are before a sentence."""
    return bisect_left(ends, first)
