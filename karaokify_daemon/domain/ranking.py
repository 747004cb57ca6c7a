"""How much each sentence of a recording is worth, without a language model: always the same.

What counts is what the text is about (its keywords), what is said clearly louder or more quietly
than the rest, questions and answers, exclamations and figures, and a little where it stands
(Edmundson 1969, New Methods in Automatic Extracting, doi:10.1145/321510.321519). What was said
before counts less (maximal marginal relevance: Carbonell and Goldstein 1998,
doi:10.1145/290941.291025), so does what is said nearly word by word again and again, and each part
of a recording has its best sentences.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from statistics import median

from karaokify_daemon.domain.alikeness import Alike
from karaokify_daemon.domain.leaning import asks
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.terms import groups, terms

_SALIENCE, _ENERGY, _MARKS, _PLACE = 0.8, 0.1, 0.07, 0.03
_REGIONS = 8  # into which a recording is divided
_LOCAL = 0.3  # how much of a sentence's worth is its rank in its region
_WORDS = 6  # fewer say little
_DENSITY = 2 / 3  # 1: what counts is salience per word, 0: per sentence
_OFTEN, _PHRASE = 3, 0.4  # who says nearly the same so often says a set phrase, worth so much
_CONTRAST = 3  # the power that tells the best from the many that are good
_CALLS = "!！"  # noqa: RUF001 - that of Chinese and Japanese, too
# Less than that (dB) is nothing: it is said so by chance, or by what has coded the sound.
_USUAL_DB, _LOUDEST_DB = 3.0, 12.0
_QUESTION, _EXCLAMATION, _FIGURE = 0.6, 0.4, 0.4
_REPEATED = 0.5  # what a sentence loses that says what a better one has said
_HALF = 0.5  # of what two sentences say; with less in common, they say different things
_PULSE = 200  # sentences between two calls


def worths(
    found: Sequence[Sentence],
    keywords: Mapping[str, float],
    levels: Sequence[float | None],
    language: str,
    pulse: Callable[[], None] = lambda: None,
) -> list[float]:
    """Return what each sentence is worth, from 0 to 1.

    `keywords` are folded words with their weights, `levels` how loud each sentence is (dB, None
    for unknown). `pulse` is called now and then, and may raise.
    """
    if not found:
        return []
    contents = [_content(sentence, keywords) for sentence in found]
    salience = _ranks(
        [_salience(words, keywords, s) for words, s in zip(contents, found, strict=True)]
    )
    known = [level for level in levels if level is not None]
    usual = median(known) if known else 0.0
    energy = [_loudness(0.0 if level is None else level - usual) for level in levels]
    total = found[-1].end or 1
    phrases = _set_phrases(found, pulse)
    asked = [asks(sentence, language) for sentence in found]
    plain = [
        _SALIENCE * salience[i]
        + _ENERGY * energy[i]
        + _MARKS * _marks(sentence, asked=asked[i] or (i > 0 and asked[i - 1]))
        + _PLACE * _place((sentence.start + sentence.end) / 2 / total)
        for i, sentence in enumerate(found)
    ]
    plain = [worth * (_PHRASE if i in phrases else 1) for i, worth in enumerate(plain)]
    short = [min(1.0, len(sentence.words) / _WORDS) for sentence in found]
    fresh = _fresh([p * s for p, s in zip(plain, short, strict=True)], contents, pulse)
    spread = _spread(fresh, [s.start * _REGIONS // (total + 1) for s in found])
    return [worth**_CONTRAST for worth in spread]


def _content(sentence: Sentence, keywords: Mapping[str, float]) -> frozenset[str]:
    return frozenset(terms(sentence)).intersection(keywords)


def _salience(words: frozenset[str], keywords: Mapping[str, float], sentence: Sentence) -> float:
    # In one order always: sums of floats depend on it.
    known = sum(keywords[word] for word in sorted(words))
    return float(known / max(_WORDS, len(sentence.words)) ** _DENSITY)


def _set_phrases(found: Sequence[Sentence], pulse: Callable[[], None]) -> set[int]:
    """Return the numbers of the sentences that are said nearly word by word several times."""
    first = groups(found, pulse)
    often = Counter(first)
    return {i for i, group in enumerate(first) if often[group] >= _OFTEN}


def _loudness(beyond: float) -> float:
    """Return what it is worth to be so much louder than usual, from 0 to 1.

    >>> _loudness(2.9), _loudness(99.0), _loudness(-99.0)
    (0.5, 1.0, 0.0)
    """
    far = max(0.0, min(abs(beyond), _LOUDEST_DB) - _USUAL_DB) / (_LOUDEST_DB - _USUAL_DB)
    return 0.5 + math.copysign(far, beyond) / 2


def _marks(sentence: Sentence, *, asked: bool) -> float:
    text = sentence.text.rstrip("\"'»”)]")
    worth = _QUESTION * asked + _EXCLAMATION * text.endswith(tuple(_CALLS))
    return min(1.0, worth + _FIGURE * any(c.isdigit() for c in text))


def _place(at: float) -> float:
    """Return what a place is worth: openings and ends say what it is about."""
    return max(0.0, 1 - min(at, 1 - at) * 10)


def _ranks(values: Sequence[float]) -> list[float]:
    """Return which share of the others each value is above, equal ones counting half."""
    if len(values) < 2:
        return [1.0] * len(values)
    order = sorted(range(len(values)), key=values.__getitem__)
    found, i = [0.0] * len(values), 0
    while i < len(order):
        j = i
        while j < len(order) and values[order[j]] == values[order[i]]:
            j += 1
        for k in order[i:j]:
            found[k] = (i + j - 1) / 2 / (len(values) - 1)
        i = j
    return found


def _fresh(
    worth: Sequence[float], contents: Sequence[frozenset[str]], pulse: Callable[[], None]
) -> list[float]:
    """Return what is left of each worth, beside what better sentences have said already."""
    found = list(worth)
    index = Alike(contents, _HALF)
    said: set[frozenset[str]] = set()
    for n, i in enumerate(sorted(range(len(worth)), key=lambda i: (-worth[i], i))):
        if n % _PULSE == 0:
            pulse()
        words = contents[i]
        if words in said:
            found[i] *= 1 - _REPEATED
        elif words:
            alike = max((alike for _, alike in index.found(i)), default=_HALF)
            found[i] *= 1 - _REPEATED * (2 * alike - 1)
            index.add(i)
            said.add(words)
    return found


def _spread(worth: Sequence[float], regions: Sequence[int]) -> list[float]:
    """Return worths in which the best of each region is worth more, wherever that is."""
    found = list(worth)
    for region in set(regions):
        places = [i for i, own in enumerate(regions) if own == region]
        for i, rank in zip(places, _ranks([worth[i] for i in places]), strict=True):
            found[i] = (1 - _LOCAL) * worth[i] + _LOCAL * rank * min(1.0, 2 * worth[i])
    return found
