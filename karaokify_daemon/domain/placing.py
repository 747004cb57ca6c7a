"""Times for known text: the user's words, and when they are heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from karaokify_daemon.domain.alignment import align, folded
from karaokify_daemon.domain.lyrics import KnownWord, Line
from karaokify_daemon.domain.transcript import Transcript, Word, words_of

_SPOKEN_MS, _HURRIED_MS = 80, 25  # a letter, as it is usually said, and as it can be at most
_LEAST_MS = 10  # a letter; recognition measures in steps of 20 ms
_STRETCHED = 3  # a gap of more times what its words take is silence, or something else
_MISSED_MS = 1500  # so much at the start or the end a recogniser may have missed
_OUTSIDE_MS = 500  # a word may be recognised so far outside of its line's time
_LONG = 4  # letters: shorter words are found in any text


@dataclass(frozen=True)
class Placed:
    """Known text with times; `recognised` of its words were heard, some may have no place.

    `likely` tells whether it is the text of the recording at all.
    """

    transcript: Transcript
    words: int
    recognised: int
    unplaced: int
    first_unplaced: int | None  # a line's number
    likely: bool


@dataclass
class _Slot:
    word: KnownWord
    line: Line
    start: int | None = None
    end: int | None = None
    confidence: float = 0.0

    @property
    def letters(self) -> int:
        return max(1, len(self.word.text))


def placed(lines: Sequence[Line], heard: Transcript, duration_ms: int) -> Placed:
    """Return known lines with the times of what was heard in a recording.

    Words that were heard have their times; those between share what was heard there, or the gap,
    by their length. Where there is no room for them they are left out. A line that has times of
    its own keeps to them.
    """
    slots = [
        _Slot(KnownWord(text, word.start if n == 0 else None), line)
        for line in lines
        for word in line.words
        for n, text in enumerate(words_of(word.text, heard.language))
    ]
    spoken = [word for word in heard.words if _possible(word)]
    pairs = align([slot.word.text for slot in slots], [word.text for word in spoken])
    recognised = _take(slots, spoken, pairs)
    for run in _runs(slots):
        _fill(slots, run, spoken, pairs, duration_ms)
    missing = [slot for slot in slots if slot.start is None]
    long = [slot for slot in slots if len(folded(slot.word.text)) >= _LONG] or slots
    return Placed(
        transcript=_transcript([s for s in slots if s.start is not None], heard.language),
        words=len(slots),
        recognised=recognised,
        unplaced=len(missing),
        first_unplaced=missing[0].line.number if missing else None,
        likely=sum(slot.confidence > 0 for slot in long) >= 0.15 * len(long),
    )


def _possible(word: Word) -> bool:
    """Tell whether a word is long enough to be one: recognisers repeat themselves in no time."""
    return word.end - word.start >= _LEAST_MS * len(folded(word.text))


def _take(slots: Sequence[_Slot], spoken: Sequence[Word], pairs: list[int | None]) -> int:
    """Give words the times that they were heard at, or that the file says; return how many."""
    count = 0
    for i, (slot, j) in enumerate(zip(slots, pairs, strict=True)):
        if j is not None and _inside(spoken[j], slot.line):
            slot.start, slot.end = spoken[j].start, spoken[j].end
            slot.confidence = max(0.01, spoken[j].confidence or 0.5)
            count += 1
        else:
            pairs[i] = None
        if slot.word.start is not None:
            slot.start = slot.word.start
            slot.end = None if slot.end is None or slot.end <= slot.start else slot.end
    return count


def _inside(word: Word, line: Line) -> bool:
    middle = (word.start + word.end) // 2
    early = line.start is not None and middle < line.start - _OUTSIDE_MS
    late = line.start is not None and line.end is not None and middle > line.end + _OUTSIDE_MS
    return not (early or late)


def _runs(slots: Sequence[_Slot]) -> list[range]:
    """Return the runs of words without a time, divided where lines have times of their own."""

    def key(i: int) -> tuple[bool, int]:
        return slots[i].start is None, (
            slots[i].line.number if slots[i].line.start is not None else 0
        )

    runs = []
    for (empty, _), group in groupby(range(len(slots)), key):
        numbers = list(group)
        if empty:
            runs.append(range(numbers[0], numbers[-1] + 1))
    return runs


def _fill(
    slots: Sequence[_Slot],
    run: range,
    spoken: Sequence[Word],
    pairs: Sequence[int | None],
    duration_ms: int,
) -> None:
    """Give a run of words the time that is theirs, if there is one."""
    room = _room(slots, run, spoken, pairs, duration_ms)
    if room is None:
        return
    left, right = room
    total, spent = sum(slots[i].letters for i in run), 0
    for i in run:
        slots[i].start = left + (right - left) * spent // total
        spent += slots[i].letters
        slots[i].end = left + (right - left) * spent // total


def _room(
    slots: Sequence[_Slot],
    run: range,
    spoken: Sequence[Word],
    pairs: Sequence[int | None],
    duration_ms: int,
) -> tuple[int, int] | None:
    letters = sum(slots[i].letters for i in run)
    before = slots[run.start - 1] if run.start else None
    after = slots[run.stop] if run.stop < len(slots) else None
    left = (before.end or before.start or 0) if before else 0
    right = after.start if after and after.start is not None else duration_ms
    line = slots[run.start].line
    if line.start is not None:
        left = max(left, line.start)
        right = max(left, min(right, line.end if line.end is not None else right))
        return left, min(right, left + _STRETCHED * letters * _SPOKEN_MS)
    unmatched = _between(spoken, pairs, run)
    if unmatched:
        own = max(left, unmatched[0].start), min(right, unmatched[-1].end)
        return _widened(own, (left, right), letters)
    if before is None or after is None:
        return _at_an_end(letters, left, right, at_start=before is None)
    fits = letters * _HURRIED_MS <= right - left <= _STRETCHED * letters * _SPOKEN_MS
    return (left, right) if fits else None


def _widened(own: tuple[int, int], room: tuple[int, int], letters: int) -> tuple[int, int] | None:
    """Return the time of what was misheard, or more around it where that is too short."""
    if own[1] - own[0] >= letters * _HURRIED_MS:
        return own
    if room[1] - room[0] < letters * _HURRIED_MS:
        return None
    wanted = min(letters * _SPOKEN_MS, room[1] - room[0])
    left = min(max(room[0], sum(own) // 2 - wanted // 2), room[1] - wanted)
    return left, left + wanted


def _at_an_end(letters: int, left: int, right: int, *, at_start: bool) -> tuple[int, int] | None:
    wanted = letters * _SPOKEN_MS
    if wanted > _MISSED_MS or right - left < letters * _HURRIED_MS:
        return None
    wanted = min(wanted, right - left)
    return (right - wanted, right) if at_start else (left, left + wanted)


def _between(spoken: Sequence[Word], pairs: Sequence[int | None], run: range) -> Sequence[Word]:
    """Return what was heard between a run's neighbours and is no word of the text."""
    first = pairs[run.start - 1] if run.start else -1
    last = pairs[run.stop] if run.stop < len(pairs) else len(spoken)
    return spoken[first + 1 : last] if first is not None and last is not None else ()


def _transcript(slots: Sequence[_Slot], language: str) -> Transcript:
    segments = []
    for line, group in groupby(slots, key=lambda slot: slot.line):
        words = [_word(slot) for slot in group]
        times = [word[key] for word in words for key in ("start", "end") if key in word]
        end = max(times) if line.end is None else max(min(times), line.end / 1000)
        segments.append({"start": min(times), "end": end, "words": words})
    return Transcript.from_dict({"language": language, "segments": segments, "lines": True})


def _word(slot: _Slot) -> dict[str, Any]:
    times = {"start": slot.start, "end": slot.end}
    known = {key: ms / 1000 for key, ms in times.items() if ms is not None}
    return {"text": slot.word.text, "confidence": slot.confidence, **known}


def known_alone(lines: Sequence[Line], language: str) -> Transcript:
    """Return lines some of whose words have times of their own; the others share what is between.

    Raises SidecarError.
    """
    slots = [
        _Slot(word, line, line.start if n == 0 and word.start is None else word.start)
        for line in lines
        for n, word in enumerate(line.words)
    ]
    for slot in slots:
        slot.confidence = 1.0
    return _transcript(slots, language)
