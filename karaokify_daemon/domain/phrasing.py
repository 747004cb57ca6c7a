"""Where a caption may end: how good each place between two words is for that.

The order is that of Netflix's Timed Text Style Guide ("Line Treatment") and of the BBC's subtitle
guidelines: after punctuation, before conjunctions and prepositions, never behind an article.
"""

from karaokify_daemon.domain.breaking import may_break
from karaokify_daemon.domain.transcript import Word

_BREATH_MS = 250  # a pause this long is a good place to break
_FORBIDDEN = 40.0  # a break before a comma, or inside of a bracket

_SENTENCE_END = tuple(".?!…。！？؟।")  # noqa: RUF001 - punctuation of other scripts
_CLAUSE_END = tuple(",;:—–、，；：،")  # noqa: RUF001 - punctuation of other scripts
_CLOSING = "\"'”’»)]}」』"  # noqa: RUF001 - may follow the punctuation
# Words that begin a phrase, and words that never end one.
_OPENERS = frozenset(
    "and but or nor so yet because although while when where who which that if unless until since "
    "before after with without from into onto over under through between among about against "
    "of in on at to for by as than und oder aber weil dass mit et ou mais que qui avec "
    "y o pero con".split()
)
_CLINGERS = frozenset(
    "a an the my your his her its our their this these those of in on at to for by with from and "
    "or but as if i we you he she they it is are was were not no very "
    "der die das ein eine le la les un une el los las".split()
)


def leads_on(word: str) -> bool:
    """Tell whether a word belongs to the one behind it, such as an article or a preposition.

    >>> leads_on("the"), leads_on("over,"), leads_on("sea")
    (True, False, False)
    """
    return word.lower() in _CLINGERS


def break_cost(word: Word, following: Word) -> float:
    """Return how bad it is to break between two words, 0 to 8; more where it is not done."""
    if not may_break(word.text, following.text):
        return _FORBIDDEN
    text = word.text.rstrip(_CLOSING)
    if text.endswith(_SENTENCE_END):
        return 0.0
    if text.endswith(_CLAUSE_END):
        return 1.0
    if following.start - word.end >= _BREATH_MS:
        return 1.5
    if leads_on(text):
        return 8.0
    return 2.5 if following.text.lower() in _OPENERS else 4.0
