"""A reel from all over a recording, where its parts are worth about the same."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from karaokify_daemon.domain.choice import LEAST
from karaokify_daemon.domain.material import Material, Reel

_PARTS = 8  # of a recording
_MOST = 0.5  # of a reel may be from one of them
_KEPT = 0.4  # of a reel stays in that part; what else is there counts for little then
_DAMPED = 0.1
_ROUNDS = 4
_AS_GOOD = 0.75  # of the worth of the best reel, that another one has at least


def spread(
    material: Material, length_ms: int, made: Callable[[Material], Reel | None]
) -> Reel | None:
    """Return the best reel, or one nearly as good of which no eighth of a recording has the half.

    `made` returns the best reel of a material. A recording that is not much longer than its reel is
    left as it is.
    """
    best = made(material)
    if best is None or material.duration_ms < _PARTS / 2 * length_ms:
        return best
    worth, least = list(material.worth), min(LEAST * length_ms, best.timeline.duration_ms)
    one = best
    for _ in range(_ROUNDS):
        part = _crowded(material, one)
        if part is None:
            return _scored(material, one) if _is_as_good(material, one, best) else best
        kept = _kept(material, one, part)
        worth = [
            w * _DAMPED if _part(material, i) == part and i not in kept else w
            for i, w in enumerate(worth)
        ]
        other = made(replace(material, worth=worth))
        if other is None or other.timeline.duration_ms < least:
            break
        one = other
    return best


def _is_as_good(material: Material, one: Reel, best: Reel) -> bool:
    return _total(material, one) >= _AS_GOOD * _total(material, best)


def _scored(material: Material, reel: Reel) -> Reel:
    scored = (replace(clip, score=material.score(clip)) for clip in reel.chosen)
    return replace(reel, chosen=tuple(scored))


def _crowded(material: Material, reel: Reel) -> int | None:
    """Return the part that too much of a reel is from."""
    spoken: Counter[int] = Counter()
    for i in reel.sentences:
        spoken[_part(material, i)] += material.spoken_ms(i, i)
    part, most = spoken.most_common(1)[0]
    return part if most > _MOST * spoken.total() else None


def _kept(material: Material, reel: Reel, part: int) -> frozenset[int]:
    """Return the sentences of a reel that stay where too many are: those of its best clips."""
    left = _KEPT * sum(material.spoken_ms(i, i) for i in reel.sentences)
    found = set()
    for clip in sorted(reel.chosen, key=lambda clip: -clip.score):
        for i in range(clip.first, clip.last + 1):
            if _part(material, i) == part and left > 0:
                found.add(i)
                left -= material.spoken_ms(i, i)
    return frozenset(found)


def _part(material: Material, sentence: int) -> int:
    said = material.sentences[sentence]
    return min(_PARTS - 1, (said.start + said.end) * _PARTS // (2 * max(1, material.duration_ms)))


def _total(material: Material, reel: Reel) -> float:
    return sum(material.total(clip.first, clip.last) for clip in reel.chosen)
