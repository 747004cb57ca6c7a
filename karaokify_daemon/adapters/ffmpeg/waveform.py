"""The waveform: bars with round ends, whose heights come as a tiny video, one pixel for each bar.

That video is enlarged and compared with a picture that says for every pixel how high its bar has
to be for it to be lit. So all that is drawn costs FFmpeg is one comparison per pixel.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np

from karaokify_daemon.adapters.ffmpeg import generated
from karaokify_daemon.config import Video

HEIGHTS = "heights.gray"  # in the working folder

_HEIGHT = 0.12  # of the shorter side
_WIDTH = 0.76  # of the width
_BAR, _GAP = 0.0105, 0.0075  # of the shorter side
_RING_BARS, _RING_RADIUS, _RING_REACH = 72, 0.17, 0.1  # of the shorter side
_RING_MIDDLE = 0.44  # of the height
_SLOPE = 40  # how fast a pixel lights up, in levels of a level: over a pixel or two
_TOP_CODE = 250  # the code of a full bar; 255 is never lit
_TIP = 0.35  # how much lighter bars are at their ends
_RESTING = 0.38  # how bright what is still to come is, of the whole recording's envelope


@dataclass(frozen=True, kw_only=True)
class Wave:
    """A waveform's place and shape in a picture, in pixels."""

    kind: str
    size: tuple[int, int]
    frame: tuple[int, int]
    bottom: int  # of the margin

    @classmethod
    def of(cls, video: Video) -> "Wave":
        """Return the waveform that a configuration asks for."""
        return cls(
            kind=str(video.waveform),
            size=_size(video),
            frame=(video.width, video.height),
            bottom=video.margins.bottom,
        )

    @cached_property
    def _grid(self) -> tuple[int, int]:
        """The pitch and the width of a bar."""
        side = min(self.frame)
        bar, gap = max(2, _even(side * _BAR)), max(2, _even(side * _GAP))
        return bar + gap, bar

    @property
    def bars(self) -> int:
        """How many bars there are, each side's counted."""
        return _RING_BARS if self.kind == "ring" else self.size[0] // self._grid[0]

    @property
    def place(self) -> tuple[int, int]:
        """Where its upper left corner lies."""
        (width, height), (wide, high) = self.frame, self.size
        y = height * _RING_MIDDLE - high / 2 if self.kind == "ring" else height - self.bottom - high
        return round((width - wide) / 4) * 2, round(y / 2) * 2

    @property
    def rest(self) -> int:
        """The code of a bar without height: a dot."""
        return round(self._radius * self._scale)

    def codes(self, heights: Any) -> bytes:
        """Return heights from 0 to 1 as the values of pixels."""
        return np.uint8(self.rest + np.asarray(heights) * (_TOP_CODE - self.rest)).tobytes()

    @property
    def _radius(self) -> float:
        return self._grid[1] / 2

    @property
    def _reach(self) -> float:
        """How far a full bar goes from where it begins, with its end."""
        if self.kind == "ring":
            return min(self.frame) * _RING_REACH
        return self.size[1] if self.kind == "bars" else self.size[1] / 2

    @property
    def _scale(self) -> float:
        return _TOP_CODE / self._reach

    def threshold(self) -> Any:
        """Return, for each pixel, the code from which on its bar lights it (uint8)."""
        along, across = self._bars
        cap = np.sqrt(np.clip(self._radius**2 - across**2, 0, None))
        code = np.where(along >= 0, (along - cap + self._radius) * self._scale, 0)
        return np.clip(np.round(code), 0, _TOP_CODE).astype(np.uint8)

    def coverage(self) -> Any:
        """Return how much of each pixel its bar covers where it is lit (uint8)."""
        along, across = self._bars
        away = np.hypot(across, np.minimum(along, 0))  # round where it begins, too
        return np.uint8(np.clip(self._radius + 0.5 - away, 0, 1) * 255)

    @cached_property
    def _bars(self) -> tuple[Any, Any]:
        """How far along its bar, from where it begins, and across it each pixel lies."""
        return self._ring() if self.kind == "ring" else self._straight()

    def _straight(self) -> tuple[Any, Any]:
        wide, high = self.size
        x, y = np.arange(wide) + 0.5, np.arange(high) + 0.5
        pitch, _ = self._grid
        across = (x % pitch) - pitch / 2
        along = high - self._radius - y if self.kind == "bars" else np.abs(y - high / 2)
        return np.broadcast_to(along[:, None], (high, wide)), np.broadcast_to(across, (high, wide))

    def _ring(self) -> tuple[Any, Any]:
        turned, away = self._polar
        across = ((turned % 1) - 0.5) * 2 * np.pi / self.bars * away
        return away - min(self.frame) * _RING_RADIUS, across

    @property
    def _polar(self) -> tuple[Any, Any]:
        """The angle of each pixel of a ring, in bars from the top, and how far out it lies."""
        middle = np.arange(self.size[0]) + 0.5 - self.size[0] / 2
        x, y = np.meshgrid(middle, middle)
        return np.arctan2(x, -y) % (2 * np.pi) / (2 * np.pi) * self.bars, np.hypot(x, y)

    def bar_of_pixel(self) -> Any:
        """Return which bar each pixel of a ring belongs to (uint16)."""
        return np.minimum(self._polar[0], self.bars - 1).astype("<u2")

    def colors(self, rgb: str) -> Any:
        """Return the colour of each pixel: lighter towards the ends of the bars (uint8)."""
        color = np.array([int(rgb[i : i + 2], 16) for i in (1, 3, 5)], float)
        share = np.clip(self._bars[0] / self._reach, 0, 1)[..., None]
        return np.uint8(color + (255 - color) * share * _TIP)


def height_with_margin(video: Video) -> int:
    """Return how many pixels at the bottom belong to the waveform and to the margin below it."""
    if video.waveform in ("none", "ring"):
        return video.margins.bottom
    return video.height - Wave.of(video).place[1]


def write_pictures(wave: Wave, video: Video, work: Path) -> None:
    """Write the still pictures that `strip` needs into a folder. Raises OSError."""
    wave.threshold().tofile(work / "threshold.gray")
    wave.coverage().tofile(work / "coverage.gray")
    wave.colors(video.waveform_color or "#FFFFFF").tofile(work / "colors.rgb")
    if wave.kind == "ring":
        columns = wave.bar_of_pixel()
        columns.tofile(work / "columns.gray16")
        np.zeros_like(columns).tofile(work / "rows.gray16")


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
        enlarged = heights.filter("scale", *wave.size, flags="neighbor")
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
        whole = _even(side * (_RING_RADIUS + _RING_REACH) * 2) + 4
        return whole, whole
    pitch = max(2, _even(side * _BAR)) + max(2, _even(side * _GAP))
    room = min(video.width * _WIDTH, video.width - 2 * video.margins.side)
    return int(room / pitch) // 2 * 2 * pitch, max(8, _even(side * _HEIGHT))


def _even(pixels: float) -> int:
    return round(pixels / 2) * 2
