"""Captions as SubRip and WebVTT."""

from collections.abc import Sequence

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
    words = []
    for word in row.words:
        text = plain(word.text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        # A time tag must lie inside its cue, later than the one before.
        inside = caption.start < word.start < caption.end
        words.append(f"<{clock(word.start, '.')}>{text}" if inside else text)
    return caption.joiner.join(words)
