"""One font of a file, by HarfBuzz: the engine that libass shapes text with, too."""

import struct
from functools import cached_property
from pathlib import Path

import uharfbuzz as hb

SUFFIXES = {".ttf", ".otf", ".ttc", ".otc"}
_OUTLINES = {"glyf", "CFF ", "CFF2"}


class Face:
    """A font: its family as libass finds it, its coverage, and the widths of texts set in it."""

    def __init__(self, path: Path, index: int = 0) -> None:
        """Open a font of a file. Raises OSError; ValueError where it is no font with outlines."""
        self.path, self.index = path, index
        try:
            self._face = hb.Face(hb.Blob.from_file_path(str(path)), index)
        except hb.HarfBuzzError as error:
            raise OSError(f"{path} cannot be read") from error
        if not self._face.glyph_count or not _OUTLINES & set(self._face.table_tags):
            raise ValueError(f"{path} has no outlines")
        self._font = hb.Font(self._face)
        self._unicodes = self._face.unicodes

    @cached_property
    def family(self) -> str:
        """The family's name: of four styles, which libass tells apart by weight and slant."""
        return self._name(hb.OTNameIdPredefined.FONT_FAMILY)

    @cached_property
    def names(self) -> set[str]:
        """All names that it may be asked for by, in lower case."""
        ids = (
            hb.OTNameIdPredefined.FONT_FAMILY,
            hb.OTNameIdPredefined.FULL_NAME,
            hb.OTNameIdPredefined.TYPOGRAPHIC_FAMILY,
        )
        return {self._name(name_id).casefold() for name_id in ids} - {""}

    @cached_property
    def weight(self) -> int:
        """From 100 to 900; 400 is regular, 700 is bold."""
        return self._os2(4) or 400

    @cached_property
    def line_per_em(self) -> float:
        """Ascent plus descent, in em: what libass, as VSFilter, scales to a style's size."""
        high = self._os2(74) + self._os2(76)
        if not high:
            table = self._table("hhea")
            ascender, descender = struct.unpack_from(">hh", table, 4) if table else (1, 0)
            high = ascender - descender
        return high / self._face.upem if high > 0 else 1.0

    def covers(self, text: str) -> bool:
        """Tell whether it has a glyph for each character."""
        return all(ord(character) in self._unicodes for character in text)

    def width(self, text: str) -> float:
        """Return the width of a text in em, shaped and kerned."""
        return sum(advance for _, advance in self.clusters(text))

    def clusters(self, text: str) -> list[tuple[int, float]]:
        """Return each glyph from left to right: its character's number, and its advance in em."""
        buffer = hb.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        hb.shape(self._font, buffer, {"kern": True})
        infos, positions = buffer.glyph_infos, buffer.glyph_positions
        pairs = zip(infos or (), positions or (), strict=True)
        return [(info.cluster, place.x_advance / self._face.upem) for info, place in pairs]

    def _name(self, name_id: hb.OTNameIdPredefined) -> str:
        return self._face.get_name(name_id) or ""

    def _os2(self, offset: int) -> int:
        table = self._table("OS/2")
        return struct.unpack_from(">H", table, offset)[0] if len(table) >= offset + 2 else 0

    def _table(self, tag: str) -> bytes:
        return bytes(self._face.reference_table(tag).data)
