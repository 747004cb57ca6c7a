"""What a recording is about: its best parts, a title, a summary, key points and chapters.

All of it refers to sentences by their numbers; times are those of the sentences.
"""

from dataclasses import dataclass

from karaokify_daemon.domain.choice import Candidate


@dataclass(frozen=True, kw_only=True)
class Point:
    """Something that is said from a sentence on: a key point, or the title of a chapter."""

    sentence: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Digest:
    """What a recording is about.

    `clips` are the parts of it that may be in a reel; `file_name` is without ending; a summary is
    one paragraph. What is not known is empty.
    """

    title: str = ""
    summary: str = ""
    points: tuple[Point, ...] = ()
    chapters: tuple[Point, ...] = ()
    file_name: str = ""
    clips: tuple[Candidate, ...] = ()
