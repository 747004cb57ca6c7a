"""Captions as SubRip and WebVTT."""

from collections.abc import Sequence
from itertools import zip_longest

from karaokify_daemon.domain.captions import Caption, Row
from karaokify_daemon.domain.plain import plain


def srt(captions: Sequence[Caption]) -> str:
    """Return captions as SubRip; no captions give an empty file, which is a valid one."""
    return "".join(
        f"{i}\n{clock(c.start, ',')} --> {clock(c.end, ',')}\n{_srt_rows(c)}\n\n"
        for i, c in enumerate(captions, 1)
    )


def vtt(captions: Sequence[Caption]) -> str:
    """Return captions as WebVTT with the time of every word."""
    cues = "".join(
        f"\n{i}\n{clock(c.start, '.')} --> {clock(c.end, '.')}\n{_vtt_rows(c)}\n"
        for i, c in enumerate(captions, 1)
    )
    return "WEBVTT\n" + cues


def clock(ms: int, point: str) -> str:
    """Return hours, minutes, seconds and milliseconds.

    >>> clock(3_723_004, ",")
    '01:02:03,004'
    """
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{ms:03}"


def _srt_rows(caption: Caption) -> str:
    # "-->" would read as a time line; players take <b> for a tag and know no escape for it.
    texts = (plain(text).replace("-->", "→") for text in caption.texts)
    return "\n".join(text.replace("<", "‹").replace(">", "›") for text in texts)  # noqa: RUF001


def _vtt_rows(caption: Caption) -> str:
    return "\n".join(_vtt_row(caption, row) for row in caption.rows)


def _vtt_row(caption: Caption, row: Row) -> str:
    parts = []
    for word, following in zip_longest(row.words, row.words[1:]):
        text = plain(word.text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        space = caption.joiner if following else ""
        ends = following is None or word.end < following.start  # else the next word's time says it
        end = _stamp(caption, word.end) if ends else ""
        parts.append(f"{_stamp(caption, word.start)}{text}{end}{space}")
    return "".join(parts)


def _stamp(caption: Caption, ms: int) -> str:
    # A time tag must lie inside its cue, later than the one before.
    return f"<{clock(ms, '.')}>" if caption.start < ms < caption.end else ""
