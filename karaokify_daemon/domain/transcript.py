"""A transcript: segments of words, with times in integer milliseconds.

Files hold whisper-timestamped's JSON (seconds as floats); see `Transcript.from_dict`.
Source of the schema: https://github.com/linto-ai/whisper-timestamped (README, "Example output").
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, zip_longest
from typing import Any

import regex

from karaokify_daemon.domain.text_width import em_width
from karaokify_daemon.errors import SidecarError

# Languages written without spaces between words (Whisper's language codes).
_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue", "km", "bo"})
_WORD = regex.compile(r"\S+")
# A character, or a word of Latin letters, with the punctuation that belongs to it.
_UNSPACED_WORD = regex.compile(r"[\p{Ps}\p{Pi}]*(?:[A-Za-z0-9]+|\S\p{M}*)[\p{Pe}\p{Pf}\p{Po}]*")
_SHORTEST_WORD_MS = 20
_LATEST_SECONDS = 1e7


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
    """What is said in a recording; with `lines`, its segments are lines as somebody wrote them."""

    segments: tuple[Segment, ...]
    language: str = "en"
    lines: bool = False

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
        words are split at spaces, or into characters where the language has none; words that
        nothing is seen of are dropped. Raises SidecarError with the path of what is wrong.
        """
        if not isinstance(data, dict) or not isinstance(data.get("segments"), list):
            raise SidecarError("the transcript has no list named 'segments'")
        language = data.get("language") or "en"
        if not isinstance(language, str):
            raise SidecarError("the transcript's 'language' is not text")
        pattern = _pattern(language)
        segments = [
            _segment(raw, f"segments[{i}]", pattern) for i, raw in enumerate(data["segments"])
        ]
        in_order = _in_order([segment for segment in segments if segment])
        return cls(in_order, language, lines=data.get("lines") is True)

    def to_dict(self) -> dict[str, Any]:
        """Return whisper-timestamped's JSON form, times in seconds."""
        return {
            "text": self.text,
            "language": self.language,
            **({"lines": True} if self.lines else {}),
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


def words_of(text: str, language: str) -> list[str]:
    """Return a text's words: split at spaces, or characters where the language has none."""
    return _pattern(language).findall(_shown(text))


def _pattern(language: str) -> regex.Pattern[str]:
    return _UNSPACED_WORD if language in _UNSPACED else _WORD


def _confidence_dict(value: float | None) -> dict[str, float]:
    return {} if value is None else {"confidence": value}


@dataclass
class _Draft:
    text: str
    start: int | None
    end: int | None
    confidence: float | None


def _segment(raw: Any, path: str, word_pattern: regex.Pattern[str]) -> Segment | None:
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
        words = word_pattern.findall(_shown(text))
        drafts = [_Draft(word, None, None, None) for word in words]
    drafts = [draft for draft in drafts if em_width(draft.text)]
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
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SidecarError(f"{path}.{key} is not a number of seconds")
    if not 0 <= value < _LATEST_SECONDS:  # NaN is not either
        raise SidecarError(f"{path}.{key} is not a time in a recording, 0 or more seconds")
    return round(value * 1000)


def _confidence(raw: dict[str, Any]) -> float | None:
    value = raw.get("confidence")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return None
    return float(value)


def _timed(
    drafts: Sequence[_Draft], start: int | None, end: int | None, path: str
) -> tuple[Word, ...]:
    """Give every word a time: a run of words without one shares its gap by length.

    A word that starts but does not end belongs to the run that follows it.
    """
    known = [t for d in drafts for t in (d.start, d.end) if t is not None]
    if not known and (start is None or end is None):
        raise SidecarError(f"{path} has no times, neither its own nor its words'")
    left = start if start is not None else min(known)
    last = end if end is not None else max(known)
    words: list[Word] = []
    for run, following in _gaps(drafts):
        if run[0].start is not None:
            left = run[0].start
        ends = (run[-1].end, following, last)
        right = next(t for t in ends if t is not None)
        words += _shared(run, left, max(left, right))
        left = words[-1].end
    return tuple(words)


def _gaps(drafts: Sequence[_Draft]) -> Iterator[tuple[list[_Draft], int | None]]:
    """Yield each word, or run of words, that has a gap to itself, and when the next one starts."""
    run: list[_Draft] = []
    for draft in drafts:
        if run and (draft.start is not None or (len(run) == 1 and run[0].end is not None)):
            yield run, draft.start
            run = []
        run.append(draft)
    yield run, None


def _shared(run: list[_Draft], left: int, right: int) -> list[Word]:
    total = sum(len(draft.text) for draft in run)
    words, spent = [], 0
    for draft in run:
        at = left + (right - left) * spent // total
        spent += len(draft.text)
        upto = left + (right - left) * spent // total
        words.append(Word(draft.text, at, upto, draft.confidence))
    return words


def _in_order(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Return what is said by time: each word ends before the next, of any segment, starts.

    Where people speak at once, their segments are divided where the other's words come between.
    """
    spoken = [(word, i) for i, s in enumerate(segments) for word in _forward(s.words)]
    spoken.sort(key=lambda item: item[0].start)
    placed: list[tuple[Word, int]] = []
    now = 0
    for (word, i), following in zip_longest(spoken, spoken[1:]):
        start = max(word.start, now)
        end = word.end if following is None else min(word.end, following[0].start)
        now = max(end, start + _SHORTEST_WORD_MS)
        placed.append((replace(word, start=start, end=now), i))
    return tuple(
        Segment(tuple(word for word, _ in group), segments[i].confidence)
        for i, group in groupby(placed, key=lambda item: item[1])
    )


def _forward(words: Sequence[Word]) -> Iterator[Word]:
    """Yield the words of a segment as written, none starting before the one before it."""
    now = 0
    for word in words:
        now = max(now, word.start)
        yield replace(word, start=now)
