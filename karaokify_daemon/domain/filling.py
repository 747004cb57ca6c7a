"""Reels where the best sentences leave too much room: whichever clips are as long as was asked for.

Which lengths can be reached at all is known exactly, crossfades included: a set of lengths is one
integer, whose bits are moved by a clip's own length (subset sums as bit sets: Pisinger 2003,
Dynamic programming on the word RAM, doi:10.1007/s00453-002-0989-y).
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from operator import or_

from karaokify_daemon.domain.choice import LEAST, Candidate
from karaokify_daemon.domain.material import (
    CROSSFADE_MS,
    LONGEST_MARGIN_MS,
    Material,
    Reel,
    cut_frames,
    reel_of,
)
from karaokify_daemon.domain.timeline import Cut
from karaokify_daemon.domain.topping import topped_up

_PULSE = 500  # candidates between two calls
_MANY = 60_000  # candidates; of more, those of the most sentences are left out
_UNITS = 4096  # in which lengths are counted: frames, or several of a long reel
_LONGEST_MS = 120_000  # of a clip
_ATTEMPTS = 20  # of a long reel, whose lengths are rounded


@dataclass(frozen=True)
class _Piece:
    """A candidate: its frames, and how many of them a crossfade may take before and behind."""

    clip: Candidate
    frames: int
    lead: int
    tail: int

    def grows(self, tail: int) -> int:
        """Return by how many frames it makes a reel longer whose last clip has such a tail."""
        return self.frames - min(self.frames - 1, max(1, min(self.lead, tail)))


def filled(
    material: Material,
    rate: Fraction,
    length_ms: int,
    *,
    taken: Collection[int] = (),
    shortest_ms: int = 0,
    pulse: Callable[[], None] = lambda: None,
) -> Reel | None:
    """Return a reel from 90 to 100 % as long as asked for, whatever it is of; or the longest.

    None of its clips is shorter than `shortest_ms`. Where none is so long but one that is too long
    by the silence at its ends, it has less of that. None where all are longer.
    """
    whole = _everything(material, rate, taken, shortest_ms)
    if whole is not None and whole.timeline.duration_ms <= length_ms:
        return whole
    most = int(length_ms * rate / 1000)
    longest = most + math.ceil(2 * LONGEST_MARGIN_MS * rate / 1000)
    every = list(_every(material, length_ms + 2 * LONGEST_MARGIN_MS, taken, shortest_ms))
    search = _Search(material, _pieces(material, rate, longest, every), longest, pulse)
    best = _longest(material, rate, length_ms, search)
    if best is None or best.timeline.duration_ms < LEAST * length_ms:
        chosen = best.chosen if best else ()
        best = topped_up(material, rate, length_ms, chosen, every, pulse) or best
    if best is not None and best.timeline.duration_ms >= LEAST * length_ms:
        return best
    for total in search.totals(longest):
        pulse()
        if total <= search.units(most):
            break
        trimmed = _trimmed(material, rate, length_ms, search.chosen(total))
        if trimmed is not None:
            return trimmed
    return best


def _everything(
    material: Material, rate: Fraction, taken: Collection[int], shortest_ms: int
) -> Reel | None:
    """Return the reel of all that may be in it."""
    passages: list[Candidate] = []
    for i in range(len(material.sentences)):
        if i in taken:
            continue
        before = passages[-1] if passages else None
        if before is not None and before.last == i - 1 and not material.silent(i):
            passages[-1] = replace(before, last=i)
        else:
            passages.append(Candidate(first=i, last=i, length=0, score=0.0))
    long = [one for one in passages if material.length(one.first, one.last) >= shortest_ms]
    return reel_of(material, rate, long)


def _longest(material: Material, rate: Fraction, length_ms: int, search: "_Search") -> Reel | None:
    """Return the longest reel that is not too long."""
    most = room = int(length_ms * rate / 1000)
    for _ in range(_ATTEMPTS):
        total = next(search.totals(room), None)
        if total is None:
            break
        reel = Reel.of(material, search.chosen(total), rate)
        if reel.timeline.duration_ms <= length_ms:
            return reel
        room = search.frames(total) - max(search.frames(1), reel.timeline.frames - most)
    return None


def start(material: Material, rate: Fraction, length_ms: int) -> Reel:
    """Return the start of the best sentence, where all are longer than a reel is to be.

    Raises ValueError where there is nothing of two frames.
    """
    found, worth = material.sentences, material.worth
    at = max(range(len(found)), key=lambda i: (worth[i], -i))
    candidate = Candidate(first=at, last=at, length=material.length(at, at), score=worth[at])
    cut = material.cuts(at, at)[0]
    end = cut.start + length_ms
    gaps = [
        (one.end + other.start) // 2
        for one, other in pairwise(found[at].words)
        if cut.start < (one.end + other.start) // 2 <= end
    ]
    clip = Cut(start=cut.start, end=max(gaps, default=min(end, cut.end)), lead=cut.lead)
    return Reel.cut([candidate], [[shortened(clip, int(length_ms * rate / 1000), rate)]], rate)


def shortened(cut: Cut, most: int, rate: Fraction) -> Cut:
    """Return a cut that has no more than so many frames."""
    if cut_frames(cut, rate) <= most:
        return cut
    return replace(cut, end=cut.start + int(most * 1000 / rate), tail=0)


def _every(
    material: Material, longest_ms: int, taken: Collection[int], shortest_ms: int
) -> Iterator[Candidate]:
    """Yield all that may be a clip."""
    found = material.sentences
    longest_ms = min(longest_ms, _LONGEST_MS)
    count = max(1, _MANY // len(found))
    for first in range(len(found)):
        score = 0.0
        for last in range(first, min(len(found), first + count)):
            if last in taken or (last > first and material.silent(last)):
                break
            length = material.length(first, last)
            if length > longest_ms:
                break
            score += material.worth[last] * material.spoken_ms(last, last)
            if length >= shortest_ms:
                yield Candidate(first=first, last=last, length=length, score=score)


def _pieces(
    material: Material, rate: Fraction, longest: int, candidates: Iterable[Candidate]
) -> Iterator[_Piece]:
    for clip in candidates:
        cuts = [c for c in material.cuts(clip.first, clip.last) if cut_frames(c, rate) >= 2]
        frames = sum(cut_frames(cut, rate) for cut in cuts) - (len(cuts) - 1)
        if cuts and frames <= longest:
            lead, tail = (
                int(min(CROSSFADE_MS, ms) * rate / 1000) for ms in (cuts[0].lead, cuts[-1].tail)
            )
            yield _Piece(clip, frames, lead, tail)


class _Search:
    """Which lengths the pieces can have together, and which pieces have them."""

    def __init__(
        self,
        material: Material,
        pieces: Iterable[_Piece],
        longest: int,
        pulse: Callable[[], None],
    ) -> None:
        self._material = material
        self._unit = math.ceil(longest / _UNITS)
        self._pieces = sorted(pieces, key=lambda piece: (piece.clip.last, piece.clip.first))
        self._lasts = [piece.clip.last for piece in self._pieces]
        self._reached: list[int] = []  # with each piece as the last one
        mask = (1 << self.units(longest) + 1) - 1
        known: dict[int, int] = {}  # by the tail of the last one
        ends, behind = [-1], [dict(known)]
        for number, piece in enumerate(self._pieces):
            if number % _PULSE == 0:
                pulse()
            if piece.clip.last != ends[-1]:
                ends.append(piece.clip.last)
                behind.append({})
            reached = 1 << self.units(piece.frames)
            for tail, totals in behind[bisect_right(ends, self._free(piece)) - 1].items():
                reached |= totals << self.units(piece.grows(tail))
            self._reached.append(reached & mask)
            known[piece.tail] = known.get(piece.tail, 0) | self._reached[-1]
            behind[-1] = dict(known)
        self._totals = reduce(or_, known.values(), 0)

    def units(self, frames: int) -> int:
        """Return a number of frames in the units of totals."""
        return (frames + self._unit // 2) // self._unit

    def frames(self, total: int) -> int:
        """Return about how many frames a total is."""
        return total * self._unit

    def totals(self, frames: int) -> Iterator[int]:
        """Yield what the pieces can have together, from so many frames downwards."""
        left = self._totals & ((1 << self.units(max(0, frames)) + 1) - 1)
        while left > 1:
            total = left.bit_length() - 1
            yield total
            left ^= 1 << total

    def chosen(self, total: int) -> list[Candidate]:
        """Return candidates of such a total, each the best that is possible there."""
        found: list[_Piece] = []
        while True:
            options = self._options(total, found[-1] if found else None)
            piece, total = max(options, key=lambda one: one[0].clip.score / one[0].frames)
            found.append(piece)
            if total == self.units(piece.frames):
                return [one.clip for one in found[::-1]]

    def _options(self, total: int, behind: _Piece | None) -> Iterator[tuple[_Piece, int]]:
        """Yield what may be the last piece of a total, or before another one; and its own total."""
        count = len(self._pieces)
        if behind is not None:
            count = bisect_right(self._lasts, self._free(behind))
        rests: dict[int, int] = {}  # by tail: there are thousands of pieces, and few tails
        for piece, reached in zip(self._pieces[:count], self._reached, strict=False):
            rest = rests.get(piece.tail)
            if rest is None:
                rest = total - (self.units(behind.grows(piece.tail)) if behind else 0)
                rests[piece.tail] = rest
            if rest > 0 and reached >> rest & 1:
                yield piece, rest

    def _free(self, piece: _Piece) -> int:
        """Return the last sentence that may be in a clip before, and not one passage with it."""
        first = piece.clip.first
        return first - (1 if self._material.silent(first) else 2)


def _trimmed(
    material: Material, rate: Fraction, length_ms: int, chosen: Sequence[Candidate]
) -> Reel | None:
    """Return a reel with less silence at its ends, so that it is as long as asked for."""
    cuts = [material.cuts(clip.first, clip.last) for clip in chosen]
    surplus = Reel.of(material, chosen, rate).timeline.duration_ms - length_ms
    surplus += math.ceil(1000 / rate)  # what rounding may add
    lead, tail = cuts[0][0].lead, cuts[-1][-1].tail
    if surplus > lead + tail:
        return None
    surplus = max(0, surplus)  # lengths of long reels are rounded
    behind = surplus * tail // max(1, lead + tail)
    before = surplus - behind
    first = cuts[0][0]
    cuts[0][0] = replace(first, start=first.start + before, lead=lead - before)
    last = cuts[-1][-1]
    cuts[-1][-1] = replace(last, end=last.end - behind, tail=tail - behind)
    reel = Reel.cut([replace(clip, score=material.score(clip)) for clip in chosen], cuts, rate)
    return reel if LEAST * length_ms <= reel.timeline.duration_ms <= length_ms else None
