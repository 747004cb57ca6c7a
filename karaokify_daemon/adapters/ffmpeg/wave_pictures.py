"""The still pictures that a waveform is drawn with, and the codes of its heights.

They are numpy's, whose import takes too long for a command that draws nothing.
"""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from karaokify_daemon.adapters.ffmpeg.waveform import RING_RADIUS, TOP_CODE, Wave
from karaokify_daemon.config import Video

_TIP = 0.35  # how much lighter they are at their ends
_TAPER = 0.4  # of half a line, towards its ends


def codes(wave: Wave, heights: Any) -> bytes:
    """Return heights from 0 to 1 as the values of pixels."""
    return np.uint8(wave.rest + np.asarray(heights) * (TOP_CODE - wave.rest)).tobytes()


def write_pictures(wave: Wave, video: Video, work: Path) -> None:
    """Write the still pictures that `strip` needs into a folder. Raises OSError."""
    pictures = Pictures(wave)
    pictures.threshold().tofile(work / "threshold.gray")
    pictures.coverage().tofile(work / "coverage.gray")
    pictures.colors(video.waveform_color or "#FFFFFF").tofile(work / "colors.rgb")
    if wave.kind == "ring":
        columns = pictures.bar_of_pixel()
        columns.tofile(work / "columns.gray16")
        np.zeros_like(columns).tofile(work / "rows.gray16")


class Pictures:
    """What each pixel of a waveform is to its bar."""

    def __init__(self, wave: Wave) -> None:
        """Take the waveform's place and shape."""
        self._wave = wave

    def threshold(self) -> Any:
        """Return, for each pixel, the code from which on its bar lights it (uint8)."""
        along, across = self._bars
        cap = np.sqrt(np.clip(self._wave.radius**2 - across**2, 0, None))
        if self._wave.kind == "line":
            side = np.linspace(1, -1, along.shape[1])
            along = along / np.sin(np.clip((1 - np.abs(side)) / _TAPER, 1e-3, 1) * np.pi / 2)
        code = np.where(along >= 0, (along - cap + self._wave.radius) * self._wave.scale, 0)
        return np.clip(np.round(code), 0, TOP_CODE).astype(np.uint8)

    def coverage(self) -> Any:
        """Return how much of each pixel its bar covers where it is lit (uint8)."""
        along, across = self._bars
        away = np.hypot(across, np.minimum(along, 0))  # round where it begins, too
        return np.uint8(np.clip(self._wave.radius + 0.5 - away, 0, 1) * 255)

    @cached_property
    def _bars(self) -> tuple[Any, Any]:
        """How far along its bar, from where it begins, and across it each pixel lies."""
        return self._ring() if self._wave.kind == "ring" else self._straight()

    def _straight(self) -> tuple[Any, Any]:
        wide, high = self._wave.size
        x, y = np.arange(wide) + 0.5, np.arange(high) + 0.5
        pitch, _ = self._wave.grid
        across = x * 0 if self._wave.kind == "line" else (x % pitch) - pitch / 2
        along = high - self._wave.radius - y if self._wave.kind == "bars" else np.abs(y - high / 2)
        return np.broadcast_to(along[:, None], (high, wide)), np.broadcast_to(across, (high, wide))

    def _ring(self) -> tuple[Any, Any]:
        turned, away = self._polar
        across = ((turned % 1) - 0.5) * 2 * np.pi / self._wave.bars * away
        return away - min(self._wave.frame) * RING_RADIUS, across

    @property
    def _polar(self) -> tuple[Any, Any]:
        """The angle of each pixel of a ring, in bars from the top, and how far out it lies."""
        middle = np.arange(self._wave.size[0]) + 0.5 - self._wave.size[0] / 2
        x, y = np.meshgrid(middle, middle)
        return np.arctan2(x, -y) % (2 * np.pi) / (2 * np.pi) * self._wave.bars, np.hypot(x, y)

    def bar_of_pixel(self) -> Any:
        """Return which bar each pixel of a ring belongs to (uint16)."""
        return np.minimum(self._polar[0], self._wave.bars - 1).astype("<u2")

    def colors(self, rgb: str) -> Any:
        """Return the colour of each pixel: lighter towards the ends of the bars (uint8)."""
        color = np.array([int(rgb[i : i + 2], 16) for i in (1, 3, 5)], float)
        share = np.clip(self._bars[0] / self._wave.reach, 0, 1)[..., None]
        return np.uint8(color + (255 - color) * share * _TIP)
