"""Known words laid onto recognised ones: which word of a text is which word that was heard.

Long stretches are divided at n-grams that stand once in both (the anchors of patience diff,
https://bramcohen.livejournal.com/73318.html); what lies between is aligned by dynamic programming
(Needleman and Wunsch 1970, doi:10.1016/0022-2836(70)90057-4) on how alike words are written.
"""

import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

_ALIKE = 0.6  # from here on two words are the same one, misheard
_SKIP = 0.6  # what it costs to leave a word out, beside 0 to 0.4 for two that are alike
_CELLS = 40_000  # of one table
_LONGEST_GRAM = 4


def align(known: Sequence[str], heard: Sequence[str]) -> list[int | None]:
    """Return, for each known word, the number of the heard word that it is; None for none.

    The numbers rise. Case, accents and punctuation do not count.

    >>> align("Löwen, und Bären".split(), "die lowen um beeren".split())
    [1, None, 3]
    """
    found: list[int | None] = [None] * len(known)
    a, b = [folded(word) for word in known], [folded(word) for word in heard]
    for i, j in _pairs(a, b):
        found[i] = j
    return found


def folded(word: str) -> str:
    """Return a word as it counts: letters and digits alone, in small letters, without accents.

    >>> folded("“Café-Bar!”")
    'cafebar'
    """
    plain = unicodedata.normalize("NFKD", word).casefold()
    return "".join(c for c in plain if c.isalnum())


@lru_cache(maxsize=100_000)
def likeness(one: str, other: str) -> float:
    """Return how alike two words are: 1 less the edit distance (Levenshtein) per letter.

    >>> likeness("moon", "moon"), likeness("moon", "noon"), likeness("moon", "tree")
    (1.0, 0.75, 0.0)
    """
    if one == other:
        return 1.0 if one else 0.0
    longest = max(len(one), len(other))
    if min(len(one), len(other)) < longest * _ALIKE:
        return 0.0
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(before + (a != b), row[j] + 1, row[j - 1] + 1)
    return 1 - row[-1] / longest


def _pairs(a: Sequence[str], b: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield what belongs together, in any order."""
    open_parts = [(0, len(a), 0, len(b))]
    while open_parts:
        a0, a1, b0, b1 = open_parts.pop()
        while a0 < a1 and b0 < b1 and a[a0] == b[b0] != "":
            yield a0, b0
            a0, b0 = a0 + 1, b0 + 1
        while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1] != "":
            a1, b1 = a1 - 1, b1 - 1
            yield a1, b1
        if a0 == a1 or b0 == b1:
            continue
        if (a1 - a0) * (b1 - b0) <= _CELLS:
            yield from ((a0 + i, b0 + j) for i, j in _table(a[a0:a1], b[b0:b1]))
            continue
        anchors = _anchors(a[a0:a1], b[b0:b1])
        for i, j in anchors:
            yield a0 + i, b0 + j
        edges = [(-1, -1), *anchors, (a1 - a0, b1 - b0)] if anchors else []
        for (i, j), (k, m) in pairwise(edges):
            open_parts.append((a0 + i + 1, a0 + k, b0 + j + 1, b0 + m))


def _anchors(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs, rising in both, at which n-grams stand that both texts have once."""
    for n in range(_LONGEST_GRAM, 0, -1):
        places = _once(b, n)
        pairs = [(i, places[gram]) for gram, i in _once(a, n).items() if gram in places]
        if pairs:
            return _rising(sorted(pairs))
    return []


def _once(words: Sequence[str], n: int) -> dict[tuple[str, ...], int]:
    grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    counts = Counter(grams)
    return {gram: i for i, gram in enumerate(grams) if counts[gram] == 1 and all(gram)}


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest run of pairs whose second numbers rise (patience sorting)."""
    tops: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for at, (_, j) in enumerate(pairs):
        pile = bisect_left(tops, j)
        before.append(last[pile - 1] if pile else None)
        tops[pile : pile + 1], last[pile : pile + 1] = [j], [at]
    run, at_last = [], last[-1] if last else None
    while at_last is not None:
        run.append(pairs[at_last])
        at_last = before[at_last]
    return run[::-1]


def _table(a: Sequence[str], b: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of the cheapest alignment of two short texts, the last first."""
    wide = len(b) + 1
    costs = [j * _SKIP for j in range(wide)]
    steps = [bytearray(b"\x01" * wide)]  # 0: a pair, 1: skip in b, 2: skip in a
    for word in a:
        row, step = [costs[0] + _SKIP], bytearray(b"\x02" * wide)
        for j, other in enumerate(b, 1):
            alike = likeness(word, other)
            choices = (
                costs[j - 1] + (1 - alike if alike >= _ALIKE else 3 * _SKIP),
                row[j - 1] + _SKIP,
                costs[j] + _SKIP,
            )
            best = min(choices)
            row.append(best)
            step[j] = choices.index(best)
        costs = row
        steps.append(step)
    i, j = len(a), len(b)
    while i and j:
        match steps[i][j]:
            case 0:
                i, j = i - 1, j - 1
                yield i, j
            case 1:
                j -= 1
            case _:
                i -= 1
