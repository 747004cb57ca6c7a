"""Which clips of a reel are read in one go: each stretch takes a decoder, and its memory."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from karaokify_daemon.domain.timeline import Clip, Cut, Timeline

MOST = 60  # at once; one for pictures of 1080p takes some 45 MB
_NEAR_MS = 10_000  # what is between two clips is decoded, where they are read in one go


def stretches(timeline: Timeline) -> list[tuple[Clip, ...]]:
    """Return the clips of a reel, those together that are read in one go.

    Those are, at once in the reel, and soon in the recording: within 10 seconds, or whatever it
    takes so that there are no more than `MOST`.
    """
    gaps = [_gap(timeline, one, other) for one, other in pairwise(timeline.clips)]
    joined = _nearest(gaps, len(gaps) + 1 - MOST)
    found = [[timeline.clips[0]]]
    for i, clip in enumerate(timeline.clips[1:]):
        if i in joined:
            found[-1].append(clip)
        else:
            found.append([clip])
    return [tuple(clips) for clips in found]


def fewer(cuts: Sequence[Cut], rate: Fraction, crossfade_ms: int) -> list[Cut]:
    """Return cuts of no more stretches than `MOST`: the closest ones do not fade into another."""
    moment = 1000 / rate
    gaps: list[float | None] = [
        _apart(other.start - one.end, moment) for one, other in pairwise(cuts)
    ]
    fades = [min(crossfade_ms, one.tail, other.lead) >= 2 * moment for one, other in pairwise(cuts)]
    usual = [None if fade else gap for gap, fade in zip(gaps, fades, strict=True)]
    if len(gaps) - len(_nearest(usual)) < MOST:
        return list(cuts)
    joined = _nearest(gaps, len(gaps) + 1 - MOST)
    return [replace(cut, lead=0) if i - 1 in joined else cut for i, cut in enumerate(cuts)]


def _gap(timeline: Timeline, before: Clip, clip: Clip) -> float | None:
    """Return what is between two clips in the recording; None where they fade, or overlap."""
    gap = clip.start - timeline.source_end(before)
    return _apart(gap, timeline.ms(1)) if clip.fade <= 1 else None


def _apart(gap: float, moment: Fraction | int) -> float | None:
    return gap if gap >= 2 * moment else None


def _nearest(gaps: Sequence[float | None], least: int = 0) -> set[int]:
    """Return the numbers of the gaps that are read over: small ones, and so many at least."""
    known = sorted((gap, i) for i, gap in enumerate(gaps) if gap is not None)
    usual = sum(gap <= _NEAR_MS for gap, _ in known)
    return {i for _, i in known[: max(usual, least)]}
