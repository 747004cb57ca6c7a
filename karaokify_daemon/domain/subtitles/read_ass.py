r"""Reading Advanced SubStation Alpha scripts: their words and `\k` times, nothing of their look."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from karaokify_daemon.domain.subtitles.cue import Cue, Part

_FIELDS = "layer start end style name marginl marginr marginv effect text".split()
_CLOCK = re.compile(r"\s*(\d{1,4}):([0-5]?\d):([0-5]?\d)[.:](\d{1,3})\s*", re.ASCII)
_BLOCK = re.compile(r"(?<!\\)\{([^{}]*)\}")
_KARAOKE = re.compile(r"\\(?:[kK]|kf|ko)(\d{1,7})(?!\d)", re.ASCII)
_DRAWING = re.compile(r"\\p(\d{1,3})(?!\d)", re.ASCII)
_BREAK = re.compile(r"\\[Nnh]")
_NOT_SPOKEN = {"title", "notice"}  # styles of our own scripts
_CHAINED_MS = 50


@dataclass(frozen=True)
class _Line:
    cue: Cue
    timed: bool


def read_ass(text: str) -> list[Cue]:
    r"""Return the dialogue lines with what they say: tags stripped, drawings and comments dropped.

    Where some lines have `\k` times, they are the words, and the others (titles, signs,
    translations) are left out. The same words drawn again and again, as effects need it, are one.
    """
    lines = list(_lines(text))
    if any(line.timed for line in lines):
        lines = [line for line in lines if line.timed]
    return _joined(sorted((line.cue for line in lines), key=lambda cue: cue.start))


def _lines(text: str) -> Iterator[_Line]:
    fields, inside = _FIELDS, False
    for raw in re.split(r"\r\n|\r|\n", text):
        line = raw.strip()
        kind, _, value = line.partition(":")
        if line.startswith("["):
            inside = line.lower() == "[events]"
        elif inside and kind.strip().lower() == "format":
            fields = [name.strip().lower() for name in value.split(",", 50)]
        elif inside and kind.strip().lower() == "dialogue" and fields[-1] == "text":
            values = value.split(",", len(fields) - 1)
            if found := _line(dict(zip(fields, values, strict=False))):
                yield found


def _line(values: dict[str, str]) -> _Line | None:
    start = _CLOCK.fullmatch(values.get("start", ""))
    end = _CLOCK.fullmatch(values.get("end", ""))
    style = values.get("style", "").strip().lstrip("*").lower()
    if start is None or end is None or style in _NOT_SPOKEN:
        return None
    begin = _ms(start)
    text = values.get("text", "")
    parts = tuple(_parts(text, begin))
    cue = Cue(begin, _ms(end), parts)
    timed = any(part.start is not None for part in parts)
    return _Line(cue, timed) if cue.text.strip() else None


def _parts(text: str, start: int) -> Iterator[Part]:
    r"""Yield what stands after each `\k`, with its time; drawings are left out."""
    now: int | None = None
    upcoming, drawing = start, False
    pieces = _BLOCK.split(text)  # text, then a block of tags and text again and again
    for i, piece in enumerate(pieces):
        if i % 2:
            for length in _KARAOKE.findall(piece):
                now = upcoming
                upcoming += int(length) * 10
            for size in _DRAWING.findall(piece):
                drawing = int(size) > 0
        elif not drawing and (piece or now is not None):
            yield Part(_shown(piece), now)
            now = None
    if upcoming > start:
        yield Part("", upcoming)


def _shown(text: str) -> str:
    r"""Return a text without its escapes.

    >>> _shown("a\\Nb \\{c\\}")
    'a\nb {c}'
    """
    plain = _BREAK.sub(lambda found: " " if found[0] == "\\h" else "\n", text)
    return plain.replace("\\{", "{").replace("\\}", "}").replace("\\\u2060", "\\")


def _joined(cues: Sequence[Cue]) -> list[Cue]:
    """Return cues with those of the same text made one that touch or overlap each other."""
    standing: dict[str, int] = {}
    found: list[Cue] = []
    for cue in cues:
        text = " ".join(cue.text.split())
        i = standing.get(text)
        if i is not None and cue.start <= found[i].end + _CHAINED_MS:
            found[i] = replace(found[i], end=max(found[i].end, cue.end))
        else:
            standing[text] = len(found)
            found.append(cue)
    return found


def _ms(clock: re.Match[str]) -> int:
    hours, minutes, seconds, fraction = clock.groups()
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return whole * 1000 + int(fraction.ljust(3, "0"))
