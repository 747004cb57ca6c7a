"""Reading TTML (and DFXP, its old name): words and times, nothing of its look.

Source: https://www.w3.org/TR/ttml2/, section 12 (timing), and https://www.w3.org/TR/ttml-imsc1.1/.
The file is read as a stream: a tree of 64 MiB of elements would take gigabytes.
"""

import re
from dataclasses import dataclass
from xml.parsers import expat

from karaokify_daemon.domain.languages import UNKNOWN, three_letters
from karaokify_daemon.domain.subtitles.cue import Cue, Part
from karaokify_daemon.domain.subtitles.ttml_clock import Clock
from karaokify_daemon.errors import SidecarError

_NAMESPACES = ("http://www.w3.org/ns/ttml", "http://www.w3.org/2006/10/ttaf1")
_OLD = "http://www.w3.org/2006/04/ttaf1"
_READ = frozenset({"tt", "body", "div", "p", "span", "br", "set"})
_NOT_SPOKEN = frozenset({"text", "textContainer", "delimiter"})  # tts:ruby: how a word is read
_LANGUAGE = re.compile(r"""<(?:\w+:)?tt\s[^>]*xml:lang=["']([A-Za-z]{2,3})[-"']""")
_HEAD = 10_000  # characters in which the first element begins and ends
_DEEPEST = 100
_LAST_MS = 5000  # a text without an end is shown until the next one, the last so long


def read_ttml(text: str) -> list[Cue]:
    """Return the paragraphs with what they say; times of spans, or of a `set` in one, are words'.

    Raises SidecarError where it is not XML, or declares entities.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(text, True)  # noqa: FBT003 - it has no name
    except expat.ExpatError as error:
        raise SidecarError(f"is not valid XML: {error}") from error
    return _ended(reader.cues)


def ttml_language(text: str) -> str | None:
    """Return the language that a TTML file says it is in, as Whisper's code; None for none.

    >>> ttml_language('<tt xml:lang="pt-BR" xmlns="http://www.w3.org/ns/ttml"/>')
    'pt'
    """
    found = _LANGUAGE.search(text[:_HEAD])
    return found[1].lower() if found and three_letters(found[1].lower()) != UNKNOWN else None


@dataclass
class _Element:
    """An open element: its times in milliseconds, `end` None where nothing says it."""

    name: str
    begin: int
    end: int | None
    timed: bool = False
    sequence: bool = False  # its children follow each other, the next one from `last` on
    last: int = 0  # when the latest of its children ends, or the one before


class _Reader:
    """What is read of a stream so far."""

    def __init__(self) -> None:
        self.cues: list[tuple[int, int | None, tuple[Part, ...]]] = []
        self._clock = Clock()
        self._open: list[_Element] = []
        self._skipped = 0  # depth inside an element that is not read
        self._parts: list[Part] = []
        self._start: int | None = None  # of the text that comes next

    def start(self, tag: str, raw: dict[str, str]) -> None:
        """Begin an element."""
        if len(self._open) + self._skipped >= _DEEPEST:
            raise SidecarError(f"has elements in elements, more than {_DEEPEST} deep")
        space, _, name = tag.rpartition(" ")
        attributes = {key.rpartition(" ")[2]: value for key, value in raw.items()}
        known = name in _READ and (not space or space in _NAMESPACES or space == _OLD)
        if self._skipped or not known or attributes.get("ruby") in _NOT_SPOKEN:
            self._skipped += 1
            return
        if name == "tt":
            self._clock = Clock.of(attributes)
        element = self._timed(name, attributes)
        self._open.append(element)
        if name == "p":
            self._parts, self._start = [], None
        elif name == "br":
            self._parts.append(Part("\n"))
        elif name == "span" and element.timed:
            self._start = element.begin
        elif name == "set":
            self._set(element)

    def end(self, _tag: str) -> None:
        """End the innermost element."""
        if self._skipped:
            self._skipped -= 1
            return
        element = self._open.pop()
        if element.name == "span" and element.timed:
            self._start = None
            if element.end is not None:
                self._parts.append(Part("", element.end))
        elif element.name == "p":
            self._paragraph(element)
        if self._open and element.name not in ("set", "br"):
            over = element.last if element.end is None else element.end
            outer = self._open[-1]
            outer.last = over if outer.sequence else max(outer.last, over)

    def characters(self, text: str) -> None:
        """Take text, which is said where it stands in a paragraph."""
        if self._skipped or not any(element.name == "p" for element in self._open):
            return
        if text.strip():
            self._parts.append(Part(text, self._start))
            self._start = None
        else:
            self._parts.append(Part(text))

    def _timed(self, name: str, attributes: dict[str, str]) -> _Element:
        """Return an element with its times: relative to its parent's, or to its elder sibling's."""
        outer = self._open[-1] if self._open else _Element("", 0, None)
        origin = outer.last if outer.sequence else outer.begin
        begin, end, length = (self._clock.ms(attributes.get(k)) for k in ("begin", "end", "dur"))
        start = origin + (begin or 0)
        ends = [
            outer.end,
            None if end is None else origin + end,
            None if length is None else start + length,
        ]
        told = [ms for ms in ends if ms is not None]
        timed = not begin is end is length is None
        sequence = attributes.get("timeContainer") == "seq"
        over = max(start, min(told)) if told else None
        return _Element(name, start, over, timed, sequence, start)

    def _set(self, element: _Element) -> None:
        """Take the time of a `set` for that of its span, which is shown longer than it is said."""
        span = self._open[-2] if len(self._open) > 1 else element
        if span.name == "span" and element.timed and not span.timed:
            span.timed, span.end = True, element.end
            self._start = element.begin

    def _paragraph(self, element: _Element) -> None:
        if not any(part.text.strip() for part in self._parts):
            return
        begin, over = element.begin, element.end
        starts = [part.start for part in self._parts if part.start is not None]
        if not element.timed and starts:  # times only on its spans
            begin = max(begin, min(starts))
            over = max(starts) if over is None or max(starts) > begin else over
        self.cues.append((begin, over, tuple(self._parts)))


def _ended(found: list[tuple[int, int | None, tuple[Part, ...]]]) -> list[Cue]:
    """Return cues by time, those without an end ended."""
    found.sort(key=lambda cue: cue[0])
    cues = []
    for i, (begin, end, parts) in enumerate(found):
        following = found[i + 1][0] if i + 1 < len(found) else begin + _LAST_MS
        cues.append(Cue(begin, following if end is None else end, parts))
    return cues


def _refuse(*_: object) -> None:
    raise SidecarError("has a DOCTYPE, which subtitles do not need and which is never read")
