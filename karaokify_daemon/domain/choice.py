"""Which parts of a recording make the best reel of a given length: 0/1 knapsack over intervals.

Candidates are runs of sentences. The best set of those that do not overlap and together are as long
as asked for is found by dynamic programming: weighted interval scheduling with a capacity. See
Kellerer, Pferschy and Pisinger, Knapsack Problems, 2004, 2.3, doi:10.1007/978-3-540-24777-7.
"""

import math
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

LEAST = 0.9  # of the length that is asked for
LONG_MS = 900_000  # beside which clips are short
# Into so many parts that length is divided; that of long reels into more, as far as time and
# memory go.
_STEPS, _MOST_STEPS = 600, 6000
_UPDATES, _CELLS = 12_000_000, 8_000_000
_MANY = 40_000  # candidates; of more, some that are nearly as long as others are left out
_SAMPLED = 16  # sentences, of which one is looked at
_PULSE = 200  # candidates between two calls
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


def best(
    candidates: Iterable[Candidate], length_ms: int, pulse: Callable[[], None] = lambda: None
) -> list[Candidate]:
    """Return the candidates of the greatest sum of scores that do not overlap, in order.

    Together they are from 90 to 100 % as long as asked for, or, where none are, as long as can be.
    Each length is rounded up, to 1/600 of what is asked for or less, so that no sum is too long.
    `pulse` is called now and then, and may raise.

    >>> given = [Candidate(first=i, last=i, length=4000, score=i) for i in range(5)]
    >>> [found.first for found in best(given, 10_000)]
    [3, 4]
    """
    given = [one for one in candidates if one.length <= length_ms]
    if not given:
        return []
    steps = _steps(given, length_ms)
    ending: dict[int, list[tuple[Candidate, int]]] = defaultdict(list)
    for candidate in _thinned(given, length_ms):
        cost = math.ceil(candidate.length * steps / length_ms)
        ending[candidate.last].append((candidate, cost))
    ends = sorted(ending)
    parts = [ending[end] for end in ends]
    rows = _table(ends, parts, steps, pulse)
    last = rows[-1]
    reached = [used for used in range(steps + 1) if last[used] > _NEVER]
    least = min(math.ceil(LEAST * steps), reached[-1])
    used = max((used for used in reached if used >= least), key=lambda used: last[used])
    found: list[Candidate] = []
    at = len(ends)
    while at:
        value = rows[at][used]
        if value == rows[at - 1][used]:
            at -= 1
            continue
        candidate, cost = next(
            (one, cost)
            for one, cost in parts[at - 1]
            if cost <= used and rows[_before(ends, one.first)][used - cost] + one.score == value
        )
        found.append(candidate)
        used -= cost
        at = _before(ends, candidate.first)
    return found[::-1]


def _steps(given: Sequence[Candidate], length_ms: int) -> int:
    if length_ms <= LONG_MS:
        return _STEPS
    ends = len({one.last for one in given})
    most = min(_MOST_STEPS, _UPDATES // min(_MANY, len(given)), _CELLS // ends)
    return max(_STEPS, most)


def _thinned(given: Sequence[Candidate], length_ms: int) -> Sequence[Candidate]:
    """Return not too many candidates: of those that begin alike, the best of each length."""
    parts = _STEPS
    some = [one for one in given if one.first % _SAMPLED == 0]
    while len(some) * _SAMPLED > _MANY and parts > 1:  # into how few parts is seen in a sample
        if len({_alike(one, parts, length_ms) for one in some}) * _SAMPLED <= _MANY:
            break
        parts //= 2
    while len(given) > _MANY and parts > 1:
        kept: dict[tuple[int, int, bool], Candidate] = {}
        for one in given:
            key = _alike(one, parts, length_ms)
            if key not in kept or one.score > kept[key].score:
                kept[key] = one
        given = list(kept.values())
        parts //= 2
    return given


def _alike(one: Candidate, parts: int, length_ms: int) -> tuple[int, int, bool]:
    return one.first, one.length * parts // length_ms, one.offered


def _table(
    ends: Sequence[int],
    ending: Sequence[Sequence[tuple[Candidate, int]]],
    steps: int,
    pulse: Callable[[], None],
) -> list["array[float]"]:  # array takes no type before 3.12
    """Return the best score of each exact length, before all ends and up to each of them."""
    rows = [array("d", [0.0] + [_NEVER] * steps)]
    count = 0
    for candidates in ending:
        row = rows[-1][:]
        for candidate, cost in candidates:
            if count % _PULSE == 0:
                pulse()
            count += 1
            before, score = rows[_before(ends, candidate.first)], candidate.score
            moved = [there + score for there in before[: steps + 1 - cost]]
            row[cost:] = array("d", map(max, row[cost:], moved))
        rows.append(row)
    return rows


def _before(ends: Sequence[int], first: int) -> int:
    """Return how many of the ends are before a sentence."""
    return bisect_left(ends, first)
