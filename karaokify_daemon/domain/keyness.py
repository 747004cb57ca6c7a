"""Keyness: which words a recording is about, from how often they are said and are to be expected.

How much more often a word is said than its language would have it (log ratio: Gabrielatos 2018,
Keyness Analysis, in Corpus Approaches to Discourse, isbn:978-1-138-89580-5), times beside how many
different words (accessor variety: Feng et al. 2004, doi:10.1162/089120104773633394): what is said
in the same words again and again counts once.
Words that are key are said beside others that are (mutual reinforcement: Zha 2002,
doi:10.1145/564376.564398).
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.terms import groups, terms

_RAREST = 1e-6  # how frequent a word is that the language's list does not have
_FREQUENT = 1e-3  # words of grammar are
_LEAST = 1.0  # of the logarithm of the ratio
_UNKNOWN_GRAMMAR = 0.15  # of sentences; in a language that nothing is known of
_ROUNDS = 2  # of reinforcement; with more, one subject of several would be left
_ALONE = 0.1  # what a word keeps that no other one stands beside
_STRETCH = 1200  # terms: some eight minutes
_LENGTH = 6  # terms: a shorter sentence does not say more per word


def keyness(
    found: Sequence[Sentence],
    reference: Mapping[str, float],
    stop_words: frozenset[str],
    pulse: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """Return the terms that a recording is about, each with a weight above 0, up to 1.

    `reference` says how frequent folded terms are in the language, from 0 to 1. Where it is empty,
    what counts is in how few sentences a term is said (inverse document frequency).
    """
    own = [terms(found[i]) for i, first in enumerate(groups(found, pulse)) if first == i]
    parts = [_keyness(part, reference, stop_words) for part in _stretches(own)]
    most: dict[str, float] = {}
    for part in parts:
        for term, weight in part.items():
            most[term] = max(weight, most.get(term, 0.0))
    return most


def _stretches(own: Sequence[list[str]]) -> Iterator[list[list[str]]]:
    """Yield sentences by stretches: a recording may come from one subject to another."""
    total = sum(len(said) for said in own)
    count = max(1, round(total / _STRETCH))
    parts: list[list[list[str]]] = [[] for _ in range(count)]
    spent = 0
    for said in own:
        parts[min(count - 1, spent * count // max(1, total))].append(said)
        spent += len(said)
    yield from parts


def _keyness(
    own: Sequence[list[str]], reference: Mapping[str, float], stop_words: frozenset[str]
) -> dict[str, float]:
    """Return the terms that a stretch is about, each with a weight above 0, up to 1."""
    total = sum(len(said) for said in own)
    among = _within(own)
    known: dict[str, float] = {}
    for term, count in _variety(own).items():
        if term in stop_words or (len(term) < 2 and term.isascii()):
            continue
        ratio = (
            _log_ratio(count, total, reference.get(term, _RAREST))
            if reference
            else _rarity(among[term], len(own), listed=bool(stop_words))
        )
        if ratio > 0:
            known[term] = count * ratio
    weights = _scaled(known)
    for _ in range(_ROUNDS):
        weights = _scaled(_reinforced(weights, own))
    return weights


def _variety(own: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return before, or behind, how many different words each term is said: the fewer of both."""
    left: dict[str, set[str]] = defaultdict(set)
    right: dict[str, set[str]] = defaultdict(set)
    for said in own:
        for before, term, behind in zip(["", *said], said, [*said[1:], ""], strict=False):
            left[term].add(before)
            right[term].add(behind)
    return {term: min(len(words), len(right[term])) for term, words in left.items()}


def _within(own: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return in how many sentences each term is."""
    found: dict[str, int] = defaultdict(int)
    for said in own:
        for term in set(said):
            found[term] += 1
    return found


def _log_ratio(count: int, total: int, share: float) -> float:
    if share >= _FREQUENT:
        return 0.0
    return math.log(count / (total * max(share, _RAREST))) - _LEAST


def _rarity(count: int, sentences: int, *, listed: bool) -> float:
    if not listed and count > max(3, _UNKNOWN_GRAMMAR * sentences):
        return 0.0
    return math.log((1 + sentences) / count)


def _reinforced(weights: Mapping[str, float], own: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return weights times how much the other key terms of a term's sentences weigh."""
    beside: dict[str, list[float]] = defaultdict(list)
    for said in own:
        key = sorted({term for term in said if term in weights})
        total = sum(weights[term] for term in key)
        for term in key:
            beside[term].append((total - weights[term]) / math.sqrt(max(_LENGTH, len(said))))
    # One sentence more, beside none, so that a single one proves little.
    company = _scaled({term: sum(all_) / (len(all_) + 1) for term, all_ in beside.items()})
    return {
        term: weight * (_ALONE + (1 - _ALONE) * company[term]) for term, weight in weights.items()
    }


def _scaled(weights: Mapping[str, float]) -> dict[str, float]:
    most = max(weights.values(), default=0.0) or 1.0
    return {term: weight / most for term, weight in weights.items()}
