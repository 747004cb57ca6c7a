"""What else fits into a reel, to the millisecond: where long reels are chosen, lengths are rounded.

The best of what is left comes first, by its score for each second (Dantzig 1957, Discrete-Variable
Extremum Problems, doi:10.1287/opre.5.2.266).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction

from karaokify_daemon.domain.choice import LEAST, Candidate
from karaokify_daemon.domain.material import CROSSFADE_MS, Material, Reel, reel_of

_ROUNDS = 10
_SMALLER = 0.5  # of the room is aimed at, once what was added has been too much
_PULSE = 2000  # candidates between two calls


def topped_up(
    material: Material,
    rate: Fraction,
    length_ms: int,
    chosen: Iterable[Candidate],
    candidates: Iterable[Candidate],
    pulse: Callable[[], None],
) -> Reel | None:
    """Return the reel of what is chosen, and of what else fits; None where that is too long.

    How long a reel is, is known only once it is made: crossfades take some of it, and where clips
    become one, the pause between them is added. What speaks against itself is added up to 90 %.
    """
    chosen = list(chosen)
    reel = reel_of(material, rate, chosen)
    if reel is not None and reel.timeline.duration_ms > length_ms:
        return None
    ranked = sorted(candidates, key=lambda one: (-one.score / one.length, one.first, one.last))
    share = 1.0
    for _ in range(_ROUNDS):
        pulse()
        length = reel.timeline.duration_ms if reel else 0
        room, least = share * (length_ms - length), LEAST * length_ms - length
        more = list(_more(ranked, chosen, room, least, pulse))
        if not more:
            break
        other = reel_of(material, rate, [*chosen, *more])
        if other is None or other.timeline.duration_ms > length_ms:
            share *= _SMALLER
        else:
            reel, chosen = other, [*chosen, *more]
    return reel


def _more(
    ranked: Sequence[Candidate],
    chosen: Sequence[Candidate],
    room: float,
    least: float,
    pulse: Callable[[], None],
) -> Iterator[Candidate]:
    """Yield candidates that fit into the room, and are over none that is chosen."""
    used = {i for clip in chosen for i in range(clip.first, clip.last + 1)}
    for number, clip in enumerate(ranked):
        if number % _PULSE == 0:
            pulse()
        if clip.score <= 0 and least <= 0:
            break
        length = clip.length + CROSSFADE_MS
        if length <= room and used.isdisjoint(range(clip.first, clip.last + 1)):
            room -= length
            least -= clip.length
            used.update(range(clip.first, clip.last + 1))
            yield clip
