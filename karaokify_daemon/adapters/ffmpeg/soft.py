"""What an MP4 has besides picture and sound: soft subtitles, chapters, its title and its date."""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from karaokify_daemon.domain.chapters import Chapter

SUBTITLES, CHAPTERS = "subtitles.srt", "chapters.txt"  # in the working folder
_LONGEST_TITLE = 300  # characters
_ESCAPED, _ESCAPE = re.compile(r"[=;#\\\n]"), r"\\\g<0>"
_ENABLED = 1  # a flag of a track's header
_SUBTITLE_HANDLERS = (b"sbtl", b"text", b"subt")


@dataclass(frozen=True, kw_only=True)
class Extras:
    """`subtitles` is a SubRip text (empty for no track), `language` of ISO 639-2; `date` a day."""

    subtitles: str = ""
    language: str = "und"
    title: str = ""
    date: str = ""
    chapters: Sequence[Chapter] = ()

    def options(self) -> dict[str, str]:
        """Return the options of an output."""
        options = {"metadata:s:a:0": f"language={self.language}"}
        if self.title:
            options["metadata"] = f"title={self.title[:_LONGEST_TITLE]}"
        if self.date:
            options["metadata:g"] = f"date={self.date}"  # ffmpeg-python has each option once
        if self.subtitles:
            options |= {"c:s": "mov_text", "metadata:s:s:0": f"language={self.language}"}
        return options

    def ffmetadata(self, duration_ms: int) -> str:
        r"""Return the chapters as FFmpeg reads them; empty for none.

        Format: https://ffmpeg.org/ffmpeg-formats.html#Metadata-2
        """
        if not self.chapters:
            return ""
        ends = [*(chapter.start for chapter in self.chapters[1:]), duration_ms]
        parts = [
            f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={chapter.start}\nEND={end}\n"
            f"title={_ESCAPED.sub(_ESCAPE, chapter.title)}\n"
            for chapter, end in zip(self.chapters, ends, strict=True)
        ]
        return "\n".join([";FFMETADATA1", *parts])


def switch_off_subtitles(video: Path) -> None:
    """Mark an MP4's subtitle tracks as not enabled: the picture has the captions already.

    FFmpeg enables the first track of each kind, whatever its disposition.
    """
    with video.open("r+b") as file:
        end = file.seek(0, 2)
        for moov in _boxes(file, b"moov", 0, end):
            for trak in _boxes(file, b"trak", *moov):
                if _handler(file, trak) in _SUBTITLE_HANDLERS:
                    _disable(file, trak)


def _boxes(file: BinaryIO, kind: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where the content of each box of a kind is."""
    while start + 8 <= end:
        file.seek(start)
        size, found = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
            head = 16
        elif size == 0:
            size = end - start
        if size < head:
            return
        if found == kind:
            yield start + head, start + size
        start += size


def _handler(file: BinaryIO, trak: tuple[int, int]) -> bytes:
    for mdia in _boxes(file, b"mdia", *trak):
        for start, _ in _boxes(file, b"hdlr", *mdia):
            file.seek(start + 8)
            return file.read(4)
    return b""


def _disable(file: BinaryIO, trak: tuple[int, int]) -> None:
    for start, _ in _boxes(file, b"tkhd", *trak):
        file.seek(start + 3)  # the last byte of the flags
        flags = file.read(1)[0]
        file.seek(start + 3)
        file.write(bytes([flags & ~_ENABLED]))
