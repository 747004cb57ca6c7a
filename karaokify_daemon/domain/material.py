"""What reels are made of, and what a reel consists of."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise

from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.leaning import asks, leans
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.stretches import fewer
from karaokify_daemon.domain.timeline import Clip, Cut, Timeline

CROSSFADE_MS = 250
_BEFORE_MS, _AFTER_MS = 350, 450  # how much of the silence around it belongs to a clip, at most
LONGEST_MARGIN_MS = max(_BEFORE_MS, _AFTER_MS)
_SILENCE_MS = 2500  # a clip goes on over no longer one
_MOMENT_MS = 250  # between two hard cuts; less is not understood


@dataclass(frozen=True, kw_only=True)
class Material:
    """What reels are made of.

    A recording's sentences, what each is worth (0 to 1), its length, and stretches that no reel
    shows (milliseconds; in order, apart from one another, without a part of a word that is shown).
    In the language, what leans on other sentences is found.
    """

    sentences: Sequence[Sentence]
    worth: Sequence[float]
    duration_ms: int
    removed: Sequence[tuple[int, int]] = ()
    language: str = ""

    def cuts(self, first: int, last: int) -> list[Cut]:
        """Return the cuts of some sentences: their ends are in the gaps between words.

        Half of a gap is theirs, at most 0.35 s before and 0.45 s after them.
        """
        start, end = self.sentences[first].start, self.sentences[last].end
        begin, until = self._begins[first], self._ends[last]
        shown = [(a, b) for a, b in self.kept(begin, until) if a < end and b > start]
        kept = _mended(shown) or [(begin, until)]  # nothing but what is left out is said
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
        begin, until = self._begins[first], self._ends[last]
        if self._is_whole(begin, until):  # as most are, of hundreds of thousands
            return until - begin - min(CROSSFADE_MS, self.sentences[first].start - begin)
        cuts = self.cuts(first, last)
        return sum(cut.end - cut.start for cut in cuts) - min(CROSSFADE_MS, cuts[0].lead)

    def score(self, clip: Candidate) -> float:
        """Return what a part is worth for each second of it, from 0 to 1."""
        if clip.offered:
            return clip.worth
        total = self.spoken_ms(clip.first, clip.last) or 1
        return self.total(clip.first, clip.last) * 1000 / total

    def total(self, first: int, last: int) -> float:
        """Return what some sentences are worth together, in seconds of the best sentence."""
        return sum(self.worth[i] * self.spoken_ms(i, i) / 1000 for i in range(first, last + 1))

    def spoken_ms(self, first: int, last: int) -> int:
        """Return how long some sentences are, without the pauses between them."""
        return sum(s.end - s.start for s in self.sentences[first : last + 1])

    def silent(self, i: int) -> bool:
        """Tell whether there is a long silence before a sentence."""
        found = self.sentences
        return i > 0 and found[i].start - found[i - 1].end > _SILENCE_MS

    @cached_property
    def asking(self) -> frozenset[int]:
        """The numbers of the sentences that ask something, and do not answer it."""
        return frozenset(s.id for s in self.sentences if asks(s, self.language))

    @cached_property
    def leaning(self) -> frozenset[int]:
        """The numbers of the sentences that refer to what was said before them."""
        return frozenset(s.id for s in self.sentences if s.id and leans(s, self.language))

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
    def _begins(self) -> list[int]:
        """When a clip begins, by its first sentence."""
        befores = [0, *(sentence.end for sentence in self.sentences)]
        return [
            sentence.start - min(_BEFORE_MS, max(0, sentence.start - before) // 2)
            for sentence, before in zip(self.sentences, befores, strict=False)
        ]

    @cached_property
    def _ends(self) -> list[int]:
        """When a clip ends, by its last sentence."""
        afters = [*(sentence.start for sentence in self.sentences[1:]), self.duration_ms]
        return [
            sentence.end + min(_AFTER_MS, max(0, after - sentence.end) // 2)
            for sentence, after in zip(self.sentences, afters, strict=False)
        ]

    def _is_whole(self, begin: int, until: int) -> bool:
        """Tell whether all of a stretch is shown."""
        at = bisect_left(self._starts, until)
        return at == 0 or self.removed[at - 1][1] <= begin

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
        """Return the reel of chosen parts; each has a score from 0 to 1. Raises ValueError."""
        cuts = [material.cuts(clip.first, clip.last) for clip in chosen]
        return cls.cut([replace(clip, score=material.score(clip)) for clip in chosen], cuts, rate)

    @classmethod
    def cut(
        cls, chosen: Sequence[Candidate], cuts: Sequence[Sequence[Cut]], rate: Fraction
    ) -> "Reel":
        """Return the reel of chosen parts, each with its cuts.

        What is shorter than two frames is left out. Raises ValueError where all is.
        """
        cuts = [[cut for cut in part if cut_frames(cut, rate) >= 2] for part in cuts]
        chosen = [clip for clip, part in zip(chosen, cuts, strict=True) if part]
        cuts = [part for part in cuts if part]
        joined = [replace(cut, goes_on=i > 0) for part in cuts for i, cut in enumerate(part)]
        timeline = Timeline.of(fewer(joined, rate, CROSSFADE_MS), rate, CROSSFADE_MS)
        ends = [0, *accumulate(len(part) for part in cuts)]
        parts = tuple(timeline.clips[one:other] for one, other in pairwise(ends))
        return cls(timeline=timeline, chosen=tuple(chosen), parts=parts)

    @property
    def sentences(self) -> frozenset[int]:
        """The numbers of the sentences that are in it."""
        return frozenset(i for clip in self.chosen for i in range(clip.first, clip.last + 1))


def reel_of(material: Material, rate: Fraction, chosen: Iterable[Candidate]) -> Reel | None:
    """Return the reel of parts in whatever order; None where nothing is as long as two frames."""
    joined = _joined(material, sorted(chosen, key=lambda clip: clip.first))
    try:
        return Reel.of(material, joined, rate)
    except ValueError:
        return None


def cut_frames(cut: Cut, rate: Fraction) -> int:
    """Return how many frames a cut has by itself."""
    return round((cut.end - cut.start) * rate / 1000)


def _joined(material: Material, chosen: Sequence[Candidate]) -> list[Candidate]:
    """Return clips of which no two are one passage: between them, there would be a cut for nothing.

    Those that were offered have titles of their own, so they stay apart.
    """
    found: list[Candidate] = []
    for clip in chosen:
        before = found[-1] if found else clip
        one = before.last + 1 == clip.first and not material.silent(clip.first)
        if one and not (before.offered or clip.offered):
            length = material.length(before.first, clip.last)
            score = before.score + clip.score
            found[-1] = replace(before, last=clip.last, length=length, score=score)
        else:
            found.append(clip)
    return found


def _mended(shown: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return stretches of which none is a mere moment: such a one stays with the next, or the last.

    A sentence may begin with a short word before something that is left out.
    """
    found: list[tuple[int, int]] = []
    for begin, end in shown:
        if found and (_short(found[-1]) or _short((begin, end))):
            found[-1] = found[-1][0], end
        else:
            found.append((begin, end))
    return found


def _short(stretch: tuple[int, int]) -> bool:
    return stretch[1] - stretch[0] < _MOMENT_MS
