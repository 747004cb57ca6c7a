"""Modes that show more than one caption at once, each in one row."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from karaokify_daemon.domain.ass.filling import filled
from karaokify_daemon.domain.ass.look import Look, Placed, place
from karaokify_daemon.domain.ass.text import Event, rounded_box, tag_alpha, tag_color
from karaokify_daemon.domain.captions import Caption

_DIM = 0.45
_SMALL = 0.82  # of the current row
_STEP = 1.5  # from row to row, in pitches
_SCROLL_MS = 220
_AHEAD_MS = 2500  # how early a song's row is shown
_LINGER_MS = 250
_COUNTED_MS = 4000  # a rest as long as this ends with a count
_COUNT, _COUNT_MS = 3, 700


def teleprompter(captions: Sequence[Caption], look: Look) -> Iterator[Event]:
    """Show the row before, the row that is said, and the row that follows; all scroll up."""
    if not captions:
        return
    step = look.pitch * _STEP
    middle = place(captions[0], look)[0].y - step
    shown = [_bounds(captions[0])[0], *(caption.start for caption in captions[1:])]
    ends = [*shown[1:], captions[-1].end]
    for i, caption in enumerate(captions):
        if i:
            yield _dim(caption, look, middle + step, (shown[i - 1], shown[i]), 0)
        yield from _current(caption, look, middle, (max(shown[i], caption.start), ends[i]), step)
        if i + 1 < len(captions):
            yield _dim(caption, look, middle - step, (ends[i], ends[i + 1]), step)


def classic(captions: Sequence[Caption], look: Look) -> Iterator[Event]:
    """Show a song's rows in turn above, at the left, and below, at the right.

    A row stands there before it is sung, as soon as the one before it in its place has ended;
    after a rest, dots count down to it.
    """
    for i, caption in enumerate(captions):
        start, end = caption.words[0].start, caption.words[-1].end
        first, last = _bounds(caption)
        free = captions[i - 2].words[-1].end + _LINGER_MS if i > 1 else first
        rest_from = captions[i - 1].words[-1].end if i else first
        resting = start - rest_from >= _COUNTED_MS
        begin = max(free, start - max(_AHEAD_MS, (_COUNT + 1) * _COUNT_MS if resting else 0))
        if i and not resting:
            begin = min(begin, max(free, captions[i - 1].words[0].start))
        begin = min(begin, start)
        side = _side(caption, look, lower=bool(i % 2))
        gone = min(end + _LINGER_MS, last) if last else end + _LINGER_MS
        yield from filled(side, f"{side.tags}\\fad(150,150)", begin, gone, layer=2)
        if resting:
            yield from _counted(side, start, first)


def _bounds(caption: Caption) -> tuple[int, int | None]:
    """Return from when to when a row may be seen; None: without end."""
    return caption.part or (0, None)


def _dim(caption: Caption, look: Look, y: float, times: tuple[int, int], step: float) -> Event:
    placed, *_ = place(caption, look, y=y)
    percent = round(placed.scale * _SMALL * 100)
    at = f"\\pos({placed.x:.0f},{y:.0f})"
    if step:
        at = f"\\move({placed.x:.0f},{y + step:.0f},{placed.x:.0f},{y:.0f},0,{_SCROLL_MS})"
    dim = f"\\alpha{tag_alpha(_DIM)}\\1c{tag_color(look.color)}"
    tags = f"\\an5{at}\\fscx{percent}\\fscy{percent}{dim}"
    return Event(
        start=times[0], end=times[1], layer=2, text=f"{{{tags}}}{placed.words(lambda _: '')}"
    )


def _current(
    caption: Caption, look: Look, y: float, times: tuple[int, int], step: float
) -> Iterator[Event]:
    placed, *_ = place(caption, look, y=y)
    move = f"\\move({placed.x:.0f},{y + step:.0f},{placed.x:.0f},{y:.0f},0,{_SCROLL_MS})"
    percent = round(placed.scale * 100)
    tags = f"\\an5{move}\\fscx{percent}\\fscy{percent}"
    yield from filled(placed, tags, *times, layer=2)


def _side(caption: Caption, look: Look, *, lower: bool) -> Placed:
    placed, *_ = place(caption, look)
    if lower:
        return replace(placed, x=look.width - look.side, align="right")
    return replace(placed, x=look.side, y=placed.y - look.pitch * _STEP, align="left")


def _counted(placed: Placed, start: int, first: int) -> Iterator[Event]:
    """Yield dots above a row's start, from `first` on, that go one by one until it is sung."""
    look = placed.look
    size = round(look.size * 0.34)
    for n in range(_COUNT):
        away = size * (0.5 + 1.8 * n)
        x = placed.left + (placed.width - away if placed.rtl else away)
        y = placed.y - look.pitch * 0.8
        dot = rounded_box(size, size, size / 2)
        tags = f"\\an5\\pos({x:.0f},{y:.0f})\\1c{tag_color(look.highlight)}\\fad(120,120)\\p1"
        gone = start - (_COUNT - 1 - n) * _COUNT_MS
        begin = max(first, start - (_COUNT + 1) * _COUNT_MS)
        if gone > begin:
            yield Event(start=begin, end=gone, layer=2, style="Box", text=f"{{{tags}}}{dot}")
