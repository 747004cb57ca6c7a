"""Where a long recording is cut into chunks that are recognised one by one. Pure.

A chunk ends in a silence, the longest of its second half. Where there is none, what was heard
decides: it ends in the longest gap between the last words, and what came after is heard again.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

Span = tuple[int, int]

SILENCE_DB = 30.0  # below speech
_SPEECH_QUANTILE = 0.95
_DIGITAL_SILENCE_DB = -80.0
_LOOKED_AT = 100_000  # levels, from which that of speech is learnt
_SHORTEST_SILENCE_MS = 300  # longer than the one inside a word
_HEARD_AGAIN_MS = 30_000  # whisper's window: in the last one of a chunk are all words that it cuts
_SKIPPED_MS = 10_000  # what is shorter costs hardly anything, and shows where sentences end
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


def gap_of_last(words: Sequence[Span], begin: int, end: int) -> int:
    """Return where a chunk ends that no silence ends, so that no word is cut, in milliseconds.

    `words` are when each was heard in it. What is after the end is to be heard again, with what
    follows: it was heard without that.
    """
    since = max(end - _HEARD_AGAIN_MS, (begin + end) // 2)
    last = [word for word in words if word[1] > since]
    gaps = [(right[0] - left[1], left[1], right[0]) for left, right in pairwise(last)]
    if not gaps:
        return last[0][0] if last and last[0][0] > since else end
    _, left, right = max(gaps)
    return (left + right) // 2


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
