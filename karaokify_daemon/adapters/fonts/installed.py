"""The fonts that are installed, as fontconfig's `fc-list` tells them."""

import subprocess
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_DEADLINE_S = 30
_FIELDS = (
    *("file", "index", "family", "fullname", "weight", "slant", "width"),
    *("variable", "outline", "color", "charset"),
)
_FORMAT = "\t".join(f"%{{{field}}}" for field in _FIELDS) + "\n"
_REGULAR, _BOLD = 80, 200  # of fontconfig's weights
_UPRIGHT, _NORMAL_WIDTH = 0, 100


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A font of the system; `weight`, `slant` and `width` are as fontconfig counts them."""

    path: Path
    index: int
    names: tuple[str, ...]
    weight: int
    slant: int
    width: int
    variable: bool
    charset: str

    @property
    def family(self) -> str:
        """The first of its names."""
        return self.names[0] if self.names else ""

    def covers(self, text: str) -> bool:
        """Tell whether it has a glyph for each character."""
        return all(self._has(ord(character)) for character in text)

    def distance(self, *, bold: bool) -> tuple[bool, bool, bool, int]:
        """Return how far it is from an upright font of a weight; the least is the best."""
        away = abs(self.weight - (_BOLD if bold else _REGULAR))
        return self.slant != _UPRIGHT, self.variable, self.width != _NORMAL_WIDTH, away

    def _has(self, code: int) -> bool:
        starts, ends = self._ranges
        i = bisect_right(starts, code) - 1
        return i >= 0 and code <= ends[i]

    @cached_property
    def _ranges(self) -> tuple[list[int], list[int]]:
        pairs = [part.partition("-") for part in self.charset.split()]
        return [int(a, 16) for a, _, _ in pairs], [int(b or a, 16) for a, _, b in pairs]


def installed() -> list[Installed]:
    """Return the fonts that libass can draw: with outlines of one colour.

    None where fontconfig's program is not there, or does not answer.
    """
    try:
        done = subprocess.run(
            ["fc-list", "--format", _FORMAT],  # noqa: S607 - found as ffmpeg is, by PATH
            capture_output=True,
            timeout=_DEADLINE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    text = done.stdout.decode("utf-8", "surrogateescape")
    return sorted(_parsed(text), key=lambda font: (font.family, str(font.path), font.index))


def _parsed(text: str) -> Iterator[Installed]:
    for line in text.split("\n"):
        fields = dict(zip(_FIELDS, line.split("\t"), strict=False))
        if len(fields) < len(_FIELDS) or fields["outline"] != "True" or fields["color"] == "True":
            continue
        index = _number(fields["index"])
        names = f"{fields['family']},{fields['fullname']}".split(",")
        yield Installed(
            path=Path(fields["file"]),
            index=index & 0xFFFF,
            names=tuple(name.strip() for name in names if name.strip()),
            weight=_number(fields["weight"]),
            slant=_number(fields["slant"]),
            width=_number(fields["width"]),
            variable=fields["variable"] == "True" or index > 0xFFFF,
            charset=fields["charset"],
        )


def _number(text: str) -> int:
    """Return a number, the first of a range; 0 for none."""
    digits = text.strip("[").split(" ")[0]
    return int(float(digits)) if digits.replace(".", "", 1).isdigit() else 0
