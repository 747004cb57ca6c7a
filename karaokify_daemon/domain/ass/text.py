r"""How texts, times, colours and shapes are written in an ASS script.

Format: https://github.com/libass/libass/wiki/ASS-File-Format-Guide
"""

import re
from dataclasses import dataclass

from karaokify_daemon.domain.bidi import has_rtl, is_rtl, visual
from karaokify_daemon.domain.plain import plain
from karaokify_daemon.domain.typeface import Run, Typeface

_LTR, _RTL = "\u200e", "\u200f"
_NOT_OF_NAMES = re.compile(r"[\\{}(),]")
_KAPPA = 0.5523  # of the radius: where a quarter circle's control points lie


@dataclass(frozen=True, kw_only=True)
class Event:
    """A text, or a drawing, that is shown from `start` to `end` (milliseconds)."""

    start: int
    end: int
    text: str
    style: str = "Caption"
    layer: int = 0

    def __str__(self) -> str:
        times = f"{clock(self.start)},{clock(self.end)}"
        return f"Dialogue: {self.layer},{times},{self.style},,0,0,0,,{self.text}"


def escape(text: str) -> str:
    r"""Return a text that is shown as it is.

    libass takes `\{` and `\}` for braces; a word joiner (U+2060, invisible) after a backslash
    keeps it from meeting a letter, so that no tag can arise, in players that know neither, too.

    >>> escape("{\\b1}a\\N").replace("\u2060", "|")
    '\\{\\|b1\\}a\\|N'
    """
    shown = plain(text).replace("\\", "\\\u2060")
    return shown.replace("{", "\\{").replace("}", "\\}")


def typeset(text: str, typeface: Typeface, size: float, *, to_left: bool = False) -> str:
    r"""Return a text that is shown as it is, with tags where it needs another font.

    `size` is the em that the style has, in pixels; `to_left`: the text reads to the left. libass
    finds directions and orders between two tags each, so its parts are written as they stand.
    """
    if not to_left:
        return "".join(_in_font(run, size) for run in typeface.runs(text))
    parts = [_in_font(run, size, _RTL) for run in reversed(typeface.runs(text))]
    return _LTR.join(parts)


def typeset_line(text: str, typeface: Typeface, size: float) -> str:
    """Return a line of text that is shown as it is, its words in the order they are read in."""
    if not has_rtl(text):
        return typeset(text, typeface, size)
    words = text.split(" ")
    order = visual(words, rtl=is_rtl(text))
    return between_marks(" ").join(
        typeset(words[i], typeface, size, to_left=to_left) for i, to_left in order
    )


def _in_font(run: Run, size: float, mark: str = "") -> str:
    words = (escape(word) for word in run.text.split(" "))  # of which escape would drop empty ones
    shown = mark + " ".join(words) + mark
    if run.font is None:
        return shown
    name = _NOT_OF_NAMES.sub(" ", plain(run.font))
    return f"{{\\fn{name}\\fs{size * run.line_per_em:.1f}}}{shown}{{\\fn\\fs}}"


def between_marks(space: str) -> str:
    """Return a space that leaves the words at its sides where they are written."""
    return f"{_LTR}{space}{_LTR}"


def centiseconds(ms: int) -> int:
    """Return the nearest hundredths of a second, in which ASS counts."""
    return (ms + 5) // 10


def clock(ms: int) -> str:
    """Return hours, minutes, seconds and hundredths.

    >>> clock(3_723_456)
    '1:02:03.46'
    """
    cs = centiseconds(ms)
    return f"{cs // 360_000}:{cs // 6000 % 60:02}:{cs // 100 % 60:02}.{cs % 100:02}"


def color(rgb: str, transparency: int = 0) -> str:
    """Return a colour as a style has it.

    >>> color("#FF8000")
    '&H000080FF'
    """
    return f"&H{transparency:02X}{rgb[5:7]}{rgb[3:5]}{rgb[1:3]}".upper()


def tag_color(rgb: str) -> str:
    """Return a colour as a tag has it.

    >>> tag_color("#FF8000")
    '&H0080FF&'
    """
    return f"&H{rgb[5:7]}{rgb[3:5]}{rgb[1:3]}&".upper()


def tag_alpha(opacity: float) -> str:
    """Return how transparent something of an opacity from 0 to 1 is.

    >>> tag_alpha(1), tag_alpha(0)
    ('&H00&', '&HFF&')
    """
    return f"&H{round(255 * (1 - opacity)):02X}&"


def rounded_box(width: float, height: float, radius: float) -> str:
    """Return the drawing of a rectangle with round corners, its upper left corner at 0,0.

    >>> rounded_box(10, 4, 0)
    'm 0 0 l 10 0 10 4 0 4'
    """
    w, h = round(width), round(height)
    r = min(round(radius), w // 2, h // 2)
    if r <= 0:
        return f"m 0 0 l {w} 0 {w} {h} 0 {h}"
    k = round(r * (1 - _KAPPA))
    return (
        f"m {r} 0 l {w - r} 0 b {w - k} 0 {w} {k} {w} {r} l {w} {h - r} "
        f"b {w} {h - k} {w - k} {h} {w - r} {h} l {r} {h} b {k} {h} 0 {h - k} 0 {h - r} "
        f"l 0 {r} b 0 {k} {k} 0 {r} 0"
    )
