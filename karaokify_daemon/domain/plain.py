"""Text of a stranger made plain: one line, without anything that is not seen but acts."""

import re
import unicodedata

# Bidirectional overrides reach beyond the text that holds them; marks (U+200E, U+200F) do not.
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")


def plain(text: str) -> str:
    r"""Return a text as one line without control characters, overrides and half surrogate pairs.

    >>> plain("a\nb\x1b[0m \ud800")
    'a b[0m �'
    """
    line = _OVERRIDES.sub("", " ".join(text.split()))
    return "".join(_seen(character) for character in line)


def _seen(character: str) -> str:
    category = unicodedata.category(character)
    return {"Cc": "", "Cs": "\ufffd"}.get(category, character)
