"""A reel without a language model: the best sentences of a recording, cut between words."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from karaokify_daemon.domain.choice import Candidate, best
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.timeline import Cut, Timeline

CROSSFADE_MS = 250
_BEFORE_MS, _AFTER_MS = 350, 450  # how much of the silence around it belongs to a clip, at most
_SHORTEST_MS = 2500  # of a clip; a shorter one is not understood
_LONGEST_MS, _LONGEST_SHARE = 20_000, 0.4  # of a clip; more of a reel that is long
_SILENCE_MS = 2500  # a clip goes on over no longer one
_CUT = 1.0  # what a clip costs, in seconds of the best sentence: fewer are calmer to watch
_ENOUGH, _ROUNDS = 0.98, 4


def cut_of(found: Sequence[Sentence], first: int, last: int, duration_ms: int) -> Cut:
    """Return the cut of some sentences: its ends are in the gaps between words.

    Half of a gap is theirs, at most 0.35 s before and 0.45 s after them.
    """
    start, end = found[first].start, found[last].end
    before = found[first - 1].end if first else 0
    after = found[last + 1].start if last + 1 < len(found) else duration_ms
    lead = min(_BEFORE_MS, max(0, start - before) // 2)
    tail = min(_AFTER_MS, max(0, after - end) // 2)
    return Cut(start=start - lead, end=end + tail, lead=lead, tail=tail)


def longest_clip_ms(length_ms: int) -> int:
    """Return how long a clip of a reel of some length may be.

    >>> longest_clip_ms(15_000), longest_clip_ms(30_000), longest_clip_ms(90_000)
    (15000, 20000, 36000)
    """
    return min(length_ms, max(_LONGEST_MS, int(length_ms * _LONGEST_SHARE)))


def runs(
    found: Sequence[Sentence], worth: Sequence[float], duration_ms: int, length_ms: int
) -> Iterator[Candidate]:
    """Yield the runs of sentences that may be a clip of a reel of some length."""
    longest = longest_clip_ms(length_ms)
    for first in range(len(found)):
        score = -_CUT
        for last in range(first, len(found)):
            if last > first and found[last].start - found[last - 1].end > _SILENCE_MS:
                break
            cut = cut_of(found, first, last, duration_ms)
            length = cut.end - cut.start
            if length > longest:
                break
            score += worth[last] * (found[last].end - found[last].start) / 1000
            if length >= _SHORTEST_MS:
                yield Candidate(first=first, last=last, length=length, score=max(0.01, score))


def reel(
    found: Sequence[Sentence],
    worth: Sequence[float],
    *,
    duration_ms: int,
    length_ms: int,
    rate: Fraction,
) -> tuple[Timeline, list[Candidate]]:
    """Return the reel of a recording: no longer than asked for, and nearly as long where it can be.

    Crossfades make it shorter than its clips together, so it is chosen anew with that much more.
    Raises ValueError where there is no sentence.
    """
    if not found:
        raise ValueError("no sentences")
    if duration_ms <= length_ms:
        whole = Candidate(first=0, last=len(found) - 1, length=duration_ms, score=sum(worth))
        return Timeline.of([Cut(start=0, end=duration_ms)], rate), [whole]
    candidates = list(runs(found, worth, duration_ms, length_ms))
    result: tuple[Timeline, list[Candidate]] | None = None
    room = length_ms
    for _ in range(_ROUNDS):
        chosen = best(candidates, room)
        if not chosen:
            break
        timeline = timeline_of(found, chosen, duration_ms, rate)
        if timeline.duration_ms > length_ms:
            break
        result = timeline, chosen
        if timeline.duration_ms >= _ENOUGH * length_ms:
            break
        room += length_ms - timeline.duration_ms
    return result or _part(found, worth, duration_ms, length_ms, rate)


def timeline_of(
    found: Sequence[Sentence], chosen: Sequence[Candidate], duration_ms: int, rate: Fraction
) -> Timeline:
    """Return the timeline of chosen sentences."""
    cuts = [cut_of(found, clip.first, clip.last, duration_ms) for clip in chosen]
    return Timeline.of(cuts, rate, CROSSFADE_MS)


def _part(
    found: Sequence[Sentence],
    worth: Sequence[float],
    duration_ms: int,
    length_ms: int,
    rate: Fraction,
) -> tuple[Timeline, list[Candidate]]:
    """Return the start of the best sentence: no sentence is as short as the reel is to be."""
    at = max(range(len(found)), key=lambda i: (worth[i], -i))
    cut = cut_of(found, at, at, duration_ms)
    end = cut.start + length_ms
    gaps = [
        (one.end + other.start) // 2
        for one, other in pairwise(found[at].words)
        if (one.end + other.start) // 2 <= end
    ]
    clip = Cut(start=cut.start, end=max(gaps, default=min(end, cut.end)), lead=cut.lead)
    candidate = Candidate(first=at, last=at, length=clip.end - clip.start, score=worth[at])
    return Timeline.of([clip], rate), [candidate]
