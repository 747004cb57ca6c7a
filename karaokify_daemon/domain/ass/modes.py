r"""How words are highlighted: each mode turns captions into events.

Every row is an event of its own at a place of its own, so that what one word does moves no other.
A word that grows is shown by an event that holds its whole row, all else in it invisible: it keeps
its place, since a row that is centred grows to both sides alike.
"""

from collections.abc import Callable, Iterator, Sequence

from karaokify_daemon.domain.ass.filling import filled
from karaokify_daemon.domain.ass.look import Look, Placed, base, fades, place, rows_active
from karaokify_daemon.domain.ass.text import (
    Event,
    rounded_box,
    tag_alpha,
    tag_color,
)
from karaokify_daemon.domain.captions import Caption

Mode = Callable[[Sequence[Caption], Look], Iterator[Event]]
Times = Sequence[tuple[int, int]]

_HIDDEN, _HALF, _SHOWN = "\\alpha&HFF&", "\\alpha&H60&", "\\alpha&H00&"
_POP_MS = 90
_PUNCH_MS, _PUNCHED_FROM = 33, 0.8  # one frame of the usual 30: each more would be encoded
_POP_PERCENT, _POPPED_PERCENT = 112, 105
_REVEAL_MS = 80
_UNLIT = 0.45  # how opaque neon is that does not glow
_LAYER_BOX, _LAYER_GLOW, _LAYER_TEXT, _LAYER_TOP = 0, 1, 2, 3


def sweep(captions: Sequence[Caption], look: Look) -> Iterator[Event]:
    """Fill each word from its start to its end."""
    for caption, fade in zip(captions, fades(captions), strict=True):
        for placed in place(caption, look):
            tags = placed.tags + fade
            yield from filled(placed, tags, caption.start, caption.end, _LAYER_TEXT)


def color(captions: Sequence[Caption], look: Look) -> Iterator[Event]:
    """Give the word that is said another colour."""
    for caption, fade in zip(captions, fades(captions), strict=True):
        for placed, times in rows_active(caption, look):
            tags = _colored(times, caption, look.color, look.highlight)
            yield _row(caption, placed, fade, placed.words(tags))


def box(captions: Sequence[Caption], look: Look) -> Iterator[Event]:
    """Lay a box behind the word that is said."""
    for caption, fade in zip(captions, fades(captions), strict=True):
        for placed, times in rows_active(caption, look):
            for (x, width), (start, end) in zip(placed.spans(), times, strict=True):
                if width:
                    yield _box(placed, x, width, start, end)
            tags = _colored(times, caption, look.color, look.highlight)
            yield _row(caption, placed, fade, placed.words(tags))


def pop(captions: Sequence[Caption], look: Look) -> Iterator[Event]:
    """Let the word that is said grow for a moment."""
    for caption, fade in zip(captions, fades(captions), strict=True):
        start = base(caption)
        for placed, times in rows_active(caption, look):
            hidden = [_switched(a - start, b - start, _SHOWN, _HIDDEN) for a, b in times]
            yield _row(caption, placed, fade, placed.words(hidden.__getitem__))
            for i, (a, b) in enumerate(times):
                yield _alone(placed, i, a, b, _grown(placed))


def reveal(captions: Sequence[Caption], look: Look) -> Iterator[Event]:
    """Show each word when it is said, and not before."""
    for caption in captions:
        start = base(caption)
        for placed, times in rows_active(caption, look):
            tags = [
                f"{_HIDDEN}\\1c{tag_color(look.highlight)}"
                f"\\t({a - start},{a - start},{_HALF})"
                f"\\t({a - start},{a - start + _REVEAL_MS},{_SHOWN})"
                f"\\t({b - start},{b - start + 2 * _REVEAL_MS},\\1c{tag_color(look.color)})"
                for a, b in times
            ]
            yield _row(caption, placed, "", placed.words(tags.__getitem__))


