"""How text is set: in a style's font and, where that lacks something, in fonts that have it."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import regex

from karaokify_daemon.adapters.fonts.face import Face
from karaokify_daemon.adapters.fonts.library import Library
from karaokify_daemon.domain.typeface import Run

_CLUSTER = regex.compile(r"\X")
# Acts upon its neighbours, and is not drawn itself; a skin's colour, where only outlines are drawn.
_NOT_DRAWN = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Emoji_Modifier}]")
_SHADES = regex.compile(r"[\p{Emoji_Modifier}\uFE0F]")
_EMOJI = regex.compile(r"\p{Extended_Pictographic}|\p{Regional_Indicator}")
_PUNCTUATION = regex.compile(r"\p{P}+")
_LETTER = regex.compile(r"\p{L}")


class Setting:
    """A typeface on fonts of a library: measures text as HarfBuzz shapes it.

    Raises FileNotFoundError where the library has neither the family nor the one instead.
    """

    def __init__(
        self, library: Library, family: str, *, instead: str, bold: bool, language: str = ""
    ) -> None:
        """`instead` is the family that is used where there is none of the first name."""
        face = library.named(family, bold=bold) or library.named(instead, bold=bold)
        if face is None:
            raise FileNotFoundError(f"there is no font named {family}, nor {instead}")
        self._library, self._face = library, face
        self._bold, self._language = bold, language
        self._fallbacks: list[Face] = []
        self._words: dict[str, list[tuple[Face, str]]] = {}
        self._widths: dict[str, float] = {}
        self.missing: dict[str, None] = {}  # what no font has, in the order it was met
        self._space = face.width(" ")

    @property
    def family(self) -> str:
        """The family's name, as libass knows it."""
        return self._face.family

    @property
    def line_per_em(self) -> float:
        """The size that ASS counts in, for an em of 1."""
        return self._face.line_per_em

    @property
    def files(self) -> list[Path]:
        """The files of the fonts that were used so far."""
        return list(dict.fromkeys(face.path for face in (self._face, *self._fallbacks)))

    def width(self, text: str) -> float:
        """Return the width of a text in em; words are shaped one by one."""
        words = text.split(" ")
        return sum(map(self._width, words)) + self._space * (len(words) - 1)

    def runs(self, text: str) -> Sequence[Run]:
        """Return a text in parts, each in one font; spaces are the style's own."""
        runs: list[tuple[Face, str]] = []
        for i, word in enumerate(text.split(" ")):
            space = [(self._face, " ")] if i else []
            for face, part in (*space, *self._set(word)):
                _add(runs, face, part)
        return [self._run(face, part) for face, part in runs]

    def _width(self, word: str) -> float:
        if word not in self._widths:
            self._widths[word] = sum(face.width(part) for face, part in self._set(word))
        return self._widths[word]

    def _run(self, face: Face, text: str) -> Run:
        return Run(text, None if face is self._face else face.family, face.line_per_em)

    def _set(self, word: str) -> list[tuple[Face, str]]:
        if word not in self._words:
            clusters = [self._cluster(cluster) for cluster in _CLUSTER.findall(word)]
            runs: list[tuple[Face, str]] = []
            for face, cluster in self._with_punctuation(clusters):
                if cluster:
                    _add(runs, face, cluster)
            self._words[word] = runs
        return self._words[word]

    def _cluster(self, cluster: str) -> tuple[Face, str]:
        """Return the font for a character and its marks, and how they are written for it."""
        composed = unicodedata.normalize("NFC", cluster)
        plain = _SHADES.sub("", cluster) or cluster
        for text in (plain, composed):
            if self._face.covers(_NOT_DRAWN.sub("", text)):
                return self._face, text
        face = self._fallback(_NOT_DRAWN.sub("", plain))
        if face is None:  # its box is drawn, for a letter; an emoji is better left out
            return self._face, "" if _EMOJI.match(plain) else plain
        return face, plain

    def _fallback(self, drawn: str) -> Face | None:
        face = self._library.covering(drawn, bold=self._bold, language=self._language)
        if face is None:
            self.missing[drawn] = None
        elif face not in self._fallbacks:
            self._fallbacks.append(face)
        return face

    def _with_punctuation(self, clusters: list[tuple[Face, str]]) -> list[tuple[Face, str]]:
        """Set a word's punctuation in the font of the letters that it touches."""
        found = list(clusters)
        before = [(i, i - 1) for i in range(1, len(found))]
        after = [(i, i + 1) for i in range(len(found) - 1)]
        for i, j in (*before, *reversed(after)):
            (face, text), (beside, other) = found[i], found[j]
            if face is self._face and _PUNCTUATION.fullmatch(text):
                joins = _LETTER.match(other) or _PUNCTUATION.match(other)
                if joins and beside.covers(text):
                    found[i] = beside, text
        return found


def _add(runs: list[tuple[Face, str]], face: Face, text: str) -> None:
    if runs and runs[-1][0] is face:
        runs[-1] = face, runs[-1][1] + text
    else:
        runs.append((face, text))
