"""Where a long recording is cut into chunks that are recognised one by one. Pure.

A chunk ends in a silence, the longest of its second half. Where there is none, what was heard
decides: it ends in the longest gap between words near its end, and what came after is heard again,
from somewhat before the gap.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from karaokify_daemon.domain.transcript import Transcript, Word

Span = tuple[int, int]

SILENCE_DB = 30.0  # below speech
_SPEECH_QUANTILE = 0.95
_DIGITAL_SILENCE_DB = -80.0
_LOOKED_AT = 100_000  # levels, from which that of speech is learnt
_SHORTEST_SILENCE_MS = 300  # longer than the one inside a word
_HEARD_AGAIN_MS = 30_000  # whisper's window: in the last one of a chunk are all words that it cuts
_CONTEXT_MS = 2000  # words nearer to the end of a chunk may have been heard wrongly
_ALIKE_MS = 100  # of gaps: a model's times are no more exact
_LEAD_MS = (1500, 500)  # before a cut: a model that begins amid a word gets words wrong
_SAME_WORD_MS = 400  # between the ends of one word, heard twice
_AT_ONCE_MS = 50  # around a moment, when it is told how loud that is
_SKIPPED_MS = 30_000  # whisper's window, which each stretch costs: a shorter gap saves nothing
_AROUND_MS = 500  # a voice begins more softly than a detector notices
_BEGINS, _GOES_ON = 0.5, 0.35  # of a voice's probability
_SHORTEST_VOICE_MS, _SHORTEST_PAUSE_MS = 250, 1000


def quiet_below(levels: Sequence[float]) -> float | None:
    """Return below which level (dB) there is silence; None in a recording that is nothing else.

    `levels` are those of a recording's frames, in dB of full scale.
    """
    step = max(1, len(levels) // _LOOKED_AT)
    sounding = sorted(level for level in levels[::step] if level > _DIGITAL_SILENCE_DB)
    if not sounding:
        return None
    return sounding[int((len(sounding) - 1) * _SPEECH_QUANTILE)] - SILENCE_DB


def silence_within(
    levels: Sequence[float], frame_ms: int, begin: int, end: int, below: float
) -> int | None:
    """Return the middle of the longest silence of a stretch, in milliseconds; None without any."""
    best, found = _SHORTEST_SILENCE_MS // frame_ms, None
    at = begin // frame_ms
    for quiet, frames in groupby(levels[at : end // frame_ms], lambda level: level <= below):
        length = sum(1 for _ in frames)
        if quiet and length >= best:
            best, found = length, (at + length / 2) * frame_ms
        at += length
    return None if found is None else round(found)


def gap_of_last(
    words: Sequence[Span], begin: int, end: int, levels: Sequence[float], frame_ms: int
) -> int:
    """Return where a chunk ends that no silence ends, so that no word is cut, in milliseconds.

    `words` are when each was heard in it. What is after the end is to be heard again, with what
    follows: it was heard without that. Of gaps that are alike, it is the most quiet one.
    """
    since = max(end - _HEARD_AGAIN_MS, (begin + end) // 2)
    gaps = list(_gaps(words, since, max(since, end - _CONTEXT_MS)))
    if not gaps:  # one word all the time
        return next(stop for start, stop in words if start < since < stop)
    cuts = [(right - left, _inside(left, right, levels, frame_ms)) for left, right in gaps]
    found: Span = max(
        cuts, key=lambda one: (one[0] // _ALIKE_MS, -_level(levels, frame_ms, one[1]), one[1])
    )
    return found[1]


def _gaps(words: Sequence[Span], begin: int, end: int) -> Iterator[Span]:
    """Yield from when to when no word is heard, also where one follows the other at once."""
    at = begin
    for start, stop in words:
        if start >= end:
            break
        if start >= at:
            yield at, start
        at = max(at, stop)
    if at <= end:
        yield at, end


def _inside(left: int, right: int, levels: Sequence[float], frame_ms: int) -> int:
    """Return the quietest moment of a gap, not too near to its words."""
    margin = (right - left) // 4
    return quietest(levels, frame_ms, left + margin, right - margin)


def quietest(levels: Sequence[float], frame_ms: int, begin: int, end: int) -> int:
    """Return the quietest moment of a stretch, in milliseconds; of equal ones, the most central."""
    middle = (begin + end) // 2
    moments = {middle, *range(begin, end + 1, frame_ms)}
    found: int = min(moments, key=lambda at: (_level(levels, frame_ms, at), abs(at - middle), at))
    return found


def _level(levels: Sequence[float], frame_ms: int, at: int) -> float:
    around = levels[max(0, at - _AT_ONCE_MS) // frame_ms : (at + _AT_ONCE_MS) // frame_ms]
    return float(sum(around)) / len(around) if around else 0.0


def led_in(levels: Sequence[float], frame_ms: int, cut: int) -> int:
    """Return from when what follows a cut is heard, where the cut is in no silence."""
    most, least = _LEAD_MS
    return quietest(levels, frame_ms, max(0, cut - most), max(0, cut - least))


def from_cut(heard: Transcript, cut: int, last: Word | None) -> Transcript:
    """Return what was heard without what is before a cut; `last` is the last word before it.

    Times of a word that is heard twice differ: where it is found again, what follows it is new.
    """
    words = heard.words
    old = sum(1 for word in words if word.start + word.end < 2 * cut)
    if last is not None:
        again = [
            (abs(word.end - last.end), i)
            for i, word in enumerate(words)
            if _plain(word) == _plain(last) and abs(word.end - last.end) <= _SAME_WORD_MS
        ]
        old = min(again)[1] + 1 if again else old
    kept = []
    for segment in heard.segments:
        left = segment.words[old:]
        old = max(0, old - len(segment.words))
        if left:
            kept.append(replace(segment, words=left))
    return replace(heard, segments=tuple(kept))


def _plain(word: Word) -> str:
    return "".join(filter(str.isalnum, word.text.casefold()))


def spoken(probabilities: Iterable[float], frame_ms: int) -> list[Span]:
    """Return from when to when somebody speaks, by how probable that is in each frame.

    A voice that has begun goes on at a lower probability, as in silero's `get_speech_timestamps`
    (https://github.com/snakers4/silero-vad); pauses of less than a second belong to it.

    >>> spoken([0.1] * 10 + [0.9] * 30 + [0.4] * 10 + [0.1] * 99, 10)
    [(100, 500)]
    """
    found: list[Span] = []
    last: Span | None = None
    for i, probability in enumerate(probabilities):
        begin = i * frame_ms
        if last is not None and begin - last[1] >= _SHORTEST_PAUSE_MS:
            found.append(last)
            last = None
        if probability >= (_BEGINS if last is None or last[1] < begin else _GOES_ON):
            last = (begin if last is None else last[0], begin + frame_ms)
    if last is not None:
        found.append(last)
    return [span for span in found if span[1] - span[0] >= _SHORTEST_VOICE_MS]


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return from when to when somebody speaks, found in parts that overlap.

    >>> joined([(0, 500), (9000, 10_400), (10_000, 12_000)])
    [(0, 500), (9000, 12000)]
    """
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start - found[-1][1] < _SHORTEST_PAUSE_MS:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def with_voices(voices: Iterable[Span], duration_ms: int) -> list[Span]:
    """Return what is to be heard, where it is known when somebody speaks; the rest is skipped.

    >>> with_voices([(2000, 5000), (9000, 12000), (60000, 61000)], 61200)
    [(1500, 12500), (59500, 61200)]
    """
    found: list[Span] = []
    for start, end in voices:
        begin, until = max(0, start - _AROUND_MS), min(duration_ms, end + _AROUND_MS)
        if found and begin - found[-1][1] < _SKIPPED_MS:
            found[-1] = (found[-1][0], until)
        else:
            found.append((begin, until))
    return found
