"""How wide text is, without a font at hand: Open Sans Bold's advances, guesses for the rest."""

import unicodedata

# Advance widths of the characters U+0020 to U+007E of Open Sans Bold, in hundredths of an em.
_ASCII = (
    *(26, 29, 47, 65, 57, 90, 75, 27, 34, 34, 54, 57, 29, 32, 29, 41),
    *(57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 29, 29, 57, 57, 57, 48),
    *(90, 69, 67, 64, 74, 56, 55, 72, 77, 33, 33, 66, 56, 94, 81, 80),
    *(63, 80, 66, 55, 58, 76, 65, 97, 67, 62, 58, 33, 41, 33, 53, 41),
    *(61, 60, 63, 51, 63, 59, 39, 56, 66, 31, 31, 62, 31, 98, 66, 62),
    *(63, 63, 45, 50, 43, 66, 57, 86, 58, 57, 49, 39, 55, 39, 57),
)
_WIDE, _OTHER = 100, 65  # East Asian wide characters and emoji; everything else
_MARKS = frozenset({"Mn", "Me", "Cf", "Cc", "Cs"})

# The mean width of a character of running English text, in em.
AVERAGE_EM = 0.5


def em_width(text: str) -> float:
    r"""Return the width of a text in em.

    >>> em_width("Ill"), em_width("WWW"), em_width("e\u0301") == em_width("e"), em_width("\uc548")
    (0.95, 2.91, True, 1.0)
    """
    return sum(_width(character) for character in unicodedata.normalize("NFC", text)) / 100


def characters(text: str) -> float:
    """Return the width of a text in average characters: what `max_chars` is compared with.

    >>> characters("illicit") < 7 < characters("MAXIMUM")
    True
    """
    return em_width(text) / AVERAGE_EM


def _width(character: str) -> int:
    if unicodedata.category(character) in _MARKS:
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return _WIDE
    letter = ord(unicodedata.normalize("NFD", character)[0]) - 0x20  # without its accents
    return _ASCII[letter] if 0 <= letter < len(_ASCII) else _OTHER
