"""Where a row may end in scripts that are written without spaces.

The characters are those of JIS X 4051 (kinsoku) and of the classes CL, EX, NS, CJ, OP of UAX #14.
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import regex

from karaokify_daemon.domain.transcript import Segment, Transcript, Word

_CLUSTER = regex.compile(r"\X")
_MARK = regex.compile(r"\p{M}")
_NEVER_FIRST = frozenset(
    "、。，．・：；？！,.:;?!%)]}｡､｣･’”）〕］｝〉》」』】〙〗〟｠»›‐–〜゠…‥ー々〻ゝゞヽヾ゛゜％‰℃′″"  # noqa: RUF001
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿｧｨｩｪｫｬｭｮｯｰ"
    "ะาำๅๆฯະາຳໆ"  # vowels and signs that stand behind their letter
)
_NEVER_LAST = frozenset("([{‘“（〔［｛〈《「『【〘〖〝｟«‹｢￥＄#＃" "เแโใไເແໂໃໄ")  # noqa: RUF001


def may_break(before: str, after: str) -> bool:
    """Tell whether a row may end between two texts.

    >>> may_break("日は", "い"), may_break("はい", "。"), may_break("「", "は"), may_break("a", "b")
    (True, False, False, True)
    """
    if not before or not after:
        return True
    opens = before[-1] in _NEVER_LAST
    return not opens and after[0] not in _NEVER_FIRST and not _MARK.match(after)


def breakable(transcript: Transcript, limit: float, measure: Callable[[str], float]) -> Transcript:
    """Return a transcript whose words can be put into rows, where no spaces are between them.

    A word that begins inside a character (a vowel, a tone) belongs to the word before; one that
    is wider than `limit` is divided where a row may end, its time shared out by length.
    """
    if transcript.joiner:
        return transcript

    def mended(segment: Segment) -> Segment:
        whole = _joined(segment.words)
        words = (part for word in whole for part in _divided(word, limit, measure))
        return replace(segment, words=tuple(words))

    return replace(transcript, segments=tuple(map(mended, transcript.segments)))


def _joined(words: tuple[Word, ...]) -> list[Word]:
    found: list[Word] = []
    for word in words:
        if found and _MARK.match(word.text):
            found[-1] = replace(found[-1], text=found[-1].text + word.text, end=word.end)
        else:
            found.append(word)
    return found


def _divided(word: Word, limit: float, measure: Callable[[str], float]) -> Iterator[Word]:
    if measure(word.text) <= limit:
        yield word
        return
    parts = [""]
    for cluster in _CLUSTER.findall(word.text):
        if parts[-1] and may_break(parts[-1], cluster) and not _in_word(parts[-1], cluster):
            parts.append("")
        parts[-1] += cluster
    lengths = [0]
    for part in parts:
        lengths.append(lengths[-1] + len(part))
    times = [word.start + (word.end - word.start) * n // lengths[-1] for n in lengths]
    for part, (start, end) in zip(parts, pairwise(times), strict=True):
        yield replace(word, text=part, start=start, end=end)


def _in_word(before: str, after: str) -> bool:
    """Tell whether both are of one word, of a script whose words are not divided."""
    return all(
        character.isalnum() and unicodedata.east_asian_width(character) in ("Na", "H", "A")
        for character in (before[-1], after[0])
    )
