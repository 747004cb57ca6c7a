"""Captions as enhanced LRC: a line per row, with the time of every word.

Format: https://en.wikipedia.org/wiki/LRC_(file_format), "A2 extension".
"""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from karaokify_daemon.domain.captions import Caption, Row
from karaokify_daemon.domain.plain import plain

_REST_MS = 3000  # after a row, a player shows an empty line for a rest as long as this
_TIME_LIKE = re.compile(r"([\[<])(?=\d)")


def lrc(captions: Sequence[Caption], *, title: str = "", language: str = "") -> str:
    """Return captions as enhanced LRC; each row ends with the time at which its last word does."""
    headers = {"ti": title, "la": language, "re": "karaokify-daemon"}
    lines = [f"[{key}:{shown}]" for key, value in headers.items() if (shown := plain(value))]
    rows = [(row, caption.joiner) for caption in captions for row in caption.rows]
    for (row, joiner), following in zip_longest(rows, rows[1:]):
        lines.extend(_lines(row, joiner, following and following[0].words[0].start))
    return "".join(f"{line}\n" for line in lines)


def _lines(row: Row, joiner: str, following: int | None) -> Iterator[str]:
    words = joiner.join(f"<{_clock(word.start)}>{_text(word.text)}" for word in row.words)
    end = row.words[-1].end
    yield f"[{_clock(row.words[0].start)}]{words}<{_clock(end)}>"
    if following is None or following - end >= _REST_MS:
        yield f"[{_clock(end)}]"


def _text(text: str) -> str:
    """Return a text in which no player finds a time: LRC has no escape for brackets."""
    return _TIME_LIKE.sub("\\1\u2060", plain(text))


def _clock(ms: int) -> str:
    """Return minutes, seconds and hundredths; a long recording has more than 99 minutes.

    >>> _clock(83_456), _clock(6_000_000)
    ('01:23.46', '100:00.00')
    """
    cs = (ms + 5) // 10
    return f"{cs // 6000:02}:{cs // 100 % 60:02}.{cs % 100:02}"
