"""What a recording is about, in its own words: found without a language model."""

from collections.abc import Sequence

from karaokify_daemon.adapters.keywords import keywords
from karaokify_daemon.domain.digest import Digest
from karaokify_daemon.domain.ranking import worths
from karaokify_daemon.domain.sentences import Sentence


def extractive(
    found: Sequence[Sentence], levels: Sequence[float | None], language: str, duration_ms: int
) -> tuple[Digest, list[float]]:
    """Return what a recording is about, and what each of its sentences is worth."""
    about = keywords(found, language)
    return Digest(), worths(found, about, levels, language)


def clip_title(found: Sequence[Sentence], first: int, last: int, language: str) -> str:
    """Return a short title of some sentences; empty where there is none."""
    return ""
