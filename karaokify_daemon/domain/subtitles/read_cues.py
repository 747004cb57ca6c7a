"""Reading SubRip and WebVTT as they are met, not only as they should be.

pysubs2 takes a row with two word times of WebVTT for a time line, and keeps notes and cue names in
the texts, so it is not used here.
"""

import html
import re
from collections.abc import Iterator

from karaokify_daemon.domain.subtitles.cue import Cue, Part

_CLOCK = r"(?:(\d{1,4}):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})"
_TIMES = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}(?:\s.*)?", re.ASCII)
_STAMP = re.compile(rf"<{_CLOCK}>", re.ASCII)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_ASS_TAG = re.compile(r"\{\\[^{}]{0,200}\}")  # players take those of ASS in SubRip, too
_NUMBER = re.compile(r"\s*\d+\s*", re.ASCII)


def read_srt(text: str) -> list[Cue]:
    r"""Return the cues of a SubRip file, but those without text; tags are dropped.

    >>> read_srt("1\n00:00:01,000 --> 00:00:02,500\n<i>Hello</i>\n")[0].text
    'Hello'
    """
    return [
        Cue(start, end, (Part(shown),))
        for start, end, rows in _blocks(text, numbered=True)
        if (shown := _ASS_TAG.sub("", _TAG.sub("", "\n".join(rows))).strip())
    ]


def read_vtt(text: str) -> list[Cue]:
    r"""Return the cues of a WebVTT file, with the times inside them.

    >>> cue, = read_vtt("WEBVTT\n\n00:01.000 --> 00:02.500\n<v Ann>Hi <00:01.700>there\n")
    >>> cue.parts[1]
    Part(text='there', start=1700)
    """
    cues = (
        Cue(start, end, tuple(_parts("\n".join(rows), start)))
        for start, end, rows in _blocks(text, numbered=False)
    )
    return [cue for cue in cues if cue.text.strip()]


def _blocks(text: str, *, numbered: bool) -> Iterator[tuple[int, int, list[str]]]:
    """Yield start, end and rows of each cue.

    A SubRip text may have empty rows: it ends with the number above the next time line.
    """
    times: tuple[int, int] | None = None
    rows: list[str] = []
    for line in re.split(r"\r\n|\r|\n", text):
        if found := _TIMES.fullmatch(line) if "-->" in line else None:
            if times is not None:
                yield *times, _without_number(rows) if numbered else rows
            times, rows = (_ms(found.groups()[:4]), _ms(found.groups()[4:])), []
        elif numbered or line.strip():
            rows.append(line)
        else:
            if times is not None:
                yield *times, rows
            times, rows = None, []
    if times is not None:
        yield *times, rows


def _without_number(rows: list[str]) -> list[str]:
    return rows[:-1] if rows and _NUMBER.fullmatch(rows[-1]) else rows


def _parts(text: str, start: int) -> Iterator[Part]:
    pieces = _STAMP.split(text)  # text, then four numbers and text again and again
    yield Part(_shown(pieces[0]), start if len(pieces) > 1 else None)
    for i in range(1, len(pieces), 5):
        yield Part(_shown(pieces[i + 4]), _ms(tuple(pieces[i : i + 4])))


def _shown(text: str) -> str:
    return html.unescape(_TAG.sub("", text))


def _ms(clock: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, fraction = clock
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole * 1000 + int((fraction or "").ljust(3, "0"))
