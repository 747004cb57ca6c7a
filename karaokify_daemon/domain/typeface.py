"""What captions have to know of a font: how wide a text is, and in which fonts it is set."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from karaokify_daemon.domain.text_width import em_width

LINE_PER_EM = 1.362  # libass's size is ascent plus descent; this is Open Sans's ratio


@dataclass(frozen=True)
class Run:
    """A text that is set in one font: another than the style's, where `font` names its family."""

    text: str
    font: str | None = None
    line_per_em: float = LINE_PER_EM


class Typeface(Protocol):
    """A style's font, with those that stand in for it where it lacks something."""

    @property
    def family(self) -> str:
        """The family's name, as libass knows it."""

    @property
    def line_per_em(self) -> float:
        """The size that ASS counts in, for an em of 1."""

    def width(self, text: str) -> float:
        """Return the width of a text in em."""

    def runs(self, text: str) -> Sequence[Run]:
        """Return a text in parts, each in one font."""


@dataclass(frozen=True)
class Guessed:
    """A typeface without a file at hand: Open Sans's widths, everything in one font."""

    family: str = "Open Sans"
    line_per_em: float = LINE_PER_EM

    def width(self, text: str) -> float:
        """Return the guessed width of a text in em."""
        return em_width(text)

    def runs(self, text: str) -> Sequence[Run]:
        """Return the whole text as one part."""
        return [Run(text)]
