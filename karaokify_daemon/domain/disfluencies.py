"""What a clip can do without: filled pauses, false starts and long silences.

A false start is a word that is broken off, or a function word or a phrase that is said again at
once: what is left out is the reparandum of Shriberg 1994 (Preliminaries to a Theory of Speech
Disfluencies, dissertation, Berkeley). What may be meant to be said twice stays.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from karaokify_daemon.domain.fillers import is_filler, spoken
from karaokify_daemon.domain.function_words import function_words
from karaokify_daemon.domain.transcript import Word

_BESIDE_MS = 80  # of the gap beside a kept word, at most, so that its sound is whole
_SILENCE_MS, _LEFT_MS = 1000, 400  # a longer silence, and what is left of it
_SHORTEST_KEPT_MS, _SHORTEST_CUT_MS = 250, 120
_AT_ONCE_MS = 1500  # between the two times that something is said
_LONGEST_PHRASE = 4  # words
_ENDS = (".", "?", "!", "。", "؟", "।", "…")
# Function words that grammar or emphasis doubles: "what it is is", "die, die das wissen".
_DOUBLED = {
    "en": "that is had very no so her you",
    "de": "der die das den dem sie ihr sehr so",
    "fr": "nous vous si non très le la",
    "es": "no muy se si sí",
    "it": "no molto si ci vi",
    "pt": "não muito se",
    "nl": "die dat je ze heel zeer zijn",
    "sv": "mycket det som",
    "da": "meget det der som",
    "no": "veldig det som",
    "pl": "bardzo nie",
    "cs": "velmi to se",
    "ru": "очень не он",
    "uk": "дуже не",
    "tr": "çok daha bir en",
    "el": "πολύ να",
    "ro": "foarte nu",
    "hu": "nagyon az is nem",
    "fi": "hyvin se ei",
    "hi": "बहुत जो नहीं ही",
    "ar": "لا يا",
    "he": "לא כל",
}


def kept(words: Sequence[Word], language: str, begin: int, end: int) -> list[tuple[int, int]]:
    """Return the stretches of a clip to keep, in order: times in milliseconds, from and to.

    Their ends are in the gaps between words. No stretch is shorter than 250 ms, and nothing that
    is left out is shorter than 120 ms; so a filler beside a very short word may stay. Where nothing
    but fillers is said, all stays.
    """
    inside = [
        replace(word, start=max(begin, word.start), end=min(end, word.end))
        for word in words
        if word.start < end and word.end > begin
    ]
    out = disfluent(inside, language)
    said = [i for i in range(len(inside)) if i not in out]
    if not said:
        return [(begin, end)]
    cuts = [cut for cut in _cuts(inside, said, begin, end) if cut[1] - cut[0] >= _SHORTEST_CUT_MS]
    return _between(cuts, begin, end)


def disfluent(words: Sequence[Word], language: str) -> set[int]:
    """Return the numbers of the words that are filled pauses or false starts."""
    out = {i for i, word in enumerate(words) if is_filler(word.text, language)}
    left = [i for i in range(len(words)) if i not in out]
    broken = {i for i, next_ in pairwise(left) if _broken_off(words[i], words[next_], language)}
    left = [i for i in left if i not in broken]
    again = {left[i] for i in _said_again([words[i] for i in left], language)}
    return out | broken | again


def _broken_off(word: Word, next_: Word, language: str) -> bool:
    """Tell whether a word is broken off, such as `wh-`, and no part of one, as in `pre- and`."""
    text, following = word.text.rstrip(",.…"), spoken(next_.text)
    stem = spoken(word.text)
    if not stem or not text.endswith(("-", "–", "—")):
        return False
    if following.startswith(stem):
        return True
    return text.endswith("-") and following not in function_words(language).openers


def _said_again(words: Sequence[Word], language: str) -> Iterator[int]:
    """Yield the numbers of the words that are said again at once, the longest phrases first."""
    said = [spoken(word.text) for word in words]
    i = 0
    while i < len(words):
        sizes = range(_LONGEST_PHRASE, 0, -1)
        size = next((n for n in sizes if _doubled(words, said, i, n, language)), 0)
        yield from range(i, i + size)
        i += size or 1


def _doubled(words: Sequence[Word], said: Sequence[str], i: int, n: int, language: str) -> bool:
    """Tell whether `n` words from the i-th on are said twice, neither more often nor on purpose.

    Three times is a song, or emphasis; so is what a sentence ends with.
    """
    first, again = said[i : i + n], said[i + n : i + 2 * n]
    if first != again or not all(first) or len(set(first)) < n:
        return False
    if said[i + 2 * n : i + 2 * n + 1] == first[:1] or (i and said[i - 1] == first[-1]):
        return False
    if words[i + n - 1].text.rstrip("\"'”»)").endswith(_ENDS):
        return False
    if words[i + n].start - words[i + n - 1].end > _AT_ONCE_MS:
        return False
    known = function_words(language)
    small = first[0] in known.openers | known.clingers
    code = language.partition("-")[0].lower()
    return small and (n > 1 or first[0] not in _DOUBLED.get(code, "").split())


def _cuts(
    words: Sequence[Word], said: Sequence[int], begin: int, end: int
) -> Iterator[tuple[int, int]]:
    """Yield what is left out before, between and behind the words that stay."""
    first, last = said[0], said[-1]
    if first:
        gap = words[first].start - words[first - 1].end
        yield begin, words[first].start - _beside(gap)
    elif words[0].start - begin > _SILENCE_MS:
        yield begin, words[0].start - _LEFT_MS
    for one, other in pairwise(said):
        left, right = words[one].end, words[other].start
        if other > one + 1:
            yield (
                left + _beside(words[one + 1].start - left),
                right - _beside(right - words[other - 1].end),
            )
        elif right - left > _SILENCE_MS:
            yield left + _LEFT_MS // 2, right - _LEFT_MS // 2
    if last + 1 < len(words):
        yield words[last].end + _beside(words[last + 1].start - words[last].end), end
    elif end - words[last].end > _SILENCE_MS:
        yield words[last].end + _LEFT_MS, end


def _beside(gap: int) -> int:
    return min(_BESIDE_MS, max(0, gap) // 2)


def _between(cuts: Sequence[tuple[int, int]], begin: int, end: int) -> list[tuple[int, int]]:
    """Return what lies between cuts; the smaller one beside a stretch too short is not made."""
    edges = [(begin, begin), *cuts, (end, end)]
    while True:
        stretches = [(one[1], other[0]) for one, other in pairwise(edges)]
        lengths = [b - a for a, b in stretches]
        short = next((i for i, n in enumerate(lengths) if 0 < n < _SHORTEST_KEPT_MS), None)
        beside = [] if short is None else [i for i in (short, short + 1) if 0 < i < len(edges) - 1]
        if not beside:
            return [(a, b) for a, b in stretches if b > a]
        edges.pop(min(beside, key=lambda i: edges[i][1] - edges[i][0]))
