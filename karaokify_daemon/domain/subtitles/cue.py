"""What is read from subtitle files of others: texts with times, and the times inside them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import regex

from karaokify_daemon.domain.transcript import Transcript, words_of

_SCRIPTS = {
    "ja": regex.compile(r"[\p{Hiragana}\p{Katakana}]"),
    "zh": regex.compile(r"\p{Han}"),
    "th": regex.compile(r"\p{Thai}"),
    "lo": regex.compile(r"\p{Lao}"),
    "km": regex.compile(r"\p{Khmer}"),
    "my": regex.compile(r"\p{Myanmar}"),
    "bo": regex.compile(r"\p{Tibetan}"),
}
_SAMPLE = 20_000  # characters
_MOSTLY = 0.3  # of them
_LONGEST_WHOLE = 8  # characters: longer ones may be sentences of a language without spaces


_LONGEST_GLUED = 200  # characters of syllables: millions of them would take hours


@dataclass(frozen=True)
class Part:
    """A piece of a cue's text; `start` in milliseconds where the file says it."""

    text: str
    start: int | None = None


@dataclass(frozen=True)
class Cue:
    """A text that is shown from `start` to `end` (milliseconds).

    A part without visible text says when the one before it ends.
    """

    start: int
    end: int
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(part.text for part in self.parts)


def to_transcript(cues: Sequence[Cue], language: str | None = None) -> Transcript:
    """Return cues as a transcript; words without a time share that of their part by length.

    Without a `language`, its script tells whether the text has spaces between words.
    Raises SidecarError.
    """
    language = language or script_language(cue.text for cue in cues)
    segments = [
        {"start": cue.start / 1000, "end": cue.end / 1000, "words": words}
        for cue in cues
        if (words := _words(cue, language))
    ]
    return Transcript.from_dict({"language": language, "segments": segments})


def _words(cue: Cue, language: str) -> list[dict[str, Any]]:
    words: list[dict[str, Any]] = []
    glued = False  # to the word before it: a syllable
    for part in cue.parts:
        texts = _divided(part, language)
        if not texts:
            if words and part.start is not None:
                words[-1].setdefault("end", part.start / 1000)
            glued = glued and not part.text
            continue
        if glued and not part.text[0].isspace() and len(words[-1]["text"]) < _LONGEST_GLUED:
            words[-1]["text"] += texts.pop(0)
            words[-1].pop("end", None)  # that was its first syllable's
        elif part.start is not None:
            words.append({"text": texts.pop(0), "start": part.start / 1000})
        words += [{"text": text} for text in texts]
        glued = language_has_spaces(language) and not part.text[-1].isspace()
    if words:
        words[-1].setdefault("end", cue.end / 1000)
    return words


def _divided(part: Part, language: str) -> list[str]:
    """Return the words of a part; one with a time of its own is a word as its author divided it."""
    whole = part.text.split()
    if part.start is not None and len(whole) == 1 and len(whole[0]) <= _LONGEST_WHOLE:
        return whole
    return words_of(part.text, language)


def language_has_spaces(language: str) -> bool:
    """Tell whether words are divided by spaces in a language."""
    return bool(Transcript((), language).joiner)


def script_language(texts: Iterable[str]) -> str:
    """Return a language without spaces that most of a text is written in, else English."""
    sample, size = [], 0
    for text in texts:
        sample.append(text)
        size += len(text)
        if size > _SAMPLE:
            break
    shown = "".join(sample)[:_SAMPLE]
    letters = sum(character.isalpha() for character in shown)
    found = {language: len(script.findall(shown)) for language, script in _SCRIPTS.items()}
    if found["ja"]:
        found["ja"] += found["zh"]
    best = max(found, key=lambda language: found[language])
    return best if found[best] > letters * _MOSTLY else "en"
