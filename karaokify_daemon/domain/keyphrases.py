"""Keyphrases: what is talked of, in a recording's own words.

A phrase is a whole stretch of words between small words and marks that is said again (candidates of
RAKE: Rose et al. 2010, doi:10.1002/9780470689646.ch1); what stands between other words elsewhere is
a part of something else, such as a subject with its verb. Of a part, that weighs most which
is said in it and not elsewhere (class-based tf-idf: Grootendorst 2022,
doi:10.48550/arXiv.2203.05794).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from karaokify_daemon.domain.alignment import folded
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.terms import bigrams, terms
from karaokify_daemon.domain.transcript import Word

_FEWEST, _LONGEST = 2, 3  # words
_COMPOUND = 9  # letters; so long a word may be a phrase by itself
_AGAIN, _SINGLE = 2, 3  # how many sentences say a phrase, or a single word
_LONGEST_UNSPACED = 8  # characters
_EDGES = "\"'“”„«»‘’()[]{}.,;:!?…。、，！？؟؛।·-–—"  # noqa: RUF001 - marks of many scripts


@dataclass(frozen=True)
class Phrase:
    """A phrase as it is mostly written, its terms, in how many sentences, and what it weighs."""

    text: str
    terms: frozenset[str]
    count: int
    weight: float


def phrases(
    part: Sequence[Sentence], weights: Mapping[str, float], stop_words: Collection[str]
) -> list[Phrase]:
    """Return the phrases that some sentences say more than once, the best first.

    `weights` are those of keywords, of which each phrase has one. It is always the same order.
    """
    written: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    ending: set[tuple[str, ...]] = set()
    for sentence in part:
        own = {key: (text, ends) for key, text, ends in _candidates(sentence, weights, stop_words)}
        for key, (text, ends) in own.items():
            written[key][text] += 1
            ending |= {key} if ends else set()
    found = [
        Phrase(
            min(texts, key=lambda text: (-texts[text], text)),
            frozenset(key),
            texts.total(),
            _weight(key, weights),
        )
        for key, texts in written.items()
        if key in ending and texts.total() >= (_SINGLE if len(key) == 1 else _AGAIN)
    ]
    return sorted(found, key=lambda phrase: (-phrase.weight, phrase.text))


def weights_of(
    part: Sequence[Sentence], keywords: Mapping[str, float], counts: Mapping[str, int]
) -> dict[str, float]:
    """Return how well each keyword tells a part from the rest of a recording.

    `counts` says in how many sentences of the whole recording a keyword is.
    """
    return {
        term: keywords[term] * math.log1p(n) * math.sqrt(n / max(n, counts.get(term, n)))
        for term, n in sentence_counts(part).items()
        if term in keywords
    }


def capitalised(text: str) -> str:
    """Return a text whose first letter is a capital one.

    >>> capitalised("élan"), capitalised("iPhone 5"), capitalised("")
    ('Élan', 'iPhone 5', '')
    """
    word = text.partition(" ")[0]
    return text if word != word.lower() else text[:1].upper() + text[1:]


def sentence_counts(found: Sequence[Sentence]) -> Counter[str]:
    """Return in how many sentences each term is."""
    return Counter(term for sentence in found for term in set(terms(sentence)))


def _weight(key: Sequence[str], weights: Mapping[str, float]) -> float:
    known = [weights.get(term, 0.0) for term in sorted(set(key))]
    return sum(known) / math.sqrt(len(known))


def _candidates(
    sentence: Sentence, weights: Mapping[str, float], stop_words: Collection[str]
) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    """Yield the terms and the text of each phrase of a sentence, and whether a clause ends with it.

    Where none does, its last word may be a verb.
    """
    if not sentence.joiner:
        yield from _unspaced(sentence, weights)
        return
    for run in _runs(sentence, stop_words):
        key = tuple(term for _, term in run)
        compound = len(key) == 1 and len(key[0]) >= _COMPOUND
        if (_FEWEST <= len(key) <= _LONGEST or compound) and not weights.keys().isdisjoint(key):
            last = run[-1][0]
            ends = last.text[-1] in _EDGES or last is sentence.words[-1]
            yield key, " ".join(word.text.strip(_EDGES) for word, _ in run), ends


def _runs(sentence: Sentence, stop_words: Collection[str]) -> Iterator[list[tuple[Word, str]]]:
    """Yield the words, each with its term, between small words, numbers and marks."""
    run: list[tuple[Word, str]] = []
    for word in sentence.words:
        term = folded(word.text)
        held = not term or term in stop_words or any(c.isdigit() for c in term)
        if run and (held or word.text[0] in _EDGES):
            yield run
            run = []
        if not held:
            run.append((word, term))
            if word.text[-1] in _EDGES:
                yield run
                run = []
    if run:
        yield run


def _unspaced(
    sentence: Sentence, weights: Mapping[str, float]
) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    """Yield runs of characters of which each neighbouring two are a keyword."""
    text = sentence.text
    for letters, run in groupby(text, key=str.isalnum):
        stretch = "".join(run)
        if not letters:
            continue
        pairs = bigrams(stretch)
        for i in range(len(pairs)):
            for j in range(i, min(len(pairs), i + _LONGEST_UNSPACED - 1)):
                if folded(pairs[j]) not in weights:
                    break
                yield tuple(folded(pair) for pair in pairs[i : j + 1]), stretch[i : j + 2], True
