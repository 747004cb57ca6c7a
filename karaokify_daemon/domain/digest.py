"""What a recording is about: its best parts, a title, a summary, key points and chapters.

All of it refers to sentences by their numbers; times are those of the sentences.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

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

    def or_else(self, other: "Digest") -> "Digest":
        """Return it with what the other one has, where it has nothing; clips stay its own."""
        return Digest(
            title=self.title or other.title,
            summary=self.summary or other.summary,
            points=self.points or other.points,
            chapters=self.chapters or other.chapters,
            file_name=self.file_name or other.file_name,
            clips=self.clips,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return its JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the digest of a JSON form."""
        lists = {
            "points": tuple(Point(**point) for point in data["points"]),
            "chapters": tuple(Point(**point) for point in data["chapters"]),
            "clips": tuple(Candidate(**clip) for clip in data["clips"]),
        }
        return cls(**{**data, **lists})
