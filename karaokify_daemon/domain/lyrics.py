"""Known text: lines of words as their author wrote them, with times where the file has them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from karaokify_daemon.domain.text_width import em_width

_STAMP = r"(\d{1,4}):(\d{1,2})(?:[.:](\d{1,3}))?"
_LINE_TIMES = re.compile(rf"\s*((?:\[{_STAMP}\]\s*)+)(.*)", re.DOTALL)
_LINE_TIME, _WORD_TIME = re.compile(rf"\[{_STAMP}\]"), re.compile(rf"<{_STAMP}>")
_TAG = re.compile(r"\s*\[([A-Za-z#]+):(.*)\]\s*")
_MARK = re.compile(r"\s*\[[^\[\]]*\]\s*")  # [Chorus], [Verse 2]


@dataclass(frozen=True)
class KnownWord:
    """A word; `start` in milliseconds where the file says when it is heard."""

    text: str
    start: int | None = None


@dataclass(frozen=True)
class Line:
    """A line, its number in the file from 1, and when it begins and ends (ms), where told."""

    words: tuple[KnownWord, ...]
    number: int
    start: int | None = None
    end: int | None = None


def read_text(text: str) -> list[Line]:
    """Return the lines of a plain text; empty ones, and marks such as [Chorus], are no lines."""
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        if not _MARK.fullmatch(line) and (words := tuple(_words(line))):
            lines.append(Line(words, number))
    return lines


def read_lrc(text: str) -> list[Line]:
    """Return the lines of an LRC file by time, each as often as it has times.

    Format: https://en.wikipedia.org/wiki/LRC_(file_format), with the A2 extension. Lines without
    a time are left out. A time ends the line before it, also where it has no words.
    """
    offset, timed = 0, []
    for number, line in enumerate(text.splitlines(), 1):
        if found := _LINE_TIMES.fullmatch(line):
            starts = [_ms(match) for match in _LINE_TIME.finditer(found[1])]
            words = tuple(_stamped(found[5]))
            first = starts[0] if starts else 0
            timed += [(start, start - first, words, number) for start in starts]
        elif (tag := _TAG.fullmatch(line)) and tag[1].lower() == "offset":
            offset = _offset(tag[2])
    timed.sort(key=lambda item: item[0])
    lines = []
    for i, (start, moved, words, number) in enumerate(timed):
        end = timed[i + 1][0] - offset if i + 1 < len(timed) else None
        shown = tuple(word for word in words if word.text)
        last = words[-1].start if words and not words[-1].text else None
        if not shown:
            continue
        own = None if last is None else last + moved - offset
        lines.append(
            Line(
                tuple(
                    KnownWord(w.text, None if w.start is None else max(0, w.start + moved - offset))
                    for w in shown
                ),
                number,
                max(0, start - offset),
                own if own is not None and (end is None or own < end) else end,
            )
        )
    return lines


def _words(text: str) -> Iterator[KnownWord]:
    for word in text.split():
        if em_width(word):
            yield KnownWord(word)


def _stamped(text: str) -> Iterator[KnownWord]:
    """Yield the words of a line; a stamp is of the word behind it, or, at the end, of none."""
    at, start = 0, None
    for match in _WORD_TIME.finditer(text):
        yield from _begun(text[at : match.start()], start)
        at, start = match.end(), _ms(match)
    rest = list(_begun(text[at:], start))
    yield from rest or ([KnownWord("", start)] if start is not None else [])


def _begun(text: str, start: int | None) -> Iterator[KnownWord]:
    for i, word in enumerate(_words(text)):
        yield KnownWord(word.text, start if i == 0 else None)


def _ms(match: re.Match[str]) -> int:
    """Return the time of a stamp in milliseconds; two digits are hundredths.

    >>> _ms(_WORD_TIME.match("<01:02.50>")), _ms(_WORD_TIME.match("<01:02>"))
    (62500, 62000)
    """
    minutes, seconds, part = match[1], match[2], match[3] or "0"
    return (int(minutes) * 60 + int(seconds)) * 1000 + int(part.ljust(3, "0"))


def _offset(value: str) -> int:
    """Return how much earlier, in milliseconds, the file wants to be shown."""
    found = re.fullmatch(r"\s*([+-]?\d{1,7})\s*", value)
    return int(found[1]) if found else 0
