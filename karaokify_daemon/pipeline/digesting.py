"""What a recording is about, in its own words: found without a language model."""

from collections.abc import Sequence
from itertools import pairwise

from karaokify_daemon.adapters.keywords import keywords
from karaokify_daemon.domain.digest import Digest, Point
from karaokify_daemon.domain.extracts import points, slug, summary
from karaokify_daemon.domain.keyphrases import sentence_counts, title
from karaokify_daemon.domain.ranking import worths
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.topics import chapters


class Extractive:
    """What the sentences of one recording tell of it."""

    def __init__(self, found: Sequence[Sentence], language: str) -> None:
        self._found, self._language = found, language
        self._about = keywords(found, language)
        self._counts = sentence_counts(found)

    def worths(self, levels: Sequence[float | None]) -> list[float]:
        """Return what each sentence is worth, from 0 to 1.

        `levels` says how loud each sentence is, in dB; None for unknown.
        """
        return worths(self._found, self._about, levels, self._language)

    def digest(self, worth: Sequence[float], duration_ms: int) -> Digest:
        """Return what the recording is about; `worth` is that of each sentence."""
        named = self.title(0, len(self._found) - 1)
        return Digest(
            title=named,
            summary=summary(self._found, worth, self._about),
            points=points(self._found, worth, self._about, duration_ms),
            chapters=self._chapters(duration_ms),
            file_name=slug(named),
        )

    def title(self, first: int, last: int) -> str:
        """Return a short title of some sentences; empty where there is none."""
        return title(self._found[first : last + 1], self._about, self._counts)

    def _chapters(self, duration_ms: int) -> tuple[Point, ...]:
        edges = [*chapters(self._found, self._about, duration_ms), len(self._found)]
        if len(edges) < 3:  # one chapter says no more than the title
            return ()
        return tuple(
            Point(sentence=begin, text=self.title(begin, end - 1)) for begin, end in pairwise(edges)
        )
