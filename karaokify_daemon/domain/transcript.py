"""A transcript: segments of words, with times in integer milliseconds.

Files hold whisper-timestamped's JSON (seconds as floats); see `Transcript.from_dict`.
Source of the schema: https://github.com/linto-ai/whisper-timestamped (README, "Example output").
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from karaokify_daemon.errors import SidecarError

# Languages written without spaces between words (Whisper's language codes).
_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue", "km", "bo"})
_SHORTEST_WORD_MS = 20


@dataclass(frozen=True)
class Word:
    """One word as shown, heard from `start` to `end` (milliseconds)."""

    text: str
    start: int
    end: int
    confidence: float | None = None


@dataclass(frozen=True)
class Segment:
    """A run of words that the engine found together."""

    words: tuple[Word, ...]
    confidence: float | None = None

    @property
    def start(self) -> int:
        """Start of the first word, in milliseconds."""
        return self.words[0].start

    @property
    def end(self) -> int:
        """End of the last word, in milliseconds."""
        return self.words[-1].end


@dataclass(frozen=True)
class Transcript:
    """What is said in a recording."""

    segments: tuple[Segment, ...]
    language: str = "en"

    @property
    def words(self) -> list[Word]:
        """All words in order."""
        return [word for segment in self.segments for word in segment.words]

    @property
    def joiner(self) -> str:
        """What stands between two words in this language."""
        return "" if self.language in _UNSPACED else " "

    @property
    def text(self) -> str:
        """Everything that is said, as one line."""
        return self.joiner.join(word.text for word in self.words)

    @classmethod
    def from_dict(cls, data: Any) -> "Transcript":
        """Read whisper-timestamped's or Whisper's JSON form, mending times that are missing.

        Words without times share the gap between their neighbours by length; segments without
        words are split at spaces. Raises SidecarError with the path of what is wrong.
        """
        if not isinstance(data, dict) or not isinstance(data.get("segments"), list):
            raise SidecarError("the transcript has no list named 'segments'")
        segments = [_segment(raw, f"segments[{i}]") for i, raw in enumerate(data["segments"])]
        language = data.get("language") or "en"
        if not isinstance(language, str):
            raise SidecarError("the transcript's 'language' is not text")
        return cls(_in_order(segment for segment in segments if segment), language)

    def to_dict(self) -> dict[str, Any]:
        """Return whisper-timestamped's JSON form, times in seconds."""
        return {
            "text": self.text,
            "language": self.language,
            "segments": [self._segment_dict(i, s) for i, s in enumerate(self.segments)],
        }

    def clipped(self, duration_ms: int) -> "Transcript":
        """Return the same transcript with nothing outside 0 to `duration_ms`."""
        kept = []
        for segment in self.segments:
            words = tuple(
                replace(w, end=min(w.end, duration_ms))
                for w in segment.words
                if w.start < duration_ms
            )
            if words:
                kept.append(replace(segment, words=words))
        return replace(self, segments=tuple(kept))

    def _segment_dict(self, i: int, segment: Segment) -> dict[str, Any]:
        return {
            "id": i,
            "start": segment.start / 1000,
            "end": segment.end / 1000,
            "text": self.joiner.join(word.text for word in segment.words),
            **_confidence_dict(segment.confidence),
            "words": [
                {
                    "text": word.text,
                    "start": word.start / 1000,
                    "end": word.end / 1000,
                    **_confidence_dict(word.confidence),
                }
                for word in segment.words
            ],
        }


def _confidence_dict(value: float | None) -> dict[str, float]:
    return {} if value is None else {"confidence": value}


@dataclass
class _Draft:
    text: str
    start: int | None
    end: int | None
    confidence: float | None


