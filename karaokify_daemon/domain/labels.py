"""What stands in the picture of a reel beside the captions of a clip, and does not repeat them."""

from collections.abc import Sequence

from karaokify_daemon.domain.alignment import folded
from karaokify_daemon.domain.sentences import Sentence

_SEEN_MS = 7600  # a label is gone by then
_QUOTED, _QUOTED_UNSPACED = 3, 7  # words, or characters; less is a name of what is spoken of


def label(title: str, said: Sequence[Sentence]) -> str:
    """Return a clip's title where the captions of its sentences do not say the same meanwhile."""
    heard = [one for one in said if one.start < said[0].start + _SEEN_MS]
    return "" if _is_said(title, heard) else title


def _is_said(text: str, heard: Sequence[Sentence]) -> bool:
    joiner = heard[0].joiner
    words = _folded(text, joiner)
    said = joiner.join(_folded(one.text, joiner) for one in heard)
    length, least = (len(words.split()), _QUOTED) if joiner else (len(words), _QUOTED_UNSPACED)
    return length >= least and f"{joiner}{words}{joiner}" in f"{joiner}{said}{joiner}"


def _folded(text: str, joiner: str) -> str:
    return joiner.join(filter(None, map(folded, text.split()))) if joiner else folded(text)
