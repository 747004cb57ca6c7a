"""Reels: the best sentences of a recording, cut between words."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import accumulate

from karaokify_daemon.domain.choice import LEAST, LONG_MS, Candidate, best
from karaokify_daemon.domain.filling import filled, shortened, start
from karaokify_daemon.domain.leaning import is_question
from karaokify_daemon.domain.material import Material, Reel, cut_frames, reel_of
from karaokify_daemon.domain.offers import SHORTEST_MS, fitting, varied
from karaokify_daemon.domain.spreading import spread
from karaokify_daemon.domain.timeline import Cut
from karaokify_daemon.domain.topping import topped_up

_SHORTEST_MS = 2500  # of a clip; a shorter one is not understood
_LONGEST_MS, _LONGEST_SHARE = 20_000, 0.4  # of a clip; more of a reel that is long
_LONGEST_OF_ALL_MS = 120_000
# What a clip costs, in seconds of the best sentence: fewer are calmer to watch. In a long reel it
# costs more, in proportion, since each takes a decoder; one of several reels is best one passage.
_CUT, _CUT_MS, _CUT_SHARE = 0.8, 300_000, 0.5
_IN_THE_AIR = 0.6  # what it costs to begin with what refers back
_UNANSWERED, _UNTOLD = 1.0, 2.5  # to end with a question, or with the news that somebody asks one
_PASSAGE = 3  # times as much where a reel is best one passage
_JUNK = 0.02  # of worth; a clip neither begins nor ends with less, where that is possible
_ENOUGH, _ROUNDS, _SMALLER = 0.97, 5, 0.02
_PULSE = 200  # sentences between two calls


def longest_clip_ms(length_ms: int, count: int = 1) -> int:
    """Return how long a clip of one of `count` reels of some length may be.

    Several reels are looked at one by one: each may be one part of the recording.

    >>> longest_clip_ms(15_000), longest_clip_ms(30_000), longest_clip_ms(30_000, 5)
    (15000, 20000, 30000)
    """
    share = 1.0 if count > 1 else _LONGEST_SHARE
    return min(length_ms, _LONGEST_OF_ALL_MS, max(_LONGEST_MS, int(length_ms * share)))


def runs(
    material: Material,
    length_ms: int,
    *,
    count: int = 1,
    least: float = 0.0,
    strict: bool = True,
    pulse: Callable[[], None] = lambda: None,
) -> Iterator[Candidate]:
    """Yield the runs of sentences that may be a clip of one of `count` reels of some length.

    None has at its ends a sentence that is worth less than `least`. Where not `strict`, a clip may
    be as long as the reel, and short.
    """
    found, worth = material.sentences, material.worth
    longest = longest_clip_ms(length_ms, count if strict else 2)
    shortest = _SHORTEST_MS if strict else SHORTEST_MS
    cut, alone = _cost_of_a_cut(length_ms, count), _PASSAGE if count > 1 else 1
    for first in range(len(found)):
        if first % _PULSE == 0:
            pulse()
        if worth[first] < least:
            continue
        score = -cut - alone * (_IN_THE_AIR if first in material.leaning else 0)
        for last in range(first, len(found)):
            if last > first and material.silent(last):
                break
            length = material.length(first, last)
            if length > longest:
                break
            score += worth[last] * (found[last].end - found[last].start) / 1000
            if length >= shortest and worth[last] >= least:
                lacks = alone * _what_lacks(material, last)
                yield Candidate(first=first, last=last, length=length, score=score - lacks)


def _what_lacks(material: Material, last: int) -> float:
    """Return what it costs that a clip ends before an answer."""
    if last not in material.asking:
        return 0.0
    return _UNANSWERED if is_question(material.sentences[last], material.language) else _UNTOLD


def _cost_of_a_cut(length_ms: int, count: int) -> float:
    if count > 1:
        return max(_CUT, _CUT_SHARE * length_ms / 1000)
    return _CUT * max(1.0, length_ms / _CUT_MS)


def reels(
    material: Material,
    rate: Fraction,
    *,
    length_ms: int,
    count: int = 1,
    offered: Sequence[Candidate] = (),
    pulse: Callable[[], None] = lambda: None,
) -> list[Reel]:
    """Return the reels of a recording, the best first; none shows a sentence of another.

    Each is no longer than asked for, and from 90 % on as long, but for the first one of a recording
    in which there is not so much. `offered` are parts that somebody has chosen, with their scores;
    where they do not fill a reel, others are taken, too. Without sentences there is no reel, nor
    where all of them are shorter than two frames. `pulse` is called now and then, and may raise.
    """
    found: list[Reel] = []
    taken: set[int] = set()
    known: dict[tuple[float, bool], list[Candidate]] = {}
    # One of several may be one passage; what somebody has chosen is where it is.
    alone = count == 1 and not offered
    while len(found) < count and len(taken) < len(material.sentences):

        def made(weighed: Material, taken: Collection[int] = frozenset(taken)) -> Reel | None:
            every = partial(runs, weighed, length_ms, count=count, pulse=pulse)
            own = every if alone else partial(_free, every, known, taken)
            sources = _sources(weighed, length_ms, count, offered, taken, own)
            return _reel(weighed, rate, length_ms, sources, taken, pulse)

        one = spread(material, length_ms, made) if alone else made(material)
        if one is None or (found and one.timeline.duration_ms < LEAST * length_ms):
            break
        found.append(one)
        taken |= one.sentences
    return sorted(found, key=lambda one: -sum(clip.score * clip.length for clip in one.chosen))


def _free(
    every: Callable[..., Iterable[Candidate]],
    known: dict[tuple[float, bool], list[Candidate]],
    taken: Collection[int],
    *,
    least: float = 0.0,
    strict: bool = True,
) -> list[Candidate]:
    """Return the runs that have no sentence that is taken; `known` are those of earlier reels."""
    if (least, strict) not in known:
        known[least, strict] = list(every(least=least, strict=strict))
    last = max((one.last for one in known[least, strict]), default=0)
    before = list(accumulate((i in taken for i in range(last + 1)), initial=0))
    return [one for one in known[least, strict] if before[one.first] == before[one.last + 1]]


def _sources(
    material: Material,
    length_ms: int,
    count: int,
    offered: Sequence[Candidate],
    taken: Collection[int],
    own: Callable[..., Iterable[Candidate]],
) -> Iterator[Sequence[Candidate]]:
    """Yield what a reel may be made of, the better first; `own` are runs of a recording."""
    theirs = list(fitting(material, offered, length_ms, taken))
    covered = {i for clip in theirs for i in range(clip.first, clip.last + 1)}
    nearly = [*theirs, *varied(material, theirs, length_ms, taken)]
    if theirs and count > 1:
        yield [clip for clip in nearly if clip.length >= LEAST * length_ms]
    if theirs:
        whole = {(clip.first, clip.last) for clip in offered}
        yield [clip for clip in theirs if (clip.first, clip.last) in whole]
        yield nearly
    for least, strict in ((_JUNK, True), (0.0, True), (0.0, False)):
        others = own(least=least, strict=strict)
        apart = [c for c in others if covered.isdisjoint(range(c.first, c.last + 1))]
        if theirs and least:
            yield [*nearly, *(c for c in apart if c.last not in material.asking)]
        yield [*nearly, *apart]
    # What was offered may be worth nothing, or not fit together: then it stands in nobody's way.
    for strict in (True, False) if theirs else ():
        yield [*nearly, *own(strict=strict)]


def _reel(
    material: Material,
    rate: Fraction,
    length_ms: int,
    sources: Iterable[Sequence[Candidate]],
    taken: Collection[int],
    pulse: Callable[[], None],
) -> Reel | None:
    """Return the best reel of the first source of candidates that fills it, else the longest."""
    if not taken and material.duration_ms <= length_ms:
        return _cut(lambda: _whole(material, rate, length_ms))
    found: list[Reel] = []
    for candidates in sources:
        pulse()
        one = _best(material, rate, length_ms, candidates, pulse)
        if one is not None and one.timeline.duration_ms >= LEAST * length_ms:
            return one
        found += [one] if one is not None else []
    for shortest_ms in (SHORTEST_MS, 0):
        one = filled(material, rate, length_ms, taken=taken, shortest_ms=shortest_ms, pulse=pulse)
        if one is not None and one.timeline.duration_ms >= LEAST * length_ms:
            return one
        found += [one] if one is not None else []
    if found:
        return max(found, key=lambda one: one.timeline.frames)
    return None if taken else _cut(lambda: start(material, rate, length_ms))


def _whole(material: Material, rate: Fraction, length_ms: int) -> Reel:
    last = len(material.sentences) - 1
    clip = Candidate(first=0, last=last, length=material.duration_ms, score=1.0)
    cuts = [Cut(start=one, end=other) for one, other in material.kept(0, material.duration_ms)]
    reel = Reel.cut([clip], [cuts], rate)
    surplus = reel.timeline.frames - int(length_ms * rate / 1000)
    if surplus <= 0:
        return reel
    # Frames are rounded.
    last_cut = shortened(cuts[-1], max(2, cut_frames(cuts[-1], rate) - surplus), rate)
    return Reel.cut([clip], [[*cuts[:-1], last_cut]], rate)


def _cut(made: Callable[[], Reel]) -> Reel | None:
    """Return a reel, or None where nothing of it is as long as two frames."""
    try:
        return made()
    except ValueError:
        return None


def _best(
    material: Material,
    rate: Fraction,
    length_ms: int,
    candidates: Sequence[Candidate],
    pulse: Callable[[], None],
) -> Reel | None:
    """Return a reel of the best candidates.

    What crossfades take depends on what is chosen, so it is chosen anew with more or less room.
    """
    result: Reel | None = None
    rounded = length_ms > LONG_MS
    room, low, high = length_ms, 0, 2 * length_ms
    for _ in range(_ROUNDS):
        pulse()
        chosen = best(candidates, room, pulse)
        one = reel_of(material, rate, chosen)
        if one is None:
            break
        if rounded:
            one = topped_up(material, rate, length_ms, chosen, candidates, pulse) or one
        length = one.timeline.duration_ms
        if length > length_ms:
            high = room
        else:
            low = room
            if result is None or length > result.timeline.duration_ms:
                result = one
        if length <= length_ms and (rounded or length >= _ENOUGH * length_ms):
            break
        wanted = room + length_ms - length
        if not low:
            wanted -= round(_SMALLER * length_ms)
        room = wanted if low < wanted < high else (low + high) // 2
    return result
