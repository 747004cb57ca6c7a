"""Where a recording comes to another topic: TextTiling (Hearst 1997, aclanthology.org/J97-1003).

At each gap between sentences, what is said in the minutes before and behind it is compared by its
keywords. Where the two are less alike than around, and where there is a pause, a chapter begins.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean, pstdev

from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.terms import terms

_WHOLE_MS = 120_000  # a shorter recording is one chapter
_USUAL_MS, _SELDOM_MS = 300_000, 480_000  # there is no more, and no less, than one per so long
_OFTEN_MS, _OFTEN = 120_000, 5  # but so many may be closer
_MOST = 20
_SHORTEST_MS, _SHORTEST_SHARE = 60_000, 12  # or that part of a short recording
_BLOCK_MS, _BLOCKS = 150_000, 10  # what is compared, or that part of a short recording
_PAUSE_MS, _PAUSE = 3000, 0.15  # a pause that long is worth so much of depth
_STEM = 5  # letters at the beginning of a word
_SMOOTH = 3  # similarities on either side that one is averaged with
Vector = Counter[str]


def chapters(
    found: Sequence[Sentence], keywords: Mapping[str, float], duration_ms: int
) -> list[int]:
    """Return the numbers of the sentences at which chapters begin, the first of them 0.

    `keywords` are terms with their weights. There is about one chapter per 5 to 8 minutes, and one
    alone below 2 minutes; of a short recording there may be one per 2 minutes, up to 5. None is
    shorter than a minute, or 1/12 of a recording that is short.
    """
    if not found:
        return []
    if duration_ms < _WHOLE_MS:
        return [0]
    shortest = min(_SHORTEST_MS, duration_ms // _SHORTEST_SHARE)
    often = min(_OFTEN, math.ceil(duration_ms / _OFTEN_MS))
    most = min(_MOST, max(often, math.ceil(duration_ms / _USUAL_MS))) - 1
    least = min(most, duration_ms // _SELDOM_MS)
    depths = _depths(found, keywords, min(_BLOCK_MS, duration_ms // _BLOCKS))
    if not depths:
        return [0]
    # Hearst's cutoffs: what is clearly deeper than gaps usually are, and more so where it is close.
    clear, spread, usual = fmean(depths), pstdev(depths), math.ceil(duration_ms / _USUAL_MS)
    begins = [found[0].start]
    chosen = [0]
    for gap in sorted(range(len(depths)), key=lambda gap: (-depths[gap], gap)):
        start = found[gap + 1].start
        deviations = 0.5 if len(chosen) < usual else 1.0
        enough = len(chosen) > least and depths[gap] <= clear + deviations * spread
        if len(chosen) > most or enough:
            break
        if all(abs(start - own) >= shortest for own in (*begins, duration_ms)):
            begins.append(start)
            chosen.append(gap + 1)
    return sorted(chosen)


def _depths(found: Sequence[Sentence], keywords: Mapping[str, float], block_ms: int) -> list[float]:
    """Return how deep the valley of likeness is at each gap, with what its pause is worth."""
    alike = _smoothed(_likenesses(found, keywords, block_ms))
    pauses = [other.start - one.end for one, other in pairwise(found)]
    before, behind = _climbs(alike), _climbs(alike[::-1])[::-1]
    return [
        before[i] + behind[i] + _PAUSE * min(1.0, max(0, pause) / _PAUSE_MS)
        for i, pause in enumerate(pauses)
    ]


def _climbs(alike: Sequence[float]) -> list[float]:
    """Return how far it goes up from each value backwards, before it goes down."""
    tops: list[float] = []
    for i, value in enumerate(alike):
        tops.append(tops[-1] if i and alike[i - 1] >= value else value)
    return [top - value for top, value in zip(tops, alike, strict=True)]


def _smoothed(alike: Sequence[float]) -> list[float]:
    return [fmean(alike[max(0, i - _SMOOTH) : i + _SMOOTH + 1]) for i in range(len(alike))]


def _likenesses(
    found: Sequence[Sentence], keywords: Mapping[str, float], block_ms: int
) -> list[float]:
    """Return the cosine of what is said before and behind each gap between sentences."""
    own = [_stems(sentence, keywords) for sentence in found]
    weights = _weights(own)
    before, behind = Vector(), Vector()
    first, last = 0, 0  # of the sentences in the two blocks
    result = []
    for gap in range(len(found) - 1):
        before.update(own[gap])
        _take(behind, own[gap] if last > gap else {})
        last = max(last, gap + 1)
        while found[gap].end - found[first].start > block_ms and first < gap:
            _take(before, own[first])
            first += 1
        while last < len(found) and found[last].end - found[gap + 1].start <= block_ms:
            behind.update(own[last])
            last += 1
        result.append(_cosine(before, behind, weights))
    return result


def _take(block: Vector, own: Mapping[str, int]) -> None:
    """Take a sentence out of a block; of what is no more in it, nothing stays."""
    for term, n in own.items():
        block[term] -= n
        if not block[term]:
            del block[term]


def _stems(sentence: Sentence, keywords: Mapping[str, float]) -> Vector:
    """Return the keywords of a sentence, those of the same beginning as one: mite and mites."""
    return Counter(term[:_STEM] for term in terms(sentence) if term in keywords)


def _weights(own: Sequence[Vector]) -> dict[str, float]:
    """Return what each stem tells: the less, the more sentences of the recording have it."""
    among = Counter(stem for vector in own for stem in vector)
    return {stem: math.log((1 + len(own)) / n) for stem, n in among.items()}


def _cosine(one: Vector, other: Vector, weights: Mapping[str, float]) -> float:
    common = sum(n * other[term] * weights[term] ** 2 for term, n in one.items() if n)
    lengths = [
        math.sqrt(sum((n * weights[term]) ** 2 for term, n in vector.items() if n))
        for vector in (one, other)
    ]
    return common / (lengths[0] * lengths[1]) if all(lengths) else 0.0
