"""When the picture of a script changes, so that frames that repeat one another need not be made."""

import math
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction

from karaokify_daemon.domain.ass.text import Event, centiseconds

_FADE = re.compile(r"\\fad\((\d+),(\d+)\)")
_TIMED = re.compile(r"\\(?:t\(|move\([-\d]+,[-\d]+,[-\d]+,[-\d]+,)(-?\d+),(-?\d+)")
_MOVING = re.compile(r"\\(?:t|move)\(")
_KARAOKE = re.compile(r"\\k(f?)(-?\d+)")


def frames_of_change(
    events: Iterable[Event], rate: Fraction, count: int, at_least: float
) -> list[int]:
    r"""Return the numbers of those of `count` frames that may differ from the one before.

    The first and the last are among them, and one in `at_least` seconds. What is looked at are the
    times of the events, and of the tags that the scripts here have: `\k`, `\kf`, `\fad`, `\t` and
    `\move` with their times.
    """
    found = {0, count - 1, *range(0, count, max(1, int(rate * Fraction(at_least))))}
    for event in events:
        for begin, end in _spans(event):
            found.update(range(_frame(begin, rate), _frame(end, rate) + 1))
    return sorted(frame for frame in found if 0 <= frame < count)


def _frame(ms: int, rate: Fraction) -> int:
    """Return the first frame at, or after, a time; libass knows whole milliseconds."""
    return math.ceil(ms * rate / 1000)


def _spans(event: Event) -> Iterator[tuple[int, int]]:
    """Yield from when to when an event changes, in milliseconds; a moment is a span, too."""
    start, end = (centiseconds(ms) * 10 for ms in (event.start, event.end))
    yield start, start
    yield end, end
    for into, out in _FADE.findall(event.text):
        yield start, start + int(into)
        yield end - int(out), end
    timed = _TIMED.findall(event.text)
    if len(timed) < len(_MOVING.findall(event.text)):
        yield start, end
    for begin, until in timed:
        yield start + int(begin), start + int(until)
    now = start
    for filled, length in _KARAOKE.findall(event.text):
        before, now = now, now + int(length) * 10
        yield (before if filled else now), now
