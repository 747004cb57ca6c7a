"""Parts that somebody has chosen, as clips of reels of some length: as they are, or nearly so."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.material import Material

SHORTEST_MS = 1000
_OFFERED = 1000.0  # by so much a clip that was offered is worth more than one that was not
_FURTHER = 2  # sentences before a clip, and behind it, that it may take in
_LEAST = 2 / 3  # of a clip that is left when sentences at its ends are left out
_LEFT_OUT = 0.95  # of what is left of its worth then
_TAKEN_IN = 0.5  # what it costs to take sentences in, in seconds of the best sentence


def fitting(
    material: Material, offered: Sequence[Candidate], length_ms: int, taken: Collection[int]
) -> Iterator[Candidate]:
    """Yield the parts of what was offered that can be clips: without silences, and not too long."""
    for clip in offered:
        first = clip.first
        while first <= clip.last:
            last = first
            while last < clip.last and not material.silent(last + 1):
                last += 1
            following = last + 1
            while last > first and material.length(first, last) > length_ms:
                last -= 1
            while first < last < clip.last and last in material.asking:
                last -= 1
            length = material.length(first, last)
            free = not any(i in taken for i in range(first, last + 1))
            if free and SHORTEST_MS <= length <= length_ms:
                score = clip.score * _OFFERED
                yield replace(
                    clip, first=first, last=last, length=length, score=score, offered=True,
                    worth=clip.score,
                )  # fmt: skip
            first = following


def varied(
    material: Material, clips: Sequence[Candidate], length_ms: int, taken: Collection[int]
) -> Iterator[Candidate]:
    """Yield clips that were offered with some sentences more, or fewer, at their ends.

    None begins, or ends, with what leans on a sentence that it leaves out.
    """
    for clip in clips:
        for first in _firsts(material, clip, taken):
            for last in _lasts(material, clip, taken):
                if first <= last and (first, last) != (clip.first, clip.last):
                    length = material.length(first, last)
                    if SHORTEST_MS <= length <= length_ms:
                        yield from _variant(material, clip, first, last, length)


def _variant(
    material: Material, clip: Candidate, first: int, last: int, length: int
) -> Iterator[Candidate]:
    """Yield an offered clip from another sentence on, or to another one."""
    inner = max(first, clip.first), min(last, clip.last)
    if inner[0] > inner[1]:
        return
    kept = material.spoken_ms(*inner) / (material.spoken_ms(clip.first, clip.last) or 1)
    if kept < _LEAST:
        return
    share = 1.0 if inner == (clip.first, clip.last) else _LEFT_OUT * kept
    more = material.total(first, last) - material.total(*inner)
    cost = _TAKEN_IN if (first, last) != inner else 0.0
    score = clip.score * share + more - cost
    yield replace(
        clip, first=first, last=last, length=length, score=score, worth=clip.worth * share
    )


def _firsts(material: Material, clip: Candidate, taken: Collection[int]) -> Iterator[int]:
    """Yield sentences with which an offered clip may begin."""
    yield clip.first
    for i in range(clip.first + 1, clip.last + 1):
        if i not in material.leaning:
            yield i
    for i in range(clip.first - 1, clip.first - 1 - _FURTHER, -1):
        if i < 0 or i in taken or material.silent(i + 1):
            break
        yield i


def _lasts(material: Material, clip: Candidate, taken: Collection[int]) -> Iterator[int]:
    """Yield sentences with which an offered clip may end."""
    yield clip.last
    for i in range(clip.first, clip.last):
        if i not in material.asking:
            yield i
    for i in range(clip.last + 1, clip.last + 1 + _FURTHER):
        if i >= len(material.sentences) or i in taken or material.silent(i):
            break
        if i not in material.asking:
            yield i
