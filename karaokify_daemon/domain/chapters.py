"""Chapters: the parts of a recording that players can jump to."""

from collections.abc import Iterable
from dataclasses import dataclass

from karaokify_daemon.domain.plain import plain

_MOST = 500
_LONGEST_TITLE = 200  # characters


@dataclass(frozen=True)
class Chapter:
    """A part of a recording, from `start` (milliseconds) to the start of the next."""

    start: int
    title: str

    def to_dict(self) -> dict[str, object]:
        """Return its JSON form, in seconds."""
        return {"start": self.start / 1000, "title": self.title}


def chapters_within(found: Iterable[Chapter], duration_ms: int) -> tuple[Chapter, ...]:
    """Return chapters in order, those that begin inside a recording, each with a title.

    >>> [(c.start, c.title) for c in chapters_within([Chapter(900, ""), Chapter(0, "A")], 1000)]
    [(0, 'A'), (900, 'Chapter 2')]
    """
    starts = {chapter.start: chapter.title for chapter in found if 0 <= chapter.start < duration_ms}
    return tuple(
        Chapter(start, plain(starts[start][:_LONGEST_TITLE]) or f"Chapter {number}")
        for number, start in enumerate(sorted(starts)[:_MOST], start=1)
    )
