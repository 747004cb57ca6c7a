"""Reading UltraStar TXT: what is sung, line by line, and when; nothing of the melody.

Format: https://usdx.eu/format/.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from karaokify_daemon.domain.subtitles.cue import Cue, Part, to_transcript
from karaokify_daemon.domain.subtitles.ultrastar import language_named
from karaokify_daemon.domain.transcript import Transcript
from karaokify_daemon.errors import SidecarError

_LINES = re.compile(r"\r\n|\r|\n")
_HEADER = re.compile(r"\s*#([A-Za-z0-9]{1,40}):(.*)", re.DOTALL)
_NOTE = re.compile(r"\s*[:*FRG]\s*(-?\d{1,9})\s+(\d{1,9})\s+-?\d{1,9}(?:\s(.*))?", re.DOTALL)
_BREAK = re.compile(r"\s*-\s*(-?\d{1,9})(?:\s+(-?\d{1,9}))?\s*", re.ASCII)
_PLAYER = re.compile(r"\s*P\s*\d\s*", re.ASCII)
_FASTER = re.compile(r"\s*B\s+-?\d", re.ASCII)
_NUMBER = re.compile(r"\s*([+-]?\d{1,9})(?:[.,](\d{1,9}))?\s*", re.ASCII)


@dataclass(frozen=True)
class _Note:
    start: int
    end: int
    text: str


def is_ultrastar(text: str) -> bool:
    """Tell whether a text begins with headers, and has the one of the beat or a note."""
    first, *rest = _LINES.split(text.lstrip())
    if not _HEADER.fullmatch(first):
        return False
    return any(_NOTE.fullmatch(line) or _is_beat(line) for line in (first, *rest))


def _is_beat(line: str) -> bool:
    found = _HEADER.fullmatch(line)
    return bool(found and found[1].upper() == "BPM")


def read_ultrastar(text: str, language: str | None = None) -> Transcript:
    """Return what is sung, a segment per line; without a `language`, in that of its header.

    What several players sing at once is taken once. Raises SidecarError.
    """
    lines = _LINES.split(text)
    headers = {f[1].upper(): f[2].strip() for line in lines if (f := _HEADER.fullmatch(line))}
    sung = set[_Note]()
    cues = []
    for notes in _rows(lines, headers):
        fresh = [note for note in notes if note not in sung]
        sung.update(fresh)
        if any(note.text.strip("~ \t") for note in fresh):
            cues.append(Cue(fresh[0].start, fresh[-1].end, tuple(_parts(fresh))))
    cues.sort(key=lambda cue: cue.start)
    found = to_transcript(cues, language or language_named(headers.get("LANGUAGE", "")))
    return replace(found, lines=True)


def _rows(lines: Iterable[str], headers: dict[str, str]) -> Iterator[list[_Note]]:
    """Yield the notes of each line, with their times in milliseconds."""
    beat, gap = _beat_ms(headers), _number(headers.get("GAP") or "0", "GAP")
    relative = headers.get("RELATIVE", "").upper() == "YES"
    origin, row = 0, list[_Note]()
    for line in lines:
        if found := _NOTE.fullmatch(line):
            first = origin + int(found[1])
            start, end = (round(gap + at * beat) for at in (first, first + int(found[2])))
            row.append(_Note(max(0, start), max(0, end), found[3] or ""))
        elif found := _BREAK.fullmatch(line):
            yield row
            row = []
            origin += int(found[2] or found[1]) if relative else 0
        elif _PLAYER.fullmatch(line):
            yield row
            origin, row = 0, []
        elif _FASTER.match(line):
            raise SidecarError("changes its tempo (a line B), which is not read")
        elif line.strip() == "E":
            break
    yield row


def _parts(notes: Iterable[_Note]) -> Iterator[Part]:
    """Yield syllables, each with when it begins and ends; `~` is the one before it, held."""
    end: int | None = None
    before = " "
    for note in notes:
        mark = note.text.strip()
        held = bool(mark) and (not mark.strip("~") or (mark[0] == "~" and before != " "))
        if end is not None and not held:
            yield Part("", end)
        end, before = note.end, note.text[-1:] or before
        text = note.text.lstrip().lstrip("~") if held else note.text
        if text.strip():
            yield Part(text, None if held else note.start)
        elif text:
            yield Part("", end)
            yield Part(text)
    if end is not None:
        yield Part("", end)


def _beat_ms(headers: dict[str, str]) -> float:
    if "BPM" not in headers:
        raise SidecarError("has no #BPM, without which its beats have no times")
    tempo = _number(headers["BPM"], "BPM")
    if tempo <= 0:
        raise SidecarError("has a #BPM that is not above zero")
    return 60_000 / (4 * tempo)


def _number(text: str, name: str) -> float:
    """Return a number, with a point or with a comma.

    >>> _number("312,5", "BPM")
    312.5
    """
    found = _NUMBER.fullmatch(text)
    if not found:
        raise SidecarError(f"has a #{name} that is no number")
    return float(f"{found[1]}.{found[2] or 0}")
