"""Reels: the best sentences of a recording, cut between words."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise

from karaokify_daemon.domain.choice import LEAST, Candidate, best
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.timeline import Clip, Cut, Timeline

CROSSFADE_MS = 250
_BEFORE_MS, _AFTER_MS = 350, 450  # how much of the silence around it belongs to a clip, at most
_SHORTEST_MS = 2500  # of a clip; a shorter one is not understood
_LONGEST_MS, _LONGEST_SHARE = 20_000, 0.4  # of a clip; more of a reel that is long
_SILENCE_MS = 2500  # a clip goes on over no longer one
# What a clip costs, in seconds of the best sentence: fewer are calmer to watch. In a long reel it
# costs more, in proportion, since each takes a decoder.
_CUT, _CUT_MS = 1.0, 300_000
_ENOUGH, _ROUNDS, _SMALLER = 0.97, 5, 0.02
_OFFERED = 1000.0  # by so much a clip that was offered is worth more than one that was not


@dataclass(frozen=True, kw_only=True)
class Material:
    """What reels are made of.

    A recording's sentences, what each is worth (0 to 1), its length, and stretches that no reel
    shows (milliseconds; in order, apart from one another, without a part of a word that is shown).
    """

    sentences: Sequence[Sentence]
    worth: Sequence[float]
    duration_ms: int
    removed: Sequence[tuple[int, int]] = ()

    def cuts(self, first: int, last: int) -> list[Cut]:
        """Return the cuts of some sentences: their ends are in the gaps between words.

        Half of a gap is theirs, at most 0.35 s before and 0.45 s after them.
        """
        found = self.sentences
        start, end = found[first].start, found[last].end
        before = found[first - 1].end if first else 0
        after = found[last + 1].start if last + 1 < len(found) else self.duration_ms
        begin = start - min(_BEFORE_MS, max(0, start - before) // 2)
        until = end + min(_AFTER_MS, max(0, after - end) // 2)
        shown = [(a, b) for a, b in self.kept(begin, until) if a < end and b > start]
        kept = shown or [(begin, until)]  # nothing but what is left out is said
        return [
            Cut(
                start=one,
                end=other,
                lead=max(0, start - one) if i == 0 else 0,
                tail=max(0, other - end) if i == len(kept) - 1 else 0,
            )
            for i, (one, other) in enumerate(kept)
        ]

    def length(self, first: int, last: int) -> int:
        """Return by how much some sentences make a reel longer, in milliseconds.

        What a crossfade with the clip before may take does not count.
        """
        cuts = self.cuts(first, last)
        return sum(cut.end - cut.start for cut in cuts) - min(CROSSFADE_MS, cuts[0].lead)

    def score(self, clip: Candidate) -> float:
        """Return what a part is worth for each second of it, from 0 to 1."""
        if clip.offered:
            return clip.score / _OFFERED
        said = [self.sentences[i] for i in range(clip.first, clip.last + 1)]
        total = sum(sentence.end - sentence.start for sentence in said) or 1
        return sum(self.worth[s.id] * (s.end - s.start) for s in said) / total

    def kept(self, begin: int, until: int) -> Iterator[tuple[int, int]]:
        """Yield what is shown of a stretch (milliseconds)."""
        at = max(0, bisect_right(self._starts, begin) - 1)
        for start, end in self.removed[at:]:
            if start >= until:
                break
            if end <= begin:
                continue
            if start > begin:
                yield begin, start
            begin = end
        if begin < until:
            yield begin, until

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self.removed]


@dataclass(frozen=True, kw_only=True)
class Reel:
    """A reel: which parts of a recording it has, and the clips of each in its timeline."""

    timeline: Timeline
    chosen: tuple[Candidate, ...]
    parts: tuple[tuple[Clip, ...], ...]

    @classmethod
    def of(cls, material: Material, chosen: Sequence[Candidate], rate: Fraction) -> "Reel":
        """Return the reel of chosen parts; each has a score from 0 to 1."""
        cuts = [material.cuts(clip.first, clip.last) for clip in chosen]
        return cls.cut([replace(clip, score=material.score(clip)) for clip in chosen], cuts, rate)

    @classmethod
    def cut(
        cls, chosen: Sequence[Candidate], cuts: Sequence[Sequence[Cut]], rate: Fraction
    ) -> "Reel":
        """Return the reel of chosen parts, each with its cuts."""
        timeline = Timeline.of([cut for part in cuts for cut in part], rate, CROSSFADE_MS)
        ends = [0, *accumulate(len(part) for part in cuts)]
        parts = tuple(timeline.clips[one:other] for one, other in pairwise(ends))
        return cls(timeline=timeline, chosen=tuple(chosen), parts=parts)

    @property
    def sentences(self) -> frozenset[int]:
        """The numbers of the sentences that are in it."""
        return frozenset(i for clip in self.chosen for i in range(clip.first, clip.last + 1))


def longest_clip_ms(length_ms: int, count: int = 1) -> int:
    """Return how long a clip of one of `count` reels of some length may be.

    Several reels are looked at one by one: each may be one part of the recording.

    >>> longest_clip_ms(15_000), longest_clip_ms(30_000), longest_clip_ms(30_000, 5)
    (15000, 20000, 30000)
    """
    if count > 1:
        return length_ms
    return min(length_ms, max(_LONGEST_MS, int(length_ms * _LONGEST_SHARE)))


def runs(
    material: Material, length_ms: int, *, count: int = 1, taken: Collection[int] = ()
) -> Iterator[Candidate]:
    """Yield the runs of sentences that may be a clip of one of `count` reels of some length.

    None has a sentence that is `taken`.
    """
    found, worth = material.sentences, material.worth
    longest = longest_clip_ms(length_ms, count)
    cut = _CUT * max(1.0, length_ms / _CUT_MS)
    for first in range(len(found)):
        score = -cut
        for last in range(first, len(found)):
            silent = last > first and found[last].start - found[last - 1].end > _SILENCE_MS
            if silent or last in taken:
                break
            length = material.length(first, last)
            if length > longest:
                break
            score += worth[last] * (found[last].end - found[last].start) / 1000
            if length >= _SHORTEST_MS:
                yield Candidate(first=first, last=last, length=length, score=max(0.01, score))


def reels(
    material: Material,
    rate: Fraction,
    *,
    length_ms: int,
    count: int = 1,
    offered: Sequence[Candidate] = (),
) -> list[Reel]:
    """Return the reels of a recording, the best first; none shows a sentence of another.

    Each is no longer than asked for, and from 90 % on as long, but for the first one of a recording
    in which there is not so much. `offered` are parts that somebody has chosen, with their scores;
    where they do not fill a reel, others are taken, too. Without sentences there is no reel.
    """
    found: list[Reel] = []
    taken: set[int] = set()
    while len(found) < count and len(taken) < len(material.sentences):
        sources = (
            _fitting(material, offered, length_ms, taken),
            [
                *_fitting(material, offered, length_ms, taken),
                *_others(runs(material, length_ms, count=count, taken=taken), offered),
            ],
        )
        one = _reel(material, rate, length_ms, sources[not offered :], taken)
        if one is None or (found and one.timeline.duration_ms < LEAST * length_ms):
            break
        found.append(one)
        taken |= one.sentences
    return sorted(found, key=lambda one: -sum(clip.score * clip.length for clip in one.chosen))


def _fitting(
    material: Material, offered: Iterable[Candidate], length_ms: int, taken: Collection[int]
) -> list[Candidate]:
    """Return what was offered, with lengths; of what is too long, as much as fits."""
    fitting = []
    for clip in offered:
        lasts = range(clip.last, clip.first - 1, -1)
        if any(i in taken for i in lasts):
            continue
        for last in lasts:
            if (length := material.length(clip.first, last)) <= length_ms:
                score = clip.score * _OFFERED
                fitting.append(replace(clip, last=last, length=length, score=score, offered=True))
                break
    return fitting


def _others(found: Iterable[Candidate], offered: Sequence[Candidate]) -> list[Candidate]:
    """Return what shares no sentence with what was offered."""
    theirs = {i for clip in offered for i in range(clip.first, clip.last + 1)}
    return [clip for clip in found if theirs.isdisjoint(range(clip.first, clip.last + 1))]


def _reel(
    material: Material,
    rate: Fraction,
    length_ms: int,
    sources: Iterable[Sequence[Candidate]],
    taken: Collection[int],
) -> Reel | None:
    """Return the best reel of the first source of candidates that fills it, else the longest."""
    last = len(material.sentences) - 1
    if not taken and material.duration_ms <= length_ms:
        whole = Candidate(first=0, last=last, length=material.duration_ms, score=1.0)
        cuts = [Cut(start=one, end=other) for one, other in material.kept(0, material.duration_ms)]
        return Reel.cut([whole], [cuts], rate)
    found: list[Reel] = []
    for candidates in sources:
        one = _filled(material, rate, length_ms, candidates)
        if one is not None and one.timeline.duration_ms >= LEAST * length_ms:
            return one
        found += [one] if one is not None else []
    if found:
        return max(found, key=lambda one: one.timeline.frames)
    return None if taken else _part(material, rate, length_ms)


def _filled(
    material: Material, rate: Fraction, length_ms: int, candidates: Sequence[Candidate]
) -> Reel | None:
    """Return a reel of the best candidates.

    What crossfades take depends on what is chosen, so it is chosen anew with more or less room.
    """
    result: Reel | None = None
    room, low, high = length_ms, 0, 2 * length_ms
    for _ in range(_ROUNDS):
        chosen = best(candidates, room)
        if not chosen:
            break
        made = Reel.of(material, chosen, rate)
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
    """Return the start of the best sentence: no sentence is as short as the reel is to be."""
    found, worth = material.sentences, material.worth
    at = max(range(len(found)), key=lambda i: (worth[i], -i))
    cut = material.cuts(at, at)[0]
    end = cut.start + length_ms
    gaps = [
        (one.end + other.start) // 2
        for one, other in pairwise(found[at].words)
        if cut.start < (one.end + other.start) // 2 <= end
    ]
    clip = Cut(start=cut.start, end=max(gaps, default=min(end, cut.end)), lead=cut.lead)
    candidate = Candidate(first=at, last=at, length=clip.end - clip.start, score=worth[at])
    return Reel.cut([candidate], [[clip]], rate)
