"""What a language model may answer, and what of it is taken: ids of sentences and plain texts.

An answer is a stranger's text: whoever speaks in a recording may have told the model what to say.
So an answer is either exactly of the form asked for, or refused with all that is wrong with it.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.digest import Digest, Point
from karaokify_daemon.domain.harmless import cut, harmless, slug
from karaokify_daemon.domain.json_in_text import json_object
from karaokify_daemon.domain.plain import plain

MOST_POINTS, MOST_CHAPTERS, MOST_CLIPS = 12, 30, 80
LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_POINT = 80, 1200, 200  # characters
# Times what was asked for: whoever sees no times cannot know which sentences are short, and what
# is too long is ended sooner.
_STRETCHED = 2
_TOLD, _IN_SHORT = 20, 3  # problems, at most
_LONGEST = 200_000  # characters: no answer to what is asked is half as long
T = TypeVar("T")


class RefusedError(ValueError):
    """An answer is not what was asked for; `problems` says all that is wrong with it.

    `valid` is what of it would not be refused alone: texts, points, chapters in order, and clips
    that do not overlap.
    """

    def __init__(self, problems: list[str], valid: Digest | None = None) -> None:
        super().__init__(problems, valid)
        self.problems, self.valid = problems[:_TOLD], valid or Digest()

    def __str__(self) -> str:
        return "; ".join(self.problems)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What an answer may refer to: ids that were `shown`.

    A clip is to be of `longest` sentences at most, and is of twice as many, all clips together of
    at least `least`; where `longest` is 0, no clip is needed.
    """

    shown: Collection[int]
    longest: int
    least: int = 1


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": _object(**properties)}


_TEXT, _ID, _NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
# Of JSON Schema, only what every provider takes: the limits are told in words, and checked here.
SCHEMA: dict[str, Any] = _object(
    title=_TEXT,
    summary=_TEXT,
    key_points=_list(sentence=_ID, text=_TEXT),
    chapters=_list(sentence=_ID, title=_TEXT),
    file_name=_TEXT,
    clips=_list(first=_ID, last=_ID, score=_NUMBER, title=_TEXT),
)


def read(text: str, bounds: Bounds) -> Digest:
    """Return what an answer says; the lengths of its clips are not known to it, and 0.

    JSON may stand in a fence or among prose; texts are made plain and cut to their length.
    Raises RefusedError.
    """
    if len(text) > _LONGEST:
        raise RefusedError([f"the answer is longer than {_LONGEST} characters"])
    given = json_object(text, SCHEMA["properties"])
    if given is None:
        how = "is not one whole JSON object" if text.strip() else "is empty"
        raise RefusedError([f"the answer {how}"])
    reader = _Reader(bounds)
    digest = reader.digest(given)
    if reader.problems:
        raise RefusedError(reader.problems, digest)
    return digest


def in_short(problems: Sequence[str]) -> str:
    """Return the first problems in one line.

    >>> in_short(["title: is empty", "clips: is not a list", "chapters[0]: has no field 'title'"])
    "title: is empty; clips: is not a list; chapters[0]: has no field 'title'"
    >>> in_short(["title: is empty"] * 5)
    'title: is empty; title: is empty; title: is empty; and 2 more'
    """
    more = [f"and {len(problems) - _IN_SHORT} more"] if len(problems) > _IN_SHORT else []
    return "; ".join([*problems[:_IN_SHORT], *more])


def written(digest: Digest) -> dict[str, Any]:
    """Return what an answer that says a digest is, as JSON data.

    >>> read(json.dumps(written(Digest(title="A", summary="B"))), Bounds(shown=(), longest=0))
    Digest(title='A', summary='B', points=(), chapters=(), file_name='A', clips=())
    """
    return {
        "title": digest.title,
        "summary": digest.summary,
        "key_points": [{"sentence": p.sentence, "text": p.text} for p in digest.points],
        "chapters": [{"sentence": c.sentence, "title": c.text} for c in digest.chapters],
        "file_name": digest.file_name,
        "clips": [
            {"first": c.first, "last": c.last, "score": round(c.score * 100), "title": c.title}
            for c in digest.clips
        ],
    }


