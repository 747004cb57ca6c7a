"""What a recording is about, in its own words: found without a language model."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from karaokify_daemon.adapters import keywords as adapter
from karaokify_daemon.domain.digest import Digest, Point
from karaokify_daemon.domain.extracts import points, slug, summary
from karaokify_daemon.domain.keyphrases import sentence_counts, title
from karaokify_daemon.domain.ranking import worths
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.topics import chapters


def extractive(
    found: Sequence[Sentence], levels: Sequence[float | None], language: str, duration_ms: int
) -> tuple[Digest, list[float]]:
    """Return what a recording is about, and what each of its sentences is worth, from 0 to 1.

    `levels` says how loud each sentence is, in dB; None for unknown.
    """
    about, counts = _about(tuple(found), language)
    worth = worths(found, about, levels, language)
    named = title(found, about, counts)
    digest = Digest(
        title=named,
        summary=summary(found, worth, about),
        points=points(found, worth, about, duration_ms),
        chapters=_chapters(found, about, counts, duration_ms),
        file_name=slug(named),
    )
    return digest, worth


def clip_title(found: Sequence[Sentence], first: int, last: int, language: str) -> str:
    """Return a short title of some sentences of a recording; empty where there is none."""
    about, counts = _about(tuple(found), language)
    return title(found[first : last + 1], about, counts)


@lru_cache(maxsize=2)  # each clip of a recording asks for the same
def _about(
    found: tuple[Sentence, ...], language: str
) -> tuple[Mapping[str, float], Mapping[str, int]]:
    """Return the keywords of a recording, and in how many of its sentences each term is."""
    return adapter.keywords(found, language), sentence_counts(found)


def _chapters(
    found: Sequence[Sentence],
    about: Mapping[str, float],
    counts: Mapping[str, int],
    duration_ms: int,
) -> tuple[Point, ...]:
    edges = [*chapters(found, about, duration_ms), len(found)]
    return tuple(
        Point(sentence=begin, text=title(found[begin:end], about, counts))
        for begin, end in pairwise(edges)
    )