def punch(captions: Sequence[Caption], look: Look) -> Iterator[Event]:
    """Show the word that is said, and no other; captions of one word are what it is made for."""
    for caption in captions:
        for placed, times in rows_active(caption, look):
            for i, (a, _) in enumerate(times):
                end = times[i + 1][0] if i + 1 < len(times) else caption.end
                percent = round(placed.scale * 100)
                small = f"{percent * _PUNCHED_FROM:.0f}"
                grown = f"\\fscx{small}\\fscy{small}" + _scaled(0, _PUNCH_MS, percent)
                tags = f"\\1c{tag_color(look.highlight)}{grown}"
                yield _alone(placed, i, a, end, tags)


def neon(captions: Sequence[Caption], look: Look) -> Iterator[Event]:
    """Light up each word when it is said; it glows until its caption goes."""
    for caption, fade in zip(captions, fades(captions), strict=True):
        start = base(caption)
        for placed, times in rows_active(caption, look):
            lit = [f"{_HIDDEN}\\t({a - start},{a - start + 1},{_SHOWN})" for a, _ in times]
            glow = (
                f"\\1c{tag_color(look.glow_color)}\\3c{tag_color(look.glow_color)}"
                f"\\bord{look.glow / 2:.1f}\\blur{look.glow:.1f}\\shad0"
            )
            yield _row(caption, placed, glow, placed.words(lit.__getitem__), _LAYER_GLOW)
            unlit, white = tag_color(look.color), tag_color(look.highlight)
            core = [
                f"\\1c{unlit}\\1a{tag_alpha(_UNLIT)}"
                f"\\t({a - start},{a - start + 1},\\1c{white}\\1a&H00&)"
                for a, _ in times
            ]
            yield _row(caption, placed, fade, placed.words(core.__getitem__))


def _row(caption: Caption, placed: Placed, tags: str, text: str, layer: int = _LAYER_TEXT) -> Event:
    return Event(
        start=caption.start,
        end=caption.end,
        text=f"{{{placed.tags}{tags}}}{text}",
        layer=layer,
    )


def _alone(placed: Placed, shown: int, start: int, end: int, tags: str) -> Event:
    """Return the event of one word in its place: the rest of its row is there, and not seen."""
    percent = round(placed.scale * 100)
    plain = f"\\fscx{percent}\\fscy{percent}"
    return Event(
        start=start,
        end=end,
        layer=_LAYER_TOP,
        text=f"{{{placed.tags}}}"
        + placed.words(lambda i: f"{_SHOWN}{tags}" if i == shown else f"{_HIDDEN}{plain}"),
    )


def _grown(placed: Placed) -> str:
    percent = placed.scale * 100
    return (
        f"\\1c{tag_color(placed.look.highlight)}"
        + _scaled(0, _POP_MS, percent * _POP_PERCENT / 100)
        + _scaled(_POP_MS, 2 * _POP_MS, percent * _POPPED_PERCENT / 100)
    )


def _scaled(start: int, end: int, percent: float) -> str:
    return f"\\t({start},{end},\\fscx{percent:.0f}\\fscy{percent:.0f})"


def _box(placed: Placed, x: float, width: float, start: int, end: int) -> Event:
    look = placed.look
    padded = width + 2 * look.padding * placed.scale
    height = look.size * placed.scale + 2 * look.padding * 0.45
    return Event(
        start=start,
        end=end,
        layer=_LAYER_BOX,
        style="Box",
        text=f"{{\\an5\\pos({x:.0f},{placed.y:.0f})\\p1}}"
        + rounded_box(padded, height, look.radius),
    )


def _colored(times: Times, caption: Caption, other: str, said: str) -> Callable[[int], str]:
    start = base(caption)

    def tags(i: int) -> str:
        a, b = times[i]
        return _switched(a - start, b - start, f"\\1c{tag_color(other)}", f"\\1c{tag_color(said)}")

    return tags


def _switched(start: int, end: int, other: str, said: str) -> str:
    """Return tags for one state before `start` and from `end` on, and another in between."""
    if start <= 0:
        return f"{said}\\t({end},{end},{other})"
    return f"{other}\\t({start},{start},{said})\\t({end},{end},{other})"
