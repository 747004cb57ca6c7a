"""What a language model may answer, and what of it is taken: ids of sentences and plain texts.

An answer is a stranger's text: whoever speaks in a recording may have told the model what to say.
So an answer is either exactly of the form asked for, or refused with all that is wrong with it.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.digest import Digest, Point
from karaokify_daemon.domain.plain import plain

MOST_POINTS, MOST_CHAPTERS, MOST_CLIPS = 12, 30, 80
LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_POINT, LONGEST_NAME = 80, 1200, 200, 80  # characters
_LONGEST_NAME_BYTES = 180  # with a number and an ending, far below the 255 of file systems
_ATTEMPTS = 100  # places of a text at which JSON may begin
_TOLD = 20  # problems, at most
_FENCE = re.compile(r"```[a-zA-Z]*\s*(\{.*\})\s*```", re.DOTALL)
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_ADDRESS = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|www\.)\S*", re.IGNORECASE)
# Signs that mean something in ASS, HTML or Markdown, each by one that looks like it.
_HARMLESS = str.maketrans(
    {"{": "(", "}": ")", "\\": "/", "<": "\u2039", ">": "\u203a", "`": "'", "[": "(", "]": ")"}
)
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,4}$")


class RefusedError(ValueError):
    """An answer cannot be used; `problems` says all that is wrong with it, for who gave it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems[:_TOLD]


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What an answer may refer to: ids that were `shown`.

    A clip is of `longest` sentences at most, all clips together of at least `least`; where
    `longest` is 0, no clip is needed.
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
    given = _json(text)
    if given is None:
        how = "is not one whole JSON object" if text.strip() else "is empty"
        raise RefusedError([f"the answer {how}"])
    reader = _Reader(bounds)
    digest = reader.digest(given)
    if reader.problems:
        raise RefusedError(reader.problems)
    return digest


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


def slug(text: str) -> str:
    """Return a text as a name for files: letters, digits and hyphens; it may be empty.

    >>> slug("../../etc/passwd"), slug("Über die Brücke.mp4"), slug("?!")
    ('etc-passwd', 'Über-die-Brücke', '')
    """
    signs = unicodedata.normalize("NFKC", _ENDING.sub("", text.strip()))
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else "-" for c in signs)
    name = re.sub("-+", "-", kept).strip("-")[:LONGEST_NAME]
    return name.encode()[:_LONGEST_NAME_BYTES].decode("utf-8", "ignore").rstrip("-")


def _json(text: str) -> dict[str, Any] | None:
    """Return the first JSON object of a text that has a known field."""
    text = _THOUGHT.sub("", text)
    fenced = _FENCE.search(text)
    for candidate in (text, fenced[1] if fenced else ""):
        if (found := _decoded(candidate)) is not None:
            return found
    starts = [found.start() for found in re.finditer(r"\{", text)][:_ATTEMPTS]
    return next((f for at in starts if (f := _decoded(text[at:], whole=False)) is not None), None)


def _decoded(text: str, *, whole: bool = True) -> dict[str, Any] | None:
    decoder = json.JSONDecoder(parse_constant=_refuse)
    try:
        found = decoder.decode(text) if whole else decoder.raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None
    known = isinstance(found, dict) and found.keys() & SCHEMA["properties"].keys()
    return found if known else None


def _refuse(name: str) -> float:
    raise ValueError(name)


class _Reader:
    """Takes an answer apart, and notes all that is wrong with it."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self.problems: list[str] = []

    def digest(self, given: Mapping[str, Any]) -> Digest:
        self._fields("the answer", given, SCHEMA)
        title = self._text("title", given.get("title"), LONGEST_TITLE)
        name = self._text("file_name", given.get("file_name"), LONGEST_SUMMARY, empty=True)
        chapters = self._points("chapters", given, "title", LONGEST_TITLE, MOST_CHAPTERS)
        if any(one.sentence >= next_.sentence for one, next_ in pairwise(chapters)):
            self._wrong("chapters", "are not in the order of their sentences, each another")
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
        text = _cut(_harmless(given[: 4 * longest]), longest)
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

    def _items(self, name: str, given: Mapping[str, Any], most: int) -> list[tuple[str, Any]]:
        items = given.get(name)
        if not isinstance(items, list):
            self._wrong(name, "is not a list")
            return []
        if len(items) > most:
            self._wrong(name, f"has more than {most} items")
        schema = SCHEMA["properties"][name]["items"]
        found = []
        for number, item in enumerate(items[:most]):
            where = f"{name}[{number}]"
            if isinstance(item, dict):
                self._fields(where, item, schema)
                found.append((where, item))
            else:
                self._wrong(where, "is not an object")
        return found

    def _points(
        self, name: str, given: Mapping[str, Any], key: str, longest: int, most: int
    ) -> tuple[Point, ...]:
        found = []
        for where, item in self._items(name, given, most):
            sentence = self._id(f"{where}.sentence", item.get("sentence"))
            text = self._text(f"{where}.{key}", item.get(key), longest)
            if sentence is not None:
                found.append(Point(sentence=sentence, text=text))
        return tuple(found)

    def _clips(self, given: Mapping[str, Any]) -> tuple[Candidate, ...]:
        clips: list[Candidate] = []
        for where, item in self._items("clips", given, MOST_CLIPS):
            clip = self._clip(where, item)
            if clip is not None and clips and clip.first <= clips[-1].last:
                self._wrong(where, "overlaps the clip before it, or stands before that")
            if clip is not None:
                clips.append(clip)
        chosen = sum(clip.last - clip.first + 1 for clip in clips)
        least = self._bounds.least if self._bounds.longest else 0
        if chosen < least and not self.problems:
            self._wrong("clips", f"hold {chosen} sentences together, not {least} at least")
        return tuple(clips)

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
        if self._bounds.longest and last - first >= self._bounds.longest:
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


def _harmless(text: str) -> str:
    """Return a text of one line in which nothing acts: no addresses, no marks of other formats."""
    return plain(_ADDRESS.sub("", plain(text))).translate(_HARMLESS).strip()


def _cut(text: str, longest: int) -> str:
    """Return a text of so many characters at most, ended between words where there are some."""
    if len(text) <= longest:
        return text
    at = text.rfind(" ", 0, longest)
    head = text[:at] if at > longest // 2 else text[: longest - 1]
    return head.rstrip(" ,;:-") + "\u2026"
