"""What a text is counted by: its words, or pairs of characters where it has no spaces."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from karaokify_daemon.domain.alignment import folded
from karaokify_daemon.domain.sentences import Sentence

_ALIKE = 0.65
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


def groups(found: Sequence[Sentence]) -> list[int]:
    """Return, for each sentence, the number of the first one that says nearly the same.

    Of two such the most pairs of neighbouring terms are the same (shingles and their resemblance:
    Broder 1997, doi:10.1109/SEQUEN.1997.666900); of two that differ in a few key words, fewer are.
    """
    first: list[int] = []
    saying: dict[tuple[str, ...], list[int]] = {}
    own: list[frozenset[tuple[str, ...]]] = []
    for i, sentence in enumerate(found):
        said = terms(sentence)
        own.append(frozenset(pairwise(said)) or frozenset([tuple(said)]))
        shared: dict[int, int] = {}
        for pair in own[i]:
            for j in saying.get(pair, ()):
                shared[j] = shared.get(j, 0) + 1
        alike = [j for j, n in shared.items() if n >= _ALIKE * len(own[i] | own[j])]
        first.append(min(alike, default=i))
        if not alike:
            for pair in own[i]:
                saying.setdefault(pair, []).append(i)
    return first
