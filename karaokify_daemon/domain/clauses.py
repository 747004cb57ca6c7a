"""Short clauses of sentences: what says something by itself, so that it can be a title."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from karaokify_daemon.domain.fillers import is_filler, spoken
from karaokify_daemon.domain.function_words import function_words
from karaokify_daemon.domain.leaning import is_question, refers_back
from karaokify_daemon.domain.leaning_words import leaning_words
from karaokify_daemon.domain.plain import plain
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.transcript import Word

_LONGEST, _LONGEST_UNSPACED = 48, 20  # characters
_FEWEST, _MOST = 3, 10  # words
_SHORTENED = 5  # words that are left, at least, where more is left out
_ENDS = tuple(",;:.!?…—–、，。；：！？")  # noqa: RUF001 - marks of many scripts
_LEADS = tuple(":：")  # noqa: RUF001 - what is behind one is what it is about
_BROKEN = ("-", "-,")  # words that were begun only
_CLOSING = "\"'”’»)]"  # noqa: RUF001 - may follow the mark
_EDGES = " \"'“”„«»‘’()[].,;:!…—–-、，。；：！"  # noqa: RUF001 - a question keeps its mark
_COMMA = ","
_ITEM, _AHEAD = 3, 12  # words: what a list names has fewer, and it is not looked for further
_LISTING = {  # the words before the last thing in a list
    "en": {"and", "or"},
    "de": {"und", "oder"},
    "fr": {"et", "ou"},
    "es": {"y", "e", "o", "u"},
    "it": {"e", "ed", "o"},
    "pt": {"e", "ou"},
    "nl": {"en", "of"},
    "sv": {"och", "eller"},
    "da": {"og", "eller"},
    "no": {"og", "eller"},
    "pl": {"i", "oraz", "lub"},
    "cs": {"a", "nebo"},
    "ru": {"и", "или"},
    "uk": {"і", "й", "та", "або"},  # noqa: RUF001 - Cyrillic
}
_WHOLE, _FIRST, _BEHIND, _INNER = 1.0, 0.9, 0.95, 0.6  # what a clause is worth by its place
_CUT, _CUT_INSIDE = 0.5, 0.35  # what one is worth of which a clause, or a phrase, is left out


@dataclass(frozen=True)
class Clause:
    """A clause as a title, its sentence's id, and how well it stands alone, from 0 to 1."""

    text: str
    sentence: int
    fitness: float


def clauses(sentence: Sentence, language: str) -> Iterator[Clause]:
    """Yield the clauses of a sentence that are short, and need nothing that stands before them.

    >>> words = "So wait: bees can learn faces, because they are clever.".split()
    >>> said = Sentence(0, tuple(Word(word, 0, 1) for word in words))
    >>> [clause.text for clause in clauses(said, "en")]
    ['bees can learn faces']
    """
    if any(word.text.rstrip(_CLOSING).endswith(_BROKEN) for word in sentence.words):
        return
    parts = _parts(sentence.words, language)
    if is_question(sentence, language):
        parts = [sentence.words]
    for i, part in enumerate(parts):
        leads = i > 0 and parts[i - 1][-1].text.rstrip(_CLOSING).endswith(_LEADS)
        place = _WHOLE if len(parts) == 1 else _BEHIND if leads else _INNER if i else _FIRST
        for words, fitness in _shortened(part, sentence, language):
            listed = place == _INNER and spoken(words[0].text) in function_words(language).clingers
            if not listed and _stands(words, language, question=is_question(sentence, language)):
                text = plain(sentence.joiner.join(word.text for word in words)).strip(_EDGES)
                cut = "…" if len(words) < len(part) else ""
                yield Clause(text + cut, sentence.id, place * fitness)


def _parts(words: Sequence[Word], language: str) -> list[Sequence[Word]]:
    parts: list[Sequence[Word]] = []
    begin = item = 0
    for i, word in enumerate(words, 1):
        text = word.text.rstrip(_CLOSING)
        if i == len(words) or text.endswith(_ENDS):
            lists = text.endswith(_COMMA) and _names(words[begin:i], language)
            if not (lists and _lists(words[item:i], words[i:], language)):
                parts.append(words[begin:i])
                begin = i
            item = i
    return parts


def _names(words: Sequence[Word], language: str) -> bool:
    """Tell whether words may name the first thing of a list: in summer, bees and wasps fly."""
    return len(words) >= _FEWEST and spoken(words[0].text) not in function_words(language).openers


def _lists(item: Sequence[Word], following: Sequence[Word], language: str) -> bool:
    """Tell whether a list goes on behind a comma: warm, clear and shallow; warm, clear, and so."""
    both = _LISTING.get(language.partition("-")[0].lower(), set())
    if not (both and following):
        return False
    if spoken(following[0].text) in both:
        return len(item) < _ITEM
    known, length = function_words(language), 0
    for word in following[:_AHEAD]:
        said = spoken(word.text)
        if said in both:
            return True
        length += 1
        if length == _ITEM or (length == 1 and said in known.openers | known.clingers):
            return False
        if word.text.endswith(_ENDS):
            if not word.text.endswith(_COMMA):
                return False
            length = 0
    return False


def _shortened(
    words: Sequence[Word], sentence: Sentence, language: str
) -> Iterator[tuple[Sequence[Word], float]]:
    """Yield a clause, or, where it is too long, its longest start before a small word."""
    words = words[sum(1 for _ in takewhile(lambda w: is_filler(w.text, language), words)) :]
    if _short(words, sentence.joiner):
        yield words, 1.0
        return
    known = function_words(language)
    for small, fitness in ((known.openers - known.clingers, _CUT), (known.openers, _CUT_INSIDE)):
        for end in range(len(words) - 1, _SHORTENED - 1, -1):
            held = spoken(words[end - 1].text) in known.clingers | known.openers
            begins = spoken(words[end].text) in small
            if begins and not held and _short(words[:end], sentence.joiner):
                yield words[:end], fitness
                return


def _short(words: Sequence[Word], joiner: str) -> bool:
    length = sum(len(word.text) + len(joiner) for word in words)
    if not joiner:
        return _FEWEST < length <= _LONGEST_UNSPACED
    return _FEWEST <= len(words) <= _MOST and length <= _LONGEST


def _stands(words: Sequence[Word], language: str, *, question: bool) -> bool:
    """Tell whether words need nothing before them, and nothing behind them."""
    known = function_words(language)
    bare = [spoken(word.text).replace("’", "'") for word in words]  # noqa: RUF001
    if any(is_filler(word.text, language) for word in words):
        return False
    if question:
        return not refers_back(bare, leaning_words(language))
    if refers_back(bare, leaning_words(language)) or bare[0] in known.openers:
        return False
    return bare[-1] not in known.openers | known.clingers
