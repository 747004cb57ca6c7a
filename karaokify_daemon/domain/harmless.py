"""Texts of a stranger in which nothing acts: no addresses, no links, no marks of other formats."""

import re
import unicodedata

from karaokify_daemon.domain.plain import plain

LONGEST_NAME = 80  # characters
_LONGEST_NAME_BYTES = 180  # with a number and an ending, far below the 255 of file systems
_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()\[\]]|\([^()]*\))*\)")  # of Markdown
# It ends before the mark that ends its sentence, and before a bracket that was opened before it.
_ADDRESS = (
    r"(?<![a-z])(?:[a-z]+(?:[0-9+.-][a-z0-9+.-]*)?://|www\.)"
    r"(?:[^\s()\u2039\u203a\"]|\([^\s()]*\))*(?<![.,;:!?'])"
)
_ADDRESSES = re.compile(
    rf"^{_ADDRESS}[.,;:!?]*|\s*[(\u2039]\s*{_ADDRESS}\s*(?:[)\u203a]|$)|\s*{_ADDRESS}",
    re.IGNORECASE,
)
# Signs that mean something in ASS, HTML or Markdown, each by one that looks like it.
_ALIKE = str.maketrans(
    {"{": "(", "}": ")", "\\": "/", "<": "\u2039", ">": "\u203a", "`": "'", "[": "(", "]": ")"}
)
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,4}$")


def harmless(text: str) -> str:
    """Return a text of one line without addresses; of a link there is what it is called.

    >>> harmless("[Click](https://a.example), or see (www.b.example/c).")
    'Click, or see.'
    >>> harmless("{off} `x` [1]")
    "(off) 'x' (1)"
    """
    line = _without(_LINK, r"\1", plain(text)).translate(_ALIKE)
    return " ".join(_without(_ADDRESSES, "", line).split())


def _without(pattern: re.Pattern[str], instead: str, text: str) -> str:
    """Return a text with nothing of a pattern in it: what stood around one may be one, too."""
    while (less := pattern.sub(instead, text)) != text:
        text = less
    return text


def cut(text: str, longest: int) -> str:
    """Return a text of so many characters at most, ended between words where there are some.

    >>> cut("One two three", 10)
    'One two…'
    """
    if len(text) <= longest:
        return text
    at = text.rfind(" ", 0, longest)
    head = text[:at] if at > longest // 2 else text[: longest - 1]
    return head.rstrip(" ,;:-") + "\u2026"


def slug(text: str) -> str:
    """Return a text as a name for files: letters, digits and hyphens; it may be empty.

    >>> slug("../../etc/passwd"), slug("Über die Brücke.mp4"), slug("?!")
    ('etc-passwd', 'Über-die-Brücke', '')
    """
    signs = unicodedata.normalize("NFKC", _ENDING.sub("", text.strip()))
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else "-" for c in signs)
    name = re.sub("-+", "-", kept).strip("-")[:LONGEST_NAME]
    return name.encode()[:_LONGEST_NAME_BYTES].decode("utf-8", "ignore").rstrip("-")
