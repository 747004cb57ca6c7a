"""Sentences of a whole recording, numbered: from punctuation, and from pauses where it has none."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sentencex import segment

from karaokify_daemon.domain.transcript import Transcript, Word

_PAUSE_MS = 1500  # who is silent for so long has ended a sentence, whatever the marks say
_UNMARKED_PAUSE_MS = 400  # where there are hardly any marks
_MARKED_WORDS = 40  # in a text with marks there is one in so many words, at least
_LONGEST_MS, _UNMARKED_LONGEST_MS = 25_000, 10_000
_LEAST_WORDS = 3  # of a part of a sentence that is too long


@dataclass(frozen=True)
class Sentence:
    """A sentence, its number from 0, and its words; `joiner` stands between them."""

    id: int
    words: tuple[Word, ...]
    joiner: str = " "

    @property
    def start(self) -> int:
        """When its first word starts, in milliseconds of the recording."""
        return self.words[0].start

    @property
    def end(self) -> int:
        """When its last word ends."""
        return self.words[-1].end

    @property
    def text(self) -> str:
        """Its words as one line."""
        return self.joiner.join(word.text for word in self.words)


def sentences(transcript: Transcript) -> list[Sentence]:
    """Return the sentences of a transcript, in order; each word is in one of them.

    Segments of recognition are not sentences, so they do not count; lines that somebody wrote
    (`Transcript.lines`) may be, but a line of lyrics is often a part of one. Where punctuation
    divides depends on the language (sentencex, https://github.com/wikimedia/sentencex).
    """
    words = transcript.words
    if not words:
        return []
    ends = _marked(words, transcript)
    marked = len(ends) * _MARKED_WORDS >= len(words)
    pause = _PAUSE_MS if marked else _UNMARKED_PAUSE_MS
    longest = _LONGEST_MS if marked else _UNMARKED_LONGEST_MS
    ends |= {i for i, (one, next_) in enumerate(pairwise(words)) if next_.start - one.end >= pause}
    parts: list[Sequence[Word]] = []
    begin = 0
    for end in sorted(ends | {len(words) - 1}):
        parts += _divided(words[begin : end + 1], longest)
        begin = end + 1
    return [Sentence(i, tuple(part), transcript.joiner) for i, part in enumerate(parts)]


def _marked(words: Sequence[Word], transcript: Transcript) -> set[int]:
    """Return the numbers of the words after which punctuation ends a sentence."""
    spent, at, found = 0, -1, set()
    length = 0
    for part in segment(transcript.language, transcript.text):
        length += len(part)
        while at + 1 < len(words) and spent + len(words[at + 1].text) <= length:
            at += 1
            spent += len(words[at].text) + len(transcript.joiner)
        found.add(at)
    return found - {-1, len(words) - 1}


def _divided(words: Sequence[Word], longest: int) -> Iterator[Sequence[Word]]:
    """Yield a sentence, or the parts of one that is too long, divided at its longest pauses."""
    pauses = [0, *(other.start - one.end for one, other in pairwise(words))]
    places: dict[int, list[int]] = {}
    for i, pause in enumerate(pauses):
        places.setdefault(pause, []).append(i)
    left = [(0, len(words))]
    while left:
        begin, end = left.pop()
        short = words[end - 1].end - words[begin].start <= longest
        if short or end - begin < 2 * _LEAST_WORDS:
            yield words[begin:end]
            continue
        first, behind = begin + _LEAST_WORDS, end - _LEAST_WORDS + 1
        same = places[max(pauses[first:behind])]
        same = same[bisect_left(same, first) : bisect_left(same, behind)]
        _, at = min((abs(2 * i - begin - end), i) for i in same)  # the one nearest to the middle
        left += [(at, end), (begin, at)]
