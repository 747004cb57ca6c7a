"""What a recording is about, in its own words: found without a language model."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from karaokify_daemon.adapters.keywords import keywords, stop_words
from karaokify_daemon.domain.digest import Digest, Point
from karaokify_daemon.domain.extracts import points, summary, telling
from karaokify_daemon.domain.harmless import slug
from karaokify_daemon.domain.ranking import worths
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.titles import Titles
from karaokify_daemon.domain.topics import chapters


class Extractive:
    """What the sentences of one recording tell of it; `pulse` is called, and may raise."""

    def __init__(
        self,
        found: Sequence[Sentence],
        language: str,
        pulse: Callable[[], None] = lambda: None,
    ) -> None:
        self._found, self._language, self._pulse = found, language, pulse
        self._about = keywords(found, language, pulse)
        # Loudness, which depends on how the recording was coded, is no matter of what is told.
        self._plain = worths(found, self._about, [None] * len(found), language, pulse)
        small = stop_words(language.partition("-")[0].lower())
        self._titles = Titles(found, self._about, small, self._plain, language)

    def worths(self, levels: Sequence[float | None]) -> list[float]:
        """Return what each sentence is worth, from 0 to 1.

        `levels` says how loud each sentence is, in dB; None for unknown.
        """
        return worths(self._found, self._about, levels, self._language, self._pulse)

    def digest(self, duration_ms: int) -> Digest:
        """Return what the recording is about: the same, however it was recorded and coded."""
        told = telling(self._found, self._plain, self._language)
        named = self._titles.whole
        return Digest(
            title=named,
            summary=summary(self._found, told, self._about),
            points=points(self._found, told, self._about, duration_ms),
            chapters=self._chapters(duration_ms),
            file_name=slug(named.lower()),
        )

    def title(self, first: int, last: int) -> str:
        """Return a short title of some sentences; empty where there is none."""
        return self._titles.of_clip(first, last)

    def _chapters(self, duration_ms: int) -> tuple[Point, ...]:
        """Return parts with titles; one that has none belongs to the part before it."""
        edges = [*chapters(self._found, self._about, duration_ms), len(self._found)]
        named: list[Point] = []
        used: set[str] = set()
        for begin, end in pairwise(edges):
            self._pulse()
            text = self._titles.of_part(begin, end - 1, used)
            if text:
                used.add(text)
                named.append(Point(sentence=begin if named else 0, text=text))
        return tuple(named) if len(named) > 1 else ()
