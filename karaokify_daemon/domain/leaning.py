"""Sentences that lean on another one: questions on their answers, and those that refer back."""

from collections.abc import Sequence
from itertools import takewhile

from karaokify_daemon.domain.fillers import is_filler, spoken
from karaokify_daemon.domain.leaning_words import LeaningWords, leaning_words
from karaokify_daemon.domain.sentences import Sentence

_ASKS = "?？؟"  # noqa: RUF001 - marks of other scripts
_QUOTES = "\"'»”’)]"  # noqa: RUF001 - may follow the mark
_CLAUSE_END = tuple(",;:—–")  # noqa: RUF001 - a dash
_BETWEEN = 4  # words, at most, from who asks to what: "asked me only last week whether"
_PHRASE = 4  # words
# Before what a sentence begins with; they refer to nothing.
_CALLS = frozenset(
    "well okay ok right now yes no oh hey hello ja nein nun tja bon ben bueno".split()
)


def asks(sentence: Sentence, language: str) -> bool:
    """Tell whether a sentence is a question, or tells that somebody asks one.

    >>> from karaokify_daemon.domain.transcript import Word
    >>> said = lambda text: Sentence(0, tuple(Word(word, 0, 1) for word in text.split()))
    >>> [asks(said(text), "en") for text in ("Who is it?", "He asks why bees dance.", "I ask you.")]
    [True, True, False]
    """
    if is_question(sentence, language):
        return True
    words = bare_words(sentence)
    known = leaning_words(language)
    return any(
        " ".join(words[i : i + _PHRASE]).startswith(known.asks)
        and not known.what.isdisjoint(words[i + 1 : i + 2 + _BETWEEN])
        for i in range(len(words))
    )


def is_question(sentence: Sentence, language: str) -> bool:
    """Tell whether a sentence ends with a mark of a question; Greek has one of its own."""
    marks = (*_ASKS, ";") if language == "el" else tuple(_ASKS)
    return sentence.text.rstrip(_QUOTES).endswith(marks)


def leans(sentence: Sentence, language: str) -> bool:
    """Tell whether a sentence refers to what was said before it.

    >>> from karaokify_daemon.domain.transcript import Word
    >>> said = lambda text: Sentence(0, tuple(Word(word, 0, 1) for word in text.split()))
    >>> texts = "They sting.", "Bees sting.", "Um, the reason was simple.", "So far, bees sting."
    >>> [leans(said(text), "en") for text in texts]
    [True, False, True, False]
    """
    known = leaning_words(language)
    words = bare_words(sentence)
    start = sum(1 for _ in takewhile(lambda w: w in _CALLS or is_filler(w, language), words))
    if refers_back(words[start:], known):
        return True
    return _has(first_clause(sentence)[start:], known.within)


def refers_back(words: Sequence[str], known: LeaningWords) -> bool:
    """Tell whether words, bare ones, begin with what refers back."""
    begins = {" ".join(words[:n]) for n in range(1, _PHRASE + 1)}
    return not known.backs.isdisjoint(begins) and known.unless.isdisjoint(begins)


def first_clause(sentence: Sentence) -> list[str]:
    """Return the bare words of a sentence up to the first mark behind several of them."""
    found: list[str] = []
    for word, bare in zip((w.text for w in sentence.words), bare_words(sentence), strict=True):
        found.append(bare)
        if word.endswith(_CLAUSE_END) and len(found) > 1:
            break
    return found


def bare_words(sentence: Sentence) -> list[str]:
    """Return the words of a sentence in small letters, without marks."""
    return [spoken(word.text).replace("’", "'") for word in sentence.words]  # noqa: RUF001


def _has(words: Sequence[str], phrases: frozenset[str]) -> bool:
    return any(" ".join(words[i : i + n]) in phrases for i in range(len(words)) for n in (1, 2, 3))
