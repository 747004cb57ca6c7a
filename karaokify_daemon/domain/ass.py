r"""Captions as an Advanced SubStation Alpha script, for libass.

Words are swept by `\kf`; gaps are `\k` without text of their own, so each highlight starts and
ends with its word. Format: https://github.com/libass/libass/wiki/ASS-File-Format-Guide
"""

from collections.abc import Sequence
from dataclasses import dataclass

from karaokify_daemon.domain.captions import Caption, Row
from karaokify_daemon.domain.plain import plain
from karaokify_daemon.domain.text_width import AVERAGE_EM, em_width
from karaokify_daemon.domain.transcript import Word

_LINE_PER_EM = 1.362  # libass's size is ascent plus descent; this is Open Sans's ratio
_SIDE = 0.06  # free at the left and right, of the width
_TITLE_SIZE, _TITLE_LEAST = 0.72, 0.45  # of the captions' size
_TITLE_ROWS = 2
_NOTICE_MS = 5000
_FADE_MS = 120
_LEAST_SCALE = 0.3
_LONGEST_TITLE = 300
_LONGEST_ROW = 42  # average characters: more is slow to read, however wide the picture


@dataclass(frozen=True, kw_only=True)
class AssStyle:
    """How captions look: the picture's size, the font's size in em pixels, colours as #RRGGBB.

    `bottom` and `top` are the pixels left free below the captions and above the title.
    """

    width: int
    height: int
    font: str
    size: float
    text_color: str
    highlight_color: str
    outline_color: str
    bottom: int
    top: int

    @property
    def max_chars(self) -> int:
        """How many average characters a row holds."""
        fitting = self.width * (1 - 2 * _SIDE) / (self.size * AVERAGE_EM)
        return max(4, min(_LONGEST_ROW, int(fitting)))


def document(
    captions: Sequence[Caption],
    style: AssStyle,
    *,
    title: str | None,
    notice: str | None = None,
    duration_ms: int,
) -> str:
    """Return the whole script: the captions, the title throughout, the notice at the start."""
    events = [*_title(title, style, duration_ms), *_notice(notice, duration_ms)]
    events += dialogues(captions)
    return _header(style) + "".join(f"{event}\n" for event in events)


def dialogues(captions: Sequence[Caption]) -> list[str]:
    """Return one dialogue line per caption."""
    lines = []
    before = 0
    for caption in captions:
        follows = caption.start <= before
        lines.append(
            _dialogue("Caption", caption.start, caption.end, _swept(caption, follows=follows))
        )
        before = caption.end
    return lines


def escape(text: str) -> str:
    r"""Return a text that is shown as it is.

    libass takes `\{` and `\}` for braces; a word joiner (U+2060, invisible) after a backslash
    keeps it from meeting a letter, so that no tag can arise, in players that know neither, too.

    >>> escape("{\\b1}a\\N").replace("\u2060", "|")
    '\\{\\|b1\\}a\\|N'
    """
    shown = plain(text).replace("\\", "\\\u2060")
    return shown.replace("{", "\\{").replace("}", "\\}")


def _swept(caption: Caption, *, follows: bool) -> str:
    """Return the text of a caption with its tags; it fades in unless another stood there."""
    first = caption.words[0]
    fades = not follows and first.start - caption.start >= _FADE_MS
    now = _centiseconds(caption.start)
    rows = []
    for row in caption.rows:
        text, now = _swept_row(row, now, caption.joiner)
        rows.append(text)
    return (f"{{\\fad({_FADE_MS},0)}}" if fades else "") + "\\N".join(rows)


def _swept_row(row: Row, now: int, joiner: str) -> tuple[str, int]:
    """Return a row's text and the time of its end, from the time `now` (centiseconds)."""
    percent = int(max(row.scale, _LEAST_SCALE) * 100)
    parts = [f"{{\\fscx{percent}\\fscy{percent}}}"]
    for i, word in enumerate(row.words):
        start, end = _centiseconds(word.start), _centiseconds(word.end)
        space = joiner if i else ""
        parts.append(f"{{\\k{start - now}}}{space}{{\\kf{end - start}}}{_shown(word, row)}")
        now = end
    return "".join(parts), now


def _shown(word: Word, row: Row) -> str:
    """Return a word, its end cut off where even the smallest letters would not fit."""
    if row.scale >= _LEAST_SCALE:
        return escape(word.text)
    return escape(word.text[: int(len(word.text) * row.scale / _LEAST_SCALE)].rstrip() + "…")


