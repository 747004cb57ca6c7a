r"""Rows whose words are filled, from their start to their end, in the direction they are read in.

Left to right: `\kf`. It counts time in the order the text is written in, which is the order the
words stand in, and fills to the right; so a row with words of the other direction has, for each
word, an event that shows nothing but this word, filled, through a clip that grows.
"""

from collections.abc import Iterator

from karaokify_daemon.domain.ass.look import Placed
from karaokify_daemon.domain.ass.text import Event, centiseconds, tag_color

_HIDDEN, _SHOWN = "\\alpha&HFF&", "\\alpha&H00&"
_OVERHANG = 0.12  # of an em: what letters reach beyond their width, less than half a space


def filled(placed: Placed, tags: str, start: int, end: int, layer: int) -> Iterator[Event]:
    """Yield the events of a row, from `start` to `end`, behind tags that put it in its place."""
    if not placed.has_rtl:
        text = f"{{{tags}}}{_swept(placed, start)}"
        yield Event(start=start, end=end, text=text, layer=layer)
        return
    unsung = f"{{{tags}\\1c{tag_color(placed.look.color)}}}{placed.words(lambda _: '')}"
    yield Event(start=start, end=end, text=unsung, layer=layer)
    base = centiseconds(start) * 10
    to_left = dict(placed.order)
    for i, (word, (middle, width)) in enumerate(zip(placed.row.words, placed.spans(), strict=True)):
        clip = _clip(placed, middle, width, to_left=to_left[i])
        grows = f"\\clip({clip[0]})\\t({word.start - base},{word.end - base},\\clip({clip[1]}))"
        alone = placed.words(lambda j, i=i: _SHOWN if j == i else _HIDDEN)  # type: ignore[misc]
        text = f"{{{tags}\\bord0\\shad0{grows}}}{alone}"
        yield Event(start=start, end=end, text=text, layer=layer)


def _clip(placed: Placed, middle: float, width: float, *, to_left: bool) -> tuple[str, str]:
    """Return what is seen of a word before it is said, and after: rectangles, as tags have them."""
    beyond = _OVERHANG * placed.look.size * placed.scale
    left, right = middle - width / 2 - beyond, middle + width / 2 + beyond
    edge = right if to_left else left
    high = placed.look.height
    return f"{edge:.0f},0,{edge:.0f},{high}", f"{left:.0f},0,{right:.0f},{high}"


def _swept(placed: Placed, begin: int) -> str:
    """Return a row's text with the tags that fill its words, in an event from `begin` on."""
    now = centiseconds(begin)
    parts = []
    for i, word in enumerate(placed.row.words):
        start, end = centiseconds(word.start), centiseconds(word.end)
        space = placed.joiner if i else ""
        parts.append(f"{{\\k{start - now}}}{space}{{\\kf{end - start}}}{placed.typeset(i)}")
        now = end
    return "".join(parts)
