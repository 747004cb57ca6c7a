"""When captions are shown: from when to when their words are said, and what a reader needs."""

from collections.abc import Sequence
from itertools import zip_longest

LEAST_MS = 833  # 5/6 s: Netflix's norm
LONGEST_MS = 7000  # a caption that stands longer is read twice
_SHORTEST_MS = 1000  # what a reader needs to notice a caption
_LEAD_MS = 300  # shown ahead of its first word, where there is room
_HOLD_MS = 700  # kept after its last word, where there is room
_BRIDGE_MS = 1500  # a gap shorter than this is not worth an empty picture
_FLASH_MS = 500

Span = tuple[int, int]


def shown(spoken: Sequence[Span], begin: int = 0, until: int | None = None) -> list[Span]:
    """Return when each caption is shown, from when it is spoken (milliseconds), in order.

    None is shown before `begin`, or from `until` on.

    >>> shown([(500, 2000), (2400, 4000)], until=4200)
    [(200, 2100), (2100, 4200)]
    """
    starts: list[int] = []
    before = begin
    for start, end in spoken:
        lead = max(_LEAD_MS, _SHORTEST_MS - (end - start) - _HOLD_MS)
        seen = starts[-1] + LEAST_MS if starts else 0  # the one before has been
        starts.append(min(start, max(before, start - lead, seen)))
        before = end
    ends = []
    for (start, end), following in zip_longest(spoken, starts[1:]):
        held = max(end + _HOLD_MS, start + _SHORTEST_MS)
        if following is None:
            ends.append(held if until is None else min(held, until))
        else:
            ends.append(following if following - end < _BRIDGE_MS else min(held, following))
    spans = _none_too_long(starts, spoken, ends)
    return spans if until is None else [(start, min(end, until)) for start, end in spans]


def _none_too_long(
    starts: Sequence[int], spoken: Sequence[Span], ends: Sequence[int]
) -> list[Span]:
    """Return the spans, what a caption is held for cut to the longest time.

    Where that would leave a gap that is seen as a flash, the next one comes as soon as this goes.
    """
    spans: list[Span] = []
    for start, (first, said), until in zip(starts, spoken, ends, strict=True):
        begin = start
        if spans and 0 < start - spans[-1][1] < _FLASH_MS:
            begin = spans[-1][1]
        end = max(said, min(until, begin + LONGEST_MS))
        later = min(first, end - LONGEST_MS)
        if later > begin:
            if spans and spans[-1][1] == begin:
                spans[-1] = (spans[-1][0], later)
            begin = later
        spans.append((begin, end))
    return spans
