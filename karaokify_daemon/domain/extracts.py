"""What is told of a recording in its own sentences: a summary, and key points."""

from collections.abc import Mapping, Sequence

from karaokify_daemon.domain.alignment import folded
from karaokify_daemon.domain.digest import Point
from karaokify_daemon.domain.keyphrases import capitalised
from karaokify_daemon.domain.leaning import asks, leans
from karaokify_daemon.domain.plain import plain
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.terms import terms

_SENTENCES, _SUMMARY = 3, 600  # of a summary, and characters
_FEWEST, _MOST, _POINT_MS = 3, 7, 180_000  # points: one per three minutes
_POINT = 200  # characters
_ALIKE = 0.4  # of the keywords of two sentences; then the second tells nothing new
_WORDS = 5  # what is shorter is told only where there is nothing else
_LEANING = 0.5  # of the worth of a sentence that refers back
_STEM = 4  # letters at the beginning of a word
_OPEN = " ,;:-–—"  # noqa: RUF001 - what no sentence ends with, dashes among it


def summary(
    found: Sequence[Sentence], worth: Sequence[float], keywords: Mapping[str, float]
) -> str:
    """Return the best sentences in order as one paragraph, of at most about 600 characters."""
    chosen: list[int] = []
    room = _SUMMARY
    for i in _diverse(found, worth, keywords):
        length = len(told(found[i])) + 1
        if len(chosen) < _SENTENCES and length <= room:
            chosen.append(i)
            room -= length
    joiner = found[0].joiner if found else ""
    return joiner.join(told(found[i]) for i in sorted(chosen))


def points(
    found: Sequence[Sentence],
    worth: Sequence[float],
    keywords: Mapping[str, float],
    duration_ms: int,
) -> tuple[Point, ...]:
    """Return the best sentences that say different things, in order: 3 to 7 where there are."""
    count = min(_MOST, max(_FEWEST, duration_ms // _POINT_MS))
    chosen = _diverse(found, worth, keywords)[:count]
    return tuple(Point(sentence=i, text=told(found[i], _POINT)) for i in sorted(chosen))


def telling(found: Sequence[Sentence], worth: Sequence[float], language: str) -> list[float]:
    """Return what sentences are worth by themselves, without those that are beside them.

    A question tells nothing; where all are questions, they are worth what they are.
    """
    alone = [
        0.0 if asks(s, language) else value * (_LEANING if s.id and leans(s, language) else 1.0)
        for s, value in zip(found, worth, strict=True)
    ]
    return alone if any(alone) else list(worth)


def told(sentence: Sentence, room: int = _SUMMARY // 2) -> str:
    """Return the text of a sentence with a capital letter, a mark behind it, and not too long."""
    text = capitalised(plain(sentence.text))
    if len(text) > room:
        cut = text[: room - 1]
        return cut[: cut.rfind(" ") if " " in cut else None].rstrip(_OPEN) + "…"
    bare = text.rstrip(_OPEN)
    if not bare[-1:].isalnum():
        return bare
    return bare + ("." if sentence.joiner else "。")


def says_more(title: str, beside: str) -> bool:
    """Tell whether a title says anything that another one, which is seen as well, does not.

    Words of the same beginning count as the same: languages inflect their ends.

    >>> says_more("Coral", "Algae, corals"), says_more("Coral nurseries", "Algae, corals")
    (False, True)
    """
    known = {folded(word)[:_STEM] for word in beside.split()}
    return not {folded(word)[:_STEM] for word in title.split()} <= known


def _diverse(
    found: Sequence[Sentence], worth: Sequence[float], keywords: Mapping[str, float]
) -> list[int]:
    """Return the numbers of sentences that say different things, the best first."""
    long = [i for i, s in enumerate(found) if len(terms(s)) >= _WORDS] or list(range(len(found)))
    chosen: list[int] = []
    said: list[frozenset[str]] = []
    for i in sorted(long, key=lambda i: (-worth[i], i)):
        everything = frozenset(terms(found[i]))
        own = everything & keywords.keys() or everything
        if any(len(own & other) > _ALIKE * len(own | other) for other in said):
            continue
        chosen.append(i)
        said.append(own)
        if len(chosen) == _MOST:
            break
    return chosen
