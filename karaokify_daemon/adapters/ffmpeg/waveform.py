"""The waveform: bars with round ends, or a line that swells, after heights in a tiny video.

It has one pixel for each bar, and is enlarged and compared with a picture that says for every pixel
how high its bar has to be for it to be lit. So all that is drawn costs one comparison per pixel.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import ffmpeg

from karaokify_daemon.adapters.ffmpeg import generated
from karaokify_daemon.config import Video

HEIGHTS = "heights.gray"  # in the working folder

_HEIGHT = 0.12  # of the shorter side
_WIDTH = 0.76  # of the width
_BAR, _GAP = 0.0105, 0.0075  # of the shorter side
_RING_BARS, RING_RADIUS, _RING_REACH = 72, 0.17, 0.1  # of the shorter side
_RING_MIDDLE = 0.44  # of the height
_TITLE = 0.15  # of the shorter side: two rows
_SLOPE = 40  # how fast a pixel lights up, in levels of a level: over a pixel or two
TOP_CODE = 250  # the code of a full bar; 255 is never lit
_RESTING = 0.38  # how bright what is still to come is, of the whole recording's envelope


@dataclass(frozen=True, kw_only=True)
class Wave:
    """A waveform's place and shape in a picture, in pixels."""

    kind: str
    size: tuple[int, int]
    frame: tuple[int, int]
    top: int  # of the margin, and of a title there
    bottom: int  # of the margin
    position: str = "bottom"

    @classmethod
    def of(cls, video: Video) -> "Wave":
        """Return the waveform that a configuration asks for."""
        return cls(
            kind=str(video.waveform),
            size=_size(video),
            frame=(video.width, video.height),
            top=video.margins.top + round(min(video.width, video.height) * _TITLE),
            bottom=video.margins.bottom,
            position=video.waveform_position or "bottom",
        )

    @cached_property
    def grid(self) -> tuple[int, int]:
        """The pitch and the width of a bar."""
        side = min(self.frame)
        bar, gap = max(2, _even(side * _BAR)), max(2, _even(side * _GAP))
        return bar + gap, bar

    @property
    def bars(self) -> int:
        """How many bars there are, each side's counted."""
        return _RING_BARS if self.kind == "ring" else self.size[0] // self.grid[0]

    @property
    def place(self) -> tuple[int, int]:
        """Where its upper left corner lies."""
        (width, height), (wide, high) = self.frame, self.size
        y = {
            "ring": height * _RING_MIDDLE - high / 2,
            "bottom": height - self.bottom - high,
            "middle": (height - high) / 2,
            "top": self.top,
        }["ring" if self.kind == "ring" else self.position]
        return round((width - wide) / 4) * 2, round(y / 2) * 2

    @property
    def rest(self) -> int:
        """The code of a bar without height: a dot."""
        return round(self.radius * self.scale)

    @property
    def radius(self) -> float:
        """Half the width of a bar."""
        return self.grid[1] / 2

    @property
    def reach(self) -> float:
        """How far a full bar goes from where it begins, with its end."""
        if self.kind == "ring":
            return min(self.frame) * _RING_REACH
        return self.size[1] if self.kind == "bars" else self.size[1] / 2

    @property
    def scale(self) -> float:
        """How many codes a pixel of height is."""
        return TOP_CODE / self.reach


def height_with_margin(video: Video) -> int:
    """Return how many pixels at the bottom belong to the waveform and to the margin below it."""
    at_bottom = video.waveform_position in (None, "bottom")
    if video.waveform in ("none", "ring") or not at_bottom:
        return video.margins.bottom
    return video.height - Wave.of(video).place[1]


def strip(wave: Wave, opened: Any, work: Path, rate: Fraction, frames: int) -> Any:
    """Return the picture of the waveform, transparent around its bars.

    `opened` adds an input of ours. The heights are in HEIGHTS in `work`, a frame for each of the
    video's; one for all of it where the kind is "progress".
    """
    still = wave.kind == "progress"

    def raw(name: str, pixels: str, size: tuple[int, int], rate: Fraction | int = 1) -> Any:
        options = {"pixel_format": pixels, "video_size": size}
        return opened(work / name, f="rawvideo", framerate=str(rate), **options)["v:0"]

    def held(name: str, pixels: str) -> Any:
        picture = raw(name, pixels, wave.size)
        return picture if still else generated.held(picture, rate)

    heights = raw(HEIGHTS, "gray", (wave.bars, 1), 1 if still else rate)
    if wave.kind == "ring":
        columns, rows = held("columns.gray16", "gray16le"), held("rows.gray16", "gray16le")
        enlarged = ffmpeg.filter([heights, columns, rows], "remap")
    else:
        flags = "bicubic" if wave.kind == "line" else "neighbor"
        enlarged = heights.filter("scale", *wave.size, flags=flags)
    threshold, coverage = held("threshold.gray", "gray"), held("coverage.gray", "gray")
    compared = ffmpeg.filter([enlarged, threshold], "blend", all_mode="grainextract")
    sharp = compared.filter("lut", y=f"clip((val-128)*{_SLOPE}+128,0,255)")
    lit = ffmpeg.filter([sharp, coverage], "blend", all_mode="darken")
    colors = raw("colors.rgb", "rgb24", wave.size)
    if not still:
        return ffmpeg.filter([generated.held(colors, rate), lit], "alphamerge")
    return _played(colors, generated.held(lit, rate), rate, frames)


def _played(colors: Any, lit: Any, rate: Fraction, frames: int) -> Any:
    """Return bars of which those that were heard are bright, up to a boundary that moves."""
    parts = colors.filter_multi_output("split")
    rest = parts.stream(0).filter("lutrgb", **dict.fromkeys("rgb", f"val*{_RESTING}+90"))
    bright, resting = generated.held(parts.stream(1), rate), generated.held(rest, rate)
    moving = ffmpeg.filter([resting, bright], "overlay", x=f"-w+w*n/{frames}", format="rgb")
    return ffmpeg.filter([moving, lit], "alphamerge")


def _size(video: Video) -> tuple[int, int]:
    side = min(video.width, video.height)
    if video.waveform == "ring":
        whole = _even(side * (RING_RADIUS + _RING_REACH) * 2) + 4
        return whole, whole
    pitch = max(2, _even(side * _BAR)) + max(2, _even(side * _GAP))
    room = min(video.width * _WIDTH, video.width - 2 * video.margins.side)
    return int(room / pitch) // 2 * 2 * pitch, max(8, _even(side * _HEIGHT))


def _even(pixels: float) -> int:
    return round(pixels / 2) * 2
