"""Where fonts are looked for: folders of our own first, then what is installed."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from karaokify_daemon.adapters.fonts.face import SUFFIXES, Face
from karaokify_daemon.adapters.fonts.installed import Installed, installed

# Han characters look different from country to country; the fonts of Noto and Adobe say for which.
_HAN = {"ja": "JP", "ko": "KR", "zh": "SC", "yue": "HK"}
_LIKED = ("Noto Sans", "Noto", "DejaVu Sans")  # what goes best with a plain style, by its name
_DISLIKED = ("Serif", "Mono", "UI", "Last Resort", "LastResort", "NotDef", "Blank")


class Library:
    """Fonts of some folders, the first before the second, and installed ones after them."""

    def __init__(self, folders: Sequence[Path], *, system: bool = True) -> None:
        """`system`: whether installed fonts are looked at, too."""
        self._folders, self._system = folders, system
        self._open: dict[tuple[Path, int], Face | None] = {}
        self._ranks: dict[tuple[bool, str], list[Installed]] = {}

    def named(self, name: str, *, bold: bool) -> Face | None:
        """Return the font of a family, or of a full name, nearest to a weight."""
        wanted = name.casefold()
        if own := [face for face in self._own if wanted in face.names]:
            return min(own, key=lambda face: abs(face.weight - (700 if bold else 400)))
        named = [font for font in self._installed if wanted in map(str.casefold, font.names)]
        named.sort(key=lambda font: font.distance(bold=bold))
        return next(self._opened(named), None)

    def covering(self, text: str, *, bold: bool, language: str = "") -> Face | None:
        """Return the font that stands in for another one's lack of some characters."""
        if own := [face for face in self._own if face.covers(text)]:
            return min(own, key=lambda face: abs(face.weight - (700 if bold else 400)))
        found = (font for font in self._ranked(bold, language) if font.covers(text))
        return next((face for face in self._opened(found) if face.covers(text)), None)

    def _ranked(self, bold: bool, language: str) -> list[Installed]:  # noqa: FBT001 - private
        """Return the installed fonts, those first that go best with a style."""
        key = bold, language
        if key not in self._ranks:
            self._ranks[key] = sorted(
                self._installed,
                key=lambda font: (_taste(font, language), font.distance(bold=bold)),
            )
        return self._ranks[key]

    @cached_property
    def _own(self) -> list[Face]:
        paths = [path for folder in self._folders for path in _files(folder)]
        return [face for path in paths if (face := self._face(path, 0)) is not None]

    @cached_property
    def _installed(self) -> list[Installed]:
        return installed() if self._system else []

    def _opened(self, fonts: Iterable[Installed]) -> Iterator[Face]:
        for font in fonts:
            if (face := self._face(font.path, font.index)) is not None:
                yield face

    def _face(self, path: Path, index: int) -> Face | None:
        """Return a font, None where the file holds none that can be drawn."""
        key = path, index
        if key not in self._open:
            try:
                self._open[key] = Face(path, index)
            except (OSError, ValueError):
                self._open[key] = None
        return self._open[key]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def _taste(font: Installed, language: str) -> tuple[bool, bool, int]:
    """Return how little a font goes with a style in general; the least is the best."""
    family = font.family
    disliked = any(part in family for part in _DISLIKED)
    elsewhere = "CJK" in family and not family.endswith(_HAN.get(language, "SC"))
    liked = next((i for i, part in enumerate(_LIKED) if family.startswith(part)), len(_LIKED))
    return disliked, elsewhere, liked