class _Reader:
    """Takes an answer apart, and notes all that is wrong with it."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self.problems: list[str] = []

    def digest(self, given: Mapping[str, Any]) -> Digest:
        self._fields("the answer", given, SCHEMA)
        title = self._text("title", given.get("title"), LONGEST_TITLE)
        name = self._text("file_name", given.get("file_name"), LONGEST_SUMMARY, empty=True)
        chapters = self._chapters(given)
        points = self._points("key_points", given, "text", LONGEST_POINT, MOST_POINTS)
        return Digest(
            title=title,
            summary=self._text("summary", given.get("summary"), LONGEST_SUMMARY),
            points=tuple(sorted(points, key=lambda point: point.sentence)),
            chapters=chapters,
            file_name=slug(name) or slug(title),
            clips=self._clips(given),
        )

    def _wrong(self, where: str, what: str) -> None:
        self.problems.append(f"{where}: {what}" if where else what)

    def _fields(self, where: str, given: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
        known = schema["properties"]
        for name in known.keys() - given.keys():
            self._wrong(where, f"has no field {name!r}")
        for name in list(given.keys() - known.keys())[:3]:
            self._wrong(where, f"has an unknown field {json.dumps(plain(name)[:40])}")

    def _text(self, where: str, given: object, longest: int, *, empty: bool = False) -> str:
        if not isinstance(given, str):
            self._wrong(where, "is not a text")
            return ""
        text = cut(harmless(given[: 4 * longest]), longest)
        if not text and not empty:
            self._wrong(where, "is empty")
        return text

    def _id(self, where: str, given: object) -> int | None:
        if type(given) is not int:
            self._wrong(where, "is not the id of a sentence, an integer")
        elif given not in self._bounds.shown:
            self._wrong(where, f"{str(given)[:12]} is not the id of a sentence that was shown")
        else:
            return given
        return None

    def _valid(
        self,
        name: str,
        given: Mapping[str, Any],
        most: int,
        take: Callable[[str, Mapping[str, Any]], T | None],
    ) -> list[tuple[str, T]]:
        """Return what is taken of those items of a list that are right, each with its place."""
        items = given.get(name)
        if not isinstance(items, list):
            self._wrong(name, "is not a list")
            return []
        if len(items) > most:
            self._wrong(name, f"has more than {most} items")
        found = []
        for number, item in enumerate(items[:most]):
            where, before = f"{name}[{number}]", len(self.problems)
            if not isinstance(item, dict):
                self._wrong(where, "is not an object")
                continue
            self._fields(where, item, SCHEMA["properties"][name]["items"])
            taken = take(where, item)
            if taken is not None and len(self.problems) == before:
                found.append((where, taken))
        return found

    def _points(
        self, name: str, given: Mapping[str, Any], key: str, longest: int, most: int
    ) -> list[Point]:
        def take(where: str, item: Mapping[str, Any]) -> Point | None:
            sentence = self._id(f"{where}.sentence", item.get("sentence"))
            text = self._text(f"{where}.{key}", item.get(key), longest)
            return None if sentence is None else Point(sentence=sentence, text=text)

        return [point for _, point in self._valid(name, given, most, take)]

    def _chapters(self, given: Mapping[str, Any]) -> tuple[Point, ...]:
        found = self._points("chapters", given, "title", LONGEST_TITLE, MOST_CHAPTERS)
        if any(one.sentence >= next_.sentence for one, next_ in pairwise(found)):
            self._wrong("chapters", "are not in the order of their sentences, each another")
        first = {chapter.sentence: chapter for chapter in reversed(found)}
        return tuple(first[sentence] for sentence in sorted(first))

    def _clips(self, given: Mapping[str, Any]) -> tuple[Candidate, ...]:
        clips = self._valid("clips", given, MOST_CLIPS, self._clip)
        for (_, one), (where, other) in pairwise(clips):
            if other.first <= one.last:
                self._wrong(where, "overlaps the clip before it, or stands before that")
        chosen = sum(clip.last - clip.first + 1 for _, clip in clips)
        least = self._bounds.least if self._bounds.longest else 0
        if chosen < least and not self.problems:
            self._wrong("clips", f"hold {chosen} sentences together, not {least} at least")
        return _apart(clip for _, clip in clips)

    def _clip(self, where: str, item: Mapping[str, Any]) -> Candidate | None:
        first = self._id(f"{where}.first", item.get("first"))
        last = self._id(f"{where}.last", item.get("last"))
        title = self._text(f"{where}.title", item.get("title"), LONGEST_TITLE)
        score = self._score(f"{where}.score", item.get("score"))
        if first is None or last is None or score is None:
            return None
        if first > last:
            self._wrong(where, "its first sentence is behind its last")
            return None
        if self._bounds.longest and last - first >= _STRETCHED * self._bounds.longest:
            self._wrong(where, f"is longer than {self._bounds.longest} sentences")
            return None
        if any(id_ not in self._bounds.shown for id_ in range(first, last + 1)):
            self._wrong(where, "has sentences in it that were not shown")
            return None
        return Candidate(first=first, last=last, length=0, score=score, title=title)

    def _score(self, where: str, given: object) -> float | None:
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 100:
            self._wrong(where, "is not a number from 0 to 100")
            return None
        return given / 100


def _apart(clips: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return clips in order; of those that overlap, that of the higher score."""
    kept: list[Candidate] = []
    for clip in sorted(clips, key=lambda clip: (-clip.score, clip.first)):
        if all(clip.last < one.first or one.last < clip.first for one in kept):
            kept.append(clip)
    return tuple(sorted(kept, key=lambda clip: clip.first))
