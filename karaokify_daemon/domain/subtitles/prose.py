"""A transcript as plain text, in paragraphs."""

from itertools import pairwise

from karaokify_daemon.domain.plain import plain
from karaokify_daemon.domain.transcript import Transcript, Word

_PAUSE_MS = 2500  # a pause as long as this ends a paragraph
_BREATH_MS = 700  # so does this one after a sentence, where the paragraph is long
_LONG = 500  # characters
_SENTENCE_END = tuple(".?!…。！？؟।")  # noqa: RUF001 - punctuation of other scripts


def prose(transcript: Transcript) -> str:
    """Return what is said, a line per paragraph and an empty one between two."""
    paragraphs: list[list[str]] = []
    length = 0
    words = transcript.words
    for before, word in pairwise([None, *words]):
        if word is None:
            continue
        if before is None or _parts(before, word, length):
            paragraphs.append([])
            length = 0
        paragraphs[-1].append(plain(word.text))
        length += len(word.text) + 1
    lines = (transcript.joiner.join(filter(None, words)) for words in paragraphs)
    return "\n\n".join(filter(None, lines)) + ("\n" if words else "")


def _parts(before: Word, word: Word, length: int) -> bool:
    pause = word.start - before.end
    ended = before.text.endswith(_SENTENCE_END)
    return pause >= _PAUSE_MS or (ended and length >= _LONG and pause >= _BREATH_MS)