def _segment(raw: Any, path: str) -> Segment | None:
    if not isinstance(raw, dict):
        raise SidecarError(f"{path} is not an object")
    start, end = _ms(raw, "start", path), _ms(raw, "end", path)
    raw_words = raw.get("words")
    if raw_words is not None and not isinstance(raw_words, list):
        raise SidecarError(f"{path}.words is not a list")
    if raw_words:
        drafts = [_draft(word, f"{path}.words[{i}]") for i, word in enumerate(raw_words)]
    else:
        text = raw.get("text", "")
        if not isinstance(text, str):
            raise SidecarError(f"{path}.text is not text")
        drafts = [_Draft(word, None, None, None) for word in _shown(text).split()]
    drafts = [draft for draft in drafts if draft.text]
    if not drafts:
        return None
    return Segment(_timed(drafts, start, end, path), _confidence(raw))


def _draft(raw: Any, path: str) -> _Draft:
    if not isinstance(raw, dict):
        raise SidecarError(f"{path} is not an object")
    text = raw.get("text", raw.get("word"))  # openai-whisper says "word"
    if not isinstance(text, str):
        raise SidecarError(f"{path} has no 'text'")
    return _Draft(_shown(text), _ms(raw, "start", path), _ms(raw, "end", path), _confidence(raw))


def _shown(text: str) -> str:
    """Return text on one line that UTF-8 can hold: JSON may carry lone surrogates."""
    return " ".join(text.encode("utf-8", "replace").decode().split())


def _ms(raw: dict[str, Any], key: str, path: str) -> int | None:
    value = raw.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SidecarError(f"{path}.{key} is not a number of seconds")
    if not 0 <= value < 1e7:
        raise SidecarError(f"{path}.{key} = {value} is not a time in a recording")
    return round(value * 1000)


def _confidence(raw: dict[str, Any]) -> float | None:
    value = raw.get("confidence")
    ok = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if ok and value is not None else None


def _timed(
    drafts: Sequence[_Draft], start: int | None, end: int | None, path: str
) -> tuple[Word, ...]:
    """Give every word a time: a run of words without one shares its gap by length."""
    known = [t for d in drafts for t in (d.start, d.end) if t is not None]
    if not known and (start is None or end is None):
        raise SidecarError(f"{path} has no times, neither its own nor its words'")
    before = start if start is not None else min(known)
    last = end if end is not None else max(known)
    words: list[Word] = []
    i = 0
    while i < len(drafts):
        draft = drafts[i]
        if draft.start is not None:
            upto = next((d.start for d in drafts[i + 1 :] if d.start is not None), None)
            stop = draft.end if draft.end is not None else (upto if upto is not None else last)
            words.append(Word(draft.text, draft.start, stop, draft.confidence))
            i += 1
            continue
        run = [draft]
        while i + len(run) < len(drafts) and drafts[i + len(run)].start is None:
            run.append(drafts[i + len(run)])
        following = drafts[i + len(run)].start if i + len(run) < len(drafts) else None
        left = words[-1].end if words else before
        right = following if following is not None else (run[-1].end or last)
        words += _shared(run, left, max(left, right))
        i += len(run)
    return tuple(words)


def _shared(run: list[_Draft], left: int, right: int) -> list[Word]:
    total = sum(len(draft.text) for draft in run)
    words, spent = [], 0
    for draft in run:
        at = left + (right - left) * spent // total
        spent += len(draft.text)
        upto = left + (right - left) * spent // total
        words.append(Word(draft.text, at, upto, draft.confidence))
    return words


def _in_order(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Return segments by time, words never starting before, or overlapping, the one before."""
    ordered, now = [], 0
    for segment in sorted(segments, key=lambda s: s.start):
        words = []
        for i, word in enumerate(segment.words):
            start = max(word.start, now)
            following = segment.words[i + 1].start if i + 1 < len(segment.words) else None
            end = word.end if following is None else min(word.end, max(following, start))
            end = max(end, start + _SHORTEST_WORD_MS)
            words.append(replace(word, start=start, end=end))
            now = end
        ordered.append(replace(segment, words=tuple(words)))
    return tuple(ordered)
