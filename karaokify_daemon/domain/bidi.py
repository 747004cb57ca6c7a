"""In which order the words of a row stand, where some are read from right to left.

The Unicode Bidirectional Algorithm (UAX #9) with words as its characters: a word has the direction
of its first letter, and is left whole. Embeddings and isolates do not occur: `plain` removes them.
"""

import unicodedata
from collections.abc import Sequence
from itertools import groupby

_STRONG = {"L": "L", "R": "R", "AL": "R"}
_NUMBERS = ("EN", "AN")


def is_rtl(text: str) -> bool:
    """Tell whether most letters of a text are of scripts that are read from right to left.

    >>> is_rtl("שלום iPhone עולם"), is_rtl("Say שלום to me"), is_rtl("42")
    (True, False, False)
    """
    letters = [_STRONG.get(unicodedata.bidirectional(character), "") for character in text]
    return letters.count("R") > letters.count("L")


def has_rtl(text: str) -> bool:
    """Tell whether anything of a text is read from right to left."""
    return any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in text)


def visual(words: Sequence[str], *, rtl: bool) -> list[tuple[int, bool]]:
    """Return the words' numbers from left to right, each with whether it reads to the left.

    >>> visual(["אבג", "Mac", "Book", "דהו", "12", "%"], rtl=True)
    [(5, True), (4, False), (3, True), (1, False), (2, False), (0, True)]
    >>> visual(["say", "אבג", "דהו", "now"], rtl=False)
    [(0, False), (2, True), (1, True), (3, False)]
    """
    levels = _levels([_kind(word) for word in words], base=int(rtl))
    order = list(range(len(levels)))
    for level in range(max(levels, default=0), 0, -1):
        groups = groupby(order, key=lambda i, level=level: levels[i] >= level)  # type: ignore[misc]
        turned = ((high, list(group)) for high, group in groups)
        order = [i for high, group in turned for i in (reversed(group) if high else group)]
    return [(i // 2, levels[i] % 2 == 1) for i in order if i % 2 == 0]


def _kind(word: str) -> str:
    kinds = [unicodedata.bidirectional(character) for character in word]
    strong = next((_STRONG[kind] for kind in kinds if kind in _STRONG), None)
    return strong or next((kind for kind in kinds if kind in _NUMBERS), "ON")


def _levels(words: Sequence[str], base: int) -> list[int]:
    """Return the level of each word, and of each space between two."""
    kinds = _like_letters(words, "R" if base else "L")
    spaced = [kind for word in kinds for kind in (word, "ON")][:-1]
    sides = ["R" if kind in _NUMBERS else kind for kind in spaced]
    ahead = "R" if base else "L"
    levels = []
    for i, kind in enumerate(spaced):
        before = next((side for side in reversed(sides[:i]) if side != "ON"), ahead)
        after = next((side for side in sides[i:] if side != "ON"), ahead)
        found = (before if before == after else ahead) if kind == "ON" else kind  # rules N1, N2
        odd = {"R": 1, "L": 0}.get(found, 2)
        levels.append(odd if not base else {0: 2}.get(odd, odd))  # rules I1, I2
    return levels


def _like_letters(words: Sequence[str], strong: str) -> list[str]:
    """Take a number behind a left-to-right word as belonging to it (rule W7)."""
    found = []
    for kind in words:
        strong = kind if kind in ("L", "R") else strong
        found.append("L" if kind == "EN" and strong == "L" else kind)
    return found
