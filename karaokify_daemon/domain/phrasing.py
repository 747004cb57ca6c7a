"""Where a caption may end: how good each place between two words is for that.

The order is that of Netflix's Timed Text Style Guide ("Line Treatment") and of the BBC's subtitle
guidelines: after punctuation, before conjunctions and prepositions, never behind an article.
"""

import regex

from karaokify_daemon.domain.breaking import may_break
from karaokify_daemon.domain.function_words import function_words
from karaokify_daemon.domain.transcript import Word

_BREATH_MS = 250  # a pause this long is a good place to break
_FORBIDDEN = 40.0  # a break before a comma, or inside of a bracket

_SENTENCE_END = tuple(".?!…。！？؟।")  # noqa: RUF001 - punctuation of other scripts
_CLAUSE_END = tuple(",;:—–、，；：،")  # noqa: RUF001 - punctuation of other scripts
_CLOSING = "\"'”’»)]}」』"  # noqa: RUF001 - may follow the punctuation
_MARKS = "".join((*_SENTENCE_END, *_CLAUSE_END)) + _CLOSING + "([{«„“¿¡"
_APOSTROPHES = ("'", "’")  # noqa: RUF001 - the typographic one
# They stand before a name, or a number, so the point behind them ends no sentence.
_TITLES = frozenset(
    "mr. mrs. ms. dr. prof. st. rev. gen. hr. fr. mme. mlle. sr. sra. dott. ing. vs. ca. bzw. z.b. "
    "d.h. e.g. i.e.".split()
)
_NUMBERED = frozenset("no. nr. núm. art. fig. vol. p. pp. s. ch. kap.".split())
_INITIAL = regex.compile(r"(?!I\.)\p{Lu}\.")  # of a name; "I." ends a sentence
_COUNT = regex.compile(
    r"[$€£]?\d{1,3}(?:[.,]\d+)*"
)  # years end phrases, other numbers count something


def holds(word: str, following: str, language: str) -> bool:
    """Tell whether two words are better not divided: an article and its noun, a title and a name.

    >>> holds("the", "sea", "en"), holds("sea", "is", "en"), holds("masa", "için", "tr")
    (True, False, True)
    >>> holds("Dr.", "Fox", "en"), holds("12", "apples", "en"), holds("in", "2019", "en")
    (True, True, True)
    """
    words, small, next_ = function_words(language), word.lower(), _bare(following)
    if small in words.clingers or small in _TITLES:
        return True
    if small in _NUMBERED:
        return next_[:1].isdigit()
    if _INITIAL.fullmatch(word) and following[:1].isupper():
        return True
    if next_ in words.trailers or small.endswith(_APOSTROPHES):
        return True
    return bool(_COUNT.fullmatch(word)) and next_[:1].isalpha() and next_ not in words.openers


def break_cost(word: Word, following: Word, language: str) -> float:
    """Return how bad it is to break between two words, 0 to 8; more where it is not done."""
    if not may_break(word.text, following.text):
        return _FORBIDDEN
    text = word.text.rstrip(_CLOSING)
    held = any(holds(part, following.text, language) for part in (word.text, text))
    if text.endswith(_SENTENCE_END) and not held:
        return 0.0
    if text.endswith(_CLAUSE_END):
        return 1.0
    if following.start - word.end >= _BREATH_MS:
        return 1.5
    if held:
        return 8.0
    return 2.5 if _bare(following.text) in function_words(language).openers else 4.0


def _bare(word: str) -> str:
    return word.lower().strip(_MARKS)
