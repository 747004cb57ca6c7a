"""Reels: the best sentences of a recording, cut between words."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from karaokify_daemon.domain.choice import LEAST, Candidate, best
from karaokify_daemon.domain.material import OFFERED, Material, Reel
from karaokify_daemon.domain.timeline import Cut

_SHORTEST_MS = 2500  # of a clip; a shorter one is not understood
_LEAST_MS = 1000  # of one that is offered, or without which there is no reel
_LONGEST_MS, _LONGEST_SHARE = 20_000, 0.4  # of a clip; more of a reel that is long
_LONGEST_OF_ALL_MS = 120_000
_SILENCE_MS = 2500  # a clip goes on over no longer one
# What a clip costs, in seconds of the best sentence: fewer are calmer to watch. In a long reel it
# costs more, in proportion, since each takes a decoder.
_CUT, _CUT_MS = 1.0, 300_000
_ENOUGH, _ROUNDS, _SMALLER = 0.97, 5, 0.02


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
    taken: Collection[int] = (),
    strict: bool = True,
) -> Iterator[Candidate]:
    """Yield the runs of sentences that may be a clip of one of `count` reels of some length.

    None has a sentence that is `taken`. Where not `strict`, a clip may be as long as the reel, and
    short.
    """
    found, worth = material.sentences, material.worth
    longest = longest_clip_ms(length_ms, count if strict else 2)
    shortest = _SHORTEST_MS if strict else _LEAST_MS
    cut = _CUT * max(1.0, length_ms / _CUT_MS)
    for first in range(len(found)):
        score = -cut
        for last in range(first, len(found)):
            if last in taken or (last > first and _silent(material, last)):
                break
            length = material.length(first, last)
            if length > longest:
                break
            score += worth[last] * (found[last].end - found[last].start) / 1000
            if length >= shortest:
                yield Candidate(first=first, last=last, length=length, score=max(0.01, score))


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
    while len(found) < count and len(taken) < len(material.sentences):
        sources = _sources(material, length_ms, count, offered, taken)
        one = _reel(material, rate, length_ms, sources, taken, pulse)
        if one is None or (found and one.timeline.duration_ms < LEAST * length_ms):
            break
        found.append(one)
        taken |= one.sentences
    return sorted(found, key=lambda one: -sum(clip.score * clip.length for clip in one.chosen))


def _sources(
    material: Material,
    length_ms: int,
    count: int,
    offered: Sequence[Candidate],
    taken: Collection[int],
) -> Iterator[Sequence[Candidate]]:
    """Yield what a reel may be made of, the better first."""
    theirs = [clip for part in offered for clip in _fitting(material, part, length_ms, taken)]
    covered = {i for clip in theirs for i in range(clip.first, clip.last + 1)}
    if theirs:
        yield theirs
    for strict in (True, False):
        others = runs(material, length_ms, count=count, taken=taken, strict=strict)
        apart = (c for c in others if covered.isdisjoint(range(c.first, c.last + 1)))
        yield [*theirs, *apart]


def _fitting(
    material: Material, clip: Candidate, length_ms: int, taken: Collection[int]
) -> Iterator[Candidate]:
    """Yield the parts of what was offered that can be clips: without silences, and not too long."""
    first = clip.first
    while first <= clip.last:
        last = first
        while last < clip.last and not _silent(material, last + 1):
            last += 1
        following = last + 1
        while last > first and material.length(first, last) > length_ms:
            last -= 1
        length = material.length(first, last)
        free = not any(i in taken for i in range(first, last + 1))
        if free and _LEAST_MS <= length <= length_ms:
            score = clip.score * OFFERED
            yield replace(clip, first=first, last=last, length=length, score=score, offered=True)
        first = following


def _silent(material: Material, i: int) -> bool:
    """Tell whether there is a long silence before a sentence."""
    found = material.sentences
    return found[i].start - found[i - 1].end > _SILENCE_MS


def _reel(
    material: Material,
    rate: Fraction,
    length_ms: int,
    sources: Iterable[Sequence[Candidate]],
    taken: Collection[int],
    pulse: Callable[[], None],
) -> Reel | None:
    """Return the best reel of the first source of candidates that fills it, else the longest."""
    last = len(material.sentences) - 1
    if not taken and material.duration_ms <= length_ms:
        whole = Candidate(first=0, last=last, length=material.duration_ms, score=1.0)
        cuts = [Cut(start=one, end=other) for one, other in material.kept(0, material.duration_ms)]
        return _cut(lambda: Reel.cut([whole], [cuts], rate))
    found: list[Reel] = []
    for candidates in sources:
        pulse()
        one = _filled(material, rate, length_ms, candidates, pulse)
        if one is not None and one.timeline.duration_ms >= LEAST * length_ms:
            return one
        found += [one] if one is not None else []
    if found:
        return max(found, key=lambda one: one.timeline.frames)
    return None if taken else _cut(lambda: _part(material, rate, length_ms))


def _cut(made: Callable[[], Reel]) -> Reel | None:
    """Return a reel, or None where nothing of it is as long as two frames."""
    try:
        return made()
    except ValueError:
        return None


def _filled(
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
    room, low, high = length_ms, 0, 2 * length_ms
    for _ in range(_ROUNDS):
        pulse()
        chosen = best(candidates, room)
        made = _cut(lambda chosen=chosen: Reel.of(material, chosen, rate))  # type: ignore[misc]
        if made is None:
            break
        length = made.timeline.duration_ms
        if length > length_ms:
            high = room
        else:
            low = room
            if result is None or length > result.timeline.duration_ms:
                result = made
        if _ENOUGH * length_ms <= length <= length_ms:
            break
        wanted = room + length_ms - length
        if not low:
            wanted -= round(_SMALLER * length_ms)
        room = wanted if low < wanted < high else (low + high) // 2
    return result


def _part(material: Material, rate: Fraction, length_ms: int) -> Reel:
    """Return the best sentence, or the start of it where all are longer than the reel is to be."""
    found, worth = material.sentences, material.worth
    fits = [s.id for s in found if material.length(s.id, s.id) <= length_ms]
    at = max(fits or range(len(found)), key=lambda i: (worth[i], -i))
    candidate = Candidate(first=at, last=at, length=material.length(at, at), score=worth[at])
    if fits:
        return Reel.of(material, [candidate], rate)
    cut = material.cuts(at, at)[0]
    end = cut.start + length_ms
    gaps = [
        (one.end + other.start) // 2
        for one, other in pairwise(found[at].words)
        if cut.start < (one.end + other.start) // 2 <= end
    ]
    clip = Cut(start=cut.start, end=max(gaps, default=min(end, cut.end)), lead=cut.lead)
    return Reel.cut([candidate], [[clip]], rate)