def _title(title: str | None, style: AssStyle, duration_ms: int) -> list[str]:
    text = plain((title or "")[:_LONGEST_TITLE])
    if not em_width(text):  # nothing, or nothing that is seen
        return []
    room = style.width * (1 - 2 * _SIDE) / style.size  # em of the captions
    scale = min(_TITLE_SIZE, max(_TITLE_LEAST, _TITLE_ROWS * room * 0.9 / em_width(text)))
    rows = _wrapped(text, room / scale, _TITLE_ROWS)
    percent = round(100 * scale / _TITLE_SIZE)
    tags = f"{{\\fscx{percent}\\fscy{percent}}}"
    return [_dialogue("Title", 0, duration_ms, tags + "\\N".join(escape(row) for row in rows))]


def _notice(notice: str | None, duration_ms: int) -> list[str]:
    if not notice:
        return []
    return [_dialogue("Notice", 0, min(_NOTICE_MS, duration_ms), escape(notice))]


def _wrapped(text: str, limit: float, rows: int) -> list[str]:
    """Return at most `rows` rows no wider than `limit` em, of like width; the rest is cut."""
    if em_width(text) <= limit:
        return [text]
    narrowest = max(em_width(text) / rows, *(em_width(word) for word in text.split()))
    for width in (narrowest, narrowest * 1.15, narrowest * 1.4, limit):
        found = _filled(text, min(width, limit))
        if len(found) <= rows:
            return found
    return [*found[: rows - 1], _cut(" ".join(found[rows - 1 :]), limit)]


def _filled(text: str, limit: float) -> list[str]:
    rows = [""]
    for word in text.split():
        joined = f"{rows[-1]} {word}".strip()
        if rows[-1] and em_width(joined) > limit:
            rows.append(word)
        else:
            rows[-1] = joined
    return [_cut(row, limit) for row in rows]


def _cut(text: str, limit: float) -> str:
    if em_width(text) <= limit:
        return text
    while text and em_width(text + "…") > limit:
        text = text[:-1]
    return text.rstrip() + "…"


def _dialogue(style: str, start: int, end: int, text: str) -> str:
    return f"Dialogue: 0,{_clock(start)},{_clock(end)},{style},,0,0,0,,{text}"


def _clock(ms: int) -> str:
    """Return hours, minutes, seconds and hundredths.

    >>> _clock(3_723_456)
    '1:02:03.46'
    """
    cs = _centiseconds(ms)
    return f"{cs // 360_000}:{cs // 6000 % 60:02}:{cs // 100 % 60:02}.{cs % 100:02}"


def _centiseconds(ms: int) -> int:
    return (ms + 5) // 10


def _color(rgb: str, transparency: int = 0) -> str:
    """Return a colour as ASS writes it.

    >>> _color("#FF8000")
    '&H000080FF'
    """
    return f"&H{transparency:02X}{rgb[5:7]}{rgb[3:5]}{rgb[1:3]}".upper()


def _header(style: AssStyle) -> str:
    em = style.size
    font = plain(style.font).replace(",", " ")
    text, high, edge = style.text_color, style.highlight_color, style.outline_color
    side = round(style.width * _SIDE)

    def line(name: str, size: float, colors: tuple[str, str], bold: int, place: int, v: int) -> str:
        shown, unsung = colors
        outline, shadow = round(size * 0.07, 1), round(size * 0.035, 1)
        return (
            f"Style: {name},{font},{size * _LINE_PER_EM:.1f},{shown},{unsung},{_color(edge)},"
            f"{_color(edge, 0x90)},{bold},0,0,0,100,100,0,0,1,{outline},{shadow},{place},"
            f"{side},{side},{v},1\n"
        )

    return (
        "[Script Info]\nScriptType: v4.00+\n"
        f"PlayResX: {style.width}\nPlayResY: {style.height}\n"
        "WrapStyle: 2\nScaledBorderAndShadow: yes\nYCbCr Matrix: None\n\n"
        "[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, "
        "OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, "
        "Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n"
        + line("Caption", em, (_color(high), _color(text)), -1, 2, style.bottom)
        + line("Title", em * _TITLE_SIZE, (_color(text, 0x18),) * 2, -1, 8, style.top)
        + line("Notice", em * 0.8, (_color(text, 0x30),) * 2, 0, 2, style.bottom)
        + "\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, "
        "Text\n"
    )
