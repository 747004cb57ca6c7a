"""What a text is counted by: its words, or pairs of characters where it has no spaces."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

from karaokify_daemon.domain.alignment import folded
from karaokify_daemon.domain.alikeness import Alike
from karaokify_daemon.domain.sentences import Sentence

_ALIKE = 0.65
_PULSE = 200  # sentences between two calls
_fold = lru_cache(maxsize=100_000)(folded)


def terms(sentence: Sentence) -> list[str]:
    """Return the terms of a sentence in order, folded.

    Without spaces nobody knows where words are, so all pairs of neighbouring characters count
    (bigrams serve retrieval about as well as words do: Nie and Ren 1999,
    doi:10.1016/S0306-4573(98)00047-6).
    """
    words = [_fold(word.text) for word in sentence.words]
    if sentence.joiner:
        return [word for word in words if word]
    return bigrams("".join(words))


def bigrams(text: str) -> list[str]:
    """Return all pairs of neighbouring characters.

    >>> bigrams("abcd"), bigrams("a")
    (['ab', 'bc', 'cd'], ['a'])
    """
    return [text[i : i + 2] for i in range(max(1, len(text) - 1))] if text else []


def groups(found: Sequence[Sentence], pulse: Callable[[], None] = lambda: None) -> list[int]:
    """Return, for each sentence, the number of the first one that says nearly the same.

    Of two such the most pairs of neighbouring terms are the same (shingles and their resemblance:
    Broder 1997, doi:10.1109/SEQUEN.1997.666900); of two that differ in a few key words, fewer are.
    `pulse` is called now and then, and may raise.
    """
    own = [_pairs(terms(sentence)) for sentence in found]
    index = Alike(own, _ALIKE)
    known: dict[frozenset[tuple[str, ...]], int] = {}
    for i, pairs in enumerate(own):
        if i % _PULSE == 0:
            pulse()
        if pairs not in known:
            known[pairs] = min((j for j, _ in index.found(i)), default=i)
            if known[pairs] == i:
                index.add(i)
    return [known[pairs] for pairs in own]


def _pairs(said: Sequence[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(pairwise(said)) or frozenset([tuple(said)])
