"""Titles in a recording's own words: of all of it, of its parts, and of its clips.

What is announced is the best title, then what is said again in the same words, then a short clause
of a good sentence. A title says more than the one of the recording, which is seen as well; where
none does, there is none.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from karaokify_daemon.domain.alignment import folded
from karaokify_daemon.domain.announcing import announced
from karaokify_daemon.domain.clauses import Clause, clauses
from karaokify_daemon.domain.extracts import says_more
from karaokify_daemon.domain.keyphrases import (
    Phrase,
    capitalised,
    phrases,
    sentence_counts,
    weights_of,
)
from karaokify_daemon.domain.plain import plain
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.terms import bigrams

_OPENING, _OPENING_SHARE = 4, 8  # sentences of a part, or that part of a whole recording
_OFTEN = 3  # sentences that say a phrase by which a whole recording is named
_OWN = 0.6  # of the sentences that say a phrase are in the part that is named by it
_SECOND = 0.6  # of the weight of the best phrase; one that has so much is named beside it
_KNOWN = 0.5  # of the weight of a word that is in the title of the recording
_LEAST = 0.15  # of the greatest weight that a clause, which is a title, has


class Titles:
    """The titles of one recording; `worth` is that of each of its sentences."""

    def __init__(
        self,
        found: Sequence[Sentence],
        keywords: Mapping[str, float],
        stop_words: Collection[str],
        worth: Sequence[float],
        language: str,
    ) -> None:
        self._found, self._keywords, self._stop_words = found, keywords, stop_words
        self._worth, self._language = worth, language
        self._counts = sentence_counts(found)
        self._said = {p.terms: p.count for p in phrases(found, keywords, stop_words)}
        self.whole = self._whole()

    def of_clip(self, first: int, last: int) -> str:
        """Return the title of some sentences that are seen; empty where there is none."""
        part = self._found[first : last + 1]
        return next(self._candidates(part), "")

    def of_part(self, first: int, last: int, used: Collection[str] = ()) -> str:
        """Return the title of a chapter, not one that is `used`; empty where there is none."""
        part = self._found[first : last + 1]
        return next((t for t in self._candidates(part, _OPENING) if t not in used), "")

    def _whole(self) -> str:
        found = self._found
        opening = found[: max(_OPENING, len(found) // _OPENING_SHARE)]
        for text in self._announced(opening, self._keywords):
            return _shown(text)
        weights = weights_of(found, self._keywords, self._counts)
        best = [p for p in phrases(found, weights, self._stop_words) if p.count >= _OFTEN]
        if best:
            beside = [p for p in best[1:] if p.weight >= _SECOND * best[0].weight]
            return _shown(_joined(best[0], beside, found[0].joiner))
        return next((_shown(clause.text) for clause in self._clauses(found, weights)), "")

    def _candidates(self, part: Sequence[Sentence], opening: int = 0) -> Iterator[str]:
        """Yield titles of a part that say more than the title of the recording, the best first."""
        weights = weights_of(part, self._keywords, self._counts)
        known = {term for term in weights if not self._says_more(term)}
        weights = {term: w * (_KNOWN if term in known else 1) for term, w in weights.items()}
        texts = [*self._announced(part[:opening], weights.keys() - known)]
        if opening:
            own = (p for p in phrases(part, weights, self._stop_words) if self._is_own(p))
            texts += [phrase.text for phrase in own]
        texts += [clause.text for clause in self._clauses(part, weights)]
        yield from (_shown(text) for text in texts if self._says_more(text))

    def _says_more(self, text: str) -> bool:
        words = [word for word in text.split() if folded(word) not in self._stop_words]
        return says_more(" ".join(words), self.whole)

    def _is_own(self, phrase: Phrase) -> bool:
        return phrase.count >= _OWN * self._said.get(phrase.terms, phrase.count)

    def _announced(self, opening: Sequence[Sentence], topics: Collection[str]) -> Iterator[str]:
        for sentence in opening:
            text = announced(sentence.text, self._language)
            if text and not {folded(word) for word in text.split()}.isdisjoint(topics):
                yield text

    def _clauses(self, part: Sequence[Sentence], weights: Mapping[str, float]) -> list[Clause]:
        """Return short clauses that tell most of a part, the best first."""
        most = max(weights.values(), default=0.0)
        scored = [
            (score * clause.fitness * (0.5 + self._worth[clause.sentence]), clause)
            for sentence in part
            for clause in clauses(sentence, self._language)
            if (score := self._score(clause.text, sentence, weights)) >= _LEAST * most > 0
        ]
        return [clause for _, clause in sorted(scored, key=lambda one: (-one[0], one[1].sentence))]

    def _score(self, text: str, sentence: Sentence, weights: Mapping[str, float]) -> float:
        words = [folded(word) for word in text.split()] if sentence.joiner else bigrams(text)
        known = sum(weights.get(word, 0.0) for word in sorted(set(words)))
        return known / math.sqrt(len(words) or 1)


def _joined(best: Phrase, others: Sequence[Phrase], joiner: str) -> str:
    beside = next((p.text for p in others if not p.terms & best.terms), "")
    return (", " if joiner else "、").join(text for text in (best.text, beside) if text)


def _shown(text: str) -> str:
    return capitalised(plain(text))
