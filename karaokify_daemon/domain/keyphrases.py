"""Keyphrases: titles in a recording's own words.

A phrase begins and ends with keywords, and has one small word between them at most (candidates like
those of RAKE: Rose et al. 2010, doi:10.1002/9780470689646.ch1). Of a part, that weighs most which
is said in it and not elsewhere (class-based tf-idf: Grootendorst 2022,
doi:10.48550/arXiv.2203.05794).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from karaokify_daemon.domain.alignment import folded
from karaokify_daemon.domain.plain import plain
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.terms import bigrams, terms

_LONGEST = 4  # words, the small one with them
_LONGEST_UNSPACED = 8  # characters
_ONCE = 0.5  # what a phrase is worth that is said once
_EVEN = 0.4  # a phrase has no word of less than that part of the weight of its best
_SECOND = 0.4  # of the weight of the best phrase: from here on a second one is named beside a word
_EDGES = "\"'“”„«»‘’()[]{}.,;:!?…。、，！？؟؛।·-–—"  # noqa: RUF001 - marks of many scripts


@dataclass(frozen=True)
class Phrase:
    """A phrase as it is mostly written, its keywords, and how well it names what is said."""

    text: str
    terms: frozenset[str]
    weight: float


def phrases(
    part: Sequence[Sentence], keywords: Mapping[str, float], counts: Mapping[str, int]
) -> list[Phrase]:
    """Return the phrases of some sentences, the best first; it is always the same order.

    `counts` says in how many sentences of the whole recording a keyword is.
    """
    own = sentence_counts(part)
    weights = {
        term: keywords[term] * math.log1p(n) * math.sqrt(n / max(n, counts.get(term, n)))
        for term, n in own.items()
        if term in keywords
    }
    written: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for sentence in part:
        for key, text in _candidates(sentence, weights):
            written[key][text] += 1
    found = [
        Phrase(min(texts, key=lambda text: (-texts[text], text)), frozenset(key), weight)
        for key, texts in written.items()
        if (weight := _weight(key, weights, texts.total())) > 0
    ]
    return sorted(found, key=lambda phrase: (-phrase.weight, phrase.text))


def title(
    part: Sequence[Sentence], keywords: Mapping[str, float], counts: Mapping[str, int]
) -> str:
    """Return what some sentences are about, in at most six of their words; empty for nothing.

    A word alone says little, so the best phrase that shares no word with it is named beside it.
    """
    found = phrases(part, keywords, counts)
    if not found:
        return ""
    best = found[0]
    second = next((phrase for phrase in found[1:] if not phrase.terms & best.terms), None)
    joiner = ", " if part[0].joiner else "、"
    named = best.text
    if len(best.terms) == 1 and second is not None and second.weight >= _SECOND * best.weight:
        named += joiner + second.text
    return capitalised(plain(named))


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


def _weight(key: Sequence[str], weights: Mapping[str, float], count: int) -> float:
    known = [weights[term] for term in sorted(set(key)) if term in weights]
    if not known or min(known) < _EVEN * max(known):
        return 0.0
    return sum(known) / math.sqrt(len(known)) * (1 - _ONCE / count)


def _candidates(
    sentence: Sentence, weights: Mapping[str, float]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the keywords and the text of each phrase of a sentence."""
    if not sentence.joiner:
        yield from _unspaced(sentence, weights)
        return
    words = [(word.text, folded(word.text)) for word in sentence.words]
    for i in range(len(words)):
        for j in range(i, min(len(words), i + _LONGEST)):
            run = words[i : j + 1]
            keys = tuple(term for _, term in run if term in weights)
            if (
                run[0][1] in weights
                and run[-1][1] in weights
                and len(set(keys)) == len(keys) >= len(run) - 1
            ):
                yield keys, " ".join(text.strip(_EDGES) for text, _ in run)
            if words[j][0].rstrip("\"'”»)")[-1:] in _EDGES:
                break


def _unspaced(
    sentence: Sentence, weights: Mapping[str, float]
) -> Iterator[tuple[tuple[str, ...], str]]:
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
                yield tuple(folded(pair) for pair in pairs[i : j + 1]), stretch[i : j + 2]
