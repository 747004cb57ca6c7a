"""Long reels of many short clips, topped up until they are as long as was asked for."""

from collections.abc import Callable, Collection, Iterator
from fractions import Fraction

from karaokify_daemon.domain.choice import LEAST, Candidate
from karaokify_daemon.domain.material import Material, Reel

_ROUNDS = 12


def topped_up(
    material: Material,
    reel: Reel,
    rate: Fraction,
    length_ms: int,
    *,
    taken: Collection[int] = (),
    pulse: Callable[[], None] = lambda: None,
) -> Reel:
    """Return a reel that is too short with further sentences, the best first, by its exact length.

    The searches round the length of each clip, which adds up where there are hundreds of them.
    """
    share = 1.0
    for _ in range(_ROUNDS):
        room = length_ms - reel.timeline.duration_ms
        if reel.timeline.duration_ms >= LEAST * length_ms:
            break
        more = list(_fitting(material, reel, round(room * share), taken))
        if not more:
            break
        pulse()
        chosen = sorted([*reel.chosen, *more], key=lambda clip: clip.first)
        fuller = Reel.of(material, chosen, rate)
        if fuller.timeline.duration_ms > length_ms:
            share /= 2
        elif fuller.timeline.duration_ms > reel.timeline.duration_ms:
            reel = fuller
        else:
            break
    return reel


def _fitting(
    material: Material, reel: Reel, room: int, taken: Collection[int]
) -> Iterator[Candidate]:
    """Yield sentences that stand alone, and fill some room together."""
    used = {*reel.sentences, *taken}
    for i in sorted(range(len(material.sentences)), key=lambda i: (-material.worth[i], i)):
        length = material.length(i, i)
        if length <= room and i not in used and _stands_alone(material, i):
            room -= length
            yield Candidate(first=i, last=i, length=length, score=material.worth[i])


def _stands_alone(material: Material, i: int) -> bool:
    """Tell whether there is so long a silence around a sentence that it is a passage."""
    is_last = i + 1 == len(material.sentences)
    return (i == 0 or material.silent(i)) and (is_last or material.silent(i + 1))
